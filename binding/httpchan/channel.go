package httpchan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// ChannelOptions shape a channel.
type ChannelOptions struct {
	Via     uritable.URI // where the octets go: the address, or clientVia
	Pool    *http1.Pool  // shared by the channels of one target; not closed by the channel
	Encoder binding.Encoder
	Limits  soap.Limits
	Needs   soap.Needs
	Budget  *buf.Budget
	// Pass names the response fields that the caller wants to see.
	Pass []string
	// Pin lets a client's NTLM or Negotiate exchange have a connection of its own.
	// It is set only where an endpoint has one destination and changes nothing.
	Pin bool
	// Close asks the server to close after each answer (keepAliveEnabled=false).
	Close bool
	// NoDecompression refuses compressed answers.
	NoDecompression bool
}

// Channel sends messages to one endpoint over HTTP/1.1.
type Channel struct {
	o      ChannelOptions
	target string
	host   string
}

var _ binding.RequestChannel = (*Channel)(nil)

// NewChannel returns a channel. It opens nothing.
func NewChannel(o ChannelOptions) *Channel {
	return &Channel{o: o, target: o.Via.RequestTarget(), host: o.Via.Authority()}
}

// Close does nothing: the pool belongs to whoever made it.
func (c *Channel) Close() error { return nil }

// Request sends one message; see [binding.RequestChannel].
func (c *Channel) Request(ctx context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	encoded, err := c.o.Encoder.Encode(out.Draft, binding.EncodeOptions{Request: true, Action: out.Action})
	if err != nil {
		return nil, &binding.SendError{Delivery: binding.NotDelivered, Kind: binding.Other, Reason: refusal.Of(err), Err: err}
	}
	x := &call{out: outBody{Encoded: encoded}}
	ctx = x.until(ctx, out.Deadline)
	fields := x.fields[:0]
	for _, f := range encoded.Header() {
		fields = append(fields, http1.Field(f))
	}
	for _, f := range out.HTTP {
		fields = append(fields, http1.Field(f))
	}
	req := http1.Request{Method: "POST", Path: c.target, Host: c.host, Fields: fields, Body: &x.out, Close: c.o.Close}
	if x.response, err = c.do(ctx, out, &req); err != nil {
		encoded.Close()
		x.stop()
		return nil, sendError(err, x.out.err)
	}
	message, err := c.receive(ctx, x)
	if err != nil {
		err = c.blame(x, err)
		x.finish()
		if x.out.err != nil { // known only now, and the peer is not to blame for it
			err = &binding.SendError{Delivery: binding.Unknown, Kind: binding.Other, Err: x.out.err}
		}
		return nil, err
	}
	if !message {
		x.finish()      // accepted: nothing more is wanted
		return nil, nil //nolint:nilnil // the documented outcome "accepted"
	}
	return &x.in, nil
}

// do sends on the client's own connection when it has one, or needs one, else
// on the pool (threats T-HTTP-14).
func (c *Channel) do(ctx context.Context, out *binding.Outgoing, req *http1.Request) (*http1.Response, error) {
	if c.o.Pin && out.Conn != nil && (out.Conn.HasPin(c) || authenticatesConnection(out.HTTP)) {
		if p, ok := out.Conn.Pinned(c, func() binding.Resource { return c.o.Pool.Pin() }); ok {
			return p.(*http1.Pin).Do(ctx, req) //nolint:errcheck // the key is this channel, which makes pins only
		}
	}
	return c.o.Pool.Do(ctx, req)
}

// authenticatesConnection reports whether the fields begin or continue a
// handshake that authenticates the connection, not the request (RFC 4559, 6).
func authenticatesConnection(fields binding.HTTPFields) bool {
	for _, f := range fields {
		if !strings.EqualFold(f.Name, "Authorization") {
			continue
		}
		scheme, _, _ := strings.Cut(f.Value, " ")
		if strings.EqualFold(scheme, "NTLM") || strings.EqualFold(scheme, "Negotiate") {
			return true
		}
	}
	return false
}

// call is one exchange, in one piece of memory: the request's body, the
// connection for as long as it is needed, and the answer.
type call struct {
	deadline deadline
	cancel   context.CancelFunc // nil: there is nothing to cancel
	out      outBody            // without Encoded once finished
	fields   [8]http1.Field     // backing of most requests' fields
	response *http1.Response
	broken   error // of the answer's body
	in       binding.Incoming
}

// deadline is a context that knows its end without a timer: the connection's
// deadline does the waiting.
type deadline struct {
	context.Context //nolint:containedctx // this is a context

	at time.Time
}

// Deadline implements [context.Context].
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// until returns the context of the exchange. One that can be cancelled has to
// end by itself too: who waits for its Done looks at no clock.
func (x *call) until(ctx context.Context, at time.Time) context.Context {
	switch {
	case at.IsZero():
		return ctx
	case ctx.Done() != nil:
		ctx, x.cancel = context.WithDeadline(ctx, at)
		return ctx
	}
	x.deadline = deadline{Context: ctx, at: at}
	return &x.deadline
}

// stop ends the context.
func (x *call) stop() {
	if x.cancel != nil {
		x.cancel()
	}
}

// Read reads the body of the answer. An answer that breaks off is the peer's
// failure; a decoder would call it a malformed message that ends early.
func (x *call) Read(p []byte) (int, error) {
	n, err := x.response.Body.Read(p)
	if err != nil && err != io.EOF {
		x.broken = err
		if h, ok := errors.AsType[*http1.Error](err); ok && h.Err == io.ErrUnexpectedEOF { // a wrapped one is that of another source
			err = refusal.New(refusal.UpstreamFailed, -1, "answer: "+h.Error())
		}
	}
	return n, err
}

// finish lets go of the connection, which joins the writer of the request, and
// then of the request itself.
func (x *call) finish() {
	if x.out.Encoded == nil {
		return
	}
	_ = x.response.Body.Close() // the answer was read to its end, or nobody wants the rest
	x.out.Close()
	x.out.Encoded = nil
	x.stop()
}

// whole waits for the rest of a request that was accepted before it was written:
// a peer may say 202 as soon as it has seen the head, and letting go of its
// answer would cut what it still has to read.
func whole(resp *http1.Response) error {
	accepted := resp.Status == http.StatusAccepted || resp.Status/100 == 2 && resp.Size == 0
	if !resp.Early || !accepted {
		return nil
	}
	if err := resp.Sent(); err != nil {
		return &binding.SendError{
			Delivery: binding.Unknown, Kind: binding.Aborted, Status: resp.Status, Reason: refusal.UpstreamFailed,
			Err: fmt.Errorf("accepted before it was sent whole: %w", err),
		}
	}
	return nil
}

// small is how much of an answer that is no message is read so that its
// connection can serve again.
const small = 64 << 10

// receive reads the answer up to its body. It returns false when there is no
// message in it and none is needed.
func (c *Channel) receive(ctx context.Context, x *call) (message bool, err error) {
	resp := x.response
	if err := whole(resp); err != nil {
		return false, err
	}
	contentType := resp.Fields.Get("Content-Type")
	empty := resp.Size == 0 || contentType == "" && atEnd(resp)
	media, typeErr := c.o.Encoder.Accepts(contentType)
	answer, kind := binding.ClassifyAnswer(resp.Status, typeErr == nil && !empty, empty)
	switch answer {
	case binding.AnswerAccepted:
		return false, nil
	case binding.AnswerFailure:
		_, _ = io.CopyN(io.Discard, resp.Body, small) // best effort, for the connection's sake
		return false, c.failure(resp, kind, contentType)
	case binding.AnswerMessage:
	}
	coding := resp.Fields.Get("Content-Encoding")
	if c.o.NoDecompression && coding != "" {
		return false, answerError(resp.Status, refusal.Newf(refusal.HTTPContentType, -1, "answer is compressed (%s), and decompressionEnabled is false", coding))
	}
	arriving, err := inflate(binding.Arriving{Media: media, Body: x, Size: resp.Size}, coding)
	if err != nil {
		return false, answerError(resp.Status, err)
	}
	arriving.Done = x.finish
	env, err := c.o.Encoder.Decode(ctx, arriving, c.o.Limits, c.o.Needs, c.o.Budget)
	if err != nil && resp.Size < 0 && resp.Status < http.StatusMultipleChoices && refusal.Of(err) == refusal.SOAPEmpty {
		return false, nil // a chunked answer that turned out to be empty: accepted
	}
	if err != nil {
		return false, answerError(resp.Status, err)
	}
	if resp.Status == http.StatusBadRequest && !isFault(ctx, env) {
		env.Release()
		return false, c.failure(resp, binding.Protocol, contentType)
	}
	if s := env.Body.State(); s != soap.Once && s != soap.Windowed && !resp.Early {
		x.finish() // all octets are here; the pool judges the connection by itself
	}
	x.in.Envelope, x.in.Status = env, resp.Status
	for _, name := range c.o.Pass {
		for v := range resp.Fields.Values(name) {
			x.in.HTTP = x.in.HTTP.Add(name, v)
		}
	}
	return true, nil
}

// isFault reports whether a message is a fault; it waits for a body whose first
// element has not arrived yet.
func isFault(ctx context.Context, env *soap.Envelope) bool {
	fault, known := soap.IsFault(env)
	if !known && env.Body.Hold(ctx, 0) == nil {
		fault, _ = soap.IsFault(env)
	}
	return fault
}

// blame prefers what broke the answer to what the decoder made of it: a message
// that was cut off is no malformed message.
func (c *Channel) blame(x *call, err error) error {
	if x.broken == nil {
		return err
	}
	return answerError(x.response.Status, x.broken)
}

// atEnd reports whether an answer without a content type is empty.
func atEnd(resp *http1.Response) bool {
	if resp.Size >= 0 {
		return resp.Size == 0
	}
	var one [1]byte
	n, err := io.ReadFull(resp.Body, one[:])
	return n == 0 && err == io.EOF
}

// outBody tells a failing source from a failing connection.
type outBody struct {
	binding.Encoded
	err error // of the source; read after the exchange has ended
}

func (b *outBody) WriteTo(w io.Writer) (int64, error) {
	n, err := b.Encoded.WriteTo(w)
	if source, ok := errors.AsType[*buf.ReadError](err); ok {
		b.err = source.Err
	}
	return n, err
}
