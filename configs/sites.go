package configs

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/iis"
)

// LoadSites reads the sites of IIS out of an applicationHost.config (spec
// wcf-config 9): bindings and applications with their enabled protocols.
// machine is the name that stands for a binding without host.
func LoadSites(name, machine string) ([]iis.Site, error) {
	dir, base := filepath.Split(name)
	data, err := readRegular(os.DirFS(cmp.Or(dir, ".")), base)
	if err != nil {
		b := newBinder(LoadOptions{})
		b.read(&reader{}, name, 0)
		return nil, b.errs
	}
	return ParseSites(name, data, machine)
}

// ParseSites is LoadSites from memory.
func ParseSites(name string, data []byte, machine string) ([]iis.Site, error) {
	doc, errs := parseXML(name, data)
	if doc == nil {
		return nil, errs
	}
	b := newBinder(LoadOptions{})
	b.doc, b.errs = doc, errs
	root := doc.root.FindElement("system.applicationHost/sites")
	if doc.root.Tag != "configuration" || root == nil {
		b.fail(doc.pos[doc.root], "", "not-a-host-configuration", "there is no system.applicationHost/sites; name the applicationHost.config of IIS or IIS Express")
		return nil, b.errs
	}
	var out []iis.Site
	for _, n := range root.SelectElements("site") {
		out = append(out, b.site(n, root, machine))
	}
	if len(b.errs) > 0 {
		b.errs.sort()
		return out, b.errs
	}
	return out, nil
}

func (b *binder) site(n, sites *etree.Element, machine string) iis.Site {
	s := iis.Site{Name: n.SelectAttrValue("name", ""), Pos: b.doc.pos[n]}
	for _, x := range n.FindElements("bindings/binding") {
		info, err := iis.ParseBinding(x.SelectAttrValue("protocol", ""), x.SelectAttrValue("bindingInformation", ""), machine)
		if err != nil {
			b.siteError(x, s.Name, err)
			continue
		}
		info.Pos = b.doc.pos[x]
		s.Bindings = append(s.Bindings, info)
	}
	for _, x := range n.SelectElements("application") {
		a := iis.Application{Path: iis.Join(x.SelectAttrValue("path", "/")), Pos: b.doc.pos[x]}
		for _, from := range []*etree.Element{x, n.SelectElement("applicationDefaults"), sites.SelectElement("applicationDefaults")} {
			if from != nil && len(a.Protocols) == 0 {
				a.Protocols = iis.Protocols(from.SelectAttrValue("enabledProtocols", ""))
			}
		}
		for _, v := range x.SelectElements("virtualDirectory") {
			if a.Physical == "" || v.SelectAttrValue("path", "/") == "/" {
				a.Physical = v.SelectAttrValue("physicalPath", "")
			}
		}
		s.Applications = append(s.Applications, a)
	}
	return s
}

// siteError reports a site binding. Those of protocols that host no service are
// none of Viaduct's business.
func (b *binder) siteError(n *etree.Element, site string, err error) {
	var e *iis.Error
	if errors.As(err, &e) && e.Code != "Hosting_NotSupportedProtocol" {
		b.fail(b.doc.pos[n], "site["+site+"]/bindings/binding", e.Code, "site %s: %s", quote(site), e.Text)
	}
}

// Site finds the application of IIS that a directory belongs to: by the name of
// the site, or by the physical path of an application. Variables such as
// %SystemDrive% are compared by what follows them.
func Site(sites []iis.Site, nameOrDir string) (iis.Site, iis.Application, bool) {
	for _, s := range sites {
		if strings.EqualFold(s.Name, nameOrDir) && len(s.Applications) > 0 {
			i := max(slices.IndexFunc(s.Applications, func(a iis.Application) bool { return a.Path == "/" }), 0)
			return s, s.Applications[i], true
		}
	}
	tail := func(dir string) string {
		dir = strings.ToLower(strings.Trim(strings.ReplaceAll(dir, `\`, "/"), "/"))
		if strings.HasPrefix(dir, "%") || len(dir) > 1 && dir[1] == ':' {
			_, dir, _ = strings.Cut(dir, "/")
		}
		return dir
	}
	for _, s := range sites {
		for _, a := range s.Applications {
			if a.Physical != "" && tail(a.Physical) == tail(nameOrDir) {
				return s, a, true
			}
		}
	}
	return iis.Site{}, iis.Application{}, false
}
