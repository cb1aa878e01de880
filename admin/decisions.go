package admin

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Bounds of what is kept of one message, beside the strings of the configuration.
const (
	longestText    = 512 // octets of action, of via and of an error
	mostCandidates = 100 // of endpoints, and of filters
	mostTries      = 32  // attempts, and routes of a multicast
)

// Outcome says in a word what became of a message.
type Outcome string

// Outcomes. The first four are those of viaduct_messages_total, the others those
// of viaduct_oneway_total.
const (
	Replied   Outcome = "reply"
	Faulted   Outcome = "fault"
	Accepted  Outcome = "accepted"
	Refused   Outcome = "refused"
	Delivered Outcome = "delivered" // one-way, after it was accepted
	Lost      Outcome = "lost"      // likewise
)

// outcomes in the order of the page's filter.
var outcomes = []Outcome{Replied, Faulted, Accepted, Refused, Delivered, Lost}

// Decisions remembers what became of the last messages. It keeps copies of what
// it shows, and renders them when somebody asks. A nil *Decisions keeps nothing.
type Decisions struct {
	keep int

	mu       sync.Mutex // guards the rest
	ring     []slot     // seq is at index (seq-1) % keep
	last     uint64     // sequence number of the newest, 0: none yet
	watchers map[chan struct{}]struct{}
}

// slot holds one message. Its buffers are used again.
type slot struct {
	seq      uint64
	at       time.Time
	took     time.Duration
	listener string
	endpoint string
	peer     binding.Peer
	status   int
	outcome  Outcome
	reason   refusal.Reason
	in, out  int64
	text     []byte // via, action, id and error, which may come from the message
	ends     [4]int
	decision binding.Decision // owns its slices
	left     int              // candidates that were left out
}

// NewDecisions returns a memory for the last keep messages (admin.decisions,
// default 200), nil when keep is 0.
func NewDecisions(keep int) *Decisions {
	if keep <= 0 {
		return nil
	}
	return &Decisions{keep: keep, watchers: map[chan struct{}]struct{}{}}
}

// Observe notes a finished exchange of a listener. Nothing of x is kept.
func (d *Decisions) Observe(listener string, x *binding.Exchange) {
	if d == nil {
		return
	}
	outcome := Replied
	switch {
	case x.Fault:
		outcome = Faulted
	case x.Reason != "":
		outcome = Refused
	case x.Status == 202:
		outcome = Accepted
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.next()
	s.at, s.took, s.listener, s.peer = x.Start, x.Duration, listener, x.Peer
	s.status, s.outcome, s.reason, s.in, s.out = x.Status, outcome, x.Reason, x.In, x.Out
	s.say(x.Via, x.Request, x.ID, x.Err)
	d.wake()
}

// Delivered notes what became of a one-way message after it was accepted: err
// says that it is lost. took is the time of the delivery.
func (d *Decisions) Delivered(q *binding.Request, took time.Duration, err error) {
	if d == nil {
		return
	}
	at := time.Now().Add(-took)
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.next()
	s.at, s.took, s.peer, s.outcome = at, took, q.Peer, Delivered
	s.listener, s.status, s.reason, s.in, s.out = "", 0, "", 0, 0
	if q.Listener != nil {
		s.listener = q.Listener.Name
	}
	if err != nil {
		s.outcome, s.reason = Lost, refusal.Of(err)
	}
	s.say(q.Via.String(), q, "", err)
	d.wake()
}

// next returns the slot of the next message: a new one, or that of the oldest.
func (d *Decisions) next() *slot {
	if d.last++; len(d.ring) < d.keep {
		d.ring = append(d.ring, slot{})
	}
	s := &d.ring[(d.last-1)%uint64(d.keep)]
	s.seq = d.last
	return s
}

// wake tells those who watch; they fetch when they are ready.
func (d *Decisions) wake() {
	for w := range d.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// say copies what a message says of itself, and what was decided. q is nil when
// the message was not read.
func (s *slot) say(via string, q *binding.Request, id string, err error) {
	var action addressing.Action
	if q != nil {
		if action, _ = q.Properties.Action(); action == "" { // of two, the first: the reason says the rest
			action = q.Action
		}
		s.endpoint = q.Endpoint
		s.decide(&q.Decision)
	} else {
		s.endpoint = ""
		s.decide(&binding.Decision{})
	}
	s.text = append(s.text[:0], bounded(via)...)
	s.ends[0] = len(s.text)
	s.text = append(s.text, bounded(string(action))...)
	s.ends[1] = len(s.text)
	s.text = append(s.text, bounded(id)...)
	s.ends[2] = len(s.text)
	if err != nil {
		s.text = append(s.text, bounded(err.Error())...)
	}
	s.ends[3] = len(s.text)
}

// decide copies a decision. Its strings outlive the message; its slices and its
// errors do not.
func (s *slot) decide(d *binding.Decision) {
	own := &s.decision
	own.Listener, own.Endpoint, own.Route = d.Listener, d.Endpoint, d.Route
	own.Routes = append(own.Routes[:0], d.Routes[:min(len(d.Routes), mostTries)]...)
	if len(own.Routes) == 0 {
		own.Routes = nil // a Decision tells one route from many by it
	}
	own.Attempts = append(own.Attempts[:0], d.Attempts[:min(len(d.Attempts), mostTries)]...)
	for i := range own.Attempts {
		if a := &own.Attempts[i]; a.Err != nil {
			a.Err = plainError(a.Err)
		}
	}
	own.Endpoints, own.Filters, s.left = nil, nil, 0
	if d.Endpoints != nil || d.Filters != nil {
		own.Endpoints, own.Filters = s.some(d.Endpoints), s.some(d.Filters)
	}
}

// some copies the candidates that matched, and of the others the first.
func (s *slot) some(list []binding.Candidate) []binding.Candidate {
	if len(list) <= mostCandidates {
		return slices.Clone(list)
	}
	matched := 0
	for i := range list {
		if list[i].Matched {
			matched++
		}
	}
	others := max(mostCandidates-matched, 0)
	out := make([]binding.Candidate, 0, mostCandidates)
	for i := range list {
		switch {
		case len(out) == mostCandidates:
		case list[i].Matched:
			out = append(out, list[i])
		case others > 0:
			others--
			out = append(out, list[i])
		}
	}
	s.left += len(list) - len(out)
	return out
}

// plainError keeps of an error what is printed. What it wraps may hold a
// connection or a message.
func plainError(err error) error {
	if failed, ok := errors.AsType[*binding.SendError](err); ok {
		text := ""
		if failed.Err != nil {
			text = failed.Err.Error()
		}
		return &binding.SendError{Delivery: failed.Delivery, Kind: failed.Kind, Status: failed.Status, Err: errors.New(strings.Clone(bounded(text)))}
	}
	return errors.New(strings.Clone(bounded(err.Error())))
}

// bounded cuts a text that may come from a message.
func bounded(s string) string {
	if len(s) <= longestText {
		return s
	}
	return strings.ToValidUTF8(s[:longestText], "") + "..."
}

// copyTo makes c a copy of s that shares nothing which may change.
func (s *slot) copyTo(c *slot) {
	*c = *s
	c.text = slices.Clone(s.text)
	c.decision.Routes, c.decision.Attempts = slices.Clone(s.decision.Routes), slices.Clone(s.decision.Attempts)
}

// chunk is how many messages are copied under one lock, so that traffic never
// waits for a page.
const chunk = 32

// after returns up to n messages with a greater number than seq, in order.
func (d *Decisions) after(seq uint64, n int) []slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := max(seq+1, d.oldest())
	if seq >= d.last || d.last == 0 {
		return nil
	}
	out := make([]slot, min(uint64(min(n, chunk)), d.last-first+1))
	for i := range out {
		d.ring[(first+uint64(i)-1)%uint64(d.keep)].copyTo(&out[i])
	}
	return out
}

// before returns some messages with a smaller number than seq, the newest
// first; 0 begins with the newest.
func (d *Decisions) before(seq uint64) []slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	if seq == 0 || seq > d.last {
		seq = d.last + 1
	}
	oldest := d.oldest()
	if d.last == 0 || seq <= oldest {
		return nil
	}
	out := make([]slot, min(chunk, seq-oldest))
	for i := range out {
		d.ring[(seq-uint64(i)-2)%uint64(d.keep)].copyTo(&out[i])
	}
	return out
}

// oldest returns the least number that is kept. The caller holds d.mu.
func (d *Decisions) oldest() uint64 { return d.last - uint64(len(d.ring)) + 1 }

// newest returns the greatest number, 0 when there is none.
func (d *Decisions) newest() uint64 {
	if d == nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

// watch returns a channel that gets a token when there is something new, and
// how to end that; false when there are too many who watch.
func (d *Decisions) watch() (wake <-chan struct{}, end func(), ok bool) {
	w := make(chan struct{}, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.watchers) >= mostWatchers {
		return nil, nil, false
	}
	d.watchers[w] = struct{}{}
	return w, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.watchers, w)
	}, true
}
