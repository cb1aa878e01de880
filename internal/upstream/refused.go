package upstream

import (
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// RefusedError says that a back end was spared a message: nothing of it was
// sent. The client gets the fault EndpointUnavailable with the time after which
// to try again, and HTTP status 503 (dispatch 7.5).
type RefusedError struct {
	Backend string
	Text    string // why, and what to change
	Reason  refusal.Reason
	After   time.Duration // until when it is not worth while; at least a second
}

func (e *RefusedError) Error() string { return e.Backend + ": " + e.Text }

// RetryAfter returns when a client may try again.
func (e *RefusedError) RetryAfter() time.Duration { return e.After }

// Fault implements [addressing.Faulter].
func (e *RefusedError) Fault(v soap.Version) *soap.Fault {
	return addressing.EndpointUnavailable(v, e.After)
}

// refused makes the error of a place that is not there (limit.calls), or of a
// back end that is out of order (upstream.failed).
func refused(backend string, r refusal.Reason, after time.Duration, text string) *RefusedError {
	return &RefusedError{Backend: backend, Text: text, Reason: r, After: max(after, time.Second)}
}
