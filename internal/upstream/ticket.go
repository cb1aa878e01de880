package upstream

import (
	"fmt"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Outcome is what an attempt says of its back end.
type Outcome uint8

// Outcomes.
const (
	// Unjudged: nothing. The message itself was to blame, or nobody waited.
	Unjudged Outcome = iota
	// Answered: it answered; a SOAP fault is an answer.
	Answered
	// Failed: it did not, or with what is no message.
	Failed
)

func (o Outcome) String() string { return [...]string{"unjudged", "answered", "failed"}[o] }

// Ticket is a place among the messages in progress at a back end. The zero value
// is the place at a back end that counts nothing.
type Ticket struct {
	// Group is the group in which the back end was chosen, or nil: ejection takes
	// it out of groups only.
	Group *Group

	b     *Backend
	probe bool // of the breaker
}

// Done gives the place back and tells what the attempt says of the back end. It
// is called once.
func (t Ticket) Done(o Outcome, now time.Time) {
	b := t.b
	if b == nil {
		return
	}
	at := b.since(now)
	var event Event
	b.mu.Lock()
	b.progress.Add(-1)
	switch o {
	case Answered:
		b.counts.Answered++
		b.row = 0
		if b.breaker.answered(t.probe) {
			event = Event{Backend: b.name, What: Closing, Text: "its probe was answered"}
		}
	case Failed:
		b.counts.Failed++
		b.row++
		if b.breaker.failure(at, t.probe) {
			b.counts.Openings++
			b.turnAway(refused(b.name, refusal.UpstreamFailed, b.o.Breaker.Open, "its breaker opened while the message waited"))
			event = Event{Backend: b.name, What: Opening, Text: b.openingText(t.probe)}
		}
	case Unjudged:
		b.breaker.unjudged(t.probe)
	}
	eject := o == Failed && t.Group != nil && b.o.Eject.Failures > 0 && b.row >= b.o.Eject.Failures
	rule := b.o.Eject
	b.gate()
	b.admit()
	b.mu.Unlock()
	if event.What != "" {
		b.changed(event)
	}
	if eject && t.Group.eject(b, at, rule) {
		b.out(rule)
	}
}

func (b *Backend) openingText(probe bool) string {
	if probe {
		return fmt.Sprintf("its probe failed; open for another %s", b.o.Breaker.Open)
	}
	return fmt.Sprintf("%d failures within %s; open for %s", b.o.Breaker.Failures, b.o.Breaker.Within, b.o.Breaker.Open)
}

// out notes that the back end was taken out of its groups.
func (b *Backend) out(rule Eject) {
	b.mu.Lock()
	failures := b.row
	b.row = 0
	b.counts.Ejections++
	b.mu.Unlock()
	b.changed(Event{Backend: b.name, What: Ejection, Text: fmt.Sprintf("%d failures in a row; out for %s", failures, rule.For)})
}

// Checked takes the result of a health check: nil, or what is wrong.
func (b *Backend) Checked(err error) {
	b.mu.Lock()
	b.problem = err
	if (err != nil) == b.unhealthy {
		b.checks = 0 // as was believed
		b.mu.Unlock()
		return
	}
	b.checks++
	event := Event{Backend: b.name, What: Sickening}
	if err == nil {
		event.What, event.Text = Recovery, fmt.Sprintf("%d good checks in a row", b.checks)
	} else {
		event.Text = fmt.Sprintf("%d bad checks in a row: %v", b.checks, err)
	}
	turn := b.checks >= b.o.Health.Unhealthy
	if b.unhealthy {
		turn = b.checks >= b.o.Health.Healthy
	}
	if turn {
		b.unhealthy, b.checks = !b.unhealthy, 0
		b.gate()
		if b.unhealthy {
			b.turnAway(refused(b.name, refusal.UpstreamFailed, b.o.Health.Interval, "it became unhealthy while the message waited"))
		}
	}
	b.mu.Unlock()
	if turn {
		b.changed(event)
	}
}
