package refusal

import (
	"errors"
	"fmt"
	"strings"
)

// Error refuses one message.
type Error struct {
	Reason Reason
	Offset int64  // octets from the start of the message, -1 when unknown
	Detail string // for the log; may quote input
	Err    error  // cause, or nil
}

// New returns an Error without a cause. Use -1 where the offset is not known.
func New(r Reason, offset int64, detail string) *Error {
	return &Error{Reason: r, Offset: offset, Detail: detail}
}

// Newf is New with a formatted detail; a %w in the format sets the cause.
func Newf(r Reason, offset int64, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Reason: r, Offset: offset, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// Error gives reason, detail and offset on one line, for the log.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Reason))
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " (octet %d)", e.Offset)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the reason of the first Error in err's chain, or Internal when
// there is none: what nobody classified is a defect.
func Of(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return Internal
}
