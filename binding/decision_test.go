package binding_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/source"
)

func TestDecision_String(t *testing.T) {
	t.Parallel()
	var d binding.Decision
	assert.Empty(t, d.String(), "nothing was decided")
	d.Listener = binding.Choice{Name: "http://+:80/router", Pos: source.Pos{File: "web.config", Line: 12, Column: 5}}
	d.Endpoint = binding.Choice{Name: "front"}
	d.Route = binding.Choice{Name: "orders", Pos: source.Pos{File: "web.config", Line: 41, Column: 13}, Why: "Action urn:orders/Get, priority 2"}
	d.Attempted(binding.Attempt{
		Endpoint: "one", Address: "http://one/s", Delivery: binding.NotDelivered, Kind: binding.NotFound, Took: 1234567,
		Err: &binding.SendError{Kind: binding.NotFound, Delivery: binding.NotDelivered, Err: errors.New("connection refused")},
	})
	d.Attempted(binding.Attempt{
		Endpoint: "two", Address: "http://two/s", Delivery: binding.Answered, Status: 503, Took: time.Millisecond,
		Err: &binding.SendError{Kind: binding.Busy, Delivery: binding.Answered, Status: 503, Err: errors.New("no message in the answer")},
	})
	d.Attempted(binding.Attempt{Endpoint: "three", Address: "http://three/s", Delivery: binding.Unknown, Err: errors.New("plain"), Took: time.Second})
	d.Attempted(binding.Attempt{Endpoint: "four", Address: "http://four/s", Delivery: binding.Answered, Status: 200, Took: 2 * time.Millisecond})
	assert.Equal(t, `listener  http://+:80/router (web.config:12:5)
endpoint  front
route     orders: Action urn:orders/Get, priority 2 (web.config:41:13)
attempt 1 one http://one/s: not delivered, not found: connection refused, 1.23ms
attempt 2 two http://two/s: answered, HTTP 503, busy: no message in the answer, 1ms
attempt 3 three http://three/s: unknown, plain, 1s
attempt 4 four http://four/s: answered, HTTP 200, 2ms
`, d.String())
}

func TestDecision_candidates(t *testing.T) {
	t.Parallel()
	var d binding.Decision
	d.Endpoint = binding.Choice{Name: "front", Why: "contract IOrders"}
	d.Endpoints = []binding.Candidate{
		{Name: `"front"`, Priority: 1, Matched: true, Text: "match", Pos: source.Pos{File: "web.config", Line: 3, Column: 5}},
		{Name: `"back"`, Text: "action differs"},
	}
	d.Routed(binding.Choice{Name: "audit", Why: "priority 2"})
	assert.Nil(t, d.Routes, "one route costs no list")
	d.Routed(binding.Choice{Name: "orders", Why: "priority 2"})
	d.Routed(binding.Choice{Name: "copy"})
	assert.Equal(t, "audit", d.Route.Name, "the first stays")
	assert.Len(t, d.Routes, 3)
	d.Filters = []binding.Candidate{{Name: "audit", Priority: 2, Matched: true, Text: "match"}, {Name: "rest", Priority: -1, Text: "no"}}
	assert.Equal(t, `endpoint  front: contract IOrders
  + "front": match (web.config:3:5)
  - "back": action differs
route     audit: priority 2
route     orders: priority 2
route     copy
  + audit, priority 2: match
  - rest, priority -1: no
`, d.String())
}

func TestRequest_Explains(t *testing.T) {
	t.Parallel()
	failed := errors.New("no match")
	r := &binding.Request{}
	assert.False(t, r.Explains(failed))
	r.ExplainFailure = true
	assert.True(t, r.Explains(failed))
	assert.False(t, r.Explains(nil))
	r.Explain = true
	assert.True(t, r.Explains(nil))
}

func TestDecision_Attempted(t *testing.T) {
	allocs := testing.AllocsPerRun(100, func() {
		var d binding.Decision
		d.Attempted(binding.Attempt{Endpoint: "one"})
	})
	assert.LessOrEqual(t, allocs, 1.0, "one attempt costs no list")
}

func TestSendError(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := &binding.SendError{Delivery: binding.Answered, Kind: binding.Busy, Status: 503, Err: cause}
	assert.Equal(t, "busy (answered, HTTP 503): cause", err.Error())
	assert.ErrorIs(t, err, cause)
	err.Status, err.Delivery, err.Kind = 0, binding.Unknown, binding.Aborted
	assert.Equal(t, "aborted (unknown): cause", err.Error())
	var kinds, deliveries []string
	for k := binding.Other; k <= binding.Communication; k++ {
		kinds = append(kinds, k.String())
	}
	for d := binding.NotDelivered; d <= binding.Answered; d++ {
		deliveries = append(deliveries, d.String())
	}
	assert.Equal(t, []string{"other", "not found", "busy", "timeout", "protocol", "security", "aborted", "communication"}, kinds)
	assert.Equal(t, []string{"not delivered", "unknown", "answered"}, deliveries)
}

func TestHTTPFields(t *testing.T) {
	t.Parallel()
	var f binding.HTTPFields
	f = f.Add("X-A", "1").Add("x-a", "2")
	assert.Equal(t, "1", f.Get("X-a"))
	assert.Empty(t, f.Get("X-B"))
	assert.Len(t, f, 2)
}
