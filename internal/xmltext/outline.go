package xmltext

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// place says where an outline stands.
type place uint8

const (
	atText  place = iota
	atOpen        // behind "<"
	atStart       // in a start tag
	atValue       // in a quoted value of a start tag
	atEnd         // in the end tag of an element that the walk saw opening
	atOuter       // in the end tag of one that was open before
	atMark        // in markup whose kind is not yet known, behind "<!" or "<?"
	atComment
	atCDATA
	atDecl // in the XML declaration
)

// outline is the structure walk.
type outline struct {
	place  place
	soap   bool
	rooted bool
	quote  byte // atValue: the quote that ends it
	last   byte // last octet of the write before
	same   int  // atComment, atCDATA, atDecl: octets of the closing seen; atOuter: of the name
	mark   []byte

	depth, limit int
	ends         []int  // ends in names of the elements open at the start and still open
	names        []byte // names as written of the elements open at the start
	first        int64  // offset at which the document begins
	base         int64  // offset of the octet that is p[0]
	tag          int64  // offset of the "<" read last
	body         int64
	err          error
}

func (o *outline) reset(s *Scanner, start int64) {
	*o = outline{
		soap: s.rooted, rooted: s.rooted, depth: s.depth, limit: s.limits.Depth,
		first: s.first, base: start, body: -1,
		mark: o.mark[:0], ends: o.ends[:0], names: append(o.names[:0], s.names...),
	}
	for k := 1; k < len(s.frames); k++ {
		o.ends = append(o.ends, s.frames[k].name)
	}
	if len(s.frames) > 0 {
		o.ends = append(o.ends, len(s.names))
	}
}

// write checks p.
func (o *outline) write(p []byte) error {
	for i := 0; i < len(p) && o.err == nil; {
		switch o.place {
		case atText:
			if o.depth > 1 {
				i = o.inner(p, i)
			}
			i = o.text(p, i)
		case atOpen:
			i = o.open(p, i)
		case atStart:
			if i = tagStop(p, i); i < len(p) {
				o.inStart(p, i)
				i++
			}
		case atValue:
			if i = stop(p, i, o.quote, 0, '<', 0); i < len(p) {
				if p[i] == '<' {
					o.wrong(refusal.XMLMalformed, i, "< in an attribute value")
				}
				o.place = atStart
				i++
			}
		case atEnd:
			if i = tagStop(p, i); i < len(p) {
				o.close(p, i)
				i++
			}
		default:
			i = o.rare(p, i)
		}
	}
	if o.err == nil && len(p) > 0 {
		o.last = p[len(p)-1]
		o.base += int64(len(p))
	}
	return o.err
}

func (o *outline) wrong(r refusal.Reason, i int, detail string) {
	o.err = refusal.New(r, o.base+int64(i), detail)
}

// refuse is wrong for the markup that began last.
func (o *outline) refuse(r refusal.Reason, detail string) {
	o.err = refusal.New(r, o.tag, detail)
}

// text skips character data up to the next markup.
func (o *outline) text(p []byte, i int) int {
	if o.depth > 1 || o.depth == 1 && !o.soap {
		if i = textEnd(p, i); i >= len(p) {
			return i
		}
	} else {
		if i = skipBlanks(p, i); i >= len(p) {
			return i
		}
		if p[i] != '<' {
			if o.depth == 1 {
				o.wrong(refusal.SOAPStructure, i, behindBody)
			} else {
				o.wrong(refusal.XMLMalformed, i, outsideRoot)
			}
			return i
		}
	}
	o.tag = o.base + int64(i)
	o.place = atOpen
	return i + 1
}

// open tells the kinds of markup apart by the octet behind "<".
func (o *outline) open(p []byte, i int) int {
	switch c := p[i]; {
	case c == '/':
		switch {
		case o.depth == 0:
			o.refuse(refusal.XMLMalformed, "end tag without a start tag")
		case o.depth == len(o.ends):
			o.place, o.same = atOuter, 0
		default:
			o.place = atEnd
		}
	case c == '!' || c == '?':
		o.place, o.mark = atMark, append(o.mark[:0], '<', c)
	case class[c]&nameStart == 0 && c < 0x80:
		o.refuse(refusal.XMLMalformed, "start tag")
	case o.depth == 0 && o.rooted:
		o.refuse(refusal.XMLMalformed, outsideRoot)
	case o.depth == 1 && o.soap:
		o.refuse(refusal.SOAPStructure, behindBody)
	case o.depth >= o.limit:
		o.refuse(refusal.XMLDepth, "elements nested too deep")
	default:
		o.place, o.rooted = atStart, true
	}
	return i + 1
}

// inStart takes the octet at which a run in a start tag ended.
func (o *outline) inStart(p []byte, i int) {
	switch p[i] {
	case '<':
		o.wrong(refusal.XMLMalformed, i, "< in a start tag")
	case '>':
		last := o.last
		if i > 0 {
			last = p[i-1]
		}
		if last != '/' {
			o.depth++
		}
		o.place = atText
	case '"', '\'':
		o.place, o.quote = atValue, p[i]
	default:
		o.wrong(refusal.XMLMalformed, i, "start tag")
	}
}

// tagStop returns the index of the first octet that may not be passed in a tag:
// < and > differ in one bit, and the two that share the masked bits of the quotes,
// # and &, may not stand there at all.
func tagStop(p []byte, i int) int { return stop(p, i, '>', 0x02, '\'', 0x05) }

// inner walks over text and whole tags of elements below those that were open at
// the start, as fast as it can, and stops in text before anything else.
func (o *outline) inner(p []byte, i int) int {
	depth, floor := o.depth, max(1, len(o.ends))
	for {
		if i = textEnd(p, i); i+1 >= len(p) {
			break
		}
		var j int
		if c := p[i+1]; c == '/' {
			if j = tagStop(p, i+2); depth <= floor || j >= len(p) || p[j] != '>' {
				break
			}
			depth--
		} else {
			if class[c]&nameStart == 0 || depth >= o.limit {
				break
			}
			if j = startEnd(p, i+2); j == 0 {
				break
			}
			if p[j-1] != '/' {
				depth++
			}
		}
		i = j + 1
	}
	o.depth = depth
	return i
}

// textEnd returns the index of the next <, or len(p).
func textEnd(p []byte, i int) int {
	near := p[:min(len(p), i+64)]
	if i = stop(near, i, '<', 0, '<', 0); i < len(near) {
		return i
	}
	n := bytes.IndexByte(p[i:], '<')
	if n < 0 {
		return len(p)
	}
	return i + n
}

// startEnd returns the index of the > that ends the start tag in which i stands, 0
// when p does not hold it or when the tag is wrong.
func startEnd(p []byte, i int) int {
	for {
		if i = tagStop(p, i); i >= len(p) {
			return 0
		}
		switch c := p[i]; c {
		case '>':
			return i
		case '"', '\'':
			if i = stop(p, i+1, c, 0, '<', 0); i >= len(p) || p[i] != c {
				return 0
			}
			i++
		default:
			return 0
		}
	}
}

// close takes the octet at which an end tag ended.
func (o *outline) close(p []byte, i int) {
	if p[i] != '>' {
		o.wrong(refusal.XMLMalformed, i, "end tag")
		return
	}
	o.place = atText
	if o.depth--; o.depth == 1 && o.soap {
		o.body = o.tag
	}
}

// rare reads what is not worth speed.
func (o *outline) rare(p []byte, i int) int {
	switch o.place {
	case atOuter:
		return o.outer(p, i)
	case atMark:
		o.mark = append(o.mark, p[i])
		o.marked()
		return i + 1
	case atComment:
		return o.until(p, i, '-')
	case atCDATA:
		return o.until(p, i, ']')
	default:
		return o.until(p, i, '?')
	}
}

// outer compares an end tag with the name of an element that was open at the start.
func (o *outline) outer(p []byte, i int) int {
	from := 0
	if o.depth > 1 {
		from = o.ends[o.depth-2]
	}
	name := o.names[from:o.ends[o.depth-1]]
	for ; i < len(p); i++ {
		switch c := p[i]; {
		case o.same < len(name) && c == name[o.same]:
			o.same++
		case o.same == len(name) && c == '>':
			o.ends = o.ends[:len(o.ends)-1]
			o.close(p, i)
			return i + 1
		case o.same < len(name) || class[c]&blank == 0:
			o.wrong(refusal.XMLMalformed, i, "end tag of another element")
			return i
		}
	}
	return i
}

// marked looks at the markup gathered so far.
func (o *outline) marked() {
	m := o.mark
	switch {
	case m[1] == '?':
		if len(m) <= len(xmlDeclOpen) && bytes.HasPrefix(xmlDeclOpen, m) {
			return
		}
		switch c := m[len(m)-1]; {
		case len(m) <= len(xmlDeclOpen) || class[c]&blank == 0 && c != '?':
			o.refuse(refusal.XMLPI, "processing instruction")
		case o.tag != o.first:
			o.refuse(refusal.XMLMalformed, "XML declaration not at the start")
		default:
			o.place, o.same = atDecl, 0
		}
	case bytes.Equal(m, commentOpen):
		o.place, o.same = atComment, 0
	case bytes.Equal(m, cdataOpen):
		switch {
		case o.depth == 0:
			o.refuse(refusal.XMLMalformed, outsideRoot)
		case o.depth == 1 && o.soap:
			o.refuse(refusal.SOAPStructure, behindBody)
		}
		o.place, o.same = atCDATA, 0
	case bytes.Equal(m, doctypeOpen):
		o.refuse(refusal.XMLDTD, "document type declaration")
	case !bytes.HasPrefix(commentOpen, m) && !bytes.HasPrefix(cdataOpen, m) && !bytes.HasPrefix(doctypeOpen, m):
		o.refuse(refusal.XMLMalformed, "unknown markup")
	}
}

// until skips to the closing that begins with c: "-->", "]]>" or "?>".
func (o *outline) until(p []byte, i int, c byte) int {
	need := 2
	if c == '?' {
		need = 1
	}
	for i < len(p) {
		switch {
		case o.same == 0:
			n := bytes.IndexByte(p[i:], c)
			if n < 0 {
				return len(p)
			}
			i += n
			o.same = 1
		case o.same == need && p[i] == '>':
			o.place = atText
			return i + 1
		case o.same == 2 && c == '-':
			o.wrong(refusal.XMLMalformed, i, "-- in a comment")
			return i
		case p[i] != c:
			o.same = 0
		default:
			o.same = min(o.same+1, need)
		}
		i++
	}
	return i
}

// finish tells whether the document is complete.
func (o *outline) finish() error {
	if o.err == nil && (o.place != atText || o.depth > 0 || !o.rooted) {
		o.wrong(refusal.XMLMalformed, 0, "the document ends too early")
	}
	return o.err
}
