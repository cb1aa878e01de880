package http1

import "io"

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

// AbortableBody is a Body whose WriteTo may wait for its own source. Abort is
// called, once, when nobody wants the rest; it must make a WriteTo in progress
// return soon. Without it Response.Body.Close waits for that source.
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
