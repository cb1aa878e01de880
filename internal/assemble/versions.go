package assemble

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// entrance is an endpoint of a service as the check of versions sees it.
type entrance struct {
	name    string
	pos     source.Pos
	version soap.Version
	// handedOn says that message security of its messages passes through.
	handedOn bool
	// certain is the highest priority at which some entry takes every message of
	// the endpoint: what stands below gets none of them.
	certain int
}

// line is a line of a table and the route made of it.
type line struct {
	entry *configs.TableEntry
	route *routing.Route
}

// bridged refuses routes between message versions that cannot be bridged
// (docs/decisions/007). Only pairs that can meet count: an EndpointName filter
// keeps endpoints apart, and so does an entry of higher priority that takes all.
func (b *builder) bridged(c *configs.Service, lines []line) {
	if b.oneVersion(c, lines) {
		return
	}
	from := b.entrances(c, lines)
	for _, l := range lines {
		for _, d := range l.route.Destinations {
			for _, leaf := range leaves(d) {
				b.pairs(from, l, leaf)
			}
		}
	}
}

// pairs refuses the endpoints whose messages a line leads to a destination that
// they cannot be bridged for.
func (b *builder) pairs(from []entrance, l line, d *routing.Destination) {
	var wrong []string
	var why error
	for _, e := range from {
		if l.route.Priority < e.certain || !reaches(l.entry.Filter, e.name) {
			continue
		}
		if err := bridges(e, d); err != nil {
			wrong = append(wrong, fmt.Sprintf("%q (%s, %s)", e.name, e.pos, e.version))
			why = err
		}
	}
	if len(wrong) > 0 {
		b.fail(&configs.Error{Pos: l.entry.Pos(), Path: l.entry.Path(), Text: fmt.Sprintf(
			"filter %q sends messages of endpoint %s to endpoint %q (%s, %s): %v, or keep them apart with an EndpointName filter, joined to this one by And",
			l.route.Filter, strings.Join(wrong, ", "), d.Name, d.Pos, d.Binding.Version, why)})
	}
}

// errHandedOn is why message security keeps versions apart.
var errHandedOn = errors.New("message security passes through, and it signs what another version would change; give both sides one version")

// bridges returns why messages of an endpoint cannot be sent to a destination.
func bridges(e entrance, d *routing.Destination) error {
	if e.handedOn && e.version != d.Binding.Version {
		return errHandedOn
	}
	return d.Bridges(e.version)
}

// leaves are the destinations that messages for d are sent to: its members, and
// those that get copies.
func leaves(d *routing.Destination) []*routing.Destination {
	list := d.Members
	if d.Group == nil {
		list = []*routing.Destination{d}
	}
	list = slices.Clone(list)
	for _, x := range append(slices.Clone(list), d) {
		if m := x.Mirror; m != nil {
			to := m.To.Members
			if m.To.Group == nil {
				to = []*routing.Destination{m.To}
			}
			list = union(list, to)
		}
	}
	return list
}

// oneVersion reports whether all that a service takes and sends has the same
// version, which is the usual case, and quickly seen.
func (b *builder) oneVersion(c *configs.Service, lines []line) bool {
	versions := map[soap.Version]bool{}
	for _, e := range c.Endpoints {
		if b.left(e) || !e.Binding.Served() {
			continue
		}
		if bind, err := b.binding(e.Binding, listening); err == nil {
			versions[bind.Version] = true
		}
	}
	for _, l := range lines {
		for _, d := range l.route.Destinations {
			for _, leaf := range leaves(d) {
				versions[leaf.Binding.Version] = true
			}
		}
	}
	return len(versions) < 2
}

// entrances are the endpoints of a service that are served.
func (b *builder) entrances(c *configs.Service, lines []line) []entrance {
	var list []entrance
	for _, e := range c.Endpoints {
		if b.left(e) || !e.Binding.Served() {
			continue
		}
		bind, err := b.binding(e.Binding, listening)
		if err != nil {
			continue // the endpoint itself fails with it
		}
		x := entrance{e.EffectiveName(), e.Pos(), bind.Version, passes(e.Binding), math.MinInt}
		for _, l := range lines {
			if takesAll(l.entry.Filter, x.name) {
				x.certain = max(x.certain, l.route.Priority)
			}
		}
		list = append(list, x)
	}
	return list
}

// reaches reports whether a filter can match a message of the endpoint.
func reaches(f *configs.Filter, name string) bool {
	switch f.Type.Peek() {
	case "EndpointName":
		return f.Data.Peek() == name
	case "And":
		return reaches(f.And[0], name) && reaches(f.And[1], name)
	default:
		return true
	}
}

// takesAll reports whether a filter matches every message of the endpoint.
func takesAll(f *configs.Filter, name string) bool {
	switch f.Type.Peek() {
	case "MatchAll":
		return true
	case "EndpointName":
		return f.Data.Peek() == name
	case "And":
		return takesAll(f.And[0], name) && takesAll(f.And[1], name)
	default:
		return false
	}
}
