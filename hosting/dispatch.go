package hosting

import (
	"context"
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
	MaxHops   int          // routers that a message may have passed; default 8
	Log       *slog.Logger // of accepted messages that are lost; nil for none
	// Delivered is told of each accepted message when its handler has returned,
	// with what it decided; nil when nobody listens. An error means that the
	// message is lost, and is in Log already.
	Delivered func(req *binding.Request, took time.Duration, err error)
}

var _ binding.Handler = (*Dispatch)(nil)

// defaultMaxHops is the most routers that a message may have passed (threats
// 3.1, wsa.maxHops).
const defaultMaxHops = 8

// Handle implements [binding.Handler].
func (d *Dispatch) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	owned := true
	defer func() {
		if owned { // refused, or a panic on the way
			req.Release()
		}
	}()
	ep, err := d.choose(req)
	if err == nil && req.Shape != binding.OneWay {
		err = d.checkReplyTo(req)
	}
	if err != nil {
		return nil, err
	}
	s := d.Services[ep]
	if req.Shape == binding.OneWay {
		owned = false
		return d.oneWay(ctx, s, req)
	}
	if err := d.understood(s, req); err != nil {
		return nil, err
	}
	req.Retain() // the service takes one reference over, and the reply needs the properties
	reply, err := s.Handler.Handle(ctx, req)
	if err != nil || reply == nil || reply.Draft == nil {
		return reply, err
	}
	if s.Router || d.manual(req) {
		return reply, nil // the routing service addresses its own replies
	}
	return addressed(req, reply)
}

// choose does steps 6 and 7 of the message model.
func (d *Dispatch) choose(req *binding.Request) (*endpoint.Endpoint, error) {
	req.Properties = addressing.Bare(d.Version.Addressing) // for the fault, when they cannot be read
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

// checkReplyTo does what WCF checks of a two-way message before its operation
// runs (dispatch 7.4). Where no contract says that there is an answer, a client
// that wants none (ReplyTo none) has sent a one-way message.
func (d *Dispatch) checkReplyTo(req *binding.Request) error {
	if d.manual(req) {
		return nil
	}
	to, err := req.Properties.ReplyTo()
	if err != nil || to == nil || !to.IsNone() {
		return err
	}
	if req.Shape == binding.Either {
		req.Shape = binding.OneWay
		return nil
	}
	return refusal.New(refusal.WSANone, -1, "ReplyTo is none, and the operation has an answer")
}

// understood checks mustUnderstand for a service that is the message's
// destination (dispatch 8.2).
func (d *Dispatch) understood(s *Service, req *binding.Request) error {
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

// manual reports whether the listener leaves addressing to the service.
func (d *Dispatch) manual(req *binding.Request) bool {
	return req.Listener.Binding.ManualAddressing
}

// addressed makes a service's reply an answer to its request (dispatch 7.3).
func addressed(req *binding.Request, reply *binding.Reply) (*binding.Reply, error) {
	send, err := addressing.AddressReply(reply.Draft, nil, &req.Properties, addressing.Reply{Fault: reply.Fault})
	if err == nil && !send {
		err = refusal.New(refusal.WSANone, -1, "the client wants no answer")
	}
	if err != nil {
		reply.Discard()
		return nil, err
	}
	return reply, nil
}
