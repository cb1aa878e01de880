package infoset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Options say what is compared, and how much of it.
type Options struct {
	Ignore []Path // elements and attributes that may differ, or be there or not
	Most   int    // differences that are told; default 100
	Octets int    // of each document; default 16 MiB
}

const (
	defaultMost   = 100
	defaultOctets = 16 << 20
	valueOctets   = 200  // of a value that is quoted
	pathOctets    = 1000 // of a path
)

// Kind says how two documents differ in one place.
type Kind string

// Kinds of difference.
const (
	Name      Kind = "name"      // one element stands where another stands
	Missing   Kind = "missing"   // only the first document has the element or attribute
	Extra     Kind = "extra"     // only the second has it
	Text      Kind = "text"      // other text
	Attribute Kind = "attribute" // another value of an attribute
)

// Difference is one difference. A is of the first document, B of the second;
// both are cut after 200 octets, Path after 1000.
type Difference struct {
	Path string `json:"path"` // local names; with a number where a name stands more than once
	Kind Kind   `json:"kind"`
	A    string `json:"a,omitempty"`
	B    string `json:"b,omitempty"`
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: %q, %q", d.Path, d.Kind, d.A, d.B)
}

// ErrTooLarge says that a document has more octets than Options allow.
var ErrTooLarge = errors.New("infoset: a document is too large to be compared")

// Compare returns the differences of two documents in UTF-8, in document order;
// none when they say the same. The error is [ErrTooLarge], or that of a document
// that is no well-formed XML.
func Compare(a, b []byte, o Options) ([]Difference, error) {
	if o.Most <= 0 {
		o.Most = defaultMost
	}
	if o.Octets <= 0 {
		o.Octets = defaultOctets
	}
	if max(len(a), len(b)) > o.Octets {
		return nil, ErrTooLarge
	}
	first, err := parse(a, o.Ignore)
	if err != nil {
		return nil, fmt.Errorf("first document: %w", err)
	}
	second, err := parse(b, o.Ignore)
	if err != nil {
		return nil, fmt.Errorf("second document: %w", err)
	}
	c := comparison{most: o.Most}
	switch {
	case first == nil || second == nil: // one is ignored as a whole, or both are
	case !first.named(second):
		c.add(place{local: first.local}, Name, first.name(), second.name())
	default:
		c.nodes(place{local: first.local}, first, second)
	}
	return c.found, nil
}

type comparison struct {
	most  int
	found []Difference
	at    []place // the way to the elements that are compared
}

// place is one step of a way. A way becomes text only where a difference is: long
// names above many elements would cost far more than the documents do.
type place struct {
	local string
	n     int // among its siblings of that name, 0 when it is alone
}

func (c *comparison) full() bool { return len(c.found) >= c.most }

// add notes a difference at a place below the present one.
func (c *comparison) add(at place, k Kind, a, b string) {
	if c.full() {
		return
	}
	var path strings.Builder
	for _, p := range append(c.at, at) {
		path.WriteByte('/')
		path.WriteString(p.local)
		if p.n > 0 {
			fmt.Fprintf(&path, "[%d]", p.n)
		}
	}
	c.found = append(c.found, Difference{Path: cut(path.String(), pathOctets), Kind: k, A: cut(a, valueOctets), B: cut(b, valueOctets)})
}

// nodes compares two elements of one name.
func (c *comparison) nodes(at place, a, b *node) {
	if a.text != b.text {
		c.add(at, Text, a.text, b.text)
	}
	c.at = append(c.at, at)
	c.attrs(a.attrs, b.attrs)
	c.children(a.children, b.children)
	c.at = c.at[:len(c.at)-1]
}

// attrs compares sorted attributes.
func (c *comparison) attrs(a, b []attr) {
	for len(a) > 0 || len(b) > 0 {
		var order int
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = compareNames(a[0].space, a[0].local, b[0].space, b[0].local)
		}
		switch {
		case order < 0:
			c.add(place{local: "@" + a[0].local}, Missing, a[0].value, "")
			a = a[1:]
		case order > 0:
			c.add(place{local: "@" + b[0].local}, Extra, "", b[0].value)
			b = b[1:]
		default:
			if a[0].value != b[0].value {
				c.add(place{local: "@" + a[0].local}, Attribute, a[0].value, b[0].value)
			}
			a, b = a[1:], b[1:]
		}
	}
}

// window is how far ahead a counterpart of an element is looked for.
const window = 64

// children compares sequences. Where two names differ, the nearer counterpart
// decides which of the documents has elements that the other has not.
func (c *comparison) children(a, b []*node) {
	if len(a) == 0 && len(b) == 0 {
		return
	}
	places := counter{many: map[string]int{}, seen: map[string]int{}}
	places.count(a)
	places.count(b)
	for (len(a) > 0 || len(b) > 0) && !c.full() {
		switch skipA, skipB := align(a, b); {
		case skipA > 0:
			for _, n := range a[:skipA] {
				c.add(places.of(n), Missing, n.summary(), "")
			}
			a = a[skipA:]
		case skipB > 0:
			for _, n := range b[:skipB] {
				c.add(places.of(n), Extra, "", n.summary())
			}
			b = b[skipB:]
		case !a[0].named(b[0]):
			c.add(places.of(a[0]), Name, a[0].name(), b[0].name())
			a, b = a[1:], b[1:]
		default:
			c.nodes(places.of(a[0]), a[0], b[0])
			a, b = a[1:], b[1:]
		}
	}
}

// align says how many elements stand in one sequence only before the next pair.
func align(a, b []*node) (skipA, skipB int) {
	switch {
	case len(b) == 0:
		return len(a), 0
	case len(a) == 0:
		return 0, len(b)
	case a[0].named(b[0]):
		return 0, 0
	}
	inA, inB := ahead(a, b[0]), ahead(b, a[0])
	switch {
	case inB > 0 && (inA == 0 || inB <= inA):
		return 0, inB
	case inA > 0:
		return inA, 0
	default:
		return 0, 0
	}
}

// ahead returns where n's name stands in the list, 0 when not near.
func ahead(list []*node, n *node) int {
	for i := 1; i < min(len(list), window); i++ {
		if list[i].named(n) {
			return i
		}
	}
	return 0
}

// counter numbers elements of one name among their siblings.
type counter struct{ many, seen map[string]int }

func (c *counter) count(list []*node) {
	seen := map[string]int{}
	for _, n := range list {
		seen[n.local]++
	}
	for local, n := range seen {
		c.many[local] = max(c.many[local], n)
	}
}

func (c *counter) of(n *node) place {
	if c.many[n.local] < 2 {
		return place{local: n.local}
	}
	c.seen[n.local]++
	return place{local: n.local, n: c.seen[n.local]}
}

func (n *node) named(m *node) bool { return n.local == m.local && n.space == m.space }

func (n *node) name() string { return "{" + n.space + "}" + n.local }

// summary is what a page shows of an element that stands alone.
func (n *node) summary() string {
	if n.text != "" || len(n.children) == 0 {
		return n.text
	}
	return strconv.Itoa(len(n.children)) + " child elements"
}

// cut bounds a value, between characters. The places of children in mixed text
// become blanks.
func cut(s string, most int) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", " ")
	}
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
