package routing_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

const (
	place   = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Place/></s:Body></s:Envelope>`
	placed  = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Placed/></s:Body></s:Envelope>`
	faulted = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>`
)

// answering is a back end that gives the same answer always.
func answering(status int, text string) *channel {
	return &channel{version: soap.Soap11, answers: func(int) (int, string, error) { return status, text, nil }}
}

// failing is a back end on which every attempt fails in this way.
func failing(k binding.Kind, d binding.Delivery) *channel {
	return &channel{version: soap.Soap11, answers: func(int) (int, string, error) {
		return 0, "", &binding.SendError{Kind: k, Delivery: d, Err: errors.New("down")}
	}}
}

func routeTo(tb testing.TB, d routing.Destination, channels ...*channel) routing.Route {
	tb.Helper()
	r := routing.Route{Filter: "all", Backups: len(channels) > 1}
	d.ProcessMessages = true
	for i, c := range channels {
		d.Name = string(rune('a' + i))
		r.Destinations = append(r.Destinations, destination(tb, c, "http://"+d.Name+":9000/orders", d))
	}
	return r
}

// TestService_failover sends one message through each row of dispatch 8.8 that
// depends on the delivery, with and without a backup.
func TestService_failover(t *testing.T) {
	t.Parallel()
	const unknown, none, answered = binding.Unknown, binding.NotDelivered, binding.Answered
	for _, c := range []struct {
		name          string
		kind          binding.Kind
		delivery      binding.Delivery
		backup        bool
		repeatable    bool
		shape         binding.Shape
		first, second int // attempts at the first destination, and at its backup
	}{
		{name: "not found goes to the backup", kind: binding.NotFound, delivery: none, backup: true, first: 1, second: 1},
		{name: "not found, no backup", kind: binding.NotFound, delivery: none, first: 1},
		{name: "cut before an answer: once more, then the backup", kind: binding.Aborted, delivery: unknown, backup: true, first: 2, second: 1},
		{name: "cut before an answer, no backup: it may have arrived", kind: binding.Aborted, delivery: unknown, first: 1},
		{name: "cut before an answer, declared repeatable", kind: binding.Aborted, delivery: unknown, repeatable: true, first: 2},
		{name: "cut before the first octet, no backup", kind: binding.Aborted, delivery: none, first: 2},
		{name: "late, no backup", kind: binding.Timeout, delivery: unknown, first: 1},
		{name: "late", kind: binding.Timeout, delivery: unknown, backup: true, first: 1, second: 1},
		{name: "busy", kind: binding.Busy, delivery: answered, backup: true, first: 1, second: 1},
		{name: "refused by TLS", kind: binding.Security, delivery: none, backup: true, first: 2, second: 1},
		{name: "refused by TLS, no backup", kind: binding.Security, delivery: none, first: 1},
		{name: "no message of the binding", kind: binding.Protocol, delivery: answered, backup: true, first: 2, second: 1},
		{name: "no message of the binding, one-way", kind: binding.Protocol, delivery: answered, backup: true, shape: binding.OneWay, first: 1, second: 1},
		{name: "something else never repeats", kind: binding.Other, delivery: none, backup: true, first: 1},
		{name: "any other failure on the way", kind: binding.Communication, delivery: unknown, backup: true, first: 1, second: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			first, second := failing(c.kind, c.delivery), answering(200, placed)
			channels := []*channel{first}
			if c.backup {
				channels = append(channels, second)
			}
			d := routing.Destination{}
			if c.repeatable {
				d.Repeatable = map[addressing.Action]bool{"urn:place": true}
			}
			req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Replay: true}})
			if c.shape != binding.Either {
				req.Shape = c.shape
			}
			req.Retain()
			defer req.Release()
			reply, err := service(t, routeTo(t, d, channels...)).Handle(context.Background(), req)
			assert.Len(t, first.sent, c.first, "attempts at the first destination")
			assert.Len(t, second.sent, c.second, "attempts at the backup")
			assert.Len(t, req.Decision.Attempts, c.first+c.second, "every attempt is on record")
			if c.second > 0 {
				require.NoError(t, err)
				if c.shape != binding.OneWay {
					assert.Equal(t, placed, text(t, reply))
				}
				return
			}
			require.Error(t, err)
			assert.Contains(t, err.Error(), "down", "the log has the cause")
			if c.kind != binding.Other {
				assert.Equal(t, refusal.UpstreamFailed, refusal.Of(err))
			}
		})
	}
}

func TestService_faultIsAnAnswer(t *testing.T) {
	t.Parallel()
	first, second := answering(500, faulted), answering(200, placed)
	reply, err := service(t, routeTo(t, routing.Destination{}, first, second)).
		Handle(context.Background(), request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
	require.NoError(t, err)
	assert.True(t, reply.Fault)
	assert.Equal(t, faulted, text(t, reply))
	assert.Empty(t, second.sent, "a fault never leads to a backup")
}

func TestService_accepted(t *testing.T) {
	t.Parallel()
	c := &channel{version: soap.Soap11}
	reply, err := service(t, routeTo(t, routing.Destination{}, c)).
		Handle(context.Background(), request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
	require.NoError(t, err)
	assert.Nil(t, reply, "a 2xx without a message is passed on as accepted")
}

// TestService_spentBody: a body that was streamed away cannot be sent again,
// whatever the configuration says.
func TestService_spentBody(t *testing.T) {
	t.Parallel()
	long := strings.Replace(place, "<Place/>", "<Place>"+strings.Repeat("x", 300<<10)+"</Place>", 1)
	first, second := failing(binding.Aborted, binding.Unknown), answering(200, placed)
	req := request(t, soap.Soap11, long, "urn:place", soap.DecodeOptions{Needs: soap.Needs{Streamed: true}, Limits: soap.Limits{Message: 1 << 20}})
	require.Equal(t, soap.Once, req.Envelope.Body.State())
	_, err := service(t, routeTo(t, routing.Destination{}, first, second)).Handle(context.Background(), req)
	require.Error(t, err)
	assert.Len(t, first.sent, 1)
	assert.Empty(t, second.sent)
}

func TestService_cancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	first, second := failing(binding.Aborted, binding.NotDelivered), answering(200, placed)
	fail := first.answers
	first.answers = func(n int) (int, string, error) { cancel(); return fail(n) }
	_, err := service(t, routeTo(t, routing.Destination{}, first, second)).
		Handle(ctx, request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
	require.Error(t, err)
	assert.Empty(t, second.sent, "nobody waits for another attempt")
}

func TestService_multicast(t *testing.T) {
	t.Parallel()
	good, bad, also, low := &channel{version: soap.Soap11}, failing(binding.NotFound, binding.NotDelivered), answering(200, placed), &channel{version: soap.Soap11}
	one, two, three, four := routeTo(t, routing.Destination{}, good), routeTo(t, routing.Destination{}, bad), routeTo(t, routing.Destination{}, also), routeTo(t, routing.Destination{}, low)
	one.Priority, two.Priority, three.Priority = 1, 1, 1
	req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
	req.Shape = binding.OneWay
	reply, err := service(t, two, one, three, four).Handle(context.Background(), req)
	require.Error(t, err, "one destination did not get it")
	assert.Nil(t, reply)
	assert.Len(t, good.sent, 1, "a failure does not keep the others from theirs")
	assert.Len(t, also.sent, 1, "an answer to a one-way message is dropped")
	assert.Empty(t, low.sent, "only the highest level that matches")
}

func TestService_selection(t *testing.T) {
	t.Parallel()
	c := answering(200, placed)
	_, err := service(t, routeTo(t, routing.Destination{}, c), routeTo(t, routing.Destination{}, c)).
		Handle(context.Background(), request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
	assert.Equal(t, refusal.FilterMultiple, refusal.Of(err), "request-reply has one destination")

	for _, shape := range []binding.Shape{binding.RequestReply, binding.OneWay} {
		req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
		req.Shape = shape
		_, err = service(t).Handle(context.Background(), req)
		require.ErrorIs(t, err, filter.ErrNoMatch)
	}
	assert.Empty(t, c.sent)
}

func TestService_malformedAnswer(t *testing.T) {
	t.Parallel()
	c := &channel{version: soap.Soap12WSAddressing10, answers: func(int) (int, string, error) {
		return 200, `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>` +
			`<a:ReplyTo><b/></a:ReplyTo></s:Header><s:Body/></s:Envelope>`, nil
	}}
	m := strings.Replace(place, soap.Namespace11, soap.Namespace12, 1)
	_, err := service(t, routeTo(t, routing.Destination{}, c)).
		Handle(context.Background(), request(t, soap.Soap12WSAddressing10, m, "", soap.DecodeOptions{}))
	assert.Equal(t, refusal.UpstreamMalformed, refusal.Of(err), "an answer that cannot be read is not the client's mistake: %v", err)
}

// TestService_challenge: a destination that asks the client's own connection to
// authenticate is heard.
func TestService_challenge(t *testing.T) {
	t.Parallel()
	c := &channel{version: soap.Soap11, answers: func(int) (int, string, error) {
		return 0, "", &binding.SendError{
			Kind: binding.Security, Delivery: binding.Answered, Status: 401, Err: errors.New("unauthorised"),
			HTTP: binding.HTTPFields{{Name: "WWW-Authenticate", Value: "NTLM"}},
		}
	}}
	reply, err := service(t, routeTo(t, routing.Destination{Mode: routing.ForwardSigned}, c)).
		Handle(context.Background(), request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
	require.NoError(t, err)
	assert.Equal(t, 401, reply.Status)
	assert.Nil(t, reply.Draft)
	assert.Equal(t, "NTLM", reply.HTTP.Get("www-authenticate"))
}

func TestService_fields(t *testing.T) {
	t.Parallel()
	received := binding.HTTPFields{
		{Name: "Traceparent", Value: "00-1"},
		{Name: "Cookie", Value: "secret"},
		{Name: "X-Forwarded-For", Value: "10.0.0.1"},
		{Name: "X-Forwarded-For", Value: "10.0.0.2"},
		{Name: "X-Forwarded-Proto", Value: "HTTPS"},
		{Name: "Viaduct-Hops", Value: "0"},
	}
	for _, c := range []struct {
		name string
		d    routing.Destination
		want binding.HTTPFields
	}{
		{
			name: "only what may pass, and our own word",
			d:    routing.Destination{Pass: []string{"traceparent", "x-forwarded-for", "viaduct-hops"}},
			want: binding.HTTPFields{
				{Name: "Traceparent", Value: "00-1"},
				{Name: "X-Forwarded-For", Value: "192.0.2.7"},
				{Name: "X-Forwarded-Proto", Value: "http"},
				{Name: "Viaduct-Hops", Value: "3"},
			},
		},
		{
			name: "a trusted proxy is continued",
			d:    routing.Destination{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
			want: binding.HTTPFields{
				{Name: "X-Forwarded-For", Value: "10.0.0.1, 10.0.0.2, 192.0.2.7"},
				{Name: "X-Forwarded-Proto", Value: "https"},
				{Name: "Viaduct-Hops", Value: "3"},
			},
		},
		{
			name: "another network is trusted",
			d:    routing.Destination{Trusted: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}},
			want: binding.HTTPFields{
				{Name: "X-Forwarded-For", Value: "192.0.2.7"},
				{Name: "X-Forwarded-Proto", Value: "http"},
				{Name: "Viaduct-Hops", Value: "3"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := answering(200, placed)
			req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
			req.HTTP, req.Hops = received, 2
			reply, err := service(t, routeTo(t, c.d, b)).Handle(context.Background(), req)
			require.NoError(t, err)
			text(t, reply)
			assert.Equal(t, c.want, b.sent[0].fields)
		})
	}
}

func TestStep_String(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "fail again next", strings.Join([]string{routing.Fail.String(), routing.Again.String(), routing.Next.String()}, " "))
	assert.Equal(t, "routing forward-signed", routing.Routing.String()+" "+routing.ForwardSigned.String())
}

func TestNewDestination_noAddress(t *testing.T) {
	t.Parallel()
	a, err := addressing.New(parse(t, addressing.Anonymous))
	require.NoError(t, err)
	_, err = routing.NewDestination(routing.Destination{Address: a, Binding: &binding.Binding{Version: soap.Soap11}}, "")
	require.ErrorIs(t, err, addressing.ErrAnonymousAddress)
}

// TestService_replyTargets: an answer that the client wants at a listed address
// is addressed to it, in the client's version; any other goes back (RPL-04).
func TestService_replyTargets(t *testing.T) {
	t.Parallel()
	listed, err := addressing.NewReplyTargets([]uritable.URI{parse(t, "http://client.example/cb")})
	require.NoError(t, err)
	ask := func(to string) string {
		return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header><a:Action>urn:place</a:Action>` +
			`<a:MessageID>urn:uuid:1</a:MessageID><a:ReplyTo><a:Address>` + to + `</a:Address></a:ReplyTo></s:Header><s:Body><Place/></s:Body></s:Envelope>`
	}
	const answer = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>` +
		`<a:Action>urn:placed</a:Action></s:Header><s:Body><Placed/></s:Body></s:Envelope>`
	for _, c := range []struct {
		name    string
		targets *addressing.ReplyTargets
		to      string
		back    soap.Version // of the back end
		mode    routing.Mode
		want    string // target
		action  addressing.Action
	}{
		{name: "listed", targets: listed, to: "http://client.example/cb/1", back: soap.Soap12WSAddressing10, want: "http://client.example/cb/1", action: "urn:placed"},
		{name: "listed, bridged", targets: listed, to: "http://client.example/cb/1", back: soap.Soap11, want: "http://client.example/cb/1", action: "urn:placeResponse"},
		{name: "not listed", targets: listed, to: "http://victim.example/cb/1", back: soap.Soap12WSAddressing10},
		{name: "no list", to: "http://client.example/cb/1", back: soap.Soap12WSAddressing10},
		{name: "anonymous", targets: listed, to: "http://www.w3.org/2005/08/addressing/anonymous", back: soap.Soap12WSAddressing10},
		{name: "forward-signed changes nothing", targets: listed, to: "http://client.example/cb/1", back: soap.Soap12WSAddressing10, mode: routing.ForwardSigned},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ch := answering(200, answer)
			if ch.version = c.back; c.back == soap.Soap11 {
				ch = answering(200, placed)
			}
			s := service(t, routeTo(t, routing.Destination{Mode: c.mode}, ch))
			req := request(t, soap.Soap12WSAddressing10, ask(c.to), "urn:place", soap.DecodeOptions{})
			req.ReplyTargets = c.targets
			reply, err := s.Handle(context.Background(), req)
			require.NoError(t, err)
			got := text(t, reply)
			assert.Equal(t, c.action, reply.Action)
			if c.want == "" {
				assert.Nil(t, reply.To)
				assert.NotContains(t, got, ":To")
				return
			}
			require.NotNil(t, reply.To)
			assert.Equal(t, c.want, reply.To.URI.String())
			assert.Contains(t, got, ">"+c.want+"</a:To>")
			assert.Contains(t, got, "urn:uuid:1")
		})
	}
}

// TestService_dynamic: a destination that leaves the address to the message.
func TestService_dynamic(t *testing.T) {
	t.Parallel()
	there, fixed := answering(200, placed), answering(200, placed)
	closed := refusal.New(refusal.DialDenied, -1, "closed")
	d := routing.Destination{Dynamic: func(to uritable.URI) (binding.RequestChannel, error) {
		if to.Hostname() != "edge" {
			return nil, closed
		}
		return there, nil
	}}
	s := service(t, routeTo(t, d, fixed))
	req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
	reply, err := s.Handle(context.Background(), req)
	require.NoError(t, err)
	text(t, reply)
	assert.Equal(t, "http://edge:8000/router", req.Decision.Attempts[0].Address)
	req = request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
	req.Properties = addressing.Bare(soap.AddressingNone)
	req.Properties.Adopt(parse(t, "http://elsewhere/"), "urn:place")
	_, err = s.Handle(context.Background(), req)
	require.ErrorIs(t, err, closed)
	assert.Len(t, there.sent, 1)
	assert.Empty(t, fixed.sent)
}
