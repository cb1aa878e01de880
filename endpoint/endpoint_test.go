package endpoint

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestContract_Operation(t *testing.T) {
	t.Parallel()
	c := &Contract{Name: "IOrders", Operations: []Operation{{Name: "Place", Action: "urn:a", Initiating: true}}}
	o, err := c.Operation("urn:a")
	require.NoError(t, err)
	assert.Equal(t, "Place", o.Name)
	assert.Equal(t, binding.RequestReply, o.Shape())
	_, err = c.Operation("urn:b")
	var unhandled *UnhandledActionError
	require.ErrorAs(t, err, &unhandled)
	f := addressing.FaultFrom(err, soap.Soap12WSAddressing10)
	assert.Equal(t, string(addressing.DefaultFaultAction(soap.Addressing10)), f.Action, "FT-03 has the default action")
	assert.Contains(t, string(f.Detail), ">urn:b<")

	c.Operations = append(c.Operations, Operation{Name: "Rest", Action: "*", OneWay: true})
	o, err = c.Operation("urn:b")
	require.NoError(t, err)
	assert.Equal(t, "Rest", o.Name)
	assert.Equal(t, binding.Either, c.Shape(), "operations of both shapes")

	c.Operations = append(c.Operations, Operation{Name: "Again", Action: "urn:a"})
	assert.ErrorContains(t, c.Check(), `operations "Place" and "Again" have the same action "urn:a"`)
}

func TestRouterContract(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		shape   binding.Shape
		session SessionMode
	}{
		"ISimplexDatagramRouter": {binding.OneWay, SessionAllowed},
		"ISimplexSessionRouter":  {binding.OneWay, SessionRequired},
		"IRequestReplyRouter":    {binding.RequestReply, SessionAllowed},
		"IDuplexSessionRouter":   {binding.OneWay, SessionRequired},
	} {
		c, ok := RouterContract("System.ServiceModel.Routing." + name)
		require.True(t, ok, name)
		assert.True(t, c.IsRouter())
		assert.Equal(t, want.shape, c.Shape(), name)
		assert.Equal(t, want.session, c.Session, name)
		f, priority := c.Filter()
		assert.Equal(t, filter.MatchAll{}, f, name)
		assert.Zero(t, priority, name)
		assert.NoError(t, c.Check())
	}
	_, ok := RouterContract("IRequestReplyRouter")
	assert.False(t, ok, "the name has its namespace in front")
	assert.False(t, AnyContract().IsRouter())
	assert.Equal(t, binding.Either, AnyContract().Shape())
	assert.Equal(t, binding.Either, (&Contract{}).Shape())
}

func TestNewTable_errors(t *testing.T) {
	t.Parallel()
	list := parseEndpoints(t, "one urn:a http://h/o; two urn:a http://H:80/o/; three urn:b http://h/o")
	list[2].Binding = &binding.Binding{Kind: "wsHttpBinding"}
	list = append(list, &Endpoint{Name: "four"})
	_, err := NewTable(list, Exact)
	require.Error(t, err)
	assert.Equal(t, `web.config:2: endpoint "two" takes action "urn:a", and so does endpoint "one" (web.config:1) at the same address; give one another address or contract
web.config:3: endpoint "three" listens at http://h/o with another binding than endpoint "one" (web.config:1); endpoints that share a listen URI need the same binding and bindingConfiguration
-: endpoint "four" has no contract; name one`, err.Error())

	_, err = NewTable(parseEndpoints(t, "one * http://h/a; two * http://h/b"), Any)
	assert.ErrorContains(t, err, `endpoint "two" takes action "*"`, "with mode Any addresses make no difference")
}

func TestNewContract(t *testing.T) {
	t.Parallel()
	c, err := NewContract("IOrders", []Operation{{Action: "urn:a"}, {Name: "Note", Action: "urn:b", OneWay: true}})
	require.NoError(t, err)
	assert.Equal(t, []Operation{
		{Name: "urn:a", Action: "urn:a", Initiating: true}, {Name: "Note", Action: "urn:b", OneWay: true, Initiating: true},
	}, c.Operations)
	f, priority := c.Filter()
	assert.Equal(t, `Action "urn:a", "urn:b"`, f.String())
	assert.Equal(t, 1, priority)

	_, err = NewContract("IOrders", []Operation{{Name: "A", Action: "urn:a"}, {Name: "B", Action: "urn:a"}, {Name: "C"}, {Name: "D", Action: "urn:d", OneWay: true, ReplyAction: "urn:r"}})
	assert.EqualError(t, err, `contract "IOrders": operations "A" and "B" have the same action "urn:a"; give each its own
contract "IOrders": operation "C" has no action; add one, or * for every action
contract "IOrders": operation "D" is one-way and has a reply action; remove one of them`)
	_, err = NewContract("INone", nil)
	assert.EqualError(t, err, `contract "INone" has no operation; add one`)
}

func TestContract_CheckSessions(t *testing.T) {
	t.Parallel()
	require.NoError(t, AnyContract().CheckSessions("basicHttpBinding"))
	c, _ := RouterContract("System.ServiceModel.Routing.IDuplexSessionRouter")
	assert.EqualError(t, c.CheckSessions("basicHttpBinding"), "contract System.ServiceModel.Routing.IDuplexSessionRouter needs sessions, and "+
		"basicHttpBinding has none; it waits for netTcpBinding, netNamedPipeBinding and for wsHttpBinding with reliable or secure sessions, "+
		"which this version does not serve. Use IRequestReplyRouter, or ISimplexDatagramRouter for one-way messages")
	c, _ = RouterContract("System.ServiceModel.Routing.ISimplexSessionRouter")
	assert.ErrorContains(t, c.CheckSessions("wsHttpBinding"), "Use ISimplexDatagramRouter")
	c = &Contract{Name: "IChat", Session: SessionRequired}
	assert.ErrorContains(t, c.CheckSessions("wsHttpBinding"), "Use a contract without sessions")
}

// TestNewTable_group: what endpoints of one listener must agree on (dispatch 5.2).
func TestNewTable_group(t *testing.T) {
	t.Parallel()
	list := parseEndpoints(t, "one urn:a http://h/o; two urn:b http://h/o; three urn:c http://h/o; four urn:a http://h/x alias=http://h/o")
	list[0].Contract.Session = SessionRequired
	list[1].Contract.Session = SessionNotAllowed
	list[2].Address.Identity = &addressing.Identity{Kind: addressing.DNS, Name: "edge"}
	_, err := NewTable(list, Exact)
	assert.EqualError(t, err, `web.config:2: endpoint "two" and endpoint "one" (web.config:1) share a listen URI, and one contract requires sessions that the other forbids; give one another address
web.config:3: endpoint "three" listens at http://h/o with another identity than endpoint "one" (web.config:1); endpoints that share a listen URI need the same identity
web.config:4: endpoint "four" takes action "urn:a", and so does endpoint "one" (web.config:1) at the same address; give one another address or contract`)
}

func TestNoMatchError_Explain_many(t *testing.T) {
	t.Parallel()
	_, err := bigTable(t, 100).Select(message(t, "Soap12WSAddressing10", "urn:orders/Get", "http://edge:8000/services/x99"))
	var no *NoMatchError
	require.ErrorAs(t, err, &no)
	text := no.Explain()
	assert.Contains(t, text, `differs from endpoint "99" http://edge:8000/services/s99 in the path at character 27: "x" against "s"`)
	assert.Contains(t, text, "s19 and 80 more")
	assert.Empty(t, (&NoMatchError{}).Explain(), "without a table there is nothing to compare with")
	for _, x := range Candidates(bigTable(t, 1).Explain(message(t, "Soap12WSAddressing10", "urn:orders/Get", "http://edge:8000/services/s0"))) {
		assert.Equal(t, binding.Candidate{Name: `"0"`, Priority: 1, Matched: true, Text: "match"}, x)
	}
}

// TestEndpoint_explainAlias: an explanation says which address it was.
func TestEndpoint_explainAlias(t *testing.T) {
	t.Parallel()
	table, err := NewTable(parseEndpoints(t, "orders * http://private:8080/in alias=http://public/orders"), Exact)
	require.NoError(t, err)
	in := message(t, "Soap12WSAddressing10", "urn:a", "http://public/orders")
	assert.Equal(t, "match: alias http://public/orders", table.Explain(in)[0].Text)
}

func TestTable_Select_reasons(t *testing.T) {
	t.Parallel()
	table, err := NewTable(parseEndpoints(t, "orders urn:a http://h/orders; stock urn:b http://h/stock"), Exact)
	require.NoError(t, err)
	in := message(t, "Soap12WSAddressing10", "urn:b", "http://h/orders")
	_, err = table.Select(in)
	assert.Equal(t, refusal.WSAAction, refusal.Of(err))
	assert.Equal(t, `no endpoint at this address takes action "urn:b": action "urn:b" differs from "urn:a" of endpoint "orders" at character 5: "b" against "a"`, err.Error())
	var lines []string
	for _, x := range table.Explain(in) {
		lines = append(lines, x.Entry.Name+": "+x.Text)
	}
	assert.Equal(t, []string{
		`"orders": filter "contract": action "urn:b" differs at character 5; "urn:a" would match`,
		`"stock": filter "address": To http://h/orders differs in the path at character 10: "orders" against "stock"; http://h/stock would match`,
	}, lines)

	// H-079: what a fault repeats of the message is no markup.
	_, err = table.Select(message(t, "Soap12WSAddressing10", "urn:b", "http://h/&lt;script>"))
	assert.Equal(t, refusal.WSAUnreachable, refusal.Of(err))
	assert.Contains(t, addressing.FaultFrom(err, soap.Soap12WSAddressing10).Reason, "'http://h/%3Cscript%3E'")
}

func TestEndpoint_addresses(t *testing.T) {
	t.Parallel()
	e := parseEndpoints(t, "orders urn:a http://public/orders")[0]
	assert.Equal(t, e.Address.URI, e.Listen())
	assert.Equal(t, e.Address.URI, e.Via())
	require.NoError(t, e.CheckClient())
	e.ListenURI = uri(t, "http://localhost:8080/in")
	assert.Equal(t, e.ListenURI, e.Listen())

	e.Behaviors.Via = uri(t, "http://proxy:9/x")
	e.Binding = &binding.Binding{Kind: "wsHttpBinding", Version: soap.Soap12WSAddressing10}
	require.NoError(t, e.CheckClient(), "VIA-02")
	e.Binding = &binding.Binding{Kind: "basicHttpBinding", Version: soap.Soap11}
	require.ErrorContains(t, e.CheckClient(), "remove clientVia", "VIA-03")
	require.Error(t, (&Endpoint{}).CheckClient())
	assert.Equal(t, "Prefix", Prefix.String())
}

func bigTable(t testing.TB, n int) *Table {
	list := make([]*Endpoint, n)
	for i := range list {
		a, err := addressing.New(uri(t, "http://edge:8000/services/s"+strconv.Itoa(i)))
		require.NoError(t, err)
		list[i] = &Endpoint{Name: strconv.Itoa(i), Address: a, Contract: &Contract{
			Name: "IOrders", Operations: []Operation{{Action: "urn:orders/Get", Initiating: true}, {Action: "urn:orders/Place", Initiating: true}},
		}}
	}
	table, err := NewTable(list, Exact)
	require.NoError(t, err)
	return table
}

func TestTable_Select_allocations(t *testing.T) {
	table := bigTable(t, 100)
	in := message(t, "Soap12WSAddressing10", "urn:orders/Place", "http://edge:8000/Services/S99")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		in.Reset(in.Envelope, in.Properties, in.EndpointName)
		if e, err := table.Select(in); err != nil || e.Name != "99" {
			panic(fmt.Sprint(e, err))
		}
	}))
}

func BenchmarkTable_Select(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run("endpoints="+strconv.Itoa(n), func(b *testing.B) {
			table := bigTable(b, n)
			in := message(b, "Soap12WSAddressing10", "urn:orders/Place", "http://edge:8000/Services/S"+strconv.Itoa(n-1))
			b.ReportAllocs()
			for b.Loop() {
				in.Reset(in.Envelope, in.Properties, in.EndpointName)
				if _, err := table.Select(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
