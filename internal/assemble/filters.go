package assemble

import (
	"errors"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// routes is a filter table with what messages need because of it.
type routes struct {
	filters *filter.Table[*routing.Route]
	options filter.Options
	replay  bool // some message may have to be read more than once
	reads   bool // the body decides, beside what the table itself reads
	pass    []string
	entries []filter.Entry[*routing.Route]
}

// table builds the filter table of the routing service c.
func (b *builder) table(c *configs.Service, r *configs.Routing) (*routes, error) {
	r.Table.Use()
	out := &routes{options: filter.Options{HeadersOnly: r.RouteOnHeadersOnly.Get(), Budget: b.filterBudget()}}
	var lines []line
	var errs []error
	for _, entry := range r.Table.Entries {
		route, err := b.entry(c, out, r, entry)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		lines = append(lines, line{entry, route})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	b.bridged(c, lines)
	b.secured(c, lines)
	return out.finish(r.Table.Error)
}

func (r *routes) finish(fail func(code, text string) *configs.Error) (*routes, error) {
	t, err := filter.NewRoutingTable(r.entries, r.options)
	if err != nil {
		var errs []error
		for _, one := range flatten(nil, err) {
			body, ok := errors.AsType[*filter.BodyError](one)
			wrong := fail("", one.Error())
			if ok {
				wrong.Pos, wrong.Code, wrong.Text = body.Pos, "routeOnHeadersOnly", body.Text()
			}
			errs = append(errs, wrong)
		}
		return nil, errors.Join(errs...)
	}
	r.filters = t
	if r.reads || t.ReadsBody() {
		r.reads, r.replay = true, true
	}
	return r, nil
}

// needs is what messages need because of the table: the structure of a body that
// decides is checked to its end, however little is checked of others (threats
// 3.2).
func (r *routes) needs(check soap.Check) soap.Needs {
	if r.reads {
		check = max(check, soap.CheckStructure)
	}
	return soap.Needs{Replay: r.replay, Check: check}
}

// handler routes by the table.
func (r *routes) handler() binding.Handler {
	s := routing.NewService(r.filters)
	if r.reads && !r.filters.ReadsBody() {
		return holding(s) // a table that reads bodies holds them itself
	}
	return s
}

// entry builds one line of a table. All that is wrong with it is reported.
func (b *builder) entry(c *configs.Service, out *routes, r *configs.Routing, entry *configs.TableEntry) (*routing.Route, error) {
	f, err := b.filter(c, entry.Filter)
	errs := []error{err}
	endpoints := []*configs.Endpoint{entry.Endpoint}
	if entry.Backup != nil {
		entry.Backup.Use()
		for _, e := range entry.Backup.Entries {
			e.Use()
			endpoints = append(endpoints, e.Endpoint)
		}
	}
	route := routing.Route{
		Filter: entry.Filter.Name.Get(), Priority: int(entry.Priority.Get()), Pos: entry.Pos(), Backups: entry.Backup != nil,
	}
	processing := r.SoapProcessingEnabled.Get()
	for _, e := range endpoints {
		d, err := b.destination(e, processing)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		route.Destinations = append(route.Destinations, d)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return b.add(out, f, route), nil
}

// add completes a route and adds it to a table.
func (b *builder) add(out *routes, f filter.Filter, route routing.Route) *routing.Route {
	done := routing.NewRoute(route)
	for _, d := range route.Destinations {
		out.pass = union(out.pass, d.Pass)
		b.hashes(out, d)
		if m := d.Mirror; m != nil {
			out.pass = union(out.pass, m.To.Pass)
			b.hashes(out, m.To)
		}
	}
	out.replay = out.replay || done.Replays()
	out.entries = append(out.entries, filter.Entry[*routing.Route]{
		Filter: f, Value: done, Priority: route.Priority, Name: route.Filter, Pos: route.Pos,
	})
	return done
}

// filter builds a filter of the routing service s (wcf-config 7).
func (b *builder) filter(s *configs.Service, c *configs.Filter) (filter.Filter, error) {
	data := c.Data.Get
	switch kind := c.Type.Get(); kind {
	case "MatchAll":
		return filter.MatchAll{}, nil
	case "Action":
		a := addressing.Action(data())
		b.known.Actions = append(b.known.Actions, a)
		return filter.NewAction(a)
	case "EndpointName":
		return filter.NewEndpointName(data()), nil
	case "EndpointAddress", "PrefixEndpointAddress":
		u, err := uritable.Parse(data())
		if err != nil {
			return nil, c.Data.Error("", fmt.Sprintf("filter %q: %v; write an absolute URI", c.Name.Peek(), err))
		}
		b.known.Addresses = append(b.known.Addresses, u)
		address, err := addressing.New(u)
		if err != nil {
			return nil, c.Data.Error("", err.Error())
		}
		if kind == "EndpointAddress" {
			return filter.NewEndpointAddress(address, filter.AddressOptions{})
		}
		return filter.NewPrefixEndpointAddress(address, filter.AddressOptions{})
	case "And":
		first, err := b.filter(s, c.And[0])
		if err != nil {
			return nil, err
		}
		second, err := b.filter(s, c.And[1])
		if err != nil {
			return nil, err
		}
		return filter.NewAnd(c.And[0].Name.Get(), first, c.And[1].Name.Get(), second), nil
	case "XPath":
		f, err := filter.NewXPath(data(), b.namespaces())
		if err != nil {
			return nil, c.Data.Error("filter-xpath", fmt.Sprintf("filter %q: %v", c.Name.Peek(), err))
		}
		return f, nil
	case "Custom":
		return b.custom(s, c)
	default:
		return nil, c.Type.Error("", fmt.Sprintf("filter %q: filterType %s is not served by this version", c.Name.Peek(), kind))
	}
}

// roundRobin is the class of WCF's published sample that every copy of it has.
const roundRobin = "RoundRobinMessageFilter"

// custom builds what stands for a .NET filter: what the settings say, or what
// its name is known for.
func (b *builder) custom(s *configs.Service, c *configs.Filter) (filter.Filter, error) {
	full, _, _ := strings.Cut(c.CustomType.Get(), ",")
	full = strings.TrimSpace(full)
	is := ""
	if full[strings.LastIndexByte(full, '.')+1:] == roundRobin {
		is = "round-robin"
	}
	for i := range b.settings.Filters {
		if b.settings.Filters[i].Type.Get() == full {
			is = b.settings.Filters[i].Is.Get()
		}
	}
	switch data := c.Data.Get(); is {
	case "round-robin":
		return filter.NewRoundRobin(b.turn(s, full, data)), nil
	case "match-all":
		return filter.MatchAll{}, nil
	case "match-none":
		return filter.MatchNone{}, nil
	default:
		err := c.CustomType.Error("filter-custom", fmt.Sprintf("filter %q: nothing stands for %s, which is .NET code", c.Name.Peek(), full))
		err.Remedy = fmt.Sprintf("filters:\n  - type: %s\n    is: round-robin   # or match-all, match-none; else write it as an XPath filter\n", full)
		return nil, err
	}
}

// turn returns the group that the filters of one service, type and filterData
// share. It outlives configurations, so that a reload begins no turn anew.
func (b *builder) turn(s *configs.Service, kind, data string) *filter.Group {
	key := strings.Join([]string{s.Name.Peek(), s.Path(), kind, data}, "\x00")
	g := b.turns[key]
	if g == nil && b.prior != nil {
		g = b.prior.current.Load().turns[key]
	}
	if g == nil {
		g = filter.NewGroup(data)
	}
	b.turns[key] = g
	return g
}

// checkFilters refuses settings of filters that the file does not have.
func (b *builder) checkFilters() {
	there := map[string]bool{}
	for _, f := range b.file.Filters {
		if f.Type.Peek() == "Custom" {
			full, _, _ := strings.Cut(f.CustomType.Peek(), ",")
			there[strings.TrimSpace(full)] = true
		}
	}
	for _, f := range b.settings.Filters {
		if !there[f.Type.Get()] {
			b.wrong(f.Type.Pos, "filters[].type", fmt.Sprintf("no custom filter of type %q in %s; it has %s. Write the full name, up to the comma", f.Type.Get(), b.file.Name, list(there)))
		}
	}
}
