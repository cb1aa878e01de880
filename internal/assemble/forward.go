package assemble

import (
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// forward is a service that stands for one client endpoint or URL: a routing
// service whose table has one route for each endpoint (design D8).
func (b *builder) forward(c *configs.Service, set *settings.Service) (*implementation, error) {
	out := &routes{}
	named := map[string]bool{}
	for _, e := range c.Endpoints {
		name := e.EffectiveName()
		if e.LeftOut() || !e.Binding.Served() || named[name] {
			continue
		}
		named[name] = true
		d, err := b.forwardTo(e, set)
		if err != nil {
			return nil, err
		}
		out.pass = union(out.pass, d.Pass)
		out.replay = out.replay || len(d.Repeatable) > 0
		route := routing.NewRoute(routing.Route{Filter: "forward", Pos: set.Forward.Pos, Destinations: []*routing.Destination{d}})
		out.entries = append(out.entries, filter.Entry[*routing.Route]{
			Filter: filter.NewEndpointName(name), Value: route, Name: "forward " + name, Pos: set.Forward.Pos,
		})
	}
	table, err := out.finish(c.Error)
	if err != nil {
		return nil, err
	}
	return &implementation{
		service: &hosting.Service{Name: c.Name.Peek(), Handler: routing.NewService(table.filters), Router: true},
		needs:   soap.Needs{Check: b.check(), Replay: table.replay},
		pass:    table.pass,
	}, nil
}

// forwardTo returns the destination of the messages that come in at e.
func (b *builder) forwardTo(e *configs.Endpoint, set *settings.Service) (*routing.Destination, error) {
	name := set.Forward.Get()
	wrong := func(text string) error {
		return &settings.Error{Pos: set.Forward.Pos, Path: "services[].forward", Text: text}
	}
	if strings.Contains(name, "://") {
		return b.forwardURL(e, set, wrong)
	}
	clients := map[string]bool{}
	for _, client := range b.file.Client {
		clients[client.Name.Peek()] = true
		if client.Name.Peek() != name {
			continue
		}
		d, err := b.destination(client)
		if err != nil {
			return nil, err
		}
		bind, err := b.binding(e.Binding, listening)
		if err != nil {
			return nil, err
		}
		if bind.Version != d.Binding.Version {
			return nil, wrong(fmt.Sprintf(
				"endpoint %q (%s) takes %s and endpoint %q (%s) takes %s; messages are not converted yet: give both one binding",
				e.EffectiveName(), e.Pos(), bind.Version, name, d.Pos, d.Binding.Version))
		}
		return d, nil
	}
	return nil, wrong(fmt.Sprintf("no client endpoint %q in %s; it has %s. Name one of system.serviceModel/client, or a URL", name, b.file.Name, list(clients)))
}

// forwardURL is a destination that no client endpoint describes: it speaks the
// binding of the endpoint that messages come in at.
func (b *builder) forwardURL(e *configs.Endpoint, set *settings.Service, wrong func(string) error) (*routing.Destination, error) {
	bind, err := b.binding(e.Binding, sending)
	if err != nil {
		return nil, err
	}
	text := set.Forward.Get()
	uri, err := uritable.Parse(text)
	if err != nil {
		return nil, wrong(fmt.Sprintf("%q: %v", text, err))
	}
	if uri.Scheme() != "http" && uri.Scheme() != "https" {
		return nil, wrong(fmt.Sprintf("%q: use an http or https URL", text))
	}
	address, err := addressing.New(uri)
	if err != nil {
		return nil, wrong(err.Error())
	}
	return b.connect(&target{
		name: text, pos: set.Forward.Pos, address: address, via: uri, binding: bind, process: true,
		fail: func(_, text string) *configs.Error { return &configs.Error{Pos: set.Forward.Pos, Text: text} },
	})
}
