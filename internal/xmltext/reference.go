package xmltext

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// predefined are the only entities without a DTD (XML 1.0, 4.6).
var predefined = [...]struct {
	text []byte
	char rune
}{
	{[]byte("&amp;"), '&'},
	{[]byte("&lt;"), '<'},
	{[]byte("&gt;"), '>'},
	{[]byte("&quot;"), '"'},
	{[]byte("&apos;"), '\''},
}

// maxDigits bounds a character reference; &#1114111; is the longest with a
// meaning (threats T-XML-02).
const maxDigits = 7

// reference reads the reference at b[0], which is the ampersand. n = 0 without a
// reason means that it is not complete. U+0001 to U+001F are accepted although
// XML 1.0, 4.1 forbids them, as .NET does (wire-formats 6.3).
func reference(b []byte) (r rune, n int, why refusal.Reason) {
	if len(b) < 2 {
		return 0, 0, ""
	}
	if b[1] == '#' {
		return charReference(b)
	}
	for _, p := range predefined {
		if bytes.HasPrefix(b, p.text) {
			return p.char, len(p.text), ""
		}
		if len(b) < len(p.text) && bytes.HasPrefix(p.text, b) {
			return 0, 0, ""
		}
	}
	return 0, 0, refusal.XMLMalformed
}

func charReference(b []byte) (r rune, n int, why refusal.Reason) {
	i, base := 2, rune(10)
	if len(b) > 2 && b[2] == 'x' {
		i, base = 3, 16
	}
	for digits := 0; i < len(b); i++ {
		c := b[i]
		var d rune
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		case c == ';' && digits > 0:
			if !referable(r) {
				return 0, 0, refusal.XMLChar
			}
			return r, i + 1, ""
		default:
			return 0, 0, refusal.XMLMalformed
		}
		if digits++; digits > maxDigits {
			return 0, 0, refusal.XMLChar
		}
		r = r*base + d
	}
	return 0, 0, ""
}

func referable(r rune) bool {
	return r > 0 && r < 0xD800 || r > 0xDFFF && r < 0xFFFE || r > 0xFFFF && r <= 0x10FFFF
}
