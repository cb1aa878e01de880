package iis

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Hosting is one application of a site, as far as it makes addresses.
type Hosting struct {
	Bindings    []Binding // of the site, in order
	Application string    // path of the application; "" or "/" = the root of the site
	Protocols   []string  // enabledProtocols; none = http, which covers https

	// MultipleSiteBindings is multipleSiteBindingsEnabled: the first http and the
	// first https binding make the base addresses, prefix filters do not count,
	// and hosts and ports are not compared (dispatch 9.4).
	MultipleSiteBindings bool
	// Prefixes are the baseAddressPrefixFilters.
	Prefixes []string
}

// Protocols reads enabledProtocols: names between commas, in any letter case.
func Protocols(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ToLower(text), ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Enabled reports whether the application takes part in a scheme.
func (h Hosting) Enabled(scheme string) bool {
	if len(h.Protocols) == 0 {
		return scheme == "http" || scheme == "https"
	}
	return slices.Contains(h.Protocols, scheme) || scheme == "https" && slices.Contains(h.Protocols, "http")
}

// Effective gives the bindings that make base addresses. With several site
// bindings enabled, that is the first of http and of https, for any host.
func (h Hosting) Effective() []Binding {
	var out []Binding
	for _, b := range Collapse(h.Bindings) {
		web := b.Scheme == "http" || b.Scheme == "https"
		switch {
		case !h.Enabled(b.Scheme):
			continue
		case h.MultipleSiteBindings && web && slices.ContainsFunc(out, func(x Binding) bool { return x.Scheme == b.Scheme }):
			continue
		case h.MultipleSiteBindings && web:
			b.Mode = uritable.WeakWildcard
		}
		out = append(out, b)
	}
	return out
}

// Bases makes the base addresses of a service from its path below the
// application (dir/orders.svc). The error is *Error: BaseAddressDuplicateScheme
// where two bindings of one scheme are left, Hosting_NoBaseAddress where none is.
func (h Hosting) Bases(path string) (uritable.Bases, error) {
	var all []uritable.URI
	for _, b := range h.Effective() {
		u, err := b.Address(Join(h.Application, path))
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	if !h.MultipleSiteBindings {
		var err error
		if all, err = FilterBases(all, h.Prefixes); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, fail("Hosting_NoBaseAddress", "no site binding is left for the service; add one, or a prefix of baseAddressPrefixFilters that equals one")
	}
	texts := make([]string, len(all))
	for i, u := range all {
		texts[i] = u.String()
	}
	bases, err := uritable.NewBases(texts...)
	if err != nil {
		return nil, fail("BaseAddressDuplicateScheme", "%v", err)
	}
	return bases, nil
}

// Join puts paths below the root of a site together: one slash between them.
func Join(parts ...string) string {
	var path strings.Builder
	for _, p := range parts {
		if p = strings.Trim(strings.ReplaceAll(p, `\`, "/"), "/"); p != "" {
			path.WriteString("/" + p)
		}
	}
	return cmp.Or(path.String(), "/")
}

// FilterBases applies baseAddressPrefixFilters (dispatch 9.2): of a scheme with
// a filter only addresses with its port and its host, without case, are kept.
// The path of a filter does not count. The error is *Error:
// BaseAddressDuplicateScheme for a second filter of one scheme.
func FilterBases(bases []uritable.URI, prefixes []string) ([]uritable.URI, error) {
	filters := map[string]uritable.URI{}
	for _, p := range prefixes {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(p), "://")
		scheme = strings.ToLower(scheme)
		if _, second := filters[scheme]; second {
			return nil, fail("BaseAddressDuplicateScheme",
				"baseAddressPrefixFilters: a second prefix for scheme %s; keep one, or set multipleSiteBindingsEnabled", scheme)
		}
		u, err := uritable.Parse(p)
		if err != nil && !strings.HasPrefix(rest, "*") && !strings.HasPrefix(rest, "+") {
			return nil, fail("UriMustBeAbsolute", "baseAddressPrefixFilters: prefix %q: %v; write scheme and host, such as http://www.example.com", p, err)
		}
		filters[scheme] = u // the zero URI equals no base address
	}
	return slices.DeleteFunc(slices.Clone(bases), func(u uritable.URI) bool {
		f, filtered := filters[u.Scheme()]
		return filtered && (f.IsZero() || f.Port() != u.Port() || f.Host() != u.Host())
	}), nil
}

// CheckRelative applies the rule of multipleSiteBindingsEnabled for endpoints
// over http and https: the listen URI, or the address where there is none, must
// be relative. The error is *Error: Hosting_SharedEndpointRequiresRelativeEndpoint.
func (h Hosting) CheckRelative(scheme, address, listenURI string) error {
	if !h.MultipleSiteBindings || scheme != "http" && scheme != "https" {
		return nil
	}
	if text := cmp.Or(listenURI, address); !uritable.IsRelative(text) {
		return fail("Hosting_SharedEndpointRequiresRelativeEndpoint",
			"%q must be relative with multipleSiteBindingsEnabled; write the part behind the service file", text)
	}
	return nil
}

// Site is a site of applicationHost.config.
type Site struct {
	Name         string
	Bindings     []Binding
	Applications []Application
	Pos          source.Pos
}

// Application is an application of a site.
type Application struct {
	Path      string   // "/" or "/shop"
	Physical  string   // directory as written; it may name variables of the environment
	Protocols []string // enabledProtocols
	Pos       source.Pos
}

// Of finds the application of a URL path: the longest whose path it is, or is
// below. Hosts and ports do not count (dispatch 9.2, virtual path).
func (s Site) Of(path string) (Application, bool) {
	best, found := Application{}, false
	for _, a := range s.Applications {
		if Below(a.Path, path) && (!found || len(a.Path) > len(best.Path)) {
			best, found = a, true
		}
	}
	return best, found
}

// Below reports whether a URL path is that of an application or below it,
// without case and by whole segments.
func Below(application, path string) bool {
	root, rest := strings.ToLower(Join(application)), strings.ToLower(Join(path))
	return root == "/" || rest == root || strings.HasPrefix(rest, root+"/")
}

// ErrNoDirective says that a file is no service file.
var ErrNoDirective = errors.New("iis: the file has no ServiceHost directive; it is no service file")
