package assemble

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/http1"
)

// Program is a configuration ready to run. It runs once.
type Program struct {
	log       *slog.Logger
	host      *hosting.Host
	pools     map[poolKey]*http1.Pool
	fronts    []front
	admin     *admin.Server
	adminAddr string
	notices   []Notice
	drain     time.Duration // how long messages in progress may take to end
	opening   time.Duration // how long the opening of sockets may take
	state     atomic.Pointer[error]
}

// Why a program is not ready.
var (
	errOpening  = errors.New("sockets are not open yet")
	errDraining = errors.New("draining")
)

func (p *Program) enter(state error) { p.state.Store(&state) }

// Ready returns why the program takes no messages, nil when all its sockets are
// open and it is not draining.
func (p *Program) Ready() error { return *p.state.Load() }

// front is a socket and what serves it.
type front struct {
	*httpchan.Front
	socket *socket
}

func (b *builder) program() (*Program, error) {
	p := &Program{
		log: b.options.Log, host: b.host, pools: b.pools, notices: b.notices,
		drain: b.closeTimeout, opening: b.openTimeout,
	}
	if p.drain == 0 {
		p.drain = 10 * time.Second // WCF's default of host/timeouts closeTimeout
	}
	p.enter(errOpening)
	for _, s := range b.sockets {
		f := httpchan.NewFront(b.host, httpchan.FrontOptions{
			TLS: s.tls, Port: s.port, Log: b.options.Log, HeadTimeout: s.headTime(), IdleTimeout: s.idleTime(),
			MinRate: minRate(b.settings.HTTP.MinRate.Get()), Grace: max(b.settings.HTTP.MinRateAfter.Get(), 1),
			MaxConnections: b.connections(), MaxPerAddress: int(b.settings.Limits.ConnectionsPerAddress.Get()),
			CloseAfterChunked: len(b.settings.TrustedProxies) > 0, // http.closeAfterChunked=auto
			HideReason:        b.settings.Errors.Disclose.Get() == "none",
			Refused:           b.metrics.Refused,
		})
		b.metrics.Gauge("viaduct_connections", "Open connections of a socket.", map[string]string{"socket": s.address},
			func() float64 { return float64(f.Connections()) })
		p.fronts = append(p.fronts, front{f, s})
	}
	b.figures()
	if address := b.settings.Admin.Address.Get(); !b.options.NoAdmin && address != "" {
		host, _, _ := net.SplitHostPort(address) // the settings have checked it
		a, err := netip.ParseAddr(host)
		p.adminAddr = address
		p.admin = admin.New(admin.Options{
			Ready: p.Ready, Metrics: b.metrics, Hosts: []string{host},
			AnyAddress: host == "" || err == nil && !a.IsLoopback(),
		})
	}
	return p, nil
}

// figures registers what is counted elsewhere. Those of pools are sums: there
// may be many targets.
func (b *builder) figures() {
	sum := func(f func(http1.Stats) int64) func() float64 {
		return func() float64 {
			n := int64(0)
			for _, p := range b.pools {
				n += f(p.Stats())
			}
			return float64(n)
		}
	}
	m := b.metrics
	m.Gauge("viaduct_upstream_connections", "Open connections to destinations.", nil, sum(func(s http1.Stats) int64 { return int64(s.Open) }))
	m.Counter("viaduct_upstream_dialed_total", "Connections opened to destinations.", sum(func(s http1.Stats) int64 { return s.Dialed }))
	m.Counter("viaduct_upstream_poisoned_total", "Connections dropped for octets behind an answer.", sum(func(s http1.Stats) int64 { return s.Poisoned }))
	m.Gauge("viaduct_message_memory_octets", "Octets that messages hold.", nil, func() float64 { return float64(b.budget.Held()) })
	m.Gauge("viaduct_oneway_pending", "One-way messages that were accepted and are not delivered yet.", nil, func() float64 { return float64(b.host.Pending()) })
	if dropped := b.options.LogDropped; dropped != nil {
		m.Counter("viaduct_log_dropped_total", "Log lines dropped because their sink was too slow.", func() float64 { return float64(dropped()) })
	}
}

// minRate turns the setting, where 0 means off, into the option.
func minRate(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// Notices are what the operator should know.
func (p *Program) Notices() []Notice { return p.notices }

// Addresses are the sockets and the admin address.
func (p *Program) Addresses() []string {
	out := make([]string, 0, len(p.fronts)+1)
	for _, f := range p.fronts {
		out = append(out, f.socket.scheme+"://"+f.socket.address)
	}
	if p.admin != nil {
		out = append(out, "admin http://"+p.adminAddr)
	}
	return out
}

// Run opens all sockets, calls ready, and serves until ctx ends; then it drains.
// It opens all or none. The error says what could not be opened, or what was cut
// because it did not end in time.
func (p *Program) Run(ctx context.Context, ready func()) error {
	listeners, err := p.open(ctx)
	if err != nil {
		return err
	}
	g, serving := errgroup.WithContext(ctx)
	lasting := context.WithoutCancel(ctx)
	for i, f := range p.fronts {
		g.Go(func() error { return f.Serve(lasting, listeners[i]) })
	}
	if p.admin != nil {
		g.Go(func() error { return p.admin.Serve(listeners[len(p.fronts)]) })
	}
	g.Go(func() error {
		<-serving.Done() // ctx has ended, or a socket has failed
		return p.shutdown(lasting)
	})
	p.enter(nil)
	ready()
	return g.Wait()
}

func (p *Program) open(ctx context.Context) ([]net.Listener, error) {
	if p.opening > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.opening)
		defer cancel()
	}
	var listeners []net.Listener
	listen := func(address, what string) error {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			listeners = append(listeners, l)
			return nil
		}
		for _, open := range listeners {
			_ = open.Close() // nothing was served on it
		}
		return fmt.Errorf("%s: %w%s", what, err, remedy(err))
	}
	for _, f := range p.fronts {
		what := fmt.Sprintf("%s: open socket of endpoint %q", f.socket.pos, f.socket.listeners[0].Name)
		if err := listen(f.socket.address, what); err != nil {
			return nil, err
		}
	}
	if p.admin != nil {
		if err := listen(p.adminAddr, "open admin address (admin.address, VIADUCT_ADMIN_ADDRESS)"); err != nil {
			return nil, err
		}
	}
	return listeners, nil
}

// remedy says what to do where a socket cannot be opened.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "; another process listens there: end it, or name another address"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine does not have that address: name one that it has under sockets in viaduct.yaml"
	case errors.Is(err, syscall.EACCES):
		return "; this user may not listen there: use a port from 1024 up, or grant the right"
	default:
		return ""
	}
}

// shutdown lets what is in progress end: clients first, then accepted messages,
// then connections to destinations, and the admin address last.
func (p *Program) shutdown(ctx context.Context) error {
	p.enter(errDraining)
	ctx, cancel := context.WithTimeout(ctx, p.drain)
	defer cancel()
	p.log.Info("draining", "longest", p.drain)
	cut := make([]error, len(p.fronts))
	var wait sync.WaitGroup
	for i, f := range p.fronts {
		wait.Go(func() {
			if err := f.Shutdown(ctx); err != nil {
				cut[i] = errors.Join(fmt.Errorf("%s: exchanges cut after %s: %w", f.socket.address, p.drain, err), f.Close())
			}
		})
	}
	wait.Wait()
	errs := cut
	if err := p.host.Drain(ctx); err != nil {
		errs = append(errs, fmt.Errorf("accepted messages given up after %s: %w", p.drain, err))
	}
	closePools(ctx, p.pools)
	if p.admin != nil {
		if err := p.admin.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("admin requests cut after %s: %w", p.drain, err))
		}
	}
	return errors.Join(errs...)
}
