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
}

// AddressReply addresses the draft of an answer over HTTP (dispatch 7.3, 8.7):
// RelatesTo names the request unless the answer names a message already, the
// reference parameters of FaultTo or ReplyTo become headers, To goes (2004/08:
// is anonymous), From, ReplyTo and FaultTo go. The answer travels on the
// request's connection, whatever address ReplyTo holds.
//
// Base holds the properties of the draft's base, nil for a message of Viaduct's
// own; request those of the request, whose version the answer gets. send is
// false when the client wants no answer (none address). The error is a
// *[CardinalityError]; a fault is then sent without an address instead.
func AddressReply(d *soap.Draft, base, request *Properties, r Reply) (send bool, err error) {
	v := soap.Version{Envelope: d.Version().Envelope, Addressing: request.version}
	destination, err := request.destination(r.Fault)
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
	for k := range kinds {
		base.removeAll(d, k)
	}
	if v.Addressing == soap.AddressingNone {
		return
	}
	if r.Action == "" {
		r.Action = translateFaultAction(base.action, base.version, v.Addressing)
	}
	d.Append(header(v, "Action", string(r.action(request, v.Addressing)), true))
	if base.Has(KindMessageID) {
		d.Append(header(v, "MessageID", string(base.messageID), false))
	}
	relates := base.relatesTo
	if len(relates) == 0 {
		relates = request.messageID
	}
	if len(relates) > 0 {
		d.Append(header(v, "RelatesTo", string(relates), false))
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
