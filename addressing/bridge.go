package addressing

import (
	"context"
	"slices"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Bridge returns a draft of base, whose properties are p, as a message of
// version to (dispatch 8.7, step C): what soap.Bridge does, and for a fault the
// translation of what belongs to addressing. Its codes are those of to, and its
// detail stands where to wants it: in the fault, or in the header FaultDetail
// (WS-Addressing 1.0 SOAP Binding, 6). A fault that is still arriving is held.
//
// Action is that of a fault in version to, "" for other messages. The addressing
// headers of the draft are those of base until [Outbound.Apply] or
// [AddressReply] translates them; tell them the action.
//
// Errors: soap.ErrNoEnvelope, those of soap.ReadFault.
func Bridge(ctx context.Context, base *soap.Envelope, p *Properties, to soap.Version) (*soap.Draft, Action, error) {
	if fault, _ := soap.IsFault(base); !fault || base.Version == to {
		d, err := soap.Bridge(base, to)
		return d, "", err
	}
	f, err := soap.ReadFault(ctx, base)
	if err != nil {
		return nil, "", err
	}
	t := faultTranslation{fault: f, from: base.Version, to: to, block: -1}
	if err := t.run(base); err != nil {
		return nil, "", err
	}
	var d *soap.Draft
	if t.changed || base.Version.Envelope != to.Envelope {
		d, err = soap.BridgeFault(base, f, to)
	} else {
		d, err = soap.Bridge(base, to)
	}
	if err != nil {
		return nil, "", err
	}
	if t.block >= 0 {
		d.Remove(t.block)
	}
	return d, t.action(p.action), nil
}

// faultTranslation makes a fault of one version one of another.
type faultTranslation struct {
	fault    *soap.Fault
	from, to soap.Version
	changed  bool
	block    int // of a FaultDetail that moved into the fault, or -1
}

const faultDetail = "FaultDetail"

func (t *faultTranslation) run(base *soap.Envelope) error {
	f := t.fault
	if t.from.Addressing != t.to.Addressing {
		var codes []soap.QName
		for i, q := range f.Subcodes {
			if q.Space == t.from.Addressing.Namespace() {
				t.changed = true
				if q.Local = translateCode(q.Local, t.from.Addressing, t.to.Addressing, i == 0); q.Local == "" {
					continue
				}
				q.Space = t.to.Addressing.Namespace()
			}
			codes = append(codes, q)
		}
		f.Subcodes = codes
	}
	if t.to == soap.Soap11WSAddressing10 {
		t.detailToHeader()
		return nil
	}
	if t.from == soap.Soap11WSAddressing10 {
		return t.headerToDetail(base)
	}
	return nil
}

// detailToHeader moves what an addressing fault says of headers out of the fault,
// where SOAP 1.1, 4.4 does not allow it.
func (t *faultTranslation) detailToHeader() {
	f := t.fault
	if len(f.Detail) == 0 || len(f.Subcodes) == 0 || f.Subcodes[0].Space != wsa10NS {
		return
	}
	if h, err := NewHeader(f.Detail, nil); err != nil || h.Space != wsa10NS {
		return
	}
	f.Headers = append(f.Headers, faultDetailHeader(f.TakeDetail()))
	t.changed = true
}

// headerToDetail moves it back.
func (t *faultTranslation) headerToDetail(base *soap.Envelope) error {
	blocks := base.Blocks()
	t.block = slices.IndexFunc(blocks, func(b soap.Block) bool { return b.Name.Is(wsa10NS, faultDetail) && forMe(&b) })
	if t.block < 0 {
		return nil
	}
	t.changed = true
	if len(t.fault.Detail) > 0 {
		return nil
	}
	var err error
	t.fault.Detail, err = childrenOf(blocks[t.block].Element.Of(base.Head()), base.Scope(&blocks[t.block]))
	return err
}

// action is the action of the translated fault: that which the source names,
// unless it is one of the version's own.
func (t *faultTranslation) action(named Action) Action {
	from, to := t.from.Addressing, t.to.Addressing
	switch {
	case to == soap.AddressingNone:
		return ""
	case named != "" && (from == to || named != FaultAction(from) && named != DefaultFaultAction(from)):
		return named
	}
	if len(t.fault.Subcodes) > 0 {
		switch q := t.fault.Subcodes[0]; q.Space {
		case soap.NamespaceDispatcher:
			return DispatcherFault
		case to.Namespace():
			if q.Local != "DestinationUnreachable" { // dispatch 5.4: FT-01 has D
				return FaultAction(to)
			}
			return DefaultFaultAction(to)
		}
	}
	if from == soap.Addressing10 && named == FaultAction(from) {
		return FaultAction(to)
	}
	return DefaultFaultAction(to)
}

// Codes that have another name in 2004/08 (dispatch 7.5).
const (
	invalidHeader10      = "InvalidAddressingHeader"
	headerRequired10     = "MessageAddressingHeaderRequired"
	invalidHeader200408  = "InvalidMessageInformationHeader"
	headerRequired200408 = "MessageInformationHeaderRequired"
)

// translateCode returns a subcode's name in another version, "" where the
// version has none. Without addressing WCF takes the names of 1.0.
func translateCode(local string, from, to soap.AddressingVersion, first bool) string {
	switch {
	case from == soap.Addressing200408 && local == invalidHeader200408:
		return invalidHeader10
	case from == soap.Addressing200408 && local == headerRequired200408:
		return headerRequired10
	case to != soap.Addressing200408:
		return local
	case local == headerRequired10:
		return headerRequired200408
	case local == "DestinationUnreachable", local == "ActionNotSupported", local == "EndpointUnavailable":
		return local
	case first: // the others say what is wrong with a header
		return invalidHeader200408
	default:
		return ""
	}
}

// forMe reports whether a header is aimed at the node that addressing works for:
// at every node, or at the final receiver (dispatch 2.1).
func forMe(b *soap.Block) bool { return b.RoleKind == soap.RoleUltimate || b.RoleKind == soap.RoleNext }

// removeOld removes from a draft what another version of addressing says: the
// headers of the base's version, and those of the draft's version that nobody
// has read, lest the peer take them for the router's word.
func removeOld(d *soap.Draft, from, to soap.AddressingVersion) {
	blocks := d.Base().Blocks()
	for i := range blocks {
		b := &blocks[i]
		if !forMe(b) {
			continue
		}
		_, property := kindOf(b.Name.Local)
		switch space := b.Name.Space; {
		case from != soap.AddressingNone && string(space) == from.Namespace(),
			to != soap.AddressingNone && property && string(space) == to.Namespace():
			d.Remove(i)
		}
	}
}

// childrenOf returns the child elements of an element, each declaring what it
// uses.
func childrenOf(element []byte, scope []xmltext.Decl) ([]byte, error) {
	const depthChild = 3 // below the wrapper and the element
	doc := fragment(element, scope)
	var s xmltext.Scanner
	s.Reset(fragmentLimits())
	var (
		out   []byte
		outer []xmltext.Decl
		start int
	)
	for {
		kind, err := s.Next(doc, true)
		if err != nil {
			return nil, err
		}
		depth, end := s.Depth(), false
		switch kind {
		case xmltext.StartTag:
			if s.Empty() {
				depth++
				end = depth == depthChild
			}
			if depth == depthChild {
				start = s.Token().Start
				outer = append(outer[:0], s.Scope()...)
			}
		case xmltext.EndTag:
			end = depth+1 == depthChild
		case xmltext.More, xmltext.End:
			return out, nil
		default:
		}
		if end {
			h, err := NewHeader(doc[start:s.Token().End], outer)
			if err != nil {
				return nil, err
			}
			out = append(out, h.element...)
		}
	}
}
