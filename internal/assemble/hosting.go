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
	sites, err := siteBindings(h)
	o.IIS = &configs.IIS{Application: h.Application.Get(), Bindings: sites}
	return o, err
}

// siteBindings are the bindings of the site that the settings describe.
func siteBindings(h *settings.Hosting) ([]iis.Binding, error) {
	machine := h.Machine.Get()
	if machine == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, &settings.Error{Pos: h.Pos, Path: "hosting.machine", Text: fmt.Sprintf("the machine does not tell its name (%v); write it here", err)}
		}
		machine = name
	}
	var out []iis.Binding
	for _, v := range h.Bindings {
		site := v.Get()
		b, err := iis.ParseBinding(site.Scheme, fmt.Sprintf("%s:%d:%s", site.IP, site.Port, site.Host), machine)
		if err != nil {
			return nil, &settings.Error{Pos: v.Pos, Path: "hosting.bindings[]", Text: err.Error()}
		}
		b.Pos = v.Pos
		out = append(out, b)
	}
	return out, nil
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
	sites, err := siteBindings(b.settings.Hosting)
	if err != nil {
		return own // reading the file has failed with it
	}
	var out []spot
	for _, s := range sites {
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
