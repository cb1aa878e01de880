package configs

import (
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// extensions gathers the names that the file declares, before they are met. An
// element has the name that the file gives it; what it is says the type (spec
// wcf-config 1.5).
func (b *binder) extensions(n *etree.Element) {
	for _, list := range n.FindElements("extensions/*") {
		types := map[string]string{}
		for _, add := range list.SelectElements("add") {
			name, typ := add.SelectAttrValue("name", ""), shortType(add.SelectAttrValue("type", ""))
			if name == "" || typ == "" {
				continue
			}
			at := b.doc.pos[add]
			path := "extensions/" + list.Tag + "/add[" + name + "]"
			if first, twice := types[typ]; twice && first != name {
				b.fail(at, path, "ConfigDuplicateExtensionType", "add %q: the type is registered as %q already; remove one", name, first)
			}
			types[typ] = name
			switch known := wellKnown(typ); {
			case known != "":
				b.alias[name] = known
			case schemaKnows(name) && microsoft(typ):
			case builtIn(name):
				b.fail(at, path, "ConfigDuplicateExtensionName", "add %q: WCF has the name itself, and the type is another one; choose another name", name)
			default:
				b.third[name] = true
			}
		}
	}
}

// row finds the schema of a child element: by what its name was declared to
// mean, else by its name.
func (b *binder) row(e *element, name string) *element {
	if known, ok := b.alias[name]; ok {
		if r := e.lookup(known); r != nil {
			return r
		}
	}
	if b.third[name] && !builtIn(name) {
		return nil
	}
	return e.lookup(name)
}

// registries hold what extensions may add to.
func registries() []*element {
	return []*element{serviceBehavior, endpointBehavior, kindCustom.children[0], schemaBindings}
}

// schemaKnows reports whether a declared name is one of Microsoft's own, which
// files often declare again.
func schemaKnows(name string) bool {
	return slices.ContainsFunc(registries(), func(row *element) bool { return row.lookup(name) != nil })
}

// builtIn reports whether WCF registers the name itself; those of relays come
// with their own package.
func builtIn(name string) bool {
	lower := strings.ToLower(name)
	relay := strings.Contains(lower, "relay") || strings.Contains(lower, "netmessaging") ||
		slices.Contains([]string{"transportclientendpointbehavior", "serviceregistrysettings", "connectionstatusbehavior"}, lower)
	return !relay && schemaKnows(name)
}

// microsoft reports whether a type is one of WCF or of the relay package.
func microsoft(typ string) bool {
	return strings.HasPrefix(typ, "System.ServiceModel.") || strings.HasPrefix(typ, "Microsoft.ServiceBus.")
}

// oddTypes are types whose name does not tell the element.
var oddTypes = map[string]string{
	"PrivacyNoticeElement": "privacyNoticeAt", "ServiceMetadataPublishingElement": "serviceMetadata", "WebScriptEnablingElement": "enableWebScript",
	"ServiceAuthenticationElement": "serviceAuthenticationManager", "ConnectionStatusElement": "connectionStatusBehavior",
	"IssuedTokenParametersElement": "issuedTokenParameters", "NetMessagingBindingCollectionElement": "netMessagingBinding",
}

// wellKnown is the element that a type of Microsoft's stands for; "" = the type
// is none, or none that is known.
func wellKnown(typ string) string {
	if !microsoft(typ) {
		return ""
	}
	class, _, _ := strings.Cut(typ, ",")
	class = class[strings.LastIndexByte(class, '.')+1:]
	if odd, ok := oddTypes[class]; ok && schemaKnows(odd) {
		return odd
	}
	for _, suffix := range []string{"BehaviorExtensionElement", "ExtensionElement", "CollectionElement", "BindingElement", "Element", "Section"} {
		stem, ok := strings.CutSuffix(class, suffix)
		if !ok {
			continue
		}
		for _, row := range registries() {
			for _, name := range row.childNames() {
				if strings.EqualFold(name, stem) || strings.EqualFold(name, stem+"Behavior") || strings.EqualFold(name, stem+"Binding") {
					return name
				}
			}
		}
	}
	return ""
}
