package xmltext

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// startTag reads the start tag at octet i (XML 1.0, 3.1). It is parsed in one go
// where the data holds it whole; otherwise its end is sought first, octet by octet
// as they come, so that no octet is looked at more than three times.
func (s *Scanner) startTag(i int) (Kind, error) {
	if s.depth >= s.limits.Depth {
		return s.fail(refusal.XMLDepth, i, "elements nested too deep")
	}
	s.tok.Start = i
	b := s.data
	if len(b)-i > s.limits.StartTag {
		b = b[:i+s.limits.StartTag]
	}
	end := s.parseTag(b, i)
	switch {
	case s.err != nil:
		return More, s.err
	case end > 0:
		return s.done(StartTag, end)
	}
	s.leave(s.nDecl, s.nSpace)
	if len(b) < len(s.data) {
		return s.fail(refusal.XMLStartTag, len(b), "start tag too long")
	}
	if s.mode == between {
		s.mode, s.at, s.quote = inTag, i+1, 0
	}
	return s.short()
}

// findTagEnd looks for the end of the start tag at pos, from octet at on. What it
// takes for the end is the end unless the tag is malformed, which parsing tells.
func (s *Scanner) findTagEnd() (Kind, error) {
	i, b := s.at, s.data
	if len(b)-s.pos > s.limits.StartTag {
		b = b[:s.pos+s.limits.StartTag+1]
	}
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case s.quote != 0:
			if c == s.quote {
				s.quote = 0
			}
		case c == '"' || c == '\'':
			s.quote = c
		case c == '>':
			return s.startTag(s.pos)
		}
	}
	if s.at = i; s.eof || i-s.pos > s.limits.StartTag {
		return s.startTag(s.pos)
	}
	return More, nil
}

// parseTag parses the start tag at octet i of b and opens the element. It returns
// the index behind the tag, or 0 with the error in s.err, or 0 when b ends within
// the tag.
func (s *Scanner) parseTag(b []byte, i int) int {
	s.nDecl, s.nSpace = len(s.decls), len(s.spaces)
	s.attrs = s.attrs[:0]
	colon, j := s.qname(b, i+1)
	s.colon, s.nameEnd = colon, j
	for uint(j) < uint(len(b)) && s.err == nil {
		switch c := b[j]; {
		case c == '>':
			return s.open(b, i, j+1, false)
		case c == '/':
			if j+1 >= len(b) {
				return 0
			}
			if b[j+1] != '>' {
				return s.wrong(refusal.XMLMalformed, j, "/ in a start tag")
			}
			return s.open(b, i, j+2, true)
		case class[c]&blank == 0:
			return s.wrong(refusal.XMLMalformed, j, "start tag")
		}
		if j = skipBlanks(b, j+1); j < len(b) && b[j] != '>' && b[j] != '/' {
			j = s.attribute(b, j)
		}
	}
	return 0
}

// wrong sets the error and returns 0.
func (s *Scanner) wrong(r refusal.Reason, at int, detail string) int {
	_, _ = s.fail(r, at, detail)
	return 0
}

// qname reads a qualified name at octet i of b and returns the index of its colon,
// or -1, and the index behind it, which is len(b) when more may follow. Errors are
// in s.err.
func (s *Scanner) qname(b []byte, i int) (colon, end int) {
	colon, j := -1, i
	if uint(j) < uint(len(b)) && class[b[j]]&nameStart != 0 {
		j++
		for uint(j) < uint(len(b)) && class[b[j]]&nameChar != 0 {
			j++
		}
		if uint(j) < uint(len(b)) && b[j] == ':' {
			colon = j
			j++
			if uint(j) < uint(len(b)) && class[b[j]]&nameStart != 0 {
				j++
				for uint(j) < uint(len(b)) && class[b[j]]&nameChar != 0 {
					j++
				}
			}
		}
	}
	if uint(j) < uint(len(b)) && (b[j] >= 0x80 || j == i || j == colon+1) {
		return s.wideName(b, i)
	}
	if j-i > s.limits.Name {
		return colon, s.wrong(refusal.XMLName, i, "name too long")
	}
	return colon, j
}

// wideName is qname for names that are not ASCII or not names.
func (s *Scanner) wideName(b []byte, i int) (colon, end int) {
	colon = -1
	j, first := i, true
	for j < len(b) {
		if j-i > s.limits.Name {
			return colon, s.wrong(refusal.XMLName, i, "name too long")
		}
		if b[j] == ':' && !first && colon < 0 {
			colon, first = j, true
			j++
			continue
		}
		r, n, why := wide(b[j:])
		switch {
		case why != "":
			return colon, s.wrong(why, j, "name")
		case n == 0:
			return colon, len(b)
		case !nameRune(r, first):
			if first {
				return colon, s.wrong(refusal.XMLMalformed, j, "name")
			}
			return colon, j
		}
		j, first = j+n, false
	}
	return colon, j
}

// attribute reads the attribute or namespace declaration at octet i of b and
// returns the index behind it, len(b) when b ends within it. Errors are in s.err.
func (s *Scanner) attribute(b []byte, i int) int {
	colon, end := s.qname(b, i)
	if s.err != nil {
		return 0
	}
	j := end
	if j < len(b) && b[j] != '=' {
		j = skipBlanks(b, j)
	}
	if j >= len(b) {
		return len(b)
	}
	if b[j] != '=' {
		return s.wrong(refusal.XMLMalformed, j, "attribute without a value")
	}
	if j++; j < len(b) && class[b[j]]&blank != 0 {
		j = skipBlanks(b, j)
	}
	if j >= len(b) {
		return len(b)
	}
	if b[j] != '"' && b[j] != '\'' {
		return s.wrong(refusal.XMLMalformed, j, "attribute value without quotes")
	}
	from := j + 1
	to, plain := s.attrValue(b, from, b[j])
	if s.err != nil || to >= len(b) {
		return len(b)
	}
	if end-i >= 5 && b[i] == 'x' && string(b[i:i+5]) == "xmlns" && (colon == i+5 || end == i+5) {
		s.declare(b[min(i+6, end):end], b[from:to], plain, i)
		return to + 1
	}
	if len(s.attrs) >= s.limits.Attributes {
		return s.wrong(refusal.XMLAttributes, i, "too many attributes")
	}
	var prefix []byte
	if colon >= 0 {
		prefix = b[i:colon]
		i = colon + 1
	}
	s.attrs = append(s.attrs, Attr{Name: Name{Local: b[i:end]}, Prefix: prefix, Raw: Span{from, to}})
	return to + 1
}

// attrValue checks the attribute value at octet i of b up to its closing quote and
// returns the index of the quote, len(b) when b ends before. The value is plain
// when it is its own normalised value. Errors are in s.err.
func (s *Scanner) attrValue(b []byte, i int, quote byte) (end int, plain bool) {
	plain = true
	for {
		if i = run(b, i, quote, '<', '&'); i >= len(b) {
			return i, plain
		}
		var n int
		var why refusal.Reason
		c := b[i]
		switch c {
		case quote:
			return i, plain
		case '<':
			why = refusal.XMLMalformed
		case '&':
			plain = false
			_, n, why = reference(b[i:])
		default:
			plain = plain && c >= 0x80
			_, n, why = wide(b[i:])
		}
		if why != "" {
			return s.wrong(why, i, "attribute value"), plain
		}
		if n == 0 {
			return len(b), plain
		}
		i += n
	}
}

// open ends the start tag [i, end) of b: only now all its declarations are known.
func (s *Scanner) open(b []byte, i, end int, empty bool) int {
	name := b[i+1 : s.nameEnd]
	colon, prefix := -1, name[:0]
	if s.colon >= 0 {
		colon = s.colon - i - 1
		prefix = name[:colon]
	}
	bind := s.find(prefix)
	if bind < 0 && len(prefix) > 0 {
		return s.wrong(refusal.XMLPrefix, i+1, "unbound prefix")
	}
	s.space = nil
	if bind >= 0 {
		s.space = s.decls[bind].Space
	}
	if len(s.attrs) > 0 && !s.resolve() {
		return 0
	}
	if s.limits.NameTable > 0 && !s.account() {
		return s.wrong(refusal.XMLName, i, "too many distinct names")
	}
	s.rooted, s.empty = true, empty
	if !empty {
		s.depth++
		s.frames = append(s.frames, frame{len(s.names), colon, s.nDecl, s.nSpace, bind})
		s.names = append(s.names, name...)
	}
	return end
}

// endTag reads the end tag at octet i (XML 1.0, 3.1).
func (s *Scanner) endTag(i int) (Kind, error) {
	if s.depth == 0 {
		return s.fail(refusal.XMLMalformed, i, "end tag without a start tag")
	}
	f := &s.frames[len(s.frames)-1]
	name := s.names[f.name:]
	b := s.data[i+2:]
	if len(b) <= len(name) {
		if !bytes.HasPrefix(name, b) {
			return s.fail(refusal.XMLMalformed, i, "end tag of another element")
		}
		return s.short()
	}
	if string(b[:len(name)]) != string(name) {
		return s.fail(refusal.XMLMalformed, i, "end tag of another element")
	}
	j := i + 2 + len(name)
	s.colon, s.nameEnd = f.colon, j
	if f.colon >= 0 {
		s.colon += i + 2
	}
	if s.data[j] != '>' {
		end, err := s.endBlanks(i, j)
		if end == 0 {
			return More, err
		}
		j = end
	}
	s.space = nil
	if f.bind >= 0 {
		s.space = s.decls[f.bind].Space
	}
	s.attrs = s.attrs[:0]
	s.names = s.names[:f.name]
	s.leave(f.decls, f.spaces)
	s.frames = s.frames[:len(s.frames)-1]
	s.depth--
	return s.done(EndTag, j+1)
}

// endBlanks skips blanks of the end tag at octet i, from octet j on, and returns
// the index of its end.
func (s *Scanner) endBlanks(i, j int) (int, error) {
	b := s.data
	if len(b)-i > s.limits.StartTag {
		b = b[:i+s.limits.StartTag]
	}
	j = skipBlanks(b, max(j, min(s.at, len(b))))
	switch {
	case j < len(b) && b[j] == '>':
		return j, nil
	case j < len(b):
		_, err := s.fail(refusal.XMLMalformed, j, "end tag of another element")
		return 0, err
	case len(b) < len(s.data):
		_, err := s.fail(refusal.XMLStartTag, j, "end tag too long")
		return 0, err
	}
	s.at = j
	_, err := s.short()
	return 0, err
}
