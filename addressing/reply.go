package addressing

import (
	"github.com/viaduct-soap/viaduct/soap"
)

// Reply is what an answer needs beside the properties of its request.
type Reply struct {
	// Fault says that the answer is a fault.
	Fault bool
	// Action is written when the answer has none, or comes from another
	// addressing version. "" means: the action of the answer's base, else the
	// default fault action, else that of the request with "Response" behind it.
	Action Action
	// To is where the answer is delivered as a message of its own (see
	// [ReplyTarget]); nil: it goes back on the request's channel.
	To *EndpointAddress
	// Manual says that the service addresses its answers itself
	// (manualAddressing): the headers of the draft's base are translated where
	// the version differs, and nothing else is done.
	Manual bool
}

// AddressReply addresses the draft of an answer over HTTP (dispatch 7.3, 8.7):
// RelatesTo names the request unless the answer names a message already, the
// reference parameters of FaultTo or ReplyTo become headers, To goes (2004/08:
// is anonymous), From, ReplyTo and FaultTo go. The answer travels on the
// request's connection, whatever address ReplyTo holds, unless r.To says that it
// is delivered: then To is that address, and its reference parameters become
// headers.
//
// Base holds the properties of the draft's base, nil for a message of Viaduct's
// own; request those of the request, whose version the answer gets. send is
// false when the client wants no answer (none address). The error is a
// *[CardinalityError]; a fault is then sent without an address instead.
func AddressReply(d *soap.Draft, base, request *Properties, r Reply) (send bool, err error) {
	v := soap.Version{Envelope: d.Version().Envelope, Addressing: request.version}
	if r.Manual {
		if base != nil && base.version != v.Addressing {
			translateReply(d, base, request, v, r)
		}
		return true, nil
	}
	destination, err := r.To, error(nil)
	if destination == nil {
		destination, err = request.destination(r.Fault)
	}
	if err == nil {
		err = request.check(KindMessageID)
	}
	if err != nil && !r.Fault {
		return false, err
	}
	if destination != nil && destination.IsNone() {
		return false, nil
	}
	if base == nil {
		base = &Properties{version: v.Addressing}
	} else if base.version != v.Addressing {
		translateReply(d, base, request, v, r)
		base = &Properties{version: v.Addressing, index: [kinds]int32{KindAction: 1, KindRelatesTo: 1}}
	}
	if v.Addressing == soap.AddressingNone {
		return true, nil
	}
	if !base.Has(KindAction) {
		d.Append(header(v, "Action", string(r.action(request, v.Addressing)), true))
	}
	if !base.Has(KindRelatesTo) && request.Has(KindMessageID) {
		d.Append(header(v, "RelatesTo", string(request.messageID), false))
	}
	for _, k := range []Kind{KindFrom, KindReplyTo, KindFaultTo} {
		base.removeAll(d, k)
	}
	switch {
	case r.To != nil:
		base.put(d, KindTo, header(v, "To", r.To.URI.String(), true))
	case v.Addressing == soap.Addressing10:
		base.removeAll(d, KindTo)
	case !base.Has(KindTo) || base.twice[KindTo] || !base.says(d, KindTo, anonymous200408):
		base.put(d, KindTo, header(v, "To", anonymous200408, true))
	}
	if destination != nil {
		for _, h := range destination.Headers {
			d.Append(h.onMessage(v.Addressing))
		}
	}
	return true, nil
}

// destination returns the address of the answer, nil when nothing is applied.
func (p *Properties) destination(fault bool) (*EndpointAddress, error) {
	if fault {
		if a, err := p.FaultTo(); err != nil {
			return nil, err
		} else if !a.IsTrivial() {
			return a, nil
		}
	}
	if a, err := p.ReplyTo(); err != nil {
		return nil, err
	} else if !a.IsTrivial() {
		return a, nil
	}
	if p.version == soap.Addressing200408 {
		if a, err := p.From(); err != nil {
			return nil, err
		} else if !a.IsTrivial() {
			return a, nil
		}
	}
	return nil, nil
}

// translateReply takes out the headers of an answer of another version and
// writes those that it keeps.
func translateReply(d *soap.Draft, base, request *Properties, v soap.Version, r Reply) {
	removeOld(d, base.version, v.Addressing)
	if v.Addressing == soap.AddressingNone {
		return
	}
	if r.Action == "" {
		r.Action = translateFaultAction(base.action, base.version, v.Addressing)
	}
	if a := r.action(request, v.Addressing); a != "" {
		d.Append(header(v, "Action", string(a), true))
	}
	if base.Has(KindMessageID) {
		d.Append(header(v, "MessageID", string(base.messageID), false))
	}
	relates := base.relatesTo
	if len(relates) == 0 && !r.Manual {
		relates = request.messageID
	}
	if len(relates) > 0 {
		d.Append(header(v, "RelatesTo", string(relates), false))
	}
	if to := base.to.String(); r.Manual && to != "" {
		if to == anonymousText(base.version) {
			to = anonymousText(v.Addressing)
		}
		d.Append(header(v, "To", to, true))
	}
}

// translateFaultAction replaces the fault actions of one version by those of
// another.
func translateFaultAction(a Action, from, to soap.AddressingVersion) Action {
	switch a {
	case "":
		return ""
	case DefaultFaultAction(from):
		return DefaultFaultAction(to)
	case FaultAction(from):
		return FaultAction(to)
	default:
		return a
	}
}

// ActionOf returns the action that [AddressReply] gives the answer, for the
// transport that delivers it to [Reply.To].
func (r Reply) ActionOf(base, request *Properties) Action {
	switch v := request.version; {
	case base != nil && base.version == v && base.Has(KindAction):
		return base.action
	case base != nil && base.version != v && r.Action == "":
		r.Action = translateFaultAction(base.action, base.version, v)
		fallthrough
	default:
		return r.action(request, v)
	}
}

func (r Reply) action(request *Properties, v soap.AddressingVersion) Action {
	switch {
	case r.Action != "":
		return r.Action
	case r.Fault:
		return DefaultFaultAction(v)
	default:
		return request.action + "Response"
	}
}
