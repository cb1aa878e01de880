package admin

import (
	"slices"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// decisionBody is one decision as a page shows it.
type decisionBody struct {
	Decided
	Choices   []choice
	Endpoints []candidate
	Filters   []candidate
	Tries     []try
	Left      int
}

type choice struct{ What, Name, Why, At string }

type candidate struct {
	Matched        bool
	Name, Text, At string
	Priority       int
}

type try struct {
	Endpoint, Address, At, Delivery, Error string
	Status                                 int
	Took                                   time.Duration
}

// body takes a decision apart.
func (d *Decided) body() decisionBody {
	x := d.decision
	b := decisionBody{Decided: *d, Left: d.left}
	routes := x.Routes
	if routes == nil {
		routes = append(routes, x.Route)
	}
	b.Choices = slices.Concat(choices("listener", x.Listener), choices("endpoint", x.Endpoint), choices("route", routes...))
	b.Endpoints, b.Filters = candidates(x.Endpoints), candidates(x.Filters)
	for i := range x.Attempts {
		a := &x.Attempts[i]
		t := try{Endpoint: a.Endpoint, Address: a.Address, At: at(a.Pos), Delivery: a.Delivery.String(), Status: a.Status, Took: a.Took}
		if a.Err != nil {
			t.Error = shown(a.Err.Error())
		}
		b.Tries = append(b.Tries, t)
	}
	return b
}

// choices tells decisions that were made; those that were not are left out.
func choices(what string, list ...binding.Choice) []choice {
	var out []choice
	for _, c := range list {
		if c.Name != "" {
			out = append(out, choice{What: what, Name: c.Name, Why: shown(c.Why), At: at(c.Pos)})
		}
	}
	return out
}

func candidates(list []binding.Candidate) []candidate {
	out := make([]candidate, len(list))
	for i, c := range list {
		out[i] = candidate{Matched: c.Matched, Name: c.Name, Text: shown(c.Text), At: at(c.Pos), Priority: c.Priority}
	}
	return out
}

// at gives a position, "" where there is none.
func at(p source.Pos) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}
