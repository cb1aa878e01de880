package xmltext

import "github.com/viaduct-soap/viaduct/internal/refusal"

// text reads character data from octet i on (XML 1.0, 2.4).
func (s *Scanner) text(i int) (Kind, error) {
	b := s.data
	for {
		if i = run(b, i, '<', '&', ']'); i >= len(b) {
			return s.pause(inText, Text, i)
		}
		switch c := b[i]; {
		case c == '<':
			return s.done(Text, i)
		case class[c]&blank != 0:
			i = skipBlanks(b, i)
		case c == '&':
			_, n, why := reference(b[i:])
			if why != "" {
				return s.fail(why, i, "reference in text")
			}
			if n == 0 {
				return s.pause(inText, Text, i)
			}
			i += n
		case c == ']':
			if i+2 >= len(b) && (i+1 >= len(b) || b[i+1] == ']') {
				return s.pause(inText, Text, i)
			}
			if b[i+1] == ']' && b[i+2] == '>' {
				return s.fail(refusal.XMLMalformed, i, "]]> in text")
			}
			i++
		default:
			n, k, err := s.character(i, inText, Text)
			if n == 0 {
				return k, err
			}
			i += n
		}
	}
}

// cdata reads a CDATA section from octet i on, behind its opening (XML 1.0, 2.7).
func (s *Scanner) cdata(i int) (Kind, error) {
	b := s.data
	for {
		if i = run(b, i, ']', ']', ']'); i >= len(b) {
			return s.pause(inCDATA, CDATA, i)
		}
		switch c := b[i]; {
		case class[c]&blank != 0:
			i = skipBlanks(b, i)
		case c == ']':
			if i+2 >= len(b) && (i+1 >= len(b) || b[i+1] == ']') {
				return s.pause(inCDATA, CDATA, i)
			}
			if b[i+1] == ']' && b[i+2] == '>' {
				return s.done(CDATA, i+3)
			}
			i++
		default:
			n, k, err := s.character(i, inCDATA, CDATA)
			if n == 0 {
				return k, err
			}
			i += n
		}
	}
}

// comment reads a comment from octet i on, behind its opening (XML 1.0, 2.5).
func (s *Scanner) comment(i int) (Kind, error) {
	b := s.data
	for {
		if i = run(b, i, '-', '-', '-'); i >= len(b) {
			return s.pause(inComment, Comment, i)
		}
		switch c := b[i]; {
		case class[c]&blank != 0:
			i = skipBlanks(b, i)
		case c == '-':
			if i+2 >= len(b) && (i+1 >= len(b) || b[i+1] == '-') {
				return s.pause(inComment, Comment, i)
			}
			if b[i+1] == '-' {
				if b[i+2] != '>' {
					return s.fail(refusal.XMLMalformed, i, "-- in a comment")
				}
				return s.done(Comment, i+3)
			}
			i++
		default:
			n, k, err := s.character(i, inComment, Comment)
			if n == 0 {
				return k, err
			}
			i += n
		}
	}
}

// character checks the character at octet i, a control or not ASCII, and returns
// its length; 0 ends the call with the other results. Runs of such characters are
// taken in one go.
func (s *Scanner) character(i int, m mode, kind Kind) (int, Kind, error) {
	from := i
	for i < len(s.data) && (i == from || s.data[i] >= 0x80) {
		_, n, why := wide(s.data[i:])
		if why != "" {
			k, err := s.fail(why, i, "character")
			return 0, k, err
		}
		if n == 0 {
			if i > from {
				break
			}
			k, err := s.pause(m, kind, i)
			return 0, k, err
		}
		i += n
	}
	return i - from, More, nil
}
