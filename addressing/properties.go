package addressing

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Kind is one of the headers that are addressing properties.
type Kind uint8

// Kinds of properties.
const (
	KindTo Kind = iota
	KindAction
	KindMessageID
	KindRelatesTo
	KindReplyTo
	KindFrom
	KindFaultTo
	kinds
)

// String returns the name of the header.
func (k Kind) String() string {
	return [...]string{"To", "Action", "MessageID", "RelatesTo", "ReplyTo", "From", "FaultTo", "?"}[min(k, kinds)]
}

// kindOf returns the kind of a header with this local name.
func kindOf(local []byte) (Kind, bool) {
	switch string(local) {
	case "To":
		return KindTo, true
	case "Action":
		return KindAction, true
	case "MessageID":
		return KindMessageID, true
	case "RelatesTo":
		return KindRelatesTo, true
	case "ReplyTo":
		return KindReplyTo, true
	case "From":
		return KindFrom, true
	case "FaultTo":
		return KindFaultTo, true
	default:
		return kinds, false
	}
}

// Understands returns the test for headers that addressing of version v
// understands, as the check of mustUnderstand asks (dispatch 2.1).
func Understands(v soap.AddressingVersion) func(xmltext.Name) bool {
	if v == soap.AddressingNone {
		return func(xmltext.Name) bool { return false }
	}
	ns := v.Namespace()
	return func(n xmltext.Name) bool {
		_, ok := kindOf(n.Local)
		return ok && string(n.Space) == ns
	}
}

// Properties are the addressing properties of one message. Values that are not
// configured ones may be views of the envelope and die with it; what the
// accessors return as a string or an address does not.
//
// An accessor gives the zero value for an absent property, and a
// *[CardinalityError] for one that occurs twice: that is an error of the reader,
// not of the message (dispatch 2.1).
type Properties struct {
	version soap.AddressingVersion
	mixed   bool
	others  bool // headers of the version's namespace that are no properties
	twice   [kinds]bool
	index   [kinds]int32 // index of the block, plus one

	to        uritable.URI
	action    Action
	messageID []byte
	relatesTo []byte
	replyTo   *EndpointAddress
	from      *EndpointAddress
	faultTo   *EndpointAddress
}

// Bare returns the properties of a message of version v that has no addressing
// headers, or whose headers were not read.
func Bare(v soap.AddressingVersion) Properties { return Properties{version: v} }

// CardinalityError says that a property which was read occurs more than once.
// It gives the fault FT-06, in 2004/08 FT-07.
type CardinalityError struct{ Kind Kind }

func (e *CardinalityError) Error() string {
	return fmt.Sprintf("header %s occurs more than once", e.Kind)
}

// Version returns the version whose headers were read.
func (p *Properties) Version() soap.AddressingVersion { return p.version }

// Mixed reports headers of the other WS-Addressing version beside those of the
// listener's (threats T-WSA-08: worth a warning, wsa.mixed).
func (p *Properties) Mixed() bool { return p.mixed }

// Has reports whether the message has the header.
func (p *Properties) Has(k Kind) bool { return p.index[k] > 0 }

// Index returns the block of the first header of a kind, -1 without one.
func (p *Properties) Index(k Kind) int { return int(p.index[k]) - 1 }

// check returns the error of reading k.
func (p *Properties) check(k Kind) error {
	if p.twice[k] {
		return &CardinalityError{Kind: k}
	}
	return nil
}

// To returns the destination. An anonymous To is the version's anonymous URI.
func (p *Properties) To() (uritable.URI, error) { return p.to, p.check(KindTo) }

// Action returns the action.
func (p *Properties) Action() (Action, error) { return p.action, p.check(KindAction) }

// MessageID returns a copy of the message's identifier.
func (p *Properties) MessageID() (MessageID, error) {
	return MessageID(p.messageID), p.check(KindMessageID)
}

// RelatesTo returns a copy of the identifier of the message that this one
// answers.
func (p *Properties) RelatesTo() (MessageID, error) {
	return MessageID(p.relatesTo), p.check(KindRelatesTo)
}

// ReplyTo returns the address for replies, nil when there is none.
func (p *Properties) ReplyTo() (*EndpointAddress, error) { return p.replyTo, p.check(KindReplyTo) }

// From returns the address of the sender, nil when there is none.
func (p *Properties) From() (*EndpointAddress, error) { return p.from, p.check(KindFrom) }

// FaultTo returns the address for faults, nil when there is none.
func (p *Properties) FaultTo() (*EndpointAddress, error) { return p.faultTo, p.check(KindFaultTo) }

// reference returns ReplyTo, From or FaultTo.
func (p *Properties) reference(k Kind) (*EndpointAddress, error) {
	switch k {
	case KindReplyTo:
		return p.ReplyTo()
	case KindFrom:
		return p.From()
	default:
		return p.FaultTo()
	}
}

// Adopt supplies what the transport knows where the version has no addressing
// headers: To is the request URI with its query, Action is the claim (dispatch
// 5.6). With addressing headers it does nothing, an absent To stays absent.
func (p *Properties) Adopt(via uritable.URI, claim Action) {
	if p.version == soap.AddressingNone {
		p.to = via
		p.action = claim
	}
}

// AdoptTo supplies the request URI for a To that is absent or anonymous
// (wsa.missingTo=via; dispatch 5.7). WCF does not: such a message fails every
// address filter but Any.
func (p *Properties) AdoptTo(via uritable.URI) {
	if p.version != soap.AddressingNone && (p.to.IsZero() || p.to.String() == anonymousText(p.version)) {
		p.to = via
	}
}
