package binding

import (
	"context"
	"io"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// Handler answers messages.
type Handler interface {
	// Handle takes over the caller's reference to req. Outcomes:
	// a reply; nil, nil for "accepted"; an error, which becomes one fault
	// (*soap.Fault) or one status (*refusal.Error). ctx may live longer than the
	// client's connection: what was received is delivered.
	Handle(ctx context.Context, req *Request) (*Reply, error)
}

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(ctx context.Context, req *Request) (*Reply, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, req *Request) (*Reply, error) { return f(ctx, req) }

// RequestChannel sends messages to one endpoint.
type RequestChannel interface {
	// Request sends one message and returns when the head of the answer is
	// there; out may still be on its way. It takes over out.Draft and closes
	// it. nil, nil: accepted without a message. Every error is a *SendError.
	Request(ctx context.Context, out *Outgoing) (*Incoming, error)
	// Close closes idle connections; exchanges in progress end by themselves.
	Close() error
}

// Dispatcher finds the listener of a message. It takes the snapshot: the
// listener that it returns carries all that the message needs.
type Dispatcher interface {
	// Listener returns the listener for via, nil when there is none.
	Listener(via uritable.URI) *Listener
}

// Listener is one place where messages arrive, as a value: what a transport has
// to know before it reads the first octet of a message.
type Listener struct {
	Name    string
	Pos     source.Pos
	Binding *Binding
	Encoder Encoder
	Limits  soap.Limits
	Needs   soap.Needs
	Budget  *buf.Budget
	Handler Handler
	// Pass names the HTTP fields that handlers want to see, in canonical spelling
	// (Soapaction, X-Request-Id).
	Pass []string
	// Admit waits for a place among the concurrent calls; its error is a
	// *refusal.Error or the context's. The function it returns gives the place
	// back. A nil Admit admits everything.
	Admit func(context.Context) (func(), error)
	// Fault turns an error of the encoder or the handler into the fault that
	// answers it. req is nil when the message was not decoded. A nil Reply means:
	// answer with the status of [RefusalStatus].
	Fault func(req *Request, err error) *Reply
	// Observe is told of each finished exchange, which it may not keep; nil when
	// nobody listens.
	Observe func(*Exchange)
}

// Media is what a content type says to an encoder.
type Media struct {
	Charset   string // lower case, "" when not given
	Action    string // the action parameter, as written
	HasAction bool
}

// Arriving is a message body as a transport hands it to an encoder.
type Arriving struct {
	Media Media
	Body  io.Reader
	Size  int64 // octets, -1 when unknown
	// Done is called once: when the last reference to the message is released, or
	// when Decode fails. nil when nobody waits for it.
	Done func()
}

// Encoder is one wire format.
type Encoder interface {
	// Accepts parses a content type; the error carries the text of a 415.
	Accepts(contentType string) (Media, error)
	// Decode reads the head of a message. Needs and limits come from the
	// endpoint, the budget may be nil.
	Decode(ctx context.Context, in Arriving, l soap.Limits, n soap.Needs, b *buf.Budget) (*soap.Envelope, error)
	// Encode takes over d.
	Encode(d *soap.Draft, o EncodeOptions) (Encoded, error)
}

// EncodeOptions say what a message is for.
type EncodeOptions struct {
	Request bool              // a request carries its action in the transport, a reply does not
	Action  addressing.Action // of a request
}

// Encoded is a message ready to be written, once.
type Encoded interface {
	// Header returns the fields that describe the message: Content-Type and,
	// for requests, SOAPAction. They are shared and must not be changed.
	Header() HTTPFields
	Size() (n int64, known bool)
	// WriteTo writes the message. An error of the message itself, as when it is
	// still arriving and breaks off, comes as a *buf.ReadError; one of w as it is.
	WriteTo(w io.Writer) (int64, error)
	// Segments returns all octets as slices when the message is held, for one
	// vectored write.
	Segments(dst [][]byte) ([][]byte, bool)
	// Close gives the draft back.
	Close()
}
