package hosting_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func anyAction() *endpoint.Contract { return endpoint.AnyContract() }

func TestDispatch_reply(t *testing.T) {
	t.Parallel()
	const none = `<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/none</a:Address></a:ReplyTo>`
	const cb = `<a:ReplyTo><a:Address>http://client/cb</a:Address><a:ReferenceParameters><c:C xmlns:c="urn:c">9</c:C></a:ReferenceParameters></a:ReplyTo>`
	v := soap.Soap12WSAddressing10
	for _, c := range []struct {
		name, headers   string
		router, manual  bool
		contains, lacks []string
	}{
		{name: "RPL-01", headers: to + action + id, contains: []string{">urn:orders/PlaceResponse<", ">urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01</a:RelatesTo>"}, lacks: []string{"<a:To"}},
		{name: "RPL-02", headers: to + action, lacks: []string{"RelatesTo"}},
		{name: "RPL-04", headers: to + action + id + cb, contains: []string{`IsReferenceParameter="true"`}, lacks: []string{"http://client/cb"}},
		{name: "a router addresses by itself", headers: to + action + id + cb, router: true, lacks: []string{"RelatesTo"}},
		{name: "manual addressing", headers: to + action + id + cb, manual: true, lacks: []string{"RelatesTo"}},
		{name: "manual addressing takes ReplyTo none", headers: to + action + none, manual: true, lacks: []string{"RelatesTo"}},
		{name: "a router understands what it does not know", headers: to + action + `<q:Sla xmlns:q="urn:ext" s:mustUnderstand="1"/>`, router: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo), Router: c.router})
			r.binding.ManualAddressing = c.manual
			req := r.receive(t, message(v, c.headers, "<x/>"), "")
			reply, err := r.Handle(context.Background(), req)
			require.NoError(t, err)
			got := written(t, reply)
			for _, s := range c.contains {
				assert.Contains(t, got, s)
			}
			for _, s := range c.lacks {
				assert.NotContains(t, got, s)
			}
			assert.Equal(t, "orders", req.Endpoint)
			assert.Equal(t, "orders", req.Decision.Endpoint.Name)
			assert.Equal(t, binding.RequestReply, req.Shape)
		})
	}
}

func TestDispatch_accepted(t *testing.T) {
	t.Parallel()
	r := newRig(t, soap.Soap11, anyAction(), hosting.Service{Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		req.Release()
		return nil, nil
	})})
	reply, err := r.answer(t, r.receive(t, message(soap.Soap11, "", ""), "urn:a"))
	require.NoError(t, err)
	assert.Nil(t, reply)
}

// TestHost_Listener: LSN-01, LSN-02 and LSN-05 of dispatch 5.1, over http.
func TestHost_Listener(t *testing.T) {
	t.Parallel()
	s := hosting.NewSnapshot()
	add := func(name, uri string, m uritable.Mode) error {
		return s.Add(parse(t, uri), &binding.Listener{Name: name, Pos: source.Pos{File: "web.config", Line: len(name)}, Binding: &binding.Binding{HostMode: m}})
	}
	require.NoError(t, add("strong", "http://a:9000/x", uritable.StrongWildcard))
	require.NoError(t, add("exact", "http://a:9000/x/y", uritable.Exact))
	require.NoError(t, add("weak", "http://a:9000/", uritable.WeakWildcard))
	require.ErrorContains(t, add("twice", "http://a:9000/x", uritable.StrongWildcard), "web.config:6", "both sides are named")
	h := hosting.NewHost(s)
	assert.Equal(t, "strong", h.Listener(parse(t, "http://a:9000/x/y")).Name, "a strong one wins over a longer path")
	assert.Equal(t, "weak", h.Listener(parse(t, "http://b:9000/t")).Name)
	assert.Nil(t, h.Listener(parse(t, "http://a:9001/x")))
	h.Swap(hosting.NewSnapshot())
	assert.Nil(t, h.Listener(parse(t, "http://a:9000/x")), "the new snapshot is in force")
}

func TestDispatch_doubledReplyTo(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	const reply = `<a:ReplyTo><a:Address>http://client/</a:Address></a:ReplyTo>`
	r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
	got, err := r.answer(t, r.receive(t, message(v, to+action+reply+reply, ""), ""))
	assert.Equal(t, refusal.WSACardinality, refusal.Of(err))
	assert.Contains(t, written(t, got), "InvalidCardinality")
}

// BenchmarkDispatch_Handle is what hosting adds to a message that a service takes
// without an answer.
func BenchmarkDispatch_Handle(b *testing.B) {
	for _, v := range []soap.Version{soap.Soap11, soap.Soap12WSAddressing10} {
		b.Run("version="+v.String(), func(b *testing.B) {
			r := newRig(b, v, place(false), hosting.Service{Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
				req.Release()
				return nil, nil
			})})
			headers := ""
			if v.Addressing != soap.AddressingNone {
				headers = to + action + id
			}
			first := r.receive(b, message(v, headers, "<x/>"), "urn:orders/Place")
			b.ReportAllocs()
			for b.Loop() {
				first.Envelope.Retain()
				req := binding.NewRequest(first.Envelope, nil)
				req.Via, req.Action, req.Listener = first.Via, first.Action, first.Listener
				req.Retain()
				if _, err := r.Handle(b.Context(), req); err != nil {
					b.Fatal(err)
				}
				req.Release()
			}
		})
	}
}
