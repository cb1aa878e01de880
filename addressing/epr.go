package addressing

import (
	"bytes"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Limits of the reference parameters of one endpoint reference (threats
// T-WSA-06): they come back as headers of the answer.
const (
	MaxParameters      = 16
	MaxParameterOctets = 8192
)

// ReadEPR reads an endpoint reference of version v: element is the whole element
// that is one, ReplyTo for instance, scope the declarations in force around it.
// The version's anonymous and none URIs become the neutral ones.
//
// Errors are *refusal.Error: wsa.epr for what is no reference (missing, second or
// relative Address, elements of the addressing namespace out of order, a broken
// identity, reference parameters beyond the limits or of a namespace that no
// parameter may have), xml.split_value for a comment inside Address, xml.char
// for a control character there.
func ReadEPR(element []byte, scope []xmltext.Decl, v soap.AddressingVersion) (*EndpointAddress, error) {
	return readEPR(element, scope, v, nil)
}

// ParseEPR reads a reference that declares all it uses and returns the version
// that the namespace of its first child tells.
func ParseEPR(element []byte) (*EndpointAddress, soap.AddressingVersion, error) {
	v, err := detectVersion(element)
	if err != nil {
		return nil, v, err
	}
	a, err := ReadEPR(element, nil, v)
	return a, v, err
}

func detectVersion(element []byte) (soap.AddressingVersion, error) {
	var s xmltext.Scanner
	s.Reset(fragmentLimits())
	for seen := 0; ; {
		kind, err := s.Next(element, true)
		switch {
		case err != nil:
			return soap.AddressingNone, refusal.Newf(refusal.WSAEPR, -1, "endpoint reference: %w", err)
		case kind == xmltext.End, kind == xmltext.More:
			return soap.AddressingNone, brokenEPR("no child element")
		case kind != xmltext.StartTag:
			continue
		}
		if seen++; seen < 2 {
			continue
		}
		switch string(s.Name().Space) {
		case wsa10NS:
			return soap.Addressing10, nil
		case wsa2004NS:
			return soap.Addressing200408, nil
		default:
			return soap.AddressingNone, brokenEPR("first child is of no addressing namespace")
		}
	}
}

func brokenEPR(detail string) error {
	return refusal.New(refusal.WSAEPR, -1, "endpoint reference: "+detail)
}

// Depths of elements in the document that fragment makes.
const (
	depthEPR = iota + 2
	depthPart
	depthParameter
	depthValue
)

// place is a position in the order of children that a version prescribes.
type place int8

const (
	beforeAddress place = iota
	atAddress
	atProperties // 2004/08
	atParameters
	atPortType    // 2004/08
	atServiceName // 2004/08
	atPolicy      // 2004/08
	atMetadata
	atExtensions
)

type eprReader struct {
	scanner xmltext.Scanner
	doc     []byte
	version soap.AddressingVersion
	known   *Known
	address *EndpointAddress

	at         place
	part       part
	parameter  part
	outer      []xmltext.Decl // in force around the part or the parameter
	parameters int
	octets     int
	identity   identityReader
}

// part is an element being read.
type part struct {
	space, local string
	start        int
	tagEnd       int
}

func readEPR(element []byte, scope []xmltext.Decl, v soap.AddressingVersion, known *Known) (*EndpointAddress, error) {
	r := eprReader{doc: fragment(element, scope), version: v, known: known, address: &EndpointAddress{}}
	r.scanner.Reset(fragmentLimits())
	for {
		kind, err := r.scanner.Next(r.doc, true)
		if err != nil {
			return nil, refusal.Newf(refusal.WSAEPR, -1, "endpoint reference: %w", err)
		}
		depth := r.scanner.Depth()
		switch kind {
		case xmltext.StartTag:
			if r.scanner.Empty() {
				if err = r.start(depth + 1); err == nil {
					err = r.end(depth + 1)
				}
			} else {
				err = r.start(depth)
			}
		case xmltext.EndTag:
			err = r.end(depth + 1)
		case xmltext.Text, xmltext.CDATA:
			err = r.text(depth)
		case xmltext.More, xmltext.End:
			return r.finish()
		case xmltext.Comment, xmltext.Declaration:
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *eprReader) finish() (*EndpointAddress, error) {
	if r.at == beforeAddress {
		return nil, brokenEPR("no Address")
	}
	if r.address.IsTrivial() {
		return trivial, nil
	}
	return r.address, nil
}

// text refuses text where elements stand.
func (r *eprReader) text(depth int) error {
	if r.part.local == "Address" && r.at == atAddress || depth > depthPart || depth < depthEPR {
		return nil
	}
	if depth == depthPart && !r.inParameters() && r.part.space != identityNS {
		return nil
	}
	if len(bytes.Trim(r.scanner.Token().Of(r.doc), " \t\r\n")) > 0 {
		return brokenEPR("text between elements")
	}
	return nil
}

func (r *eprReader) inParameters() bool {
	return r.part.local != "" && (r.at == atParameters || r.at == atProperties)
}

func (r *eprReader) current() part {
	n, tok := r.scanner.Name(), r.scanner.Token()
	return part{space: string(n.Space), local: string(n.Local), start: tok.Start, tagEnd: tok.End}
}

func (r *eprReader) start(depth int) error {
	switch {
	case depth == depthPart:
		r.part = r.current()
		r.keepScope()
		return r.order()
	case depth > depthPart && r.part.space == identityNS:
		return r.identity.start(depth, r.current())
	case depth == depthParameter && r.at == atAddress:
		return brokenEPR("element inside Address")
	case depth == depthParameter && (r.inParameters() || r.inMetadata()):
		r.parameter = r.current()
		r.keepScope()
	}
	return nil
}

func (r *eprReader) inMetadata() bool {
	return r.version == soap.Addressing10 && r.part.local != "" && r.at == atMetadata
}

// keepScope copies the scope of the element that starts: what its own tag
// declares is declared there again, which changes nothing.
func (r *eprReader) keepScope() { r.outer = append(r.outer[:0], r.scanner.Scope()...) }

// order finds the place of the part and refuses it where it may not stand
// (dispatch 1.5).
func (r *eprReader) order() error {
	p := r.place()
	repeats := p == atPolicy || p == atExtensions
	if p < r.at || p == r.at && !repeats || r.at == beforeAddress && p != atAddress {
		return brokenEPR(r.part.local + " where it may not stand")
	}
	r.at = p
	if p == atExtensions && r.part.space == identityNS && r.part.local == "Identity" {
		return r.identity.begin()
	}
	return nil
}

// place returns where the part belongs, beforeAddress for an element of the
// addressing namespace that belongs nowhere.
func (r *eprReader) place() place {
	old := r.version == soap.Addressing200408
	switch r.part.space {
	case r.version.Namespace():
		switch {
		case r.part.local == "Address":
			return atAddress
		case r.part.local == "ReferenceParameters":
			return atParameters
		case r.part.local == "Metadata" && !old:
			return atMetadata
		case r.part.local == "ReferenceProperties" && old:
			return atProperties
		case r.part.local == "PortType" && old:
			return atPortType
		case r.part.local == "ServiceName" && old:
			return atServiceName
		}
		return beforeAddress
	case policyNS:
		if old {
			return atPolicy
		}
	case mexNS:
		if old && r.part.local == "Metadata" {
			return atMetadata
		}
	}
	return atExtensions
}

func (r *eprReader) end(depth int) error {
	tok := r.scanner.Token()
	switch {
	case depth == depthPart:
		err := r.endPart(tok)
		r.part = part{}
		return err
	case depth > depthPart && r.part.space == identityNS:
		return r.identity.end(depth, r.doc, tok)
	case depth == depthParameter && r.inParameters():
		return r.endParameter(tok)
	case depth == depthParameter && r.inMetadata():
		return r.keepIn(&r.address.Metadata, r.parameter, tok)
	}
	return nil
}

// content returns what stands between the tags of p, which tok ends.
func (p part) content(doc []byte, tok xmltext.Span) []byte {
	if tok.Start < p.tagEnd { // an empty-element tag
		return nil
	}
	return doc[p.tagEnd:tok.Start]
}

// keep returns the element that tok ends, for a round trip.
func (r *eprReader) keep(p part, tok xmltext.Span) (Element, error) {
	h, err := NewHeader(r.doc[p.start:tok.End], r.outer)
	return Element{Space: p.space, Local: p.local, XML: h.element}, err
}

// keepIn appends to one of the lists that only a round trip needs.
func (r *eprReader) keepIn(list *[]Element, p part, tok xmltext.Span) error {
	e, err := r.keep(p, tok)
	if err != nil {
		return refusal.Newf(refusal.WSAEPR, -1, "endpoint reference: %w", err)
	}
	*list = append(*list, e)
	return nil
}

func (r *eprReader) endPart(tok xmltext.Span) error {
	switch {
	case r.at == atAddress:
		return r.endAddress(r.part.content(r.doc, tok))
	case r.at == atMetadata && r.version == soap.Addressing200408:
		return r.keepIn(&r.address.Metadata, r.part, tok)
	case r.at >= atPortType && r.at <= atPolicy:
		return r.keepIn(&r.address.PSP, r.part, tok)
	case r.at == atExtensions && r.part.space == identityNS && r.part.local == "Identity":
		id, err := r.identity.finish()
		r.address.Identity = id
		return err
	case r.at == atExtensions:
		return r.keepIn(&r.address.Extensions, r.part, tok)
	}
	return nil
}

func (r *eprReader) endAddress(raw []byte) error {
	text, err := r.known.text(raw, -1)
	if err != nil {
		return err
	}
	r.address.URI, err = r.uri(bytes.Trim(text, " \t\r\n"))
	if err != nil {
		return refusal.Newf(refusal.WSAEPR, -1, "endpoint reference: Address: %w", err)
	}
	return nil
}

// uri replaces the version's special URIs by the neutral ones. They are
// recognised in normal form, whatever their spelling.
func (r *eprReader) uri(text []byte) (uritable.URI, error) {
	u, err := r.known.address(text)
	if err != nil {
		return u, err
	}
	switch u.String() {
	case anonymousText(r.version):
		return anonymousURI, nil
	case none10:
		if r.version == soap.Addressing10 {
			return noneURI, nil
		}
	}
	return u, nil
}

func (r *eprReader) endParameter(tok xmltext.Span) error {
	element := r.doc[r.parameter.start:tok.End]
	r.parameters++
	r.octets += len(element)
	switch {
	case r.parameters > MaxParameters:
		return brokenEPR("too many reference parameters")
	case r.octets > MaxParameterOctets:
		return brokenEPR("reference parameters too long")
	case reservedSpace(r.parameter.space):
		return brokenEPR("reference parameter " + r.parameter.local + " of a namespace that only nodes may use")
	}
	h, err := NewHeader(element, r.outer)
	if err != nil {
		return refusal.Newf(refusal.WSAEPR, -1, "endpoint reference: %w", err)
	}
	h.Property = r.at == atProperties
	r.address.Headers = append(r.address.Headers, h)
	return nil
}

// reservedSpace names the namespaces whose headers mean something to nodes, so
// that nobody may have them echoed (threats T-WSA-06).
func reservedSpace(space string) bool {
	switch space {
	case soap.Namespace11, soap.Namespace12, wsa10NS, wsa2004NS, soap.NamespaceAddressingNone, wsseNS, wsse11NS, wsuNS:
		return true
	default:
		return false
	}
}
