package addressing

import (
	"cmp"

	"github.com/viaduct-soap/viaduct/soap"
)

// Outbound writes the addressing headers of requests to one address in one
// version. What does not depend on the message is written once; it is immutable
// and may be shared.
type Outbound struct {
	version soap.Version
	text    string // of To
	to      []byte // nil: To is removed
	replyTo []byte
	headers [][]byte
}

// Request is what an outgoing request needs beside its address.
type Request struct {
	// Action is written where the request comes from another addressing version;
	// "" takes the action of the base.
	Action Action
	// Reply says that an answer is expected: MessageID is kept or made, ReplyTo
	// is anonymous.
	Reply bool
	// NewID makes an identifier; needed with Reply.
	NewID func() MessageID
	// Manual says that the binding writes no headers of its own
	// (manualAddressing): those of the base are translated where the version
	// differs, and nothing else is done.
	Manual bool
}

// NewOutbound prepares requests to a. Errors: [ErrNoneAddress],
// [ErrAnonymousAddress].
func NewOutbound(a *EndpointAddress, v soap.Version) (*Outbound, error) {
	o := &Outbound{version: v}
	text, err := a.addressText(v.Addressing)
	if err != nil {
		return nil, err
	}
	for _, h := range a.Headers {
		o.headers = append(o.headers, h.onMessage(v.Addressing))
	}
	if v.Addressing == soap.AddressingNone {
		return o, nil
	}
	if !a.IsAnonymous() || v.Addressing != soap.Addressing10 { // 1.0: absent means anonymous
		o.text = text
		o.to = header(v, "To", text, true)
	}
	o.replyTo, err = trivial.AppendEPR(nil, v.Addressing, "ReplyTo")
	return o, err
}

// Apply addresses the draft of a request as WCF's channel does after routing
// (dispatch 6, 8.7): To becomes the address, From and FaultTo go, ReplyTo is
// anonymous when an answer is expected and goes otherwise, address headers are
// appended. Headers of the addressing namespace that are no properties go too.
// In a draft of the base's version nothing else changes, and a header that says
// the same already stays as it is. Between versions the headers of the old one
// go, and Action, MessageID and RelatesTo are written anew; without addressing
// the action travels in the transport alone.
//
// Base holds the properties of the draft's base. The error is a
// *[CardinalityError], or [ErrNoneAddress] where Manual asks for what the version
// cannot say.
func (o *Outbound) Apply(d *soap.Draft, base *Properties, r Request) error {
	v := o.version.Addressing
	if base.version != v {
		return o.translate(d, base, r)
	}
	if r.Manual {
		return nil
	}
	if v == soap.AddressingNone {
		o.applyHeaders(d)
		return nil
	}
	for _, k := range []Kind{KindAction, KindMessageID, KindTo} {
		if err := base.check(k); err != nil {
			return err
		}
	}
	base.removeAll(d, KindFrom)
	base.removeAll(d, KindFaultTo)
	base.removeOthers(d)
	switch {
	case !r.Reply:
		base.removeAll(d, KindReplyTo)
	case base.Has(KindReplyTo) && base.replyTo == trivial && !base.twice[KindReplyTo]:
	default:
		base.put(d, KindReplyTo, o.replyTo)
	}
	if r.Reply && !base.Has(KindMessageID) {
		d.Append(header(o.version, "MessageID", string(r.NewID()), false))
	}
	if err := o.applyTo(d, base); err != nil {
		return err
	}
	o.applyHeaders(d)
	return nil
}

// translate writes the properties of a message of another version.
func (o *Outbound) translate(d *soap.Draft, base *Properties, r Request) error {
	for k := KindTo; k <= KindRelatesTo; k++ {
		if err := base.check(k); err != nil {
			return err
		}
	}
	removeOld(d, base.version, o.version.Addressing)
	if o.version.Addressing == soap.AddressingNone {
		if !r.Manual {
			o.applyHeaders(d)
		}
		return nil
	}
	if a := cmp.Or(r.Action, base.action); a != "" {
		d.Append(header(o.version, "Action", string(a), true))
	}
	id := MessageID(base.messageID)
	if id == "" && r.Reply && !r.Manual {
		id = r.NewID()
	}
	if id != "" {
		d.Append(header(o.version, "MessageID", string(id), false))
	}
	if base.Has(KindRelatesTo) {
		d.Append(header(o.version, "RelatesTo", string(base.relatesTo), false))
	}
	if r.Manual {
		return base.appendAddresses(d, o.version)
	}
	if r.Reply {
		d.Append(o.replyTo)
	}
	if o.to != nil {
		d.Append(o.to)
	}
	o.applyHeaders(d)
	return nil
}

// appendAddresses writes the addresses of a message in another version, for a
// binding that does not write its own.
func (p *Properties) appendAddresses(d *soap.Draft, v soap.Version) error {
	for _, k := range []Kind{KindFrom, KindReplyTo, KindFaultTo} {
		a, err := p.reference(k)
		if err != nil {
			return err
		}
		if a == nil {
			continue
		}
		element, err := a.AppendEPR(nil, v.Addressing, k.String())
		if err != nil {
			return err
		}
		d.Append(element)
	}
	if to := p.to.String(); to != "" {
		if to == anonymousText(p.version) {
			to = anonymousText(v.Addressing)
		}
		d.Append(header(v, "To", to, true))
	}
	return nil
}

// applyTo sets To, or removes it where the address is anonymous.
func (o *Outbound) applyTo(d *soap.Draft, base *Properties) error {
	if o.version.Addressing == soap.AddressingNone {
		return nil
	}
	if base == nil {
		base = &Properties{version: o.version.Addressing}
	}
	if err := base.check(KindTo); err != nil {
		return err
	}
	switch {
	case o.to == nil:
		base.removeAll(d, KindTo)
	case base.Has(KindTo) && base.says(d, KindTo, o.text):
	default:
		base.put(d, KindTo, o.to)
	}
	return nil
}

func (o *Outbound) applyHeaders(d *soap.Draft) {
	for _, h := range o.headers {
		d.Append(h)
	}
}

// says reports whether the header of a kind has exactly this text.
func (p *Properties) says(d *soap.Draft, k Kind, text string) bool {
	env := d.Base()
	return string(trimBlanks(env.Blocks()[p.Index(k)].Content.Of(env.Head()))) == text
}

// put replaces the header of a kind, or appends it.
func (p *Properties) put(d *soap.Draft, k Kind, element []byte) {
	if !p.Has(k) {
		d.Append(element)
		return
	}
	if p.twice[k] {
		p.removeAll(d, k)
	}
	d.Replace(p.Index(k), element)
}

// removeAll removes every header of a kind that is an addressing property.
func (p *Properties) removeAll(d *soap.Draft, k Kind) {
	if !p.Has(k) {
		return
	}
	d.Remove(p.Index(k))
	if !p.twice[k] {
		return
	}
	env := d.Base()
	for i := range env.Blocks() {
		b := &env.Blocks()[i]
		if string(b.Name.Space) != p.version.Namespace() || !forMe(b) {
			continue
		}
		if kind, ok := kindOf(b.Name.Local); !ok || kind != k {
			continue
		}
		if reply, err := isReply(env, b); k == KindRelatesTo && (err != nil || !reply) {
			continue
		}
		d.Remove(i)
	}
}

// removeOthers removes headers of the addressing namespace that are no
// properties (dispatch 8.7, step A).
func (p *Properties) removeOthers(d *soap.Draft) {
	if !p.others {
		return
	}
	blocks := d.Base().Blocks()
	for i := range blocks {
		b := &blocks[i]
		if _, property := kindOf(b.Name.Local); !property && string(b.Name.Space) == p.version.Namespace() && forMe(b) {
			d.Remove(i)
		}
	}
}
