package assemble

import (
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
	known   addressing.KnownOptions
	pass    []string
	entries []filter.Entry[*routing.Route]
}

// table builds the filter table of a routing service.
func (b *builder) table(r *configs.Routing) (*routes, error) {
	r.Table.Use()
	out := &routes{}
	for _, entry := range r.Table.Entries {
		if err := b.entry(out, r, entry); err != nil {
			return nil, err
		}
	}
	return out.finish(r.Table.Error)
}

// single is the table of a service that forwards to one client endpoint.
func (b *builder) single(e *configs.Endpoint) (*routes, error) {
	d, err := b.destination(e)
	if err != nil {
		return nil, err
	}
	out := &routes{pass: d.Pass}
	route := routing.NewRoute(routing.Route{Filter: "forward", Pos: e.Pos(), Destinations: []*routing.Destination{d}})
	out.entries = append(out.entries, filter.Entry[*routing.Route]{Filter: filter.MatchAll{}, Value: route, Name: "forward", Pos: e.Pos()})
	return out.finish(e.Error)
}

func (r *routes) finish(fail func(code, text string) *configs.Error) (*routes, error) {
	t, err := filter.NewTable(r.entries)
	if err != nil {
		return nil, fail("", err.Error())
	}
	r.filters = t
	return r, nil
}

func (b *builder) entry(out *routes, r *configs.Routing, entry *configs.TableEntry) error {
	f, err := b.filter(out, entry.Filter)
	if err != nil {
		return err
	}
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
			return err
		}
		if !processing && !(e.Behavior != nil && e.Behavior.ProcessMessages.Written()) {
			plain := *d
			plain.ProcessMessages = false
			d = &plain
		}
		out.pass = append(out.pass, d.Pass...)
		out.replay = out.replay || len(endpoints) > 1 || len(d.Repeatable) > 0
		route.Destinations = append(route.Destinations, d)
	}
	out.entries = append(out.entries, filter.Entry[*routing.Route]{
		Filter: f, Value: routing.NewRoute(route), Priority: route.Priority, Name: route.Filter, Pos: entry.Pos(),
	})
	return nil
}

// filter builds a filter (wcf-config 7).
func (b *builder) filter(out *routes, c *configs.Filter) (filter.Filter, error) {
	data := c.Data.Get
	switch kind := c.Type.Get(); kind {
	case "MatchAll":
		return filter.MatchAll{}, nil
	case "Action":
		a := addressing.Action(data())
		out.known.Actions = append(out.known.Actions, a)
		return filter.NewAction(a)
	case "EndpointName":
		return filter.NewEndpointName(data()), nil
	case "EndpointAddress", "PrefixEndpointAddress":
		u, err := uritable.Parse(data())
		if err != nil {
			return nil, c.Data.Error("", fmt.Sprintf("filter %q: %v; write an absolute URI", c.Name.Peek(), err))
		}
		out.known.Addresses = append(out.known.Addresses, u)
		address, err := addressing.New(u)
		if err != nil {
			return nil, c.Data.Error("", err.Error())
		}
		if kind == "EndpointAddress" {
			return filter.NewEndpointAddress(address, filter.AddressOptions{})
		}
		return filter.NewPrefixEndpointAddress(address, filter.AddressOptions{})
	case "And":
		first, err := b.filter(out, c.And[0])
		if err != nil {
			return nil, err
		}
		second, err := b.filter(out, c.And[1])
		if err != nil {
			return nil, err
		}
		return filter.NewAnd(c.And[0].Name.Get(), first, c.And[1].Name.Get(), second), nil
	default:
		return nil, c.Type.Error("", fmt.Sprintf("filter %q: filterType %s is not served by this version", c.Name.Peek(), kind))
	}
}
