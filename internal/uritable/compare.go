package uritable

import (
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
