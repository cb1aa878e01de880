package hosting_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// rig is one listener at http://edge:8000/orders.
type rig struct {
	*hosting.Dispatch
	binding *binding.Binding
}

func parse(tb testing.TB, text string) uritable.URI {
	tb.Helper()
	u, err := uritable.Parse(text)
	require.NoError(tb, err)
	return u
}

// place is a contract of one operation.
func place(oneWay bool) *endpoint.Contract {
	return &endpoint.Contract{Name: "IOrders", Operations: []endpoint.Operation{
		{Name: "Place", Action: "urn:orders/Place", OneWay: oneWay, Initiating: true},
	}}
}

func newRig(tb testing.TB, v soap.Version, c *endpoint.Contract, s hosting.Service) *rig {
	tb.Helper()
	b := &binding.Binding{Version: v}
	a, err := addressing.New(parse(tb, "http://edge:8000/orders"))
	require.NoError(tb, err)
	ep := &endpoint.Endpoint{Name: "orders", Address: a, Binding: b, Contract: c}
	table, err := endpoint.NewTable([]*endpoint.Endpoint{ep}, endpoint.Exact)
	require.NoError(tb, err)
	return &rig{&hosting.Dispatch{
		Host: hosting.NewHost(hosting.NewSnapshot()), Endpoints: table, Version: v,
		Services: map[*endpoint.Endpoint]*hosting.Service{ep: &s},
	}, b}
}

// receive makes a request as a transport does, and keeps a reference for the
// fault until the test ends.
func (r *rig) receive(tb testing.TB, message string, claim addressing.Action) *binding.Request {
	tb.Helper()
	env, err := soap.Decode(context.Background(), strings.NewReader(message), soap.DecodeOptions{Version: r.Version, Size: int64(len(message))})
	require.NoError(tb, err)
	req := binding.NewRequest(env, nil)
	req.Via, req.Action = parse(tb, "http://edge:8000/orders"), claim
	req.Listener = &binding.Listener{Name: "orders", Binding: r.binding}
	req.Retain()
	tb.Cleanup(req.Release)
	return req
}

// answer does what a transport does with a request.
func (r *rig) answer(tb testing.TB, req *binding.Request) (reply *binding.Reply, err error) {
	tb.Helper()
	reply, err = r.Handle(context.Background(), req)
	if err != nil {
		reply = r.Fault(req, err)
	}
	return reply, err
}

// written returns the message of a reply and closes it.
func written(tb testing.TB, reply *binding.Reply) string {
	tb.Helper()
	if reply == nil || reply.Draft == nil {
		return ""
	}
	defer reply.Draft.Close()
	var b bytes.Buffer
	_, err := reply.Draft.WriteTo(&b)
	require.NoError(tb, err)
	return b.String()
}

// message is an envelope of version v with these headers; a: is the prefix of
// addressing.
func message(v soap.Version, headers, body string) string {
	return `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + v.Addressing.Namespace() + `"><s:Header>` + headers +
		`</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

const (
	to     = `<a:To>http://edge:8000/orders</a:To>`
	action = `<a:Action>urn:orders/Place</a:Action>`
	id     = `<a:MessageID>urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01</a:MessageID>`
)

// echo answers with the message's body.
func echo(_ context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	d := soap.NewDraft(req.Envelope)
	for i := range req.Envelope.Blocks() {
		d.Remove(i)
	}
	return &binding.Reply{Draft: d}, nil
}
