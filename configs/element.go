package configs

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Element is one element of the file with its attributes, checked against the
// schema. Every part of the model embeds it.
//
// An element that is not in the file but has an effect all the same, such as
// the security element of a binding that does not mention it, is an Element
// too: Written tells, and Pos is the place of what implies it.
type Element struct {
	row      *element // never nil
	name     string
	pos      source.Pos
	parent   *Element // nil for a root and for an implied binding or behaviour
	written  bool
	attrs    []*attr
	children []*Element
	node     *etree.Element // nil when implied
	third    bool           // a third-party extension: its content was not read
	title    string         // of an implied element: how messages name it

	told  bool                // the loader gave it a finding of its own
	index map[string]*Element // children by key, while binding

	removals []*removal // clear and remove, for what outer files say
	mapped   bool       // void, because something else says it now
	void     string     // why nothing of it has an effect, whoever refers to it; "" = it may have

	consumed atomic.Bool // set by Use
	used     atomic.Bool // of an owner: something below was consumed
	users    []*Element  // of an owner: the endpoints, services, entries that refer to it; static after loading
	demands  []*Endpoint // of a behavior: the endpoints that may need its credentials; of a client endpoint: itself; static after loading
}

// Pos is the place of the start tag, or of what implies the element.
func (e *Element) Pos() source.Pos { return e.pos }

// Written reports whether the element stands in the file.
func (e *Element) Written() bool { return e.written }

// Use marks the element as consumed by its presence, and its owner (the
// binding, behaviour, endpoint, filter, table or list that it belongs to) as
// used. Value.Get calls it.
func (e *Element) Use() {
	if e == nil {
		return
	}
	e.consumed.Store(true)
	e.owner().used.Store(true)
}

// Used reports whether anything that belongs to the element's owner was
// consumed.
func (e *Element) Used() bool { return e.owner().used.Load() }

// Path names the element for messages:
// services/service[Contoso.Orders]/endpoint.
func (e *Element) Path() string {
	var parts []string
	for x := e; x != nil; x = x.parent {
		if x.name == "system.serviceModel" {
			break
		}
		p := x.name
		if k := x.key(); k != "" {
			p += "[" + k + "]"
		}
		parts = append(parts, p)
	}
	var b strings.Builder
	for i, part := range slices.Backward(parts) {
		b.WriteString(part)
		if i > 0 {
			b.WriteByte('/')
		}
	}
	return b.String()
}

// Error returns an error at this element, for what only its consumer can find
// out. The text must say what to do.
func (e *Element) Error(code, text string) *Error {
	return &Error{Pos: e.pos, Path: e.Path(), Code: code, Text: text}
}

// label is how messages name the element: filter "orders", or behind the
// nearest thing around it that has a name: binding "plain": security.
func (e *Element) label() string {
	if e.title != "" {
		return e.title
	}
	if k := e.key(); k != "" {
		return e.name + " " + strconv.Quote(k)
	}
	if e.unnamed() {
		return "unnamed " + e.name
	}
	for x := e.parent; x != nil; x = x.parent {
		if x.title != "" || x.key() != "" || x.unnamed() {
			return x.label() + ": " + e.name
		}
	}
	return e.name
}

// unnamed: a binding or behavior that is the default of its kind.
func (e *Element) unnamed() bool {
	return e.row.owns && len(e.row.keys) == 1 && e.key() == ""
}

// key is what tells the element from its siblings.
func (e *Element) key() string {
	for _, name := range []string{"name", "filterName", "scheme", "prefix", "relativeAddress"} {
		if a := e.attr(name); a != nil && a.written {
			return a.text
		}
	}
	return ""
}

func (e *Element) attr(name string) *attr {
	for _, a := range e.attrs {
		if a.row.name == name {
			return a
		}
	}
	return nil
}

// text is the text of an attribute, written or default.
func (e *Element) text(name string) string {
	if a := e.attr(name); a != nil {
		return a.text
	}
	return ""
}

// child is the first child of that name, or nil.
func (e *Element) child(name string) *Element {
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// all gives the children of that name.
func (e *Element) all(name string) []*Element {
	var out []*Element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// owner is the nearest element, e included, whose use decides whether its
// settings matter; the root where there is none.
func (e *Element) owner() *Element {
	x := e
	for x.parent != nil && (x.row == nil || !x.row.owns) {
		x = x.parent
	}
	return x
}

// usedAs reports whether a used element of that name refers to the owner of e.
func (e *Element) usedAs(client bool) bool {
	for _, u := range e.owner().users {
		if u.Used() && (u.parent != nil && u.parent.name == "client") == client {
			return true
		}
	}
	return false
}
