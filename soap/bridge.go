package soap

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Errors of Bridge.
var (
	// ErrNoEnvelope means that one of the two messages has no envelope.
	ErrNoEnvelope = errors.New("soap: a message without an envelope cannot be bridged")
	// ErrNotHeld means that a fault is still arriving: call Body.Hold first.
	ErrNotHeld = errors.New("soap: a fault has to be held before it is bridged")
)

// ownPrefix is the prefix of the envelope in messages that Viaduct writes.
const ownPrefix = "s"

// frame is what stands around the blocks and the content of Body where the outer
// elements are written anew.
type frame struct {
	prefix   string
	pre      []byte // start tag of Envelope
	opening  []byte // start tag of Header
	closing  []byte // end tag of Header
	body     []byte // start tag of Body, and the first skip octets of its content
	post     []byte // end tags of Body and Envelope
	skip     int64
	fault    bool   // the content is a fault written anew
	encoding []byte // encodingStyle of the base's outer elements, with its quotes
}

func newFrame(v EnvelopeVersion, prefix string) *frame {
	return &frame{
		prefix:  prefix,
		pre:     []byte("<" + prefix + ":Envelope xmlns:" + prefix + `="` + v.Namespace() + `">`),
		opening: []byte("<" + prefix + ":Header>"),
		closing: []byte("</" + prefix + ":Header>"),
		body:    []byte("<" + prefix + ":Body>"),
		post:    []byte("</" + prefix + ":Body></" + prefix + ":Envelope>"),
	}
}

// Bridge returns a draft of base in another version of the envelope. The outer
// elements are written anew, with a prefix that base does not use; every
// declaration that was in force at Header and at Body is in force there again,
// so that QNames in content keep their meaning; only prefixes of the envelope's
// namespace that nothing below mentions go with it. Attributes that are not SOAP's
// stay. Blocks are copied by position, with role, mustUnderstand, relay
// and encodingStyle in the new namespace (dispatch 8.7); NotUnderstood stays
// behind where SOAP 1.1 has no such header. A fault is rebuilt as a fault, and an
// empty Body stays empty. WS-Addressing headers are left to package addressing.
//
// The body is read by the view Content, octet for octet and in constant memory
// where it is still arriving. Where only the addressing version differs the draft
// is that of NewDraft. The new Body has another name, so that its canonical form
// is another one, whatever stays below it: a signature over Body breaks. The
// caller asks package wssec before it sends.
func Bridge(base *Envelope, to Version) (*Draft, error) {
	if to.Envelope == base.Version.Envelope {
		d := NewDraft(base)
		d.version = to
		return d, nil
	}
	if fault, _ := IsFault(base); fault {
		if s := base.body.State(); s != Held && s != Spooled {
			return nil, ErrNotHeld
		}
		f, err := readFault(base)
		if err != nil {
			return nil, err
		}
		return BridgeFault(base, f, to)
	}
	d, err := reframe(base, to, freshPrefix(base.head))
	if err != nil {
		return nil, err
	}
	d.frame.outer(base)
	if d.frame.encoding != nil && to.Envelope == SOAP12 {
		d.frame.encode(base)
	}
	return d, nil
}

// BridgeFault returns a draft of base in which f stands for the fault that base
// is: read by ReadFault and changed as the caller likes. The outer elements are
// written anew even where the version of the envelope is the same. The Headers
// of f are appended to the blocks of base.
func BridgeFault(base *Envelope, f *Fault, to Version) (*Draft, error) {
	text := base.head
	if base.body.State() <= Spooled {
		whole, err := base.octets() // prefixes are declared inside the fault too
		if err != nil {
			return nil, err
		}
		text = whole
	}
	d, err := reframe(base, to, freshPrefix(text))
	if err != nil {
		return nil, err
	}
	d.frame.fault = true
	d.frame.outer(base)
	d.own, d.content = true, f.element(to, d.frame.prefix)
	for _, h := range f.Headers {
		d.Append(h)
	}
	return d, nil
}

// reframe returns a draft of base with outer elements of its own.
func reframe(base *Envelope, to Version, prefix string) (*Draft, error) {
	if to.Envelope == EnvelopeNone || base.Version.Envelope == EnvelopeNone {
		return nil, ErrNoEnvelope
	}
	d := NewDraft(base)
	d.version = to
	d.frame = newFrame(to.Envelope, prefix)
	if to.Envelope == SOAP11 {
		for i := range base.blocks {
			if base.blocks[i].Name.Is(Namespace12, "NotUnderstood") {
				d.Remove(i)
			}
		}
	}
	return d, nil
}

// freshPrefix returns a prefix that is declared nowhere in head.
func freshPrefix(head []byte) string {
	prefix := ownPrefix
	for i := 1; bytes.Contains(head, []byte("xmlns:"+prefix)); i++ {
		prefix = ownPrefix + strconv.Itoa(i)
	}
	return prefix
}

func hidden(prefix []byte, inner []xmltext.Decl) bool {
	for _, d := range inner {
		if bytes.Equal(d.Prefix, prefix) {
			return true
		}
	}
	return false
}

// appendDecl writes a declaration. xmlns="" is left out: the tags written here
// have no default namespace around them.
func appendDecl(dst []byte, d xmltext.Decl) []byte {
	if len(d.Space) == 0 {
		return dst
	}
	dst = append(dst, " xmlns"...)
	if len(d.Prefix) > 0 {
		dst = append(append(dst, ':'), d.Prefix...)
	}
	dst = append(dst, `="`...)
	dst = xmltext.AppendEscapedAttr(dst, string(d.Space))
	return append(dst, '"')
}

// framed appends a head with outer elements written anew.
func (d *Draft) framed(dst [][]byte) [][]byte {
	f := d.frame
	dst = append(dst, f.pre, f.opening)
	n := len(dst)
	if d.base != nil {
		dst = d.bridgedBlocks(dst)
	}
	for _, p := range d.added {
		dst = piece(dst, p)
	}
	if len(dst) == n {
		return append(dst[:n-1], f.body) // no Header without blocks
	}
	return append(dst, f.closing, f.body)
}

// bridgedBlocks appends the base's blocks with their edits, and with SOAP
// attributes of the new version.
func (d *Draft) bridgedBlocks(dst [][]byte) [][]byte {
	e, edits, marks := d.base, d.edits, d.base.marks
	for i := range e.blocks {
		first := 0
		for first < len(marks) && marks[first].block == i {
			first++
		}
		own := marks[:first]
		marks = marks[first:]
		if len(edits) > 0 && edits[0].block == i {
			dst = piece(dst, edits[0].element)
			edits = edits[1:]
			continue
		}
		b := &e.blocks[i]
		at := b.Element.Start
		for _, m := range own {
			dst = piece(dst, e.head[at:m.attribute.Start])
			dst = piece(dst, d.attribute(b, m))
			at = m.attribute.End
		}
		dst = piece(dst, e.head[at:b.Element.End])
	}
	return dst
}

// attribute returns a SOAP attribute in the new version, empty where the new
// version says the same by leaving it out.
func (d *Draft) attribute(b *Block, m mark) []byte {
	to := d.version.Envelope
	switch m.kind {
	case markMustUnderstand:
		return d.soapAttribute(attrMustUnderstand, boolean(b.MustUnderstand))
	case markEncoding:
		return d.frame.encodingStyle(to, d.base.head[m.value.Start-1:m.value.End+1])
	case markRelay:
		if to == SOAP11 {
			return nil // it knows no relay
		}
		return d.soapAttribute(attrRelay, boolean(b.Relay))
	default:
	}
	switch b.RoleKind {
	case RoleUltimate:
		return nil // no role is the final receiver
	case RoleNext:
		return d.soapAttribute(to.roleAttr(), to.NextRole())
	default:
		// The value stays as it was escaped; its quotes go with it.
		e := d.base
		attr := append([]byte(d.frame.prefix), ':')
		attr = append(attr, to.roleAttr()...)
		attr = append(attr, '=')
		return append(attr, e.head[m.value.Start-1:m.value.End+1]...)
	}
}

func (d *Draft) soapAttribute(name, value string) []byte {
	return []byte(d.frame.prefix + ":" + name + `="` + value + `"`)
}

// boolean is what WCF writes, and the only spelling of SOAP 1.1.
func boolean(v bool) string {
	if v {
		return "1"
	}
	return "0"
}
