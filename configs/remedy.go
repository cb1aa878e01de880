package configs

import (
	"strconv"
	"strings"
)

// Where the settings can decide, a finding brings the lines to paste. Names of
// the file are quoted, so that no name can be anything but a name.

// remedy gives the lines for a verdict on an element, or on one of its
// attributes; "" where the settings cannot help.
func remedy(e *Element, a *attr) string {
	switch {
	case e.third:
		return "acknowledge:\n  - " + strconv.Quote(e.name) + "\n"
	case a != nil && (a.row.name == "mode" || a.row.name == "authenticationMode") && e.name == "security":
		return e.remedySecurity()
	case a != nil && a.row.name == "multipleSiteBindingsEnabled":
		return remedyHosting
	case e.name == "filter" && a != nil && a.row.name == "customType":
		name, _, _ := strings.Cut(a.text, ",")
		return "filters:\n  - type: " + strconv.Quote(strings.TrimSpace(name)) + "\n    is: round-robin   # or match-all, match-none\n"
	case a == nil || a.row.secret:
	case a.row.name == "findValue":
		lines := "certificates:\n  - find: " + strconv.Quote(a.text) + "\n"
		if store := e.attr("storeName"); store != nil && store.written {
			lines += "    store: " + strconv.Quote(store.text) + "\n"
		}
		return lines + "    certificate: certificate.pem   # the chain, the certificate itself first\n    key: key.pem\n"
	}
	return ""
}

// remedySecurity overrides the mode of a binding configuration.
func (e *Element) remedySecurity() string {
	for x := e; x != nil; x = x.parent {
		for _, kind := range schemaBindings.children {
			if len(kind.children) == 0 || kind.children[0] != x.row {
				continue
			}
			name := kind.name
			if k := x.key(); k != "" {
				name += "/" + k
			}
			return "bindings:\n  - name: " + strconv.Quote(name) + "\n    security: pass   # or Transport, None\n"
		}
	}
	return ""
}
