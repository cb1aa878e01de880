package http1

import (
	"bytes"
	"errors"
)

// ErrTrial is what Do fails with where [Options.Trial] has taken the request:
// nothing was sent.
var ErrTrial = errors.New("not sent: this is a trial")

// trial gives the request to whoever wants to see it instead of sending it.
func (p *Pool) trial(w *writer, r *Request) error {
	var b bytes.Buffer
	b.Write(w.head)
	p.putWriter(w)
	if r.Body != nil {
		if _, err := r.Body.WriteTo(&b); err != nil {
			return failure(StageRequest, err)
		}
	}
	p.opts.Trial(p.route.address, b.Bytes())
	return failure(StageDial, ErrTrial)
}
