package assemble

import (
	"fmt"
	"math"
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
	// certain is the highest priority at which some entry takes every message of
	// the endpoint: what stands below gets none of them.
	certain int
}

// line is a line of a table and the route made of it.
type line struct {
	entry *configs.TableEntry
	route *routing.Route
}

// bridged refuses routes that would have to translate between message versions
// (docs/decisions/005). Only pairs that can meet count: an EndpointName filter
// keeps endpoints apart, and so does an entry of higher priority that takes all.
func (b *builder) bridged(c *configs.Service, lines []line) {
	if b.oneVersion(c, lines) {
		return
	}
	from := b.entrances(c, lines)
	for _, l := range lines {
		for _, d := range l.route.Destinations {
			var wrong []string
			for _, e := range from {
				if e.version != d.Binding.Version && l.route.Priority >= e.certain && reaches(l.entry.Filter, e.name) {
					wrong = append(wrong, fmt.Sprintf("%q (%s, %s)", e.name, e.pos, e.version))
				}
			}
			if len(wrong) == 0 {
				continue
			}
			b.fail(&configs.Error{Pos: l.entry.Pos(), Path: l.entry.Path(), Text: fmt.Sprintf(
				"filter %q sends messages of endpoint %s to endpoint %q (%s, %s), and message versions are not converted yet: "+
					"give both one binding, or keep them apart with an EndpointName filter, joined to this one by And",
				l.route.Filter, strings.Join(wrong, ", "), d.Name, d.Pos, d.Binding.Version)})
		}
	}
}

// oneVersion reports whether all that a service takes and sends has the same
// version, which is the usual case, and quickly seen.
func (b *builder) oneVersion(c *configs.Service, lines []line) bool {
	versions := map[soap.Version]bool{}
	for _, e := range c.Endpoints {
		if e.LeftOut() || !e.Binding.Served() {
			continue
		}
		if bind, err := b.binding(e.Binding, listening); err == nil {
			versions[bind.Version] = true
		}
	}
	for _, l := range lines {
		for _, d := range l.route.Destinations {
			versions[d.Binding.Version] = true
		}
	}
	return len(versions) < 2
}

// entrances are the endpoints of a service that are served.
func (b *builder) entrances(c *configs.Service, lines []line) []entrance {
	var list []entrance
	for _, e := range c.Endpoints {
		if e.LeftOut() || !e.Binding.Served() {
			continue
		}
		bind, err := b.binding(e.Binding, listening)
		if err != nil {
			continue // the endpoint itself fails with it
		}
		x := entrance{e.EffectiveName(), e.Pos(), bind.Version, math.MinInt}
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
