package httpchan

import (
	"context"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// exchange is one POST and its answer, as the front works on it.
type exchange struct {
	binding.Exchange

	front    *Front
	conn     *conn
	lanes    *lanes  // of conn, or of stream
	stream   *stream // nil on HTTP/1
	w        http.ResponseWriter
	r        *http.Request
	listener *binding.Listener
	body     bodyReader
	leave    func() // gives the place among the calls back; nil once a request does
	status   int    // of a refusal that has another than its reason's; 0: none
	written  bool   // the response head has left
	output   output
	segments [4][]byte // backing of an answer that is held
	values   []string  // of fields
	backing  [2]string // of values
}

// serveHTTP is the order of steps 1 to 5 and 11 of the message model.
func (f *Front) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c, _ := r.Context().Value(connKey{}).(*conn)
	x := &exchange{front: f, conn: c, lanes: &c.lanes, w: w, r: r}
	x.values = x.backing[:0]
	x.Start = time.Now()
	if r.ProtoMajor == 1 {
		c.lanes.begin()
		c.sized.Store(r.ContentLength > 0 && r.TLS == nil)
		c.enter(busy)
	} else {
		x.stream = c.open(w)
		x.lanes = &x.stream.lanes
	}
	defer x.finish()
	if err := x.serve(); err != nil {
		x.fail(err)
	}
}

// finish reports the exchange. A panic of one message ends that message only
// (threats T-DOS-03).
func (x *exchange) finish() {
	p := recover()
	x.In = x.body.n
	x.Duration = time.Since(x.Start)
	if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the panic value of net/http is compared by identity
		p = x.panicked(p)
	}
	if x.listener != nil && x.listener.Observe != nil {
		x.listener.Observe(&x.Exchange)
	} else if x.Reason != "" {
		x.front.options.Refused(x.Reason)
	}
	if x.leave != nil {
		x.leave()
	}
	if x.Request != nil {
		x.Request.Release()
	}
	switch {
	case x.stream != nil:
		x.conn.end(x.stream)
	case p != nil && x.r.ProtoMinor == 0:
		x.conn.reset()
		fallthrough
	default:
		x.conn.enter(rest)
	}
	if p != nil {
		panic(p)
	}
}

// panicked logs a panic and answers for the handler if that is still possible.
// It returns what the panic goes on with, nil for nothing.
func (x *exchange) panicked(p any) any {
	x.ID = x.front.ids.next()
	x.front.options.Log.Error("panic", "id", x.ID, "value", p, "stack", string(debug.Stack()))
	x.Reason = refusal.Internal
	if x.Request != nil {
		x.Request.Leave()
	}
	if x.written {
		return http.ErrAbortHandler
	}
	clear(x.w.Header())
	x.refuse(http.StatusInternalServerError, refusal.Internal, true)
	return nil
}

// serve returns the error that refuses the message, or nil when it was answered.
func (x *exchange) serve() error {
	via, err := x.via()
	if err != nil {
		return err
	}
	x.Via = via.String()
	x.Peer = binding.Peer{Address: x.conn.peer, TLS: x.r.TLS != nil, Certified: x.r.TLS != nil && len(x.r.TLS.VerifiedChains) > 0}
	if x.r.Method != http.MethodPost {
		return x.page()
	}
	if x.listener = x.front.dispatcher.Listener(via); x.listener == nil {
		return refusal.New(refusal.HTTPPath, -1, "no listener for "+x.Via)
	}
	if x.front.draining.Load() {
		return refusal.New(refusal.Draining, -1, "shutting down")
	}
	if x.listener.Admit != nil {
		if x.leave, err = x.listener.Admit(x.r.Context()); err != nil {
			return err
		}
	}
	ctx := x.context()
	req, err := x.decode(ctx)
	if err != nil {
		return err
	}
	req.Via, req.Peer, req.Listener = via, x.Peer, x.listener
	x.Request, x.leave = req, nil
	req.Retain() // for the access log, after the handler has let go
	reply, err := x.listener.Handler.Handle(ctx, req)
	if err != nil {
		return err
	}
	return x.answer(reply)
}

// context is the context of the handler. On HTTP/1 a client that goes away does
// not end it (docs/decisions/002), and without an end it costs nothing
// downstream. A stream that the client resets ends what it asked for (threats
// T-HTTP-11).
func (x *exchange) context() context.Context {
	if x.stream != nil {
		return x.r.Context()
	}
	return x.front.lifetime
}

// page answers what is no message.
func (x *exchange) page() error {
	if p := x.front.options.Pages; p != nil && (x.r.Method == http.MethodGet || x.r.Method == http.MethodHead) {
		x.written = true
		p.ServeHTTP(x.w, x.r)
		return nil
	}
	return refusal.New(refusal.HTTPMethod, -1, x.r.Method)
}

// single names the fields that may stand once (threats T-SOAP-02).
var single = [...]string{"Soapaction", "Content-Type", "Content-Encoding", "Mime-Version", "Authorization"}

// decode checks the fields and reads the head of the message.
func (x *exchange) decode(ctx context.Context) (*binding.Request, error) {
	h, l := x.r.Header, x.listener
	for _, name := range single {
		if len(h[name]) > 1 {
			return nil, refusal.New(refusal.HTTPDuplicate, -1, name)
		}
	}
	if x.r.ContentLength == 0 {
		return nil, refusal.New(refusal.SOAPEmpty, 0, "no body")
	}
	media, err := l.Encoder.Accepts(first(h, "Content-Type"))
	if err != nil {
		return nil, err
	}
	claim := media.Action
	if l.Binding.Version.Envelope == soap.SOAP11 {
		claim = first(h, "Soapaction")
	}
	action, err := addressing.ParseAction(claim)
	if err != nil {
		return nil, err
	}
	in, err := x.arriving(media)
	if err != nil {
		return nil, err
	}
	env, err := l.Encoder.Decode(ctx, in, l.Limits, l.Needs, l.Budget)
	if err != nil {
		return nil, err
	}
	if s := env.Body.State(); s == soap.Once || s == soap.Windowed {
		// The answer may start before the request has ended.
		_ = http.NewResponseController(x.w).EnableFullDuplex() // HTTP/2 has it always
	}
	req := binding.NewRequest(env, x.leave)
	req.Action = action
	if x.stream == nil {
		req.Conn = &x.conn.Connection
	}
	req.Hops = hops(h["Viaduct-Hops"])
	req.HTTP = pass(h, l.Pass)
	return req, nil
}

// arriving is the body without its content coding.
func (x *exchange) arriving(media binding.Media) (binding.Arriving, error) {
	l, size := x.listener, x.r.ContentLength
	if m := l.Limits.Message; m > 0 && size > m {
		return binding.Arriving{}, refusal.Newf(refusal.SizeMessage, -1, "Content-Length %d is over maxReceivedMessageSize %d", size, m)
	}
	x.body = bodyReader{r: x.r.Body, lane: &x.lanes.in, count: x.stream != nil}
	in := binding.Arriving{Media: media, Body: &x.body, Size: size}
	coding := first(x.r.Header, "Content-Encoding")
	if coding == "" {
		return in, nil
	}
	in, err := inflate(in, coding)
	if err == nil && !l.Needs.Streamed {
		in, err = bounded(in, l.Limits.Message)
	}
	return in, err
}

// first returns the first value of a field. The name is in canonical spelling.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// hops reads the counter of routers. A value that is no small number counts as
// the highest: the counter is never trusted to be low (threats T-WSA-04).
func hops(values []string) int {
	const many = 1 << 20
	n := 0
	for _, v := range values {
		h, err := strconv.Atoi(v)
		if err != nil || h < 0 || h > many {
			h = many
		}
		n = max(n, h)
	}
	return n
}
