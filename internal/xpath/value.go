package xpath

import (
	"math"
	"strconv"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// stringOf returns the string-value of a node (XPath 1.0, 5).
func (r *run) stringOf(n ref) []byte {
	i := n.index()
	switch sub := n.sub(); {
	case sub >= firstAttr:
		raw := r.attrOf(n).raw.Of(r.data)
		if !r.visit(1 + len(raw)/32) {
			return nil
		}
		return r.made(xmltext.AppendAttrValue(r.text, raw))
	case sub >= firstScope:
		return r.decls[sub-firstScope].space
	}
	x := &r.nodes[i]
	switch x.kind {
	case nodeComment:
		return r.lines(r.data[x.inner:x.stop])
	default:
		return r.content(x.inner, x.stop)
	}
}

// lines gives a comment the line ends of XML (XML 1.0, 2.11).
func (r *run) lines(raw []byte) []byte {
	if !r.visit(1 + len(raw)/32) {
		return nil
	}
	text := r.text
	for i, c := range raw {
		switch {
		case c != '\r':
			text = append(text, c)
		case i+1 == len(raw) || raw[i+1] != '\n':
			text = append(text, '\n')
		}
	}
	return r.made(text, nil)
}

func (r *run) attrOf(n ref) *attr {
	return &r.attrs[r.nodes[n.index()].attrs+int32(n.sub()-firstAttr)]
}

// boolean converts as boolean() does (XPath 1.0, 4.3).
func (r *run) boolean(t *term, c context) bool {
	switch t.kind {
	case isNodes:
		base := r.set(t, c)
		some := len(r.refs) > base
		r.refs = r.refs[:base]
		return some
	case isNumber:
		n := r.number(t, c)
		return n != 0 && !math.IsNaN(n)
	case isString:
		return len(r.string(t, c)) > 0
	default:
	}
	switch t.op {
	case opOr:
		return r.boolean(t.left, c) || r.boolean(t.right, c)
	case opAnd:
		return r.boolean(t.left, c) && r.boolean(t.right, c)
	case opCall:
		return t.fn.boolean(r, t, c)
	default:
		return r.compare(t, c)
	}
}

// number converts as number() does (XPath 1.0, 4.4).
func (r *run) number(t *term, c context) float64 {
	switch t.kind {
	case isBoolean:
		return one(r.boolean(t, c))
	case isString, isNodes:
		return toNumber(r.string(t, c))
	default:
	}
	switch t.op {
	case opNumber:
		return t.number
	case opCall:
		return t.fn.number(r, t, c)
	case opNegate:
		return -r.number(t.left, c)
	default:
	}
	a, b := r.number(t.left, c), r.number(t.right, c)
	switch t.op {
	case opAdd:
		return a + b
	case opSubtract:
		return a - b
	case opMultiply:
		return a * b
	case opDivide:
		return a / b
	default:
		return math.Mod(a, b)
	}
}

// string converts as string() does (XPath 1.0, 4.2).
func (r *run) string(t *term, c context) []byte {
	switch t.kind {
	case isNodes:
		base := r.set(t, c)
		var s []byte
		if len(r.refs) > base {
			s = r.stringOf(r.refs[base])
		}
		r.refs = r.refs[:base]
		return s
	case isBoolean:
		return strconv.AppendBool(nil, r.boolean(t, c))
	case isNumber:
		return r.made(appendNumber(r.text, r.number(t, c)), nil)
	default:
	}
	if t.op == opLiteral {
		return t.literal
	}
	return t.fn.text(r, t, c)
}

// appendNumber writes a number as string() does (XPath 1.0, 4.2): no exponent, and
// no more digits than tell it from its neighbours.
func appendNumber(dst []byte, n float64) []byte {
	switch {
	case n == 0:
		return append(dst, '0') // negative zero as well
	case math.IsInf(n, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(n, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, n, 'f', -1, 64)
}

// toNumber reads a number as number() does (XPath 1.0, 4.4): blanks around an
// optional minus sign and a Number of the grammar, anything else is NaN.
func toNumber(b []byte) float64 {
	b = trim(b)
	digits, whole := 0, 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
			whole = whole*10 + int(c-'0')
			if digits > 15 {
				whole = 0 // not used
			}
		case c == '-' && i == 0:
		case c == '.':
			return fraction(b, i, digits)
		default:
			return math.NaN()
		}
	}
	switch {
	case digits == 0:
		return math.NaN()
	case digits > 15:
		return parse(b)
	case b[0] == '-':
		return -float64(whole)
	}
	return float64(whole)
}

// fraction goes on behind the point at i.
func fraction(b []byte, i, digits int) float64 {
	for _, c := range b[i+1:] {
		if c < '0' || c > '9' {
			return math.NaN()
		}
		digits++
	}
	if digits == 0 {
		return math.NaN()
	}
	return parse(b)
}

func parse(b []byte) float64 {
	n, _ := strconv.ParseFloat(string(b), 64) // out of range gives an infinity, as IEEE 754 asks
	return n
}

func trim(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
