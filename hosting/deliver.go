package hosting

import (
	"context"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// Deliverer sends answers to addresses that the operator's list allows
// (wsa.replyTargets). Nothing else in hosting opens a connection to an address
// that a message names (threats T-WSA-01).
type Deliverer interface {
	// Deliver sends an answer to an allowed address. It takes over the draft,
	// whose headers are complete, To included, and bounds the time by itself.
	Deliver(ctx context.Context, d *soap.Draft, a addressing.Action, target *addressing.EndpointAddress) error
}

// elsewhere delivers a reply that is not for the request's channel; the channel
// gets "accepted" once it is delivered, and the fault of an internal error when
// it cannot be.
func (d *Dispatch) elsewhere(ctx context.Context, req *binding.Request, reply *binding.Reply) (*binding.Reply, error) {
	if reply.To == nil {
		return reply, nil
	}
	draft := reply.Draft
	reply.Draft = nil
	defer reply.Discard()
	if d.ReplyTo == nil { // the service had no target from here
		draft.Close()
		return nil, refusal.New(refusal.Internal, -1, "an answer for another address, and nothing that delivers it")
	}
	if err := d.ReplyTo.Deliver(ctx, draft, reply.Action, reply.To); err != nil {
		req.ReplyTargets = nil // the fault for this goes back on the channel
		return nil, refusal.Newf(refusal.UpstreamFailed, -1, "answer for %s: %w", soap.Echo(reply.To.String()), err)
	}
	return nil, nil //nolint:nilnil // the documented outcome "accepted"
}
