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
type signedError struct{ refused *refusal.Error }

// signed makes the error of a failed check of signatures.
func signed(err error) error {
	if r, ok := errors.AsType[*refusal.Error](err); ok && r.Reason == refusal.WSSWouldBreak {
		return &signedError{r}
	}
	return err
}

func (e *signedError) Error() string { return e.refused.Error() }

func (e *signedError) Unwrap() error { return e.refused }

// Fault implements [addressing.Faulter].
func (e *signedError) Fault(soap.Version) *soap.Fault {
	f := addressing.InternalServiceFault()
	f.Reason = "The message is signed, and this route has to change what is signed: " + soap.Echo(e.refused.Detail) +
		". The operator can forward it unchanged with mode forward-signed."
	return f
}
