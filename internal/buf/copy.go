package buf

import (
	"io"
	"sync"
)

// copySize is the size of a copy buffer: large enough that system calls do not
// matter, small enough for one on each of many slow connections.
const copySize = 64 << 10

var copyPool = sync.Pool{New: func() any { return &chunk{octets: make([]byte, copySize)} }}

// Copy copies src to dst until src ends, through a pooled buffer of 64 KiB. It
// uses neither WriteTo nor ReadFrom of the two: they would choose a buffer of
// their own or hand the descriptor on, past whoever counts and checks octets.
// A ReadError wraps what came from src, so that a caller knows which side broke.
func Copy(dst io.Writer, src io.Reader) (int64, error) {
	c, _ := copyPool.Get().(*chunk)
	defer copyPool.Put(c)
	var total int64
	for {
		n, rerr := src.Read(c.octets)
		if n > 0 {
			w, werr := dst.Write(c.octets[:n])
			total += int64(w)
			if werr == nil && w < n {
				werr = io.ErrShortWrite
			}
			if werr != nil {
				return total, werr
			}
		}
		if rerr == io.EOF { // exactly: a wrapped EOF is somebody's error
			return total, nil
		}
		if rerr != nil {
			return total, &ReadError{Err: rerr}
		}
	}
}

// ReadError is an error of the source of a Copy.
type ReadError struct{ Err error }

// Error returns the text of the cause.
func (e *ReadError) Error() string { return "read: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }
