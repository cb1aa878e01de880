package addressing

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Faulter is an error that knows the fault it becomes.
type Faulter interface {
	error
	Fault(v soap.Version) *soap.Fault
}

// FaultFrom returns the fault that err becomes in version v: that of a [Faulter]
// in its chain, else what soap.FaultFrom makes of it.
func FaultFrom(err error, v soap.Version) *soap.Fault {
	if f, ok := errors.AsType[Faulter](err); ok {
		return f.Fault(v)
	}
	return soap.FaultFrom(err, v)
}

// fault returns a fault whose subcodes are names of the addressing namespace of
// v; without addressing WCF has a namespace for them too.
func fault(code soap.Code, v soap.AddressingVersion, action Action, reason string, subcodes ...string) *soap.Fault {
	f := &soap.Fault{Code: code, Reason: reason, Action: string(action)}
	for _, s := range subcodes {
		f.Subcodes = append(f.Subcodes, soap.QName{Space: v.Namespace(), Local: s})
	}
	return f
}

// DestinationUnreachable is FT-01: no endpoint's address filter matched to, ""
// when the message has none. Its action is the default fault action, as in WCF.
func DestinationUnreachable(v soap.AddressingVersion, to string) *soap.Fault {
	reason := "The message has no To, and every endpoint here asks for one."
	if to != "" {
		reason = fmt.Sprintf("No endpoint accepts To '%s': no address filter matches. Compare it with the addresses of the service.", soap.Echo(to))
	}
	return fault(soap.Sender, v, DefaultFaultAction(v), reason, "DestinationUnreachable")
}

// ActionNotSupported is FT-02: the address matched, the contract did not.
func ActionNotSupported(v soap.AddressingVersion, a Action) *soap.Fault {
	reason := fmt.Sprintf("Action '%s' is not served here: no contract has it. Contract, or binding and security, of the two sides may differ.",
		soap.Echo(string(a)))
	return fault(soap.Sender, v, FaultAction(v), reason, "ActionNotSupported")
}

// OperationNotSupported is FT-03: the contract takes the message but has no
// operation for it. The detail holds the action.
func OperationNotSupported(v soap.AddressingVersion, a Action) *soap.Fault {
	f := ActionNotSupported(v, a)
	f.Action = string(DefaultFaultAction(v))
	f.Detail = append(f.Detail, `<string xmlns="`+serNS+`">`...)
	f.Detail = xmltext.AppendEscaped(f.Detail, soap.Echo(string(a)))
	f.Detail = append(f.Detail, "</string>"...)
	return f
}

// HeaderRequired is FT-04, in other versions than 1.0 FT-05: a header that the
// dispatcher needs is absent.
func HeaderRequired(v soap.Version, k Kind) *soap.Fault {
	reason := fmt.Sprintf("The message has no header %s, which this endpoint needs.", k)
	if v.Addressing != soap.Addressing10 {
		return InternalServiceFault()
	}
	return withProblem(fault(soap.Sender, v.Addressing, FaultAction(v.Addressing), reason, headerRequired10), v, k)
}

// InvalidCardinality is FT-06, in 2004/08 FT-07: a header that was read occurs
// more than once.
func InvalidCardinality(v soap.Version, k Kind) *soap.Fault {
	if v.Addressing != soap.Addressing10 {
		return InternalServiceFault()
	}
	reason := fmt.Sprintf("Header %s occurs more than once.", k)
	return withProblem(fault(soap.Sender, v.Addressing, FaultAction(v.Addressing), reason, invalidHeader10, string(ProblemCardinality)), v, k)
}

// Fault returns [InvalidCardinality].
func (e *CardinalityError) Fault(v soap.Version) *soap.Fault { return InvalidCardinality(v, e.Kind) }

// Unwrap returns the refusal that counters and logs see.
func (e *CardinalityError) Unwrap() error { return refusal.New(refusal.WSACardinality, -1, "") }

// Fault is FT-08, in 2004/08 FT-09. ActionMismatch stands as the first subcode,
// where WCF's clients look for it.
func (e *ActionMismatchError) Fault(v soap.Version) *soap.Fault {
	if v.Addressing != soap.Addressing10 {
		return InternalServiceFault()
	}
	reason := fmt.Sprintf("The transport names action '%s', the message Action '%s'.",
		soap.Echo(string(e.Claim)), soap.Echo(string(e.Header)))
	return withProblem(fault(soap.Sender, v.Addressing, FaultAction(v.Addressing), reason, "ActionMismatch"), v, KindAction)
}

// Unwrap returns the refusal that counters and logs see.
func (e *ActionMismatchError) Unwrap() error { return refusal.New(refusal.SOAPActionMismatch, -1, "") }

// NotUnderstood is FT-10: soap.MustUnderstandFault with the action of the
// version. Nil when blocks is empty.
func NotUnderstood(env *soap.Envelope, blocks []int) *soap.Fault {
	f := soap.MustUnderstandFault(env, blocks)
	if f != nil {
		f.Action = string(DefaultFaultAction(env.Version.Addressing))
	}
	return f
}

// DeserializationFailed is FT-11: the body is not what the contract says.
func DeserializationFailed(reason string) *soap.Fault {
	return dispatcherFault(soap.Sender, "DeserializationFailed", reason)
}

// InternalServiceFault is FT-12: whatever else went wrong. It says nothing of
// the cause.
func InternalServiceFault() *soap.Fault {
	return dispatcherFault(soap.Receiver, soap.InternalServiceFault,
		"The message could not be processed because of an internal error. The log of the service tells more.")
}

func dispatcherFault(code soap.Code, subcode, reason string) *soap.Fault {
	return &soap.Fault{
		Code:     code,
		Subcodes: []soap.QName{{Space: soap.NamespaceDispatcher, Local: subcode}},
		Reason:   reason,
		Action:   string(DispatcherFault),
	}
}

// EndpointUnavailable says that the endpoint is overloaded or its back end out
// of order; WCF's clients map it to ServerTooBusyException. RetryAfter is when
// to come back, in whole milliseconds; 0 says nothing.
func EndpointUnavailable(v soap.Version, retryAfter time.Duration) *soap.Fault {
	f := fault(soap.Receiver, v.Addressing, FaultAction(v.Addressing),
		"The endpoint cannot process the message now. Try again later.", "EndpointUnavailable")
	// 2004/08 has the element, but nowhere to put it in SOAP 1.1.
	if v.Addressing == soap.AddressingNone || retryAfter <= 0 || v == soap.Soap11WSAddressingAugust2004 {
		return f
	}
	detail := fmt.Appendf(nil, `<a:RetryAfter xmlns:a="%s">%s</a:RetryAfter>`, v.Addressing.Namespace(),
		strconv.FormatInt(max(retryAfter.Milliseconds(), 1), 10))
	return withDetail(f, v.Envelope, detail)
}

// withProblem adds ProblemHeaderQName.
func withProblem(f *soap.Fault, v soap.Version, k Kind) *soap.Fault {
	detail := fmt.Appendf(nil, `<a:ProblemHeaderQName xmlns:a="%s">a:%s</a:ProblemHeaderQName>`, v.Addressing.Namespace(), k)
	return withDetail(f, v.Envelope, detail)
}

// withDetail puts detail about headers where the envelope wants it: in SOAP 1.1
// into a header FaultDetail, since detail of the body speaks of the body only
// (SOAP 1.1, 4.4; WS-Addressing SOAP Binding, 6.2).
func withDetail(f *soap.Fault, v soap.EnvelopeVersion, detail []byte) *soap.Fault {
	if v != soap.SOAP11 {
		f.Detail = detail
		return f
	}
	f.Headers = append(f.Headers, faultDetailHeader(detail))
	return f
}

func faultDetailHeader(detail []byte) []byte {
	return fmt.Appendf(nil, `<a:%s xmlns:a="%s">%s</a:%[1]s>`, faultDetail, wsa10NS, detail)
}
