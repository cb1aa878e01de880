package http1

import (
	"fmt"
	"io"
	"strconv"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Body is the source of a request body. It belongs to Do until Do returned an
// error or Response.Body was closed.
type Body interface {
	// Size is the number of octets, when known before they are written. A known
	// size travels as Content-Length and WriteTo must write exactly so many; an
	// unknown one travels chunked, one chunk per Write.
	Size() (n int64, known bool)
	// WriteTo is called once, possibly from another goroutine. Its error cuts the
	// connection. Each Write is sent at once; an empty Write sends the head alone.
	WriteTo(w io.Writer) (int64, error)
}

// SegmentedBody is a Body whose octets may be at hand: then they leave in one
// vectored write without a goroutine.
type SegmentedBody interface {
	Body
	// Segments appends all octets as slices, or says false: use WriteTo.
	Segments(dst [][]byte) ([][]byte, bool)
}

// VectorWriter is what WriteTo of a Body is given: octets that stand in several
// places may leave in one system call.
type VectorWriter interface {
	io.Writer
	WriteVector(list [][]byte) (int64, error)
}

// AbortableBody is a Body whose WriteTo may wait for its own source. Abort is
// called, at most once, when nobody wants the rest; it must make a WriteTo in
// progress return soon. Without it Response.Body.Close, and a Do that fails, wait
// for that source.
type AbortableBody interface {
	Body
	Abort()
}

// Request is one request. Do does not change it.
type Request struct {
	Method string // a token; not CONNECT
	Path   string // origin-form target, as it goes on the wire: "/a/b?c", or "*" with OPTIONS
	Host   string // value of Host; empty: Target.Address without a default port
	// Fields in the order in which they are written, after Host. Fields that frame
	// a message or govern the connection (Content-Length, Transfer-Encoding, Host,
	// Connection, Expect, Upgrade, ...) are refused: this package writes them.
	Fields []Field
	Body   Body // nil: none
	Close  bool // ask the server to close after the answer
}

// prepare validates r and formats its head. Nothing is sent when it fails.
func (w *writer) prepare(r *Request, t *route) error {
	w.method, w.close = r.Method, r.Close
	host := r.Host
	if host == "" {
		host = t.host
	}
	if !validHost(host) {
		return refusal.Newf(refusal.HTTPHeader, -1, "host %.256q may not be written", host)
	}
	if r.Method == "CONNECT" {
		return refusal.New(refusal.HTTPMethod, -1, "CONNECT is not sent on behalf of a caller")
	}
	target := r.Path
	if (target == "" || target[0] != '/') && (target != "*" || r.Method != "OPTIONS") {
		return refusal.Newf(refusal.HTTPTarget, -1, "request target %.256q is no path", target)
	}
	if t.absolute {
		target = "http://" + host + target
	}
	var err error
	if w.head, err = AppendRequestLine(w.head, r.Method, target); err != nil {
		return err
	}
	w.head = appendField(w.head, "Host", host)
	if err = w.fields(r.Fields); err != nil {
		return err
	}
	if t.absolute && t.authorization != "" {
		if w.head, err = AppendField(w.head, "Proxy-Authorization", t.authorization); err != nil {
			return err
		}
	}
	if r.Close {
		w.head = appendField(w.head, "Connection", "close")
	}
	if err = w.frame(r); err != nil {
		return err
	}
	w.head = append(w.head, "\r\n"...)
	return nil
}

func (w *writer) fields(list []Field) error {
	var err error
	for _, f := range list {
		if managed(f.Name) {
			return refusal.Newf(refusal.HTTPHeader, -1, "field %.64q is written by the client itself", f.Name)
		}
		if w.head, err = AppendField(w.head, f.Name, f.Value); err != nil {
			return err
		}
		if equalFold(f.Name, "Authorization") {
			w.connAuth = w.connAuth || connectionScheme(f.Value)
		}
	}
	return nil
}

// managed says whether a field is ours alone. Underscores count as hyphens,
// because CGI-like back ends cannot tell them apart (threats T-HTTP-08).
func managed(name string) bool {
	switch len(name) {
	case 2:
		return equalFold(name, "te")
	case 4:
		return equalFold(name, "host")
	case 6:
		return equalFold(name, "expect")
	case 7:
		return equalFold(name, "upgrade") || equalFold(name, "trailer")
	case 10:
		return equalDashed(name, "connection") || equalDashed(name, "keep-alive")
	case 14:
		return equalDashed(name, "content-length") || equalDashed(name, "http2-settings")
	case 16:
		return equalDashed(name, "proxy-connection")
	case 17:
		return equalDashed(name, "transfer-encoding")
	case 19:
		return equalDashed(name, "proxy-authorization")
	}
	return false
}

func equalDashed(name, want string) bool {
	for i := range len(name) {
		c := lower(name[i])
		if c == '_' {
			c = '-'
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

// frame writes exactly one of Content-Length and Transfer-Encoding, or neither
// for a request without a body whose method does not ask for one (RFC 9110, 8.6).
func (w *writer) frame(r *Request) error {
	if r.Body == nil {
		if r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH" {
			w.head = appendField(w.head, "Content-Length", "0")
		}
		return nil
	}
	w.aborter, _ = r.Body.(AbortableBody)
	n, known := r.Body.Size()
	if s, ok := r.Body.(SegmentedBody); ok {
		if list, held := s.Segments(append(w.list[:0], nil)); held {
			var sum int64
			for _, seg := range list {
				sum += int64(len(seg))
			}
			if known && n != sum {
				return fmt.Errorf("%w: %d octets at hand, %d announced", ErrBodySize, sum, n)
			}
			w.list, n, known = list, sum, true
		} else {
			w.body = r.Body
		}
	} else {
		w.body = r.Body
	}
	if !known {
		w.size = -1
		w.head = appendField(w.head, "Transfer-Encoding", "chunked")
		return nil
	}
	if n < 0 {
		return fmt.Errorf("%w: %d announced", ErrBodySize, n)
	}
	w.size = n
	w.head = append(w.head, "Content-Length: "...)
	w.head = strconv.AppendInt(w.head, n, 10)
	w.head = append(w.head, "\r\n"...)
	return nil
}
