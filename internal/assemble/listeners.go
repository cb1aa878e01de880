package assemble

import (
	"cmp"
	"slices"

	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Listener is a place where messages arrive.
type Listener struct {
	Name string // of its first endpoint
	Pos  source.Pos
	URI  uritable.URI // with everything below its path
	Mode uritable.Mode
}

// Listeners are the places where messages arrive, in the order of their URIs. An
// endpoint that listens under several names is there several times.
func (p *Program) Listeners() []Listener {
	entries := p.host.Listeners()
	out := make([]Listener, len(entries))
	for i, e := range entries {
		out[i] = Listener{Name: e.Value.Name, Pos: e.Value.Pos, URI: e.URI, Mode: e.Mode}
	}
	slices.SortFunc(out, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.URI.String(), b.URI.String()), cmp.Compare(a.Mode, b.Mode), a.Pos.Compare(b.Pos))
	})
	return out
}

// NearestListener is the listener whose URI differs least from via, with the
// first difference; false where there is none.
func (p *Program) NearestListener(via uritable.URI) (Listener, uritable.Difference, bool) {
	var found Listener
	var rule uritable.Comparison
	least := -1
	for _, l := range p.Listeners() {
		c := uritable.Comparison{FoldPath: true, Host: l.Mode == uritable.Exact}
		if d := c.Distance(l.URI, via); least < 0 || d < least {
			found, rule, least = l, c, d
		}
	}
	if least < 0 {
		return Listener{}, uritable.Difference{}, false
	}
	return found, rule.Diff(found.URI, via), true
}
