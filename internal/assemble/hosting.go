package assemble

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// LoadOptions adds to o what the settings say of the site that the WCF file
// belongs to: reading the file takes it into account (dispatch 9).
func LoadOptions(s *settings.Settings, o configs.LoadOptions) (configs.LoadOptions, error) {
	h := s.Hosting
	if h == nil {
		return o, nil
	}
	site, err := siteOf(h)
	o.IIS = &configs.IIS{Application: site.application.Path, Bindings: site.bindings, Protocols: site.application.Protocols}
	return o, err
}

// iisSite is what the settings say of a site.
type iisSite struct {
	bindings    []iis.Binding
	application iis.Application
}

// siteOf reads it: out of the settings themselves, or out of the configuration
// of IIS that they name.
func siteOf(h *settings.Hosting) (iisSite, error) {
	out := iisSite{application: iis.Application{Path: h.Application.Get()}}
	machine := h.Machine.Get()
	if machine == "" {
		name, err := os.Hostname()
		if err != nil {
			return out, &settings.Error{Pos: h.Pos, Path: "hosting.machine", Text: fmt.Sprintf("the machine does not tell its name (%v); write it here", err)}
		}
		machine = name
	}
	if h.Host.Written() {
		err := out.fromHost(h, machine)
		return out, err
	}
	for _, v := range h.Bindings {
		site := v.Get()
		b, err := iis.ParseBinding(site.Scheme, fmt.Sprintf("%s:%d:%s", site.IP, site.Port, site.Host), machine)
		if err != nil {
			return out, &settings.Error{Pos: v.Pos, Path: "hosting.bindings[]", Text: err.Error()}
		}
		b.Pos = v.Pos
		out.bindings = append(out.bindings, b)
	}
	return out, nil
}

// fromHost reads an applicationHost.config. Bindings of other schemes than http
// and https are left out: nothing listens for them.
func (x *iisSite) fromHost(h *settings.Hosting, machine string) error {
	sites, err := configs.LoadSites(h.Host.Get(), machine)
	if err != nil {
		return err
	}
	site, application, ok := configs.Site(sites, h.Site.Get())
	if !ok {
		var names []string
		for _, s := range sites {
			names = append(names, s.Name)
		}
		return &settings.Error{Pos: h.Site.Pos, Path: "hosting.site", Text: fmt.Sprintf("no site %q in %s; it has %s", h.Site.Get(), h.Host.Get(), strings.Join(names, ", "))}
	}
	if h.Application.Written() {
		if application, ok = site.Of(h.Application.Get()); !ok || !strings.EqualFold(application.Path, h.Application.Get()) {
			return &settings.Error{Pos: h.Application.Pos, Path: "hosting.application", Text: fmt.Sprintf("site %q has no application %s", site.Name, h.Application.Get())}
		}
	}
	x.application = application
	for _, b := range site.Bindings {
		if b.Scheme == "http" || b.Scheme == "https" {
			x.bindings = append(x.bindings, b)
		}
	}
	return nil
}

// spot is where a listener stands, and how the host of its URI is meant.
type spot struct {
	uri  uritable.URI
	mode uritable.Mode
}

// places are where the endpoints of a group listen: at their listen URI; under
// IIS at the binding of the site which that comes from, and with
// multipleSiteBindingsEnabled at every binding of its scheme, for any host
// (dispatch 9.3, 9.4).
func (b *builder) places(g *group) []spot {
	own := []spot{{g.uri, g.binding.HostMode}}
	if g.owner.VirtualPath == "" || b.settings.Hosting == nil {
		return own
	}
	if b.site == nil {
		site, err := siteOf(b.settings.Hosting)
		if err != nil {
			return own // reading the file has failed with it
		}
		b.site = &site
	}
	var out []spot
	for _, s := range b.site.bindings {
		switch {
		case s.Scheme != g.uri.Scheme():
		case g.owner.AnyPort:
			at, err := uritable.Parse(fmt.Sprintf("%s://%s%s", s.Scheme, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), g.uri.RequestTarget()))
			if err == nil && !slices.ContainsFunc(out, func(p spot) bool { return p.uri.Port() == at.Port() }) {
				out = append(out, spot{at, uritable.WeakWildcard})
			}
		case s.Port == g.uri.Port() && strings.EqualFold(s.Host, g.uri.Hostname()):
			return []spot{{g.uri, s.Mode}}
		}
	}
	if len(out) == 0 {
		return own
	}
	return out
}
