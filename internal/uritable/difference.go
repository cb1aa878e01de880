package uritable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Difference is the first part in which two URIs differ.
type Difference struct {
	Part       string // "scheme", "port", "host" or "path"; "" when there is none
	Want, Have string // the part on either side, a path escaped
	At         int    // path: octet of the unescaped paths that differs first

	// Char is the place in the text of the URI that is there (its String), in
	// characters from 1. The runs are what differs on either side: of a path up
	// to what both end with in common, so that one may be empty.
	Char             int
	WantRun, HaveRun string
	Only             Nuance // the difference is no more than this
}

// Nuance is a difference that is easily overlooked.
type Nuance uint8

// Nuances of a path.
const (
	NoNuance Nuance = iota
	Case            // upper and lower case
	Slashes         // slashes at the end; one of them never counts
)

// String tells the difference in one clause.
func (d Difference) String() string {
	switch d.Part {
	case "":
		return "no difference"
	case "path":
		return fmt.Sprintf("path %q differs from %q at character %d", d.Have, d.Want, d.At+1)
	default:
		return fmt.Sprintf("%s is %q, not %q", d.Part, d.Have, d.Want)
	}
}

// Where tells the place and both sides, what is there first, as in
//
//	in the path at character 18: "re" against "er"
func (d Difference) Where() string {
	place := "in the " + d.Part
	switch {
	case d.Part == "":
		return "in nothing"
	case d.Only == Slashes:
		place = "in the slashes at the end (one is forgiven)"
	case d.Only == Case:
		place = "in the case of the path at character " + strconv.Itoa(d.Char)
	case d.Part == "path":
		place += " at character " + strconv.Itoa(d.Char)
	}
	return fmt.Sprintf("%s: %s against %s", place, quoted(d.HaveRun), quoted(d.WantRun))
}

// quoted shows a run, the beginning of a long one.
func quoted(run string) string {
	const most = 40
	if run == "" {
		return "nothing"
	}
	if len(run) > most {
		cut := most
		for !utf8.RuneStart(run[cut]) {
			cut--
		}
		return strconv.Quote(run[:cut]) + "..."
	}
	return strconv.Quote(run)
}

// Diff returns the first difference between what is wanted and what is there,
// in the order of the comparison.
func (c Comparison) Diff(want, have URI) Difference {
	want, have = want.WithoutUserInfo(), have.WithoutUserInfo()
	d := Difference{}
	switch {
	case want.Scheme() != have.Scheme():
		d = Difference{Part: "scheme", Want: want.Scheme(), Have: have.Scheme(), Char: 1}
		d.WantRun, d.HaveRun = d.Want, d.Have
	case !c.IgnorePort && want.port != have.port:
		d = Difference{Part: "port", Want: portText(want), Have: portText(have)}
		d.Char = have.characters(int(have.path))
		if port := len(have.Authority()) - len(have.Host()); port > 0 { // written, not implied
			d.Char -= port - 1
		}
		d.WantRun, d.HaveRun = d.Want, d.Have
	case c.Host && want.Host() != have.Host():
		d = Difference{Part: "host", Want: want.Host(), Have: have.Host()}
		d.Char = have.characters(int(have.host) + common(d.Want, d.Have))
		d.WantRun, d.HaveRun = d.Want, d.Have
	default:
		at := c.difference(want.Path(), have.Path())
		if at < 0 {
			return d
		}
		d = Difference{Part: "path", Want: want.Path(), Have: have.Path(), At: at}
		w, h := rawOffset(d.Want, at), rawOffset(d.Have, at)
		d.Char = have.characters(int(have.path) + h)
		d.WantRun, d.HaveRun = runs(d.Want[w:], d.Have[h:], c.FoldPath)
		d.Only = c.nuance(d.Want, d.Have)
	}
	return d
}

func portText(u URI) string {
	if u.port < 0 {
		return "none"
	}
	return strconv.Itoa(int(u.port))
}

// nuance tells whether two paths that differ are equal but for one.
func (c Comparison) nuance(want, have string) Nuance {
	if c.difference(strings.TrimRight(want, "/"), strings.TrimRight(have, "/")) < 0 {
		return Slashes
	}
	c.FoldPath = true
	if c.difference(want, have) < 0 {
		return Case
	}
	return NoNuance
}

// Distance tells how far two URIs are from being equal; only its order means
// something. It counts the octets of the paths between what they begin and end
// with in common, which takes linear time.
func (c Comparison) Distance(a, b URI) int {
	const part = 4 // a wrong scheme or port weighs as much as so many octets
	n := 0
	if a.Scheme() != b.Scheme() {
		n += part
	}
	if !c.IgnorePort && a.port != b.port {
		n += part
	}
	if c.Host && a.Host() != b.Host() {
		n += part
	}
	x, y := c.folded(a), c.folded(b)
	at := common(x, y)
	left, right := runs(x[at:], y[at:], false)
	return n + max(len(left), len(right))
}

func (c Comparison) folded(u URI) string {
	path := strings.TrimSuffix(u.Path(), "/")
	if c.FoldPath {
		return foldASCII(path)
	}
	return path
}

// characters returns which character, from 1, begins at an octet of the text.
func (u URI) characters(octet int) int { return utf8.RuneCountInString(u.text[:octet]) + 1 }

// rawOffset returns where an octet of an unescaped path stands in the escaped
// one.
func rawOffset(path string, octet int) int {
	i := 0
	for ; octet > 0 && i < len(path); octet-- {
		if path[i] == '%' {
			i += 2
		}
		i++
	}
	return i
}

// common returns how many octets a and b begin with in common, whole characters
// only.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && (n < len(a) && !utf8.RuneStart(a[n]) || n < len(b) && !utf8.RuneStart(b[n])) {
		n--
	}
	return n
}

// runs cuts what two texts end with in common.
func runs(a, b string, fold bool) (x, y string) {
	i, j := len(a), len(b)
	for i > 0 && j > 0 && (a[i-1] == b[j-1] || fold && lower(a[i-1]) == lower(b[j-1])) {
		i--
		j--
	}
	for i < len(a) && !utf8.RuneStart(a[i]) {
		i++
		j++
	}
	return a[:i], b[:j]
}
