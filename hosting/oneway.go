package hosting

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// oneWay accepts a message once its body is held and delivers it afterwards
// (docs/decisions/004).
func (d *Dispatch) oneWay(ctx context.Context, s *Service, req *binding.Request) (*binding.Reply, error) {
	if err := req.Envelope.Body.Hold(ctx, 0); err != nil {
		req.Release()
		return nil, err
	}
	if s.AfterDelivery {
		return nil, d.deliver(ctx, s, req)
	}
	detached := req.Detach()
	req.Release()
	if !d.Host.Detach(func(ctx context.Context) { d.deliverDetached(ctx, s, detached) }) {
		detached.Release()
		return nil, refusal.New(refusal.Draining, -1, "shutting down")
	}
	return nil, nil //nolint:nilnil // the documented outcome "accepted"
}

// deliver hands a one-way message to its service. It takes over the reference.
func (d *Dispatch) deliver(ctx context.Context, s *Service, req *binding.Request) error {
	if err := d.understood(s, req); err != nil {
		req.Release()
		return err
	}
	reply, err := s.Handler.Handle(ctx, req)
	reply.Discard() // who sent one way wants no answer
	return err
}

// deliverDetached delivers a message whose client has its answer already. A
// panic ends this message only, as one does in the goroutine of a connection
// (threats T-DOS-03).
func (d *Dispatch) deliverDetached(ctx context.Context, s *Service, req *binding.Request) {
	start := time.Now()
	req.Retain() // for the log, after the handler has let go
	defer req.Release()
	var err error
	defer func() {
		if p := recover(); p != nil {
			err = refusal.Newf(refusal.Internal, -1, "panic: %v", p)
			d.logger().Error("panic", "value", p, "stack", string(debug.Stack()))
			req.Leave() // a reference that the handler lost must not take the place for ever
		}
		if err != nil {
			d.lost(req, err)
		}
		if d.Delivered != nil {
			d.Delivered(req, time.Since(start), err)
		}
	}()
	err = d.deliver(ctx, s, req)
}

// lost logs a message that was accepted and not delivered: this line is all that
// is left of it.
func (d *Dispatch) lost(req *binding.Request, err error) {
	action, _ := req.Properties.Action() // it was read when the operation was chosen
	id, _ := req.Properties.MessageID()  // of two, none
	log := d.logger().With("endpoint", req.Endpoint, "action", soap.Echo(string(action)), "message_id", soap.Echo(string(id)))
	if n := len(req.Decision.Attempts); n > 0 {
		last := &req.Decision.Attempts[n-1]
		log = log.With("route", req.Decision.Route.Name, "to", last.Endpoint, "attempts", n, "delivery", last.Delivery.String())
	}
	log.Error("one-way message lost", "reason", string(refusal.Of(err)), "error", err.Error())
}

func (d *Dispatch) logger() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}
