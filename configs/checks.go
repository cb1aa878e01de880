package configs

import (
	"path"
	"slices"
	"strings"
)

// The checks of this file need more than one attribute, or more than the type
// of one. Each has the identifier of WCF's message.

// checkPrefixes: absolute, and one for each scheme (spec wcf-config 6).
func (m *modeler) checkPrefixes(prefixes []Value[string]) {
	first := map[string]Value[string]{}
	for _, v := range prefixes {
		scheme, host, ok := absolute(v.Peek())
		if v.a.bad || v.Peek() == "" {
			continue
		}
		if !ok || host == "" {
			m.b.fail(v.Pos(), v.Path(), "Config_base_value_invalid",
				"baseAddressPrefixFilters: %s is not an absolute address; write scheme and host, such as http://shop.example", quote(v.Peek()))
			continue
		}
		if x, taken := first[scheme]; taken {
			m.b.fail(v.Pos(), v.Path(), "BaseAddressDuplicateScheme",
				"baseAddressPrefixFilters: a second prefix for scheme %s, the first is at %v; keep one for each scheme", scheme, x.Pos())
			continue
		}
		first[scheme] = v
	}
}

// checkActivations applies the rules of relativeAddress (spec wcf-config 6).
func (m *modeler) checkActivations(activations []*ServiceActivation) {
	first := map[string]*ServiceActivation{}
	for _, a := range activations {
		v := a.RelativeAddress
		text := v.Peek()
		if v.a.bad || text == "" {
			continue
		}
		fail := func(code, why string) {
			m.b.fail(v.Pos(), v.Path(), code, "serviceActivations: %s %s", quote(text), why)
		}
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(text, `\`, "/"), "~/"))
		switch x, ext := first[name], path.Ext(name); {
		case strings.HasPrefix(text, "/") || strings.HasPrefix(text, `\`):
			fail("Hosting_NoAbsoluteRelativeAddress", "begins with a slash; write it relative to the application, such as orders.svc")
		case ext == "" || ext == ".":
			fail("Hosting_NoValidExtensionFoundForRegistedFilelessService", "has no extension; end it in .svc")
		case ext != ".svc" && ext != ".xamlx":
			fail("Hosting_RelativeAddressExtensionNotSupportError", "has an extension that no host knows; end it in .svc")
		case x != nil:
			fail("Hosting_RelativeAddressHasBeenAdded", "stands at "+x.RelativeAddress.Pos().String()+" already; change or remove one")
		default:
			first[name] = a
		}
		if a.ServiceName.Peek() == "" && a.Factory.Peek() == "" {
			m.b.fail(a.pos, a.Path(), "Hosting_NoServiceAndFactorySpecifiedForFilelessService",
				"serviceActivations: %s names neither service nor factory; write service, as in services/service", quote(text))
		}
	}
}

// checkMetadata: the addresses of pages are of the right scheme (spec
// wcf-config 5.1).
func (m *modeler) checkMetadata(b *ServiceBehavior) {
	if d := b.Metadata; d != nil {
		m.checkPage(d.HTTPURL, "http")
		m.checkPage(d.HTTPSURL, "https")
		v := d.ExternalMetadataLocation
		if scheme, _, ok := absolute(v.Peek()); ok && scheme != "http" && scheme != "https" {
			m.b.fail(v.Pos(), v.Path(), "SFxServiceMetadataBehaviorUrlMustBeHttpOrRelative",
				"%s: externalMetadataLocation must be an http or https address", d.label())
		}
	}
	if d := b.Debug; d != nil {
		m.checkPage(d.HTTPURL, "http")
		m.checkPage(d.HTTPSURL, "https")
	}
}

func (m *modeler) checkPage(v Value[string], scheme string) {
	if s, _, ok := absolute(v.Peek()); ok && s != scheme {
		m.b.fail(v.Pos(), v.Path(), "SFxServiceMetadataBehaviorUrlMustBeHttpOrRelative", "%s: %s must be relative or have the scheme %s", v.a.el.label(), v.a.row.name, scheme)
	}
}

// checkToken: exactly one token provider (spec wcf-config 4.9).
func (m *modeler) checkToken(e *Element) {
	p := e.at("tokenProvider")
	if p == nil {
		return
	}
	written := slices.DeleteFunc(slices.Clone(p.children), func(c *Element) bool { return !c.written })
	switch len(written) {
	case 0:
		m.b.fail(p.pos, p.Path(), "token-provider", "%s: no provider; write sharedAccessSignature with keyName and key", p.label())
	case 1:
	default:
		m.b.fail(written[1].pos, written[1].Path(), "token-provider", "%s: a second provider, the first is %s at %v; keep one",
			p.label(), written[0].name, written[0].pos)
	}
}

// stackOrder is the order of the elements of a customBinding above the encoder.
var stackOrder = []string{"transactionFlow", "reliableSession", "security", "compositeDuplex", "oneWay"}

// checkStack: protocol elements in their order, and credentials over a
// transport that protects them (spec wcf-config 4.7).
func (m *modeler) checkStack(b *Binding) {
	last := -1
	for _, x := range b.Elements {
		i := slices.Index(stackOrder, x.Kind)
		if i < 0 {
			continue
		}
		if i < last {
			m.b.findings = append(m.b.findings, Finding{
				Pos: x.pos, Path: x.Path(), Effect: Warning, Code: "custom-binding-order", gate: b.Element,
				Text: b.label() + ": " + x.Kind + " stands below " + stackOrder[last] + "; the order is " + strings.Join(stackOrder, ", ") + ", encoding, transport",
			})
		}
		last = max(last, i)
	}
	s := b.Security
	if s == nil || !strings.HasSuffix(s.AuthenticationMode.Peek(), "OverTransport") {
		return
	}
	upgraded := b.child("sslStreamSecurity") != nil || b.child("windowsStreamSecurity") != nil
	switch {
	case b.scheme() == "https" || upgraded:
	case s.InsecureTransport.Peek():
		m.b.findings = append(m.b.findings, Finding{
			Pos: s.InsecureTransport.Pos(), Path: s.InsecureTransport.Path(), Effect: Warning, Code: "insecure-setting", gate: b.Element,
			Text: b.label() + ": allowInsecureTransport sends credentials that everybody on the way can read",
		})
	default:
		refuseUsed(m, b, s.AuthenticationMode, "binding-not-served", s.AuthenticationMode.Peek()+" needs httpsTransport or a stream upgrade; use one")
	}
}
