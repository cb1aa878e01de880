package xmltext

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Kind is the kind of a token.
type Kind uint8

// Kinds of tokens. Blanks outside the root element are no token.
const (
	More        Kind = iota // no token: the data ends within one
	StartTag                // start tag, or empty-element tag when Empty is true
	EndTag                  // end tag
	Text                    // character data up to the next markup, with its references
	CDATA                   // CDATA section with its delimiters
	Comment                 // comment with its delimiters
	Declaration             // XML declaration
	End                     // the document is complete
)

// mode says within which half token the data of the last call ended.
type mode uint8

const (
	between mode = iota
	inText
	inCDATA
	inComment
	inTag // start tag whose end is not yet known
)

// Scanner reads one document in UTF-8, token by token, from a buffer that may
// grow between calls. Every octet that it passes is checked against XML 1.0 and
// Namespaces in XML 1.0; the first violation ends the scan, and Next gives the
// same error ever after. The zero value needs a Reset.
//
// Views: Prefix, RawName and the Local part of names point into the data of the
// last call. The Space part of names and what Scope and Lookup return is memory
// of the scanner and stays as it is until Reset, also after the element ended;
// the slices of Scope and Attrs themselves are valid until the next call of Next.
type Scanner struct {
	limits Limits // with defaults
	given  Limits // what Reset was given
	enc    Encoding
	pieces bool // Walk: tokens may come in pieces, memory of closed elements is reused
	sealed bool // Walk: in the root element only the end tag of Body, blanks and comments follow
	rooted bool // the root element was seen
	mode   mode
	empty  bool
	quote  byte  // inTag: the quote that is open at at, or 0
	base   int64 // offset of data[0] in the document: Walk moves its window
	first  int64 // offset at which the document begins: behind a byte order mark
	pos    int   // start of the token being read
	at     int   // octets before it need no second look
	err    error

	data []byte
	eof  bool

	// The token returned last.
	tok            Span
	colon, nameEnd int // name of a tag: colon = -1 without a prefix
	space          []byte
	attrs          []Attr

	depth  int
	frames []frame
	names  []byte // names of open elements as written
	decls  []Decl // decls[0] is the prefix xml
	uses   []use  // beside decls
	spaces []byte // prefixes and URIs of decls
	nDecl  int    // decls of the element around the tag being read
	nSpace int    // spaces, likewise

	dup   duplicates
	table nameTable
}

// frame is an open element.
type frame struct {
	name   int // start in names
	colon  int // position of the colon in the name, -1 if none
	decls  int // length of decls outside the element
	spaces int // length of spaces, likewise
	bind   int // index in decls of the element's namespace, -1 if none
}

// Reset makes the scanner ready for another document, with memory of the last
// one. The encoding is UTF8 and nothing is skipped.
func (s *Scanner) Reset(l Limits) {
	if l != s.given || s.limits.Depth == 0 {
		s.given, s.limits = l, l.Defaults()
	}
	s.enc, s.pieces, s.sealed, s.rooted = UTF8, false, false, false
	s.mode, s.empty, s.quote = between, false, 0
	s.base, s.first, s.pos, s.at, s.err = 0, 0, 0, 0, nil
	s.data, s.eof = nil, false
	s.tok, s.colon, s.nameEnd, s.space = Span{}, -1, 0, nil
	s.attrs, s.frames, s.names, s.spaces = s.attrs[:0], s.frames[:0], s.names[:0], s.spaces[:0]
	s.depth = 0
	s.decls = append(s.decls[:0], Decl{Prefix: xmlPrefix, Space: xmlSpace})
	s.uses = append(s.uses[:0], use{})
	s.nDecl, s.nSpace = 1, 0
	s.dup.ids = 0
	s.table.reset()
}

// SetEncoding announces the encoding in which the document arrived, before the
// first call of Next; the data is UTF-8 in any case. An XML declaration must name
// it: utf-8, or utf-16 and its variant with the right octet order.
func (s *Scanner) SetEncoding(enc Encoding) { s.enc = enc }

// Skip leaves out the first n octets of data, a byte order mark, before the first
// call of Next. A mark that is not skipped is malformed.
func (s *Scanner) Skip(n int) { s.first, s.pos = int64(n), n }

// Next returns the next token. The data holds the document from octet 0 on: what
// it held at the call before, and perhaps more; it may have moved. More asks for
// more octets and is returned only when eof is false. An empty-element tag is a
// StartTag with Empty true, without an EndTag. Errors are *refusal.Error. A
// document without any element is xml.malformed.
func (s *Scanner) Next(data []byte, eof bool) (Kind, error) {
	if s.err != nil {
		return More, s.err
	}
	s.data, s.eof = data, eof
	if s.mode != between {
		return s.resume()
	}
	if s.empty {
		s.empty = false
		s.leave(s.nDecl, s.nSpace)
	}
	i := s.pos
	if s.depth == 0 || s.depth == 1 && s.sealed {
		return s.outer(skipBlanks(data, i))
	}
	switch {
	case uint(i) >= uint(len(data)):
		return s.short()
	case data[i] != '<':
		return s.text(i)
	case uint(i+1) >= uint(len(data)):
		return s.short()
	}
	switch data[i+1] {
	case '/':
		return s.endTag(i)
	case '!':
		return s.bang(i)
	case '?':
		return s.question(i)
	}
	return s.startTag(i)
}

// resume goes on within the half token of the last call.
func (s *Scanner) resume() (Kind, error) {
	switch s.mode {
	case inText:
		return s.text(s.at)
	case inCDATA:
		return s.cdata(s.at)
	case inComment:
		return s.comment(s.at)
	default:
		return s.findTagEnd()
	}
}

// outer reads a token, at octet i, where no content may stand: outside the root
// element, or behind Body.
func (s *Scanner) outer(i int) (Kind, error) {
	s.pos = i
	switch {
	case i >= len(s.data):
		if s.eof && s.depth == 0 && s.rooted {
			s.tok = Span{i, i}
			return End, nil
		}
		return s.short()
	case s.data[i] != '<':
		return s.outside(i)
	case i+1 >= len(s.data):
		return s.short()
	}
	switch s.data[i+1] {
	case '/':
		return s.endTag(i)
	case '!':
		return s.bang(i)
	case '?':
		return s.question(i)
	}
	if s.rooted {
		return s.outside(i)
	}
	return s.startTag(i)
}

// short ends a call whose data ends within a token.
func (s *Scanner) short() (Kind, error) {
	if !s.eof {
		return More, nil
	}
	return s.fail(refusal.XMLMalformed, len(s.data), "the document ends too early")
}

// pause is short for a token that is resumed at i.
func (s *Scanner) pause(m mode, k Kind, i int) (Kind, error) {
	if s.pieces && i > s.pos {
		s.mode = m
		if m == inText {
			s.mode = between
		}
		s.tok = Span{s.pos, i}
		s.pos, s.at = i, i
		return k, nil
	}
	s.mode, s.at = m, i
	return s.short()
}

// done ends a call with a token that ends before octet end.
func (s *Scanner) done(k Kind, end int) (Kind, error) {
	s.tok = Span{s.pos, end}
	s.pos, s.mode = end, between
	return k, nil
}

func (s *Scanner) fail(r refusal.Reason, at int, detail string) (Kind, error) {
	s.err = refusal.New(r, s.base+int64(at), detail)
	return More, s.err
}

// outside refuses what stands at octet i, where only blanks and comments may.
func (s *Scanner) outside(i int) (Kind, error) {
	if s.depth == 1 {
		return s.fail(refusal.SOAPStructure, i, behindBody)
	}
	_, n, why := wide(s.data[i:])
	switch {
	case why != "":
		return s.fail(why, i, outsideRoot)
	case n == 0:
		return s.short()
	}
	return s.fail(refusal.XMLMalformed, i, outsideRoot)
}

const (
	outsideRoot = "content outside the root element"
	behindBody  = "content between the end of Body and the end of Envelope"
)

// bang reads what begins with "<!".
func (s *Scanner) bang(i int) (Kind, error) {
	b := s.data[i:]
	switch {
	case bytes.HasPrefix(b, commentOpen):
		return s.comment(i + len(commentOpen))
	case bytes.HasPrefix(b, cdataOpen):
		if s.depth == 0 || s.depth == 1 && s.sealed {
			return s.outside(i)
		}
		return s.cdata(i + len(cdataOpen))
	case bytes.HasPrefix(b, doctypeOpen):
		return s.fail(refusal.XMLDTD, i, "document type declaration")
	case bytes.HasPrefix(commentOpen, b), bytes.HasPrefix(cdataOpen, b), bytes.HasPrefix(doctypeOpen, b):
		return s.short()
	}
	return s.fail(refusal.XMLMalformed, i, "unknown markup")
}

var (
	commentOpen = []byte("<!--")
	cdataOpen   = []byte("<![CDATA[")
	doctypeOpen = []byte("<!DOCTYPE")
)

// Offset returns the position in data behind the token returned last: where
// whatever reads on must begin.
func (s *Scanner) Offset() int { return s.pos }

// Token returns the octets of the token, markup included.
func (s *Scanner) Token() Span { return s.tok }

// Name returns the expanded name of a StartTag or EndTag.
func (s *Scanner) Name() Name {
	from := s.nameStart()
	if s.colon >= 0 {
		from = s.colon + 1
	}
	return Name{Space: s.space, Local: s.data[from:s.nameEnd]}
}

// Prefix returns the prefix of a StartTag or EndTag as written, nil without one.
func (s *Scanner) Prefix() []byte {
	if s.colon < 0 {
		return nil
	}
	return s.data[s.nameStart():s.colon]
}

// RawName returns the name of a StartTag or EndTag as written.
func (s *Scanner) RawName() []byte { return s.data[s.nameStart():s.nameEnd] }

func (s *Scanner) nameStart() int {
	i := s.tok.Start + 1
	if i < len(s.data) && s.data[i] == '/' {
		i++
	}
	return i
}

// Attrs returns the attributes of a StartTag in document order, namespace
// declarations excepted.
func (s *Scanner) Attrs() []Attr { return s.attrs }

// Empty tells whether the StartTag is an empty-element tag.
func (s *Scanner) Empty() bool { return s.empty }

// Depth returns the number of elements that are open after the token.
func (s *Scanner) Depth() int { return s.depth }

// Scope returns the declarations in force after the token, innermost last, with
// those that an inner one hides. A StartTag's own belong to it, also when it is
// Empty. The prefix xml is not listed.
func (s *Scanner) Scope() []Decl { return s.decls[1:] }

// Lookup returns the namespace that is bound to prefix after the token; an empty
// prefix asks for the default namespace and gives nil, true when there is none.
func (s *Scanner) Lookup(prefix []byte) ([]byte, bool) {
	k := s.find(prefix)
	if k < 0 {
		return nil, len(prefix) == 0
	}
	return s.decls[k].Space, true
}
