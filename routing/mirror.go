package routing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/infoset"
	"github.com/viaduct-soap/viaduct/soap"
)

// Mirror sends copies of messages to a second destination, and compares its
// answers with the first one's when asked. It starts when the first answer is
// there and never changes or delays it. A copy is sent as a message of its own,
// at most once unless its route allows more; what it causes at the second
// destination is real.
type Mirror struct {
	To *Destination
	// Compare compares the answers; without it they are dropped.
	Compare bool
	// Ignore names what may differ, beside MessageID and RelatesTo, which do.
	Ignore []infoset.Path
	// Most is how many copies may be in progress; more are dropped. Default 64.
	Most int
	// Detach runs a function that shutting down waits for. It returns false, and
	// runs nothing, when that has begun ([hosting.Host.Detach]).
	Detach func(deliver func(ctx context.Context)) bool
	// Results outlive the configuration.
	Results *MirrorResults

	route *Route
}

const (
	defaultCopies = 64
	// comparedOctets bounds the octets of an answer that is compared.
	comparedOctets = 1 << 20
	comparedMost   = 50 // differences of one pair of answers
)

// NewMirror completes m.
func NewMirror(m Mirror) *Mirror {
	if m.Most <= 0 {
		m.Most = defaultCopies
	}
	for _, p := range []string{"/Envelope/Header/MessageID", "/Envelope/Header/RelatesTo"} {
		if path, err := infoset.ParsePath(p); err == nil {
			m.Ignore = append(m.Ignore, path)
		}
	}
	m.route = NewRoute(Route{Filter: "mirror", Pos: m.To.Pos, Destinations: []*Destination{m.To}})
	return &m
}

// mirror copies a message that was answered, where its destination says so.
func mirror(req *binding.Request, got *delivered) {
	if got.reply != nil {
		return // a challenge: the message comes again
	}
	m := got.from.Mirror
	if m == nil {
		if m = got.entry.Mirror; m == nil {
			return
		}
	}
	m.copy(req, got)
}

// copy begins a copy, unless there are too many or its body is not there.
func (m *Mirror) copy(req *binding.Request, got *delivered) {
	r := m.Results
	switch req.Envelope.Body.State() {
	case soap.Empty, soap.Held, soap.Spooled:
	default:
		r.dropped.Add(1)
		return
	}
	if r.progress.Add(1) > int64(m.Most) {
		r.progress.Add(-1)
		r.dropped.Add(1)
		return
	}
	c := &mirrored{m: m, req: duplicate(req), endpoint: got.from.Name, accepted: got.in == nil}
	if got.in != nil && m.Compare && req.Shape != binding.OneWay {
		c.fault = isFault(got.in)
		if whole(got.in) { // else its connection would be kept as long as the copy lasts
			got.in.Envelope.Retain()
			c.first = got.in.Envelope
		}
	}
	if !m.Detach(c.run) {
		r.dropped.Add(1)
		c.end()
	}
}

// duplicate returns a request for the same message with a reference of its own
// and no place among the concurrent calls: a copy never keeps a client waiting.
func duplicate(req *binding.Request) *binding.Request {
	req.Envelope.Retain()
	d := binding.NewRequest(req.Envelope, nil)
	d.Properties, d.Via, d.Action, d.Shape = req.Properties, req.Via, req.Action, req.Shape
	d.Listener, d.Endpoint, d.Peer, d.HTTP, d.Hops = req.Listener, req.Endpoint, req.Peer, req.HTTP, req.Hops
	return d
}

// mirrored is one copy on its way.
type mirrored struct {
	m        *Mirror
	req      *binding.Request
	endpoint string         // that answered first
	first    *soap.Envelope // its answer, when it is compared and was kept
	fault    bool
	accepted bool
}

// end gives everything back.
func (c *mirrored) end() {
	c.req.Release()
	if c.first != nil {
		c.first.Release()
	}
	c.m.Results.progress.Add(-1)
}

// run sends the copy. A panic ends this copy only (threats T-DOS-03).
func (c *mirrored) run(ctx context.Context) {
	defer c.end()
	r := c.m.Results
	defer func() {
		if p := recover(); p != nil {
			r.failed.Add(1)
			r.record(c.difference(word(nil, fmt.Errorf("panic: %v", p)), nil, ""))
		}
	}()
	r.copied.Add(1)
	got, err := follow(ctx, c.req, c.m.route)
	defer got.drop()
	if err == nil && got.reply != nil {
		err = errors.New("it asks the client to authenticate")
	}
	if err != nil {
		r.failed.Add(1)
	}
	if !c.m.Compare || c.req.Shape == binding.OneWay {
		return
	}
	c.compare(&got, err)
}

// compare holds the two answers against each other.
func (c *mirrored) compare(got *delivered, err error) {
	r := c.m.Results
	second := word(got.in, err)
	if first := c.word(); first != second {
		r.different.Add(1)
		r.record(c.difference(second, nil, ""))
		return
	}
	if c.accepted {
		r.same.Add(1)
		return
	}
	differences, err := c.answers(got)
	switch {
	case err != nil:
		r.uncompared.Add(1)
		r.record(c.difference(second, nil, err.Error()))
	case len(differences) > 0:
		r.different.Add(1)
		r.record(c.difference(second, differences, ""))
	default:
		r.same.Add(1)
	}
}

// answers compares two messages.
func (c *mirrored) answers(got *delivered) ([]infoset.Difference, error) {
	if c.first == nil || !whole(got.in) {
		return nil, errors.New("an answer was streamed, and not kept")
	}
	a, err := octets(c.first)
	if err != nil {
		return nil, err
	}
	b, err := octets(got.in.Envelope)
	if err != nil {
		return nil, err
	}
	return infoset.Compare(a, b, infoset.Options{Ignore: c.m.Ignore, Most: comparedMost})
}

// octets returns a whole message.
func octets(env *soap.Envelope) ([]byte, error) {
	if n, known := env.Octets(); known && n > comparedOctets {
		return nil, fmt.Errorf("an answer has %d octets; up to %d are compared", n, comparedOctets)
	}
	d := soap.NewDraft(env)
	defer d.Close()
	w := &bounded{left: comparedOctets}
	if _, err := d.WriteTo(w); err != nil {
		return nil, err
	}
	return w.b, nil
}

// bounded keeps what is written up to a limit.
type bounded struct {
	b    []byte
	left int
}

func (w *bounded) Write(p []byte) (int, error) {
	if len(p) > w.left {
		return 0, fmt.Errorf("an answer has more than the %d octets that are compared", comparedOctets)
	}
	w.left -= len(p)
	w.b = append(w.b, p...)
	return len(p), nil
}

// word says in a word what came of a message.
func word(in *binding.Incoming, err error) string {
	switch {
	case err != nil:
		return "failed: " + soap.Echo(err.Error())
	case in == nil:
		return "accepted"
	case isFault(in):
		return "fault"
	default:
		return "reply"
	}
}

func (c *mirrored) word() string {
	switch {
	case c.accepted:
		return "accepted"
	case c.fault:
		return "fault"
	default:
		return "reply"
	}
}

func (c *mirrored) difference(second string, list []infoset.Difference, problem string) Difference {
	action, _ := c.req.Properties.Action() // was read when the route was chosen
	id, _ := c.req.Properties.MessageID()  // of two, none
	return Difference{
		Time: time.Now(), Endpoint: c.endpoint, Mirror: c.m.To.Name,
		Action: strings.Clone(string(action)), MessageID: strings.Clone(string(id)),
		First: c.word(), Second: second, Differences: list, Problem: problem,
	}
}
