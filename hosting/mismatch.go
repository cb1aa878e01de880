package hosting

import (
	"errors"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// versionMismatch returns the fault for a message of another version of SOAP,
// nil where the option is off or something else is wrong. It is sent as SOAP 1.1:
// who sent the other version can read that one (SOAP 1.2 Part 1, A.1).
func (d *Dispatch) versionMismatch(r refusal.Reason, err error) *binding.Reply {
	if !d.VersionMismatch || r != refusal.SOAPVersion && !errors.Is(err, binding.ErrOtherSOAP) {
		return nil
	}
	f := soap.VersionMismatchFault(d.Version.Envelope)
	return &binding.Reply{Draft: soap.FaultDraft(f, soap.Soap11), Fault: true, Reason: r, Err: err}
}
