package binding

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// Shape is the exchange that an operation asks for.
type Shape uint8

// Shapes.
const (
	Either       Shape = iota // a forwarder without a contract: the peer's answer decides
	OneWay                    // no answer but the acceptance
	RequestReply              // one answer
)

func (s Shape) String() string { return [...]string{"either", "one-way", "request-reply"}[s] }

// Peer is who sent a message, as far as Viaduct knows.
type Peer struct {
	Address netip.AddrPort // of the connection; not valid where it has none
	TLS     bool           // the connection is protected

	// Certified: the client has proved a certificate that the socket's
	// authorities have signed.
	Certified bool
}

// Request is one received message on its way to a handler.
//
// It holds one reference to its envelope. A handler takes that reference over;
// whoever needs the message after Handle has returned calls Retain first and
// Release once.
type Request struct {
	Envelope   *soap.Envelope
	Properties addressing.Properties // set by hosting, before the handler runs
	Via        uritable.URI          // what the transport was asked for, never To
	Action     addressing.Action     // the transport's claim, "" when there is none
	Shape      Shape
	Listener   *Listener
	Endpoint   string // name of the endpoint that was selected
	Peer       Peer
	HTTP       HTTPFields // what the header policy lets through, as received
	// Conn is nil where many clients may share the connection (HTTP/2).
	Conn     *Connection
	Hops     int // routers that the message passed before this one
	Decision Decision
	// Explain asks hosting and routing for the candidates of their choices,
	// ExplainFailure only where nothing could be chosen. Both cost time.
	Explain, ExplainFailure bool
	// ReplyTargets are the addresses to which the answer may be delivered instead
	// of the request's channel; nil: none. See Reply.To.
	ReplyTargets *addressing.ReplyTargets

	refs    atomic.Int32
	release func() // nil once Detach moved it
	left    atomic.Bool
}

// NewRequest returns a request that owns one reference to env. release, which
// may be nil, runs when the last reference to the request is given back: the
// place among the concurrent calls is free only then.
func NewRequest(env *soap.Envelope, release func()) *Request {
	r := &Request{Envelope: env, release: release}
	r.refs.Store(1)
	return r
}

// Explains reports whether the candidates of a choice shall be recorded; err is
// what came of the choice.
func (r *Request) Explains(err error) bool { return r.Explain || err != nil && r.ExplainFailure }

// Retain takes one more reference.
func (r *Request) Retain() { r.refs.Add(1) }

// Release gives one reference back; the last one returns the envelope's memory.
func (r *Request) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	r.Envelope.Release()
	r.Leave()
}

// Leave gives the place among the concurrent calls back before the last
// reference is gone. Transports call it when a handler has panicked: references
// that it lost must not take the place for ever.
func (r *Request) Leave() {
	if r.release != nil && !r.left.Swap(true) {
		r.release()
	}
}

// Detach returns a request for the same message with a reference and a decision
// of its own, for a handler that goes on after its caller has been answered. It
// takes over the place among the concurrent calls, and has no Conn: that belongs
// to the exchange which ends. No other goroutine may use r meanwhile.
func (r *Request) Detach() *Request {
	r.Envelope.Retain()
	d := &Request{
		Envelope: r.Envelope, Properties: r.Properties, Via: r.Via, Action: r.Action, Shape: r.Shape,
		Listener: r.Listener, Endpoint: r.Endpoint, Peer: r.Peer, HTTP: r.HTTP, Hops: r.Hops,
		Decision: Decision{Listener: r.Decision.Listener, Endpoint: r.Decision.Endpoint, Endpoints: r.Decision.Endpoints},
		Explain:  r.Explain, ExplainFailure: r.ExplainFailure, ReplyTargets: r.ReplyTargets,
		release: r.release,
	}
	d.refs.Store(1)
	r.release = nil
	return d
}

// Reply is a handler's answer. A nil Reply with a nil error means accepted.
type Reply struct {
	Draft  *soap.Draft    // nil: no message, only Status and HTTP
	Status int            // 0: by the mapping of [ReplyStatus]
	HTTP   HTTPFields     // fields beside those that the encoder writes
	Fault  bool           // the message is a fault
	Reason refusal.Reason // of a fault that Viaduct made, else empty
	Err    error          // likewise: the cause, for the log
	// To is where the answer, which is addressed to it, is delivered as a message
	// of its own; Action is what the transport says of it then. nil: it goes back
	// on the request's channel. See addressing.ReplyTarget.
	To     *addressing.EndpointAddress
	Action addressing.Action
	Close  func() // called once, after the answer was written or given up
}

// Discard gives up a reply that nobody gets. A nil Reply is fine.
func (r *Reply) Discard() {
	if r == nil {
		return
	}
	if r.Draft != nil {
		r.Draft.Close()
	}
	if r.Close != nil {
		r.Close()
	}
}

// Outgoing is one attempt to send a message.
type Outgoing struct {
	Draft  *soap.Draft
	Action addressing.Action
	// Deadline ends the attempt; the zero time means none. It stands here and
	// not in the context because a timer per message costs more than the message.
	Deadline time.Time
	HTTP     HTTPFields  // what the header policy left
	Conn     *Connection // the client connection that this attempt serves, or nil
}

// Incoming is a received answer. Its receiver releases it.
type Incoming struct {
	Envelope *soap.Envelope
	Action   addressing.Action
	HTTP     HTTPFields
	Status   int
}

// Release gives the answer's memory and its connection back.
func (in *Incoming) Release() { in.Envelope.Release() }
