package assemble

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// poolKey says which destinations share connections: same target, same TLS
// identity, same proxy, same time to connect.
type poolKey struct {
	scheme, address, name, proxy string
	roots, certificate           string
	open                         time.Duration
	direct                       bool
}

// safeFields pass from clients to destinations by default: they correlate and
// trace, and grant nothing.
var safeFields = []string{"Traceparent", "Tracestate", "X-Request-Id", "X-Correlation-Id", "Vsdebuggercausalitydata", "E2eactivity", "Accept-Language"}

// destination builds a client endpoint, once.
func (b *builder) destination(e *configs.Endpoint) (*routing.Destination, error) {
	if d, ok := b.destinations[e]; ok {
		return d, nil
	}
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
	address, err := endpointAddress(e, uri)
	if err != nil {
		return nil, err
	}
	via, err := clientVia(e, uri, bind)
	if err != nil {
		return nil, err
	}
	set := b.endpointSettings(e.Name.Get())
	pool, err := b.pool(e, via, bind, set)
	if err != nil {
		return nil, err
	}
	mode := routing.Routing
	if set.Mode.Get() == "forward-signed" {
		mode = routing.ForwardSigned
	}
	channel := httpchan.NewChannel(httpchan.ChannelOptions{
		Via: via, Pool: pool,
		Encoder: textxml.New(bind.Version, bind.Charset),
		Limits:  bind.Limits,
		Needs:   soap.Needs{Streamed: bind.Transfer.Responses()},
		Budget:  b.budget,
		Pin:     mode == routing.ForwardSigned,
		Close:   !bind.KeepAlive,
	})
	d, err := routing.NewDestination(routing.Destination{
		Name: e.Name.Get(), Pos: e.Pos(), Address: address, Binding: bind, Channel: channel, Mode: mode,
		ProcessMessages: e.Behavior == nil || e.Behavior.ProcessMessages.Get(),
		Pass:            b.pass(set, mode),
		Repeatable:      actions(set.Repeatable),
	}, via.String())
	if err != nil {
		return nil, e.Error("", err.Error())
	}
	b.destinations[e] = d
	return d, nil
}

func (b *builder) pass(set settings.Endpoint, mode routing.Mode) []string {
	names := append([]string(nil), safeFields...)
	for _, p := range set.Pass {
		names = append(names, p.Get())
	}
	if mode == routing.ForwardSigned {
		names = append(names, "Authorization") // of a connection that is the client's own, see ChannelOptions.Pin
	}
	return names
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
		return via, e.Behavior.ClientVia.Error("", "without WS-Addressing the address cannot travel in the message; use the via as the address")
	}
	if via.Scheme() != bind.Scheme {
		return via, e.Address.Error("", fmt.Sprintf("client endpoint %q: %s needs a %s address", e.Name.Peek(), bind.Name(), bind.Scheme))
	}
	return via, nil
}

// pool returns the connections that a destination shares with others like it.
func (b *builder) pool(e *configs.Endpoint, via uritable.URI, bind *binding.Binding, set settings.Endpoint) (*http1.Pool, error) {
	c := b.settings.Clients.TLS
	if set.TLS != nil {
		c = *set.TLS
	}
	key := poolKey{
		scheme: via.Scheme(), address: net.JoinHostPort(via.Hostname(), strconv.Itoa(via.Port())),
		proxy: bind.Proxy, roots: c.Roots.Get(), certificate: c.Certificate.Get(), open: bind.Timeouts.Open,
		direct: bind.BypassProxyOnLocal,
	}
	if set.Proxy.Written() {
		key.proxy = set.Proxy.Get()
	} else if key.proxy == "" {
		key.proxy = b.settings.Clients.Proxy.Get()
	}
	if e.Identity != nil {
		key.name = e.Identity.DNS.Get()
	}
	if p, ok := b.pools[key]; ok {
		return p, nil
	}
	target := http1.Target{Address: key.address}
	if key.scheme == "https" {
		t, err := clientTLS(c, key.name)
		if err != nil {
			return nil, err
		}
		target.TLS = t
	}
	if key.proxy != "" {
		u, err := uritable.Parse(key.proxy)
		if err != nil {
			return nil, e.Error("", fmt.Sprintf("proxy address: %v", err))
		}
		target.Proxy = &http1.Proxy{Address: net.JoinHostPort(u.Hostname(), strconv.Itoa(u.Port())), BypassLocal: key.direct}
	}
	p := http1.NewPool(target, http1.Options{
		DialTimeout: key.open,
		MinRate:     int(b.settings.HTTP.MinRate.Get()),
		Grace:       b.settings.HTTP.MinRateAfter.Get(),
	})
	b.pools[key] = p
	return p, nil
}

// clientTLS is how Viaduct checks a destination. name is the configured DNS
// identity, empty for the host of the address.
func clientTLS(c settings.ClientTLS, name string) (*tls.Config, error) {
	t := &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, ClientSessionCache: tls.NewLRUClientSessionCache(64)}
	if file := c.Roots.Get(); file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, &settings.Error{Pos: c.Roots.Pos, Path: "roots", Text: err.Error()}
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &settings.Error{Pos: c.Roots.Pos, Path: "roots", Text: "no certificate in PEM form in this file"}
		}
	}
	if file := c.Certificate.Get(); file != "" {
		cert, err := tls.LoadX509KeyPair(file, c.Key.Get())
		if err != nil {
			return nil, &settings.Error{Pos: c.Certificate.Pos, Path: "certificate", Text: err.Error()}
		}
		t.Certificates = []tls.Certificate{cert}
	}
	return t, nil
}

// closePools cuts what is left of the outbound connections.
func closePools(ctx context.Context, pools map[poolKey]*http1.Pool) {
	for _, p := range pools {
		_ = p.Shutdown(ctx) // its error says that connections were cut, which is what is wanted
	}
}
