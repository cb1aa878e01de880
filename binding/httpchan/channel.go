package httpchan

import (
	"context"
	"errors"
	"io"
	"strconv"
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
	body := &outBody{Encoded: encoded}
	if !out.Deadline.IsZero() {
		ctx = deadline{Context: ctx, at: out.Deadline}
	}
	fields := make([]http1.Field, 0, 8)
	for _, f := range encoded.Header() {
		fields = append(fields, http1.Field(f))
	}
	for _, f := range out.HTTP {
		fields = append(fields, http1.Field(f))
	}
	req := http1.Request{Method: "POST", Path: c.target, Host: c.host, Fields: fields, Body: body, Close: c.o.Close}
	resp, err := c.do(ctx, out, &req)
	if err != nil {
		encoded.Close()
		return nil, sendError(err, body.err)
	}
	x := &received{response: resp, encoded: encoded}
	in, err := c.receive(ctx, resp, x)
	if err != nil {
		x.finish()
		if body.err != nil {
			err = &binding.SendError{Delivery: binding.Unknown, Kind: binding.Other, Err: body.err}
		}
		return nil, err
	}
	if in == nil {
		x.finish() // accepted: nothing more is wanted
	}
	return in, nil
}

// do sends on the client's own connection when it has one, else on the pool.
func (c *Channel) do(ctx context.Context, out *binding.Outgoing, req *http1.Request) (*http1.Response, error) {
	if c.o.Pin && out.Conn != nil && (out.Conn.HasPin(c) || out.HTTP.Get("Authorization") != "") {
		if p, ok := out.Conn.Pinned(c, func() binding.Resource { return c.o.Pool.Pin() }); ok {
			return p.(*http1.Pin).Do(ctx, req) //nolint:forcetypeassert // the key is this channel, which makes pins only
		}
	}
	return c.o.Pool.Do(ctx, req)
}

// received is an answer whose connection is still needed.
type received struct {
	response *http1.Response
	encoded  binding.Encoded // nil once finished
}

// finish lets go of the connection, which joins the writer of the request, and
// then of the request itself.
func (r *received) finish() {
	if r.encoded == nil {
		return
	}
	_ = r.response.Body.Close() // the answer was read to its end, or nobody wants the rest
	r.encoded.Close()
	r.encoded = nil
}

// small is how much of an answer that is no message is read so that its
// connection can serve again.
const small = 64 << 10

func (c *Channel) receive(ctx context.Context, resp *http1.Response, x *received) (*binding.Incoming, error) {
	contentType := resp.Fields.Get("Content-Type")
	empty := resp.Size == 0 || contentType == "" && atEnd(resp)
	media, typeErr := c.o.Encoder.Accepts(contentType)
	answer, kind := binding.ClassifyAnswer(resp.Status, typeErr == nil && !empty, empty)
	switch answer {
	case binding.AnswerAccepted:
		return nil, nil //nolint:nilnil // the documented outcome "accepted"
	case binding.AnswerFailure:
		_, _ = io.CopyN(io.Discard, resp.Body, small) // best effort, for the connection's sake
		return nil, c.failure(resp, kind, contentType)
	case binding.AnswerMessage:
	}
	arriving, err := inflate(binding.Arriving{Media: media, Body: resp.Body, Size: resp.Size}, resp.Fields.Get("Content-Encoding"))
	if err != nil {
		return nil, answerError(resp.Status, err)
	}
	arriving.Done = x.finish
	env, err := c.o.Encoder.Decode(ctx, arriving, c.o.Limits, c.o.Needs, c.o.Budget)
	if err != nil {
		return nil, answerError(resp.Status, err)
	}
	if s := env.Body.State(); s != soap.Once && s != soap.Windowed && !resp.Early {
		x.finish() // all octets are here; the pool judges the connection by itself
	}
	in := &binding.Incoming{Envelope: env}
	in.Status = resp.Status
	for _, name := range c.o.Pass {
		for v := range resp.Fields.Values(name) {
			in.HTTP = in.HTTP.Add(name, v)
		}
	}
	return in, nil
}

// atEnd reports whether an answer without a content type is empty.
func atEnd(resp *http1.Response) bool {
	if resp.Size >= 0 {
		return resp.Size == 0
	}
	var one [1]byte
	n, err := io.ReadFull(resp.Body, one[:])
	return n == 0 && err == io.EOF //nolint:errorlint // readers return io.EOF itself
}

func (c *Channel) failure(resp *http1.Response, kind binding.Kind, contentType string) error {
	err := &binding.SendError{Delivery: binding.Answered, Kind: kind, Status: resp.Status, Reason: refusal.UpstreamFailed}
	if kind == binding.Protocol {
		err.Reason = refusal.UpstreamMalformed
	}
	err.Err = errors.New("answer with content type " + strconv.Quote(contentType) + " is no message of this binding")
	if kind == binding.Security && c.o.Pin {
		for v := range resp.Fields.Values("WWW-Authenticate") {
			err.HTTP = err.HTTP.Add("WWW-Authenticate", v)
		}
	}
	return err
}

// answerError classifies an answer that began well and could not be read.
func answerError(status int, err error) error {
	e := &binding.SendError{Delivery: binding.Answered, Kind: binding.Protocol, Status: status, Reason: refusal.UpstreamMalformed, Err: err}
	if h, ok := errors.AsType[*http1.Error](err); ok {
		e.Kind, e.Delivery, e.Reason = binding.Aborted, binding.Unknown, h.Reason
		if h.Timeout() {
			e.Kind = binding.Timeout
		}
		if h.Reason == refusal.UpstreamFraming {
			e.Kind, e.Delivery = binding.Protocol, binding.Answered
		}
		return e
	}
	switch refusal.Of(err) {
	case refusal.SizeMessage:
		e.Kind, e.Reason = binding.Communication, refusal.UpstreamTooBig
	case refusal.LimitMemory:
		e.Kind, e.Reason = binding.Other, refusal.LimitMemory
	default:
	}
	return e
}

// sendError says how far a failed attempt came. source is the error of the
// message's own source: then the peer is not to blame.
func sendError(err, source error) error {
	h, ok := errors.AsType[*http1.Error](err)
	if !ok {
		return &binding.SendError{Delivery: binding.Unknown, Kind: binding.Other, Err: err}
	}
	e := &binding.SendError{Delivery: binding.Unknown, Reason: h.Reason, Err: err}
	if h.Sent == 0 {
		e.Delivery = binding.NotDelivered
	}
	if source != nil {
		e.Kind, e.Err, e.Reason = binding.Other, source, ""
		return e
	}
	switch h.Stage {
	case http1.StageRequest:
		e.Kind = binding.Other
	case http1.StageAcquire:
		e.Kind = binding.Busy
	case http1.StageDial:
		e.Kind = binding.NotFound
	case http1.StageProxy:
		e.Kind = binding.Communication
		if p, ok := errors.AsType[*http1.ProxyError](err); ok && p.Status == 407 {
			e.Kind = binding.Security
		}
	case http1.StageHandshake:
		e.Kind = binding.Security
	default:
		e.Kind = binding.Aborted
	}
	switch {
	case h.Timeout():
		e.Kind = binding.Timeout
	case h.Stage >= http1.StageHead && (h.Reason == refusal.UpstreamFraming || h.Reason == refusal.Upstream1xx):
		e.Kind, e.Delivery = binding.Protocol, binding.Answered
	}
	return e
}

// outBody tells a failing source from a failing connection.
type outBody struct {
	binding.Encoded
	err error // of the source; read after the exchange has ended
}

func (b *outBody) WriteTo(w io.Writer) (int64, error) {
	t := &tracking{w: w}
	n, err := b.Encoded.WriteTo(t)
	if err != nil && t.err == nil {
		b.err = err
	}
	return n, err
}

// tracking remembers the error of a writer.
type tracking struct {
	w   io.Writer
	err error
}

func (t *tracking) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err != nil {
		t.err = err
	}
	return n, err
}

// deadline is a context that knows its end without a timer: the connection's
// deadline does the waiting.
type deadline struct {
	context.Context //nolint:containedctx // this is a context
	at              time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }
