package http1

import "io"

// Response is the final answer to one request. Interim answers are dropped.
type Response struct {
	Status int    // three digits
	Reason string // as received; may be empty, may hold octets from 0x80 on
	Fields Fields // all lines, hop-by-hop ones too; trailers never
	Size   int64  // octets of Body; -1: not announced
	// Body is never nil and must be closed. It ends at the answer's own end; an
	// answer that breaks off gives an *Error, never io.EOF. The context of Do
	// governs it. One goroutine at a time may use it.
	Body io.ReadCloser
	// Close says that the server ends the connection after this answer.
	Close bool
	// Early says that the answer began before the request was written whole. The
	// connection is not used again.
	Early bool
	// ConnectionAuth says that the answer challenges with NTLM or Negotiate, which
	// authenticate the connection: further requests of this client belong on a Pin.
	ConnectionAuth bool
}
