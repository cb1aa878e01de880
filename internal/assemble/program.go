package assemble

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
)

// drainTime is how long messages in progress may take to end after SIGTERM when
// no service says more (host/timeouts, closeTimeout: 10 s is WCF's default).
const drainTime = 10 * time.Second

// Program is a configuration ready to run.
type Program struct {
	log       *slog.Logger
	host      *hosting.Host
	budget    *buf.Budget
	pools     map[poolKey]*http1.Pool
	fronts    []front
	admin     *admin.Server
	adminAddr string
	notices   []Notice
	drain     time.Duration
}

// front is a socket and what serves it.
type front struct {
	*httpchan.Front
	socket *socket
}

func (b *builder) program() (*Program, error) {
	p := &Program{
		log: b.options.Log, host: b.host, budget: b.budget, pools: b.pools, notices: b.notices, drain: b.drainTime(),
	}
	for _, s := range b.sockets {
		f := httpchan.NewFront(b.host, httpchan.FrontOptions{
			TLS: s.tls, Port: s.port, Log: b.options.Log,
			MinRate: minRate(b.settings.HTTP.MinRate.Get()), Grace: b.settings.HTTP.MinRateAfter.Get(),
			MaxConnections: b.connections(), MaxPerAddress: int(b.settings.Limits.ConnectionsPerAddress.Get()),
			HideReason: b.settings.Errors.Disclose.Get() == "none",
			Refused:    b.metrics.Refused,
		})
		b.metrics.Gauge("viaduct_connections", "Open connections of a socket.", map[string]string{"socket": s.address},
			func() float64 { return float64(f.Connections()) })
		p.fronts = append(p.fronts, front{f, s})
	}
	b.metrics.Gauge("viaduct_message_memory_octets", "Octets that messages hold.", nil, func() float64 { return float64(b.budget.Held()) })
	b.poolMetrics()
	if !b.options.NoAdmin && b.settings.Admin.Address.Get() != "" {
		p.adminAddr = b.settings.Admin.Address.Get()
		p.admin = admin.New(admin.Options{Ready: func() error { return nil }, Metrics: b.metrics})
	}
	return p, nil
}

// poolMetrics sums the counters of all pools: there may be many targets.
func (b *builder) poolMetrics() {
	sum := func(f func(http1.Stats) int64) func() float64 {
		return func() float64 {
			n := int64(0)
			for _, p := range b.pools {
				n += f(p.Stats())
			}
			return float64(n)
		}
	}
	b.metrics.Gauge("viaduct_upstream_connections", "Open connections to destinations.", nil, sum(func(s http1.Stats) int64 { return int64(s.Open) }))
	b.metrics.Gauge("viaduct_upstream_dialed_total", "Connections opened to destinations.", nil, sum(func(s http1.Stats) int64 { return s.Dialed }))
	b.metrics.Gauge("viaduct_upstream_poisoned_total", "Connections dropped for octets behind an answer.", nil, sum(func(s http1.Stats) int64 { return s.Poisoned }))
}

// minRate turns the setting, where 0 means off, into the option.
func minRate(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// drainTime is the longest closeTimeout of the services.
func (b *builder) drainTime() time.Duration {
	longest := time.Duration(0)
	for _, s := range b.file.Services {
		longest = max(longest, s.CloseTimeout.Get())
	}
	if longest == 0 {
		return drainTime
	}
	return longest
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
// It opens all or none.
func (p *Program) Run(ctx context.Context, ready func()) error {
	listeners, err := p.open(ctx)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	g, serving := errgroup.WithContext(serving)
	for i, f := range p.fronts {
		g.Go(func() error { return f.Serve(context.WithoutCancel(ctx), listeners[i]) })
	}
	if p.admin != nil {
		g.Go(func() error { return p.admin.Serve(listeners[len(p.fronts)]) })
	}
	g.Go(func() error {
		<-serving.Done()
		return p.shutdown(context.WithoutCancel(ctx))
	})
	ready()
	return g.Wait()
}

func (p *Program) open(ctx context.Context) ([]net.Listener, error) {
	addresses := make([]string, 0, len(p.fronts)+1)
	for _, f := range p.fronts {
		addresses = append(addresses, f.socket.address)
	}
	if p.admin != nil {
		addresses = append(addresses, p.adminAddr)
	}
	var listeners []net.Listener
	for _, a := range addresses {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", a)
		if err != nil {
			for _, open := range listeners {
				_ = open.Close() // nothing was served on it
			}
			return nil, fmt.Errorf("open socket: %w", err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// shutdown lets what is in progress end: clients first, then accepted messages,
// then connections to destinations, and the admin address last.
func (p *Program) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.drain)
	defer cancel()
	p.log.Info("draining", "longest", p.drain)
	var errs []error
	g := errgroup.Group{}
	for _, f := range p.fronts {
		g.Go(func() error {
			if err := f.Shutdown(ctx); err != nil {
				return errors.Join(fmt.Errorf("%s: exchanges cut after %s: %w", f.socket.address, p.drain, err), f.Close())
			}
			return nil
		})
	}
	errs = append(errs, g.Wait())
	if err := p.host.Drain(ctx); err != nil {
		errs = append(errs, fmt.Errorf("accepted messages given up after %s: %w", p.drain, err))
	}
	closePools(ctx, p.pools)
	if p.admin != nil {
		errs = append(errs, p.admin.Shutdown(ctx))
	}
	return errors.Join(errs...)
}
