package routing

import (
	"errors"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// signedError refuses a message whose signature forbids what the route needs.
// Unlike other internal errors it tells the client what stands in the way: the
// reference is the client's own, and only its sender or the operator can help.
type signedError struct {
	refused *refusal.Error
	bridged bool // by the change of the version, not by an edit that can be left out
}

// signed makes the error of a failed check of signatures; nil stays nil.
func signed(err error, bridged bool) error {
	if r, ok := errors.AsType[*refusal.Error](err); ok && r.Reason == refusal.WSSWouldBreak {
		return &signedError{r, bridged}
	}
	return err
}

func (e *signedError) Error() string { return e.refused.Error() }

func (e *signedError) Unwrap() error { return e.refused }

// Fault implements [addressing.Faulter].
func (e *signedError) Fault(soap.Version) *soap.Fault {
	f := addressing.InternalServiceFault()
	remedy := ". The operator can forward it unchanged with mode forward-signed."
	if e.bridged {
		remedy = ". The two sides of the route speak different message versions; only with one version the signature can stay."
	}
	f.Reason = "The message is signed, and this route has to change what is signed: " + soap.Echo(e.refused.Detail) + remedy
	return f
}
