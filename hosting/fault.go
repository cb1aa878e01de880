package hosting

import (
	"errors"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// Fault turns an error into the one fault that answers it, nil where a status
// without a message does (dispatch 5.4, 5.5).
func (d *Dispatch) Fault(req *binding.Request, err error) *binding.Reply {
	reason := reasonOf(err)
	if _, status := binding.RefusalStatus(reason); status && reason != "" {
		return nil
	}
	if req != nil {
		// A fault is never answered with a fault (dispatch 5.4).
		if fault, known := soap.IsFault(req.Envelope); fault && known {
			return &binding.Reply{Status: statusAccepted, Reason: reason, Err: err}
		}
	}
	reply := &binding.Reply{Fault: true, Reason: reason, Err: err}
	f := addressing.FaultFrom(err, d.Version)
	if reason == refusal.LimitCalls || reason == refusal.LimitMemory {
		f = addressing.EndpointUnavailable(d.Version, time.Second)
		reply.Status = statusUnavailable
		reply.HTTP = reply.HTTP.Add("Retry-After", "1")
	}
	reply.Draft = soap.FaultDraft(f, d.Version)
	request := addressing.Bare(d.Version.Addressing)
	if req != nil {
		request = req.Properties
	}
	send, aerr := addressing.AddressReply(reply.Draft, nil, &request, addressing.Reply{Fault: true, Action: addressing.Action(f.Action)})
	if aerr == nil && send {
		return reply
	}
	reply.Draft.Close()
	return &binding.Reply{Status: statusAccepted, Reason: refusal.WSANone, Err: errors.Join(err, aerr)}
}

const (
	statusAccepted    = 202
	statusUnavailable = 503
)

// reasonOf returns the reason of an error, "" for a fault that a service gave:
// that is an answer, not a refusal.
func reasonOf(err error) refusal.Reason {
	if _, refused := errors.AsType[*refusal.Error](err); !refused {
		if _, fault := errors.AsType[*soap.Fault](err); fault {
			return ""
		}
	}
	return refusal.Of(err)
}
