package binding

import (
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Delivery says how far an attempt came. It is the only fact about a failed
// attempt on which a repetition may rest.
type Delivery uint8

// Deliveries in the order of knowledge.
const (
	// NotDelivered: the peer cannot have the message.
	NotDelivered Delivery = iota
	// Unknown: octets of the message left, and no answer came.
	Unknown
	// Answered: the peer answered, with a message, a status or 202.
	Answered
)

func (d Delivery) String() string {
	switch d {
	case NotDelivered:
		return "not delivered"
	case Answered:
		return "answered"
	default:
		return "unknown"
	}
}

// Kind classifies a failed attempt as WCF's exceptions do (dispatch 8.8).
type Kind uint8

// Kinds of failure.
const (
	Other         Kind = iota // fails at once, no backup
	NotFound                  // EndpointNotFoundException: no connection, or 404
	Busy                      // ServerTooBusyException: 503
	Timeout                   // TimeoutException: no answer in time, or 504
	Protocol                  // ProtocolException: an answer that is no message of the binding
	Security                  // MessageSecurityException: 401, 403, a TLS failure
	Aborted                   // CommunicationObjectAbortedException: cut before an answer
	Communication             // CommunicationException: anything else on the way
)

func (k Kind) String() string {
	return [...]string{"other", "not found", "busy", "timeout", "protocol", "security", "aborted", "communication"}[k]
}

// SendError is the error of every channel.
type SendError struct {
	Delivery Delivery
	Kind     Kind
	Status   int            // HTTP status of the answer, 0 without one
	Reason   refusal.Reason // set when an answer was refused, else empty
	HTTP     HTTPFields     // of an answer that challenges: WWW-Authenticate
	Err      error
}

func (e *SendError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s (%s, HTTP %d): %v", e.Kind, e.Delivery, e.Status, e.Err)
	}
	return fmt.Sprintf("%s (%s): %v", e.Kind, e.Delivery, e.Err)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }
