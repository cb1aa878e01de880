package assemble

import (
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// checkSettings refuses settings that name nothing in the file, or something
// that they do not apply to: what somebody meant to protect must not go
// unprotected because of a misspelling.
func (b *builder) checkSettings() {
	services := map[string]bool{}
	for _, s := range b.file.Services {
		services[s.Name.Peek()] = true
	}
	for _, s := range b.settings.Services {
		if !services[s.Name.Get()] {
			b.wrong(s.Name.Pos, "services[].name", fmt.Sprintf("no service %q in %s; it has %s", s.Name.Get(), b.file.Name, list(services)))
		}
	}
	clients, fronts := map[string]bool{}, map[string]bool{}
	for _, e := range b.file.Client {
		clients[e.Name.Peek()] = true
	}
	for _, s := range b.file.Services {
		for _, e := range s.Endpoints {
			fronts[e.EffectiveName()] = true
		}
	}
	for i := range b.settings.Endpoints {
		e := &b.settings.Endpoints[i]
		switch name := e.Name.Get(); {
		case clients[name] && fronts[name]:
		case clients[name]:
			b.misplaced(e.Unused.Written(), e.Unused.Pos, "unused", name, "client", "service")
			b.misplaced(len(e.Aliases) > 0, e.Pos, "aliases", name, "client", "service")
			b.misplaced(e.Accept.Written(), e.Accept.Pos, "accept", name, "client", "service")
		case fronts[name]:
			b.misplaced(e.Mode.Written(), e.Mode.Pos, "mode", name, "service", "client")
			b.misplaced(e.Proxy.Written(), e.Proxy.Pos, "proxy", name, "service", "client")
			b.misplaced(e.TLS != nil, e.Pos, "tls", name, "service", "client")
			b.misplaced(len(e.Repeatable) > 0, e.Pos, "repeatable", name, "service", "client")
			b.checkOperated(e)
		default:
			b.wrong(e.Name.Pos, "endpoints[].name", fmt.Sprintf("no endpoint %q in %s; it has %s", name, b.file.Name, list(clients, fronts)))
		}
		b.checkPass(e)
	}
}

func (b *builder) misplaced(is bool, at source.Pos, setting, name, kind, other string) {
	if is {
		b.wrong(at, "endpoints[]."+setting, fmt.Sprintf("%s belongs to a %s endpoint, and %q is a %s endpoint", setting, other, name, kind))
	}
}

// reserved are fields that Viaduct writes itself or that concern one connection
// only: to pass on a client's would let it speak in Viaduct's name, or change
// where a message ends (threats T-HTTP-07, T-HTTP-08).
var reserved = []string{
	"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect", "host",
	"content-length", "content-type", "content-encoding", "mime-version", "soapaction", "accept-encoding",
	"proxy-authorization", "proxy-authenticate",
	"forwarded", "x-forwarded-for", "x-forwarded-proto", "viaduct-hops", "x-viaduct-error",
}

func (b *builder) checkPass(e *settings.Endpoint) {
	for _, p := range e.Pass {
		if name := strings.ToLower(strings.ReplaceAll(p.Get(), "_", "-")); slices.Contains(reserved, name) {
			b.wrong(p.Pos, "endpoints[].http.pass", p.Get()+" cannot be passed on: Viaduct writes it itself, or it concerns one connection only")
		}
	}
}

func (b *builder) wrong(at source.Pos, path, text string) {
	b.fail(&settings.Error{Pos: at, Path: path, Text: text})
}

// list names what there is, for people.
func list(sets ...map[string]bool) string {
	var names []string
	for _, set := range sets {
		for name := range set {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	names = slices.Compact(names)
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " ..."
	}
	return strings.Join(names, ", ")
}

// endpointSettings returns the settings of a named endpoint, or defaults.
func (b *builder) endpointSettings(name string) settings.Endpoint {
	if b.ends == nil {
		b.ends = make(map[string]*settings.Endpoint, len(b.settings.Endpoints))
		for i := range b.settings.Endpoints {
			e := &b.settings.Endpoints[i]
			b.ends[e.Name.Get()] = e
		}
	}
	if e := b.ends[name]; e != nil {
		return *e
	}
	return settings.Endpoint{}
}
