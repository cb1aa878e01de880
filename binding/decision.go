package binding

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// Choice is one decision and where the configuration asked for it.
type Choice struct {
	Name string
	Pos  source.Pos
	Why  string
}

// Attempt is one try to send a message to one endpoint.
type Attempt struct {
	Endpoint string
	Address  string
	Pos      source.Pos
	Delivery Delivery
	Kind     Kind
	Status   int // HTTP status, 0 without an answer
	Err      error
	Took     time.Duration // until the head of the answer or the error
}

// Decision records every choice that was made for one message. It is
// append-only: explain, console, access log and fault text print it, and there
// is no second account of what happened. Its strings come from the
// configuration and outlive the message; the errors of attempts may quote what a
// peer sent, so they go to logs and never to clients.
type Decision struct {
	Listener Choice
	Endpoint Choice
	Route    Choice
	Attempts []Attempt
	first    [1]Attempt // backing of Attempts while there is one
}

// Attempted appends an attempt.
func (d *Decision) Attempted(a Attempt) {
	if d.Attempts == nil {
		d.Attempts = d.first[:0]
	}
	d.Attempts = append(d.Attempts, a)
}

// String prints the decision, a line per choice.
func (d *Decision) String() string {
	var b strings.Builder
	line := func(what string, c Choice) {
		if c.Name == "" {
			return
		}
		fmt.Fprintf(&b, "%-9s %s", what, c.Name)
		if c.Why != "" {
			fmt.Fprintf(&b, ": %s", c.Why)
		}
		if c.Pos.Line > 0 {
			fmt.Fprintf(&b, " (%s)", c.Pos)
		}
		b.WriteByte('\n')
	}
	line("listener", d.Listener)
	line("endpoint", d.Endpoint)
	line("route", d.Route)
	for i, a := range d.Attempts {
		fmt.Fprintf(&b, "attempt %d %s %s: %s", i+1, a.Endpoint, a.Address, a.Delivery)
		if a.Status != 0 {
			fmt.Fprintf(&b, ", HTTP %d", a.Status)
		}
		if failed, ok := errors.AsType[*SendError](a.Err); ok {
			fmt.Fprintf(&b, ", %s: %v", failed.Kind, failed.Err) // its own text would say the rest again
		} else if a.Err != nil {
			fmt.Fprintf(&b, ", %v", a.Err)
		}
		fmt.Fprintf(&b, ", %s\n", a.Took.Round(10*time.Microsecond))
	}
	return b.String()
}

// Exchange is one finished exchange, for log and metrics.
type Exchange struct {
	Request  *Request // nil when the message was refused before it was decoded
	ID       string   // correlation id, set when an answer bore it or a log wants it
	Via      string
	Peer     Peer
	Status   int
	Reason   refusal.Reason // "" unless refused or failed
	Err      error
	Fault    bool
	In, Out  int64 // octets of body received and sent
	Start    time.Time
	Duration time.Duration
}
