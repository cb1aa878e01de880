package xmltext

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// SkipContent passes over the content of the element whose StartTag was returned
// last; the next call of Next returns its EndTag. The data holds the whole
// document. For an empty-element tag it does nothing.
//
// The content is read by the rules of the level Structure (see Walk): tags,
// quotes, comments, CDATA and the depth limit, no names, attributes, references
// or characters. Use it for what nobody reads; it costs a fraction of Next. The
// error is a *refusal.Error, which Next gives ever after.
func (s *Scanner) SkipContent(data []byte) error {
	if s.empty {
		return s.err
	}
	_, err := s.SkipTo(data, nil, nil)
	return err
}

// Wanted is a filter of local names for SkipTo. It may let too many pass.
type Wanted struct {
	Last  [256]bool               // by the last octet of the local name
	Local func(local []byte) bool // asked for names that pass Last
}

// SkipTo is SkipContent for what is left of the innermost open element, but stops
// before the first start tag that w wants. It then appends to open the offsets of
// the start tags that were passed over and are still open, and of the wanted one;
// the scanner stays where it was, and the caller goes on by Seek and Next for each
// of them. Without a wanted tag open comes back as it was, and Next returns the
// element's EndTag.
func (s *Scanner) SkipTo(data []byte, w *Wanted, open []int) ([]int, error) {
	if s.err != nil || s.depth == 0 {
		return open, s.err
	}
	if s.empty {
		s.empty = false
		s.leave(s.nDecl, s.nSpace)
	}
	s.data, s.eof = data, true
	i, depth := s.pos, s.depth
	for {
		if i = textEnd(data, i); i+1 >= len(data) {
			return open, s.skipFailed(refusal.XMLMalformed, len(data), "the document ends too early")
		}
		switch c := data[i+1]; {
		case c == '/':
			if depth == s.depth {
				s.pos = i
				return open, nil
			}
			depth--
			if w != nil {
				open = open[:len(open)-1]
			}
			if i = tagStop(data, i+2); i >= len(data) || data[i] != '>' {
				return open, s.skipFailed(refusal.XMLMalformed, i, "end tag")
			}
		case c == '!' || c == '?':
			end := s.skipMark(i)
			if end == 0 {
				return open, s.err
			}
			i = end - 1
		case class[c]&nameStart == 0 && c < 0x80:
			return open, s.skipFailed(refusal.XMLMalformed, i, "start tag")
		case depth >= s.limits.Depth:
			return open, s.skipFailed(refusal.XMLDepth, i, "elements nested too deep")
		default:
			j := startEnd(data, i+2)
			if j == 0 {
				return open, s.skipFailed(refusal.XMLMalformed, i, "start tag")
			}
			if w != nil {
				if w.wants(data[i+1 : j]) {
					return append(open, i), nil
				}
				if data[j-1] != '/' {
					open = append(open, i)
				}
			}
			if i = j; data[j-1] != '/' {
				depth++
			}
		}
		i++
	}
}

// Seek goes on at a start tag, an offset that SkipTo gave, in the order given.
func (s *Scanner) Seek(at int) { s.pos = at }

// wants tells whether the local name of a start tag passes the filter; tag is what
// stands between < and >. Most tags have no attributes, and then the name ends
// where the tag does.
func (w *Wanted) wants(tag []byte) bool {
	n := len(tag)
	if c := tag[n-1]; c == '"' || c == '\'' || c == '/' || class[c]&blank != 0 {
		for n = 0; n < len(tag) && tag[n] != '/' && class[tag[n]]&blank == 0; n++ {
		}
	}
	if !w.Last[tag[n-1]] {
		return false
	}
	name := tag[:n]
	return w.Local(name[bytes.IndexByte(name, ':')+1:])
}

// skipMark returns the index behind the comment or CDATA section at octet i, 0
// with the error in s.err.
func (s *Scanner) skipMark(i int) int {
	b := s.data[i:]
	switch {
	case bytes.HasPrefix(b, commentOpen):
		n := bytes.Index(b[len(commentOpen):], []byte("--"))
		n += len(commentOpen)
		if n < len(commentOpen) || n+2 >= len(b) || b[n+2] != '>' {
			return s.wrong(refusal.XMLMalformed, i, "-- in a comment")
		}
		return i + n + len(commentClose)
	case bytes.HasPrefix(b, cdataOpen):
		n := bytes.Index(b, cdataClose)
		if n < 0 {
			return s.wrong(refusal.XMLMalformed, i, "CDATA section without an end")
		}
		return i + n + len(cdataClose)
	case bytes.HasPrefix(b, doctypeOpen):
		return s.wrong(refusal.XMLDTD, i, "document type declaration")
	case b[1] == '?':
		return s.wrong(refusal.XMLPI, i, "processing instruction")
	}
	return s.wrong(refusal.XMLMalformed, i, "unknown markup")
}

func (s *Scanner) skipFailed(r refusal.Reason, at int, detail string) error {
	_, err := s.fail(r, at, detail)
	return err
}

// AppendText appends the string-value of an element (XPath 1.0, 5.2) to dst, given
// its content: like AppendValue, but the tags of child elements are passed over
// and their text belongs to the value.
func AppendText(dst, raw []byte) ([]byte, error) {
	for from, i := 0, 0; ; {
		n := bytes.IndexByte(raw[i:], '<')
		if n < 0 {
			return AppendValue(dst, raw[from:])
		}
		i += n
		rest := raw[i:]
		switch {
		case bytes.HasPrefix(rest, cdataOpen):
			n = bytes.Index(rest, cdataClose)
		case bytes.HasPrefix(rest, commentOpen):
			n = bytes.Index(rest, commentClose)
		default:
			var err error
			if dst, err = AppendValue(dst, raw[from:i]); err != nil {
				return dst, err
			}
			if len(rest) > 1 && rest[1] == '/' {
				n = bytes.IndexByte(rest, '>')
			} else if n = startEnd(rest, 1); n == 0 {
				n = -1
			}
			from = i + n + 1
		}
		if n < 0 {
			return dst, badValue("", i)
		}
		i += n + 1
	}
}
