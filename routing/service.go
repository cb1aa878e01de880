package routing

import (
	"context"
	"errors"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// Service is a routing service: one filter table and its destinations. It is
// immutable.
type Service struct {
	table *filter.Table[*Route]
}

var _ binding.Handler = (*Service)(nil)

// NewService returns a service that routes by t.
func NewService(t *filter.Table[*Route]) *Service { return &Service{table: t} }

// Handle routes one message. It takes over the caller's reference.
func (s *Service) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	in := filter.Input{Envelope: req.Envelope, Properties: &req.Properties, EndpointName: req.Endpoint}
	if req.Shape == binding.OneWay {
		return nil, s.multicast(ctx, req, &in)
	}
	route, err := s.table.Match(&in)
	if err != nil {
		return nil, err
	}
	return follow(ctx, req, route.Value)
}

// multicast sends a one-way message to every route of the highest level that
// matches (dispatch 8.6). One that fails does not keep the others from theirs.
func (s *Service) multicast(ctx context.Context, req *binding.Request, in *filter.Input) error {
	var backing [4]*filter.Entry[*Route]
	routes, err := s.table.MatchAll(backing[:0], in)
	if err != nil {
		return err
	}
	if len(routes) == 0 {
		return filter.ErrNoMatch
	}
	if err := req.Envelope.Body.Hold(ctx, 0); err != nil {
		return err
	}
	var failed []error
	for _, r := range routes {
		reply, err := follow(ctx, req, r.Value)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		reply.Discard() // who sent one way wants no answer
	}
	return errors.Join(failed...)
}

// follow tries the destinations of a route: the one loop that may send a message
// twice (design, principle 5).
func follow(ctx context.Context, req *binding.Request, r *Route) (*binding.Reply, error) {
	req.Decision.Route = binding.Choice{Name: r.Filter, Pos: r.Pos, Why: r.why}
	repeated := false
	for i := 0; ; {
		d := r.Destinations[i]
		in, err := attempt(ctx, req, d)
		if err == nil {
			if in == nil {
				return nil, nil //nolint:nilnil // the documented outcome "accepted"
			}
			return answer(req, d, in)
		}
		failed, ok := errors.AsType[*binding.SendError](err)
		if !ok {
			return nil, err
		}
		if ctx.Err() != nil {
			return failure(d, failed) // nobody waits for another attempt
		}
		action, _ := req.Properties.Action() // a doubled one has failed before
		switch Judge(Outcome{
			Err:        failed,
			OneWay:     req.Shape == binding.OneWay,
			Backups:    r.Backups,
			Left:       len(r.Destinations) - 1 - i,
			Repeatable: d.Repeatable[action],
			Replayable: req.Envelope.Body.State() != soap.Spent,
			Repeated:   repeated,
		}) {
		case Again:
			repeated = true
		case Next:
			i++
		default:
			return failure(d, failed)
		}
	}
}

// attempt sends the message once and records how far it came.
func attempt(ctx context.Context, req *binding.Request, d *Destination) (*binding.Incoming, error) {
	draft, err := outbound(req, d)
	if err != nil {
		return nil, err
	}
	action := req.Action
	if d.Mode != ForwardSigned || action == "" {
		action, _ = req.Properties.Action()
	}
	start := time.Now()
	in, err := d.Channel.Request(ctx, &binding.Outgoing{
		Draft: draft, Action: action, HTTP: d.fields(req), Conn: req.Conn, Deadline: d.deadline(start),
	})
	a := binding.Attempt{
		Endpoint: d.Name, Address: d.via, Pos: d.Pos, Delivery: binding.Answered, Err: err, Took: time.Since(start),
	}
	if failed, ok := errors.AsType[*binding.SendError](err); ok {
		a.Delivery, a.Kind, a.Status = failed.Delivery, failed.Kind, failed.Status
	} else if in != nil {
		a.Status = in.Status
	}
	req.Decision.Attempted(a)
	return in, err
}

const statusFault = 500

// answer makes the reply out of a destination's answer.
func answer(req *binding.Request, d *Destination, in *binding.Incoming) (*binding.Reply, error) {
	fault, known := soap.IsFault(in.Envelope)
	if !known {
		fault = in.Status == statusFault
	}
	draft, send, err := inbound(req, d, in, fault)
	in.Release() // the draft holds its own reference
	if err != nil {
		return nil, refusal.Newf(refusal.UpstreamMalformed, -1, "answer of %s: %w", d.Name, err)
	}
	if !send {
		return nil, refusal.New(refusal.WSANone, -1, "the client wants no answer")
	}
	return &binding.Reply{Draft: draft, Fault: fault, HTTP: in.HTTP}, nil
}

// failure says what the client gets when no attempt succeeded. A challenge to
// authenticate the connection goes through where the endpoint lets it.
func failure(d *Destination, err *binding.SendError) (*binding.Reply, error) {
	if len(err.HTTP) > 0 {
		return &binding.Reply{Status: err.Status, HTTP: err.HTTP}, nil
	}
	if err.Kind == binding.Other && err.Reason == "" {
		return nil, err.Err // the message itself is to blame
	}
	reason := err.Reason
	if reason == "" {
		reason = refusal.UpstreamFailed
	}
	return nil, &refusal.Error{Reason: reason, Offset: -1, Detail: d.Name + ": " + err.Error(), Err: err}
}
