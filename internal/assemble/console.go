package assemble

import (
	"context"
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/admin"
)

// console shows a program on the admin address, and changes it.
type console struct{ p *Program }

var _ admin.Console = console{}

// Status implements [admin.Console].
func (c console) Status() admin.Status {
	g := c.p.current.Load()
	s := admin.Status{
		Version: c.p.options.Version, Configuration: g.number, File: g.file.Name, Settings: g.settings.Name, Started: c.p.began,
		Endpoints: g.endpoints, Notices: shownNotices(g.notices), Reloads: c.p.refused(),
	}
	for _, f := range g.fronts {
		s.Sockets = append(s.Sockets, admin.Socket{Address: f.socket.scheme + "://" + f.socket.address, Connections: f.Connections()})
	}
	for _, m := range c.p.Mirrors() {
		s.Mirrors = append(s.Mirrors, admin.Mirror{
			Endpoint: m.Endpoint, To: m.To, InProgress: m.InProgress, Copied: m.Copied, Failed: m.Failed,
			Same: m.Same, Different: m.Different, Uncompared: m.Uncompared, Dropped: m.Dropped, Lost: m.Lost,
		})
	}
	return s
}

func shownNotices(list []Notice) []admin.Notice {
	out := make([]admin.Notice, len(list))
	for i, n := range list {
		out[i] = admin.Notice{At: n.Pos.String(), Text: n.Text}
	}
	return out
}

// endpoints tells what stands for each endpoint that is served.
func (b *builder) endpoints() []admin.Endpoint {
	var out []admin.Endpoint
	for _, svc := range b.file.Services {
		r := b.report(svc)
		for _, e := range r.Endpoints {
			if e.Outcome == Runs {
				out = append(out, admin.Endpoint{
					Service: r.Name, Name: e.Name, Address: e.Address, Binding: e.Binding, Contract: e.Contract, As: r.As, At: e.Pos.String(),
				})
			}
		}
	}
	return out
}

// Backends implements [admin.Console].
func (c console) Backends() []admin.Backend {
	list := c.p.Backends()
	out := make([]admin.Backend, len(list))
	for i, s := range list {
		out[i] = admin.Backend{
			Name: s.Name, Address: c.p.BackendAddress(s.Name), State: s.State.String(), Takes: s.Takes, Weight: s.Weight, Manual: s.Manual,
			Progress: s.Progress, Waiting: s.Waiting, Limit: s.Limit, Circuit: s.Circuit.String(), Opened: s.Opened, Ejected: s.Ejected,
			Healthy: s.Healthy, Problem: s.Problem, Answered: s.Counts.Answered, Failed: s.Counts.Failed, Refused: s.Counts.Refused,
			Ejections: s.Counts.Ejections, Openings: s.Counts.Openings,
		}
	}
	return out
}

// SetBackend implements [admin.Console].
func (c console) SetBackend(name string, change admin.BackendChange) error {
	if err := c.p.SetBackend(name, change.State, change.Weight); !errors.Is(err, ErrNoBackend) {
		return err
	}
	return admin.ErrNoBackend
}

// Reload implements [admin.Console].
func (c console) Reload(ctx context.Context) (admin.Changes, error) {
	done, err := c.p.ReloadFiles(ctx)
	if err != nil {
		return admin.Changes{}, err
	}
	return admin.Changes{Configuration: done.Number, Opened: done.Opened, Closed: done.Closed, Notices: shownNotices(done.Notices), Restart: done.Restart}, nil
}

// Differences implements [admin.Console].
func (c console) Differences() []admin.Difference {
	list := c.p.Differences()
	out := make([]admin.Difference, len(list))
	for i, d := range list {
		out[i] = admin.Difference{
			Time: d.Time, Endpoint: d.Endpoint, Mirror: d.Mirror, Action: d.Action, MessageID: d.MessageID,
			First: d.First, Second: d.Second, Problem: d.Problem,
		}
		for _, x := range d.Differences {
			out[i].Places = append(out[i].Places, admin.Place{Path: x.Path, Kind: fmt.Sprint(x.Kind), First: x.A, Second: x.B})
		}
	}
	return out
}

// token returns what a change on the admin address must show, nil for nothing
// can be changed.
func (b *builder) token() func() ([]byte, error) {
	ref := b.settings.Admin.Token.Get()
	if ref.IsZero() {
		return nil
	}
	return func() ([]byte, error) {
		s, err := ref.Load()
		return s.Reveal(), err
	}
}
