package http1

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Stage says how far an exchange had come when it failed.
type Stage uint8

// The stages in their order.
const (
	StageRequest   Stage = iota // the request was refused before anything was done
	StageAcquire                // waiting for a connection below Options.MaxOpen
	StageDial                   // connecting to the target or its proxy
	StageProxy                  // the proxy's answer to CONNECT
	StageHandshake              // TLS
	StageWrite                  // writing the request
	StageWait                   // request written, no octet of an answer
	StageHead                   // within the head of the answer
	StageBody                   // within the body of the answer
)

// String gives the stage as one lower-case word.
func (s Stage) String() string {
	names := [...]string{"request", "acquire", "dial", "proxy", "handshake", "write", "wait", "head", "body"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Errors that an Error may wrap besides those of sockets, contexts and bodies.
var (
	// ErrClosed is given after Pool.Close, Pool.Shutdown or Pin.Close.
	ErrClosed = errors.New("http1: pool is closed")
	// ErrBusy is given by Pin.Do while the Body of the last answer is not closed.
	ErrBusy = errors.New("http1: pinned connection has an exchange in progress")
	// ErrBodyClosed is given by a Read after Response.Body was closed.
	ErrBodyClosed = errors.New("http1: read of a closed body")
	// ErrBodySize says that a request body wrote more or fewer octets than its Size.
	ErrBodySize = errors.New("http1: request body differs from its announced size")
)

// Error is the only error type of Do and of Response.Body.
type Error struct {
	Stage Stage
	// Sent counts the octets of the request, head included, that the kernel took
	// (over TLS: that were encrypted and taken). 0 means that the target has seen
	// nothing of it; anything else that it may have seen all that was sent.
	Sent int64
	// Early says that the request had not been written whole.
	Early bool
	// Reason is upstream.failed where nothing more precise is known, and client.gone
	// where the source of the request body failed without saying why.
	Reason refusal.Reason
	// Err is the cause: of a socket, context.Cause, a *refusal.Error, a
	// *ProxyError, one of the Err variables, or what the request body returned.
	Err error
}

// Error gives stage, octets sent and cause; the stage once, where the cause
// begins with it as that of a dialler does.
func (e *Error) Error() string {
	var b strings.Builder
	cause := ""
	if e.Err != nil {
		cause = strings.TrimPrefix(e.Err.Error(), "http1: ")
	}
	if e.Sent == 0 && strings.HasPrefix(cause, e.Stage.String()+" ") {
		return "http1: " + cause
	}
	b.WriteString("http1: ")
	b.WriteString(e.Stage.String())
	if e.Sent > 0 {
		fmt.Fprintf(&b, " (%d octets sent)", e.Sent)
	}
	if cause != "" {
		b.WriteString(": ")
		b.WriteString(cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout says whether time ran out: a deadline, a timeout or the minimum rate.
func (e *Error) Timeout() bool {
	if e.Reason == refusal.HTTPSlow {
		return true
	}
	var ne net.Error
	return errors.As(e.Err, &ne) && ne.Timeout()
}

// ProxyError is the answer of a proxy that refused to CONNECT.
type ProxyError struct {
	Status int
	Reason string
}

// Error gives the proxy's status line.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("proxy refused CONNECT: %d %s", e.Status, e.Reason)
}

// slowError is the timeout of this package: a minimum rate that was missed, or
// a head that did not come.
type slowError struct{ what string }

func (e *slowError) Error() string   { return e.what }
func (e *slowError) Timeout() bool   { return true }
func (e *slowError) Temporary() bool { return false }

var _ net.Error = (*slowError)(nil)

// framing is a refusal of an answer whose end is not certain.
func framing(offset int, detail string) *refusal.Error {
	return refusal.New(refusal.UpstreamFraming, int64(offset), detail)
}

// reasonOf classifies err: what a refusal in its chain says, else fallback.
func reasonOf(err error, fallback refusal.Reason) refusal.Reason {
	if e, ok := errors.AsType[*refusal.Error](err); ok {
		return e.Reason
	}
	return fallback
}
