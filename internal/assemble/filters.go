package assemble

import (
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
)

// routes is a filter table with what messages need because of it.
type routes struct {
	filters *filter.Table[*routing.Route]
	replay  bool // some route has more than one attempt
	pass    []string
	entries []filter.Entry[*routing.Route]
}

// table builds the filter table of the routing service c.
func (b *builder) table(c *configs.Service, r *configs.Routing) (*routes, error) {
	r.Table.Use()
	out := &routes{}
	var lines []line
	var errs []error
	for _, entry := range r.Table.Entries {
		route, err := b.entry(out, r, entry)
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
	return out.finish(r.Table.Error)
}

func (r *routes) finish(fail func(code, text string) *configs.Error) (*routes, error) {
	t, err := filter.NewTable(r.entries)
	if err != nil {
		return nil, fail("", err.Error())
	}
	r.filters = t
	return r, nil
}

// entry builds one line of a table. All that is wrong with it is reported.
func (b *builder) entry(out *routes, r *configs.Routing, entry *configs.TableEntry) (*routing.Route, error) {
	f, err := b.filter(entry.Filter)
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
		d, err := b.destination(e)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !processing && !(e.Behavior != nil && e.Behavior.ProcessMessages.Written()) {
			plain := *d
			plain.ProcessMessages = false
			d = &plain
		}
		out.pass = union(out.pass, d.Pass)
		out.replay = out.replay || len(endpoints) > 1 || len(d.Repeatable) > 0
		route.Destinations = append(route.Destinations, d)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	done := routing.NewRoute(route)
	out.entries = append(out.entries, filter.Entry[*routing.Route]{
		Filter: f, Value: done, Priority: route.Priority, Name: route.Filter, Pos: entry.Pos(),
	})
	return done, nil
}

// filter builds a filter (wcf-config 7).
func (b *builder) filter(c *configs.Filter) (filter.Filter, error) {
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
		first, err := b.filter(c.And[0])
		if err != nil {
			return nil, err
		}
		second, err := b.filter(c.And[1])
		if err != nil {
			return nil, err
		}
		return filter.NewAnd(c.And[0].Name.Get(), first, c.And[1].Name.Get(), second), nil
	default:
		return nil, c.Type.Error("", fmt.Sprintf("filter %q: filterType %s is not served by this version", c.Name.Peek(), kind))
	}
}
