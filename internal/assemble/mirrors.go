package assemble

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/internal/infoset"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/routing"
)

// mirrored is a client endpoint whose messages are copied. Its results outlive
// configurations.
type mirrored struct {
	to      string // client endpoint
	results *routing.MirrorResults
	file    settings.Value[string] // of differences; "" = none
}

// keptDifferences is how many differences of one endpoint the page lists.
const keptDifferences = 100

// mirror builds what copies the messages of t (endpoints[].mirror).
func (b *builder) mirror(t *target, processing bool) (*routing.Mirror, error) {
	set := t.set.Mirror
	if t.handedOn {
		return nil, spreads(set.Pos, "mirror", t.name)
	}
	c, err := b.client(set.To, "endpoints[].mirror.to")
	if err != nil {
		return nil, err
	}
	to, err := b.destination(c, processing)
	if err != nil {
		return nil, err
	}
	m := routing.Mirror{To: to, Compare: set.Compare.Get(), Most: int(set.Most.Get()), Detach: b.host.Detach}
	for _, text := range set.Ignore {
		path, err := infoset.ParsePath(text.Get())
		if err != nil {
			return nil, &settings.Error{Pos: text.Pos, Path: "endpoints[].mirror.ignore[]", Text: err.Error()}
		}
		m.Ignore = append(m.Ignore, path)
	}
	m.Results = b.mirrorResults(t.name)
	b.mirrors[t.name] = &mirrored{to: to.Name, results: m.Results, file: set.File}
	return routing.NewMirror(m), nil
}

// mirrorResults are what is known of the copies of an endpoint.
func (b *builder) mirrorResults(name string) *routing.MirrorResults {
	if m := b.mirrors[name]; m != nil {
		return m.results
	}
	if b.prior != nil {
		if m := b.prior.current.Load().mirrors[name]; m != nil {
			return m.results
		}
	}
	return routing.NewMirrorResults(keptDifferences)
}

// openFiles opens the files of differences: all or none. A file is opened anew
// with each configuration, so that one that was moved away is begun again.
func (g *generation) openFiles() error {
	for _, m := range g.mirrors {
		name := m.file.Get()
		if _, open := g.files[name]; open || name == "" {
			continue
		}
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) // it quotes messages
		if err != nil {
			g.closeFiles()
			return &settings.Error{Pos: m.file.Pos, Path: "endpoints[].mirror.file", Text: err.Error()}
		}
		if g.files == nil {
			g.files = map[string]*os.File{}
		}
		g.files[name] = f
	}
	return nil
}

// writeFiles has the differences written to the files of the configuration.
func (g *generation) writeFiles() {
	lines := map[string]*routing.JSONLines{}
	for name, f := range g.files {
		lines[name] = routing.NewJSONLines(f)
	}
	for _, m := range g.mirrors {
		if w := lines[m.file.Get()]; w != nil {
			m.results.SetWriter(w)
		} else {
			m.results.SetWriter(nil)
		}
	}
}

func (g *generation) closeFiles() {
	for _, f := range g.files {
		_ = f.Close() // each line was written at once
	}
	g.files = nil
}

// leaveFiles closes the files of a configuration that is gone, once copies that
// began before have had their time.
func (p *Program) leaveFiles(old *generation) {
	if len(old.files) == 0 {
		return
	}
	p.retire(func(context.Context) {
		grace := time.NewTimer(old.drain)
		defer grace.Stop()
		select {
		case <-grace.C:
		case <-p.draining:
		}
		old.closeFiles()
	})
}

// Differences returns the last differences that mirrors have found, the newest
// first.
func (p *Program) Differences() []routing.Difference {
	var all []routing.Difference
	for _, m := range p.current.Load().mirrors {
		all = append(all, m.results.Last()...)
	}
	slices.SortStableFunc(all, func(a, b routing.Difference) int { return b.Time.Compare(a.Time) })
	return all
}

// MirrorStatus is what came of the copies of one endpoint's messages.
type MirrorStatus struct {
	Endpoint, To string // client endpoints: which answers, and which gets the copies
	routing.MirrorCounts
}

// Mirrors returns the status of each mirror, in the order of names.
func (p *Program) Mirrors() []MirrorStatus {
	var all []MirrorStatus
	for name, m := range p.current.Load().mirrors {
		all = append(all, MirrorStatus{name, m.to, m.results.Counts()})
	}
	slices.SortFunc(all, func(a, b MirrorStatus) int { return strings.Compare(a.Endpoint, b.Endpoint) })
	return all
}
