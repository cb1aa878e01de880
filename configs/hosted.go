package configs

import (
	"errors"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// remedyHosting are the settings that say which site a file belongs to.
const remedyHosting = `hosting:
  bindings: ["http *:80:"]   # as IIS lists them
  application: /             # path of the application below the site
`

// hosted puts the services where IIS would put them (spec
// wcf-addressing-dispatch 9): base addresses come from the site, the application
// and the path of the service file; what the file itself lists is ignored.
func (m *modeler) hosted() {
	h := m.f.Hosting
	if m.b.hosting == nil {
		m.selfHosted(h)
		return
	}
	site := iis.Hosting{
		Bindings: m.b.hosting.Bindings, Application: m.b.hosting.Application, Protocols: m.b.hosting.Protocols,
		MultipleSiteBindings: h.MultipleSiteBindingsEnabled.Get(),
	}
	h.child("serviceActivations").Use()
	filters := h.child("baseAddressPrefixFilters")
	for _, v := range h.PrefixFilters {
		if site.MultipleSiteBindings {
			filters.void = "multipleSiteBindingsEnabled is true, and then no prefix counts"
			continue
		}
		site.Prefixes = append(site.Prefixes, v.Get())
		filters.Use()
	}
	m.activations()
	var out []*Service
	placed := map[string]bool{}
	for _, a := range m.b.activations {
		if s := m.activate(a, site); s != nil {
			out = append(out, s)
			placed[s.Name.Peek()] = true
		}
	}
	for _, s := range m.f.Services {
		if placed[s.Name.Peek()] {
			continue
		}
		out = append(out, s)
		m.b.note(Finding{
			Pos: s.pos, Path: s.Path(), Effect: Refused, Scope: ScopeService, Code: "service-path-unknown", gate: s.Element,
			Text: s.label() + ": no service file (.svc) and no item of serviceActivations names it, so its path is unknown; " +
				`add <add relativeAddress="x.svc" service="` + s.Name.Peek() + `"/> to serviceActivations`,
		})
	}
	m.f.Services = out
}

// selfHosted: nobody has said that IIS hosts the services.
func (m *modeler) selfHosted(h *Hosting) {
	for name, what := range map[string]string{
		"serviceActivations":       "it gives services their path below a site of IIS",
		"baseAddressPrefixFilters": "it chooses among the addresses of a site of IIS",
	} {
		e := h.child(name)
		if e == nil || !e.written {
			continue
		}
		e.void, e.told = what, true
		m.b.note(Finding{
			Pos: e.pos, Path: e.Path(), Effect: Refused, Scope: ScopeFile, Code: "hosting-unknown", Remedy: remedyHosting,
			Text: e.label() + ": " + what + ", and the settings (hosting) name none; name it, or remove this",
		})
	}
}

// activations gathers where services are started: items of the file go before
// service files of the same path (dispatch 9.5).
func (m *modeler) activations() {
	var all []iis.Activation
	for _, x := range m.f.Hosting.Activations {
		path, err := iis.ActivationPath(x.RelativeAddress.Get())
		if err != nil {
			continue // checkActivations has reported it
		}
		all = append(all, iis.Activation{Path: path, Service: iis.ServiceName(x.ServiceName.Get()), Factory: iis.ServiceName(x.Factory.Get()), Pos: x.pos})
	}
	for _, a := range append(all, m.b.hosting.Activations...) {
		taken := func(x iis.Activation) bool { return strings.EqualFold(x.Path, a.Path) }
		if !slices.ContainsFunc(m.b.activations, taken) {
			m.b.activations = append(m.b.activations, a)
		}
	}
}

// activate makes the service of one path; nil = it cannot be known which.
func (m *modeler) activate(a iis.Activation, site iis.Hosting) *Service {
	if a.Service == "" {
		m.b.note(Finding{
			Pos: a.Pos, Path: "serviceActivations", Effect: Refused, Scope: ScopeService, Code: "factory-only",
			Text: "serviceActivations: " + quote(a.Path) + " names a factory only, which is code that cannot be run; name the service",
		})
		return nil
	}
	var e *Element
	for _, s := range m.f.Services {
		if s.Name.Peek() == a.Service {
			e = s.Element
		}
	}
	if e == nil {
		e = m.impliedService(a.Service, a.Pos)
	}
	s := m.service(e)
	s.VirtualPath, s.AnyPort = iis.Join(site.Application, a.Path), site.MultipleSiteBindings
	for _, b := range s.BaseAddresses {
		b.void = "IIS hosts the service, so its addresses come from the site"
	}
	s.BaseAddresses = nil
	bases, err := site.Bases(a.Path)
	if err != nil {
		m.unplaced(a, err)
		return s
	}
	for _, u := range bases {
		s.BaseAddresses = append(s.BaseAddresses, m.impliedBase(e, u, a.Pos))
	}
	return s
}

func (m *modeler) unplaced(a iis.Activation, err error) {
	code := "Hosting_NoBaseAddress"
	if x, ok := errors.AsType[*iis.Error](err); ok {
		code = x.Code
	}
	m.b.fail(a.Pos, "serviceHostingEnvironment", code, "%s: %v", quote(a.Path), err)
}

// impliedService is a service that only a service file names.
func (m *modeler) impliedService(name string, at source.Pos) *Element {
	e := m.b.implied(schemaServices.children[0], at)
	e.title = "service " + quote(name)
	e.set("name", name)
	m.f.implied = append(m.f.implied, e)
	return e
}

func (m *modeler) impliedBase(service *Element, u uritable.URI, at source.Pos) *BaseAddress {
	row := schemaHost.lookup("baseAddresses").children[0]
	e := m.b.implied(row, at)
	e.title = service.label() + ": base address"
	e.parent = service
	e.set("baseAddress", u.String())
	return &BaseAddress{Element: e, Address: value[string](e, "baseAddress")}
}

// set gives an implied element a value.
func (e *Element) set(name, text string) {
	if a := e.attr(name); a != nil {
		a.text, a.val = text, text
	}
}

// sharedSites applies what multipleSiteBindingsEnabled asks of a service
// (dispatch 9.4).
func (m *modeler) sharedSites(s *Service) {
	site := iis.Hosting{MultipleSiteBindings: s.AnyPort}
	check := func(scheme string, address, listen Value[string], what string) {
		var wrong *iis.Error
		if err := site.CheckRelative(scheme, address.Peek(), listen.Peek()); !errors.As(err, &wrong) {
			return
		}
		at := address
		if listen.Peek() != "" {
			at = listen
		}
		if !m.reported(at.Path()) {
			m.b.fail(at.Pos(), at.Path(), wrong.Code, "%s: %s", what, wrong.Text)
		}
	}
	if s.VirtualPath == "" || !s.AnyPort {
		return
	}
	for _, ep := range s.Endpoints {
		if ep.Binding != nil {
			check(ep.Binding.scheme(), ep.Address, ep.ListenURI, ep.label())
		}
	}
	if d := s.Behavior.Metadata; d != nil {
		if d.HTTPGetEnabled.Peek() {
			check("http", d.HTTPURL, Value[string]{}, d.label())
		}
		if d.HTTPSGetEnabled.Peek() {
			check("https", d.HTTPSURL, Value[string]{}, d.label())
		}
	}
	if d := s.Behavior.Debug; d != nil {
		if d.HTTPHelpPageEnabled.Peek() {
			check("http", d.HTTPURL, Value[string]{}, d.label())
		}
		if d.HTTPSHelpPageEnabled.Peek() {
			check("https", d.HTTPSURL, Value[string]{}, d.label())
		}
	}
}
