package routing

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/wssec"
	"github.com/viaduct-soap/viaduct/soap"
)

// outbound makes the message of one attempt (dispatch 8.7). What arrived stays
// as it is; the draft holds the edits.
func outbound(ctx context.Context, req *binding.Request, d *Destination) (*soap.Draft, error) {
	if bridged(req, d) {
		return bridge(ctx, req, d)
	}
	draft := soap.NewDraft(req.Envelope)
	if d.Mode == ForwardSigned {
		removeForged(draft)
	} else if err := edit(draft, req, d); err != nil {
		draft.Close()
		return nil, err
	}
	if err := wssec.Check(draft); err != nil {
		draft.Close()
		return nil, signed(err, false)
	}
	return draft, nil
}

// edit makes a request of the version in which it came.
func edit(draft *soap.Draft, req *binding.Request, d *Destination) error {
	if d.ProcessMessages {
		removeProcessed(draft)
	}
	removeForged(draft)
	switch {
	case d.Binding.ManualAddressing:
		return nil
	case !d.ProcessMessages:
		return d.Address.ApplyTo(draft, &req.Properties, d.Binding.Version.Addressing)
	default:
		return d.outbound.Apply(draft, &req.Properties, addressing.Request{Reply: req.Shape != binding.OneWay, NewID: newID})
	}
}

// claim is the action that the transport names.
func claim(req *binding.Request, d *Destination) addressing.Action {
	if d.Mode == ForwardSigned && req.Action != "" {
		return req.Action
	}
	action, _ := req.Properties.Action() // a doubled one has failed before
	if bridged(req, d) {
		return bridgedAction(req, d, action)
	}
	return action
}

// removeProcessed removes the headers that are aimed at every node and not
// meant to go on: a node that does not process a header for role next may not
// leave it to the following one unless relay says so (SOAP 1.2 Part 1, 2.7.2).
// Addressing properties are dealt with by package addressing.
func removeProcessed(draft *soap.Draft) {
	env := draft.Base()
	blocks := env.Blocks()
	own := env.Version.Addressing.Namespace()
	for i := range blocks {
		b := &blocks[i]
		if b.RoleKind == soap.RoleNext && !b.Relay && string(b.Name.Space) != own {
			draft.Remove(i)
		}
	}
}

// relayNamespace is that of the token by which a relay tells a listener who
// sent a message.
const relayNamespace = "http://schemas.microsoft.com/netservices/2009/05/servicebus/connect"

// removeForged removes headers that only a relay may write: a destination would
// take them for the router's word (threats T-SOAP-11).
func removeForged(draft *soap.Draft) {
	blocks := draft.Base().Blocks()
	for i := range blocks {
		if blocks[i].Name.Is(relayNamespace, "RelayAccessToken") {
			draft.Remove(i)
		}
	}
}

// answered is the message that answers a client.
type answered struct {
	draft *soap.Draft
	// to and action say where it is delivered as a message of its own, see
	// binding.Reply.
	to     *addressing.EndpointAddress
	action addressing.Action
	none   bool // the client wants no answer: there is no draft
}

// inbound makes the answer to the client out of the destination's answer.
// Addressing the answer is the dispatcher's work in WCF, so that it is done
// without soapProcessing too (dispatch 7.3).
func inbound(ctx context.Context, req *binding.Request, d *Destination, in *binding.Incoming, fault bool) (answered, error) {
	r := addressing.Reply{Fault: fault, Manual: req.Listener.Binding.ManualAddressing}
	if !r.Manual {
		r.To = addressing.ReplyTarget(&req.Properties, fault, req.ReplyTargets)
	}
	if in.Envelope.Version != req.Envelope.Version {
		return bridgeAnswer(ctx, req, d, in, r)
	}
	draft := soap.NewDraft(in.Envelope)
	if d.Mode == ForwardSigned || r.Manual {
		return answered{draft: draft}, nil
	}
	props, err := addressing.ExtractReply(in.Envelope)
	if err != nil {
		draft.Close()
		return answered{}, err
	}
	removeNone(draft)
	if d.ProcessMessages {
		removeProcessed(draft)
	}
	got, err := address(draft, &props, req, r)
	if err != nil || got.none {
		return got, err
	}
	if wssec.Check(draft) != nil {
		// A signed answer goes back as it came: the message is worth more than
		// the header that WCF would have dropped.
		draft.Close()
		return answered{draft: soap.NewDraft(in.Envelope)}, nil //nolint:nilerr // see above
	}
	return got, nil
}

// address addresses the draft of an answer; it closes the draft unless somebody
// wants it.
func address(draft *soap.Draft, props *addressing.Properties, req *binding.Request, r addressing.Reply) (answered, error) {
	send, err := addressing.AddressReply(draft, props, &req.Properties, r)
	if err != nil || !send {
		draft.Close()
		return answered{none: err == nil}, err
	}
	got := answered{draft: draft, to: r.To}
	if r.To != nil {
		got.action = r.ActionOf(props, &req.Properties)
	}
	return got, nil
}

// removeNone removes the headers of the namespace that stands for "no
// addressing": Mono writes one into SOAP 1.1 faults, and .NET refuses it (wire
// formats 10.1).
func removeNone(draft *soap.Draft) {
	blocks := draft.Base().Blocks()
	for i := range blocks {
		if string(blocks[i].Name.Space) == soap.NamespaceAddressingNone {
			draft.Remove(i)
		}
	}
}

// newID makes a MessageID as .NET does: a random UUID.
func newID() addressing.MessageID {
	var b [16]byte
	hi, lo := rand.Uint64(), rand.Uint64() //nolint:gosec // has to be unique, not secret; ChaCha8 with a random seed
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(8*i)), byte(lo>>(8*i))
	}
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80 // RFC 9562, 5.4
	var s strings.Builder
	s.WriteString("urn:uuid:")
	h := hex.EncodeToString(b[:])
	for _, part := range [...]string{h[:8], h[8:12], h[12:16], h[16:20]} {
		s.WriteString(part)
		s.WriteByte('-')
	}
	s.WriteString(h[20:])
	return addressing.MessageID(s.String())
}
