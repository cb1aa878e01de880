package routing

import (
	"context"
	"fmt"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/soap"
)

// NewGroup completes a destination that stands for others: its Members share its
// messages as its Group says. The members of the Group are the Backends of the
// Members, in the same order; a member is no group itself.
func NewGroup(d Destination) (*Destination, error) {
	if d.Group == nil || len(d.Members) != len(d.Group.Members()) {
		return nil, fmt.Errorf("group %q: its back ends are not those of its members", d.Name)
	}
	for i, m := range d.Members {
		if m.Group != nil {
			return nil, fmt.Errorf("group %q: member %q is a group itself; name its members instead", d.Name, m.Name)
		}
		if m.Backend != d.Group.Members()[i] {
			return nil, fmt.Errorf("group %q: member %q has another back end than the group", d.Name, m.Name)
		}
	}
	return &d, nil
}

// trip is the way of one message along the destinations of its route.
type trip struct {
	route *Route
	i     int          // destination of the route
	to    *Destination // it, or the member that was chosen; nil: the group has none
	pick  upstream.Pick
}

// enter goes to the destination number i.
func (t *trip) enter(req *binding.Request, i int) {
	t.i, t.to = i, t.route.Destinations[i]
	g := t.to
	if g.Group == nil {
		return
	}
	t.pick = g.Group.Pick()
	if g.Key != nil {
		if key, ok := g.Key(req); ok {
			t.pick = g.Group.PickBy(key)
		}
	}
	t.choose(g)
}

// choose takes the next member of a group.
func (t *trip) choose(g *Destination) {
	t.to = nil
	if m, ok := t.pick.Next(time.Now()); ok {
		t.to = g.Members[m]
	}
}

// at is the destination of the route: the group, where a member was chosen.
func (t *trip) at() *Destination { return t.route.Destinations[t.i] }

// others reports whether another member of the group takes messages.
func (t *trip) others() bool { return t.at().Group != nil && t.pick.Left(time.Now()) }

// next goes to another member of the group, else to the next destination of the
// route. It returns false when there is none.
func (t *trip) next(req *binding.Request) bool {
	if g := t.at(); g.Group != nil {
		if t.choose(g); t.to != nil {
			return true
		}
	}
	if t.i+1 >= len(t.route.Destinations) {
		return false
	}
	t.enter(req, t.i+1)
	return true
}

// group returns the group in which the present destination was chosen, or nil.
func (t *trip) group() *upstream.Group { return t.at().Group }

// send sends one message, within the limits of its back end where it has any.
// The ticket is of an answer that is still arriving, else its zero value.
func (d *Destination) send(ctx context.Context, out *binding.Outgoing, g *upstream.Group, now time.Time) (*binding.Incoming, upstream.Ticket, error) {
	if d.Backend == nil {
		in, err := d.Channel.Request(ctx, out)
		return in, upstream.Ticket{}, err
	}
	ticket, err := d.Backend.Acquire(ctx, now, out.Deadline)
	if err != nil {
		out.Draft.Close()
		return nil, ticket, spared(err)
	}
	ticket.Group = g
	verdict, arriving := upstream.Unjudged, false
	defer func() {
		if !arriving { // also when the channel panics
			ticket.Done(verdict, time.Now())
		}
	}()
	in, err := d.Channel.Request(ctx, out)
	verdict = judged(ctx, err)
	if in == nil || whole(in) {
		return in, upstream.Ticket{}, err
	}
	arriving = true
	return in, ticket, err
}

// whole reports whether nothing of an answer is still to come.
func whole(in *binding.Incoming) bool {
	switch in.Envelope.Body.State() {
	case soap.Once, soap.Windowed:
		return false
	default:
		return true
	}
}

// spared is the failure of an attempt that was not made.
func spared(err error) *binding.SendError {
	return &binding.SendError{Kind: binding.Busy, Delivery: binding.NotDelivered, Reason: reasonOf(err), Err: err}
}

func reasonOf(err error) refusal.Reason {
	if r, ok := err.(*upstream.RefusedError); ok { //nolint:errorlint // Acquire returns it bare
		return r.Reason
	}
	return refusal.Of(err)
}

// unavailable records that no member of a group takes the message.
func unavailable(req *binding.Request, g *Destination) *binding.SendError {
	failed := spared(g.Group.Unavailable(time.Now()))
	req.Decision.Attempted(binding.Attempt{
		Endpoint: g.Name, Pos: g.Pos, Delivery: failed.Delivery, Kind: failed.Kind, Err: failed,
	})
	return failed
}

// judged says what an attempt tells of its back end. What a client can bring
// about with a message of its own tells nothing: else one client could take a
// service from all others.
func judged(ctx context.Context, err error) upstream.Outcome {
	if err == nil {
		return upstream.Answered
	}
	failed, ok := err.(*binding.SendError) //nolint:errorlint // every error of a channel is one
	if !ok || ctx.Err() != nil {
		return upstream.Unjudged
	}
	switch failed.Kind {
	case binding.Other:
		return upstream.Unjudged
	case binding.Busy:
		if failed.Delivery == binding.NotDelivered {
			return upstream.Unjudged // Viaduct's own pool is full
		}
	case binding.Security:
		if failed.Delivery == binding.Answered {
			return upstream.Unjudged // the client's credentials
		}
	case binding.Protocol:
		if failed.Status >= 400 && failed.Status < 500 {
			return upstream.Unjudged // the client's message
		}
	case binding.Communication:
		if failed.Reason == refusal.UpstreamTooBig {
			return upstream.Unjudged
		}
	case binding.NotFound, binding.Timeout, binding.Aborted:
	}
	return upstream.Failed
}
