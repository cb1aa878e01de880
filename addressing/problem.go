package addressing

import (
	"bytes"
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Problem says what is wrong with an addressing header (WS-Addressing 1.0 SOAP
// Binding, 6.4.1; dispatch 7.5).
type Problem string

// Problems.
const (
	ProblemInvalidAddress   Problem = "InvalidAddress"                   // no usable IRI; Viaduct answers HTTP 400
	ProblemInvalidEPR       Problem = "InvalidEPR"                       // no endpoint reference; HTTP 400
	ProblemCardinality      Problem = "InvalidCardinality"               // too many or too few
	ProblemMissingAddress   Problem = "MissingAddressInEPR"              // a reference without Address; HTTP 400
	ProblemDuplicateID      Problem = "DuplicateMessageID"               // seen before
	ProblemActionMismatch   Problem = "ActionMismatch"                   // WCF writes it as the first subcode
	ProblemOnlyAnonymous    Problem = "OnlyAnonymousAddressSupported"    // answers go back on the channel only
	ProblemOnlyNonAnonymous Problem = "OnlyNonAnonymousAddressSupported" // answers need an address
)

// text says the same to people.
func (p Problem) text() string {
	switch p {
	case ProblemInvalidAddress:
		return "its value is no address."
	case ProblemInvalidEPR:
		return "it is no endpoint reference."
	case ProblemCardinality:
		return "it occurs too often, or not at all."
	case ProblemMissingAddress:
		return "the endpoint reference has no Address."
	case ProblemDuplicateID:
		return "a message with this identifier was taken already."
	case ProblemActionMismatch:
		return "the transport names another action."
	case ProblemOnlyAnonymous:
		return "answers go back on the connection of the request only; use the anonymous address."
	case ProblemOnlyNonAnonymous:
		return "answers need an address of their own; the anonymous address is not served."
	default:
		return "its value is not valid."
	}
}

// InvalidHeader is the fault for a header that is wrong, by the letter of
// WS-Addressing; where WCF has a form of its own, as for ActionMismatch, the
// errors of this package give that one. In 2004/08 it is
// InvalidMessageInformationHeader, which has no second code and no detail.
func InvalidHeader(v soap.Version, k Kind, p Problem) *soap.Fault {
	reason := fmt.Sprintf("The header %s cannot be used: %s", k, p.text())
	if v.Addressing == soap.Addressing200408 {
		return fault(soap.Sender, v.Addressing, FaultAction(v.Addressing), reason, invalidHeader200408)
	}
	f := fault(soap.Sender, v.Addressing, FaultAction(v.Addressing), reason, invalidHeader10, string(p))
	if v.Addressing != soap.Addressing10 {
		return f
	}
	return withProblem(f, v, k)
}

// WithProblemIRI adds to a fault of WS-Addressing 1.0 which address it is about:
// to DestinationUnreachable and EndpointUnavailable. WCF writes none, and other
// versions have no such element. iri is input; it is shortened.
func WithProblemIRI(f *soap.Fault, v soap.Version, iri string) *soap.Fault {
	return addProblem(f, v, "ProblemIRI", xmltext.AppendEscaped(nil, soap.Echo(iri)))
}

// WithProblemAction adds to a fault of WS-Addressing 1.0 which action it is
// about: to ActionNotSupported and ActionMismatch. action is that of the message,
// claim that of the transport; an empty one is left out.
func WithProblemAction(f *soap.Fault, v soap.Version, action, claim Action) *soap.Fault {
	var content []byte
	for _, a := range []struct {
		name   string
		action Action
	}{{"Action", action}, {"SoapAction", claim}} {
		if a.action != "" {
			content = opening(content, a.name)
			content = xmltext.AppendEscaped(content, soap.Echo(string(a.action)))
			content = closing(content, a.name)
		}
	}
	return addProblem(f, v, "ProblemAction", content)
}

func addProblem(f *soap.Fault, v soap.Version, name string, content []byte) *soap.Fault {
	if v.Addressing != soap.Addressing10 {
		return f
	}
	detail := fmt.Appendf(nil, `<a:%s xmlns:a="%s">%s</a:%[1]s>`, name, wsa10NS, content)
	if v.Envelope != soap.SOAP11 {
		f.Detail = append(f.Detail, detail...)
		return f
	}
	end := []byte("</a:" + faultDetail + ">")
	for i, h := range f.Headers { // one FaultDetail holds all
		if rest, ok := bytes.CutSuffix(h, end); ok {
			f.Headers[i] = append(append(bytes.Clone(rest), detail...), end...)
			return f
		}
	}
	return withDetail(f, v.Envelope, detail)
}

// SessionTerminated is FT-13: the session was ended by an operation before this
// message.
func SessionTerminated() *soap.Fault {
	return dispatcherFault(soap.Sender, "SessionTerminated", "The session has ended: an operation that ends it was called before.")
}
