package assemble

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Program is a configuration ready to run. It runs once, and takes other
// configurations while it runs.
type Program struct {
	options   Options
	log       *slog.Logger
	metrics   *admin.Metrics
	budget    *buf.Budget
	host      *hosting.Host
	registry  *upstream.Registry
	callbacks *callbacks
	admin     *admin.Server
	adminAddr string
	state     atomic.Pointer[error]
	began     time.Time
	decided   *admin.Decisions
	failures  failures

	current  atomic.Pointer[generation]
	draining chan struct{} // closed when the program drains

	mu      sync.Mutex // one reload at a time; guards the rest
	started func(front, net.Listener)
	retire  func(func(context.Context))
}

// generation is what a configuration in force is made of.
type generation struct {
	number    int
	file      *configs.File
	settings  *settings.Settings
	snapshot  *hosting.Snapshot
	pools     map[poolKey]*http1.Pool
	throttles map[string]*hosting.Throttle
	windows   map[string]*addressing.Window
	uniques   map[string]string
	endpoints []admin.Endpoint
	operated
	endProbes context.CancelFunc  // of the probers
	files     map[string]*os.File // of differences, by name; open while in force
	fronts    []front
	notices   []Notice
	drain     time.Duration // how long messages in progress may take to end
	opening   time.Duration // how long the opening of sockets may take
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

// program makes the first generation's program.
func (b *builder) program() *Program {
	p := &Program{
		options: b.options, log: b.options.Log, metrics: b.metrics, budget: b.budget, host: b.host, registry: b.registry, callbacks: b.callbacks,
		draining: make(chan struct{}), began: time.Now(), decided: b.decided,
	}
	p.enter(errOpening)
	g := b.generation()
	g.number = 1
	for _, s := range b.sockets {
		g.fronts = append(g.fronts, b.front(s))
	}
	p.current.Store(g)
	g.update.Commit()
	p.figures()
	p.operating()
	b.console(p)
	return p
}

func (b *builder) generation() *generation {
	g := &generation{
		file: b.file, settings: b.settings, snapshot: b.snapshot, pools: b.pools, throttles: b.throttles, windows: b.windows, uniques: b.uniques, operated: b.operated,
		notices: b.notices, drain: b.closeTimeout, opening: b.openTimeout,
	}
	if !b.options.NoAdmin {
		g.endpoints = b.endpoints()
	}
	if g.drain == 0 {
		g.drain = 10 * time.Second // WCF's default of host/timeouts closeTimeout
	}
	return g
}

// front makes what serves a socket. It opens nothing.
func (b *builder) front(s *socket) front {
	f := httpchan.NewFront(b.host, httpchan.FrontOptions{
		TLS: s.tls, Port: s.port, Log: b.options.Log, HeadTimeout: s.headTime(), IdleTimeout: s.idleTime(),
		MinRate: minRate(b.settings.HTTP.MinRate.Get()), Grace: max(b.settings.HTTP.MinRateAfter.Get(), 1),
		MaxConnections: b.connections(), MaxPerAddress: int(b.settings.Limits.ConnectionsPerAddress.Get()),
		CloseAfterChunked: closeAfterChunked(b.settings),
		HideReason:        b.settings.Errors.Disclose.Get() == "none",
		Refused:           b.metrics.Refused,
	})
	return front{f, s}
}

// closeAfterChunked is http.closeAfterChunked: behind a hop that may share its
// connections among clients, unless it is told.
func closeAfterChunked(s *settings.Settings) bool {
	switch s.HTTP.CloseAfterChunked.Get() {
	case "always":
		return true
	case "never":
		return false
	default:
		return len(s.TrustedProxies) > 0
	}
}

// console makes the admin server.
func (b *builder) console(p *Program) {
	address := b.settings.Admin.Address.Get()
	if b.options.NoAdmin || address == "" {
		return
	}
	host, _, _ := net.SplitHostPort(address) // the settings have checked it
	a, err := netip.ParseAddr(host)
	p.adminAddr = address
	p.admin = admin.New(admin.Options{
		Ready: p.Ready, Metrics: b.metrics, Hosts: []string{host},
		AnyAddress: host == "" || err == nil && !a.IsLoopback(),
		Console:    console{p}, Decisions: b.decided, Token: b.token(),
	})
}

// figures registers what is counted elsewhere. Those of pools are sums: there
// may be many targets.
func (p *Program) figures() {
	sum := func(f func(http1.Stats) int64) func() float64 {
		return func() float64 {
			n := int64(0)
			for _, pool := range p.current.Load().pools {
				n += f(pool.Stats())
			}
			return float64(n)
		}
	}
	m := p.metrics
	m.Gauges("viaduct_connections", "Open connections of a socket.", "socket", func(each func(string, float64)) {
		for _, f := range p.current.Load().fronts {
			each(f.socket.address, float64(f.Connections()))
		}
	})
	m.Gauge("viaduct_configuration", "Number of the configuration in force; each reload that was taken adds one.", nil,
		func() float64 { return float64(p.current.Load().number) })
	m.Gauge("viaduct_upstream_connections", "Open connections to destinations.", nil, sum(func(s http1.Stats) int64 { return int64(s.Open) }))
	m.Counter("viaduct_upstream_dialed_total", "Connections opened to destinations.", sum(func(s http1.Stats) int64 { return s.Dialed }))
	m.Counter("viaduct_upstream_poisoned_total", "Connections dropped for octets behind an answer.", sum(func(s http1.Stats) int64 { return s.Poisoned }))
	m.Gauge("viaduct_message_memory_octets", "Octets that messages hold.", nil, func() float64 { return float64(p.budget.Held()) })
	m.Gauge("viaduct_oneway_pending", "One-way messages that were accepted and are not delivered yet.", nil, func() float64 { return float64(p.host.Pending()) })
	if dropped := p.options.LogDropped; dropped != nil {
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
func (p *Program) Notices() []Notice { return p.current.Load().notices }

// Binding returns the binding of the listener that a request to via meets, nil
// where there is none.
func (p *Program) Binding(via uritable.URI) *binding.Binding {
	if l := p.host.Listener(via); l != nil {
		return l.Binding
	}
	return nil
}

// Addresses are the sockets and the admin address.
func (p *Program) Addresses() []string {
	fronts := p.current.Load().fronts
	out := make([]string, 0, len(fronts)+1)
	for _, f := range fronts {
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
	now := p.current.Load()
	listeners, err := p.open(ctx, now, now.fronts, true)
	if err != nil {
		return err
	}
	if err := now.openFiles(); err != nil {
		closeAll(listeners)
		return err
	}
	now.writeFiles()
	p.bound(now, now.fronts, listeners)
	g, serving := errgroup.WithContext(ctx)
	lasting := context.WithoutCancel(ctx)
	p.mu.Lock()
	p.started = func(f front, l net.Listener) { g.Go(func() error { return f.Serve(lasting, l) }) }
	p.retire = func(old func(context.Context)) { g.Go(func() error { old(lasting); return nil }) }
	for i, f := range now.fronts {
		p.started(f, listeners[i])
	}
	if p.admin != nil {
		g.Go(func() error { return p.admin.Serve(listeners[len(now.fronts)]) })
	}
	p.probe(now)
	g.Go(func() error {
		<-serving.Done() // ctx has ended, or a socket has failed
		return p.shutdown(lasting)
	})
	p.enter(nil)
	p.mu.Unlock()
	ready()
	return g.Wait()
}

// open opens the sockets of fronts, and the admin address when asked: all or
// none.
func (p *Program) open(ctx context.Context, now *generation, fronts []front, withAdmin bool) ([]net.Listener, error) {
	if now.opening > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, now.opening)
		defer cancel()
	}
	var listeners []net.Listener
	network := p.options.Listen
	if network == nil {
		network = (&net.ListenConfig{}).Listen
	}
	listen := func(address, what string) error {
		l, err := network(ctx, "tcp", address)
		if err == nil {
			listeners = append(listeners, l)
			return nil
		}
		closeAll(listeners)
		return fmt.Errorf("%s: %w%s", what, err, remedy(err))
	}
	for _, f := range fronts {
		what := fmt.Sprintf("%s: open socket of endpoint %q", f.socket.pos, f.socket.listeners[0].Name)
		if err := listen(f.socket.address, what); err != nil {
			return nil, err
		}
	}
	if withAdmin && p.admin != nil {
		if err := listen(p.adminAddr, "open admin address (admin.address, VIADUCT_ADMIN_ADDRESS)"); err != nil {
			return nil, err
		}
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close() // nothing was served on it
	}
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
	p.mu.Lock() // a reload in progress comes first
	now := p.current.Load()
	p.started, p.retire = nil, nil
	close(p.draining)
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, now.drain)
	defer cancel()
	p.log.Info("draining", "longest", now.drain)
	cut := make([]error, len(now.fronts))
	var wait sync.WaitGroup
	for i, f := range now.fronts {
		wait.Go(func() { cut[i] = f.end(ctx, now.drain) })
	}
	wait.Wait()
	errs := cut
	if err := p.host.Drain(ctx); err != nil {
		errs = append(errs, fmt.Errorf("accepted messages given up after %s: %w", now.drain, err))
	}
	now.endProbes()
	now.closeFiles()
	closePools(ctx, now.pools)
	if p.admin != nil {
		if err := p.admin.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("admin requests cut after %s: %w", now.drain, err))
		}
	}
	return errors.Join(errs...)
}

// end lets the exchanges of a socket end, and cuts those that do not in time.
func (f front) end(ctx context.Context, longest time.Duration) error {
	if err := f.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("%s: exchanges cut after %s: %w", f.socket.address, longest, err), f.Close())
	}
	return nil
}
