package httpchan

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// fail turns an error into the answer that it deserves.
func (x *exchange) fail(err error) {
	x.Err = err
	broken := x.body.err != nil && x.body.err != io.EOF
	if x.r.Context().Err() != nil && (x.stream != nil || broken && !isTimeout(x.body.err)) {
		x.Reason = refusal.ClientGone
		panic(http.ErrAbortHandler) // nobody is there to be told
	}
	x.Reason = x.reasonOf(err)
	if x.written {
		panic(http.ErrAbortHandler) // never a completed, shortened message
	}
	if x.listener != nil && x.listener.Fault != nil && !broken {
		if reply := x.listener.Fault(x.Request, err); reply != nil {
			if err := x.answer(reply); err != nil {
				panic(http.ErrAbortHandler) // the fault could not be written either
			}
			return
		}
	}
	if x.Reason == refusal.WSANone {
		x.empty(http.StatusAccepted)
		return
	}
	status, ok := binding.RefusalStatus(x.Reason)
	switch {
	case x.status != 0:
		status = x.status
	case !ok:
		status = http.StatusInternalServerError
	}
	x.refuse(status, x.Reason, broken || binding.CloseAfter(x.Reason))
}

// reasonOf classifies an error of the exchange. What the client did to its body
// comes first: it is the cause of whatever else failed.
func (x *exchange) reasonOf(err error) refusal.Reason {
	if e := x.body.err; e != nil && e != io.EOF {
		switch {
		case isTimeout(e):
			return refusal.HTTPSlow
		case errors.Is(err, e):
			return refusal.HTTPSmuggle // net/http found the framing broken
		}
	}
	if _, refused := errors.AsType[*refusal.Error](err); !refused {
		if h, ok := errors.AsType[*http1.Error](err); ok {
			return upstream(h.Reason) // of an answer that was on its way
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
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if closeAfter {
		h.Set("Connection", "close")
	}
	x.empty(status)
	if closeAfter && x.stream == nil {
		// net/http would read on for a body that may never come, and close before
		// the peer has read the answer.
		_ = http.NewResponseController(x.w).Flush()
		x.conn.linger.Store(true)
		_ = x.conn.SetReadDeadline(x.Start)
	}
}

func (f *Front) disclose(reason refusal.Reason, id string) string {
	if f.options.HideReason {
		return "id=" + id
	}
	return string(reason) + "; id=" + id
}

// empty answers without a body.
func (x *exchange) empty(status int) {
	h := x.w.Header()
	h["Content-Length"] = noOctets
	x.head(status)
}

// noOctets is the value of Content-Length in an answer without a body.
var noOctets = []string{"0"}

// last reports whether the connection ends with this exchange.
func (x *exchange) last() bool {
	if x.listener != nil && !x.listener.Binding.KeepAlive {
		return true
	}
	if x.r.ProtoMajor != 1 {
		return false
	}
	// net/http accepts Content-Length beside Transfer-Encoding and hides it, and
	// hides Transfer-Encoding in HTTP/1.0: where the body ended may be read in two
	// ways, and a hop in front may pool the connection (threats T-HTTP-01).
	return x.r.ProtoMinor == 0 || x.front.options.CloseAfterChunked && len(x.r.TransferEncoding) > 0
}

// head sends the head of the answer.
func (x *exchange) head(status int) {
	if x.last() {
		x.w.Header()["Connection"] = closing
	}
	x.Status, x.written = status, true
	x.w.WriteHeader(status)
}

var closing = []string{"close"}

// answer writes a reply. An error before the first octet is answered by the
// caller; one after it cuts the connection.
func (x *exchange) answer(reply *binding.Reply) error {
	if reply == nil {
		x.empty(http.StatusAccepted)
		return nil
	}
	if reply.Close != nil {
		defer reply.Close()
	}
	status := reply.Status
	if status == 0 {
		status = binding.ReplyStatus(reply.Fault)
	}
	var encoded binding.Encoded
	if reply.Draft != nil {
		var err error
		if encoded, err = x.listener.Encoder.Encode(reply.Draft, binding.EncodeOptions{}); err != nil {
			return err
		}
		defer encoded.Close()
	}
	x.Fault = reply.Fault
	h := x.w.Header()
	for _, f := range reply.HTTP {
		if !framing(f.Name) {
			h.Add(f.Name, f.Value)
		}
	}
	if reply.Reason != "" {
		x.Reason, x.Err, x.ID = reply.Reason, reply.Err, x.front.ids.next()
		h.Set(errorField, x.front.disclose(x.Reason, x.ID))
		h.Set("X-Content-Type-Options", "nosniff") // a fault may quote what a browser sent
	}
	if encoded == nil {
		x.empty(status)
		return nil
	}
	return x.message(status, encoded)
}

// message writes status, fields and a message.
func (x *exchange) message(status int, encoded binding.Encoded) error {
	h := x.w.Header()
	for _, f := range encoded.Header() {
		h[f.Name] = x.value(f.Value)
	}
	size, known := encoded.Size()
	if known {
		h["Content-Length"] = x.value(strconv.FormatInt(size, 10))
	}
	x.head(status)
	if err := x.write(encoded, known); err != nil {
		if _, source := errors.AsType[*buf.ReadError](err); source {
			return err
		}
		if isTimeout(err) {
			return refusal.Newf(refusal.HTTPSlow, -1, "write answer: %w", err)
		}
		return refusal.Newf(refusal.ClientGone, -1, "write answer: %w", err)
	}
	return nil
}

// value returns s as the values of a field, in memory that the exchange has.
func (x *exchange) value(s string) []string {
	at := len(x.values)
	x.values = append(x.values, s)
	return x.values[at : at+1 : at+1]
}

func (x *exchange) write(encoded binding.Encoded, known bool) error {
	w := &x.output
	w.w, w.flush = x.w, !known
	if x.stream != nil {
		// Nothing may be left for net/http to write without an eye on the pace.
		w.lane, w.flush = &x.lanes.out, true
	}
	defer func() { x.Out += w.n }()
	if segments, ok := encoded.Segments(x.segments[:0]); ok {
		w.flush = w.lane != nil
		for _, s := range segments {
			if _, err := w.Write(s); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := encoded.WriteTo(w)
	return err
}

// output writes the body of an answer.
type output struct {
	w     http.ResponseWriter
	flush bool  // after each write: a streamed answer must not wait for its next part
	lane  *lane // nil where the connection counts by itself
	n     int64
}

// atOnce is the most that is written between two counts of a stream's octets.
const atOnce = 16 << 10

func (o *output) Write(p []byte) (int, error) {
	if o.lane != nil {
		o.lane.waiting.Store(true)
		defer o.lane.waiting.Store(false)
	}
	total := 0
	for {
		part := p[total:]
		if o.lane != nil {
			part = part[:min(len(part), atOnce)]
		}
		n, err := o.w.Write(part)
		if err == nil && o.flush {
			err = http.NewResponseController(o.w).Flush()
		}
		total += n
		o.n += int64(n)
		if o.lane != nil {
			o.lane.octets.Add(int64(n))
		}
		if err != nil || total == len(p) {
			return total, err
		}
	}
}
