package assemble

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// operated is what is known of destinations beside where they are. What has a
// state outlives configurations.
type operated struct {
	registry  *upstream.Registry
	update    *upstream.Update // of this configuration, put in force with it
	vias      map[string]string
	probers   []*upstream.Prober
	checks    []*http1.Pool // of the probers
	mirrors   map[string]*mirrored
	turns     map[string]*filter.Group
	callbacks *callbacks
}

func newOperated(r *upstream.Registry, c *callbacks) operated {
	return operated{
		registry: r, update: r.Update(), vias: map[string]string{}, mirrors: map[string]*mirrored{},
		turns: map[string]*filter.Group{}, callbacks: c,
	}
}

// backend returns what is known of a destination between messages. Each has one,
// so that an operator can take any of them out by hand: it costs 0.1 µs a message
// (docs/operating.md).
func (b *builder) backend(t *target) (*upstream.Backend, error) {
	_, known := b.vias[t.name]
	back := b.update.Ensure(t.name, options(&t.set))
	if known {
		return back, nil
	}
	b.vias[t.name] = t.via.String()
	if t.set.Health == nil {
		return back, nil
	}
	check, err := b.healthCheck(t)
	if err != nil {
		return nil, err
	}
	b.probers = append(b.probers, &upstream.Prober{Backend: back, Check: check})
	return back, nil
}

// options are the settings of one client endpoint as its back end takes them.
func options(set *settings.Endpoint) upstream.Options {
	o := upstream.Options{
		Concurrent: int(set.Limits.Concurrent.Get()), Queue: int(set.Limits.Queue.Get()), Wait: set.Limits.Wait.Get(),
		Weight: int(set.Weight.Get()),
	}
	if x := set.Breaker; x != nil {
		o.Breaker = upstream.Breaker{Failures: int(x.Failures.Get()), Within: x.Within.Get(), Open: x.Open.Get()}
	}
	if x := set.Eject; x != nil {
		o.Eject = upstream.Eject{Failures: int(x.Failures.Get()), For: x.For.Get(), Most: int(x.Most.Get())}
	}
	if x := set.Health; x != nil {
		o.Health = upstream.Health{
			On: true, Interval: x.Interval.Get(), Timeout: x.Timeout.Get(), Healthy: int(x.Healthy.Get()), Unhealthy: int(x.Unhealthy.Get()),
		}
	}
	return o
}

// checkOperated refuses settings of destinations at a service endpoint.
func (b *builder) checkOperated(e *settings.Endpoint) {
	for _, x := range []struct {
		is   bool
		name string
	}{
		{e.Deadline.Written(), "deadline"},
		{e.Limits.Concurrent.Written(), "limits"},
		{e.Breaker != nil, "breaker"},
		{e.Eject != nil, "eject"},
		{e.Health != nil, "health"},
		{e.Weight.Written(), "weight"},
		{len(e.Members) > 0, "members"},
		{e.Mirror != nil, "mirror"},
		{len(e.Rules) > 0, "http.rules"},
	} {
		b.misplaced(x.is, e.Pos, x.name, e.Name.Get(), "service", "client")
	}
}

// healthCheck makes what asks a destination once. It connects to what the operator
// wrote, as sending does (package egress), and never through a proxy.
func (b *builder) healthCheck(t *target) (upstream.Check, error) {
	h := t.set.Health
	if h.TCP.Get() {
		address := net.JoinHostPort(t.via.Hostname(), strconv.Itoa(t.via.Port()))
		return upstream.CheckTCP(func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}), nil
	}
	wrong := func(text string) error {
		return &settings.Error{Pos: h.URL.Pos, Path: "endpoints[].health.url", Text: text}
	}
	u, err := uritable.Parse(h.URL.Get())
	if err != nil {
		return nil, wrong(fmt.Sprintf("%q: %v", h.URL.Get(), err))
	}
	where := http1.Target{Address: net.JoinHostPort(u.Hostname(), strconv.Itoa(u.Port()))}
	switch u.Scheme() {
	case "http":
	case "https":
		way := t.trust
		way.dns, way.pin = "", nil // the page may be another host's
		if t.via.Scheme() != "https" {
			if way, err = b.trust(b.clientTLS(&t.set)); err != nil {
				return nil, err
			}
		}
		if where.TLS, err = way.tls(); err != nil {
			return nil, err
		}
	default:
		return nil, wrong(fmt.Sprintf("%q: use an http or https URL", h.URL.Get()))
	}
	pool := http1.NewPool(where, http1.Options{DialTimeout: h.Timeout.Get(), MaxIdle: -1})
	b.checks = append(b.checks, pool)
	request := &http1.Request{Method: "GET", Path: u.RequestTarget(), Host: u.Authority(), Close: true}
	return upstream.CheckHTTP(func(ctx context.Context) (int, error) {
		answer, err := pool.Do(ctx, request)
		if err != nil {
			return 0, err
		}
		_, _ = io.CopyN(io.Discard, answer.Body, page) // the status is what counts
		_ = answer.Body.Close()
		return answer.Status, nil
	}), nil
}

// page is how much of a health page is read.
const page = 64 << 10

// probe asks the back ends of a configuration until its watch ends or the
// program does.
func (p *Program) probe(g *generation) {
	ctx, end := context.WithCancel(context.Background())
	g.endProbes = end
	if len(g.probers) == 0 {
		return
	}
	p.retire(func(lasting context.Context) {
		upstream.Run(ctx, g.probers)
		cut, cancel := context.WithTimeout(lasting, time.Second)
		defer cancel()
		for _, pool := range g.checks {
			_ = pool.Shutdown(cut) // its error says that connections were cut
		}
	})
}
