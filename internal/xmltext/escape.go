package xmltext

import "unicode/utf8"

// AppendEscaped appends s to dst as character data, escaped as .NET does it
// (wire-formats 6.3): < > & and carriage return. Controls that XML 1.0 has no
// place for are written as references, which WCF reads; NUL, U+FFFE, U+FFFF and
// octets that are not UTF-8 have no form at all and become U+FFFD.
func AppendEscaped(dst []byte, s string) []byte { return appendEscaped(dst, s, false) }

// AppendEscapedAttr appends s to dst as the value of an attribute in double
// quotes: like AppendEscaped, and the double quote, tab and line feed.
func AppendEscapedAttr(dst []byte, s string) []byte { return appendEscaped(dst, s, true) }

func appendEscaped(dst []byte, s string, attr bool) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		n, text := 1, ""
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
				text = "\uFFFD"
			}
		case c == '<':
			text = "&lt;"
		case c == '>':
			text = "&gt;"
		case c == '&':
			text = "&amp;"
		case c == '"' && attr:
			text = "&quot;"
		case c == 0:
			text = "\uFFFD"
		case c < 0x20 && (attr || c != '\t' && c != '\n'):
			dst = append(append(dst, s[from:i]...), '&', '#', 'x')
			if c >= 0x10 {
				dst = append(dst, '1')
			}
			dst = append(dst, "0123456789ABCDEF"[c&0xF], ';')
			from = i + 1
		}
		if text != "" {
			dst = append(append(dst, s[from:i]...), text...)
			from = i + n
		}
		i += n
	}
	return append(dst, s[from:]...)
}
