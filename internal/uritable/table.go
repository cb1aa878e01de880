package uritable

import (
	"fmt"
	"strconv"
	"strings"
)

// Mode says how the host of a table entry is meant: hostNameComparisonMode of a
// WCF binding.
type Mode uint8

// Modes in the order in which listeners are tried (dispatch 5.1).
const (
	StrongWildcard Mode = iota // any host, before all others; WCF's default
	Exact                      // this host
	WeakWildcard               // any host, after all others
)

// String gives the name that WCF uses.
func (m Mode) String() string {
	switch m {
	case StrongWildcard:
		return "StrongWildcard"
	case Exact:
		return "Exact"
	case WeakWildcard:
		return "WeakWildcard"
	default:
		return "Mode(" + strconv.Itoa(int(m)) + ")"
	}
}

// Options chooses the keys of a [Table]. The zero value is what prefix filters
// use.
type Options struct {
	Port bool // the port is part of the key in the wildcard modes too, as for listeners
	Case bool // path segments are compared with case, as for service names
}

// Table finds the value whose URI is the longest prefix of another, by whole
// segments (dispatch 3.3). Empty segments are skipped, query and fragment
// ignored. Fill it with Add before it is shared; look-ups may then run at the
// same time, and do not allocate.
type Table[T any] struct {
	options Options
	roots   map[string]*node[T] // by mode, scheme, host and port
	size    int
}

type node[T any] struct {
	children map[string]*node[T]
	entry    *Entry[T]
}

// Entry is one registration.
type Entry[T any] struct {
	Value  T
	URI    URI
	Mode   Mode
	Origin string // where it was asked for, for messages
}

// DuplicateError says that a key was registered twice.
type DuplicateError struct {
	URI           URI // of the second registration
	Mode          Mode
	First, Second string // origins
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s: duplicate registration of %s (%s), already registered by %s; give one of them another address",
		e.Second, e.URI, e.Mode, e.First)
}

// NewTable returns an empty table.
func NewTable[T any](o Options) *Table[T] {
	return &Table[T]{options: o, roots: map[string]*node[T]{}}
}

// Len returns the number of entries.
func (t *Table[T]) Len() int { return t.size }

// Add registers value under u. Origin names the registration in errors, for
// instance its place in a file. The only error is a *[DuplicateError].
func (t *Table[T]) Add(u URI, m Mode, value T, origin string) error {
	key := string(t.appendRoot(nil, u, m))
	n := t.roots[key]
	if n == nil {
		n = &node[T]{}
		t.roots[key] = n
	}
	for seg, rest := segment(u.Path()); seg != ""; seg, rest = segment(rest) {
		if !t.options.Case {
			seg = foldASCII(seg)
		}
		next := n.children[seg]
		if next == nil {
			next = &node[T]{}
			if n.children == nil {
				n.children = map[string]*node[T]{}
			}
			n.children[seg] = next
		}
		n = next
	}
	if n.entry != nil {
		return &DuplicateError{URI: u, Mode: m, First: n.entry.Origin, Second: origin}
	}
	n.entry = &Entry[T]{Value: value, URI: u, Mode: m, Origin: origin}
	t.size++
	return nil
}

// Lookup returns the entry of one mode with the longest prefix of u, nil when
// there is none.
func (t *Table[T]) Lookup(u URI, m Mode) *Entry[T] {
	var buf [128]byte
	n := t.roots[string(t.appendRoot(buf[:0], u, m))]
	if n == nil {
		return nil
	}
	best := n.entry
	for seg, rest := segment(u.Path()); seg != "" && n.children != nil; seg, rest = segment(rest) {
		if t.options.Case {
			n = n.children[seg]
		} else {
			n = n.children[string(appendFold(buf[:0], seg))]
		}
		if n == nil {
			break
		}
		if n.entry != nil {
			best = n.entry
		}
	}
	return best
}

// Search tries the modes in order, StrongWildcard, Exact, WeakWildcard: the
// first with any entry wins, even if a later one has a longer prefix (dispatch
// 5.1).
func (t *Table[T]) Search(u URI) *Entry[T] {
	for m := StrongWildcard; m <= WeakWildcard; m++ {
		if e := t.Lookup(u, m); e != nil {
			return e
		}
	}
	return nil
}

// Entries returns all entries, in no order.
func (t *Table[T]) Entries() []*Entry[T] {
	list := make([]*Entry[T], 0, t.size)
	for _, n := range t.roots {
		list = n.appendEntries(list)
	}
	return list
}

func (n *node[T]) appendEntries(list []*Entry[T]) []*Entry[T] {
	if n.entry != nil {
		list = append(list, n.entry)
	}
	for _, c := range n.children {
		list = c.appendEntries(list)
	}
	return list
}

// appendRoot appends what stands before the path segments. Blanks occur in no
// part, so that the parts cannot run into each other.
func (t *Table[T]) appendRoot(dst []byte, u URI, m Mode) []byte {
	dst = append(dst, u.Scheme()...)
	dst = append(dst, ' ')
	switch m {
	case StrongWildcard:
		dst = append(dst, '+')
	case WeakWildcard:
		dst = append(dst, '*')
	default:
		if user := u.UserInfo(); user != "" {
			dst = appendFold(dst, user)
			dst = append(dst, '@')
		}
		dst = append(dst, u.Host()...)
	}
	if t.options.Port || m == Exact {
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, int64(u.port), 10)
	}
	return dst
}

// segment cuts the first segment that is not empty from a path.
func segment(path string) (seg, rest string) {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

func appendFold(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, lower(s[i]))
	}
	return dst
}

func foldASCII(s string) string { return string(appendFold(nil, s)) }
