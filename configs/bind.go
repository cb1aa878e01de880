package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// binder checks a tree against the schema and gathers every error.
type binder struct {
	doc         *document
	files       []*document      // the chain of configuration files, outermost first
	docs        []*document      // and those of configSource
	target      []string         // the chosen directory, from the outermost file's on
	application int              // level of the application's directory
	hosting     *IIS             // nil = self-hosted
	activations []iis.Activation // where services are started, under IIS

	commonService, commonEndpoint *Element // of commonBehaviors

	sources  map[string]origin // files that a configSource took
	third    map[string]bool   // names of behaviorExtensions, bindingElementExtensions, bindingExtensions
	alias    map[string]string // declared names of what the schema knows under another name
	removals []*removal
	parsed   map[*attribute]any // defaults, see defaultOf
	errs     Errors
	findings []Finding
}

func (b *binder) fail(p source.Pos, path, code, format string, args ...any) {
	b.errs = append(b.errs, &Error{Pos: p, Path: path, Code: code, Text: fmt.Sprintf(format, args...)})
}

func (b *binder) note(f Finding) { b.findings = append(b.findings, f) }

// element binds one element of the file and everything below it.
func (b *binder) element(n *etree.Element, row *element, parent *Element) *Element {
	e := &Element{row: row, name: row.name, parent: parent, written: true, node: n, pos: b.doc.pos[n]}
	if row.section {
		if moved := b.configSource(e); moved != nil {
			defer func(d *document) { b.doc = d }(b.doc)
			b.doc = moved
			n = moved.root
			e.node = n
		}
	}
	if row.opaque {
		return e
	}
	b.attributes(e, n)
	b.children(e, n)
	b.imply(e)
	return e
}

func (b *binder) attributes(e *Element, n *etree.Element) {
	var unknown []int
	at := b.doc.attrs[n]
	for i, a := range n.Attr {
		row := e.row.attribute(a.FullKey())
		switch {
		case a.FullKey() == "xmlns" && !e.row.text && a.Value != b.doc.root.SelectAttrValue("xmlns", ""):
			b.fail(at[i], e.Path(), "Config_namespace_invalid", "%s: it has another namespace than the root element; remove the xmlns attribute", e.name)
		case a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" || a.Space == "xml":
		case slices.Contains(lockAttributes, a.FullKey()):
			b.note(Finding{
				Pos: at[i], Path: e.Path() + "/@" + a.Key, Effect: NoEffect, Code: "lock-attribute",
				Text: e.name + ": " + a.Key + ": inner files are not held to it",
			})
		case e.row.section && slices.Contains(sectionAttributes, a.FullKey()):
			// configSource has reported what is wrong with them.
		case row == nil:
			unknown = append(unknown, i)
		default:
			e.attrs = append(e.attrs, &attr{row: row, el: e, text: a.Value, at: at[i], written: true})
		}
	}
	for _, i := range unknown {
		name := n.Attr[i].FullKey()
		b.fail(at[i], e.Path()+"/@"+name, "Config_base_unrecognized_attribute", "%s: unknown attribute %s%s",
			e.label(), name, didYouMean(name, e.row.attrNames()))
	}
	for _, a := range e.attrs {
		b.parse(e, a)
	}
	b.defaults(e)
}

// defaults adds the attributes that were not written. Elements that nobody has
// written are most of a large model, so that their attributes are made at once.
func (b *binder) defaults(e *Element) {
	written := e.attrs
	missing := make([]attr, max(len(e.row.attrs)-len(written), 0))
	e.attrs = slices.Grow(e.attrs, len(missing))
	for i := range e.row.attrs {
		row := &e.row.attrs[i]
		if slices.ContainsFunc(written, func(a *attr) bool { return a.row.name == row.name }) {
			continue
		}
		if row.required && e.written {
			b.fail(e.pos, e.Path()+"/@"+row.name, "Config_base_required_attribute_missing",
				"%s: attribute %s is missing and required", e.label(), row.name)
		}
		if len(missing) == 0 { // one was written twice
			missing = make([]attr, 1)
		}
		a := &missing[0]
		missing = missing[1:]
		a.row, a.el, a.text = row, e, row.def
		if row.def != "" || row.typ == tString || row.typ == tURI {
			a.val = b.defaultOf(row)
		}
		e.attrs = append(e.attrs, a)
	}
}

// defaultOf parses the default of a row, once.
func (b *binder) defaultOf(row *attribute) any {
	v, ok := b.parsed[row]
	if !ok {
		v, _ = row.parse(row.def) // TestSchema_defaults parses every default
		b.parsed[row] = v
	}
	return v
}

func (b *binder) parse(e *Element, a *attr) {
	if a.row.required && a.text == "" {
		a.bad = true
		b.fail(a.at, a.path(), "Config_base_required_attribute_missing", "%s: attribute %s is empty and required", e.label(), a.row.name)
		return
	}
	v, err := a.row.parse(a.text)
	if err == nil {
		a.val = v
		return
	}
	a.bad = true
	code := a.row.code
	if code == "" {
		code = "Config_base_value_invalid"
	}
	if a.row.name == "filterType" {
		b.fail(a.at, a.path(), code, "%s: unknown filterType %s; %v", e.label(), a.quoted(), err)
		return
	}
	b.fail(a.at, a.path(), code, "%s: attribute %s has the value %s; %v", e.label(), a.row.name, a.quoted(), err)
}

func (b *binder) children(e *Element, n *etree.Element) {
	if p, ok := b.doc.text[n]; ok && !e.row.mixed && !e.row.text {
		b.fail(p, e.Path(), "Config_base_section_invalid_content", "%s: text is not allowed here; values stand in attributes", e.name)
	}
	for _, c := range n.ChildElements() {
		p := b.doc.pos[c]
		if (e.row.arc || e.row.mixed) && (c.FullTag() == "clear" || c.FullTag() == "remove") {
			b.removal(e, c)
			continue
		}
		row := b.row(e.row, c.FullTag())
		switch {
		case row != nil:
			b.child(e, c, row)
		case b.third[c.FullTag()] && (e.row.mixed || e.name == "bindings" || e.name == "standardEndpoints"):
			b.thirdParty(e, c)
		case c.Tag == "EncryptedData":
			if n.SelectAttr("configProtectionProvider") == nil {
				b.fail(p, e.Path(), "unsupported-encrypted-section", "%s is encrypted%s", e.name, adviceDecrypt)
			}
		default:
			b.unknown(e, c, p)
		}
	}
}

const adviceDecrypt = "; decrypt it on the machine that encrypted it (aspnet_regiis -pd), then start again"

// unknown reports a child element that the schema does not know here.
func (b *binder) unknown(e *Element, n *etree.Element, p source.Pos) {
	name := n.FullTag()
	code, hint := "Config_base_unrecognized_element", didYouMean(name, e.row.childNames())
	if e.row.code != "" && (e.row.mixed || e.name == "bindings" || e.name == "standardEndpoints") {
		code = e.row.code
	}
	switch {
	case e.row == serviceBehavior && endpointBehavior.lookup(name) != nil:
		code, hint = "ConfigInvalidServiceBehaviorType", "; it is an endpoint behavior, move it to endpointBehaviors"
	case e.row == endpointBehavior && serviceBehavior.lookup(name) != nil:
		code, hint = "ConfigInvalidEndpointBehaviorType", "; it is a service behavior, move it to serviceBehaviors"
	}
	path := name
	if e.Path() != "" {
		path = e.Path() + "/" + name
	}
	b.fail(p, path, code, "%s: unknown element %s%s", e.label(), name, hint)
}

func (b *binder) child(e *Element, n *etree.Element, row *element) {
	if !row.many {
		if first := e.child(row.name); first != nil {
			code := row.code
			switch {
			case row.section:
				code = "Config_sections_must_be_unique"
			case code == "":
				code = "Config_base_element_cannot_be_repeated"
			}
			b.fail(b.doc.pos[n], first.Path(), code, "%s: element %s stands twice, first at %v; keep one", e.label(), row.name, first.pos)
			return
		}
	}
	c := b.element(n, row, e)
	if row.many && len(row.keys) > 0 {
		if first := e.sameKey(c); first != nil {
			if !row.exact || !sameContent(first, c) {
				keys := "same " + strings.Join(row.keys, " and ")
				if len(row.keys) > 3 {
					keys = "same key (" + strings.Join(row.keys, ", ") + ")"
				}
				b.fail(c.pos, c.Path(), row.code, "%s: the %s stands at %v already; change or remove one", c.label(), keys, first.pos)
			}
			return
		}
	}
	e.children = append(e.children, c)
}

// sameKey finds an item that is there already under the key of c, and notes c
// where there is none.
func (e *Element) sameKey(c *Element) *Element {
	if e.index == nil {
		e.index = make(map[string]*Element)
		for _, x := range e.children {
			e.index[itemKey(x)] = x
		}
	}
	k := itemKey(c)
	if first := e.index[k]; first != nil {
		return first
	}
	e.index[k] = c
	return nil
}

func itemKey(e *Element) string {
	parts := make([]string, len(e.row.keys)+1)
	parts[0] = e.name
	for i, k := range e.row.keys {
		parts[i+1] = e.text(k)
		if k == e.row.fold {
			parts[i+1] = strings.ToUpper(parts[i+1])
		}
	}
	return strings.Join(parts, "\x00")
}

func sameContent(a, b *Element) bool {
	for _, x := range a.attrs {
		if y := b.attr(x.row.name); y == nil || x.text != y.text {
			return false
		}
	}
	if len(a.children) != len(b.children) {
		return false
	}
	for i := range a.children {
		if a.children[i].row != b.children[i].row || !sameContent(a.children[i], b.children[i]) {
			return false
		}
	}
	return true
}

// thirdParty keeps an element that an extension declared. Its content is not
// checked, and it is refused where its owner is used.
func (b *binder) thirdParty(e *Element, n *etree.Element) {
	row := &element{
		name: n.FullTag(), opaque: true, many: true, verdict: VerdictNotYet, scope: ScopeEndpoint, sec: "1.5",
		note: "it is code of a third party and may be a check; acknowledge it in the settings (acknowledge) if it can be left out",
	}
	if first := e.child(row.name); first != nil && e.row.mixed {
		b.fail(b.doc.pos[n], first.Path(), "ConfigDuplicateItem", "%s: element %s stands twice, first at %v; keep one", e.label(), row.name, first.pos)
		return
	}
	switch e.name {
	case "bindings":
		row.verdict, row.note = VerdictNoEffect, "it is a binding of a third party; an endpoint that uses it is refused"
	case "standardEndpoints":
		row.verdict, row.note = VerdictNoEffect, "it is an endpoint of a third party, and refused where it stands"
	}
	e.children = append(e.children, &Element{row: row, name: row.name, pos: b.doc.pos[n], parent: e, written: true, node: n, third: true})
}

// imply adds the children that have an effect without being written.
func (b *binder) imply(e *Element) {
	for _, row := range e.row.children {
		if !row.implied || row.many || e.child(row.name) != nil {
			continue
		}
		c := &Element{row: row, name: row.name, pos: e.pos, parent: e}
		b.defaults(c)
		b.imply(c)
		e.children = append(e.children, c)
	}
}

// implied builds a whole element from its defaults.
func (b *binder) implied(row *element, p source.Pos) *Element {
	e := &Element{row: row, name: row.name, pos: p}
	b.defaults(e)
	b.imply(e)
	return e
}

var sectionAttributes = []string{"configSource", "configProtectionProvider", "configBuilders"}

var lockAttributes = []string{"lockAttributes", "lockElements", "lockAllAttributesExcept", "lockAllElementsExcept", "lockItem"}

// quote shows a value in an error, unless it may hold a secret (T-CFG-02).
func quote(s string) string {
	lower := strings.ToLower(s)
	for _, word := range []string{"password", "pwd", "secret", "key=", "token", "credential"} {
		if strings.Contains(lower, word) {
			return "(not shown)"
		}
	}
	if i := strings.Index(s, "://"); i >= 0 && strings.Contains(s[i:], "@") {
		return "(not shown: it holds a user name)"
	}
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "..."
	}
	return strconv.Quote(s)
}

// place is the position of a node in whichever file holds it.
func (b *binder) place(n *etree.Element, otherwise source.Pos) source.Pos {
	for _, d := range b.docs {
		if p, ok := d.pos[n]; ok {
			return p
		}
	}
	return otherwise
}
