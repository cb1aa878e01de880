package hosting_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/soap"
)

// faultCase is one way to a fault of dispatch 5.4.
type faultCase struct {
	name, headers, body string
	claim               addressing.Action
	contract            bool // the contract of one action, else every action
	handler             binding.HandlerFunc
	addressing          bool // needs addressing headers
	reason              refusal.Reason
}

var faultCases = []faultCase{
	{name: "FT-01", headers: `<a:To>http://edge:8000/ordres</a:To>` + action + id, addressing: true, reason: refusal.WSAUnreachable},
	{name: "FT-01 no To", headers: action + id, addressing: true, reason: refusal.WSAUnreachable},
	{name: "FT-02", headers: to + `<a:Action>urn:orders/Plaec</a:Action>` + id, claim: "urn:orders/Plaec", contract: true, addressing: true, reason: refusal.WSAAction},
	{name: "FT-02 none", claim: "urn:orders/Plaec", contract: true, reason: refusal.WSAAction},
	{name: "FT-04 FT-05", headers: to + id, contract: true, addressing: true, reason: refusal.WSAAction},
	{name: "FT-06 FT-07", headers: to + to + action + id, addressing: true, reason: refusal.WSACardinality},
	{name: "FT-08 FT-09", headers: to + action + id, claim: "urn:orders/Other", addressing: true, reason: refusal.SOAPActionMismatch},
	{
		name: "FT-10", headers: to + action + id + `<q:Sla xmlns:q="urn:ext" s:mustUnderstand="1"/><q:Trace xmlns:q="urn:ext" s:mustUnderstand="1"/>`,
		addressing: true, reason: refusal.SOAPMustUnderstand,
	},
	{name: "FT-10 none", headers: `<q:Sla xmlns:q="urn:ext" s:mustUnderstand="1"/>`, reason: refusal.SOAPMustUnderstand},
	{
		name: "FT-12", headers: to + action + id, addressing: true, reason: refusal.Internal,
		handler: func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
			req.Release()
			return nil, errors.New("secret of the machine")
		},
	},
	{
		name: "FT-14", headers: to + action + id, addressing: true,
		handler: func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
			req.Release()
			return nil, &soap.Fault{Code: soap.Sender, Reason: "division by zero", Lang: "en-US", Action: "urn:orders/Fault"}
		},
	},
	{
		name: "RPL-05", addressing: true, reason: refusal.WSAUnreachable,
		headers: `<a:To>http://edge:8000/ordres</a:To>` + action + id +
			`<a:FaultTo><a:Address>http://client/</a:Address><a:ReferenceParameters><c:C xmlns:c="urn:c">9</c:C></a:ReferenceParameters></a:FaultTo>`,
	},
	{
		name: "RPL-09", addressing: true, reason: refusal.WSAUnreachable,
		headers: `<a:To>http://edge:8000/ordres</a:To>` + action + id +
			`<a:FaultTo><a:Address>http://one/</a:Address></a:FaultTo><a:FaultTo><a:Address>http://two/</a:Address></a:FaultTo>`,
	},
}

var versions = []soap.Version{
	soap.Soap12WSAddressing10, soap.Soap12WSAddressingAugust2004, soap.Soap12,
	soap.Soap11WSAddressing10, soap.Soap11WSAddressingAugust2004, soap.Soap11,
}

// TestDispatch_fault compares the fault that each condition gives in each
// version with testdata/faults.txtar. The texts are our own, the rest is what
// WCF's clients look for.
func TestDispatch_fault(t *testing.T) {
	t.Parallel()
	testbed.RunGoldens(t, "testdata/faults.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		for _, c := range faultCases {
			for _, v := range versions {
				if c.addressing == (v.Addressing == soap.AddressingNone) {
					continue
				}
				section := c.name + " " + v.String()
				handler := c.handler
				if handler == nil {
					handler = echo
				}
				contract := anyAction()
				if c.contract {
					contract = place(false)
				}
				r := newRig(t, v, contract, hosting.Service{Name: "Orders", Handler: handler})
				reply, err := r.answer(t, r.receive(t, message(v, c.headers, c.body), c.claim))
				require.Error(t, err, section)
				require.NotNil(t, reply, section)
				assert.True(t, reply.Fault, section)
				assert.Zero(t, reply.Status, "%s: HTTP 500 by the mapping", section)
				assert.Equal(t, c.reason, reply.Reason, section)
				got := written(t, reply)
				assert.NotContains(t, got, "secret", section)
				g.Check(t, section, []byte(got))
			}
		}
	})
}

// TestDispatch_status: what the wire of WCF answers with a bare status has no
// fault (dispatch 5.5).
func TestDispatch_status(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	for _, c := range []struct {
		name, headers string
		reason        refusal.Reason
	}{
		{"To is no URI", `<a:To>orders</a:To>` + action, refusal.WSAInvalidAddress},
		{"broken ReplyTo", to + action + `<a:ReplyTo><x/></a:ReplyTo>`, refusal.WSAEPR},
		{"comment inside To", `<a:To>http://edge<!-- -->:8000/orders</a:To>` + action, refusal.XMLSplitValue},
		{"RPL-06 ReplyTo none", to + action + `<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/none</a:Address></a:ReplyTo>`, refusal.WSANone},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
			reply, err := r.answer(t, r.receive(t, message(v, c.headers, ""), ""))
			require.Error(t, err)
			assert.Equal(t, c.reason, refusal.Of(err))
			assert.Nil(t, reply)
			status, ok := binding.RefusalStatus(refusal.Of(err))
			assert.True(t, ok)
			assert.Contains(t, []int{202, 400}, status)
		})
	}
}

func TestDispatch_unavailable(t *testing.T) {
	t.Parallel()
	testbed.RunGoldens(t, "testdata/unavailable.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		for _, v := range versions {
			r := newRig(t, v, anyAction(), hosting.Service{Handler: binding.HandlerFunc(echo)})
			for _, reason := range []refusal.Reason{refusal.LimitCalls, refusal.LimitMemory} {
				reply := r.Fault(nil, refusal.New(reason, -1, "full"))
				assert.Equal(t, 503, reply.Status)
				assert.Equal(t, "1", reply.HTTP.Get("Retry-After"))
				assert.Equal(t, reason, reply.Reason)
				g.Check(t, v.String(), []byte(written(t, reply)))
			}
		}
	})
}

func TestDispatch_noFault(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	for _, c := range []struct {
		name, headers, body string
		reason              refusal.Reason
	}{
		{
			name: "T-SOAP-10 a fault is never answered with a fault", headers: `<a:To>http://edge:8000/ordres</a:To>` + action, reason: refusal.WSAUnreachable,
			body: `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason></s:Fault>`,
		},
		{
			name: "RPL-07 FaultTo none", reason: refusal.WSANone,
			headers: `<a:To>http://edge:8000/ordres</a:To>` + action + `<a:FaultTo><a:Address>http://www.w3.org/2005/08/addressing/none</a:Address></a:FaultTo>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, v, anyAction(), hosting.Service{Handler: binding.HandlerFunc(echo)})
			reply, err := r.answer(t, r.receive(t, message(v, c.headers, c.body), ""))
			require.Error(t, err)
			require.NotNil(t, reply)
			assert.Equal(t, 202, reply.Status)
			assert.Nil(t, reply.Draft)
			assert.Equal(t, c.reason, reply.Reason)
			assert.ErrorContains(t, reply.Err, "no endpoint has the address", "the log tells what happened")
		})
	}
}

// TestDispatch_hops: the counter is believed when it is high (T-WSA-04).
func TestDispatch_hops(t *testing.T) {
	t.Parallel()
	v := soap.Soap11
	for _, c := range []struct{ hops, most, loops int }{{hops: 7}, {hops: 8, loops: 1}, {hops: 2, most: 3}, {hops: 3, most: 3, loops: 1}} {
		r := newRig(t, v, anyAction(), hosting.Service{Handler: binding.HandlerFunc(echo)})
		r.MaxHops = c.most
		req := r.receive(t, message(v, "", ""), "urn:a")
		req.Hops = c.hops
		reply, err := r.answer(t, req)
		written(t, reply)
		if c.loops == 0 {
			require.NoError(t, err)
			continue
		}
		assert.Equal(t, refusal.WSALoop, refusal.Of(err))
		assert.True(t, reply.Fault)
	}
}

// later is an error that knows when to come back.
type later time.Duration

func (l later) Error() string { return "not now" }

func (l later) RetryAfter() time.Duration { return time.Duration(l) }

// TestDispatch_retryAfter: who finds no place at a back end learns when to come
// back (dispatch 7.5).
func TestDispatch_retryAfter(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	for after, want := range map[time.Duration]string{0: "1", 300 * time.Millisecond: "1", 1500 * time.Millisecond: "2", time.Minute: "60"} {
		r := newRig(t, v, anyAction(), hosting.Service{Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
			req.Release()
			return nil, &refusal.Error{Reason: refusal.UpstreamFailed, Offset: -1, Err: later(after)}
		})})
		reply, err := r.answer(t, r.receive(t, message(v, to+action, ""), ""))
		require.Error(t, err)
		assert.Equal(t, 503, reply.Status)
		assert.Equal(t, want, reply.HTTP.Get("Retry-After"))
		got := written(t, reply)
		assert.Contains(t, got, "EndpointUnavailable")
		assert.Contains(t, got, "RetryAfter")
	}
}
