package routing

import (
	"context"
	"errors"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/soap"
)

// delivered is what came of a message's way along its route.
type delivered struct {
	in     *binding.Incoming // the answer; nil: accepted
	from   *Destination      // who answered
	entry  *Destination      // of the route: from, or the group that it is in
	ticket upstream.Ticket   // of an answer that is still arriving
	reply  *binding.Reply    // instead of an answer: a challenge to authenticate
}

// drop gives up an answer that nobody wants.
func (x *delivered) drop() {
	if x.in != nil {
		x.in.Release()
		x.ticket.Done(upstream.Answered, time.Now())
	}
}

// follow tries the destinations of a route, and the members of those that are
// groups: the one loop that may send a message twice (design, principle 5).
func follow(ctx context.Context, req *binding.Request, r *Route) (delivered, error) {
	t := trip{route: r}
	t.enter(req, 0)
	var until time.Time // of all attempts together
	if total := t.at().Deadline; total > 0 {
		until = time.Now().Add(total)
	}
	for repeated := false; ; {
		d, got, failed, err := t.attempt(ctx, req, until)
		if err != nil {
			return got, err
		}
		if failed == nil {
			return got, nil
		}
		if ctx.Err() != nil {
			return failure(d, failed) // nobody waits for another attempt
		}
		switch Judge(Outcome{
			Err:        failed,
			OneWay:     req.Shape == binding.OneWay,
			Backups:    r.Backups,
			Left:       len(r.Destinations) - 1 - t.i,
			Members:    t.others(),
			Repeatable: d.repeats(req),
			Replayable: req.Envelope.Body.State() != soap.Spent,
			Repeated:   repeated,
			Late:       !until.IsZero() && !time.Now().Before(until),
		}) {
		case Again:
			repeated = true
		case Next:
			if !t.next(req) {
				return failure(d, failed)
			}
		default:
			return failure(d, failed)
		}
	}
}

// attempt makes one attempt at the present destination. err is no failure of the
// destination: the message cannot be sent there.
func (t *trip) attempt(ctx context.Context, req *binding.Request, until time.Time) (d *Destination, got delivered, failed *binding.SendError, err error) {
	if d = t.to; d == nil {
		return t.at(), got, unavailable(req, t.at()), nil
	}
	in, ticket, err := attempt(ctx, req, d, t.group(), until)
	if err == nil {
		return d, delivered{in: in, from: d, entry: t.at(), ticket: ticket}, nil, nil
	}
	failed, ok := errors.AsType[*binding.SendError](err)
	if !ok {
		return d, got, nil, err
	}
	return d, got, failed, nil
}

// attempt sends the message once and records how far it came.
func attempt(ctx context.Context, req *binding.Request, d *Destination, g *upstream.Group, until time.Time) (*binding.Incoming, upstream.Ticket, error) {
	if d.Dynamic != nil {
		var err error
		if d, err = d.dynamic(req); err != nil {
			return nil, upstream.Ticket{}, err
		}
	}
	draft, err := outbound(ctx, req, d)
	if err != nil {
		return nil, upstream.Ticket{}, err
	}
	start := time.Now()
	in, ticket, err := d.send(ctx, &binding.Outgoing{
		Draft: draft, Action: claim(req, d), HTTP: d.fields(req), Conn: req.Conn, Deadline: earlier(d.deadline(start), until),
	}, g, start)
	a := binding.Attempt{
		Endpoint: d.Name, Address: d.via, Pos: d.Pos, Delivery: binding.Answered, Err: err, Took: time.Since(start),
	}
	if failed, ok := errors.AsType[*binding.SendError](err); ok {
		a.Delivery, a.Kind, a.Status = failed.Delivery, failed.Kind, failed.Status
	} else if in != nil {
		a.Status = in.Status
	}
	req.Decision.Attempted(a)
	return in, ticket, err
}

// dynamic returns the destination that a message names.
func (d *Destination) dynamic(req *binding.Request) (*Destination, error) {
	to, err := req.Properties.To()
	if err != nil {
		return nil, err
	}
	c, err := d.Dynamic(to)
	if err != nil {
		return nil, err
	}
	there := *d
	there.Channel, there.via = c, to.String()
	return &there, nil
}

// earlier returns the earlier of two deadlines; the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

const statusFault = 500

// answer makes the reply out of what a route gave.
func answer(ctx context.Context, req *binding.Request, got *delivered) (*binding.Reply, error) {
	if got.in == nil {
		return got.reply, nil // nil: the documented outcome "accepted"
	}
	in, d := got.in, got.from
	fault := isFault(in)
	made, err := inbound(ctx, req, d, in, fault)
	if err != nil || made.none {
		got.drop()
	}
	if err != nil {
		return nil, refusal.Newf(refusal.UpstreamMalformed, -1, "answer of %s: %w", d.Name, err)
	}
	if made.none {
		return nil, refusal.New(refusal.WSANone, -1, "the client wants no answer")
	}
	reply := &binding.Reply{Draft: made.draft, Fault: fault, HTTP: in.HTTP, To: made.to, Action: made.action}
	if ticket := got.ticket; ticket != (upstream.Ticket{}) {
		reply.Close = func() { ticket.Done(upstream.Answered, time.Now()) }
	}
	in.Release() // the draft holds its own reference
	return reply, nil
}

// isFault reports whether an answer is a fault; where it does not show in what
// was read of the body, its status tells.
func isFault(in *binding.Incoming) bool {
	fault, known := soap.IsFault(in.Envelope)
	if !known {
		return in.Status == statusFault
	}
	return fault
}

// failure says what the client gets when no attempt succeeded. A challenge to
// authenticate the connection goes through where the endpoint lets it.
func failure(d *Destination, err *binding.SendError) (delivered, error) {
	if len(err.HTTP) > 0 {
		return delivered{from: d, entry: d, reply: &binding.Reply{Status: err.Status, HTTP: err.HTTP}}, nil
	}
	if err.Kind == binding.Other && err.Reason == "" {
		return delivered{}, err.Err // the message itself is to blame
	}
	reason := err.Reason
	if reason == "" {
		reason = refusal.UpstreamFailed
	}
	return delivered{}, &refusal.Error{Reason: reason, Offset: -1, Detail: d.Name + ": " + err.Error(), Err: err}
}
