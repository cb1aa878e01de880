package routing

import (
	"context"
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/wssec"
	"github.com/viaduct-soap/viaduct/soap"
)

// ErrNotBridged means that messages of one version cannot be made messages of
// another. The error around it says why, and what to change.
var ErrNotBridged = errors.New("routing: the message versions of the two sides cannot be bridged")

// Bridges tells whether messages that arrive in version from can be sent to the
// destination: nil where they can, else an error around [ErrNotBridged]. It looks
// at no message: a signed one may still be refused.
func (d *Destination) Bridges(from soap.Version) error {
	to := d.Binding.Version
	switch {
	case from == to:
		return nil
	case from.Envelope == soap.EnvelopeNone || to.Envelope == soap.EnvelopeNone:
		return fmt.Errorf("%w: %s to %s: a message without an envelope has no headers to translate; give both sides one version", ErrNotBridged, from, to)
	case d.Mode == ForwardSigned:
		return fmt.Errorf("%w: %s to %s: mode %s changes nothing of a message; give both sides one version", ErrNotBridged, from, to, d.Mode)
	case !d.ProcessMessages:
		return fmt.Errorf("%w: %s to %s: soapProcessing is off; switch processMessages on, or give both sides one version", ErrNotBridged, from, to)
	default:
		return nil
	}
}

// bridged reports whether the message changes its version on the way to d.
func bridged(req *binding.Request, d *Destination) bool {
	return req.Envelope.Version != d.Binding.Version
}

// bridge makes the message of an attempt in the version of the destination
// (dispatch 8.7, steps A, C and E).
func bridge(ctx context.Context, req *binding.Request, d *Destination) (*soap.Draft, error) {
	if err := d.Bridges(req.Envelope.Version); err != nil {
		return nil, err
	}
	draft, action, err := addressing.Bridge(ctx, req.Envelope, &req.Properties, d.Binding.Version)
	if err != nil {
		return nil, err
	}
	removeProcessed(draft)
	removeForged(draft)
	err = d.outbound.Apply(draft, &req.Properties, addressing.Request{
		Action: action, Reply: req.Shape != binding.OneWay, NewID: newID, Manual: d.Binding.ManualAddressing,
	})
	if err == nil {
		err = signed(wssec.Check(draft), true)
	}
	if err != nil {
		draft.Close()
		return nil, err
	}
	return draft, nil
}

// bridgedAction is the action of a message in the version of the destination:
// that of a fault may be another one.
func bridgedAction(req *binding.Request, d *Destination, action addressing.Action) addressing.Action {
	if fault, _ := soap.IsFault(req.Envelope); !fault {
		return action
	}
	draft, translated, err := addressing.Bridge(context.Background(), req.Envelope, &req.Properties, d.Binding.Version) // held by now
	if err != nil {
		return action
	}
	draft.Close()
	return translated
}

// bridgeAnswer makes the answer to the client out of an answer of another
// version. Steps are those of inbound.
func bridgeAnswer(ctx context.Context, req *binding.Request, d *Destination, in *binding.Incoming, r addressing.Reply) (answered, error) {
	props, err := addressing.ExtractReply(in.Envelope)
	if err != nil {
		return answered{}, err
	}
	draft, action, err := addressing.Bridge(ctx, in.Envelope, &props, req.Envelope.Version)
	if err != nil {
		return answered{}, err
	}
	removeNone(draft)
	if d.ProcessMessages {
		removeProcessed(draft)
	}
	r.Action = action
	got, err := address(draft, &props, req, r)
	if err != nil || got.none {
		return got, err
	}
	if err := signed(wssec.Check(draft), true); err != nil {
		draft.Close()
		return answered{}, err
	}
	return got, nil
}
