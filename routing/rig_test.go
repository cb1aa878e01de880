package routing_test

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// sent is one message as a channel got it.
type sent struct {
	text   string
	action addressing.Action
	fields binding.HTTPFields
}

// channel is a back end in memory: answers gives what the nth request gets.
type channel struct {
	version soap.Version
	sent    []sent
	answers func(n int) (status int, text string, err error)
}

func (c *channel) Close() error { return nil }

func (c *channel) Request(ctx context.Context, out *binding.Outgoing) (*binding.Incoming, error) {
	defer out.Draft.Close()
	var b bytes.Buffer
	if _, err := out.Draft.WriteTo(&b); err != nil {
		return nil, &binding.SendError{Delivery: binding.NotDelivered, Kind: binding.Other, Err: err}
	}
	c.sent = append(c.sent, sent{b.String(), out.Action, out.HTTP})
	if c.answers == nil {
		return nil, nil
	}
	status, text, err := c.answers(len(c.sent))
	if err != nil || text == "" {
		return nil, err
	}
	env, err := soap.Decode(ctx, strings.NewReader(text), soap.DecodeOptions{Version: c.version, Size: int64(len(text))})
	if err != nil {
		return nil, &binding.SendError{Delivery: binding.Answered, Kind: binding.Protocol, Err: err}
	}
	return &binding.Incoming{Envelope: env, Status: status}, nil
}

func parse(tb testing.TB, text string) uritable.URI {
	tb.Helper()
	u, err := uritable.Parse(text)
	require.NoError(tb, err)
	return u
}

// destination completes d for a channel; address is where it is.
func destination(tb testing.TB, c *channel, address string, d routing.Destination, headers ...addressing.Header) *routing.Destination {
	tb.Helper()
	a, err := addressing.New(parse(tb, address), headers...)
	require.NoError(tb, err)
	if d.Binding == nil {
		d.Binding = &binding.Binding{Version: c.version}
	}
	if d.Name == "" {
		d.Name = "backend"
	}
	d.Address, d.Channel = a, c
	done, err := routing.NewDestination(d, address)
	require.NoError(tb, err)
	return done
}

// service routes everything by the routes given, all of one priority.
func service(tb testing.TB, routes ...routing.Route) *routing.Service {
	tb.Helper()
	entries := make([]filter.Entry[*routing.Route], 0, len(routes))
	for _, r := range routes {
		r.Pos = source.Pos{File: "web.config", Line: 1, Column: 1}
		entries = append(entries, filter.Entry[*routing.Route]{Name: r.Filter, Filter: filter.MatchAll{}, Value: routing.NewRoute(r), Priority: r.Priority})
	}
	t, err := filter.NewTable(entries)
	require.NoError(tb, err)
	return routing.NewService(t)
}

// request is a message as hosting hands it to a handler.
func request(tb testing.TB, v soap.Version, text string, action addressing.Action, o soap.DecodeOptions) *binding.Request {
	tb.Helper()
	o.Version = v
	if o.Size == 0 {
		o.Size = int64(len(text))
	}
	env, err := soap.Decode(context.Background(), strings.NewReader(text), o)
	require.NoError(tb, err)
	req := binding.NewRequest(env, nil)
	req.Properties, err = addressing.Extract(env, nil)
	require.NoError(tb, err)
	req.Via = parse(tb, "http://edge:8000/router")
	req.Action, req.Shape, req.Endpoint = action, binding.RequestReply, "in"
	req.Properties.Adopt(req.Via, action)
	req.Listener = &binding.Listener{Binding: &binding.Binding{Version: v}}
	req.Peer.Address = netip.MustParseAddrPort("192.0.2.7:4711")
	return req
}

// text returns what a reply's message would be on the wire, and closes it.
func text(tb testing.TB, r *binding.Reply) string {
	tb.Helper()
	if r == nil || r.Draft == nil {
		return ""
	}
	defer r.Draft.Close()
	var b bytes.Buffer
	_, err := r.Draft.WriteTo(&b)
	require.NoError(tb, err)
	return b.String()
}
