package hosting

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// Service is an implementation behind one or more endpoints.
type Service struct {
	Name    string
	Handler binding.Handler
	// Router says that headers need not be understood here: they are for others.
	Router bool
	// Check is asked of a message once its operation is known, for instance by a
	// window of MessageIDs (wsa.duplicateMessageID); its error refuses the
	// message. nil: nothing is asked.
	Check func(*addressing.Properties) error
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
	// ViaForTo takes the request URI for a To that is missing or anonymous
	// (wsa.missingTo=via). Default, as in WCF: no address matches (dispatch 5.7).
	ViaForTo bool
	// VersionMismatch answers an envelope or a content type of another version of
	// SOAP with the fault of dispatch 8.3. Default, as in WCF: a bare status.
	VersionMismatch bool
	// ExplainTo are the networks whose clients are told, in the fault, why nothing
	// matched. The address of the connection counts, never a forwarded one.
	ExplainTo []netip.Prefix
	// ReplyTo delivers answers to the addresses that ReplyTargets allows. nil: all
	// answers go back on the request's connection, whatever ReplyTo says (RPL-04).
	ReplyTo      Deliverer
	ReplyTargets *addressing.ReplyTargets
	// Delivered is told of each accepted message when its handler has returned,
	// with what it decided; nil when nobody listens. An error means that the
	// message is lost, and is in Log already.
	Delivered func(req *binding.Request, took time.Duration, err error)

	mixed  sync.Once // the warning about headers of both addressing versions
	inputs sync.Pool // of *filter.Input, which escapes and is large
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
	req.ExplainFailure = req.ExplainFailure || d.tells(req.Peer)
	if d.ReplyTo != nil && !d.manual(req) {
		req.ReplyTargets = d.ReplyTargets
	}
	ep, op, err := d.choose(req)
	if err == nil && req.Shape != binding.OneWay {
		err = d.checkReplyTo(req)
	}
	if err != nil {
		return nil, err
	}
	s := d.Services[ep]
	if s.Check != nil {
		if err := s.Check(&req.Properties); err != nil {
			return nil, err
		}
	}
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
	if d.manual(req) {
		return reply, nil
	}
	if !s.Router { // the routing service addresses its own replies
		if err := addressed(req, op, reply); err != nil {
			return nil, err
		}
	}
	return d.elsewhere(ctx, req, reply)
}

// choose does steps 6 and 7 of the message model.
func (d *Dispatch) choose(req *binding.Request) (*endpoint.Endpoint, *endpoint.Operation, error) {
	if err := d.properties(req); err != nil {
		return nil, nil, err
	}
	p := &req.Properties
	req.Decision.Listener = binding.Choice{Name: req.Listener.Name, Pos: req.Listener.Pos}
	if req.Hops >= cmp.Or(d.MaxHops, defaultMaxHops) {
		return nil, nil, refusal.Newf(refusal.WSALoop, -1, "passed %d routers", req.Hops)
	}
	if err := addressing.MatchAction(req.Action, p, d.Version); err != nil {
		return nil, nil, err
	}
	ep, err := d.selected(req)
	if err != nil {
		return nil, nil, err
	}
	req.Endpoint = ep.Name
	req.Decision.Endpoint = binding.Choice{Name: ep.Name, Pos: ep.Pos}
	action, err := p.Action()
	if err != nil {
		return nil, nil, err
	}
	op, err := ep.Contract.Operation(action)
	if err != nil {
		return nil, nil, err
	}
	req.Shape = op.Shape()
	if req.Explain {
		req.Decision.Endpoint.Why = "contract " + ep.Contract.Name + ", operation " + op.Name + ", " + req.Shape.String()
	}
	return ep, op, nil
}

// selected returns the endpoint of a message.
func (d *Dispatch) selected(req *binding.Request) (*endpoint.Endpoint, error) {
	in, ok := d.inputs.Get().(*filter.Input)
	if !ok {
		in = &filter.Input{}
	}
	in.Reset(req.Envelope, &req.Properties, "")
	ep, err := d.Endpoints.Select(in)
	if req.Explains(err) {
		req.Decision.Endpoints = endpoint.Candidates(d.Endpoints.Explain(in))
	}
	in.Reset(nil, nil, "")
	d.inputs.Put(in)
	return ep, err
}

// properties reads the addressing properties and supplies what the transport
// knows.
func (d *Dispatch) properties(req *binding.Request) error {
	req.Properties = addressing.Bare(d.Version.Addressing) // for the fault, when they cannot be read
	props, err := addressing.Extract(req.Envelope, d.Known)
	if err != nil {
		return err
	}
	props.Adopt(req.Via, req.Action)
	if d.ViaForTo {
		props.AdoptTo(req.Via)
	}
	if props.Mixed() {
		d.mixed.Do(func() {
			d.logger().Warn("headers of both addressing versions, those of the listener's count; logged once",
				"reason", string(refusal.WSAMixed), "listener", req.Listener.Name)
		})
	}
	req.Properties = props
	return nil
}

// checkReplyTo does what WCF checks of a two-way message before its operation
// runs (dispatch 7.4). Where no contract says that there is an answer, a client
// that wants none (ReplyTo none) has sent a one-way message.
func (d *Dispatch) checkReplyTo(req *binding.Request) error {
	if d.manual(req) {
		return nil
	}
	err := req.Properties.CheckReplyAddresses(uritable.URI{})
	if err != nil && refusal.Of(err) == refusal.WSANone && req.Shape == binding.Either {
		req.Shape = binding.OneWay
		return nil
	}
	return err
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

// addressed makes a service's reply an answer to its request (dispatch 7.3). On
// an error the reply is given up.
func addressed(req *binding.Request, op *endpoint.Operation, reply *binding.Reply) error {
	reply.To = addressing.ReplyTarget(&req.Properties, reply.Fault, req.ReplyTargets)
	a := addressing.Reply{Fault: reply.Fault, To: reply.To}
	if !reply.Fault && op.ReplyAction != addressing.AnyAction {
		a.Action = op.ReplyAction
	}
	if reply.To != nil {
		reply.Action = a.ActionOf(nil, &req.Properties)
	}
	send, err := addressing.AddressReply(reply.Draft, nil, &req.Properties, a)
	if err == nil && !send {
		err = refusal.New(refusal.WSANone, -1, "the client wants no answer")
	}
	if err != nil {
		reply.Discard()
	}
	return err
}
