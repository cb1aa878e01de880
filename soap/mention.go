package soap

import (
	"bytes"
	"iter"
	"strconv"
)

// mentions tells whether text may use a prefix, be it in a name or in a value
// that is a QName. It says so too often rather than too seldom: what stands
// between the octets of a QName (references, comments, CDATA) is not resolved.
func mentions(text, prefix []byte) bool { return mentioned(text, prefix, true) }

// mentioned is mentions for a piece of a text. whole tells that the text begins
// with it; otherwise what begins with the piece was looked at before.
//
// Each search is for an octet that is rare in XML, so that most of a body is
// passed at the speed of memory.
func mentioned(text, prefix []byte, whole bool) bool {
	for at := range each(text, ':') {
		if bytes.HasSuffix(text[:at], prefix) && begins(text, at-len(prefix), whole) {
			return true
		}
	}
	return spelled(text, prefix) || split(text, prefix, whole)
}

// each yields where an octet stands in text.
func each(text []byte, c byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; {
			next := bytes.IndexByte(text[from:], c)
			if next < 0 || !yield(from+next) {
				return
			}
			from += next + 1
		}
	}
}

// begins tells whether a name may begin at an offset.
func begins(text []byte, at int, whole bool) bool {
	if at == 0 {
		return whole
	}
	return !isNameOctet(text[at-1])
}

// referenceRoom is more than a character reference takes that anybody writes.
const referenceRoom = 32

// spelled tells whether the colon or a character of a prefix is written as a
// reference.
func spelled(text, prefix []byte) bool {
	for at := range each(text, '#') {
		if at == 0 || text[at-1] != '&' {
			continue
		}
		rest := text[at+1:]
		digits, _, closed := bytes.Cut(rest[:min(len(rest), referenceRoom)], []byte(";"))
		if !closed {
			if len(rest) >= referenceRoom {
				return true // zeros in front of anything
			}
			continue // it is cut off here; the seam has it whole
		}
		base := 10
		if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
			base, digits = 16, hex
		}
		c, err := strconv.ParseInt(string(digits), base, 32)
		if err != nil || c == ':' || bytes.ContainsRune(prefix, rune(c)) {
			return true
		}
	}
	return false
}

// split tells whether a comment, a processing instruction or the edge of a CDATA
// section stands where a name may have begun.
func split(text, prefix []byte, whole bool) bool {
	for _, mark := range [...]string{"<!", "<?", "]]>"} {
		for at := range each(text, mark[1]) {
			at-- // of the mark
			if at < 0 || !bytes.HasPrefix(text[at:], []byte(mark)) {
				continue
			}
			for n := min(len(prefix), at); n > 0; n-- {
				if bytes.HasSuffix(text[:at], prefix[:n]) && begins(text, at-n, whole) {
					return true
				}
			}
		}
	}
	return false
}

// isNameOctet tells whether c may be part of a name before its last octet.
func isNameOctet(c byte) bool {
	return c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_'
}

// mentionedIn is mentions for a text in parts. What stands across a seam of two
// parts is looked at once more, with as much on each side as tells.
func mentionedIn(parts [][]byte, prefix []byte) bool {
	var seam []byte // the last octets so far
	overlap, before := len(prefix)+referenceRoom, 0
	for i, part := range parts {
		if before > 0 {
			n := len(seam)
			seam = append(seam, part[:min(len(part), overlap)]...)
			if mentioned(seam, prefix, n == before) {
				return true
			}
			seam = seam[:n]
		}
		if mentioned(part, prefix, before == 0) {
			return true
		}
		if i == len(parts)-1 {
			return false
		}
		before += len(part)
		seam = append(seam, part[max(0, len(part)-overlap):]...)
		seam = append(seam[:0], seam[max(0, len(seam)-overlap):]...)
	}
	return false
}

// mentions tells whether the content may use a prefix. What is not whole in
// memory may use any.
func (b *Body) mentions(prefix []byte) bool {
	var few [8][]byte
	parts, held := b.segments(few[:0], Content)
	return !held || mentionedIn(parts, prefix)
}

// mentions tells whether what is kept of the headers may use a prefix. SOAP's own
// attributes are written anew. A signature may name prefixes in a list that its
// canonical form declares (Exclusive XML Canonicalization, 3).
func (e *Envelope) mentions(prefix []byte) bool {
	if e.listsPrefixes() {
		return true
	}
	marks := e.marks
	for i := range e.blocks {
		at := e.blocks[i].Element.Start
		for len(marks) > 0 && marks[0].block == i {
			if mentions(e.head[at:marks[0].attribute.Start], prefix) {
				return true
			}
			at, marks = marks[0].attribute.End, marks[1:]
		}
		if mentions(e.head[at:e.blocks[i].Element.End], prefix) {
			return true
		}
	}
	return false
}

func (e *Envelope) listsPrefixes() bool { return bytes.Contains(e.head, []byte("PrefixList")) }
