package admin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// decided is an exchange with a decision as routing makes it.
func decided(tb testing.TB, action string, change func(*binding.Exchange)) *binding.Exchange {
	tb.Helper()
	via, err := uritable.Parse("http://edge:8000/orders")
	require.NoError(tb, err)
	q := tried()
	q.Via, q.Endpoint, q.Peer = via, "in", binding.Peer{Address: netip.MustParseAddrPort("192.0.2.7:4711")}
	q.Properties = addressing.Bare(soap.AddressingNone)
	q.Properties.Adopt(via, addressing.Action(action))
	q.Decision.Listener = binding.Choice{Name: "orders", Pos: source.Pos{File: "web.config", Line: 3, Column: 5}}
	q.Decision.Endpoint = binding.Choice{Name: "in", Pos: source.Pos{File: "web.config", Line: 9, Column: 9}}
	q.Decision.Routed(binding.Choice{Name: "all", Why: "matches everything"})
	return exchange(func(x *binding.Exchange) {
		x.Start = time.Date(2026, 11, 21, 12, 30, 0, 0, time.UTC)
		x.Via, x.Peer, x.Request = via.String(), q.Peer, q
		if change != nil {
			change(x)
		}
	})
}

// list asks the console for decisions.
func list(t *testing.T, d *admin.Decisions, query string) admin.DecisionsAnswer {
	t.Helper()
	url := serve(t, admin.Options{Console: &fake{}, Decisions: d})
	status, body := get(t, url+"/decisions.json?"+query, nil)
	require.Equal(t, 200, status, body)
	var a admin.DecisionsAnswer
	require.NoError(t, json.Unmarshal([]byte(body), &a))
	return a
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(10)
	d.Observe("orders", decided(t, "urn:orders/Place", nil))
	d.Observe("orders", decided(t, "urn:orders/Place", func(x *binding.Exchange) {
		x.Status, x.Fault, x.Reason, x.ID, x.Err = 500, true, refusal.FilterNoMatch, "id-1", errors.New("no filter matched")
	}))
	d.Observe("stock", exchange(func(x *binding.Exchange) { x.Status, x.Reason, x.Via = 413, refusal.SizeMessage, "http://edge/stock" }))
	d.Observe("orders", decided(t, "urn:orders/Note", func(x *binding.Exchange) { x.Status = 202 }))
	q := decided(t, "urn:orders/Note", nil).Request
	q.Listener = &binding.Listener{Name: "orders"}
	d.Delivered(q, time.Second, nil)
	d.Delivered(q, time.Second, refusal.New(refusal.UpstreamFailed, -1, "down"))

	all := list(t, d, "")
	require.Len(t, all.Decisions, 6)
	assert.EqualValues(t, 6, all.Next)
	assert.Zero(t, all.Missed)
	var got []admin.Outcome
	for _, x := range all.Decisions {
		got = append(got, x.Outcome)
	}
	assert.Equal(t, []admin.Outcome{admin.Replied, admin.Faulted, admin.Refused, admin.Accepted, admin.Delivered, admin.Lost}, got)

	first := all.Decisions[0]
	assert.Contains(t, first.Decision, "listener  orders (web.config:3:5)\nendpoint  in (web.config:9:9)\nroute     all: matches everything\nattempt 1 dead : not delivered, not found: refused, 0s\nattempt 2 backup")
	first.Decision = ""
	assert.Equal(t, admin.Decided{
		Seq: 1, Time: first.Time, Outcome: "reply", Listener: "orders", Endpoint: "in", Action: "urn:orders/Place", Via: "http://edge:8000/orders",
		Peer: "192.0.2.7:4711", Status: 200, Route: "all", To: "backup", Attempts: 2, Took: time.Millisecond, In: 10, Out: 20,
	}, first)
	assert.Equal(t, "id-1 filter.no_match no filter matched", strings.Join([]string{all.Decisions[1].ID, all.Decisions[1].Reason, all.Decisions[1].Error}, " "))
	assert.Equal(t, "stock", all.Decisions[2].Listener, "refused before anything was decided")
	assert.Empty(t, all.Decisions[2].Decision)
	assert.Equal(t, "upstream.failed", all.Decisions[5].Reason)
}

func TestDecisions_query(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(1000)
	for i := range 300 {
		d.Observe("orders", decided(t, fmt.Sprintf("urn:orders/Op%d", i), func(x *binding.Exchange) {
			if i%3 == 0 {
				x.Status, x.Fault = 500, true
			}
			if i%100 == 7 {
				x.Request.Endpoint = "Rare"
			}
		}))
	}
	address := serve(t, admin.Options{Console: &fake{}, Decisions: d})
	for _, c := range []struct {
		query string
		want  []uint64 // seqs, first and last of many
		n     int
	}{
		{"", []uint64{1, 200}, 200},
		{"after=200", []uint64{201, 300}, 100},
		{"after=300", nil, 0},
		{"after=900", []uint64{1, 200}, 200}, // of a process before this one
		{"outcome=fault", []uint64{1, 298}, 100},
		{"endpoint=rare", []uint64{8, 208}, 3},
		{"endpoint=BACKUP&after=298", []uint64{299, 300}, 2},
		{"endpoint=none", nil, 0},
		{"text=OP1&outcome=reply&after=101", []uint64{102, 200}, 66},
		{"text=matches+everything&after=299", []uint64{300}, 1},
		{"text=192.0.2.7&after=299", []uint64{300}, 1},
	} {
		status, body := get(t, address+"/decisions.json?"+c.query, nil)
		require.Equal(t, 200, status, body)
		var a admin.DecisionsAnswer
		require.NoError(t, json.Unmarshal([]byte(body), &a))
		if !assert.Len(t, a.Decisions, c.n, c.query) || c.n == 0 {
			continue
		}
		assert.Equal(t, c.want[0], a.Decisions[0].Seq, c.query)
		assert.Equal(t, c.want[len(c.want)-1], a.Decisions[c.n-1].Seq, c.query)
	}
	for _, q := range []string{"after=x", "before=-1", "outcome=gone", "text=" + strings.Repeat("x", 300)} {
		status, _ := get(t, address+"/decisions.json?"+q, nil)
		assert.Equal(t, 400, status, q)
		status, _ = get(t, address+"/decisions?"+q, nil)
		assert.Equal(t, 400, status, q)
	}
	_, body := get(t, address+"/decisions?text=op", nil)
	assert.Equal(t, 200, strings.Count(body, `data-label="Took" class="n"><span data-set="took">1ms`))
	has(t, body, `href="/decisions?before=101&amp;text=op"`)
	_, body = get(t, address+"/decisions?before=101&text=op", nil)
	has(t, body, ">urn:orders/Op99<")
	hasNot(t, body, ">urn:orders/Op100<")
	hasNot(t, body, "Older ones")
	hasNot(t, body, "data-events", "a page of the past is not live")
}

// TestDecisions_wrapsAround: the ring holds the last, and says what it forgot.
func TestDecisions_wrapsAround(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(3)
	for range 10 {
		d.Observe("orders", decided(t, "urn:a", nil))
	}
	a := list(t, d, "after=2")
	require.Len(t, a.Decisions, 3)
	assert.EqualValues(t, 8, a.Decisions[0].Seq)
	assert.EqualValues(t, 10, a.Next)
	assert.EqualValues(t, 5, a.Missed)
}

// TestDecisions_keepsNothing: what a message leads to may change or go away
// after Observe, and texts are bounded (threats T-LOG-01).
func TestDecisions_keepsNothing(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(3)
	long := strings.Repeat("ü", 10_000)
	x := decided(t, long, func(x *binding.Exchange) {
		x.Via, x.Err = long, errors.New("a\r\nb\u202e"+long)
		r := &x.Request.Decision
		r.Attempts[0].Err = &binding.SendError{Kind: binding.NotFound, Err: errors.New(long)}
		for i := range 500 {
			r.Filters = append(r.Filters, binding.Candidate{Name: fmt.Sprint("f", i), Matched: i > 450, Text: "text"})
		}
	})
	d.Observe("orders", x)
	r := &x.Request.Decision
	r.Attempts[0].Endpoint, r.Attempts[1].Endpoint, r.Filters[0].Name = "changed", "changed", "changed"

	got := list(t, d, "").Decisions[0]
	assert.Less(t, len(got.Action), 600)
	assert.Less(t, len(got.Via), 600)
	assert.Less(t, len(got.Error), 600)
	assert.True(t, strings.HasPrefix(got.Error, `a\u000D\u000Ab\u202Eü`), got.Error[:30])
	assert.NotContains(t, got.Decision, "changed")
	assert.Less(t, len(got.Decision), 6000)
	assert.Equal(t, 49, strings.Count(got.Decision, "  + f"))
	assert.Equal(t, 51, strings.Count(got.Decision, "  - f"))
	assert.Contains(t, got.Decision, "  and 400 candidates that are not kept\n")

	d.Observe("orders", decided(t, "urn:next", nil))
	got = list(t, d, "").Decisions[1]
	assert.NotContains(t, got.Decision, "candidates", "nothing is left of the message before")
}

func TestDecisions_off(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(0)
	assert.Nil(t, d)
	d.Observe("orders", decided(t, "urn:a", nil))
	d.Delivered(tried(), 0, nil)
	address := serve(t, admin.Options{Console: &fake{}})
	status, body := get(t, address+"/decisions", nil)
	assert.Equal(t, 200, status)
	has(t, body, "admin.decisions</code> is 0")
	assert.Empty(t, list(t, d, "").Decisions)
	status, _ = get(t, address+"/decisions/events", nil)
	assert.Equal(t, 404, status)
	status, _ = get(t, address+"/decisions/1", nil)
	assert.Equal(t, 404, status)
}

func TestDecisions_concurrently(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(50)
	address := serve(t, admin.Options{Console: &fake{}, Decisions: d})
	var wg sync.WaitGroup
	for range 4 {
		x := decided(t, "urn:a", nil)
		wg.Go(func() {
			for range 2000 {
				d.Observe("orders", x)
			}
		})
	}
	for range 10 {
		status, _ := get(t, address+"/decisions?"+url.Values{"text": {"urn:a"}}.Encode(), nil)
		assert.Equal(t, 200, status)
	}
	wg.Wait()
	assert.EqualValues(t, 8000, list(t, d, "after=7999").Next)
}

// TestDecisions_allocations: a message with one attempt costs none once the ring
// is full.
func TestDecisions_allocations(t *testing.T) {
	d := admin.NewDecisions(10)
	x := decided(t, "urn:orders/Place", func(x *binding.Exchange) { x.Request.Decision.Attempts = x.Request.Decision.Attempts[1:] })
	for range 20 {
		d.Observe("orders", x)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { d.Observe("orders", x) }))
}

func BenchmarkDecisions_Observe(b *testing.B) {
	for _, c := range []struct {
		name   string
		change func(*binding.Exchange)
	}{
		{"attempts=1", func(x *binding.Exchange) { x.Request.Decision.Attempts = x.Request.Decision.Attempts[1:] }},
		{"attempts=2", nil},
		{"refused", func(x *binding.Exchange) {
			x.Request, x.Reason, x.Err, x.ID = nil, refusal.XMLDTD, errors.New("a DTD"), "0123456789abcdef"
		}},
	} {
		b.Run("message="+c.name, func(b *testing.B) {
			d := admin.NewDecisions(200)
			x := decided(b, "urn:orders/IOrders/Place", c.change)
			b.ReportAllocs()
			for b.Loop() {
				d.Observe("orders", x)
			}
		})
	}
}
