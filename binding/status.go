package binding

import "github.com/viaduct-soap/viaduct/internal/refusal"

// HTTP statuses that the mappings use. The seams know no net/http.
const (
	statusOK          = 200
	statusAccepted    = 202
	statusBadRequest  = 400
	statusInternal    = 500
	statusUnavailable = 503
)

// RefusalStatus returns the HTTP status of a refusal. ok is false when the
// refusal is answered with a SOAP fault instead (dispatch 5.5, threats 3.1).
func RefusalStatus(r refusal.Reason) (status int, ok bool) {
	switch r {
	case refusal.HTTPPath:
		return 404, true
	case refusal.HTTPMethod:
		return 405, true
	case refusal.HTTPSlow:
		return 408, true
	case refusal.SizeMessage:
		return 413, true
	case refusal.HTTPContentType:
		return 415, true
	case refusal.HTTPExpect:
		return 417, true
	case refusal.HTTPVersion:
		return 505, true
	case refusal.LimitConnections, refusal.Draining:
		return statusUnavailable, true
	case refusal.WSANone:
		return statusAccepted, true
	case refusal.SOAPActionMismatch, refusal.SOAPMustUnderstand,
		refusal.WSACardinality, refusal.WSALoop, refusal.WSADuplicateID, refusal.WSAUnreachable, refusal.WSAAction,
		refusal.WSSWouldBreak, refusal.LimitCalls, refusal.LimitMemory,
		refusal.UpstreamFraming, refusal.Upstream1xx, refusal.UpstreamTooBig, refusal.UpstreamPoisoned,
		refusal.UpstreamMalformed, refusal.UpstreamFailed,
		refusal.FilterBudget, refusal.FilterNoMatch, refusal.FilterMultiple, refusal.Internal:
		return 0, false
	default:
		return statusBadRequest, true
	}
}

// CloseAfter reports whether the connection is closed after a refusal: where
// octets of the message may still be on their way, or the framing is in doubt.
func CloseAfter(r refusal.Reason) bool {
	switch r {
	case refusal.HTTPSlow, refusal.SizeMessage, refusal.HTTPVersion, refusal.HTTPSmuggle, refusal.LimitConnections, refusal.Draining:
		return true
	default:
		return false
	}
}

// ReplyStatus returns the HTTP status of a reply: 200, or 500 for every fault,
// Sender faults too (dispatch 5.5; SOAP 1.2 Part 2, 7.5.2 would have 400 there).
func ReplyStatus(fault bool) int {
	if fault {
		return statusInternal
	}
	return statusOK
}

// Answer is what the status line and the type of an HTTP response say before
// its body is read.
type Answer uint8

// Answers.
const (
	AnswerMessage  Answer = iota // the body holds a message
	AnswerAccepted               // no message: accepted
	AnswerFailure                // no message: see the Kind
)

// ClassifyAnswer judges a response as a WCF client does (wire formats 10.4,
// dispatch 8.8). typed says that the content type is the encoder's, empty that
// there is no body.
func ClassifyAnswer(status int, typed, empty bool) (Answer, Kind) {
	switch success := status >= 200 && status < 300; {
	case success && empty:
		return AnswerAccepted, Other
	case (success || status == statusInternal) && typed:
		return AnswerMessage, Other
	case status == statusBadRequest && typed:
		// SOAP 1.2 Part 2, 7.5.2.2, has the sender's faults travel with 400; a WCF
		// client would lose them.
		return AnswerMessage, Other
	}
	switch status {
	case 401, 403, 407:
		return AnswerFailure, Security
	case 404, 410:
		return AnswerFailure, NotFound
	case 408, 504:
		return AnswerFailure, Timeout
	case statusUnavailable:
		return AnswerFailure, Busy
	default:
		return AnswerFailure, Protocol
	}
}
