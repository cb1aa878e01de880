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
	for _, ep := range e.owner().demands {
		if ep.Used() {
			return true, ""
		}
	}
	return false, "no endpoint that is served needs it; the TLS certificate of a socket stands in the settings"
}

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
