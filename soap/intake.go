package soap

import (
	"fmt"
	"io"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// maxEmptyReads is how many reads in a row may bring nothing before the reader
// is called broken, as in bufio.
const maxEmptyReads = 100

// intake reads the octets of one message, counts them and says where they end.
type intake struct {
	r     io.Reader
	size  int64 // octets announced, -1 when unknown
	limit int64 // octets allowed
	got   int64
	err   error // sticky; io.EOF at the end of the message
}

// Read implements io.Reader. It asks its reader for no octet beyond the size
// announced, and for one beyond the limit at most.
func (in *intake) Read(p []byte) (int, error) {
	if in.err == nil && in.got == in.size {
		in.err = io.EOF
	}
	if in.err != nil {
		return 0, in.err
	}
	room := in.limit - in.got + 1
	if in.size >= 0 {
		room = min(room, in.size-in.got)
	}
	if int64(len(p)) > room {
		p = p[:room]
	}
	n, err := in.read(p)
	if in.got += int64(n); in.got > in.limit {
		in.err = tooLong(in.limit)
		return 0, in.err
	}
	switch {
	case err == io.EOF && in.got < in.size:
		in.err = early(in.got)
	case err != nil:
		in.err = in.classify(err)
	case in.got == in.size:
		in.err = io.EOF
	}
	if n > 0 {
		return n, nil
	}
	return 0, in.err
}

func (in *intake) read(p []byte) (int, error) {
	for range maxEmptyReads {
		if n, err := in.r.Read(p); n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// classify leaves the reader's own errors recognisable: only a message that
// just ends is malformed.
func (in *intake) classify(err error) error {
	if err == io.EOF {
		return err
	}
	// The transport's own account of a connection that broke, which may wrap the
	// same error, is not the message's fault.
	if err == io.ErrUnexpectedEOF {
		return early(in.got)
	}
	return fmt.Errorf("read message: %w", err)
}

// early refuses a message that ended before its announced or its natural end.
func early(at int64) error {
	return &refusal.Error{
		Reason: refusal.XMLMalformed, Offset: at,
		Detail: "the message ends early", Err: io.ErrUnexpectedEOF,
	}
}

func tooLong(limit int64) error {
	return refusal.Newf(refusal.SizeMessage, limit, "the message is longer than %d octets", limit)
}

func noMemory(err error) error {
	return &refusal.Error{Reason: refusal.LimitMemory, Offset: -1, Detail: err.Error(), Err: err}
}
