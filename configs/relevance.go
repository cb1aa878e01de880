package configs

import (
	"slices"
	"strings"
)

// The functions below answer whether a row matters where it stands, and why
// not. They are asked after the assembler ran.

func clientSide(e *Element) (bool, string) {
	return e.usedAs(true), "only sending endpoints read it, and none that is served has this configuration"
}

func serviceSide(e *Element) (bool, string) {
	return e.usedAs(false), "only listening endpoints read it, and none that is served has this configuration"
}

// modeIs looks at the effective security mode of the binding around.
func modeIs(modes ...string) func(*Element) (bool, string) {
	return func(e *Element) (bool, string) {
		for x := e; x != nil; x = x.parent {
			if x.name == "security" {
				mode := x.text("mode")
				return slices.Contains(modes, mode), "it matters only with security mode " + strings.Join(modes, " or ")
			}
		}
		return true, ""
	}
}

// baseOfSome: addresses are resolved when an endpoint is built, and only what is
// relative needs a base.
func baseOfSome(e *Element) (bool, string) {
	return e.attr("baseAddress").consumed.Load(), "no endpoint that is served has an address relative to it"
}

func opensWebSocket(e *Element) (bool, string) {
	return e.text("transportUsage") == "Always", noteWebSocket
}

// demanded asks whether a served endpoint with this behaviour has security that
// needs credentials.
func demanded(e *Element) (bool, string) {
	return e.demandedBy(func(*Endpoint) bool { return true }), "no endpoint that is served needs it; the TLS certificate of a socket stands in the settings"
}

// demandedBy asks whether a served endpoint is among those that need e.
func (e *Element) demandedBy(is func(*Endpoint) bool) bool {
	return slices.ContainsFunc(e.owner().demands, func(ep *Endpoint) bool { return ep.Used() && ep.secured() && is(ep) })
}

// secured reports whether the endpoint has security that may need credentials.
// The settings may have changed the mode since the file was read.
func (ep *Endpoint) secured() bool {
	b := ep.Binding
	switch b.Protection() {
	case ProtectNone:
		return false
	case ProtectTransport:
		return ep.Service == nil || b.Security != nil && b.Security.ClientCredential.Peek() != "None" || b.asksCertificate()
	case ProtectMessage, ProtectWithCredential:
	}
	return true
}

// login asks whether a served endpoint with this behaviour wants to know who
// calls, by more than the certificate of the connection.
func login(e *Element) (bool, string) {
	return e.demandedBy(func(ep *Endpoint) bool {
		return ep.Service == nil || ep.Binding.Protection() != ProtectTransport || !ep.Binding.asksCertificate()
	}), "no endpoint that is served needs it"
}

// showsCertificate: a destination that demands a certificate.
func showsCertificate(e *Element) (bool, string) {
	return e.demandedBy(func(ep *Endpoint) bool { return ep.Service == nil && ep.Binding.asksCertificate() }),
		"no destination that is served demands a certificate in TLS; messages that need one pass through with what the client put in"
}

// asksCertificates: an endpoint of the service demands certificates of clients.
func asksCertificates(e *Element) (bool, string) {
	return e.demandedBy(func(ep *Endpoint) bool { return ep.Service != nil && ep.Binding.asksCertificate() }),
		"no endpoint that is served demands a certificate in TLS"
}

// checksServer: a destination is reached over TLS.
func checksServer(e *Element) (bool, string) {
	return e.demandedBy(overTLS), "no destination that is served is reached over https"
}

func overTLS(ep *Endpoint) bool {
	return ep.Service == nil && ep.Binding.Served() && ep.Binding.scheme() == "https"
}

// provesIdentity: the identity of a destination that is reached over TLS, and
// the first one of them (spec wcf-config 3.3).
func provesIdentity(e *Element) (bool, string) {
	for e.parent != nil && e.parent.name != "identity" {
		e = e.parent
	}
	if e.parent == nil {
		return true, ""
	}
	for _, name := range identities {
		if name == e.name {
			break
		}
		if first := e.parent.child(name); first != nil && first.written {
			return false, name + " stands beside it and counts before it"
		}
	}
	return e.demandedBy(overTLS), "the destination is not reached over https: nobody there proves an identity to Viaduct, and the ends of secured messages check each other"
}

// identities are the children of identity, those that count first in front.
var identities = []string{"userPrincipalName", "servicePrincipalName", "dns", "rsa", "certificate", "certificateReference"}

func filterIs(types ...string) func(*Element) (bool, string) {
	return func(e *Element) (bool, string) {
		return slices.Contains(types, e.text("filterType")), "filters of this type do not read it"
	}
}

// Third-party names and protective elements are read from the tree itself:
// their content has no schema here.

// deniesUsers: everything but <clear/> and an allow for all.
func deniesUsers(e *Element) (bool, string) {
	for _, c := range e.node.ChildElements() {
		switch c.Tag {
		case "clear", "remove":
			continue
		case "allow":
			if c.SelectAttrValue("users", "") == "*" {
				continue
			}
		case "add":
			if c.SelectAttrValue("accessType", "") == "Allow" && c.SelectAttrValue("users", "") == "*" && c.SelectAttrValue("verbs", "") == "" {
				continue
			}
		}
		return true, ""
	}
	return false, "it allows everybody"
}

// demandsLogin: anonymous access off, or a scheme on.
func demandsLogin(e *Element) (bool, string) {
	for _, c := range e.node.ChildElements() {
		on := strings.EqualFold(c.SelectAttrValue("enabled", ""), "true")
		off := strings.EqualFold(c.SelectAttrValue("enabled", ""), "false")
		if c.Tag == "anonymousAuthentication" && off || c.Tag != "anonymousAuthentication" && on {
			return true, ""
		}
	}
	return false, "it lets everybody in"
}

func filtersAddresses(e *Element) (bool, string) {
	if strings.EqualFold(e.node.SelectAttrValue("allowUnlisted", "true"), "false") {
		return true, ""
	}
	for _, c := range e.node.ChildElements() {
		if c.Tag == "add" {
			return true, ""
		}
	}
	return false, "it lists no address"
}

// namesThirdParty: an item whose type is not Microsoft's own.
func namesThirdParty(e *Element) (bool, string) {
	for _, c := range e.node.ChildElements() {
		t := strings.TrimSpace(c.SelectAttrValue("type", ""))
		if c.Tag == "add" && t != "" && !strings.HasPrefix(t, "System.") && !strings.HasPrefix(t, "Microsoft.") {
			return true, ""
		}
	}
	return false, "it names parts of IIS and ASP.NET only"
}

// filtersRequests: a list of requestFiltering that takes requests away.
func filtersRequests(e *Element) (bool, string) {
	if strings.EqualFold(e.node.SelectAttrValue("allowUnlisted", "true"), "false") {
		return true, ""
	}
	for _, c := range e.node.ChildElements() {
		if c.Tag != "clear" && c.Tag != "remove" && !strings.EqualFold(c.SelectAttrValue("allowed", ""), "true") {
			return true, ""
		}
	}
	return false, "it takes no request away"
}

// tracesWCF: the source that the element belongs to is one of WCF, or it is a
// shared listener.
func tracesWCF(e *Element) (bool, string) {
	for x := e; x != nil; x = x.parent {
		if x.name == "source" {
			return strings.HasPrefix(x.text("name"), "System.ServiceModel"), "it is no source of WCF"
		}
	}
	return true, ""
}
