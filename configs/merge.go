package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// removal is a clear or remove element.
type removal struct {
	node *etree.Element
	pos  source.Pos
	path string
	hit  bool // something was there to remove
}

func (r *removal) clears() bool { return r.node.Tag == "clear" }

// takes reports whether the removal drops an item of e.
func (r *removal) takes(e, item *Element) bool {
	switch {
	case !item.row.many && !e.row.mixed:
		return false
	case r.clears():
		return true
	case e.row.mixed:
		return item.name == r.node.SelectAttrValue("name", "")
	case len(item.row.keys) == 0:
		return false
	}
	for _, k := range item.row.keys {
		if r.node.SelectAttrValue(k, "") != item.text(k) {
			return false
		}
	}
	return true
}

// inherit merges what outer files say into e, the same element of an inner one
// (spec wcf-config 1.3): attributes that e does not write, and children. p must
// not be used any more.
func (b *binder) inherit(e, p *Element) {
	for i, a := range e.attrs {
		outer := p.attr(a.row.name)
		switch {
		case outer == nil || !outer.written:
		case a.written && a.text == outer.text:
		case a.written:
			b.overridden(outer.at, outer.path(), e.label()+": "+a.row.name, a.at)
		default:
			e.attrs[i] = &attr{row: outer.row, el: e, text: outer.text, val: outer.val, at: outer.at, written: true, bad: outer.bad}
		}
	}
	if !e.written && p.written {
		e.written, e.node, e.pos = true, p.node, p.pos
	}
	kept := slices.DeleteFunc(p.children, func(x *Element) bool { return b.dropped(e, x) })
	var out []*Element
	taken := map[*Element]bool{}
	for _, x := range kept {
		own := e.counterpart(x)
		y := b.oneOf(e, own, x)
		if own != nil {
			taken[own] = true
		}
		if y != x && x.written && x.row.opaque && !e.row.mixed && own != nil && own.written && !x.row.many {
			if !overrules(own) {
				out = append(out, x) // both count: what protects a service is never dropped
				x.parent = e
			}
		}
		out = append(out, y)
		y.parent = e
	}
	for _, c := range e.children {
		if !taken[c] {
			out = append(out, c)
		}
	}
	e.children, e.index = out, nil
}

// counterpart is the child that stands for the same thing as an inherited one.
func (e *Element) counterpart(x *Element) *Element {
	for _, c := range e.children {
		if c.row != x.row && (!c.third || !x.third || c.name != x.name) {
			continue
		}
		if !c.row.many || e.row.mixed || len(c.row.keys) > 0 && itemKey(c) == itemKey(x) {
			return c
		}
	}
	return nil
}

// oneOf decides between a child and its inherited counterpart.
func (b *binder) oneOf(e, own, outer *Element) *Element {
	switch {
	case own == nil || !own.written && outer.written:
		return outer
	case !outer.written:
		return own
	case own.row == serviceBehavior || own.row == endpointBehavior:
		b.inherit(own, outer) // the one exception: behaviours merge element by element
	case own.row.many && e.parent != nil && e.parent.name == schemaExtensions.name:
		b.registered(own, outer)
	case own.row.many || own.row.opaque || e.row.mixed:
		if !own.row.opaque || e.row.mixed || own.row.many {
			b.overridden(outer.pos, outer.Path(), outer.label(), own.pos)
		}
	default:
		b.inherit(own, outer)
	}
	return own
}

// registered: an extension that an outer file has registered already.
func (b *binder) registered(own, outer *Element) {
	if shortType(own.text("type")) != shortType(outer.text("type")) {
		b.fail(own.pos, own.Path(), "ConfigDuplicateExtensionName",
			"%s: %v registers the name for another type; choose another name", own.label(), outer.pos)
	}
}

// dropped applies the removals of e to an inherited child.
func (b *binder) dropped(e, x *Element) bool {
	gone := false
	for _, r := range e.removals {
		if r.takes(e, x) {
			r.hit, gone = true, true
			if x.written {
				b.note(Finding{
					Pos: x.pos, Path: x.Path(), Effect: NoEffect, Code: "removed-item",
					Text: fmt.Sprintf("%s: %s at %v takes it away", x.label(), r.node.Tag, r.pos),
				})
			}
		}
	}
	return gone
}

func (b *binder) overridden(at source.Pos, path, what string, by source.Pos) {
	b.note(Finding{Pos: at, Path: path, Effect: NoEffect, Code: "overridden-by-inner-file", Text: fmt.Sprintf("%s: %v says it anew", what, by)})
}

// overrules reports whether rules of an inner file leave nothing of outer ones:
// they begin anew, or decide for everybody (the first rule that matches counts).
func overrules(e *Element) bool {
	for _, c := range e.node.ChildElements() {
		all := c.SelectAttrValue("users", "") == "*" && c.SelectAttrValue("verbs", "") == "" && c.SelectAttrValue("roles", "") == ""
		if c.Tag == "clear" || all && (c.Tag == "allow" || c.Tag == "deny") {
			return true
		}
	}
	return false
}

// removal applies clear and remove to the items before them in this file, and
// keeps them for what outer files say.
func (b *binder) removal(e *Element, n *etree.Element) {
	e.index = nil
	r := &removal{node: n, pos: b.doc.pos[n], path: e.Path() + "/" + n.Tag}
	b.removalAttributes(e, r)
	e.removals = append(e.removals, r)
	b.removals = append(b.removals, r)
	e.children = slices.DeleteFunc(e.children, func(x *Element) bool {
		gone := r.takes(e, x)
		if gone && x.written {
			r.hit = true
			b.note(Finding{
				Pos: x.pos, Path: x.Path(), Effect: NoEffect, Code: "removed-item",
				Text: fmt.Sprintf("%s: %s at %v takes it away", x.label(), n.Tag, r.pos),
			})
		}
		return gone
	})
}

// removalAttributes: clear has no attributes, remove those of the key.
func (b *binder) removalAttributes(e *Element, r *removal) {
	var keys []string
	if !r.clears() {
		keys = []string{"name"}
		for _, row := range e.row.children {
			if row.many && len(row.keys) > 0 && !e.row.mixed {
				keys = row.keys
			}
		}
	}
	for i, a := range r.node.Attr {
		if !slices.Contains(keys, a.FullKey()) && a.Space != "xmlns" && a.Key != "xmlns" {
			b.fail(b.doc.attrs[r.node][i], r.path+"/@"+a.FullKey(), "Config_base_unrecognized_attribute",
				"%s: unknown attribute %s%s", r.node.Tag, a.FullKey(), didYouMean(a.FullKey(), keys))
		}
	}
	if len(r.node.ChildElements()) > 0 {
		b.fail(r.pos, r.path, "Config_base_unrecognized_element", "%s: it has no content", r.node.Tag)
	}
}

// vain reports removals that take nothing away. The file may count on a parent
// that was not given.
func (b *binder) vain() {
	for _, r := range b.removals {
		if !r.hit && !r.clears() {
			b.note(Finding{
				Pos: r.pos, Path: r.path, Effect: Warning, Code: "remove-without-effect",
				Text: "remove: there is nothing of that key here or in a parent file; name the parent files, or remove it",
			})
		}
	}
}

// shortType is a type with single blanks behind its commas: files break such
// names over lines.
func shortType(s string) string {
	parts := strings.Split(s, ",")
	for i, p := range parts {
		parts[i] = strings.Join(strings.Fields(p), " ")
	}
	return strings.Join(parts, ", ")
}
