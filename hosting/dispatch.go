package hosting

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// Service is an implementation behind one or more endpoints.
type Service struct {
	Name    string
	Handler binding.Handler
	// Router says that headers need not be understood here: they are for others.
	Router bool
	// AfterDelivery answers a one-way message only when the handler has returned
	// (accept: after-delivery). Default: once its body is held.
	AfterDelivery bool
}

// Dispatch is the handler of one listener: it selects the endpoint and hands the
// message to its service (dispatch 5.3).
type Dispatch struct {
	Host      *Host
	Endpoints *endpoint.Table
	Services  map[*endpoint.Endpoint]*Service
	Known     *addressing.Known
	Version   soap.Version
	MaxHops   int // routers that a message may have passed; default 8
	Log       *slog.Logger
	// Delivered is told of each one-way message when its handler has returned
	// after it was accepted; nil when nobody listens.
	Delivered func(req *binding.Request, took time.Duration, err error)
}

var _ binding.Handler = (*Dispatch)(nil)

// defaultMaxHops is the most routers that a message may have passed (threats
// 3.1, wsa.maxHops).
const defaultMaxHops = 8

// Handle implements [binding.Handler].
func (d *Dispatch) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	ep, err := d.choose(req)
	if err != nil {
		req.Release()
		return nil, err
	}
	s := d.Services[ep]
	if req.Shape == binding.OneWay {
		return d.oneWay(ctx, s, req)
	}
	if err := d.checkReply(s, req); err != nil {
		req.Release()
		return nil, err
	}
	req.Retain()
	defer req.Release()
	reply, err := s.Handler.Handle(ctx, req)
	if err != nil || reply == nil || reply.Draft == nil {
		return reply, err
	}
	if s.Router {
		return reply, nil // the routing service addresses its own replies
	}
	return d.addressed(req, reply)
}

// choose does steps 6 and 7 of the message model.
func (d *Dispatch) choose(req *binding.Request) (*endpoint.Endpoint, error) {
	props, err := addressing.Extract(req.Envelope, d.Known)
	if err != nil {
		return nil, err
	}
	props.Adopt(req.Via, req.Action)
	req.Properties = props
	p := &req.Properties
	req.Decision.Listener = binding.Choice{Name: req.Listener.Name, Pos: req.Listener.Pos}
	maxHops := d.MaxHops
	if maxHops == 0 {
		maxHops = defaultMaxHops
	}
	if req.Hops >= maxHops {
		return nil, refusal.Newf(refusal.WSALoop, -1, "passed %d routers", req.Hops)
	}
	if err := addressing.MatchAction(req.Action, p, d.Version); err != nil {
		return nil, err
	}
	in := filter.Input{Envelope: req.Envelope, Properties: p}
	ep, err := d.Endpoints.Select(&in)
	if err != nil {
		return nil, err
	}
	req.Endpoint = ep.Name
	req.Decision.Endpoint = binding.Choice{Name: ep.Name, Pos: ep.Pos}
	action, err := p.Action()
	if err != nil {
		return nil, err
	}
	op, err := ep.Contract.Operation(action)
	if err != nil {
		return nil, err
	}
	req.Shape = op.Shape()
	return ep, nil
}

// checkReply does what WCF checks of a two-way message before its operation
// runs (dispatch 7.4, 8.2).
func (d *Dispatch) checkReply(s *Service, req *binding.Request) error {
	to, err := req.Properties.ReplyTo()
	if err != nil {
		return err
	}
	if to != nil && to.IsNone() {
		return refusal.New(refusal.WSANone, -1, "ReplyTo is none")
	}
	if s.Router {
		return nil
	}
	missing := soap.NotUnderstood(req.Envelope, addressing.Understands(d.Version.Addressing), ultimateReceiver)
	if len(missing) > 0 {
		return refusal.Newf(refusal.SOAPMustUnderstand, -1, "%w", addressing.NotUnderstood(req.Envelope, missing))
	}
	return nil
}

// ultimateReceiver are the roles of an endpoint that does not forward.
var ultimateReceiver = []string{""}

// oneWay accepts a message once its body is held and delivers it afterwards.
func (d *Dispatch) oneWay(ctx context.Context, s *Service, req *binding.Request) (*binding.Reply, error) {
	if err := req.Envelope.Body.Hold(ctx, -1); err != nil {
		req.Release()
		return nil, err
	}
	if s.AfterDelivery {
		_, err := s.Handler.Handle(ctx, req)
		return nil, err
	}
	detached := req.Detach()
	req.Release()
	start := time.Now()
	d.Host.detached.Go(func() {
		detached.Retain()
		defer detached.Release()
		_, err := s.Handler.Handle(d.Host.lifetime, detached)
		if err != nil {
			d.Log.Error("one-way message lost", "endpoint", detached.Endpoint, "reason", refusal.Of(err), "error", err.Error())
		}
		if d.Delivered != nil {
			d.Delivered(detached, time.Since(start), err)
		}
	})
	return nil, nil //nolint:nilnil // the documented outcome "accepted"
}

// addressed makes a service's reply an answer to its request (dispatch 7.3).
func (d *Dispatch) addressed(req *binding.Request, reply *binding.Reply) (*binding.Reply, error) {
	send, err := addressing.AddressReply(reply.Draft, nil, &req.Properties, addressing.Reply{Fault: reply.Fault})
	if err == nil && !send {
		err = refusal.New(refusal.WSANone, -1, "the client wants no answer")
	}
	if err != nil {
		reply.Draft.Close()
		return nil, err
	}
	return reply, nil
}

// Fault turns an error into the one fault that answers it, nil where a status
// without a message does (dispatch 5.4, 5.5).
func (d *Dispatch) Fault(req *binding.Request, err error) *binding.Reply {
	reason := reasonOf(err)
	if _, status := binding.RefusalStatus(reason); status && reason != "" {
		return nil
	}
	if req != nil {
		// A fault is never answered with a fault (dispatch 5.4).
		if fault, known := soap.IsFault(req.Envelope); fault && known {
			return &binding.Reply{Status: statusAccepted, Reason: reason, Err: err}
		}
	}
	reply := &binding.Reply{Fault: true, Reason: reason, Err: err}
	f := addressing.FaultFrom(err, d.Version)
	if reason == refusal.LimitCalls || reason == refusal.LimitMemory {
		f = addressing.EndpointUnavailable(d.Version, time.Second)
		reply.Status = statusUnavailable
		reply.HTTP = reply.HTTP.Add("Retry-After", "1")
	}
	reply.Draft = soap.FaultDraft(f, d.Version)
	request := addressing.Bare(d.Version.Addressing)
	if req != nil {
		request = req.Properties
	}
	send, aerr := addressing.AddressReply(reply.Draft, nil, &request, addressing.Reply{Fault: true, Action: addressing.Action(f.Action)})
	if aerr == nil && send {
		return reply
	}
	reply.Draft.Close()
	return &binding.Reply{Status: statusAccepted, Reason: refusal.WSANone, Err: errors.Join(err, aerr)}
}

const (
	statusAccepted    = 202
	statusUnavailable = 503
)

// reasonOf returns the reason of an error, "" for a fault that a service gave:
// that is an answer, not a refusal.
func reasonOf(err error) refusal.Reason {
	if _, refused := errors.AsType[*refusal.Error](err); !refused {
		if _, fault := errors.AsType[*soap.Fault](err); fault {
			return ""
		}
	}
	return refusal.Of(err)
}
