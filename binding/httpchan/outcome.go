package httpchan

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// failure is the error of an answer that holds no message.
func (c *Channel) failure(resp *http1.Response, kind binding.Kind, contentType string) error {
	err := &binding.SendError{Delivery: binding.Answered, Kind: kind, Status: resp.Status, Reason: refusal.UpstreamFailed}
	if kind == binding.Protocol {
		err.Reason = refusal.UpstreamMalformed
	}
	switch {
	case kind != binding.Protocol:
		err.Err = errors.New("no message in the answer")
	case resp.Status < http.StatusMultipleChoices || resp.Status == http.StatusInternalServerError:
		err.Err = errors.New("content type " + strconv.Quote(cut(contentType)) + " is no message of this binding")
	default:
		err.Err = errors.New("a status that carries no message")
	}
	if kind == binding.Security && c.o.Pin {
		for v := range resp.Fields.Values("WWW-Authenticate") {
			err.HTTP = err.HTTP.Add("WWW-Authenticate", v)
		}
	}
	return err
}

// cut bounds what is quoted of an answer (threats T-SOAP-06).
func cut(s string) string {
	const most = 256
	return s[:min(len(s), most)]
}

// upstream is the reason of a client error: how the peer behind Viaduct failed,
// never a reason that would blame the client in front of it.
func upstream(r refusal.Reason) refusal.Reason {
	switch r {
	case refusal.HTTPSlow:
		return refusal.UpstreamFailed
	case refusal.LimitConnections:
		return refusal.LimitCalls // the pool is full: the client may come again
	default:
		return r
	}
}

// answerError classifies an answer that began well and could not be read.
func answerError(status int, err error) error {
	e := &binding.SendError{Delivery: binding.Answered, Kind: binding.Protocol, Status: status, Reason: refusal.UpstreamMalformed, Err: err}
	if h, ok := errors.AsType[*http1.Error](err); ok {
		e.Kind, e.Delivery, e.Reason = binding.Aborted, binding.Unknown, upstream(h.Reason)
		if h.Timeout() {
			e.Kind = binding.Timeout
		}
		if h.Reason == refusal.UpstreamFraming {
			e.Kind, e.Delivery = binding.Protocol, binding.Answered
		}
		return e
	}
	switch refusal.Of(err) {
	case refusal.SizeMessage:
		e.Kind, e.Reason = binding.Communication, refusal.UpstreamTooBig
	case refusal.LimitMemory:
		e.Kind, e.Reason = binding.Other, refusal.LimitMemory
	default:
	}
	return e
}

// sendError says how far a failed attempt came. source is the error of the
// message's own source: then the peer is not to blame.
func sendError(err, source error) error {
	h, ok := errors.AsType[*http1.Error](err)
	if !ok {
		return &binding.SendError{Delivery: binding.Unknown, Kind: binding.Other, Err: err}
	}
	e := &binding.SendError{Delivery: binding.Unknown, Reason: upstream(h.Reason), Err: err}
	if h.Sent == 0 {
		e.Delivery = binding.NotDelivered
	}
	if source != nil {
		e.Kind, e.Err, e.Reason = binding.Other, source, ""
		return e
	}
	switch h.Stage {
	case http1.StageRequest:
		e.Kind = binding.Other
	case http1.StageAcquire:
		e.Kind = binding.Busy
	case http1.StageDial:
		e.Kind = binding.NotFound
	case http1.StageProxy:
		e.Kind = binding.Communication
		if p, ok := errors.AsType[*http1.ProxyError](err); ok && p.Status == http.StatusProxyAuthRequired {
			e.Kind = binding.Security
		}
	case http1.StageHandshake:
		e.Kind = binding.Security
	default:
		e.Kind = binding.Aborted
	}
	switch {
	case h.Stage == http1.StageAcquire || h.Stage == http1.StageRequest:
	case h.Timeout():
		e.Kind = binding.Timeout
	case h.Stage >= http1.StageHead && (h.Reason == refusal.UpstreamFraming || h.Reason == refusal.Upstream1xx):
		e.Kind, e.Delivery = binding.Protocol, binding.Answered
	}
	return e
}
