package xmltext

import (
	"bytes"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

var (
	commentClose = []byte("-->")
	cdataClose   = []byte("]]>")
)

// AppendValue appends the text of an element's content to dst: references
// resolved, CDATA sections joined with the text around them, comments left out,
// line ends as line feeds (XML 1.0, 2.11). Content that Scanner accepted is
// refused, as xml.malformed, only for a child element. Offsets of errors count
// from the start of raw.
func AppendValue(dst, raw []byte) ([]byte, error) {
	for i := 0; i < len(raw); {
		rest := raw[i:]
		switch {
		case rest[0] == '&':
			r, n, why := reference(rest)
			if n == 0 {
				return dst, badValue(why, i)
			}
			dst = utf8.AppendRune(dst, r)
			i += n
		case rest[0] != '<':
			n := bytes.IndexAny(rest, "<&")
			if n < 0 {
				n = len(rest)
			}
			dst = appendLines(dst, rest[:n], '\n')
			i += n
		case bytes.HasPrefix(rest, cdataOpen):
			n := bytes.Index(rest, cdataClose)
			if n < 0 {
				return dst, badValue("", i)
			}
			dst = appendLines(dst, rest[len(cdataOpen):n], '\n')
			i += n + len(cdataClose)
		case bytes.HasPrefix(rest, commentOpen):
			n := bytes.Index(rest[len(commentOpen):], commentClose)
			if n < 0 {
				return dst, badValue("", i)
			}
			i += len(commentOpen) + n + len(commentClose)
		default:
			return dst, refusal.New(refusal.XMLMalformed, int64(i), "element where only text may stand")
		}
	}
	return dst, nil
}

// AppendAttrValue appends the normalised value of an attribute to dst (XML 1.0,
// 3.3.3, without a DTD): references resolved, each blank as a space. Values that
// Scanner accepted give no error.
func AppendAttrValue(dst, raw []byte) ([]byte, error) {
	for i := 0; i < len(raw); {
		rest := raw[i:]
		if rest[0] == '&' {
			r, n, why := reference(rest)
			if n == 0 {
				return dst, badValue(why, i)
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		n := bytes.IndexByte(rest, '&')
		if n < 0 {
			n = len(rest)
		}
		from := len(dst)
		dst = appendLines(dst, rest[:n], ' ')
		for k, c := range dst[from:] {
			if c == '\n' || c == '\t' {
				dst[from+k] = ' '
			}
		}
		i += n
	}
	return dst, nil
}

func badValue(why refusal.Reason, at int) error {
	if why == "" {
		why = refusal.XMLMalformed
	}
	return refusal.New(why, int64(at), "value")
}

// appendLines appends b with each CR LF and each lone CR as end.
func appendLines(dst, b []byte, end byte) []byte {
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:i]...), end)
		if i++; i < len(b) && b[i] == '\n' {
			i++
		}
		b = b[i:]
	}
}

// IsPlain tells whether raw is its own value, so that AppendValue would copy it
// unchanged: no reference, no markup, no carriage return. For AppendAttrValue
// that holds if it has no tab and no line feed either.
func IsPlain(raw []byte) bool {
	for _, c := range raw {
		if c == '<' || c == '&' || c == '\r' {
			return false
		}
	}
	return true
}

// HasMarkup tells whether content that Scanner accepted holds a comment, which
// splits a value for careless readers (threats T-XML-12), and whether it holds a
// child element. Processing instructions cannot occur. CDATA is neither.
func HasMarkup(raw []byte) (comment, child bool) {
	for {
		i := bytes.IndexByte(raw, '<')
		if i < 0 {
			return comment, child
		}
		raw = raw[i:]
		skip, end := len("<"), []byte(nil)
		switch {
		case bytes.HasPrefix(raw, commentOpen):
			comment, skip, end = true, len(commentOpen), commentClose
		case bytes.HasPrefix(raw, cdataOpen):
			skip, end = len(cdataOpen), cdataClose
		default:
			child = true
		}
		raw = raw[skip:]
		if i = bytes.Index(raw, end); i < 0 {
			return comment, child
		}
		raw = raw[i+len(end):]
	}
}
