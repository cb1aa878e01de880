package assemble

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/builtin"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// group is a listener under construction: the endpoints that share one listen
// URI (dispatch 5.2).
type group struct {
	uri       uritable.URI
	binding   *binding.Binding
	first     *configs.Endpoint
	owner     *configs.Service
	mode      endpoint.AddressFilterMode
	endpoints []*endpoint.Endpoint
	services  map[*endpoint.Endpoint]*hosting.Service
	throttle  *hosting.Throttle
	needs     soap.Needs
	pass      []string
	demand    string // what has its clients show a certificate; "" for nothing
}

// implementation is what stands for a service, with what it needs of messages.
type implementation struct {
	service *hosting.Service
	own     map[*configs.Endpoint]binding.Handler // of endpoints that have one of their own; else the service's
	needs   soap.Needs
	mode    endpoint.AddressFilterMode
	pass    []string
}

func (b *builder) service(c *configs.Service) {
	impl, err := b.implement(c)
	if err != nil {
		b.failFor(c, nil, err)
		return
	}
	if impl == nil {
		b.unused[c] = true // the settings say so
		return
	}
	if !slices.ContainsFunc(c.Endpoints, func(e *configs.Endpoint) bool { return !b.left(e) }) {
		b.unused[c] = true // every endpoint is left out
		return
	}
	c.Use()
	b.openTimeout = max(b.openTimeout, c.OpenTimeout.Get())
	b.closeTimeout = max(b.closeTimeout, c.CloseTimeout.Get())
	t := c.Behavior.Throttling
	throttle := b.throttle(c, calls(t), b.sendTimeout(c))
	for _, e := range c.Endpoints {
		if err := b.endpoint(e, impl, throttle); err != nil {
			b.failFor(c, e, err)
		}
	}
}

// implement finds what stands for a service name: the routing service is built
// in, every other name is bound in the settings (design D8).
func (b *builder) implement(c *configs.Service) (*implementation, error) {
	set := b.serviceSettings(c)
	if c.Name.Peek() == configs.RoutingService && set != nil && !set.Unused.Get() {
		return nil, &settings.Error{Pos: set.Name.Pos, Path: "services[].name", Text: "the routing service is built in, and takes every address (Any), as in WCF; remove this entry, or write unused: true"}
	}
	impl, err := b.stand(c, set)
	if err != nil || impl == nil || set == nil || !set.AddressFilterMode.Written() {
		return impl, err
	}
	switch set.AddressFilterMode.Get() {
	case "Prefix":
		impl.mode = endpoint.Prefix
	case "Any":
		impl.mode = endpoint.Any
	default:
		impl.mode = endpoint.Exact
	}
	return impl, nil
}

// serviceSettings returns what the settings say of a service, or nil.
func (b *builder) serviceSettings(c *configs.Service) *settings.Service {
	for i := range b.settings.Services {
		if b.settings.Services[i].Name.Get() == c.Name.Peek() {
			return &b.settings.Services[i]
		}
	}
	return nil
}

// stand makes what stands for a service; nil where it is left out.
func (b *builder) stand(c *configs.Service, set *settings.Service) (*implementation, error) {
	name := c.Name.Peek()
	switch {
	case set != nil && set.Unused.Get():
		return nil, nil //nolint:nilnil // documented at the caller
	case name == configs.RoutingService:
		b.as[c] = "routing service"
		return b.router(c)
	case set != nil && set.Builtin.Get() != "":
		b.as[c] = "builtin " + set.Builtin.Get()
		h, err := builtin.New(set.Builtin.Get())
		if err != nil {
			return nil, &settings.Error{Pos: set.Builtin.Pos, Path: "services[].builtin", Text: err.Error()}
		}
		for _, e := range c.Endpoints {
			if !b.left(e) {
				b.passThrough(c, e, nil, "and a built-in service cannot check it")
			}
		}
		return &implementation{service: &hosting.Service{Name: name, Handler: h}}, nil
	case set != nil && set.Forward.Written():
		b.as[c] = "forward to " + set.Forward.Get()
		return b.forward(c, set)
	case b.options.AllowUnbound:
		b.notices = append(b.notices, Notice{Pos: c.Pos(), Text: fmt.Sprintf("service %q is not served: nothing stands for it in viaduct.yaml", name)})
		return nil, nil //nolint:nilnil // documented at the caller
	default:
		err := c.Name.Error(CodeUnbound, fmt.Sprintf("nothing stands for service %q", name))
		err.Remedy = fmt.Sprintf("services:\n  - name: %s\n    forward: NAME-OF-A-CLIENT-ENDPOINT   # or a URL, or builtin: echo, or unused: true\n", scalar(name))
		return nil, err
	}
}

func (b *builder) router(c *configs.Service) (*implementation, error) {
	r := c.Behavior.Routing
	if r == nil || r.Table == nil {
		return nil, c.Error("RoutingTableNotConfigured", "the routing service has no filter table; add <routing filterTableName=\"...\"/> to its service behavior")
	}
	r.EnsureOrderedDispatch.Get() // orders the messages of a session, and HTTP has none
	table, err := b.table(c, r)
	if err != nil {
		return nil, err
	}
	for _, conflict := range table.filters.Conflicts() {
		if b.meets(c, r.Table, conflict.FirstPos, conflict.SecondPos) {
			b.failFor(c, nil, &configs.Error{Pos: conflict.SecondPos, Path: r.Table.Path(), Code: "ReqReplyMulticastNotSupported", Text: conflict.Text()})
		}
	}
	impl := &implementation{
		service: &hosting.Service{Name: configs.RoutingService, Handler: table.handler(), Router: true},
		needs:   table.needs(b.check()),
		mode:    endpoint.Any, // dispatch 8.5
		pass:    table.pass,
	}
	return impl, nil
}

// meets reports whether two entries of a table can match one message that asks
// for an answer: then routes that always match together can never work (dispatch
// 8.6).
func (b *builder) meets(c *configs.Service, t *configs.FilterTable, first, second source.Pos) bool {
	for _, e := range c.Endpoints {
		rc, ok := endpoint.RouterContract(e.Contract.Peek())
		if b.left(e) || !ok || rc.Shape() != binding.RequestReply {
			continue
		}
		all := true
		for _, entry := range t.Entries {
			if at := entry.Pos(); at == first || at == second {
				all = all && reaches(entry.Filter, e.EffectiveName())
			}
		}
		if all {
			return true
		}
	}
	return false
}

// check is how much of a forwarded message is checked where nothing depends on its
// body (threats 3.2); see routes.needs.
func (b *builder) check() soap.Check {
	switch b.settings.XML.Check.Get() {
	case "structure":
		return soap.CheckStructure
	case "full":
		return soap.CheckWellFormed
	default:
		return soap.CheckHead
	}
}

func (b *builder) endpoint(e *configs.Endpoint, impl *implementation, throttle *hosting.Throttle) error {
	if b.left(e) {
		return nil // a finding says why
	}
	e.Use()
	if !e.Binding.Served() {
		return nil // File.Err refuses it
	}
	bind, err := b.binding(e.Binding, listening)
	if err != nil {
		return err
	}
	uri, at, err := b.addresses(e, bind)
	if err != nil {
		return err
	}
	if err := b.overTLS(e, bind.Scheme); err != nil {
		return err
	}
	full, err := endpointAddress(e, uri)
	if err != nil {
		return err
	}
	contract, err := b.contract(e, bind)
	if err != nil {
		return err
	}
	set := b.endpointSettings(e.EffectiveName())
	ep := &endpoint.Endpoint{
		Name: e.EffectiveName(), Pos: e.Pos(), Address: full, ListenURI: at, Binding: bind, Contract: contract,
		Behaviors: endpoint.Behaviors{IgnorePort: e.Service.AnyPort},
	}
	if ep.Aliases, err = b.aliases(set.Aliases); err != nil {
		return err
	}
	g, err := b.group(e, at, bind, impl, throttle)
	if err != nil {
		return err
	}
	svc := *impl.service
	if h := impl.own[e]; h != nil {
		svc.Handler = h
	}
	svc.AfterDelivery = set.Accept.Get() == "after-delivery" || b.options.Explain // who explains waits for the routes
	svc.Check = b.duplicates(e)
	g.endpoints = append(g.endpoints, ep)
	g.services[ep] = &svc
	b.known.Addresses = append(b.known.Addresses, uri)
	g.add(impl, set)
	return nil
}

// addresses are where clients address an endpoint, and where it listens.
func (b *builder) addresses(e *configs.Endpoint, bind *binding.Binding) (uri, at uritable.URI, err error) {
	address, err := e.AbsoluteAddress()
	if err != nil {
		return uri, at, err
	}
	listen, err := e.AbsoluteListenURI()
	if err != nil {
		return uri, at, err
	}
	if uri, err = parseAddress(e, address); err != nil {
		return uri, at, err
	}
	if at, err = parseAddress(e, listen); err != nil {
		return uri, at, err
	}
	if at.Scheme() != bind.Scheme {
		err = e.Address.Error("", fmt.Sprintf("endpoint %q: %s needs a %s address to listen at, not %s", e.EffectiveName(), bind.Name(), bind.Scheme, at))
	}
	if err != nil || e.ListenURIMode.Get() != "Unique" {
		return uri, at, err
	}
	if at, err = b.unique(e, at); err == nil && e.ListenURI.Peek() == "" {
		uri = at // clients address it there
	}
	return uri, at, err
}

// aliases are further addresses that a message may have in To.
func (b *builder) aliases(list []settings.Value[string]) ([]uritable.URI, error) {
	var out []uritable.URI
	for _, a := range list {
		alias, err := uritable.Parse(a.Get())
		if err != nil {
			return nil, &settings.Error{Pos: a.Pos, Path: "endpoints[].aliases[]", Text: fmt.Sprintf("%q: %v", a.Get(), err)}
		}
		out = append(out, alias)
	}
	b.known.Addresses = append(b.known.Addresses, out...)
	return out, nil
}

func parseAddress(e *configs.Endpoint, text string) (uritable.URI, error) {
	u, err := uritable.Parse(text)
	if err != nil {
		return u, e.Address.Error("", fmt.Sprintf("endpoint %q: address: %v", e.EffectiveName(), err))
	}
	return u, nil
}

// group returns the listener of a listen URI. Endpoints that share one must
// share the binding (dispatch 5.2).
func (b *builder) group(e *configs.Endpoint, at uritable.URI, bind *binding.Binding, impl *implementation, throttle *hosting.Throttle) (*group, error) {
	key := strings.TrimSuffix(strings.ToLower(at.String()), "/")
	g, ok := b.listeners[key]
	if !ok {
		g = &group{
			uri: at, binding: bind, first: e, owner: e.Service, mode: impl.mode,
			services: map[*endpoint.Endpoint]*hosting.Service{}, throttle: throttle, demand: b.demand(e),
		}
		b.listeners[key] = g
		b.order = append(b.order, g)
		return g, nil
	}
	if g.owner != e.Service {
		return nil, e.Error("", fmt.Sprintf("endpoint %q listens at %s, and so does endpoint %q (%s) of another service; give one of them another address",
			e.EffectiveName(), at, g.first.EffectiveName(), g.first.Pos()))
	}
	if g.binding != bind {
		return nil, e.Error("", fmt.Sprintf("endpoint %q and endpoint %q (%s) listen at %s with different bindings; give them one binding configuration, or different addresses",
			e.EffectiveName(), g.first.EffectiveName(), g.first.Pos(), at))
	}
	return g, nil
}

// add merges what an endpoint needs into its listener: the strictest of all
// holds until the endpoint is known (message model, 10.12).
func (g *group) add(impl *implementation, set settings.Endpoint) {
	g.needs.Replay = g.needs.Replay || impl.needs.Replay
	g.needs.Check = max(g.needs.Check, impl.needs.Check)
	g.needs.Streamed = g.binding.Transfer.Requests()
	g.pass = union(g.pass, impl.pass)
	for _, p := range set.Pass {
		g.pass = append(g.pass, p.Get())
	}
}

// listen completes the listeners.
func (b *builder) listen() {
	b.known.JoinSplitValues = b.settings.XML.SplitValue.Get() == "join"
	b.known.RefuseOtherVersion = b.settings.WSA.OtherVersion.Get() == "refuse"
	known := addressing.NewKnown(b.known)
	for _, g := range b.order {
		if err := b.listener(g, known); err != nil {
			b.failFor(g.owner, g.first, err)
		}
	}
}

func (b *builder) listener(g *group, known *addressing.Known) error {
	table, err := endpoint.NewTable(g.endpoints, g.mode)
	if err != nil {
		return err
	}
	l := &binding.Listener{
		Name: g.first.EffectiveName(), Pos: g.first.Pos(),
		Binding: g.binding,
		Encoder: textxml.New(g.binding.Version, g.binding.Charset),
		Limits:  g.binding.Limits, Needs: g.needs, Budget: b.budget,
		Pass:  b.listenerPass(g),
		Admit: g.throttle.Admit,
	}
	d := &hosting.Dispatch{
		Host: b.host, Endpoints: table, Services: g.services, Known: known,
		Version: g.binding.Version, MaxHops: int(b.settings.WSA.MaxHops.Get()), Log: b.options.Log,
		ViaForTo:        b.settings.WSA.MissingTo.Get() == "via",
		VersionMismatch: b.settings.SOAP.VersionMismatch.Get(),
	}
	for _, p := range b.settings.Errors.ExplainTo {
		d.ExplainTo = append(d.ExplainTo, p.Get())
	}
	if d.ReplyTo, d.ReplyTargets, err = b.replies(g.binding); err != nil {
		return err
	}
	l.Handler, l.Fault = d, d.Fault
	if b.options.Explain {
		l.Handler = binding.HandlerFunc(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
			req.Explain = true
			return d.Handle(ctx, req)
		})
	}
	if g.demand != "" && !b.options.Explain {
		l.Handler = certifiedOnly(d)
	}
	b.watch(l, d)
	for _, p := range b.places(g) {
		if err := b.snapshot.AddIn(p.mode, p.uri, l); err != nil {
			return err
		}
		if err := b.socket(g, p.uri, l); err != nil {
			return err
		}
	}
	return nil
}

// watch has metrics, access log and the caller told of each exchange.
func (b *builder) watch(l *binding.Listener, d *hosting.Dispatch) {
	m, access, observe, decided := b.metrics.Listener(l.Name), b.access, b.options.Observe, b.decided
	l.Observe = func(x *binding.Exchange) {
		m.Observe(x)
		decided.Observe(l.Name, x)
		if access != nil {
			access.Observe(x)
		}
		if observe != nil {
			observe(x)
		}
	}
	d.Delivered = func(r *binding.Request, took time.Duration, err error) {
		m.Delivered(r, err)
		decided.Delivered(r, took, err)
		if err == nil && access != nil {
			access.Delivered(r, took)
		}
	}
}
