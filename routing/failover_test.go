package routing_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// kinds are the words of failover.txt.
var kinds = map[string]binding.Kind{
	"other": binding.Other, "notfound": binding.NotFound, "busy": binding.Busy, "timeout": binding.Timeout,
	"protocol": binding.Protocol, "security": binding.Security, "aborted": binding.Aborted, "communication": binding.Communication,
}

// scripted is a back end that answers as a field of failover.txt says.
func scripted(tb testing.TB, script string) *channel {
	tb.Helper()
	answers := strings.Split(script, ",")
	return &channel{version: soap.Soap11, answers: func(n int) (int, string, error) {
		switch a := answers[min(n, len(answers))-1]; a {
		case "ok":
			return 200, placed, nil
		case "fault":
			return 500, faulted, nil
		case "accepted":
			return 202, "", nil
		default:
			kind, known := kinds[a[:len(a)-1]]
			delivery := strings.IndexByte("-?!", a[len(a)-1])
			if !known || delivery < 0 {
				tb.Errorf("%q is no answer", a)
			}
			return 0, "", &binding.SendError{Kind: kind, Delivery: binding.Delivery(delivery), Reason: refusal.UpstreamFailed, Err: errors.New("down")}
		}
	}}
}

// site is a route made of words.
type site struct {
	tb         testing.TB
	now        time.Time
	repeatable bool
	answers    map[string]string // by destination
	reg        *upstream.Registry
	update     *upstream.Update
	backends   map[string]*upstream.Backend
	channels   map[string]*channel
}

func newSite(tb testing.TB, answers string) *site {
	tb.Helper()
	s := &site{tb: tb, now: time.Now(), answers: map[string]string{}, backends: map[string]*upstream.Backend{}, channels: map[string]*channel{}}
	s.reg = upstream.NewRegistry(s.now, nil)
	s.update = s.reg.Update()
	for f := range strings.FieldsSeq(answers) {
		name, script, _ := strings.Cut(f, "=")
		s.answers[name] = script
	}
	return s
}

// limits fit every condition of failover.txt.
var limits = upstream.Options{
	Concurrent: 1, Breaker: upstream.Breaker{Failures: 1, Open: 20 * time.Second}, Health: upstream.Health{Unhealthy: 1},
}

func (s *site) destination(name string, limited bool) *routing.Destination {
	c := scripted(s.tb, s.answers[name])
	s.channels[name] = c
	d := routing.Destination{Name: name, ProcessMessages: true}
	if s.repeatable {
		d.Repeatable = map[addressing.Action]bool{"urn:place": true}
	}
	if limited {
		d.Backend = s.update.Ensure(name, limits)
		s.backends[name] = d.Backend
	}
	return destination(s.tb, c, "http://"+name+":9000/orders", d)
}

// route reads "g(a,b) c".
func (s *site) route(words string, limited bool) routing.Route {
	r := routing.Route{Filter: "all"}
	for w := range strings.FieldsSeq(words) {
		name, members, ok := strings.Cut(strings.TrimSuffix(w, ")"), "(")
		if !ok {
			r.Destinations = append(r.Destinations, s.destination(name, limited))
			continue
		}
		g := routing.Destination{Name: name}
		var list []*upstream.Backend
		for m := range strings.SplitSeq(members, ",") {
			d := s.destination(m, true)
			g.Members, list = append(g.Members, d), append(list, d.Backend)
		}
		var err error
		g.Group, err = upstream.NewGroup(name, upstream.RoundRobin, list...)
		require.NoError(s.tb, err)
		done, err := routing.NewGroup(g)
		require.NoError(s.tb, err)
		r.Destinations = append(r.Destinations, done)
	}
	r.Backups = len(r.Destinations) > 1
	s.update.Commit()
	return r
}

// happen puts a back end into the state that a condition names.
func (s *site) happen(condition, name string) {
	b := s.backends[name]
	switch condition {
	case "draining":
		b.SetState(upstream.Draining)
	case "disabled":
		b.SetState(upstream.Disabled)
	case "unhealthy":
		b.Checked(errors.New("ill"))
	case "tired":
		b.SetWeight(0)
	case "full", "open":
		t, err := b.Acquire(context.Background(), s.now, time.Time{})
		require.NoError(s.tb, err)
		if condition == "open" {
			t.Done(upstream.Failed, s.now)
		}
	default:
		s.tb.Errorf("%q is no condition", condition)
	}
}

// outcome names what a handler returned.
func outcome(tb testing.TB, reply *binding.Reply, err error) string {
	tb.Helper()
	switch {
	case err != nil:
		words := map[string]string{"InternalServiceFault": "internal", "EndpointUnavailable": "unavailable"}
		return words[addressing.FaultFrom(err, soap.Soap12WSAddressing10).Subcodes[0].Local] + " " + string(refusal.Of(err))
	case reply == nil:
		return "accepted"
	}
	fault := reply.Fault
	text(tb, reply)
	if fault {
		return "fault"
	}
	return "reply"
}

// attempts are the names of the endpoints that were tried.
func attempts(req *binding.Request) string {
	var names []string
	for _, a := range req.Decision.Attempts {
		names = append(names, a.Endpoint)
	}
	return strings.Join(names, " ")
}

func TestService_rows(t *testing.T) {
	t.Parallel()
	rows := testbed.ReadRows(t, "testdata/failover.txt")
	rows.Complete(t, "FO", 1, 10)
	rows.Complete(t, "GR", 1, 12)
	rows.Complete(t, "OUT", 1, 13)
	for _, r := range rows {
		t.Run(r.ID(), func(t *testing.T) {
			t.Parallel()
			require.Len(t, r.Fields, 7, r.Line)
			conditions := strings.Split(r.Fields[3], ", ")
			s := newSite(t, r.Fields[4])
			s.repeatable = slices.Contains(conditions, "repeatable")
			route := s.route(r.Fields[2], strings.Contains(r.Fields[3], " "))
			req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Replay: true}})
			if slices.Contains(conditions, "once") {
				req.Release()
				req = arriving(t)
			}
			for _, c := range conditions {
				if condition, name, ok := strings.Cut(c, " "); ok {
					s.happen(condition, name)
				}
			}
			req.Shape = binding.RequestReply
			if r.Fields[1] == "one-way" {
				req.Shape = binding.OneWay
			}
			req.Retain()
			defer req.Release()
			reply, err := service(t, route).Handle(context.Background(), req)
			assert.Equal(t, r.Fields[6], outcome(t, reply, err), "%s: %v", r.Line, err)
			assert.Equal(t, r.Fields[5], attempts(req), r.Line)
			assertDeliveries(t, req, &route)
		})
	}
}

// arriving is a message whose body can be read once.
func arriving(tb testing.TB) *binding.Request {
	tb.Helper()
	long := strings.Replace(place, "<Place/>", "<Place>"+strings.Repeat("x", 300<<10)+"</Place>", 1)
	req := request(tb, soap.Soap11, long, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Streamed: true}, Limits: soap.Limits{Message: 1 << 20}})
	require.Equal(tb, soap.Once, req.Envelope.Body.State())
	return req
}

// assertDeliveries holds a decision to principle 5 of the design: without a
// backup list and without a declared repeatable action only the last attempt may
// have delivered anything.
func assertDeliveries(tb testing.TB, req *binding.Request, r *routing.Route) {
	tb.Helper()
	list := req.Decision.Attempts
	for i := range list[:len(list)-1] {
		repeatable := slices.ContainsFunc(r.Destinations, func(d *routing.Destination) bool {
			return len(d.Repeatable) > 0 || slices.ContainsFunc(d.Members, func(m *routing.Destination) bool { return len(m.Repeatable) > 0 })
		})
		if list[i].Delivery != binding.NotDelivered && !r.Backups && !repeatable {
			assert.Fail(tb, "sent again", "attempt %d was %s:\n%s", i+1, list[i].Delivery, &req.Decision)
		}
	}
}

// TestService_failoverIsPerMessage: the next message starts at the first
// endpoint again.
func TestService_failoverIsPerMessage(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a=notfound-,ok b=ok")
	handler := service(t, s.route("a b", false))
	for _, want := range []string{"a b", "a"} {
		req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Replay: true}})
		req.Retain()
		reply, err := handler.Handle(context.Background(), req)
		require.NoError(t, err)
		text(t, reply)
		assert.Equal(t, want, attempts(req))
		req.Release()
	}
}

// TestService_multicastRoutes: every route of a multicast is on record, and one
// that fails surfaces at the end.
func TestService_multicastRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a=accepted b=timeout? c=accepted")
	one, two, three := s.route("a", false), s.route("b", false), s.route("c", false)
	one.Filter, two.Filter, three.Filter = "one", "two", "three"
	req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
	req.Shape = binding.OneWay
	req.Retain()
	defer req.Release()
	reply, err := service(t, one, two, three).Handle(context.Background(), req)
	assert.Nil(t, reply)
	require.ErrorContains(t, err, "b: timeout")
	assert.Equal(t, "one", req.Decision.Route.Name)
	require.Len(t, req.Decision.Routes, 3)
	assert.Equal(t, "three", req.Decision.Routes[2].Name)
	assert.Equal(t, "a b c", attempts(req))
}
