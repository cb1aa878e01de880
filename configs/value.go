package configs

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Infinite is the TimeSpan "Infinite": no limit.
const Infinite = time.Duration(math.MaxInt64)

// Value is one attribute of the file: its value or, when it was not written,
// the default of the schema.
//
// Calling Get says "this setting has an effect now". That call, and nothing
// else, makes a verdict of "honoured": an attribute that was written and that
// nobody got is found by File.Unconsumed. Code that only wants to look, such as
// a check or a printout, calls Peek.
//
// The zero Value holds the zero value of T and was not written; it stands where
// an element has no such attribute, for instance the listenUri of a client
// endpoint.
type Value[T any] struct {
	a *attr
	v T
}

// Get returns the value and marks the attribute as consumed, and the element
// that owns it as used.
func (v Value[T]) Get() T {
	if v.a != nil {
		v.a.consumed.Store(true)
		v.a.el.Use()
	}
	return v.v
}

// Peek returns the value without consuming it.
func (v Value[T]) Peek() T { return v.v }

// Written reports whether the attribute stands in the file.
func (v Value[T]) Written() bool { return v.a != nil && v.a.written }

// Pos is the place of the attribute's name or, when it was not written, of the
// element that would carry it.
func (v Value[T]) Pos() source.Pos {
	if v.a == nil {
		return source.Pos{}
	}
	return v.a.pos()
}

// Path is the element path of the attribute, for messages.
func (v Value[T]) Path() string {
	if v.a == nil {
		return ""
	}
	return v.a.path()
}

// Settle says that a setting does what the attribute asks for, and where it
// stands: findings then say "mapped".
func (v Value[T]) Settle(at source.Pos) {
	if v.a != nil {
		v.a.settled = at
		v.a.el.Use()
	}
}

// Error returns an error at this attribute, for what only its consumer can
// find out. The text must say what to do.
func (v Value[T]) Error(code, text string) *Error {
	return &Error{Pos: v.Pos(), Path: v.Path(), Code: code, Text: text}
}

// attr is an attribute of one element, written or not.
type attr struct {
	row      *attribute
	el       *Element
	text     string // as written, or the default
	val      any    // parsed; nil when the text was refused
	at       source.Pos
	written  bool
	bad      bool        // refused when read; reported already
	consumed atomic.Bool // set by Value.Get
	passed   atomic.Bool // of a security mode: set by Security.PassThrough
	over     source.Pos  // of the setting that replaced the value; zero = none
	settled  source.Pos  // of the setting that does the same; zero = none
	was      string      // the value that it replaced
}

// put replaces the value by one of the settings.
func (a *attr) put(value string, at source.Pos) {
	if a.over.IsZero() {
		a.was = a.text
	}
	a.text, a.val, a.over = value, value, at
}

func (a *attr) pos() source.Pos {
	if a.written {
		return a.at
	}
	return a.el.pos
}

// quoted shows the text in a message, unless it is or may be a secret (T-CFG-02).
func (a *attr) quoted() string {
	if a.row.secret {
		return "(not shown)"
	}
	return quote(a.text)
}

// canonical is the text of the effective value, the same for every way to
// write it.
func (a *attr) canonical() string {
	switch v := a.val.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, ",")
	case time.Duration:
		if v == Infinite {
			return "Infinite"
		}
		return v.String()
	case nil:
		return a.text
	}
	return fmt.Sprint(a.val)
}

func (a *attr) path() string { return a.el.Path() + "/@" + a.row.name }

// isDefault reports whether the effective value equals the default.
func (a *attr) isDefault() bool {
	if !a.written || a.text == a.row.def {
		return true
	}
	if a.row.def == "" && a.row.typ != tString && a.row.typ != tURI {
		return false
	}
	def, err := a.row.parse(a.row.def)
	if err != nil {
		return false
	}
	if flags, ok := a.val.([]string); ok {
		want, same := def.([]string)
		return same && slices.Equal(flags, want)
	}
	return a.val == def
}

// value gives the typed value of an attribute of e. A name that the schema does
// not know gives the zero Value; TestModel_attributes fails on it.
func value[T any](e *Element, name string) Value[T] {
	a := e.attr(name)
	if a == nil {
		return Value[T]{}
	}
	v, _ := a.val.(T)
	return Value[T]{a: a, v: v}
}

// ref is value for an attribute that the loader itself resolves: a name, or a
// reference to one. It counts as consumed, but does not make its element used.
func ref(e *Element, name string) Value[string] {
	v := value[string](e, name)
	if v.a != nil {
		v.a.consumed.Store(true)
	}
	return v
}

// xml is the element as text, for comparing.
func (e *Element) xml() string {
	if e.node == nil {
		return ""
	}
	d := etree.NewDocumentWithRoot(e.node.Copy())
	text, err := d.WriteToString()
	if err != nil {
		return e.pos.String() // compares equal with itself only
	}
	return text
}
