package uritable

import (
	"fmt"
	"strconv"
	"strings"
)

// Comparison says which parts of two URIs have to be equal (dispatch 3.2). User
// information, query and fragment never take part. The zero value compares
// scheme, port and path, the path with case.
type Comparison struct {
	Host       bool // compare the host
	IgnorePort bool // leave the port out (dispatch 9.4)
	FoldPath   bool // ignore the case of the path
}

// The comparisons of WCF.
var (
	// AddressEquality is that of two EndpointAddresses (dispatch 1.4).
	AddressEquality = Comparison{Host: true}
	// FilterEquality is that of an EndpointAddress filter without includeHost.
	FilterEquality = Comparison{FoldPath: true}
)

// Equal compares a and b. Paths are equal when their unescaped forms are, after
// one trailing slash was dropped from each.
func (c Comparison) Equal(a, b URI) bool {
	return a == b || a.Scheme() == b.Scheme() &&
		(c.IgnorePort || a.port == b.port) &&
		(!c.Host || a.Host() == b.Host()) &&
		c.difference(a.Path(), b.Path()) < 0
}

// AppendKey appends a key to dst: two keys are equal exactly when Equal is true.
func (c Comparison) AppendKey(dst []byte, u URI) []byte {
	dst = append(dst, u.Scheme()...)
	dst = append(dst, ' ')
	if !c.IgnorePort {
		dst = strconv.AppendInt(dst, int64(u.port), 10)
	}
	dst = append(dst, ' ')
	if c.Host {
		dst = append(dst, u.Host()...)
	}
	dst = append(dst, ' ')
	path := u.Path()
	if strings.IndexByte(path, '%') >= 0 {
		for w := c.walk(path); w.next(); {
			dst = append(dst, w.c)
		}
		return dst
	}
	start := len(dst)
	dst = append(dst, strings.TrimSuffix(path, "/")...)
	if c.FoldPath {
		for i, b := range dst[start:] {
			dst[start+i] = lower(b)
		}
	}
	return dst
}

// Difference is the first part in which two URIs differ.
type Difference struct {
	Part       string // "scheme", "port", "host" or "path"; "" when there is none
	Want, Have string // the part on either side, a path escaped
	At         int    // path: octet of the unescaped paths that differs first
}

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

// Diff returns the first difference between what is wanted and what is there,
// in the order of the comparison.
func (c Comparison) Diff(want, have URI) Difference {
	if want.Scheme() != have.Scheme() {
		return Difference{Part: "scheme", Want: want.Scheme(), Have: have.Scheme()}
	}
	if !c.IgnorePort && want.port != have.port {
		return Difference{Part: "port", Want: portText(want), Have: portText(have)}
	}
	if c.Host && want.Host() != have.Host() {
		return Difference{Part: "host", Want: want.Host(), Have: have.Host()}
	}
	if at := c.difference(want.Path(), have.Path()); at >= 0 {
		return Difference{Part: "path", Want: want.Path(), Have: have.Path(), At: at}
	}
	return Difference{}
}

func portText(u URI) string {
	if u.port < 0 {
		return "none"
	}
	return strconv.Itoa(int(u.port))
}

// difference returns the first octet in which two paths differ, -1 for none.
func (c Comparison) difference(a, b string) int {
	x, y := c.walk(a), c.walk(b)
	for n := 0; ; n++ {
		more := x.next()
		if more != y.next() || more && x.c != y.c {
			return n
		}
		if !more {
			return -1
		}
	}
}

// walk visits the octets of an unescaped path, without one trailing slash.
func (c Comparison) walk(path string) walker { return walker{rest: path, fold: c.FoldPath} }

type walker struct {
	rest string
	fold bool
	c    byte
}

func (w *walker) next() bool {
	if w.rest == "" {
		return false
	}
	w.c = w.rest[0]
	if w.c == '%' {
		w.c = unhex(w.rest[1])<<4 | unhex(w.rest[2])
		w.rest = w.rest[3:]
	} else {
		w.rest = w.rest[1:]
	}
	if w.c == '/' && w.rest == "" {
		return false
	}
	if w.fold {
		w.c = lower(w.c)
	}
	return true
}
