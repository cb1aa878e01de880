package soap

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Code is the first part of a fault: whose problem it is. The names are those of
// SOAP 1.2 Part 1, 5.4.6; in SOAP 1.1 Sender is Client and Receiver is Server.
type Code uint8

// Codes of faults.
const (
	Receiver Code = iota
	Sender
	MustUnderstand
	VersionMismatch
	DataEncodingUnknown // SOAP 1.2 only; Client in SOAP 1.1
)

// String returns the name of the code in SOAP 1.2.
func (c Code) String() string {
	return [...]string{"Receiver", "Sender", "MustUnderstand", "VersionMismatch", "DataEncodingUnknown"}[c]
}

// name11 returns the name of the code in SOAP 1.1 (4.4.1).
func (c Code) name11() string {
	switch c {
	case Sender, DataEncodingUnknown:
		return "Client"
	case Receiver:
		return "Server"
	default:
		return c.String()
	}
}

// Names of WCF's own faults (dispatch 5.4).
const (
	// NamespaceDispatcher holds the subcodes of WCF's dispatcher.
	NamespaceDispatcher = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"
	// ActionDispatcherFault is the action of faults with these subcodes.
	ActionDispatcherFault = NamespaceDispatcher + "/fault"
	// InternalServiceFault is the subcode of everything unexpected.
	InternalServiceFault = "InternalServiceFault"
)

// What a fault of Viaduct's own may hold (threats 3.1).
const (
	// MaxFault is how many octets such a fault takes, envelope included.
	MaxFault = 16 << 10
	// MaxEcho is how many characters of input it repeats in one place.
	MaxEcho = 256
	// MaxNotUnderstood is how many headers it lists as not understood.
	MaxNotUnderstood = 16
)

const defaultLang = "en-US"

// QName is a name in a namespace, as the text of an element.
type QName struct{ Space, Local string }

// A Fault is an error that can be sent, in either version of SOAP. Its fields go
// to the peer; put only Echo of input into a text.
type Fault struct {
	Code     Code
	Subcodes []QName  // outermost first; SOAP 1.1 has room for the first only
	Reason   string   // for people
	Lang     string   // language of Reason; empty: en-US
	Texts    []Text   // all texts of the reason where it has several; SOAP 1.1 has room for Reason alone
	Detail   []byte   // children of Detail: XML with its own declarations
	Node     string   // URI of the node that failed; SOAP 1.1: faultactor where Role is empty
	Role     string   // URI of the role it played; SOAP 1.1: faultactor
	Headers  [][]byte // header blocks that belong to the fault: XML with its own declarations
	Action   string   // its wsa:Action; empty: the default fault action of the version
	Cause    error    // for the log; never sent

	relayed bool   // read from a message: not shortened
	inner   []byte // content of Detail as it was read; nil without one
	tag     []byte // attributes and declarations of its start tag
	bare    bool   // no default namespace was in force there
}

// Text is the reason of a fault in one language.
type Text struct{ Lang, Text string }

// TakeDetail takes the detail out of f and returns it: elements that declare all
// they use. A header may carry it then (WS-Addressing 1.0 SOAP Binding, 6.2).
func (f *Fault) TakeDetail() []byte {
	detail := f.Detail
	f.Detail, f.inner, f.tag = nil, nil, nil
	return detail
}

// Error returns code, subcodes and reason on one line.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString("soap fault ")
	b.WriteString(f.Code.String())
	for _, s := range f.Subcodes {
		b.WriteByte('/')
		b.WriteString(s.Local)
	}
	b.WriteString(": ")
	b.WriteString(f.Reason)
	return b.String()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// FaultFrom makes the fault that err becomes on the wire: a *Fault in the chain
// of err as it is, everything else WCF's fault for an internal error (FT-12),
// which says nothing of its cause. It is the only such place. The error nil
// gives nil. In version None there are no faults; FaultDraft writes an empty
// message then.
func FaultFrom(err error, _ Version) *Fault {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{
		Code:     Receiver,
		Subcodes: []QName{{NamespaceDispatcher, InternalServiceFault}},
		Reason:   "The message could not be processed because of an internal error. The log of the service tells more.",
		Action:   ActionDispatcherFault,
		Cause:    err,
	}
}

// Echo returns input in a form that may stand in a fault or a log line: 256
// characters at most, control characters shown as \u00XX (T-SOAP-06). Markup is
// escaped by whoever writes it.
func Echo(input string) string {
	n := 0
	for at := range input {
		if n++; n > MaxEcho {
			input = input[:at]
			break
		}
	}
	return visible(input, func(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 })
}

// visible shows characters that hide or that no XML document may hold.
func visible(s string, hide func(rune) bool) string {
	bad := func(r rune) bool { return r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF || hide(r) }
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if bad(r) {
			fmt.Fprintf(&b, `\u%04X`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printable lets pass what XML can carry.
func printable(s string) string {
	return visible(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}
