package configs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// scope is what one file says about one directory: its own sections, or those
// of its locations with one path. Scopes are merged from the outermost inward
// (spec wcf-config 1.3).
type scope struct {
	doc   *document
	level int // of the directory: segments below the outermost file's; -1 = above all
	where string
	nodes []*etree.Element // sections and groups
	deny  map[*etree.Element]source.Pos
}

// location is one location element with a path.
type location struct {
	path   string // as written, with slashes
	pos    source.Pos
	nodes  []*etree.Element
	denied source.Pos // of allowOverride or overrideMode; zero = open
	childs bool       // inheritInChildApplications
}

// elsewhere is a location that does not concern the chosen directory.
type elsewhere struct {
	where string
	trees []*Element
}

// serving are the top-level sections that concern Viaduct.
var serving = []string{"system.serviceModel", "system.web", "system.webServer"}

// scopes gives what concerns the chosen directory, outermost first, and the
// locations that do not.
func (b *binder) scopes() (mine []*scope, others map[*document][]location) {
	others = map[*document][]location{}
	perLevel := make([][]*scope, len(b.target)+2) // -1 first
	for _, d := range b.files {
		b.doc = d
		own := &scope{doc: d, level: d.level, deny: map[*etree.Element]source.Pos{}}
		var located []*scope
		for _, l := range b.split(own) {
			level, match := b.match(d, l.path)
			switch {
			case !match:
				others[d] = append(others[d], l)
			case !l.childs && level < b.application:
				b.note(Finding{
					Pos: l.pos, Path: l.label(), Effect: NoEffect, Code: "location-not-inherited",
					Text: l.label() + ": inheritInChildApplications is false, and the chosen directory is in a child application",
				})
			default:
				located = add(located, d, level, l)
			}
		}
		for _, s := range located {
			perLevel[s.level+1] = append(perLevel[s.level+1], s)
		}
		perLevel[own.level+1] = append(perLevel[own.level+1], own)
	}
	for _, list := range perLevel {
		// The locations of outer files come before the file of the directory.
		slices.SortStableFunc(list, func(x, y *scope) int { return x.doc.level - y.doc.level })
		mine = append(mine, list...)
	}
	return mine, others
}

// add joins the locations of one file with one path.
func add(list []*scope, d *document, level int, l location) []*scope {
	i := slices.IndexFunc(list, func(s *scope) bool { return s.level == level })
	if i < 0 {
		list = append(list, &scope{doc: d, level: level, where: l.path, deny: map[*etree.Element]source.Pos{}})
		i = len(list) - 1
	}
	for _, n := range l.nodes {
		list[i].nodes = append(list[i].nodes, n)
		if l.denied.Line > 0 {
			list[i].deny[n] = l.denied
		}
	}
	return list
}

func (l location) label() string { return "location[" + l.path + "]" }

// match gives the level of the directory that a location names, if that is the
// chosen one or one above it.
func (b *binder) match(d *document, path string) (int, bool) {
	if d.level < 0 {
		return 0, false
	}
	parts := strings.Split(path, "/")
	level := d.level + len(parts)
	if level > len(b.target) {
		return 0, false
	}
	return level, slices.EqualFunc(b.target[d.level:level], parts, strings.EqualFold)
}

// split takes a file apart: what stands at its top, or in a location for its
// own directory, goes to own; the other locations are given.
func (b *binder) split(own *scope) []location {
	var out []location
	b.nearSections(b.doc.root)
	for _, c := range b.doc.root.ChildElements() {
		if c.FullTag() != "location" {
			own.nodes = append(own.nodes, c)
			continue
		}
		l := b.location(c)
		if l.path != "" {
			out = append(out, l)
			continue
		}
		if !l.childs && own.level >= 0 && own.level < b.application {
			b.note(Finding{
				Pos: l.pos, Path: "location", Effect: NoEffect, Code: "location-not-inherited",
				Text: "location: inheritInChildApplications is false, and the chosen directory is in a child application",
			})
			continue
		}
		for _, n := range l.nodes {
			own.nodes = append(own.nodes, n)
			if l.denied.Line > 0 {
				own.deny[n] = l.denied
			}
		}
	}
	return out
}

var locationAttributes = []string{"path", "allowOverride", "overrideMode", "inheritInChildApplications"}

func (b *binder) location(n *etree.Element) location {
	l := location{pos: b.doc.pos[n], childs: true}
	var override []string
	for i, a := range n.Attr {
		at, name := b.doc.attrs[n][i], a.FullKey()
		wrong := func(code, format string, args ...any) {
			b.fail(at, "location/@"+name, code, "location: "+format, args...)
		}
		switch name {
		case "path":
			l.path = b.locationPath(a.Value, wrong)
		case "allowOverride", "inheritInChildApplications":
			v, err := parseBool(a.Value)
			if err != nil {
				wrong("Config_base_value_invalid", "attribute %s has the value %s; %v", name, quote(a.Value), err)
				continue
			}
			if name == "inheritInChildApplications" {
				l.childs = v
				continue
			}
			override = append(override, name)
			if !v {
				l.denied = at
			}
		case "overrideMode":
			override = append(override, name)
			v, err := parseEnum(a.Value, []string{"Inherit", "Allow", "Deny"})
			if err != nil {
				wrong("Config_base_value_invalid", "attribute overrideMode has the value %s; %v", quote(a.Value), err)
			}
			if v == "Deny" {
				l.denied = at
			}
		default:
			if a.Space != "xmlns" && name != "xmlns" {
				wrong("Config_base_unrecognized_attribute", "unknown attribute %s%s", name, didYouMean(name, locationAttributes))
			}
		}
	}
	if len(override) > 1 {
		b.fail(l.pos, "location", "location-override-twice", "location: allowOverride and overrideMode say the same; keep one")
	}
	b.nearSections(n)
	for _, c := range n.ChildElements() {
		if c.FullTag() == "location" {
			b.fail(b.doc.pos[c], "location", "Config_location_location_not_allowed", "location: a location cannot stand in a location")
			continue
		}
		l.nodes = append(l.nodes, c)
	}
	return l
}

// locationPath checks path; "" is the directory of the file.
func (b *binder) locationPath(path string, wrong func(code, format string, args ...any)) string {
	const ends = `/\. `
	switch {
	case path == "" || path == ".":
		return ""
	case strings.ContainsAny(path[:1], ends):
		wrong("Config_location_path_invalid_first_character", `path %s begins with a slash, dot or blank; write it from the directory of this file on`, strconv.Quote(path))
	case strings.ContainsAny(path[len(path)-1:], ends):
		wrong("Config_location_path_invalid_last_character", "path %s ends in a slash, dot or blank; remove it", strconv.Quote(path))
	case strings.ContainsAny(path, `\?:*"<>|`):
		wrong("Config_location_path_invalid_character", `path %s holds one of \ ? : * " < > |; separate directories with /`, strconv.Quote(path))
	}
	return path
}

// nearSections reports sections that are probably misspelled: what stands at the
// top and is not known is none of Viaduct's business, and would be lost silently.
func (b *binder) nearSections(n *etree.Element) {
	known := append([]string{"location"}, serving...)
	for _, c := range n.ChildElements() {
		name := c.FullTag()
		if slices.Contains(known, name) {
			continue
		}
		if near := source.Nearest(name, known); near != "" {
			b.fail(b.doc.pos[c], name, "Config_unrecognized_configuration_section", "unknown section %s%s", name, didYouMean(name, known))
		}
	}
}

// tree binds a group of all scopes and merges them.
func (b *binder) tree(mine []*scope, row *element) *Element {
	locks := map[string]lock{}
	var merged *Element
	for _, s := range mine {
		b.doc = s.doc
		e := b.group(s, row, locks)
		if merged != nil {
			b.inherit(e, merged)
		}
		merged = e
		for _, n := range s.nodes {
			at, denied := s.deny[n]
			if !denied || n.FullTag() != row.name {
				continue
			}
			for _, c := range n.ChildElements() {
				if _, already := locks[c.FullTag()]; !already {
					locks[c.FullTag()] = lock{at: at, scope: s}
				}
			}
		}
	}
	b.imply(merged)
	return merged
}

// lock says which location forbids the files below to have a section.
type lock struct {
	at    source.Pos
	scope *scope
}

// group binds all elements of that name in one scope as one: their children
// stand side by side, each at most once.
func (b *binder) group(s *scope, row *element, locks map[string]lock) *Element {
	e := &Element{row: row, name: row.name, pos: b.doc.pos[b.doc.root]}
	for _, n := range s.nodes {
		if n.FullTag() != row.name {
			continue
		}
		if !e.written {
			e.written, e.node, e.pos = true, n, b.doc.pos[n]
		}
		for _, c := range n.ChildElements() {
			l, locked := locks[c.FullTag()]
			if locked && (l.scope.doc != s.doc || l.scope.level != s.level) {
				b.fail(b.doc.pos[c], c.FullTag(), "Config_section_locked", "%s: the location at %v does not let files below it change this section; remove it here", c.FullTag(), l.at)
			}
			if c.FullTag() == schemaHosting.name && row == schemaServiceModel && s.level > b.application {
				b.fail(b.doc.pos[c], c.FullTag(), "hosting-below-application",
					"%s: it is legal in the file of an application and above, not in a directory below; move it there", c.FullTag())
			}
		}
		if row == schemaServiceModel {
			b.attributes(e, n)
			b.children(e, n)
		} else {
			b.protective(e, n)
		}
	}
	return e
}

// away reports the locations that are not chosen. What they say is checked, kept
// for tools, and not served.
func (b *binder) away(f *File, others map[*document][]location) {
	for _, d := range b.files {
		for _, l := range others[d] {
			b.notChosen(f, d, l)
		}
	}
}

func (b *binder) notChosen(f *File, d *document, l location) {
	apart := &binder{doc: d, sources: map[string]origin{}, third: b.third, alias: b.alias, parsed: b.parsed, application: b.application, target: b.target}
	s := &scope{doc: d, level: b.application, nodes: l.nodes}
	out := elsewhere{where: l.label()}
	for _, row := range []*element{schemaServiceModel, schemaWeb, schemaWebServer} {
		if !slices.ContainsFunc(l.nodes, func(n *etree.Element) bool { return n.FullTag() == row.name }) {
			continue
		}
		tree := apart.group(s, row, nil)
		out.trees = append(out.trees, tree)
		text := ": it is about another directory, and not part of what is served; "
		b.note(Finding{
			Pos: tree.pos, Path: l.label() + "/" + row.name, Effect: Warning, Code: "location-not-chosen",
			Text: l.label() + text + "to serve that directory, choose it: --location " + strconv.Quote(l.path),
		})
		if row != schemaServiceModel && b.reaches(l.path) {
			b.protects(tree, l)
		}
	}
	b.docs = append(b.docs, apart.docs...)
	for _, e := range apart.errs {
		b.note(Finding{
			Pos: e.Pos, Path: l.label() + "/" + e.Path, Effect: Warning, Code: e.Code,
			Text: l.label() + ": " + e.Text + "; it would stop a start with that directory",
		})
	}
	if len(out.trees) > 0 {
		f.elsewhere = append(f.elsewhere, out)
	}
}

// reaches reports whether a service may lie in a directory below: without
// hosting as in IIS nobody knows.
func (b *binder) reaches(path string) bool {
	if b.hosting == nil {
		return true
	}
	return slices.ContainsFunc(b.activations, func(a iis.Activation) bool { return iis.Below(path, a.Path) })
}

// protects refuses what protects another directory and cannot be honoured: a
// service file may lie there.
func (b *binder) protects(tree *Element, l location) {
	r := reporter{}
	r.element(tree)
	for _, x := range r.out {
		if x.Effect == Refused && x.Scope != ScopeSetting {
			x.Path, x.Text = l.label()+"/"+x.Path, l.label()+": "+x.Text
			b.note(x)
		}
	}
}
