package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// EffectiveValue is one setting of a configuration as it counts, after parents,
// locations, included files and defaults.
type EffectiveValue struct {
	Path    string     // unique: services/service[Orders]/endpoint[in]/@address; an element as such has no "/@"
	Value   string     // in one spelling; "" for an element; "(not shown)" for what may be a secret
	Default bool       // equal to the default, whether it is written or not
	Pos     source.Pos // where it was written, or what implies it
}

// String gives path, value and place on one line.
func (v EffectiveValue) String() string {
	s := v.Path
	if strings.Contains(v.Path, "@") || v.Value != "" {
		s += " = " + v.Value
	}
	if v.Default {
		s += " (default)"
	}
	return s + " at " + v.Pos.String()
}

// Effective gives everything that the file says, and every default that has an
// effect, sorted by path. It consumes nothing.
func (f *File) Effective() []EffectiveValue {
	d := dumper{file: f}
	for _, e := range f.roots {
		prefix := e.name + "/"
		if e.row == schemaServiceModel {
			prefix = ""
		}
		d.children(e, prefix)
	}
	for _, e := range f.implied {
		switch {
		case len(e.users) > 0:
			d.element(e, e.users[0].Path()+"/("+e.name+")")
		case e.parent == nil:
			d.element(e, "(implied)/"+e.label())
		default:
			d.element(e, e.Path()+"(default)")
		}
	}
	for _, x := range f.elsewhere {
		for _, e := range x.trees {
			d.children(e, x.where+"/"+e.name+"/")
		}
	}
	slices.SortStableFunc(d.out, func(a, b EffectiveValue) int { return strings.Compare(a.Path, b.Path) })
	seen := map[string]int{}
	for i := range d.out {
		p := d.out[i].Path
		if seen[p]++; seen[p] > 1 {
			d.out[i].Path = fmt.Sprintf("%s (%d)", p, seen[p])
		}
	}
	return d.out
}

// Dump gives the effective values as lines.
func Dump(f *File) []string {
	var out []string
	for _, v := range f.Effective() {
		out = append(out, v.String())
	}
	return out
}

// Change is one difference between two configurations. Old or New is nil where
// the setting is in one of them only.
type Change struct {
	Path     string
	Old, New *EffectiveValue
}

// String gives the change on one line.
func (c Change) String() string {
	switch {
	case c.Old == nil:
		return "+ " + c.New.String()
	case c.New == nil:
		return "- " + c.Old.String()
	}
	return fmt.Sprintf("~ %s: %s at %v, was %s at %v", c.Path, c.New.Value, c.New.Pos, c.Old.Value, c.Old.Pos)
}

// Diff compares what Effective gave for two files, sorted by path. Places do not
// count, nor whether a default is written.
func Diff(a, b []EffectiveValue) []Change {
	old := make(map[string]*EffectiveValue, len(a))
	for i := range a {
		old[a[i].Path] = &a[i]
	}
	var out []Change
	for i := range b {
		p := b[i].Path
		switch o := old[p]; {
		case o == nil:
			out = append(out, Change{Path: p, New: &b[i]})
		case o.Value != b[i].Value:
			out = append(out, Change{Path: p, Old: o, New: &b[i]})
		}
		delete(old, p)
	}
	for i := range a {
		if o := old[a[i].Path]; o != nil {
			out = append(out, Change{Path: o.Path, Old: o})
		}
	}
	slices.SortStableFunc(out, func(x, y Change) int { return strings.Compare(x.Path, y.Path) })
	return out
}

type dumper struct {
	file *File
	out  []EffectiveValue
}

func (d *dumper) add(path, value string, def bool, at source.Pos) {
	d.out = append(d.out, EffectiveValue{Path: path, Value: value, Default: def, Pos: at})
}

func (d *dumper) children(e *Element, prefix string) {
	for _, c := range e.children {
		path := prefix + c.name
		if k := c.key(); k != "" {
			path += "[" + k + "]"
		}
		d.element(c, path+d.ordinal(e, c))
	}
}

// ordinal tells siblings apart that have no key of their own.
func (d *dumper) ordinal(e, c *Element) string {
	n, of := 0, 0
	for _, x := range e.children {
		if x.name == c.name && x.key() == c.key() {
			of++
		}
		if x == c {
			n = of
		}
	}
	if of < 2 {
		return ""
	}
	return fmt.Sprintf("(%d)", n)
}

func (d *dumper) element(e *Element, path string) {
	if e.written {
		d.add(path, "", false, e.pos)
	}
	for _, a := range e.attrs {
		if !a.written && a.text == "" {
			continue
		}
		d.add(path+"/@"+a.row.name, a.shown(), a.isDefault(), a.pos())
	}
	if e.row == kindCustom.children[0] {
		var order []string
		for _, c := range e.children {
			if c.written {
				order = append(order, c.name)
			}
		}
		d.add(path+"/(order)", strings.Join(order, ", "), len(order) == 0, e.pos)
	}
	if (e.row.opaque || e.third || e.row.text) && e.node != nil {
		d.raw(e.node, path, e.pos)
	}
	d.children(e, path+"/")
}

// shown is the value in one spelling, unless it is or may be a secret.
func (a *attr) shown() string {
	if q := a.quoted(); strings.HasPrefix(q, "(not shown") {
		return q
	}
	if a.bad {
		return a.text
	}
	return a.canonical()
}

// raw writes what has no schema: attributes, text and content as they stand.
func (d *dumper) raw(n *etree.Element, path string, at source.Pos) {
	for i, a := range n.Attr {
		if a.Space == "xmlns" {
			continue
		}
		value := a.Value
		if q := quote(a.Value); strings.HasPrefix(q, "(not shown") || secretName(a.Key) {
			value = "(not shown)"
		}
		d.add(path+"/@"+a.FullKey(), value, false, d.attrPos(n, i, at))
	}
	if text := strings.Join(strings.Fields(n.Text()), " "); text != "" {
		if q := quote(text); strings.HasPrefix(q, "(not shown") || secretName(n.Tag) {
			text = "(not shown)"
		}
		d.add(path+"/text", text, false, at)
	}
	for i, c := range n.ChildElements() {
		p := fmt.Sprintf("%s/%s(%d)", path, c.FullTag(), i+1)
		here := d.pos(c, at)
		d.add(p, "", false, here)
		d.raw(c, p, here)
	}
}

// secretName reports whether an attribute or element of an unknown schema is
// likely to hold a secret.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"password", "secret", "key", "token", "connectionstring", "credential", "pwd"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func (d *dumper) pos(n *etree.Element, otherwise source.Pos) source.Pos {
	for _, doc := range d.file.docs {
		if p, ok := doc.pos[n]; ok {
			return p
		}
	}
	return otherwise
}

func (d *dumper) attrPos(n *etree.Element, i int, otherwise source.Pos) source.Pos {
	for _, doc := range d.file.docs {
		if at, ok := doc.attrs[n]; ok && i < len(at) {
			return at[i]
		}
	}
	return otherwise
}
