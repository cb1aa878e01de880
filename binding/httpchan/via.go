package httpchan

import (
	"net/http"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Limits of a request head that net/http does not know (threats 3.1).
const (
	longestTarget = 8 << 10
	mostLines     = 100
)

// via returns what the request line asks for, or why it cannot be asked for
// (threats T-HTTP-03, T-HTTP-16).
func (x *exchange) via() (uritable.URI, error) {
	r := x.r
	target := r.RequestURI
	switch {
	case r.ProtoMajor != 2 && (r.ProtoMajor != 1 || r.ProtoMinor > 1):
		return uritable.URI{}, refusal.New(refusal.HTTPVersion, -1, r.Proto)
	case r.Method == http.MethodConnect, r.Method == http.MethodTrace, target == "*" && r.Method == http.MethodOptions:
		return uritable.URI{}, refusal.New(refusal.HTTPMethod, -1, r.Method)
	case len(target) > longestTarget:
		x.status = http.StatusRequestURITooLong
		return uritable.URI{}, refusal.Newf(refusal.HTTPTarget, -1, "request target of %d octets", len(target))
	case strings.IndexByte(target, '#') >= 0:
		return uritable.URI{}, refusal.Newf(refusal.HTTPTarget, -1, "request target %q", target)
	case lines(r.Header) > mostLines:
		x.status = http.StatusRequestHeaderFieldsTooLarge
		return uritable.URI{}, refusal.Newf(refusal.HTTPHeader, -1, "more than %d field lines", mostLines)
	}
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI() // absolute form: the target wins over Host (RFC 9112, 3.2.2)
	}
	via, err := uritable.FromRequest(x.front.scheme, x.host(), target)
	if err != nil {
		return uritable.URI{}, refusal.Newf(refusal.HTTPTarget, -1, "request target: %w", err)
	}
	return via, nil
}

func lines(h http.Header) int {
	n := 1 // Host, which net/http has taken out
	for _, values := range h {
		n += len(values)
	}
	return n
}

// host is the host that the request asks for, with the socket's port in the
// place of the one that a client wrote: like HTTP.SYS, Viaduct finds listeners
// by the port that a request came in on. Without a Host field, which HTTP/1.0
// allows, it is the address that the client connected to.
func (x *exchange) host() string {
	field, port := x.r.Host, x.front.port
	if field == "" {
		field = x.conn.LocalAddr().String()
	}
	if strings.HasSuffix(field, port) { // also when there is none
		return field
	}
	if i := strings.LastIndexByte(field, ':'); i >= 0 && strings.IndexByte(field[i:], ']') < 0 {
		field = field[:i]
	}
	return field + port
}
