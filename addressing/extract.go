package addressing

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Extract reads the addressing properties of a message: the headers of its
// addressing version whose role is absent, next or the ultimate receiver
// (dispatch 2.1). Known may be nil.
//
// Errors are *refusal.Error: wsa.invalid_address for a To that is no absolute
// URI or holds an element, wsa.epr for a broken ReplyTo, FaultTo or From,
// xml.split_value for a comment inside a value, xml.char for a control
// character, xml.malformed for an element inside another value, soap.structure
// for a header of the namespace that stands for "no addressing", wsa.mixed where
// the other version is refused. A header that occurs twice is no error here.
func Extract(env *soap.Envelope, known *Known) (Properties, error) {
	return extract(env, known, false)
}

// ExtractReply is [Extract] for an answer. It passes over headers of the
// namespace that stands for "no addressing": Mono writes one into the faults of
// SOAP 1.1 (wire formats 11).
func ExtractReply(env *soap.Envelope) (Properties, error) {
	return extract(env, nil, true)
}

func extract(env *soap.Envelope, known *Known, reply bool) (Properties, error) {
	p := Properties{version: env.Version.Addressing}
	own := env.Version.Addressing.Namespace()
	blocks := env.Blocks()
	for i := range blocks {
		b := &blocks[i]
		switch space := b.Name.Space; {
		case string(space) == soap.NamespaceAddressingNone:
			if reply {
				continue
			}
			return Properties{}, refusal.New(refusal.SOAPStructure, int64(b.Element.Start),
				"a header of the namespace that stands for no addressing")
		case string(space) == own:
			if !forMe(b) {
				continue
			}
			kind, ok := kindOf(b.Name.Local)
			if !ok {
				p.others = true
			} else if err := p.read(env, known, kind, i); err != nil {
				return Properties{}, err
			}
		case p.version != soap.AddressingNone && isAddressing(space):
			if known != nil && known.refuseOther {
				return Properties{}, refusal.New(refusal.WSAMixed, int64(b.Element.Start), "headers of both addressing versions")
			}
			p.mixed = true
		}
	}
	return p, nil
}

func isAddressing(space []byte) bool {
	return string(space) == wsa10NS || string(space) == wsa2004NS
}

// read reads one header. The first of a kind counts; a second is read too, so
// that a broken one is refused wherever it stands.
func (p *Properties) read(env *soap.Envelope, known *Known, kind Kind, i int) (err error) {
	b := &env.Blocks()[i]
	t := p
	if p.Has(kind) {
		t = &Properties{version: p.version}
	}
	switch kind {
	case KindReplyTo:
		t.replyTo, err = readReference(env, known, b)
	case KindFrom:
		t.from, err = readReference(env, known, b)
	case KindFaultTo:
		t.faultTo, err = readReference(env, known, b)
	case KindRelatesTo:
		if reply, err := isReply(env, b); err != nil || !reply {
			return err
		}
		fallthrough
	default:
		err = t.readText(env, known, kind, b)
	}
	p.twice[kind] = p.Has(kind)
	if !p.twice[kind] {
		p.index[kind] = int32(i + 1)
	}
	return err
}

func (p *Properties) readText(env *soap.Envelope, known *Known, kind Kind, b *soap.Block) error {
	raw := b.Content.Of(env.Head())
	at := int64(b.Content.Start)
	text, err := known.text(raw, at)
	if err != nil {
		if kind == KindTo && refusal.Of(err) == refusal.XMLMalformed {
			return refusal.Newf(refusal.WSAInvalidAddress, at, "To: %w", err)
		}
		return err
	}
	switch kind {
	case KindTo:
		if p.to, err = known.address(trimBlanks(text)); err != nil {
			return refusal.Newf(refusal.WSAInvalidAddress, at, "To: %w", err)
		}
	case KindAction:
		p.action = known.action(trimControls(text))
	case KindMessageID:
		p.messageID = text
	case KindRelatesTo:
		p.relatesTo = text
	case KindReplyTo, KindFrom, KindFaultTo, kinds: // not text
	}
	return nil
}

// text returns the text of an addressing value, a view of raw where nothing has
// to be decoded.
func (k *Known) text(raw []byte, at int64) ([]byte, error) {
	if xmltext.IsPlain(raw) {
		return raw, nil
	}
	if comment, _ := xmltext.HasMarkup(raw); comment && (k == nil || !k.join) {
		return nil, refusal.New(refusal.XMLSplitValue, at, "comment inside an addressing value")
	}
	text, err := xmltext.AppendValue(nil, raw)
	if err != nil {
		return nil, refusal.Newf(refusal.Of(err), at, "addressing value: %w", err)
	}
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return nil, refusal.Newf(refusal.XMLChar, at, "control character %#x in an addressing value", c)
		}
	}
	return text, nil
}

func trimBlanks(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

// trimControls drops what WCF's reader drops around an Action: every character
// up to U+0020 (dispatch 2.1).
func trimControls(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// readReference reads ReplyTo, FaultTo or From.
func readReference(env *soap.Envelope, known *Known, b *soap.Block) (*EndpointAddress, error) {
	head := env.Head()
	if isBareAnonymous(b.StartTag.Of(head), b.Content.Of(head), env.Version.Addressing) {
		return trivial, nil
	}
	return readEPR(b.Element.Of(head), env.Scope(b), env.Version.Addressing, known)
}

// isBareAnonymous recognises, without a scanner, the reference that nearly every
// WCF request carries: <p:Address>anonymous</p:Address> with the prefix of the
// header itself, which was resolved to the addressing namespace.
func isBareAnonymous(tag, content []byte, v soap.AddressingVersion) bool {
	name := tag[1:nameEnd(tag)]
	prefix := name[:bytes.IndexByte(name, ':')+1]
	rest, ok := bytes.CutPrefix(trimBlanks(content), []byte("<"))
	ok = ok && cut(&rest, string(prefix)) && cut(&rest, "Address>") && cut(&rest, anonymousText(v)) &&
		cut(&rest, "</") && cut(&rest, string(prefix)) && cut(&rest, "Address>")
	return ok && len(rest) == 0
}

func cut(b *[]byte, prefix string) bool {
	if len(*b) < len(prefix) || string((*b)[:len(prefix)]) != prefix {
		return false
	}
	*b = (*b)[len(prefix):]
	return true
}

// isReply reports whether a RelatesTo names the message that this one answers:
// RelationshipType is absent or says reply (WS-Addressing Core, 3.1).
func isReply(env *soap.Envelope, b *soap.Block) (bool, error) {
	tag := b.StartTag.Of(env.Head())
	if !bytes.Contains(tag, []byte(relationshipType)) {
		return true, nil
	}
	var s xmltext.Scanner
	s.Reset(fragmentLimits())
	doc := fragment(b.Element.Of(env.Head()), env.Scope(b))
	for range 2 { // the wrapper, then the header
		if _, err := s.Next(doc, true); err != nil {
			return false, err
		}
	}
	for _, a := range s.Attrs() {
		if !a.Name.Is("", relationshipType) {
			continue
		}
		value, err := xmltext.AppendAttrValue(nil, a.Raw.Of(doc))
		if err != nil {
			return false, err
		}
		if env.Version.Addressing == soap.Addressing200408 { // a QName there
			prefix, local, found := bytes.Cut(trimBlanks(value), []byte(":"))
			if !found {
				prefix, local = nil, prefix
			}
			space, _ := s.Lookup(prefix)
			return string(space) == wsa2004NS && string(local) == "Reply", nil
		}
		return string(trimBlanks(value)) == replyRelationship, nil
	}
	return true, nil
}
