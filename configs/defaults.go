package configs

import (
	"slices"
	"strings"
)

// defaultMapping is the map of schemes that WCF begins with (spec wcf-config
// 2.6). There is none for https.
var defaultMapping = map[string]string{
	"http": "basicHttpBinding", "net.tcp": "netTcpBinding", "net.pipe": "netNamedPipeBinding", "net.msmq": "netMsmqBinding",
}

// mapping is the binding that default endpoints of a scheme have; "" = none.
func (m *modeler) mapping(scheme string) (kind, config string, written *ProtocolMapping) {
	for _, x := range m.f.ProtocolMapping {
		if strings.EqualFold(x.Scheme.Peek(), scheme) {
			x.Scheme.Get()
			return x.Binding.Get(), x.Configuration.Get(), x
		}
	}
	return defaultMapping[scheme], "", nil
}

// defaultEndpoints gives a service without endpoints one at each base address
// whose scheme has a binding (spec wcf-config 2.6). Which contracts the service
// has only its code knows: Contract stays empty, and the settings may name it.
func (m *modeler) defaultEndpoints(s *Service) {
	if len(s.Endpoints) > 0 {
		return
	}
	refuse := func(code, text string) {
		f := Finding{Pos: s.pos, Path: s.Path(), Effect: Refused, Scope: ScopeService, Code: code, Text: s.label() + ": " + text, gate: s.Element}
		if code == "no-endpoints" && m.b.hosting == nil {
			f.Remedy = remedyHosting
		}
		m.b.note(f)
	}
	if s.Name.Peek() == RoutingService {
		refuse("router-without-endpoints", "no endpoints, and default ones would be of all router contracts at one address; write its endpoints")
		return
	}
	for _, base := range s.BaseAddresses {
		scheme, _, ok := absolute(base.Address.Peek())
		if !ok {
			continue
		}
		kind, config, from := m.mapping(scheme)
		if kind == "" {
			continue
		}
		if from != nil && schemaBindings.lookup(m.b.meant(kind)) == nil && !m.b.third[kind] {
			m.b.fail(from.Binding.Pos(), from.Binding.Path(), "BindingProtocolMappingNotDefined",
				"protocolMapping: there is no binding %s%s", quote(kind), didYouMean(kind, schemaBindings.childNames()))
			continue
		}
		e := m.b.implied(schemaEndpoint, s.pos)
		e.parent = s.Element
		e.title = s.label() + ": default endpoint of " + scheme
		e.set("binding", kind)
		e.set("bindingConfiguration", config)
		m.f.implied = append(m.f.implied, e)
		ep := m.endpoint(e, s)
		ep.Default = true
		s.Endpoints = append(s.Endpoints, ep)
	}
	if len(s.Endpoints) > 0 {
		m.b.note(Finding{
			Pos: s.pos, Path: s.Path(), Effect: Warning, Code: "default-endpoints", gate: s.Element,
			Text: s.label() + ": no endpoints, so it has a default one at each base address; write them, to be sure of binding and contract",
		})
		return
	}
	refuse("no-endpoints", "no endpoints, and no base address whose scheme protocolMapping knows, so there are no default ones; write its endpoints")
}

// unusedMappings tells that no default endpoint needed an entry.
func (m *modeler) unusedMappings() {
	for _, x := range m.f.ProtocolMapping {
		if !x.consumed.Load() {
			x.void = "only default endpoints read it, and none has this scheme"
		}
	}
}

// meant is the name that the schema has for a declared one.
func (b *binder) meant(name string) string {
	if known, ok := b.alias[name]; ok {
		return known
	}
	return name
}

// standardEndpoint links an endpoint of a standard kind with its configuration:
// the named one, or the unnamed one (spec wcf-config 1.6, 2.5).
func (m *modeler) standardEndpoint(ep *Endpoint, config Value[string]) {
	var all []string
	for _, x := range m.f.StandardEndpoints {
		if x.Kind != ep.Kind.Peek() {
			continue
		}
		all = append(all, x.Name.Peek())
		if x.Name.Peek() == config.Peek() {
			ep.Standard = x
			x.users = append(x.users, ep.Element)
		}
	}
	if ep.Standard == nil && config.Peek() != "" && ep.Kind.Peek() != "" {
		m.missing(config, ep.Element, "ConfigInvalidEndpointName", "configuration of "+ep.Kind.Peek(), all)
	}
}

// common applies commonBehaviors: each behaviour has what stands there, unless
// it says the same kind itself (spec wcf-config 1.1).
func (b *binder) common(model *Element) {
	for list, row := range map[string]*element{"serviceBehaviors": serviceBehavior, "endpointBehaviors": endpointBehavior} {
		for _, from := range children(model, "commonBehaviors", list) {
			from.Use()
			from.parent.Use()
			for _, to := range children(model, "behaviors", list, "behavior") {
				b.share(to, from)
			}
			if row == serviceBehavior {
				b.commonService = from
			} else {
				b.commonEndpoint = from
			}
			for _, c := range from.children {
				if c.written {
					c.told = true
					c.void = "it counts in every " + row.name + " of " + list + " that does not say it itself"
					c.mapped = true
				}
			}
		}
	}
}

// share copies what stands in from, and not in to.
func (b *binder) share(to, from *Element) {
	if from == nil {
		return
	}
	for _, c := range from.children {
		if !c.written {
			continue
		}
		own := slices.IndexFunc(to.children, func(x *Element) bool { return x.name == c.name })
		switch {
		case own < 0:
			to.children = append(to.children, c.copy(to))
		case !to.children[own].written:
			to.children[own] = c.copy(to)
		}
	}
}

// copy is the element with everything below, as a child of another one.
func (e *Element) copy(parent *Element) *Element {
	c := &Element{row: e.row, name: e.name, pos: e.pos, parent: parent, written: e.written, node: e.node, third: e.third, title: e.title}
	for _, a := range e.attrs {
		c.attrs = append(c.attrs, &attr{row: a.row, el: c, text: a.text, val: a.val, at: a.at, written: a.written, bad: a.bad})
	}
	for _, x := range e.children {
		c.children = append(c.children, x.copy(c))
	}
	return c
}

// placeholders are pieces of addresses that nobody has filled in.
var placeholders = []string{"YOUR_", "YOUR-", "[YOUR", "{YOUR", "<", "NAMESPACE_", "[NAMESPACE", "{NAMESPACE", "TODO", "CHANGEME", "SERVICENAMESPACE."}

// placeholder warns of an address with a host that nobody has filled in (spec
// wcf-config 12.3).
func (m *modeler) placeholder(v Value[string]) {
	_, rest, ok := strings.Cut(v.Peek(), "://")
	if !ok || !v.Written() {
		return
	}
	host, _, _ := strings.Cut(strings.ToUpper(rest), "/")
	host = strings.ReplaceAll(host, "%5B", "[")
	ipv6 := strings.HasPrefix(host, "[") && strings.Contains(host, "::")
	for _, p := range append(placeholders, "[", "{") {
		if !ipv6 && strings.Contains(host, p) {
			m.b.note(Finding{
				Pos: v.Pos(), Path: v.Path(), Effect: Warning, Code: "placeholder-host",
				Text: v.a.el.label() + ": the host of " + quote(v.Peek()) + " looks like a placeholder; write the real one",
			})
			return
		}
	}
}
