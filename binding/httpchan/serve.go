package httpchan

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// exchange is one POST and its answer, as the front works on it.
type exchange struct {
	binding.Exchange
	front    *Front
	conn     *conn
	w        http.ResponseWriter
	r        *http.Request
	listener *binding.Listener
	body     bodyReader
	written  bool // the response head has left
}

// serveHTTP is the order of steps 1 to 5 and 11 of the message model.
func (f *Front) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c, _ := r.Context().Value(connKey{}).(*conn)
	x := &exchange{front: f, conn: c, w: w, r: r}
	x.Start = time.Now()
	if r.ProtoMajor > 1 {
		c.multiplexed.Store(true)
		c.enter(working)
	}
	x.enter(body)
	defer x.finish()
	if err := x.serve(); err != nil {
		x.fail(err)
	}
}

func (x *exchange) enter(p phase) {
	if x.r.ProtoMajor == 1 {
		x.conn.enter(p)
	}
}

// finish reports the exchange. A panic of one message ends that message only
// (threats T-DOS-03).
func (x *exchange) finish() {
	x.In = x.body.n
	x.enter(body) // net/http may still read the rest of one
	x.Duration = time.Since(x.Start)
	p := recover()
	if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the panic value of net/http is compared by identity
		x.ID = x.front.ids.next()
		x.front.options.Log.Error("panic", "id", x.ID, "value", p, "stack", string(debug.Stack()))
		x.Reason = refusal.Internal
		if !x.written {
			x.refuse(http.StatusInternalServerError, refusal.Internal, true)
			p = nil
		} else {
			p = http.ErrAbortHandler
		}
	}
	if x.listener != nil && x.listener.Observe != nil {
		x.listener.Observe(&x.Exchange)
	} else if x.Reason != "" {
		x.front.options.Refused(x.Reason)
	}
	if x.Request != nil {
		x.Request.Release()
	}
	if p != nil {
		panic(p)
	}
}

// serve returns the error that refuses the message, or nil when it was answered.
func (x *exchange) serve() error {
	via, err := x.via()
	if err != nil {
		return err
	}
	x.Via = via.String()
	x.Peer = binding.Peer{Address: remoteAddr(x.r), TLS: x.r.TLS != nil}
	if x.r.Method != http.MethodPost {
		return x.page(via)
	}
	if x.listener = x.front.dispatcher.Listener(via); x.listener == nil {
		return refusal.New(refusal.HTTPPath, -1, "no listener for "+x.Via)
	}
	if x.front.draining.Load() {
		return refusal.New(refusal.Draining, -1, "shutting down")
	}
	release := func() {}
	if x.listener.Admit != nil {
		if release, err = x.listener.Admit(x.r.Context()); err != nil {
			return err
		}
	}
	req, err := x.decode(release)
	if err != nil {
		release()
		return err
	}
	req.Via, req.Peer, req.Listener = via, x.Peer, x.listener
	x.Request = req
	req.Retain() // for the access log, after the handler has let go
	reply, err := x.listener.Handler.Handle(x.r.Context(), req)
	if err != nil {
		return err
	}
	return x.answer(reply)
}

// via returns what the request line asks for, or why it cannot be asked for
// (threats T-HTTP-03, T-HTTP-16).
func (x *exchange) via() (uritable.URI, error) {
	r := x.r
	target := r.RequestURI
	switch {
	case r.ProtoMajor != 2 && (r.ProtoMajor != 1 || r.ProtoMinor > 1):
		return uritable.URI{}, refusal.New(refusal.HTTPVersion, -1, r.Proto)
	case r.Method == http.MethodConnect, r.Method == http.MethodTrace:
		return uritable.URI{}, refusal.New(refusal.HTTPMethod, -1, r.Method)
	case strings.IndexByte(target, '#') >= 0, target == "*" && r.Method != http.MethodOptions:
		return uritable.URI{}, refusal.Newf(refusal.HTTPTarget, -1, "request target %q", target)
	}
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI() // absolute form: the target wins over Host (RFC 9112, 3.2.2)
	}
	via, err := uritable.FromRequest(x.front.scheme, x.front.host(r.Host), target)
	if err != nil {
		return uritable.URI{}, refusal.Newf(refusal.HTTPTarget, -1, "request target: %w", err)
	}
	return via, nil
}

// host puts the socket's port in the place of the one that a client wrote: like
// HTTP.SYS, Viaduct finds listeners by the port that a request came in on.
func (f *Front) host(field string) string {
	if f.port == "" {
		return field
	}
	if i := strings.LastIndexByte(field, ':'); i >= 0 && strings.IndexByte(field[i:], ']') < 0 {
		field = field[:i]
	}
	return field + f.port
}

// page answers what is no message.
func (x *exchange) page(uritable.URI) error {
	if p := x.front.options.Pages; p != nil && (x.r.Method == http.MethodGet || x.r.Method == http.MethodHead) {
		p.ServeHTTP(x.w, x.r)
		x.written = true
		return nil
	}
	return refusal.New(refusal.HTTPMethod, -1, x.r.Method)
}

// single names the fields that may stand once (threats T-SOAP-02).
var single = [...]string{"Soapaction", "Content-Type", "Content-Encoding", "Mime-Version", "Authorization"}

// decode checks the fields and reads the head of the message.
func (x *exchange) decode(release func()) (*binding.Request, error) {
	h, l := x.r.Header, x.listener
	for _, name := range single {
		if len(h[name]) > 1 {
			return nil, refusal.New(refusal.HTTPDuplicate, -1, name)
		}
	}
	if x.r.ContentLength == 0 {
		return nil, refusal.New(refusal.SOAPEmpty, 0, "no body")
	}
	media, err := l.Encoder.Accepts(h.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	claim := media.Action
	if l.Binding.Version.Envelope == soap.SOAP11 {
		claim = h.Get("Soapaction")
	}
	action, err := addressing.ParseAction(claim)
	if err != nil {
		return nil, err
	}
	if m := l.Limits.Message; m > 0 && x.r.ContentLength > m {
		return nil, refusal.Newf(refusal.SizeMessage, -1, "Content-Length %d is over maxReceivedMessageSize %d", x.r.ContentLength, m)
	}
	x.body = bodyReader{r: x.r.Body}
	in, err := inflate(binding.Arriving{Media: media, Body: &x.body, Size: x.r.ContentLength}, h.Get("Content-Encoding"))
	if err == nil && in.Size < 0 && x.r.ContentLength >= 0 && !l.Needs.Streamed {
		in, err = bounded(in, l.Limits.Message)
	}
	if err != nil {
		return nil, err
	}
	env, err := l.Encoder.Decode(x.r.Context(), in, l.Limits, l.Needs, l.Budget)
	if err != nil {
		return nil, err
	}
	if env.Body.State() == soap.Once {
		// The answer may start before the request has ended.
		_ = http.NewResponseController(x.w).EnableFullDuplex() // HTTP/2 has it always
	} else {
		x.enter(working)
	}
	req := binding.NewRequest(env, release)
	req.Action = action
	req.Conn = &x.conn.Connection
	req.Hops = hops(h["Viaduct-Hops"])
	req.HTTP = pass(h, l.Pass)
	return req, nil
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

func remoteAddr(r *http.Request) netip.AddrPort {
	a, _ := netip.ParseAddrPort(r.RemoteAddr)
	return a
}

// fail turns an error into the answer that it deserves.
func (x *exchange) fail(err error) {
	x.Err = err
	if x.r.Context().Err() != nil && x.body.err != nil && !isTimeout(x.body.err) {
		x.Reason = refusal.ClientGone
		panic(http.ErrAbortHandler) // nobody is there to be told
	}
	x.Reason = x.reasonOf(err)
	if x.written {
		panic(http.ErrAbortHandler) // never a completed, shortened message
	}
	broken := x.body.err != nil && x.body.err != io.EOF //nolint:errorlint // readers return io.EOF itself
	if x.listener != nil && x.listener.Fault != nil && !broken {
		if reply := x.listener.Fault(x.Request, err); reply != nil {
			if err := x.answer(reply); err != nil {
				panic(http.ErrAbortHandler) // the fault could not be written either
			}
			return
		}
	}
	if x.Reason == refusal.WSANone {
		x.accepted()
		return
	}
	status, ok := binding.RefusalStatus(x.Reason)
	if !ok {
		status = http.StatusInternalServerError
	}
	x.refuse(status, x.Reason, broken || binding.CloseAfter(x.Reason))
}

func (x *exchange) reasonOf(err error) refusal.Reason {
	if e := x.body.err; e != nil && e != io.EOF { //nolint:errorlint // readers return io.EOF itself
		switch {
		case isTimeout(e):
			return refusal.HTTPSlow
		case errors.Is(err, e):
			return refusal.HTTPSmuggle // net/http found the framing broken
		}
	}
	return refusal.Of(err)
}

func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

// refuse writes an empty answer with the reason and the id under which the log
// knows it.
func (x *exchange) refuse(status int, reason refusal.Reason, closeAfter bool) {
	if x.ID == "" {
		x.ID = x.front.ids.next()
	}
	h := x.w.Header()
	h.Set(errorField, x.front.disclose(reason, x.ID))
	h.Set("Content-Length", "0")
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if closeAfter {
		h.Set("Connection", "close")
	}
	x.Status, x.written = status, true
	x.enter(answer)
	x.w.WriteHeader(status)
	if closeAfter && x.r.ProtoMajor == 1 {
		// net/http would read on for a body that may never come. It ends the
		// connection so that the peer can still read the answer.
		_ = http.NewResponseController(x.w).Flush()
		_ = x.conn.SetReadDeadline(time.Now())
	}
}

func (f *Front) disclose(reason refusal.Reason, id string) string {
	if f.options.HideReason {
		return "id=" + id
	}
	return string(reason) + "; id=" + id
}

// accepted answers a message that asks for no answer.
func (x *exchange) accepted() {
	x.w.Header().Set("Content-Length", "0")
	x.Status, x.written = http.StatusAccepted, true
	x.enter(answer)
	x.w.WriteHeader(http.StatusAccepted)
}

// answer writes a reply. An error before the first octet is answered by the
// caller; one after it cuts the connection.
func (x *exchange) answer(reply *binding.Reply) error {
	if reply == nil {
		x.accepted()
		return nil
	}
	if reply.Close != nil {
		defer reply.Close()
	}
	if x.Status = reply.Status; x.Status == 0 {
		x.Status = binding.ReplyStatus(reply.Fault)
	}
	x.Fault = reply.Fault
	h := x.w.Header()
	for _, f := range reply.HTTP {
		h.Add(f.Name, f.Value)
	}
	if reply.Reason != "" {
		x.Reason, x.Err, x.ID = reply.Reason, reply.Err, x.front.ids.next()
		h.Set(errorField, x.front.disclose(x.Reason, x.ID))
		h.Set("X-Content-Type-Options", "nosniff") // a fault may quote what a browser sent
	}
	if reply.Draft == nil {
		h.Set("Content-Length", "0")
		x.written = true
		x.enter(answer)
		x.w.WriteHeader(x.Status)
		return nil
	}
	encoded, err := x.listener.Encoder.Encode(reply.Draft, binding.EncodeOptions{})
	if err != nil {
		return err
	}
	defer encoded.Close()
	for _, f := range encoded.Header() {
		h[f.Name] = []string{f.Value}
	}
	size, known := encoded.Size()
	if known {
		h["Content-Length"] = []string{strconv.FormatInt(size, 10)}
	}
	x.written = true
	x.enter(answer)
	x.w.WriteHeader(x.Status)
	return x.write(encoded, known)
}

func (x *exchange) write(encoded binding.Encoded, known bool) error {
	var backing [4][]byte
	if segments, ok := encoded.Segments(backing[:0]); ok {
		for _, s := range segments {
			n, err := x.w.Write(s)
			x.Out += int64(n)
			if err != nil {
				return refusal.Newf(refusal.ClientGone, -1, "write answer: %w", err)
			}
		}
		return nil
	}
	var w io.Writer = x.w
	if !known {
		w = &flushing{ResponseWriter: x.w}
	}
	n, err := encoded.WriteTo(w)
	x.Out += n
	return err
}
