package configs

import (
	"slices"
	"time"

	"github.com/beevik/etree"
)

// modeler turns bound elements into the model and resolves the references.
type modeler struct {
	b *binder
	f *File

	byName   map[string]*Filter
	clients  map[string][]*Endpoint
	bindings map[[2]string]*Binding // by kind and name, see named
}

// build makes the model of bound roots: system.serviceModel, system.web and
// system.webServer, and where they were bound system.diagnostics and
// appSettings.
func (m *modeler) build(model, web, webServer *Element, more ...*Element) {
	f := m.f
	for _, kinds := range children(model, "bindings") {
		for _, kind := range kinds.children {
			for _, e := range kind.all("binding") {
				f.Bindings = append(f.Bindings, m.binding(kind.name, e))
			}
		}
	}
	for _, e := range children(model, "behaviors", "serviceBehaviors", "behavior") {
		f.ServiceBehaviors = append(f.ServiceBehaviors, m.serviceBehavior(e))
	}
	for _, e := range children(model, "behaviors", "endpointBehaviors", "behavior") {
		f.EndpointBehaviors = append(f.EndpointBehaviors, m.endpointBehavior(e))
	}
	for _, e := range children(model, "services", "service") {
		f.Services = append(f.Services, m.service(e))
	}
	for _, e := range children(model, "client", "endpoint") {
		f.Client = append(f.Client, m.endpoint(e, nil))
	}
	m.routing(model)
	m.hosting(model)
	m.outside(model, more)
	f.Web = &Web{MaxRequestLength: value[int64](web.child("httpRuntime"), "maxRequestLength")}
	for _, limits := range children(webServer, "security", "requestFiltering", "requestLimits") {
		f.Web.MaxAllowedContentLength = value[int64](limits, "maxAllowedContentLength")
	}
	for _, access := range children(webServer, "security", "access") {
		f.Web.SSLFlags = value[[]string](access, "sslFlags")
	}
}

// outside is what stands in other sections: diagnostics, keys.
func (m *modeler) outside(model *Element, roots []*Element) {
	var tracing *Element
	for _, r := range roots {
		switch r.row {
		case schemaTracing:
			tracing = r
		case schemaAppSettings:
			r.children = slices.DeleteFunc(r.children, func(c *Element) bool { return c.text("key") != serviceBusKey })
			for _, c := range r.children {
				m.f.ServiceBus = value[string](c, "value")
			}
		}
	}
	m.diagnostics(model, tracing)
	if e := model.at("commonBehaviors", "serviceBehaviors"); e != nil {
		m.f.CommonService = m.serviceBehavior(e)
	}
	if e := model.at("commonBehaviors", "endpointBehaviors"); e != nil {
		m.f.CommonEndpoint = m.endpointBehavior(e)
	}
}

// children gives the elements at a path below e.
func children(e *Element, names ...string) []*Element {
	level := []*Element{e}
	for _, name := range names {
		var next []*Element
		for _, x := range level {
			next = append(next, x.all(name)...)
		}
		level = next
	}
	return level
}

func (m *modeler) binding(kind string, e *Element) *Binding {
	b := &Binding{
		Element: e, Kind: kind, Name: ref(e, "name"),
		OpenTimeout: value[time.Duration](e, "openTimeout"), CloseTimeout: value[time.Duration](e, "closeTimeout"),
		SendTimeout: value[time.Duration](e, "sendTimeout"), ReceiveTimeout: value[time.Duration](e, "receiveTimeout"),
		MessageEncoding: value[string](e, "messageEncoding"), TextEncoding: value[string](e, "textEncoding"),
		TransactionFlow: value[bool](e, "transactionFlow"), Transactions: value[string](e, "transactionProtocol"),
		Transport:       transportOf(e),
		ReaderQuotas:    quotasOf(e.child("readerQuotas")),
		ReliableSession: sessionOf(e.child("reliableSession")),
		Relay:           Relay{IsDynamic: value[bool](e, "isDynamic"), ConnectionMode: value[string](e, "connectionMode")},
	}
	if b.TextEncoding.a == nil {
		b.TextEncoding = value[string](e, "writeEncoding") // webHttpBinding
	}
	if b.TransferMode.a == nil {
		b.TransferMode.v = "Buffered" // the WS bindings have no such attribute
	}
	if s := e.child("security"); s != nil {
		b.Security = m.security(b, s)
	}
	if kind == "customBinding" {
		m.stack(b)
	}
	m.checkSizes(b)
	return b
}

func quotasOf(e *Element) *ReaderQuotas {
	if e == nil {
		return nil
	}
	return &ReaderQuotas{
		Element: e, MaxDepth: value[int64](e, "maxDepth"), MaxBytesPerRead: value[int64](e, "maxBytesPerRead"),
		MaxNameTableCharCount:  value[int64](e, "maxNameTableCharCount"),
		MaxStringContentLength: value[int64](e, "maxStringContentLength"), MaxArrayLength: value[int64](e, "maxArrayLength"),
	}
}

// serviceBehavior is serviceBehaviorOf with its checks.
func (m *modeler) serviceBehavior(e *Element) *ServiceBehavior {
	b := serviceBehaviorOf(e)
	m.checkMetadata(b)
	return b
}

// endpointBehavior is endpointBehaviorOf with its checks.
func (m *modeler) endpointBehavior(e *Element) *EndpointBehavior {
	b := endpointBehaviorOf(e)
	if b.Relay != nil {
		m.checkToken(b.Relay.Element)
	}
	return b
}

func pageOf(e *Element, name string) Page {
	return Page{
		HTTPURL: value[string](e, "http"+name+"Url"), HTTPSURL: value[string](e, "https"+name+"Url"),
		HTTPBinding: value[string](e, "http"+name+"Binding"), HTTPSBinding: value[string](e, "https"+name+"Binding"),
		HTTPConfiguration:  value[string](e, "http"+name+"BindingConfiguration"),
		HTTPSConfiguration: value[string](e, "https"+name+"BindingConfiguration"),
	}
}

func serviceBehaviorOf(e *Element) *ServiceBehavior {
	b := &ServiceBehavior{
		Element: e, Name: ref(e, "name"),
		Credentials: serviceCredentialsOf(e.child("serviceCredentials")), Authorization: authorizationOf(e.child("serviceAuthorization")),
		Authentication: authenticationOf(e.child("serviceAuthenticationManager")),
	}
	if u := e.child("useRequestHeadersForMetadataAddress"); u != nil {
		b.UseRequestHeaders = &RequestHeaders{Element: u}
		for _, x := range children(u, "defaultPorts", "add") {
			b.UseRequestHeaders.DefaultPorts = append(b.UseRequestHeaders.DefaultPorts, DefaultPort{
				Scheme: value[string](x, "scheme"), Port: value[int64](x, "port"),
			})
		}
	}
	if h := e.child("serviceHealth"); h != nil {
		b.Health = &ServiceHealth{
			Element: h, Details: value[bool](h, "healthDetailsEnabled"), HTTPGetEnabled: value[bool](h, "httpGetEnabled"),
			HTTPSGetEnabled: value[bool](h, "httpsGetEnabled"), Page: pageOf(h, "Get"),
		}
	}
	if d := e.child("serviceDebug"); d != nil {
		b.Debug = &ServiceDebug{
			Element: d, IncludeExceptionDetailInFaults: value[bool](d, "includeExceptionDetailInFaults"),
			HTTPHelpPageEnabled: value[bool](d, "httpHelpPageEnabled"), HTTPSHelpPageEnabled: value[bool](d, "httpsHelpPageEnabled"),
			Page: pageOf(d, "HelpPage"),
		}
	}
	if d := e.child("serviceMetadata"); d != nil {
		b.Metadata = &ServiceMetadata{
			Element: d, HTTPGetEnabled: value[bool](d, "httpGetEnabled"), HTTPSGetEnabled: value[bool](d, "httpsGetEnabled"),
			ExternalMetadataLocation: value[string](d, "externalMetadataLocation"), PolicyVersion: value[string](d, "policyVersion"),
			Page: pageOf(d, "Get"),
		}
	}
	if d := e.child("serviceThrottling"); d != nil {
		b.Throttling = &Throttling{
			Element: d, MaxConcurrentCalls: value[int64](d, "maxConcurrentCalls"),
			MaxConcurrentSessions:  value[int64](d, "maxConcurrentSessions"),
			MaxConcurrentInstances: value[int64](d, "maxConcurrentInstances"),
		}
	}
	if d := e.child("routing"); d != nil {
		b.Routing = &Routing{
			Element: d, FilterTableName: ref(d, "filterTableName"),
			RouteOnHeadersOnly:    value[bool](d, "routeOnHeadersOnly"),
			SoapProcessingEnabled: value[bool](d, "soapProcessingEnabled"),
			EnsureOrderedDispatch: value[bool](d, "ensureOrderedDispatch"),
		}
	}
	return b
}

func endpointBehaviorOf(e *Element) *EndpointBehavior {
	b := &EndpointBehavior{
		Element: e, Name: ref(e, "name"),
		Credentials: clientCredentialsOf(e.child("clientCredentials")), Relay: relayTokenOf(e.child("transportClientEndpointBehavior")),
	}
	if v := e.child("serviceRegistrySettings"); v != nil {
		b.Registry = &Registry{Element: v, DiscoveryMode: value[string](v, "discoveryMode"), DisplayName: value[string](v, "displayName")}
	}
	if v := e.child("clientVia"); v != nil {
		b.ClientVia = value[string](v, "viaUri")
	}
	if v := e.child("soapProcessing"); v != nil {
		b.ProcessMessages = value[bool](v, "processMessages")
	}
	return b
}

func (m *modeler) service(e *Element) *Service {
	s := &Service{Element: e, Name: ref(e, "name")}
	ref(e, "behaviorConfiguration")
	for _, host := range e.all("host") {
		for _, add := range children(host, "baseAddresses", "add") {
			s.BaseAddresses = append(s.BaseAddresses, &BaseAddress{Element: add, Address: value[string](add, "baseAddress")})
		}
		if t := host.child("timeouts"); t != nil {
			s.OpenTimeout, s.CloseTimeout = value[time.Duration](t, "openTimeout"), value[time.Duration](t, "closeTimeout")
		}
	}
	if s.OpenTimeout.a == nil {
		s.OpenTimeout.v, s.CloseTimeout.v = time.Minute, 10*time.Second
	}
	for _, x := range e.all("endpoint") {
		s.Endpoints = append(s.Endpoints, m.endpoint(x, s))
	}
	return s
}

func (m *modeler) endpoint(e *Element, s *Service) *Endpoint {
	ep := &Endpoint{
		Element: e, Service: s, Name: ref(e, "name"), Address: value[string](e, "address"),
		BindingKind: ref(e, "binding"), Contract: value[string](e, "contract"),
		ListenURI: value[string](e, "listenUri"), ListenURIMode: value[string](e, "listenUriMode"),
		BindingName: value[string](e, "bindingName"), BindingNS: value[string](e, "bindingNamespace"),
		Kind: ref(e, "kind"),
	}
	ref(e, "bindingConfiguration")
	ref(e, "behaviorConfiguration")
	ref(e, "endpointConfiguration")
	if h := e.child("headers"); h != nil {
		ep.headersEl, ep.headers = h, m.headers(h)
	}
	if i := e.child("identity"); i != nil {
		ep.Identity = &Identity{
			Element: i, UPN: value[string](i.first("userPrincipalName"), "value"), SPN: value[string](i.first("servicePrincipalName"), "value"),
			DNS: value[string](i.first("dns"), "value"), RSA: value[string](i.first("rsa"), "value"),
			Certificate: value[string](i.first("certificate"), "encodedValue"),
			Reference:   certificateOf(i.child("certificateReference")),
		}
	}
	return ep
}

// first is child, and an empty element where there is none.
func (e *Element) first(name string) *Element {
	if c := e.child(name); c != nil {
		return c
	}
	return &Element{row: &element{}}
}

// headers makes each address header an XML document of its own.
func (m *modeler) headers(h *Element) []Header {
	var out []Header
	for _, n := range h.node.ChildElements() {
		c := n.Copy()
		for p := n.Parent(); p != nil; p = p.Parent() {
			for _, a := range p.Attr {
				declares := a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns"
				if declares && c.SelectAttr(a.FullKey()) == nil {
					c.CreateAttr(a.FullKey(), a.Value)
				}
			}
		}
		d := etree.NewDocumentWithRoot(c)
		d.WriteSettings.CanonicalEndTags = true
		text, err := d.WriteToBytes()
		if err != nil {
			m.b.fail(h.pos, h.Path(), "header-unwritable", "headers: %s cannot be written again", n.FullTag())
			continue
		}
		out = append(out, Header{Pos: m.b.place(n, h.pos), Space: c.NamespaceURI(), Local: c.Tag, XML: text})
	}
	return out
}

func (m *modeler) routing(model *Element) {
	f := m.f
	for _, e := range children(model, "routing", "filters", "filter") {
		ref(e, "filter1")
		ref(e, "filter2")
		f.Filters = append(f.Filters, &Filter{
			Element: e, Name: ref(e, "name"), Type: value[string](e, "filterType"), Data: value[string](e, "filterData"),
			CustomType: value[string](e, "customType"),
		})
	}
	for _, e := range children(model, "routing", "filterTables", "filterTable") {
		t := &FilterTable{Element: e, Name: ref(e, "name")}
		for _, x := range e.all("add") {
			ref(x, "filterName")
			ref(x, "endpointName")
			ref(x, "backupList")
			t.Entries = append(t.Entries, &TableEntry{Element: x, Priority: value[int64](x, "priority")})
		}
		f.FilterTables = append(f.FilterTables, t)
	}
	for _, e := range children(model, "routing", "backupLists", "backupList") {
		l := &BackupList{Element: e, Name: ref(e, "name")}
		for _, x := range e.all("add") {
			ref(x, "endpointName")
			l.Entries = append(l.Entries, &BackupEntry{Element: x})
		}
		f.BackupLists = append(f.BackupLists, l)
	}
	for _, e := range children(model, "routing", "namespaceTable", "add") {
		f.Namespaces = append(f.Namespaces, &Namespace{Element: e, Prefix: ref(e, "prefix"), Namespace: value[string](e, "namespace")})
	}
}
