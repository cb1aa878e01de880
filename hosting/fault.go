package hosting

import (
	"errors"
	"strconv"
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
	if reply := d.versionMismatch(reason, err); reply != nil {
		return reply
	}
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
	if after, busy := retryAfter(reason, err); busy {
		f = addressing.EndpointUnavailable(d.Version, after)
		reply.Status = statusUnavailable
		reply.HTTP = reply.HTTP.Add("Retry-After", strconv.FormatInt(int64((after+time.Second-1)/time.Second), 10))
	}
	if req != nil && req.ExplainFailure {
		f = explained(f, req, err)
	}
	reply.Draft = soap.FaultDraft(f, d.Version)
	request := addressing.Bare(d.Version.Addressing)
	if req != nil {
		request = req.Properties
		reply.To = addressing.ReplyTarget(&request, true, req.ReplyTargets)
	}
	how := addressing.Reply{Fault: true, Action: addressing.Action(f.Action), To: reply.To}
	if reply.To != nil {
		reply.Action = how.ActionOf(nil, &request)
	}
	send, aerr := addressing.AddressReply(reply.Draft, nil, &request, how)
	if aerr != nil || !send {
		reply.Draft.Close()
		return &binding.Reply{Status: statusAccepted, Reason: refusal.WSANone, Err: errors.Join(err, aerr)}
	}
	return d.faultElsewhere(req, reply)
}

// retryAfter returns when a client may try again whose message found no place:
// in Viaduct itself, or at a back end, whose error knows the time.
func retryAfter(reason refusal.Reason, err error) (time.Duration, bool) {
	busy, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	switch {
	case ok:
		return max(busy.RetryAfter(), time.Second), true
	case reason == refusal.LimitCalls || reason == refusal.LimitMemory:
		return time.Second, true
	default:
		return 0, false
	}
}

// faultElsewhere delivers a fault that FaultTo or ReplyTo want elsewhere. When
// that fails nobody is left to be told, so that the log has to do.
func (d *Dispatch) faultElsewhere(req *binding.Request, reply *binding.Reply) *binding.Reply {
	if reply.To == nil {
		return reply
	}
	_, err := d.elsewhere(d.Host.lifetime, req, reply)
	if err != nil {
		d.logger().Error("fault not delivered", "reason", string(refusal.Of(err)), "error", err.Error())
	}
	return &binding.Reply{Status: statusAccepted, Reason: reply.Reason, Err: errors.Join(reply.Err, err)}
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
