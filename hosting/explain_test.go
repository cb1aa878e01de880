package hosting_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// TestDispatch_explainTo: who may know is told in the fault, by the address of
// its connection; others get what they always got.
func TestDispatch_explainTo(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	const told = `differs from endpoint "orders" http://edge:8000/orders in the path at character 21: "re" against "er". ` +
		`Known addresses: endpoint "orders" http://edge:8000/orders`
	for _, c := range []struct {
		name, peer string
		forwarded  bool
		told       bool
	}{
		{name: "in the list", peer: "10.1.2.3:4711", told: true},
		{name: "as IPv6", peer: "[::ffff:10.1.2.3]:4711", told: true},
		{name: "not in the list", peer: "11.1.2.3:4711"},
		{name: "a forwarded address counts nothing", peer: "11.1.2.3:4711", forwarded: true},
		{name: "no address at all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
			r.ExplainTo = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
			req := r.receive(t, message(v, `<a:To>http://edge:8000/ordres</a:To>`+action, ""), "")
			if c.peer != "" {
				req.Peer.Address = netip.MustParseAddrPort(c.peer)
			}
			if c.forwarded {
				req.HTTP = req.HTTP.Add("X-Forwarded-For", "10.1.2.3")
			}
			reply, err := r.answer(t, req)
			require.ErrorContains(t, err, `in the path at character 21: "re" against "er"`, "the log always knows")
			got := written(t, reply)
			if !c.told {
				assert.NotContains(t, got, "differs from")
				assert.Empty(t, req.Decision.Endpoints)
				return
			}
			assert.Contains(t, got, told)
			require.Len(t, req.Decision.Endpoints, 1)
			assert.Contains(t, req.Decision.String(), `- "orders": filter "address": To http://edge:8000/ordres differs in the path at character 21`)
		})
	}
}

// TestDispatch_explain: asked for, candidates are recorded for every message.
func TestDispatch_explain(t *testing.T) {
	t.Parallel()
	v := soap.Soap11
	r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
	req := r.receive(t, message(v, "", ""), "urn:orders/Place")
	req.Explain = true
	reply, err := r.answer(t, req)
	require.NoError(t, err)
	written(t, reply)
	assert.Equal(t, `listener  orders
endpoint  orders: contract IOrders, operation Place, request-reply
  + "orders": match
`, req.Decision.String())
}

// TestDispatch_explainFilters: a routing table that matches nothing is explained
// too, and no explanation makes a fault longer than it may be.
func TestDispatch_explainFilters(t *testing.T) {
	t.Parallel()
	v := soap.Soap11
	r := newRig(t, v, anyAction(), hosting.Service{Router: true, Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		defer req.Release()
		assert.True(t, req.Explains(filter.ErrNoMatch))
		for range 1000 {
			req.Decision.Filters = append(req.Decision.Filters, binding.Candidate{Name: "place", Text: `action "urn:<b>" differs at character 5; "urn:a" would match`})
		}
		return nil, filter.ErrNoMatch
	})})
	r.ExplainTo = []netip.Prefix{netip.MustParsePrefix("::1/128")}
	req := r.receive(t, message(v, "", ""), "urn:b")
	req.Peer.Address = netip.MustParseAddrPort("[::1]:1")
	reply, err := r.answer(t, req)
	require.ErrorIs(t, err, filter.ErrNoMatch)
	got := written(t, reply)
	assert.Contains(t, got, `No filter of the table matches: place: action "urn:&lt;b&gt;" differs at character 5`)
	assert.Less(t, len(got), soap.MaxFault)
	assert.Contains(t, got, "...</faultstring>")
	assert.Equal(t, 1, strings.Count(got, "<faultstring"))
}

// TestDispatch_explainAttempts: how far attempts came is told, what back ends
// said is not.
func TestDispatch_explainAttempts(t *testing.T) {
	t.Parallel()
	v := soap.Soap11
	r := newRig(t, v, anyAction(), hosting.Service{Router: true, Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		defer req.Release()
		req.Decision.Routed(binding.Choice{Name: "orders"})
		failed := &binding.SendError{Delivery: binding.Answered, Kind: binding.Busy, Status: 503, Err: errors.New("secret")}
		req.Decision.Attempted(binding.Attempt{Endpoint: "one", Address: "http://10.0.0.1/", Delivery: binding.NotDelivered, Kind: binding.NotFound, Err: failed})
		req.Decision.Attempted(binding.Attempt{Endpoint: "two", Delivery: binding.Answered, Kind: binding.Busy, Status: 503, Err: failed})
		return nil, refusal.Newf(refusal.UpstreamFailed, -1, "two: %w", failed)
	})})
	r.ExplainTo = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	req := r.receive(t, message(v, "", ""), "urn:b")
	req.Peer.Address = netip.MustParseAddrPort("127.0.0.1:1")
	reply, err := r.answer(t, req)
	require.Error(t, err)
	got := written(t, reply)
	assert.Contains(t, got, `Route "orders". Attempt 1, endpoint "one": not delivered, not found. Attempt 2, endpoint "two": answered, HTTP 503, busy.<`)
	assert.NotContains(t, got, "secret")
	assert.NotContains(t, got, "10.0.0.1")
}
