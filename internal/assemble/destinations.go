package assemble

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// poolKey says which destinations share connections: same target, same TLS
// identity, same proxy, same time to connect.
type poolKey struct {
	scheme, address, name, proxy string
	roots, certificate           string // digests of the content: a renewed one makes a new pool
	pin                          string // what the destination must present
	unchecked                    bool   // see trust
	open, close                  time.Duration
	direct                       bool
	guard                        string // what package egress lets it reach; "": all
}

// safeFields pass from clients to destinations by default: they correlate and
// trace, and grant nothing.
var safeFields = []string{"Traceparent", "Tracestate", "X-Request-Id", "X-Correlation-Id", "Vsdebuggercausalitydata", "E2eactivity", "Accept-Language"}

// target is what a destination is made of.
type target struct {
	name     string
	pos      source.Pos
	address  *addressing.EndpointAddress
	via      uritable.URI
	binding  *binding.Binding
	trust    trust
	process  bool // soapProcessing
	handedOn bool // message security passes through
	set      settings.Endpoint
	fail     func(code, text string) *configs.Error
}

// destinationKey says what a destination depends on beside the configuration:
// whether the routing service wants soapProcessing where the endpoint says
// nothing.
type destinationKey struct {
	e          *configs.Endpoint
	processing bool
}

// destination builds a client endpoint, once for each value of processing.
func (b *builder) destination(e *configs.Endpoint, processing bool) (*routing.Destination, error) {
	key := destinationKey{e, processing}
	if d, ok := b.destinations[key]; ok {
		return d, nil
	}
	t, err := b.target(e, processing)
	if err != nil {
		return nil, err
	}
	var d *routing.Destination
	if len(t.set.Members) > 0 {
		d, err = b.members(e, t, processing)
	} else {
		d, err = b.connect(t)
	}
	if err != nil {
		return nil, err
	}
	b.destinations[key] = d // before its mirror, which may be mirrored here
	if t.set.Mirror != nil {
		if d.Mirror, err = b.mirror(t, processing); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// target consumes what the file says of a client endpoint.
func (b *builder) target(e *configs.Endpoint, processing bool) (*target, error) {
	e.Use()
	e.Contract.Get() // the loader has checked that destinations of a table say "*"
	bind, err := b.binding(e.Binding, sending)
	if err != nil {
		return nil, err
	}
	text, err := e.AbsoluteAddress()
	if err != nil {
		return nil, err
	}
	uri, err := uritable.Parse(text)
	if err != nil {
		return nil, e.Address.Error("", fmt.Sprintf("client endpoint %q: address: %v", e.Name.Peek(), err))
	}
	t := &target{
		name: e.Name.Get(), pos: e.Pos(), binding: bind, process: processing, handedOn: passes(e.Binding),
		set:  b.endpointSettings(e.Name.Peek()),
		fail: e.Error,
	}
	if e.Behavior != nil && (processing || e.Behavior.ProcessMessages.Written()) {
		t.process = e.Behavior.ProcessMessages.Get()
	}
	if t.address, err = endpointAddress(e, uri); err != nil {
		return nil, err
	}
	if t.via, err = clientVia(e, uri, bind); err != nil {
		return nil, err
	}
	return t, b.secure(t, e.Binding, e)
}

// connect builds the channel of a destination. It opens nothing.
func (b *builder) connect(t *target) (*routing.Destination, error) {
	pool, err := b.pool(t)
	if err != nil {
		return nil, err
	}
	mode := routing.Routing
	if t.set.Mode.Get() == "forward-signed" || t.handedOn && !t.set.Mode.Written() {
		mode = routing.ForwardSigned
	}
	rules, err := fieldRules(t.set.Rules)
	if err != nil {
		return nil, err
	}
	dynamic, err := b.dialTo(t)
	if err != nil {
		return nil, err
	}
	backend, err := b.backend(t)
	if err != nil {
		return nil, err
	}
	channel := httpchan.NewChannel(httpchan.ChannelOptions{
		Via: t.via, Pool: pool,
		Encoder: textxml.New(t.binding.Version, t.binding.Charset),
		Limits:  t.binding.Limits,
		Needs:   soap.Needs{Streamed: t.binding.Transfer.Responses()},
		Budget:  b.budget,
		Pin:     mode == routing.ForwardSigned,
		Close:   !t.binding.KeepAlive, NoDecompression: t.binding.NoDecompression,
	})
	var trusted []netip.Prefix
	for _, p := range b.settings.TrustedProxies {
		trusted = append(trusted, p.Get())
	}
	d, err := routing.NewDestination(routing.Destination{
		Name: t.name, Pos: t.pos, Address: t.address, Binding: t.binding, Channel: channel, Mode: mode,
		ProcessMessages: t.process,
		Pass:            pass(t.set, mode), Trusted: trusted, Rules: rules,
		Repeatable: actions(t.set.Repeatable), Deadline: t.set.Deadline.Get(),
		Backend: backend, Dynamic: dynamic,
	}, t.via.String())
	if err != nil {
		return nil, t.fail("", fmt.Sprintf("client endpoint %q: %v", t.name, err))
	}
	return d, nil
}

func pass(set settings.Endpoint, mode routing.Mode) []string {
	names := append([]string(nil), safeFields...)
	for _, p := range set.Pass {
		names = append(names, p.Get())
	}
	if mode == routing.ForwardSigned {
		names = append(names, "Authorization") // of a connection that is the client's own, see ChannelOptions.Pin
	}
	return names
}

// fieldRules are http.rules.
func fieldRules(list []settings.FieldRule) ([]routing.FieldRule, error) {
	var out []routing.FieldRule
	for _, r := range list {
		rule, err := routing.NewFieldRule(r.Do.Get(), r.Field.Get(), r.Value.Get())
		if err != nil {
			return nil, &settings.Error{Pos: r.Pos, Path: "endpoints[].http.rules[]", Text: err.Error()}
		}
		out = append(out, rule)
	}
	return out, nil
}

func actions(list []settings.Value[string]) map[addressing.Action]bool {
	m := make(map[addressing.Action]bool, len(list))
	for _, a := range list {
		m[addressing.Action(a.Get())] = true
	}
	return m
}

// endpointAddress consumes the headers and gives the address that goes to To.
func endpointAddress(e *configs.Endpoint, uri uritable.URI) (*addressing.EndpointAddress, error) {
	var headers []addressing.Header
	for _, h := range e.Headers() {
		x, err := addressing.NewHeader(h.XML, nil)
		if err != nil {
			return nil, &configs.Error{Pos: h.Pos, Path: e.Path() + "/headers", Text: err.Error()}
		}
		headers = append(headers, x)
	}
	return addressing.New(uri, headers...)
}

// clientVia is where the octets go (dispatch 6).
func clientVia(e *configs.Endpoint, address uritable.URI, bind *binding.Binding) (uritable.URI, error) {
	via := address
	if e.Behavior != nil {
		if text := e.Behavior.ClientVia.Get(); text != "" {
			u, err := uritable.Parse(text)
			if err != nil {
				return via, e.Behavior.ClientVia.Error("", fmt.Sprintf("viaUri: %v", err))
			}
			via = u
		}
	}
	if bind.Version.Addressing == soap.AddressingNone && via != address {
		return via, e.Behavior.ClientVia.Error("", fmt.Sprintf(
			"client endpoint %q: %s has no WS-Addressing, so that the address cannot travel in the message; remove clientVia and use its URI as the address",
			e.Name.Peek(), bind.Name()))
	}
	if via.Scheme() != bind.Scheme {
		return via, e.Address.Error("", fmt.Sprintf("client endpoint %q: %s needs a %s address, not %s; change the address or the binding's security mode",
			e.Name.Peek(), bind.Name(), bind.Scheme, via))
	}
	return via, nil
}

// pool returns the connections that a destination shares with others like it.
func (b *builder) pool(d *target) (*http1.Pool, error) {
	via, bind := d.via, d.binding
	key := poolKey{
		scheme: via.Scheme(), address: net.JoinHostPort(via.Hostname(), strconv.Itoa(via.Port())),
		proxy: bind.Proxy, open: bind.Timeouts.Open, close: bind.Timeouts.Close, direct: bind.BypassProxyOnLocal,
	}
	d.trust.mark(b, &key)
	if d.set.Proxy.Written() {
		key.proxy = d.set.Proxy.Get()
	} else if key.proxy == "" {
		key.proxy = b.settings.Clients.Proxy.Get()
	}
	if p, ok := b.pools[key]; ok {
		return p, nil
	}
	if p := b.shared(key); p != nil {
		b.pools[key] = p
		return p, nil
	}
	target := http1.Target{Address: key.address}
	if key.scheme == "https" {
		t, err := d.trust.tls()
		if err != nil {
			return nil, err
		}
		target.TLS = t
	}
	if key.proxy != "" {
		u, err := uritable.Parse(key.proxy)
		if err == nil && u.Scheme() != "http" {
			err = fmt.Errorf("%s: proxies are spoken to in plain http", key.proxy)
		}
		if err != nil {
			return nil, d.fail("", fmt.Sprintf("client endpoint %q: proxy address: %v", d.name, err))
		}
		target.Proxy = &http1.Proxy{Address: net.JoinHostPort(u.Hostname(), strconv.Itoa(u.Port())), BypassLocal: key.direct}
	}
	p := http1.NewPool(target, http1.Options{
		DialTimeout: key.open,
		MinRate:     int(minRate(b.settings.HTTP.MinRate.Get())),
		Grace:       max(b.settings.HTTP.MinRateAfter.Get(), 1),
		Trial:       b.options.Trial,
	})
	b.pools[key] = p
	return p, nil
}

// clientTLS is how a destination is checked: by its own settings, else those of
// all.
func (b *builder) clientTLS(set *settings.Endpoint) settings.ClientTLS {
	if set.TLS != nil {
		return *set.TLS
	}
	return b.settings.Clients.TLS
}

// digest tells the content of a file from others; the file's name where it cannot
// be read, which its reader will report.
func (b *builder) digest(file string) string {
	if file == "" {
		return ""
	}
	if d, ok := b.digests[file]; ok {
		return d
	}
	d := file
	if text, err := os.ReadFile(file); err == nil {
		sum := sha256.Sum256(text)
		d = string(sum[:])
	}
	b.digests[file] = d
	return d
}

// closePools closes outbound connections, each when its message has ended. The
// closeTimeout of the binding is the longest wait, and what is left then is cut.
func closePools(ctx context.Context, pools map[poolKey]*http1.Pool) {
	var wait sync.WaitGroup
	for key, p := range pools {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, key.close)
			defer cancel()
			_ = p.Shutdown(ctx) // its error says that connections were cut, which is what is wanted
		})
	}
	wait.Wait()
}
