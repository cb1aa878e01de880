package routing_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// handle sends one message and returns what became of it, and its decision.
func handle(tb testing.TB, s *routing.Service) (string, *binding.Decision) {
	tb.Helper()
	req := request(tb, soap.Soap11, place, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Replay: true}})
	req.Retain()
	defer req.Release()
	reply, err := s.Handle(context.Background(), req)
	return outcome(tb, reply, err), &req.Decision
}

// TestService_atMostOnce: whatever fails and however, nothing is delivered twice
// unless the configuration allows it.
func TestService_atMostOnce(t *testing.T) {
	t.Parallel()
	words := []string{"ok", "fault"}
	for kind := range kinds {
		words = append(words, kind+"-", kind+"?", kind+"!")
	}
	slices.Sort(words)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		script := ""
		for _, name := range []string{"a", "b", "c"} {
			script += " " + name + "=" + words[r.IntN(len(words))] + "," + words[r.IntN(len(words))]
		}
		s := newSite(t, script)
		route := s.route([]string{"a", "g(a,b,c)", "a b c", "g(a,b) c"}[r.IntN(4)], false)
		route.Backups = false // a list that the configuration does not allow to repeat
		req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Replay: true}})
		if r.IntN(2) == 0 {
			req.Shape = binding.OneWay
		}
		req.Retain()
		reply, err := service(t, route).Handle(context.Background(), req)
		outcome(t, reply, err)
		assertDeliveries(t, req, &route)
		req.Release()
		require.False(t, t.Failed(), "seed %d:%s", seed, script)
	}
}

func TestService_hash(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a=ok b=ok c=ok")
	route := s.route("g(a,b,c)", false)
	g := *route.Destinations[0]
	var list []*upstream.Backend
	for _, m := range g.Members {
		list = append(list, m.Backend)
	}
	var err error
	g.Group, err = upstream.NewGroup("g", upstream.Hash, list...)
	require.NoError(t, err)
	g.Key = func(r *binding.Request) (string, bool) {
		v := r.HTTP.Get("X-Customer")
		return v, v != ""
	}
	done, err := routing.NewGroup(g)
	require.NoError(t, err)
	route.Destinations = []*routing.Destination{done}
	handler := service(t, route)
	to := func(customer string) string {
		req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
		if customer != "" {
			req.HTTP = binding.HTTPFields{{Name: "x-customer", Value: customer}}
		}
		req.Retain()
		defer req.Release()
		reply, err := handler.Handle(context.Background(), req)
		require.NoError(t, err)
		text(t, reply)
		return attempts(req)
	}
	seen := map[string]bool{}
	for _, customer := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		first := to(customer)
		seen[first] = true
		assert.Equal(t, first, to(customer))
	}
	assert.Greater(t, len(seen), 1)
	turns := []string{to(""), to(""), to("")}
	slices.Sort(turns)
	assert.Equal(t, []string{"a", "b", "c"}, turns, "without a key they take turns")
}

func TestNewGroup_members(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a=ok b=ok c=ok")
	inner := s.route("g(a,b)", false).Destinations[0]
	_, err := routing.NewGroup(routing.Destination{Name: "h"})
	assert.ErrorContains(t, err, "not those of its members")
	_, err = routing.NewGroup(routing.Destination{Name: "h", Group: inner.Group, Members: []*routing.Destination{inner, inner}})
	assert.ErrorContains(t, err, `member "g" is a group itself`)
	_, err = routing.NewGroup(routing.Destination{Name: "h", Group: inner.Group, Members: []*routing.Destination{inner.Members[1], inner.Members[0]}})
	assert.ErrorContains(t, err, `member "b" has another back end`)
}

func TestRoute_Replays(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]bool{"a": false, "a b": true, "g(a,b)": true, "g(a)": false} {
		route := newSite(t, "a=ok b=ok").route(words, false)
		assert.Equal(t, want, route.Replays(), words)
	}
	for _, words := range []string{"a", "g(a)"} {
		s := newSite(t, "a=ok")
		s.repeatable = true
		route := s.route(words, false)
		assert.True(t, route.Replays(), words)
	}
	mirrored := newSite(t, "a=ok").route("a", false)
	mirrored.Destinations[0].Mirror = &routing.Mirror{}
	assert.True(t, mirrored.Replays())
}

// slow is a back end that takes its time.
type slow struct {
	took time.Duration
	err  *binding.SendError
}

func (slow) Close() error { return nil }

func (c slow) Request(ctx context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	defer out.Draft.Close()
	late, cancel := context.WithDeadline(ctx, out.Deadline)
	defer cancel()
	select {
	case <-late.Done():
		return nil, &binding.SendError{Kind: binding.Timeout, Delivery: binding.Unknown, Err: late.Err()}
	case <-time.After(c.took):
		if c.err == nil {
			return nil, nil
		}
		return nil, c.err
	}
}

func TestService_deadline(t *testing.T) {
	t.Parallel()
	refused := &binding.SendError{Kind: binding.NotFound, Err: errors.New("refused")}
	for _, c := range []struct {
		name     string
		deadline time.Duration
		first    slow
		took     time.Duration
		attempts string
	}{
		{"none: sendTimeout for each", 0, slow{took: time.Hour}, 60 * time.Second, "a b"},
		{"the second attempt gets what is left", 40 * time.Second, slow{took: 30 * time.Second, err: refused}, 40 * time.Second, "a b"},
		{"nothing is left", 30 * time.Second, slow{took: time.Hour}, 30 * time.Second, "a"},
		{"longer than sendTimeout", 45 * time.Second, slow{took: time.Hour}, 45 * time.Second, "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &binding.Binding{Version: soap.Soap11, Timeouts: binding.Timeouts{Send: 30 * time.Second}}
				r := routing.Route{Filter: "all", Backups: true}
				for i, ch := range []binding.RequestChannel{c.first, slow{took: time.Hour}} {
					d := routing.Destination{Name: string(rune('a' + i)), Binding: b, Deadline: c.deadline}
					a, err := addressing.New(parse(t, "http://backend/"))
					require.NoError(t, err)
					d.Address, d.Channel = a, ch
					done, err := routing.NewDestination(d, "")
					require.NoError(t, err)
					r.Destinations = append(r.Destinations, done)
				}
				begun := time.Now()
				got, decision := handle(t, service(t, r))
				assert.Equal(t, "internal upstream.failed", got)
				assert.Equal(t, c.took, time.Since(begun))
				assert.Len(t, decision.Attempts, len(strings.Fields(c.attempts)))
			})
		})
	}
}

// TestService_breaker: what counts against a back end, seen from outside.
func TestService_breaker(t *testing.T) {
	t.Parallel()
	failed := func(k binding.Kind, d binding.Delivery, status int, r refusal.Reason) *binding.SendError {
		return &binding.SendError{Kind: k, Delivery: d, Status: status, Reason: r, Err: errors.New("down")}
	}
	for _, c := range []struct {
		name  string
		err   *binding.SendError
		opens bool
	}{
		{"refused", failed(binding.NotFound, binding.NotDelivered, 0, ""), true},
		{"404", failed(binding.NotFound, binding.Answered, 404, ""), true},
		{"503", failed(binding.Busy, binding.Answered, 503, ""), true},
		{"late", failed(binding.Timeout, binding.Unknown, 0, ""), true},
		{"cut", failed(binding.Aborted, binding.Unknown, 0, ""), true},
		{"TLS", failed(binding.Security, binding.NotDelivered, 0, ""), true},
		{"HTML page of status 500", failed(binding.Protocol, binding.Answered, 500, refusal.UpstreamMalformed), true},
		{"502", failed(binding.Protocol, binding.Answered, 502, ""), true},
		{"other communication", failed(binding.Communication, binding.Unknown, 0, ""), true},
		{"400: the client's message", failed(binding.Protocol, binding.Answered, 400, ""), false},
		{"401: the client's credentials", failed(binding.Security, binding.Answered, 401, ""), false},
		{"own pool is full", failed(binding.Busy, binding.NotDelivered, 0, refusal.LimitCalls), false},
		{"answer over our limit", failed(binding.Communication, binding.Answered, 200, refusal.UpstreamTooBig), false},
		{"the message itself", failed(binding.Other, binding.NotDelivered, 0, refusal.Internal), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a=ok")
			route := s.route("a", true)
			s.channels["a"].answers = func(int) (int, string, error) { return 0, "", c.err }
			handle(t, service(t, route))
			status := s.backends["a"].Status(time.Now())
			assert.Equal(t, c.opens, status.Circuit == upstream.Open)
			assert.Zero(t, status.Progress, "its place is free again")
		})
	}
}

// TestService_faultClosesBreaker: a fault is an answer, and the probe of a
// breaker.
func TestService_faultClosesBreaker(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a=fault")
	route := s.route("a", true)
	got, _ := handle(t, service(t, route))
	assert.Equal(t, "fault", got)
	assert.Equal(t, uint64(1), s.backends["a"].Status(time.Now()).Counts.Answered)
}

// panicking is a back end that breaks the code.
type panicking struct{}

func (panicking) Close() error { return nil }

func (panicking) Request(_ context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	out.Draft.Close()
	panic("broken")
}

func TestService_panicGivesThePlaceBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a=ok")
	route := s.route("a", true)
	route.Destinations[0].Channel = panicking{}
	assert.PanicsWithValue(t, "broken", func() { handle(t, service(t, route)) })
	assert.Zero(t, s.backends["a"].Status(time.Now()).Progress)
}

// streaming answers with a long message: one whose end is still to come, or one
// that was held.
type streaming struct{ held int }

func (streaming) Close() error { return nil }

func (c streaming) Request(ctx context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	out.Draft.Close()
	long := strings.Replace(placed, "<Placed/>", "<Placed>"+strings.Repeat("x", max(c.held, 300<<10))+"</Placed>", 1)
	env, err := soap.Decode(ctx, strings.NewReader(long), soap.DecodeOptions{
		Version: soap.Soap11, Size: int64(len(long)), Needs: soap.Needs{Streamed: c.held == 0, Replay: c.held > 0}, Limits: soap.Limits{Message: 2 << 20},
	})
	if err != nil {
		return nil, &binding.SendError{Err: err}
	}
	return &binding.Incoming{Envelope: env, Status: 200}, nil
}

// TestService_streamedAnswerKeepsThePlace: a back end is busy until its answer
// was written.
func TestService_streamedAnswerKeepsThePlace(t *testing.T) {
	t.Parallel()
	for _, shape := range []binding.Shape{binding.RequestReply, binding.OneWay} {
		s := newSite(t, "a=ok")
		route := s.route("a", true)
		route.Destinations[0].Channel = streaming{}
		req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
		req.Shape = shape
		reply, err := service(t, route).Handle(context.Background(), req)
		require.NoError(t, err)
		if shape == binding.OneWay {
			assert.Zero(t, s.backends["a"].Status(time.Now()).Progress, "nobody wants the answer")
			continue
		}
		assert.Equal(t, 1, s.backends["a"].Status(time.Now()).Progress)
		reply.Discard()
		assert.Zero(t, s.backends["a"].Status(time.Now()).Progress)
	}
}

func BenchmarkService_balanced(b *testing.B) {
	for _, c := range []struct{ name, route string }{{"plain", "a"}, {"limits", "a"}, {"group", "g(a,b)"}} {
		b.Run("destination="+c.name, func(b *testing.B) {
			s := newSite(b, "a=accepted b=accepted")
			route := s.route(c.route, c.name == "limits")
			for _, d := range append(route.Destinations[0].Members, route.Destinations[0]) {
				d.Channel = accepting{}
			}
			handler := service(b, route)
			req := request(b, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
			defer req.Release()
			b.ReportAllocs()
			for b.Loop() {
				req.Retain()
				req.Decision = binding.Decision{}
				if _, err := handler.Handle(context.Background(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// accepting is a back end that costs nothing.
type accepting struct{}

func (accepting) Close() error { return nil }

func (accepting) Request(_ context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	out.Draft.Close()
	return nil, nil
}
