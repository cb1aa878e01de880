package configs

import (
	"slices"
	"sort"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// resolve follows every reference of the model (spec wcf-config 12.4, 5) and
// checks what needs more than one element.
func (m *modeler) resolve() {
	m.hosted()
	for _, s := range m.f.Services {
		m.serviceRefs(s)
	}
	for _, ep := range m.f.Client {
		m.endpointRefs(ep)
	}
	m.unusedMappings()
	m.filters()
	m.tables()
	for _, s := range m.f.Services {
		m.router(s)
	}
	m.idle()
}

// known lists names for an error: "; known: a, b".
func known(names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" })
	if len(names) == 0 {
		return "; the file has none with a name"
	}
	sort.Strings(names)
	more := ""
	if len(names) > 12 {
		names, more = names[:12], ", ..."
	}
	return "; the file has " + strings.Join(names, ", ") + more
}

func (m *modeler) missing(v Value[string], e *Element, code, what string, names []string) {
	hint := known(names)
	if n := source.Nearest(v.Peek(), names); n != "" {
		hint = "; did you mean " + n + "?"
	}
	m.b.fail(v.Pos(), v.Path(), code, "%s: there is no %s %s%s", e.label(), what, quote(v.Peek()), hint)
}

// find gives the item of that name, the first where there are several.
func find[T any](items []*T, name func(*T) string, want string) *T {
	for _, x := range items {
		if name(x) == want {
			return x
		}
	}
	return nil
}

// indexOf is find for many look-ups.
func indexOf[T any](items []*T, name func(*T) string) map[string]*T {
	out := make(map[string]*T, len(items))
	for _, x := range items {
		if _, taken := out[name(x)]; !taken {
			out[name(x)] = x
		}
	}
	return out
}

func names[T any](items []*T, name func(*T) string) []string {
	out := make([]string, len(items))
	for i, x := range items {
		out[i] = name(x)
	}
	return out
}

func serviceBehaviorName(b *ServiceBehavior) string   { return b.Name.Peek() }
func endpointBehaviorName(b *EndpointBehavior) string { return b.Name.Peek() }
func filterName(f *Filter) string                     { return f.Name.Peek() }
func tableName(t *FilterTable) string                 { return t.Name.Peek() }
func listName(l *BackupList) string                   { return l.Name.Peek() }

func (m *modeler) serviceRefs(s *Service) {
	want := value[string](s.Element, "behaviorConfiguration")
	s.Behavior = find(m.f.ServiceBehaviors, serviceBehaviorName, want.Peek())
	if s.Behavior == nil {
		if want.Peek() != "" {
			m.missing(want, s.Element, "ConfigInvalidServiceBehavior", "service behavior", names(m.f.ServiceBehaviors, serviceBehaviorName))
		}
		e := m.b.implied(serviceBehavior, s.pos)
		m.b.share(e, m.b.commonService)
		m.f.implied = append(m.f.implied, e)
		s.Behavior = serviceBehaviorOf(e)
	}
	s.Behavior.users = append(s.Behavior.users, s.Element)
	m.baseAddresses(s)
	m.defaultEndpoints(s)
	for _, ep := range s.Endpoints {
		m.endpointRefs(ep)
	}
	m.sharedSites(s)
}

func (m *modeler) baseAddresses(s *Service) {
	first := map[string]*BaseAddress{}
	for _, a := range s.BaseAddresses {
		text := a.Address.Peek()
		m.placeholder(a.Address)
		scheme, host, ok := absolute(text)
		if !ok || host == "" || strings.HasPrefix(host, "+") {
			m.b.fail(a.Address.Pos(), a.Address.Path(), "BaseAddressMustBeAbsolute",
				"%s: base address %s is not an absolute address; write scheme, host and path, such as http://localhost:8000/orders", s.label(), quote(text))
			continue
		}
		if x := first[scheme]; x != nil {
			m.b.fail(a.Address.Pos(), a.Address.Path(), "BaseAddressDuplicateScheme",
				"%s: a second base address for scheme %s, the first is at %v; keep one for each scheme", s.label(), scheme, x.Address.Pos())
			continue
		}
		first[scheme] = a
	}
}

// absolute splits scheme and authority off a URI; ok is false for a relative one.
func absolute(s string) (scheme, host string, ok bool) {
	i := strings.IndexByte(s, ':')
	if i <= 0 || strings.ContainsAny(s[:i], `/\?#`) {
		return "", "", false
	}
	for j, c := range []byte(strings.ToLower(s[:i])) {
		letter := c >= 'a' && c <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && (j == 0 || !digit && c != '.' && c != '+' && c != '-') {
			return "", "", false
		}
	}
	rest, authority := strings.CutPrefix(s[i+1:], "//")
	if authority {
		host, _, _ = strings.Cut(rest, "/")
	}
	return strings.ToLower(s[:i]), host, true
}

func (m *modeler) endpointRefs(ep *Endpoint) {
	m.behaviorRef(ep)
	m.placeholder(ep.Address)
	m.placeholder(ep.ListenURI)
	kind := value[string](ep.Element, "kind")
	config := value[string](ep.Element, "bindingConfiguration")
	if ep.BindingKind.Peek() == "" {
		if kind.Peek() == "" {
			m.b.fail(ep.pos, ep.Path()+"/@binding", "RequiredAttributeMissing", "%s: attribute binding is missing and required", ep.label())
		} else if config.Peek() != "" {
			m.b.fail(config.Pos(), config.Path(), "ConfigInvalidAttribute", "%s: bindingConfiguration needs attribute binding", ep.label())
		}
	} else {
		m.bindingRef(ep, config)
	}
	m.standardEndpoint(ep, value[string](ep.Element, "endpointConfiguration"))
	m.standard(ep, kind)
	if ep.Service == nil && kind.Peek() == "" && ep.Contract.Peek() == "" {
		m.b.fail(ep.pos, ep.Path()+"/@contract", "RequiredAttributeMissing",
			`%s: attribute contract is missing and required; a destination of the routing service has contract="*"`, ep.label())
	}
}

func (m *modeler) behaviorRef(ep *Endpoint) {
	want := value[string](ep.Element, "behaviorConfiguration")
	ep.Behavior = find(m.f.EndpointBehaviors, endpointBehaviorName, want.Peek())
	if ep.Behavior == nil {
		if want.Peek() != "" {
			m.missing(want, ep.Element, "ConfigInvalidEndpointBehavior", "endpoint behavior", names(m.f.EndpointBehaviors, endpointBehaviorName))
		}
		e := m.b.implied(endpointBehavior, ep.pos)
		m.b.share(e, m.b.commonEndpoint)
		m.f.implied = append(m.f.implied, e)
		ep.Behavior = endpointBehaviorOf(e)
	}
	ep.Behavior.users = append(ep.Behavior.users, ep.Element)
}

// named finds a binding by kind and name, the last of several; nil where there
// is none.
func (m *modeler) named(kind, name string) *Binding {
	if m.bindings == nil {
		m.bindings = make(map[[2]string]*Binding, len(m.f.Bindings))
		for _, b := range m.f.Bindings {
			m.bindings[[2]string{b.Kind, b.Name.Peek()}] = b
		}
	}
	return m.bindings[[2]string{kind, name}]
}

func (m *modeler) bindingRef(ep *Endpoint, config Value[string]) {
	kind := m.b.meant(ep.BindingKind.Peek())
	row := schemaBindings.lookup(kind)
	switch {
	case m.b.third[kind] && !builtIn(kind):
		row = &element{name: kind, opaque: true}
	case row == nil:
		var all []string
		all = append(all, schemaBindings.childNames()...)
		m.b.fail(ep.BindingKind.Pos(), ep.BindingKind.Path(), "ConfigInvalidSection",
			"%s: there is no binding %s%s", ep.label(), quote(kind), didYouMean(kind, all))
		return
	}
	if row.opaque {
		m.otherBinding(ep, config)
		return
	}
	ep.Binding = m.named(kind, config.Peek())
	if ep.Binding == nil {
		if config.Peek() != "" {
			m.noBinding(ep, config, m.bindingNames(kind))
		}
		at := ep.BindingKind.Pos()
		e := m.b.implied(row.children[0], at)
		e.title = ep.label() + ": " + kind
		m.f.implied = append(m.f.implied, e)
		ep.Binding = m.binding(kind, e)
	}
	ep.Binding.users = append(ep.Binding.users, ep.Element)
	m.kindVerdict(ep)
	if b := ep.Binding; ep.Service == nil && b.ProxyAddress.Peek() != "" && b.UseDefaultWebProxy.Peek() && !m.reported(b.ProxyAddress.Path()) {
		m.b.fail(b.ProxyAddress.Pos(), b.ProxyAddress.Path(), "UseDefaultWebProxyCantBeUsedWithExplicitProxyAddress",
			"%s: proxyAddress needs useDefaultWebProxy=\"false\"", b.label())
	}
	if kind == "customBinding" && ep.Binding.scheme() == "" && config.Peek() != "" {
		m.b.fail(ep.Binding.pos, ep.Binding.Path(), "SFxCustomBindingWithoutTransport",
			"%s: no transport element, and the endpoint at %v uses it; add httpTransport or httpsTransport as the last one", ep.Binding.label(), ep.pos)
	}
}

func (m *modeler) noBinding(ep *Endpoint, config Value[string], all []string) {
	m.missing(config, ep.Element, "ConfigInvalidBindingName", "configuration of "+ep.BindingKind.Peek(), all)
}

func (m *modeler) bindingNames(kind string) []string {
	var out []string
	for _, b := range m.f.Bindings {
		if b.Kind == kind {
			out = append(out, b.Name.Peek())
		}
	}
	return out
}

// otherBinding is a kind that is not served: known by name, refused in use.
func (m *modeler) otherBinding(ep *Endpoint, config Value[string]) {
	kind := ep.BindingKind.Peek()
	if config.Peek() != "" {
		var all []string
		for _, e := range m.kindElements(kind) {
			for _, n := range e.node.SelectElements("binding") {
				all = append(all, n.SelectAttrValue("name", ""))
			}
		}
		if !slices.Contains(all, config.Peek()) {
			m.noBinding(ep, config, all)
		}
	}
	e := &Element{row: &element{name: "binding", owns: true, opaque: true}, name: "binding", pos: ep.BindingKind.Pos()}
	ep.Binding = &Binding{Element: e, Kind: kind}
	if ep.LeftOut() {
		return // has its own verdict
	}
	f := Finding{
		Pos: ep.BindingKind.Pos(), Path: ep.BindingKind.Path(), Effect: Refused, Scope: ScopeEndpoint, Code: "binding-not-served", gate: ep.Element,
		Text: ep.label() + ": " + kind + " is not served yet; serve this endpoint elsewhere and remove it here",
	}
	if kind == "webHttpBinding" {
		f.Text = ep.label() + ": webHttpBinding is REST, not SOAP; serve it with an HTTP proxy and remove it here"
	}
	m.b.findings = append(m.b.findings, f)
}

func (m *modeler) kindElements(kind string) []*Element {
	var out []*Element
	for _, root := range m.f.roots {
		out = append(out, children(root, "bindings", kind)...)
	}
	return out
}

var standardKinds = []string{
	"mexEndpoint", "webHttpEndpoint", "webScriptEndpoint", "dynamicEndpoint", "discoveryEndpoint", "udpDiscoveryEndpoint",
	"announcementEndpoint", "udpAnnouncementEndpoint", "workflowControlEndpoint",
}

// standard gives endpoints of a standard kind, and metadata endpoints, their
// verdict.
func (m *modeler) standard(ep *Endpoint, kind Value[string]) {
	k := kind.Peek()
	config := value[string](ep.Element, "endpointConfiguration")
	switch {
	case k == "" && config.Peek() != "":
		m.b.fail(config.Pos(), config.Path(), "ConfigInvalidAttribute", "%s: endpointConfiguration needs attribute kind", ep.label())
	case k != "" && !slices.Contains(standardKinds, k) && !m.b.third[k]:
		m.b.fail(kind.Pos(), kind.Path(), "ConfigInvalidSection", "%s: there is no standard endpoint %s%s", ep.label(), quote(k), didYouMean(k, standardKinds))
	case ep.Metadata():
		ep.told = true
		m.b.findings = append(m.b.findings, Finding{
			Pos: ep.pos, Path: ep.Path(), Effect: Refused, Scope: ScopeSetting,
			Code: "metadata-exchange", Text: ep.label() + ": metadata exchange is not served yet; the endpoint is left out, and clients need a WSDL file",
		})
	case ep.LeftOut():
		ep.told = true
		m.b.findings = append(m.b.findings, Finding{
			Pos: ep.pos, Path: ep.Path(), Effect: NoEffect, Code: "no-messages", Text: ep.label() + ": endpoints of kind " + k + " carry no messages of a service",
		})
	case k != "":
		m.b.findings = append(m.b.findings, Finding{
			Pos: kind.Pos(), Path: kind.Path(), Effect: Refused, Scope: ScopeEndpoint, Code: "standard-endpoint-not-served", gate: ep.Element,
			Text: ep.label() + ": endpoints of kind " + k + " are not served yet; remove it here",
		})
	}
}

// Metadata reports whether the endpoint is for metadata exchange. Such an
// endpoint is not served yet; the file says so in a finding of scope setting.
func (ep *Endpoint) Metadata() bool {
	return ep.Service != nil && (ep.Kind.Peek() == "mexEndpoint" || ep.Contract.Peek() == "IMetadataExchange" ||
		strings.HasPrefix(ep.BindingKind.Peek(), "mex"))
}

// silentKinds are standard endpoints without effect (spec wcf-config 2.5, N).
var silentKinds = []string{
	"discoveryEndpoint", "udpDiscoveryEndpoint", "announcementEndpoint", "udpAnnouncementEndpoint", "workflowControlEndpoint",
}

// LeftOut reports whether an endpoint of a service is not to be opened: it is
// for metadata exchange, discovery or workflow control. Its verdict is among the
// findings.
func (ep *Endpoint) LeftOut() bool {
	return ep.Metadata() || slices.Contains(silentKinds, ep.Kind.Peek())
}

// EffectiveName is the endpoint's name: as written, or the binding's name, an
// underscore and the contract's name without its namespaces (spec wcf-config
// 2.3). EndpointName filters compare it.
func (ep *Endpoint) EffectiveName() string {
	if n := ep.Name.Peek(); n != "" || ep.Service == nil {
		return n
	}
	binding := ep.bindingName()
	if k := ep.BindingKind.Peek(); binding == "" && k != "" {
		binding = strings.ToUpper(k[:1]) + k[1:]
		if strings.HasPrefix(k, "ws") {
			binding = "WS" + k[2:]
		}
	}
	contract := ep.Contract.Peek()
	return binding + "_" + contract[strings.LastIndexByte(contract, '.')+1:]
}

// bindingName is what the endpoint, or the last one of the service with the same
// binding configuration, calls its binding: WCF makes one binding for all of
// them (spec wcf-config 1.6).
func (ep *Endpoint) bindingName() string {
	name := ep.BindingName.Peek()
	for _, x := range ep.Service.Endpoints {
		same := x.BindingKind.Peek() == ep.BindingKind.Peek() && x.text("bindingConfiguration") == ep.text("bindingConfiguration")
		if n := x.BindingName.Peek(); n != "" && same {
			name = n
		}
	}
	return name
}

// Acknowledge accepts that third-party elements of that name are left out (the
// setting acknowledge). It reports whether the file has one.
func (f *File) Acknowledge(name string) bool {
	found := false
	var walk func(e *Element)
	walk = func(e *Element) {
		if e.third && e.name == name {
			e.consumed.Store(true)
			found = true
		}
		for _, c := range e.children {
			walk(c)
		}
	}
	for _, e := range slices.Concat(f.roots, f.implied) {
		walk(e)
	}
	return found
}

// idle warns of what nothing refers to.
func (m *modeler) idle() {
	warn := func(e *Element, code string) {
		if len(e.users) == 0 {
			e.told = true
			m.b.findings = append(m.b.findings, Finding{
				Pos: e.pos, Path: e.Path(), Effect: Warning, Code: code, Text: e.label() + ": nothing refers to it; remove it, or use it",
			})
		}
	}
	for _, x := range m.f.Filters {
		warn(x.Element, "unused-filter")
	}
	for _, x := range m.f.FilterTables {
		warn(x.Element, "unused-table")
	}
	for _, x := range m.f.BackupLists {
		warn(x.Element, "unused-backup-list")
	}
}
