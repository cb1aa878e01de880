package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// callLimit is the longest message that call reads or receives, in octets.
const callLimit = 64 << 20

// errFault is returned when the reply is a fault: the exit code says so.
var errFault = errors.New("the reply is a fault")

// callOptions are one message to send.
type callOptions struct {
	url, binding, action, to string
	timeout                  time.Duration
	message                  []byte // a whole envelope, or
	body                     string // what stands in Body
}

// callAnswer is what came back.
type callAnswer struct {
	status   int
	envelope []byte // empty: accepted without a message
	fault    *soap.Fault
	took     time.Duration
}

func newCall(s streams) *cobra.Command {
	o := callOptions{}
	c := &cobra.Command{
		Use:   "call URL [MESSAGE.xml|-]",
		Short: "Send one message and print the reply",
		Long: `Call sends an envelope that it reads from a file or from standard input, and
writes the reply to standard output; time, status and faults go to standard
error. The exit code is 1 when the reply is a fault.

With a binding that has WS-Addressing, headers that the message lacks are added:
Action, To, MessageID and ReplyTo.

--binding takes basicHttpBinding (SOAP 1.1), wsHttpBinding (SOAP 1.2 with
WS-Addressing 1.0) or a message version of customBinding, such as
Soap11WSAddressing10.`,
		Example: `  viaduct call http://localhost:8000/orders place.xml --binding basicHttpBinding --action urn:orders/IOrders/Place
  viaduct call http://localhost:8000/orders - --binding Soap12WSAddressing10 --action urn:orders/IOrders/Place <place.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usageError{errors.New("call takes a URL and at most one message; see \"viaduct help call\"")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.url = args[0]
			name := "-"
			if len(args) == 2 {
				name = args[1]
			}
			var err error
			if o.message, err = readMessage(name, s.in); err != nil {
				return err
			}
			a, err := call(c.Context(), o)
			if err != nil {
				return err
			}
			return a.print(s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.binding, "binding", "basicHttpBinding", "binding, or message version")
	f.StringVar(&o.action, "action", "", "SOAPAction, and wsa:Action where the message has none")
	f.StringVar(&o.to, "to", "", "wsa:To; default: URL")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "longest wait for the reply")
	return c
}

func readMessage(name string, in io.Reader) ([]byte, error) {
	if name == "-" {
		return readAll(in)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError(name, err)
	}
	defer func() { _ = f.Close() }() // only read
	b, err := readAll(f)
	if err != nil {
		return nil, fileError(name, err)
	}
	return b, nil
}

func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, callLimit+1))
	if err != nil {
		return nil, err
	}
	if len(b) > callLimit {
		return nil, fmt.Errorf("the message is longer than %d octets", callLimit)
	}
	return b, nil
}

// callVersion returns the message version that --binding names.
func callVersion(name string) (soap.Version, error) {
	switch name {
	case "basicHttpBinding", "basicHttpsBinding":
		return soap.Soap11, nil
	case "wsHttpBinding", "ws2007HttpBinding":
		return soap.Soap12WSAddressing10, nil
	}
	v, err := soap.Parse(name)
	if err != nil {
		return v, usageError{fmt.Errorf("--binding %q: use basicHttpBinding, wsHttpBinding or a message version: %w", name, err)}
	}
	return v, nil
}

// call sends one message.
func call(ctx context.Context, o callOptions) (*callAnswer, error) {
	version, err := callVersion(o.binding)
	if err != nil {
		return nil, err
	}
	via, err := uritable.Parse(o.url)
	if err != nil || via.Scheme() != "http" && via.Scheme() != "https" {
		return nil, usageError{fmt.Errorf("%q is no http or https URL", o.url)}
	}
	draft, action, err := callDraft(ctx, o, version, via)
	if err != nil {
		return nil, err
	}
	pool := callPool(via)
	defer pool.Close()
	channel := httpchan.NewChannel(httpchan.ChannelOptions{
		Via: via, Pool: pool, Encoder: textxml.New(version, binding.UTF8), Limits: soap.Limits{Message: callLimit},
	})
	start := time.Now()
	out := &binding.Outgoing{Draft: draft, Action: action}
	if o.timeout > 0 {
		out.Deadline = start.Add(o.timeout)
	}
	in, err := channel.Request(ctx, out)
	a := &callAnswer{took: time.Since(start)}
	if err != nil {
		return nil, callError(o.url, err)
	}
	if in == nil {
		a.status = 202
		return a, nil
	}
	defer in.Release()
	a.status = in.Status
	return a, a.read(ctx, in)
}

// callError says what became of a message that got no answer.
func callError(url string, err error) error {
	failed, ok := errors.AsType[*binding.SendError](err)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", url, err)
	case failed.Status > 0:
		return fmt.Errorf("%s: HTTP %d: %w", url, failed.Status, failed.Err)
	default:
		return fmt.Errorf("%s: %s: %w", url, failed.Delivery, failed.Err)
	}
}

func (a *callAnswer) read(ctx context.Context, in *binding.Incoming) error {
	if err := in.Envelope.Body.Hold(ctx, callLimit); err != nil {
		return err
	}
	d := soap.NewDraft(in.Envelope)
	defer d.Close()
	var b bytes.Buffer
	if _, err := d.WriteTo(&b); err != nil {
		return err
	}
	a.envelope = b.Bytes()
	if fault, _ := soap.IsFault(in.Envelope); !fault {
		return nil
	}
	var err error
	a.fault, err = soap.ReadFault(ctx, in.Envelope)
	return err
}

// callDraft makes the message and its action.
func callDraft(ctx context.Context, o callOptions, v soap.Version, via uritable.URI) (*soap.Draft, addressing.Action, error) {
	if o.message == nil {
		o.message = []byte(`<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `"><s:Body>` + o.body + `</s:Body></s:Envelope>`)
	}
	env, err := soap.Decode(ctx, bytes.NewReader(o.message), soap.DecodeOptions{
		Version: v, Size: int64(len(o.message)), Limits: soap.Limits{Message: callLimit},
	})
	if err != nil {
		return nil, "", fmt.Errorf("the message is not %s: %w", v, err)
	}
	defer env.Release()
	d := soap.NewDraft(env)
	if v.Addressing == soap.AddressingNone {
		return d, addressing.Action(o.action), nil
	}
	action, err := addHeaders(d, o, v, via)
	if err != nil {
		d.Close()
		return nil, "", err
	}
	if o.action != "" {
		action = addressing.Action(o.action) // SOAPAction may be told to differ
	}
	return d, action, nil
}

// addHeaders appends the addressing headers that a message lacks. What it has
// stays as it is: a test message is sent as it was written. It returns the
// message's action.
func addHeaders(d *soap.Draft, o callOptions, v soap.Version, via uritable.URI) (addressing.Action, error) {
	props, err := addressing.Extract(d.Base(), nil)
	if err != nil {
		return "", err
	}
	action, err := props.Action()
	if err != nil {
		return "", err
	}
	if !props.Has(addressing.KindAction) {
		if o.action == "" {
			return "", usageError{fmt.Errorf("the message has no wsa:Action, which %s needs; give --action", v)}
		}
		action = addressing.Action(o.action)
		d.Append(callHeader(v, "Action", o.action))
	}
	if o.to != "" || !props.Has(addressing.KindTo) {
		if err := addTo(d, o, &props, v, via); err != nil {
			return "", err
		}
	}
	if !props.Has(addressing.KindMessageID) {
		d.Append(callHeader(v, "MessageID", "urn:viaduct:call:"+strings.ToLower(rand.Text())))
	}
	if !props.Has(addressing.KindReplyTo) {
		return action, addReplyTo(d, v)
	}
	return action, nil
}

func addTo(d *soap.Draft, o callOptions, props *addressing.Properties, v soap.Version, via uritable.URI) error {
	to := via
	if o.to != "" {
		var err error
		if to, err = uritable.Parse(o.to); err != nil {
			return usageError{fmt.Errorf("--to %q is no absolute URI: %w", o.to, err)}
		}
	}
	address, err := addressing.New(to)
	if err != nil {
		return err
	}
	return address.ApplyTo(d, props, v.Addressing)
}

// addReplyTo asks for the answer on the connection of the request.
func addReplyTo(d *soap.Draft, v soap.Version) error {
	uri, err := uritable.Parse(addressing.Anonymous)
	if err != nil {
		return err
	}
	address, err := addressing.New(uri)
	if err != nil {
		return err
	}
	element, err := address.AppendEPR(nil, v.Addressing, "ReplyTo")
	if err != nil {
		return err
	}
	d.Append(element)
	return nil
}

// callHeader writes an addressing header that holds text.
func callHeader(v soap.Version, name, text string) []byte {
	return fmt.Appendf(nil, `<a:%[1]s xmlns:a="%[2]s">%[3]s</a:%[1]s>`, name, v.Addressing.Namespace(), xmltext.AppendEscaped(nil, text))
}

func callPool(via uritable.URI) *http1.Pool {
	t := http1.Target{Address: net.JoinHostPort(via.Hostname(), strconv.Itoa(via.Port()))}
	if via.Scheme() == "https" {
		t.TLS = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	}
	return http1.NewPool(t, http1.Options{})
}

// summary is the answer on one line.
func (a *callAnswer) summary() string {
	switch {
	case len(a.envelope) == 0:
		return fmt.Sprintf("HTTP %d, no message", a.status)
	case a.fault != nil:
		return fmt.Sprintf("HTTP %d, fault: %s", a.status, a.fault.Reason)
	default:
		return fmt.Sprintf("HTTP %d %s", a.status, a.envelope)
	}
}

func (a *callAnswer) print(s streams) error {
	fmt.Fprintf(s.err, "HTTP %d after %s, %d octets\n", a.status, a.took.Round(10*time.Microsecond), len(a.envelope))
	if len(a.envelope) > 0 {
		if _, err := fmt.Fprintf(s.out, "%s\n", a.envelope); err != nil {
			return err
		}
	}
	if a.fault != nil {
		return fmt.Errorf("%w: %s", errFault, a.fault.Error())
	}
	return nil
}
