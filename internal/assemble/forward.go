package assemble

import (
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
)

// forward is a service that stands for one client endpoint or URL: a routing
// service whose table has one route for each endpoint (design D8).
func (b *builder) forward(c *configs.Service, set *settings.Service) (*implementation, error) {
	impl := &implementation{service: &hosting.Service{Name: c.Name.Peek(), Router: true}, own: map[*configs.Endpoint]binding.Handler{}}
	impl.needs.Check = b.check()
	for _, e := range c.Endpoints {
		if b.left(e) || !e.Binding.Served() {
			continue
		}
		out := &routes{options: filter.Options{Budget: b.filterBudget()}}
		d, err := b.forwardTo(e, set)
		if err != nil {
			return nil, err
		}
		b.passThrough(c, e, b.forwardBindings(e, set), "")
		b.add(out, filter.MatchAll{}, routing.Route{Filter: "forward " + e.EffectiveName(), Pos: set.Forward.Pos, Destinations: []*routing.Destination{d}})
		table, err := out.finish(c.Error)
		if err != nil {
			return nil, err
		}
		// Endpoints may have one name, and different bindings.
		impl.own[e] = table.handler()
		needs := table.needs(b.check())
		impl.needs.Check = max(impl.needs.Check, needs.Check)
		impl.needs.Replay = impl.needs.Replay || needs.Replay
		impl.pass = union(impl.pass, table.pass)
	}
	return impl, nil
}

// forwardBindings is the binding that messages of e leave with.
func (b *builder) forwardBindings(e *configs.Endpoint, set *settings.Service) []*configs.Binding {
	if client := b.clientNamed(set.Forward.Get()); client != nil {
		return []*configs.Binding{client.Binding}
	}
	return []*configs.Binding{e.Binding}
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
	if client := b.clientNamed(name); client != nil {
		return b.forwardClient(e, client, wrong)
	}
	clients := map[string]bool{}
	for _, client := range b.file.Client {
		clients[client.Name.Peek()] = true
	}
	return nil, wrong(fmt.Sprintf("no client endpoint %q in %s; it has %s. Name one of system.serviceModel/client, or a URL", name, b.file.Name, list(clients)))
}

// clientNamed finds a client endpoint by its name, nil where there is none.
func (b *builder) clientNamed(name string) *configs.Endpoint {
	if b.clients == nil {
		b.clients = make(map[string]*configs.Endpoint, len(b.file.Client))
		for _, c := range b.file.Client {
			if _, first := b.clients[c.Name.Peek()]; !first {
				b.clients[c.Name.Peek()] = c
			}
		}
	}
	return b.clients[name]
}

// forwardClient returns the destination that a client endpoint describes.
func (b *builder) forwardClient(e, client *configs.Endpoint, wrong func(string) error) (*routing.Destination, error) {
	d, err := b.destination(client, true)
	if err != nil {
		return nil, err
	}
	bind, err := b.binding(e.Binding, listening)
	if err != nil {
		return nil, err
	}
	from := entrance{version: bind.Version, handedOn: passes(e.Binding)}
	for _, leaf := range leaves(d) {
		if err := bridges(from, leaf); err != nil {
			return nil, wrong(fmt.Sprintf("endpoint %q (%s) takes %s and endpoint %q (%s) takes %s: %v",
				e.EffectiveName(), e.Pos(), bind.Version, leaf.Name, leaf.Pos, leaf.Binding.Version, err))
		}
	}
	return d, nil
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
	t := &target{
		name: text, pos: set.Forward.Pos, address: address, via: uri, binding: bind, process: true, handedOn: passes(e.Binding),
		fail: func(code, text string) *configs.Error {
			return &configs.Error{Pos: set.Forward.Pos, Code: code, Text: text}
		},
	}
	if err := b.secure(t, e.Binding, nil); err != nil {
		return nil, err
	}
	return b.connect(t)
}
