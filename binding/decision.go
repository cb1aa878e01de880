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

// Candidate is an endpoint or a filter that a message was held against, and what
// came of it.
type Candidate struct {
	Name     string
	Pos      source.Pos
	Priority int
	Matched  bool
	Text     string // the first difference and what would match; "match" when it does
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
// is no second account of what happened. Its strings outlive the message. Texts
// of candidates repeat input, in the form of soap.Echo; the errors of attempts may
// quote what a peer sent, so they go to logs and never to clients.
type Decision struct {
	Listener  Choice
	Endpoint  Choice
	Endpoints []Candidate // all of the listener; only where somebody asked: [Request.Explains]
	Route     Choice      // the first route
	Routes    []Choice    // of a multicast: every route, Route is among them; nil for one route
	Filters   []Candidate // all of the table; only where somebody asked
	Attempts  []Attempt
	first     [1]Attempt // backing of Attempts while there is one
}

// Routed records a route that the message takes. The first is Route.
func (d *Decision) Routed(c Choice) {
	switch {
	case d.Route.Name == "":
		d.Route = c
	case d.Routes == nil:
		d.Routes = []Choice{d.Route, c}
	default:
		d.Routes = append(d.Routes, c)
	}
}

// Attempted appends an attempt.
func (d *Decision) Attempted(a Attempt) {
	if d.Attempts == nil {
		d.Attempts = d.first[:0]
	}
	d.Attempts = append(d.Attempts, a)
}

// String prints the decision: a line per choice, candidates indented below what
// was chosen among them.
func (d *Decision) String() string {
	var b strings.Builder
	appendChoice(&b, "listener", d.Listener)
	appendChoice(&b, "endpoint", d.Endpoint)
	appendCandidates(&b, d.Endpoints, false)
	if d.Routes == nil {
		appendChoice(&b, "route", d.Route)
	}
	for _, c := range d.Routes {
		appendChoice(&b, "route", c)
	}
	appendCandidates(&b, d.Filters, true)
	for i := range d.Attempts {
		appendAttempt(&b, i, &d.Attempts[i])
	}
	return b.String()
}

func appendChoice(b *strings.Builder, what string, c Choice) {
	if c.Name == "" {
		return
	}
	fmt.Fprintf(b, "%-9s %s", what, c.Name)
	if c.Why != "" {
		fmt.Fprintf(b, ": %s", c.Why)
	}
	appendPos(b, c.Pos)
}

func appendPos(b *strings.Builder, p source.Pos) {
	if p.Line > 0 {
		fmt.Fprintf(b, " (%s)", p)
	}
	b.WriteByte('\n')
}

// appendCandidates tells each candidate: "+" matched, "-" did not. Priorities
// are shown where they are of the configuration.
func appendCandidates(b *strings.Builder, list []Candidate, priorities bool) {
	for _, c := range list {
		mark := '-'
		if c.Matched {
			mark = '+'
		}
		fmt.Fprintf(b, "  %c %s", mark, c.Name)
		if priorities {
			fmt.Fprintf(b, ", priority %d", c.Priority)
		}
		fmt.Fprintf(b, ": %s", c.Text)
		appendPos(b, c.Pos)
	}
}

func appendAttempt(b *strings.Builder, i int, a *Attempt) {
	fmt.Fprintf(b, "attempt %d %s %s: %s", i+1, a.Endpoint, a.Address, a.Delivery)
	if a.Status != 0 {
		fmt.Fprintf(b, ", HTTP %d", a.Status)
	}
	if failed, ok := errors.AsType[*SendError](a.Err); ok {
		fmt.Fprintf(b, ", %s: %v", failed.Kind, failed.Err) // its own text would say the rest again
	} else if a.Err != nil {
		fmt.Fprintf(b, ", %v", a.Err)
	}
	fmt.Fprintf(b, ", %s\n", a.Took.Round(10*time.Microsecond))
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
