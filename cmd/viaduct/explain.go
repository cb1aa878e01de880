package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/report"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	via, action, to string
	contentType     string
	fields          []string
	build           buildOptions
	load            configs.LoadOptions
}

func newExplain(s streams) *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain FILE.config --via URL [MESSAGE.xml|-]",
		Short: "Say where a message would go, and why",
		Long: `Explain runs a configuration on a network inside this process, hands it one
message, and prints the decision: the listener, each endpoint and each filter
with "match" or the first difference, the attempts in their order, and the octets
that each would send. Nothing is listened on, and nothing is sent.

A message from a file goes in as it is. Without one, a message with an empty body
is made from --action and --to.

The flags of serve that stand for settings are flags of explain too.

The exit code is 1 when the message would be sent nowhere.`,
		Example: `  viaduct explain web.config --via http://localhost:8000/router --action urn:orders/IOrders/Place
  viaduct explain web.config --via http://localhost:8000/router captured.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 || o.via == "" {
				return usageError{errors.New("explain takes a configuration, --via URL and at most one message; see \"viaduct help explain\"")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return explain(c, s, args, &o) },
	}
	f := c.Flags()
	f.String("settings", "", "settings file; default: viaduct.yaml beside FILE.config (VIADUCT_SETTINGS)")
	f.StringVar(&o.via, "via", "", "URL that the client posts to")
	f.StringVar(&o.action, "action", "", "SOAPAction or action parameter, and wsa:Action of a message that is made")
	f.StringVar(&o.to, "to", "", "wsa:To of a message that is made; default: the URL of --via")
	f.StringVar(&o.contentType, "content-type", "", "Content-Type; default: that of the message's SOAP version")
	f.StringArrayVar(&o.fields, "field", nil, "an HTTP field, as \"Name: value\"; may be repeated")
	o.build.flags(f)
	loadFlags(f, &o.load)
	hiddenSettingFlags(f)
	return c
}

// trial is what a message did.
type trial struct {
	mu       sync.Mutex // guards the rest
	sent     []sent
	decision *binding.Decision
	reason   string
	err      error
}

// sent is a request that would have been sent.
type sent struct {
	address string
	octets  []byte
}

func (t *trial) add(address string, request []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = append(t.sent, sent{address, bytes.Clone(request)})
}

func (t *trial) observe(x *binding.Exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reason, t.err = string(x.Reason), x.Err
	if x.Request != nil {
		d := x.Request.Decision
		t.decision = &d
	}
}

func explain(c *cobra.Command, s streams, args []string, o *explainOptions) error {
	via, err := uritable.Parse(o.via)
	if err != nil || via.Scheme() != "http" && via.Scheme() != "https" {
		return usageError{fmt.Errorf("--via %q is no http or https URL", o.via)}
	}
	overrides, err := settings.NewOverrides(c.Flags())
	if err != nil {
		return err
	}
	name, err := settings.Find(overrides, args[0])
	if err != nil {
		return err
	}
	load := func() (*configs.File, *settings.Settings, error) { return loadBoth(args[0], name, overrides, o.load) }
	f, set, err := load()
	if err != nil {
		return err
	}
	var t trial
	var m memory
	b := o.build.options()
	b.NoAdmin, b.Listen, b.Trial, b.Explain, b.Observe, b.Load = true, m.listen, t.add, true, t.observe, load
	p, err := assemble.Build(f, set, b)
	if err != nil {
		return err
	}
	if p.Binding(via) == nil {
		return unheard(p, via)
	}
	message, err := o.message(c.Context(), s, args[1:], p, via)
	if err != nil {
		return err
	}
	answer, err := t.ask(c.Context(), p, &m, via, message)
	if err != nil {
		return err
	}
	return t.print(s.out, via, answer)
}

// mostListeners bounds the list of those that do not take a message.
const mostListeners = 20

// unheard says that no listener takes via, which is nearest, and which there are.
func unheard(p *assemble.Program, via uritable.URI) error {
	var b strings.Builder
	fmt.Fprintf(&b, "no listener takes %s", via)
	if l, d, ok := p.NearestListener(via); ok {
		fmt.Fprintf(&b, "; the nearest is %q, which differs %s\nThere is:", l.Name, d.Where())
	}
	list := p.Listeners()
	for i, l := range list {
		if i == mostListeners {
			fmt.Fprintf(&b, "\n  and %d more", len(list)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s  %s (%s)", l.URI, l.Name, l.Pos)
	}
	return errors.New(b.String())
}

// request is a message as a client posts it.
type request struct {
	fields []http1.Field
	body   octets
}

// octets are a body of HTTP.
type octets []byte

// Size implements [http1.Body].
func (b octets) Size() (int64, bool) { return int64(len(b)), true }

// WriteTo implements [io.WriterTo].
func (b octets) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b)
	return int64(n), err
}

// message reads the message, or makes one for the listener that it will meet.
func (o *explainOptions) message(ctx context.Context, s streams, names []string, p *assemble.Program, via uritable.URI) (*request, error) {
	var text []byte
	var err error
	if len(names) > 0 {
		text, err = readMessage(names[0], s.in)
	} else {
		text, err = o.compose(ctx, p, via)
	}
	if err != nil {
		return nil, err
	}
	r := &request{body: text}
	twelve := bytes.Contains(text, []byte(soap.SOAP12.Namespace()))
	contentType := o.contentType
	if contentType == "" {
		contentType = "text/xml; charset=utf-8"
		if twelve {
			contentType = "application/soap+xml; charset=utf-8"
			if o.action != "" {
				contentType += fmt.Sprintf("; action=%q", o.action)
			}
		}
	}
	r.fields = append(r.fields, http1.Field{Name: "Content-Type", Value: contentType})
	if !twelve && o.action != "" {
		r.fields = append(r.fields, http1.Field{Name: "SOAPAction", Value: strconv.Quote(o.action)})
	}
	for _, f := range o.fields {
		name, value, ok := strings.Cut(f, ":")
		if !ok || name == "" || strings.ContainsAny(f, "\r\n\x00") || strings.ContainsAny(name, " \t") {
			return nil, usageError{fmt.Errorf("--field %q: write \"Name: value\"", f)}
		}
		r.fields = append(r.fields, http1.Field{Name: name, Value: strings.TrimSpace(value)})
	}
	return r, nil
}

// compose makes a message with an empty body.
func (o *explainOptions) compose(ctx context.Context, p *assemble.Program, via uritable.URI) ([]byte, error) {
	b := p.Binding(via)
	d, action, err := callDraft(ctx, callOptions{url: o.via, action: o.action, to: o.to}, b.Version, via)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if b.Version.Addressing == soap.AddressingNone && o.to != "" {
		return nil, usageError{fmt.Errorf("--to: %s has no addressing headers; To is the URL of --via", b.Name())}
	}
	_ = action // it stands in the message, or in the fields
	var text bytes.Buffer
	if _, err := d.WriteTo(&text); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}

// ask posts the message and returns the answer as it would be on the wire.
func (t *trial) ask(ctx context.Context, p *assemble.Program, m *memory, via uritable.URI, r *request) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	ready, done := make(chan struct{}), make(chan struct{})
	var ended error // read after done
	go func() {
		defer close(done)
		ended = p.Run(ctx, func() { close(ready) })
	}()
	defer func() {
		cancel()
		<-done // nothing is in progress, so that nothing is cut
	}()
	select {
	case <-ready:
	case <-done:
		return "", ended
	}
	target := http1.Target{Address: net.JoinHostPort(via.Hostname(), strconv.Itoa(via.Port()))}
	if via.Scheme() == "https" {
		target.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the peer is this process
	}
	pool := http1.NewPool(target, http1.Options{Dial: m.dial})
	defer pool.Close()
	resp, err := pool.Do(ctx, &http1.Request{
		Method: "POST", Path: via.RequestTarget(), Host: via.Authority(), Fields: r.fields, Body: r.body,
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", via, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("%s: read the answer: %w", via, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d\n", resp.Status)
	for _, name := range []string{"Content-Type", "X-Viaduct-Error", "Allow", "Retry-After"} {
		if v := resp.Fields.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	fmt.Fprintf(&b, "\n%s", body)
	return b.String(), nil
}

// print tells the decision, and the octets.
func (t *trial) print(w io.Writer, via uritable.URI, answer string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(w, "via       %s\n", via)
	if d := t.decision; d != nil {
		attempts := d.Attempts
		d.Attempts = nil // they tell that nothing was sent, which is no news
		fmt.Fprint(w, report.Visible(d.String()))
		for i := range attempts {
			fmt.Fprintf(w, "attempt %d %s %s%s (%s)\n", i+1, attempts[i].Endpoint, attempts[i].Address, condition(i, d), attempts[i].Pos)
		}
	}
	for i, x := range t.sent {
		fmt.Fprintf(w, "\n--- attempt %d, to %s ---\n%s\n", i+1, x.address, bytes.ReplaceAll(x.octets, []byte("\r\n"), []byte("\n")))
	}
	if len(t.sent) > 0 {
		return nil
	}
	if text := t.refusal(); text != "" {
		fmt.Fprintf(w, "refused   %s\n", report.Visible(text))
	}
	fmt.Fprintf(w, "\n--- answer ---\n%s\n", answer)
	if t.reason != "" || t.decision == nil {
		return errFindings
	}
	return nil
}

// condition says when an attempt is made. A multicast has a route for each, and a
// backup comes after a failure.
func condition(i int, d *binding.Decision) string {
	switch {
	case i == 0:
		return ""
	case len(d.Routes) > 1:
		return ", for a further route or when the one before fails"
	default:
		return ", when the one before fails"
	}
}

// refusal is why a message went nowhere, "" when it was answered here.
func (t *trial) refusal() string {
	switch _, fault := errors.AsType[*soap.Fault](t.err); {
	case t.reason == "" || t.err == nil:
		return t.reason
	case fault:
		return t.err.Error() // of a service that is built in; it has no reason
	case strings.HasPrefix(t.err.Error(), t.reason):
		return t.err.Error()
	default:
		return t.reason + ": " + t.err.Error()
	}
}
