package assemble

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// Changes is what a reload did.
type Changes struct {
	Number         int      // of the configuration now in force
	Opened, Closed []string // sockets
	Notices        []Notice
	Restart        []string // settings that changed and that only a restart puts in force
}

// ErrNotServing is returned for a reload before all sockets are open or while
// the program drains: try again, or start the program anew.
var ErrNotServing = errors.New("the program is not serving")

// Reload puts another configuration in force (design D6). It is built whole and
// swapped once: an error changes nothing. Messages in progress keep what they
// began with; connections, throttles and sockets that both configurations have
// stay as they are.
func (p *Program) Reload(ctx context.Context, f *configs.File, s *settings.Settings) (*Changes, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started == nil {
		return nil, ErrNotServing
	}
	now := p.current.Load()
	b, err := build(f, s, p.options, p)
	if err != nil {
		return nil, err
	}
	next := b.generation()
	next.number = now.number + 1
	out := &Changes{Number: next.number, Notices: next.notices, Restart: fixed(now.settings, b.settings)}
	added := b.fronts(now, next, out)
	if err := next.openFiles(); err != nil {
		return nil, err
	}
	listeners, err := p.open(ctx, next, added, false)
	if err != nil {
		next.closeFiles()
		return nil, err
	}
	p.bound(next, added, listeners)
	next.update.Commit()
	next.writeFiles()
	for _, f := range next.fronts {
		if was, kept := now.at(f.socket); kept && was.socket.policy != f.socket.policy {
			f.RenewTLS(f.socket.tls)
		}
	}
	p.metrics.Relax(b.insecure)
	p.current.Store(next)
	p.host.Swap(next.snapshot)
	for i, f := range added {
		p.started(f, listeners[i])
	}
	now.endProbes()
	p.probe(next)
	p.leaveFiles(now)
	p.leave(now, next, out)
	return out, nil
}

// ReloadFiles reads the files of the configuration again and puts them in force.
// The log says what became of it.
func (p *Program) ReloadFiles(ctx context.Context) (*Changes, error) {
	if p.options.Load == nil {
		return nil, errors.New("this program was not made from files")
	}
	f, s, err := p.options.Load()
	if err == nil {
		var done *Changes
		if done, err = p.Reload(ctx, f, s); err == nil {
			p.log.Info("reloaded", "configuration", done.Number, "opened", done.Opened, "closed", done.Closed)
			for _, name := range done.Restart {
				p.log.Warn("takes effect after a restart", "setting", name)
			}
			p.failures.taken()
			return done, nil
		}
	}
	p.metrics.ReloadFailed()
	p.failures.refused(err)
	p.log.Error("reload refused; nothing has changed", "err", err)
	return nil, err
}

// failures are the reloads that were refused.
type failures struct {
	mu   sync.Mutex // guards the rest
	sum  int
	last *admin.ReloadFailed // nil when there was none, or one was taken since
}

func (f *failures) taken() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = nil
}

func (f *failures) refused(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum++
	f.last = &admin.ReloadFailed{Time: time.Now(), Errors: admin.Lines(err)}
}

// refused tells of the reloads that changed nothing.
func (p *Program) refused() admin.Reloads {
	p.failures.mu.Lock()
	defer p.failures.mu.Unlock()
	return admin.Reloads{Refused: p.failures.sum, Last: p.failures.last}
}

// fronts keeps the sockets that are open already, and gives those that are not.
func (b *builder) fronts(now, next *generation, out *Changes) (added []front) {
	for _, s := range b.sockets {
		f, ok := now.at(s)
		if !ok {
			f = b.front(s)
			added = append(added, f)
			out.Opened = append(out.Opened, s.scheme+"://"+s.address)
		} else {
			if f.socket.port != s.port || f.socket.headTime() != s.headTime() || f.socket.idleTime() != s.idleTime() {
				out.Restart = append(out.Restart, "port and timeouts of socket "+s.address)
			}
			f = front{f.Front, s}
		}
		next.fronts = append(next.fronts, f)
	}
	return added
}

func (g *generation) at(s *socket) (front, bool) {
	for _, f := range g.fronts {
		if f.socket.address == s.address && f.socket.scheme == s.scheme {
			return f, true
		}
	}
	return front{}, false
}

// leave ends what the configuration in force has no more. Messages that began
// before may still need the connections.
func (p *Program) leave(old, next *generation, out *Changes) {
	for _, f := range old.fronts {
		if _, kept := next.at(f.socket); kept {
			continue
		}
		out.Closed = append(out.Closed, f.socket.scheme+"://"+f.socket.address)
		p.retire(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, old.drain)
			defer cancel()
			if err := f.end(ctx, old.drain); err != nil {
				p.log.Warn("socket closed", "address", f.socket.address, "err", err)
			}
		})
	}
	gone := map[poolKey]*http1.Pool{}
	for k, pool := range old.pools {
		if next.pools[k] != pool {
			gone[k] = pool
		}
	}
	if len(gone) == 0 {
		return
	}
	p.retire(func(ctx context.Context) {
		grace := time.NewTimer(old.drain)
		defer grace.Stop()
		select {
		case <-grace.C:
		case <-p.draining:
		}
		ctx, cancel := context.WithCancel(ctx)
		closed := make(chan struct{})
		go func() {
			defer cancel()
			p.afterDraining(closed, old.drain)
		}()
		closePools(ctx, gone)
		close(closed)
		<-ctx.Done()
	})
}

// afterDraining returns when done is closed, or a time after the program has
// begun to drain.
func (p *Program) afterDraining(done <-chan struct{}, d time.Duration) {
	select {
	case <-done:
		return
	case <-p.draining:
	}
	end := time.NewTimer(d)
	defer end.Stop()
	select {
	case <-done:
	case <-end.C:
	}
}

// fixed names the settings of the process that differ: they are in force from
// the start to the end.
func fixed(now, next *settings.Settings) []string {
	var names []string
	note := func(name string, differs bool) {
		if differs {
			names = append(names, name)
		}
	}
	note("admin.address", now.Admin.Address.Get() != next.Admin.Address.Get())
	note("limits.messageMemory", now.Limits.MessageMemory.Get() != next.Limits.MessageMemory.Get())
	note("limits.spool", now.Limits.Spool.Get() != next.Limits.Spool.Get())
	note("limits.spoolDir", now.Limits.SpoolDir.Get() != next.Limits.SpoolDir.Get())
	note("limits.connections", now.Limits.Connections.Get() != next.Limits.Connections.Get())
	note("limits.connectionsPerAddress", now.Limits.ConnectionsPerAddress.Get() != next.Limits.ConnectionsPerAddress.Get())
	note("http.minRate", now.HTTP.MinRate.Get() != next.HTTP.MinRate.Get())
	note("http.minRateAfter", now.HTTP.MinRateAfter.Get() != next.HTTP.MinRateAfter.Get())
	note("errors.disclose", now.Errors.Disclose.Get() != next.Errors.Disclose.Get())
	note("log.level", now.Log.Level.Get() != next.Log.Level.Get())
	note("log.format", now.Log.Format.Get() != next.Log.Format.Get())
	note("log.access", now.Log.Access.Get() != next.Log.Access.Get())
	note("http.closeAfterChunked", closeAfterChunked(now) != closeAfterChunked(next))
	note("admin.decisions", now.Admin.Decisions.Get() != next.Admin.Decisions.Get())
	return names
}

// throttle returns the throttle of a service: the one that its messages already
// hold places of, where the limit is the same.
func (b *builder) throttle(c *configs.Service, calls int, wait time.Duration) *hosting.Throttle {
	key := fmt.Sprintf("%s\x00%d\x00%d", c.Name.Peek(), calls, wait)
	t := b.throttles[key]
	if t == nil && b.prior != nil {
		t = b.prior.current.Load().throttles[key]
	}
	if t == nil {
		t = hosting.NewThrottle(calls, wait)
	}
	b.throttles[key] = t
	return t
}

// shared returns a pool that the configuration in force has.
func (b *builder) shared(k poolKey) *http1.Pool {
	if b.prior == nil {
		return nil
	}
	return b.prior.current.Load().pools[k]
}
