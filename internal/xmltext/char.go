package xmltext

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Classes of octets. The colon is in none: it ends one half of a name.
const (
	nameStart = 1 << iota // may begin an NCName
	nameChar              // may stand in an NCName
	blank                 // S of XML 1.0, 2.3
)

var class = classes() // read only

func classes() (t [256]uint8) {
	for c := range 128 {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
			t[c] = nameStart | nameChar
		case c >= '0' && c <= '9', c == '-', c == '.':
			t[c] = nameChar
		case c == ' ', c == '\t', c == '\n', c == '\r':
			t[c] = blank
		}
	}
	return t
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// run returns the index, from i on, of the first octet of b that is x, y, z, a
// control or not ASCII, or len(b); x, y and z are ASCII. It looks at eight octets
// in one step: subtracting 1 from an octet that is 0, or 0x20 from one that is
// less, borrows into its high bit. The borrow may mark the octet above a true hit
// too, never one below, so the lowest mark is exact.
func run(b []byte, i int, x, y, z byte) int {
	xs, ys, zs := ones*uint64(x), ones*uint64(y), ones*uint64(z)
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		m := ((v ^ xs - ones) | (v ^ ys - ones) | (v ^ zs - ones) | (v - 0x20*ones) | v) & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == x || c == y || c == z || c < 0x20 || c >= 0x80 {
			return i
		}
	}
	return i
}

// stop returns the index, from i on, of the first octet c of b for which c|xm is x
// or c|ym is y, or len(b); x and y are ASCII. See run.
func stop(b []byte, i int, x, xm, y, ym byte) int {
	xs, xms, ys, yms := ones*uint64(x), ones*uint64(xm), ones*uint64(y), ones*uint64(ym)
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		m := (((v | xms) ^ xs - ones) | ((v | yms) ^ ys - ones)) &^ v & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c|xm == x || c|ym == y {
			return i
		}
	}
	return i
}

// skipBlanks returns the index of the first octet from i on that is no blank, or
// len(b).
func skipBlanks(b []byte, i int) int {
	for uint(i) < uint(len(b)) && class[b[i]]&blank != 0 {
		i++
	}
	return i
}

// isBlank tells whether b holds nothing but blanks.
func isBlank(b []byte) bool { return skipBlanks(b, 0) == len(b) }

// wide reads the character at b[0], which is no ASCII letter: a control, or the
// start of a sequence. n = 0 without a reason means that the sequence is not
// complete.
func wide(b []byte) (r rune, n int, why refusal.Reason) {
	c := b[0]
	if c < utf8.RuneSelf {
		if c >= 0x20 || class[c]&blank != 0 {
			return rune(c), 1, ""
		}
		return 0, 0, refusal.XMLChar
	}
	r, n = utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n == 1:
		if !utf8.FullRune(b) {
			return 0, 0, ""
		}
		return 0, 0, refusal.XMLUTF8
	case r == 0xFFFE || r == 0xFFFF:
		return 0, 0, refusal.XMLChar
	}
	return r, n, ""
}

// wideNameStart is NameStartChar of XML 1.0, 2.3, outside ASCII.
func wideNameStart(r rune) bool {
	switch {
	case r < 0xC0 || r == 0xD7 || r == 0xF7 || r == 0x37E:
		return false
	case r <= 0x2FF:
		return true
	case r >= 0x370 && r <= 0x1FFF, r == 0x200C, r == 0x200D,
		r >= 0x2070 && r <= 0x218F, r >= 0x2C00 && r <= 0x2FEF,
		r >= 0x3001 && r <= 0xD7FF, r >= 0xF900 && r <= 0xFDCF,
		r >= 0xFDF0 && r <= 0xFFFD, r >= 0x10000 && r <= 0xEFFFF:
		return true
	}
	return false
}

// wideNameChar is NameChar of XML 1.0, 2.3, outside ASCII.
func wideNameChar(r rune) bool {
	return wideNameStart(r) || r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// nameRune tells whether r may stand in an NCName, first or later.
func nameRune(r rune, first bool) bool {
	switch {
	case r < utf8.RuneSelf && first:
		return class[r]&nameStart != 0
	case r < utf8.RuneSelf:
		return class[r]&nameChar != 0
	case first:
		return wideNameStart(r)
	}
	return wideNameChar(r)
}

// IsNCName tells whether b is a name without a colon (Namespaces in XML 1.0, 3).
func IsNCName(b []byte) bool {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || !nameRune(r, i == 0) {
			return false
		}
		i += n
	}
	return len(b) > 0
}
