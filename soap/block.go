package soap

import (
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// A Block is a child of Header (SOAP 1.2 Part 1, 5.2.1). Spans are offsets in
// Envelope.Head. The SOAP attributes count only in the namespace of the
// envelope; the same names elsewhere are ordinary attributes.
type Block struct {
	Name     xmltext.Name // resolved
	Element  xmltext.Span // the whole element
	StartTag xmltext.Span
	Content  xmltext.Span // what stands between the tags, empty for an empty-element tag
	ID       xmltext.Span // value of wsu:Id, else Id, else xml:id, as written; empty without one
	Role     xmltext.Span // value of role (SOAP 1.1: actor), as written; empty without one

	RoleKind       RoleKind
	MustUnderstand bool
	Relay          bool // SOAP 1.2 only
	RefParam       bool // wsa:IsReferenceParameter, WS-Addressing 1.0 only

	local xmltext.Span
}

// mark is a SOAP attribute of a block, for Bridge to rewrite.
type mark struct {
	block     int
	kind      markKind
	attribute xmltext.Span // name, equals sign and value with its quotes
	value     xmltext.Span
}

type markKind uint8

const (
	markMustUnderstand markKind = iota
	markRole
	markRelay
	markEncoding
)

// Namespaces of attributes that carry ids.
const (
	namespaceWSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	namespaceXML = "http://www.w3.org/XML/1998/namespace"
)

// attributes reads the attributes of the block whose start tag the scanner has
// just returned.
func (e *Envelope) attributes(b *Block) error {
	rank := 0
	envelope := e.Version.Envelope.Namespace()
	attrs := e.scanner.Attrs()
	for i := range attrs {
		a := &attrs[i]
		if len(a.Name.Space) == 0 {
			if rank < 2 && string(a.Name.Local) == "Id" {
				b.ID, rank = a.Raw, 2
			}
			continue
		}
		var err error
		switch space := a.Name.Space; { // no conversion of it, which would allocate
		case string(space) == envelope:
			err = e.soapAttribute(b, a)
		case string(space) == NamespaceAddressing10:
			if e.Version.Addressing == Addressing10 && string(a.Name.Local) == "IsReferenceParameter" {
				b.RefParam, err = e.boolean(a)
			}
		case string(space) == namespaceWSU:
			if string(a.Name.Local) == "Id" {
				b.ID, rank = a.Raw, 3
			}
		case string(space) == namespaceXML:
			if rank < 1 && string(a.Name.Local) == "id" {
				b.ID, rank = a.Raw, 1
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *Envelope) soapAttribute(b *Block, a *xmltext.Attr) (err error) {
	var kind markKind
	switch local := a.Name.Local; {
	case string(local) == attrMustUnderstand:
		kind = markMustUnderstand
		b.MustUnderstand, err = e.boolean(a)
	case string(local) == e.Version.Envelope.roleAttr():
		kind = markRole
		b.Role = a.Raw
		b.RoleKind, err = e.role(a)
	case string(local) == attrRelay && e.Version.Envelope == SOAP12:
		kind = markRelay
		b.Relay, err = e.boolean(a)
	case string(local) == attrEncoding:
		kind = markEncoding
	default:
		return nil
	}
	e.marks = append(e.marks, mark{
		block: len(e.blocks), kind: kind, attribute: e.attributeSpan(a), value: a.Raw,
	})
	return err
}

// boolean reads an attribute as WCF does (dispatch 2.1.1): four spellings, and
// no blanks around them.
func (e *Envelope) boolean(a *xmltext.Attr) (bool, error) {
	raw, err := e.attributeValue(a)
	if err != nil {
		return false, err
	}
	switch string(raw) {
	case "1", "true":
		return true, nil
	case "0", "false":
		return false, nil
	}
	return false, refusal.Newf(refusal.SOAPBool, int64(a.Raw.Start),
		"attribute %s is %q, not 1, 0, true or false", a.Name.Local, cut(raw, 64))
}

func (e *Envelope) role(a *xmltext.Attr) (RoleKind, error) {
	raw, err := e.attributeValue(a)
	if err != nil {
		return RoleOther, err
	}
	return e.Version.Envelope.roleKind(raw), nil
}

// attributeValue returns the decoded value.
func (e *Envelope) attributeValue(a *xmltext.Attr) ([]byte, error) {
	raw := a.Raw.Of(e.buffer)
	if xmltext.IsPlain(raw) {
		return raw, nil
	}
	return xmltext.AppendAttrValue(nil, raw)
}

// attributeSpan finds the whole attribute from its value: backwards over the
// quote, the equals sign with the blanks around it, and the name as written.
func (e *Envelope) attributeSpan(a *xmltext.Attr) xmltext.Span {
	at := e.blanksBefore(a.Raw.Start - 1)
	at = e.blanksBefore(at - 1)
	at -= len(a.Name.Local)
	if len(a.Prefix) > 0 {
		at -= len(a.Prefix) + 1
	}
	return xmltext.Span{Start: at, End: a.Raw.End + 1}
}

func (e *Envelope) blanksBefore(at int) int {
	for at > 0 && isBlank(e.buffer[at-1]) {
		at--
	}
	return at
}

// isBlank tells whether c is white space of XML 1.0 (2.3).
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isBlanks(p []byte) bool {
	for _, c := range p {
		if !isBlank(c) {
			return false
		}
	}
	return true
}

// cut shortens p for a detail text.
func cut(p []byte, n int) []byte {
	if len(p) > n {
		return p[:n]
	}
	return p
}
