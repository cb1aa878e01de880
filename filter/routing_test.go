package filter

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xpath"
)

func TestNewRoutingTable_headersOnly(t *testing.T) {
	t.Parallel()
	entries := []Entry[int]{
		{Name: "head", Filter: build(t, "xpath", "sm:action()"), Pos: pos(3)},
		{Name: "body", Filter: build(t, "xpath", "sm:body()/o:Place"), Pos: pos(4)},
		{Name: "both", Filter: NewAnd("", MatchAll{}, "deep", NewAnd("", build(t, "xpath", "//o:x"), "", MatchAll{})), Pos: pos(5)},
	}
	_, err := NewRoutingTable(entries, Options{HeadersOnly: true})
	var body *BodyError
	require.ErrorAs(t, err, &body)
	assert.Equal(t, `web.config:4:5: filter "body" reads the body (sm:body()/o:Place), and routeOnHeadersOnly, which is true unless written, forbids that; write routeOnHeadersOnly="false"
web.config:5:5: filter "both" reads the body (//o:x), and routeOnHeadersOnly, which is true unless written, forbids that; write routeOnHeadersOnly="false"`, err.Error())

	table, err := NewRoutingTable(entries[:1], Options{HeadersOnly: true})
	require.NoError(t, err)
	assert.False(t, table.ReadsBody())
	table, err = NewRoutingTable(entries, Options{})
	require.NoError(t, err)
	assert.True(t, table.ReadsBody())
}

// TestTable_Match_lazy: the body is read for the levels that need it only.
func TestTable_Match_lazy(t *testing.T) {
	t.Parallel()
	table, err := NewTable([]Entry[string]{
		{Name: "head", Filter: build(t, "xpath", "sm:action()='urn:a'"), Priority: 1},
		{Name: "body", Filter: build(t, "xpath", "sm:body()/o:Place")},
	})
	require.NoError(t, err)
	arriving := strings.Repeat("x", 200<<10)
	e, err := table.Match(inputWith(t, "Soap12WSAddressing10", "<a:Action>urn:a</a:Action>", arriving))
	require.NoError(t, err)
	assert.Equal(t, "head", e.Name)
	_, err = table.Match(inputWith(t, "Soap12WSAddressing10", "", arriving))
	require.ErrorIs(t, err, xpath.ErrBody, "an error, not a failed match")

	in := inputWith(t, "Soap12WSAddressing10", "", arriving+`<o:Place xmlns:o="urn:orders"/>`)
	require.NoError(t, in.Envelope.Body.Hold(t.Context(), 0))
	e, err = table.Match(in)
	require.NoError(t, err)
	assert.Equal(t, "body", e.Name)
}

// TestTable_published is the advanced filters scenario of WCF's documentation: a
// header asks for rounding, else the virtual endpoint or address chosen by the
// client decides, else the two services alternate.
func TestTable_published(t *testing.T) {
	t.Parallel()
	g := NewGroup("group1")
	prefix := build(t, "prefix", "http://localhost/routingservice/router/rounding/")
	header, err := NewXPath("/s12:Envelope/s12:Header/custom:RoundingCalculator = 1", xpath.Namespaces{"custom": "http://my.custom.namespace/"})
	require.NoError(t, err)
	table, err := NewRoutingTable([]Entry[string]{
		{Name: "XPathFilter", Filter: header, Priority: 2, Value: "rounding"},
		{Name: "EndpointNameFilter", Filter: NewEndpointName("calculatorEndpoint"), Priority: 1, Value: "regular"},
		{Name: "PrefixAddressFilter", Filter: prefix, Priority: 1, Value: "rounding"},
		{Name: "RoundRobinFilter1", Filter: NewRoundRobin(g), Value: "rounding"},
		{Name: "RoundRobinFilter2", Filter: NewRoundRobin(g), Value: "regular"},
	}, Options{HeadersOnly: true})
	require.NoError(t, err)
	const custom = `<c:RoundingCalculator xmlns:c="http://my.custom.namespace/">1</c:RoundingCalculator>`
	for _, c := range []struct{ endpoint, to, headers, want string }{
		{"calculatorEndpoint", "http://localhost/routingservice/router/general", custom, "rounding"},
		{"calculatorEndpoint", "http://localhost/routingservice/router/general", "", "regular"},
		{"routerEndpoint", "http://localhost/routingservice/router/rounding/calc", "", "rounding"},
		{"routerEndpoint", "http://localhost/routingservice/router/general", "", "rounding"},
		{"routerEndpoint", "http://localhost/routingservice/router/general", "", "regular"},
		{"routerEndpoint", "http://localhost/routingservice/router/general", "", "rounding"},
		{"routerEndpoint", "http://localhost/routingservice/router/general", "", "regular"},
	} {
		in := input(t, "Soap12WSAddressing10", "<a:To>"+c.to+"</a:To>"+c.headers)
		in.EndpointName = c.endpoint
		e, err := table.Match(in)
		require.NoError(t, err)
		assert.Equal(t, c.want, e.Value, "%v", c)
	}
}

func TestTable_Match_budget(t *testing.T) {
	t.Parallel()
	asked := 0
	table, err := NewRoutingTable([]Entry[int]{
		{Name: "one", Filter: build(t, "xpath", "//o:a"), Priority: 1},
		{Name: "two", Filter: build(t, "xpath", "count(//o:b[o:c='1'])~>~5000")},
	}, Options{Budget: func() xpath.Budget {
		asked++
		return xpath.Budget{Visits: 10}
	}})
	require.NoError(t, err)
	_, err = table.Match(inputWith(t, "Soap12", "", strings.Repeat(`<b xmlns="urn:orders"><c/></b>`, 1000)))
	assert.Equal(t, refusal.FilterBudget, refusal.Of(err))
	e, err := table.Match(inputWith(t, "Soap12", "", `<a xmlns="urn:orders"/>`))
	require.NoError(t, err)
	assert.Equal(t, "one", e.Name)
	assert.Equal(t, 2, asked, "once a message for all levels")
}

func TestNewTable_roundRobinTwice(t *testing.T) {
	t.Parallel()
	g := NewGroup("g")
	assert.Equal(t, "g", g.Name())
	f := NewRoundRobin(g)
	ok, err := f.Match(input(t, "Soap12", ""))
	require.NoError(t, err)
	assert.True(t, ok, "alone in its group")
	assert.Equal(t, "match", f.Explain(input(t, "Soap12", "")))
	assert.Equal(t, `RoundRobin "g"`, f.String())
	_, err = NewTable([]Entry[int]{{Name: "a", Filter: f, Pos: pos(1)}, {Name: "b", Filter: NewAnd("", f, "", MatchAll{}), Pos: pos(2)}})
	assert.EqualError(t, err, `web.config:2:5: filter "b": member of round-robin group "g" stands in the table twice; make one filter for each entry`)
}

// TestGroup_shared: the turns go on in the next table, and every message takes
// one, however many come at a time.
func TestGroup_shared(t *testing.T) {
	t.Parallel()
	g := NewGroup("g")
	tables := make([]*Table[int], 2)
	for i := range tables {
		var err error
		tables[i], err = NewTable([]Entry[int]{{Name: "a", Filter: NewRoundRobin(g), Value: 0}, {Name: "b", Filter: NewRoundRobin(g), Value: 1}})
		require.NoError(t, err)
	}
	const messages = 500
	var hits [4][2]int
	var all sync.WaitGroup
	for w := range hits {
		in := input(t, "Soap12", "")
		all.Go(func() {
			for range messages {
				in.Reset(in.Envelope, in.Properties, "")
				if e, err := tables[w%2].Match(in); assert.NoError(t, err) {
					hits[w][e.Value]++
				}
			}
		})
	}
	all.Wait()
	total := [2]int{}
	for _, h := range hits {
		total[0] += h[0]
		total[1] += h[1]
	}
	assert.Equal(t, [2]int{len(hits) * messages / 2, len(hits) * messages / 2}, total)
}

func TestRoundRobin_Explain(t *testing.T) {
	t.Parallel()
	g := NewGroup("g")
	table, err := NewTable([]Entry[int]{{Name: "a", Filter: NewRoundRobin(g)}, {Name: "b", Filter: NewRoundRobin(g)}})
	require.NoError(t, err)
	in := input(t, "Soap12", "")
	for range 2 { // explanations take no turn
		list := table.Explain(in)
		assert.Equal(t, "match", list[0].Text)
		assert.Equal(t, `it is the turn of member 1 of 2 in group "g", and this is member 2`, list[1].Text)
	}
}

func TestFilter_Explain_alias(t *testing.T) {
	t.Parallel()
	f := build(t, "addresses-alias", "http://private:8080/in,http://public/orders")
	assert.Equal(t, "match: alias http://public/orders", f.Explain(input(t, "Soap12WSAddressing10", "<a:To>http://public/orders</a:To>")))
	assert.Equal(t, "match", f.Explain(input(t, "Soap12WSAddressing10", "<a:To>http://private:8080/in</a:To>")))
	assert.Equal(t, `To http://public/order differs in the path at character 20: nothing against "s"; http://public/orders would match`,
		f.Explain(input(t, "Soap12WSAddressing10", "<a:To>http://public/order</a:To>")), "the nearest one")
	assert.Equal(t, "EndpointAddress http://private:8080/in or http://public/orders", f.String())
}

// TestTable_Conflicts_roundRobin: one member of a group matches every message
// that reaches its level.
func TestTable_Conflicts_roundRobin(t *testing.T) {
	t.Parallel()
	g, h := NewGroup("g"), NewGroup("h")
	for _, c := range []struct {
		name    string
		filters []Filter
		want    int
	}{
		{"members of one group", []Filter{NewRoundRobin(g), NewRoundRobin(g)}, 0},
		{"two groups", []Filter{NewRoundRobin(g), NewRoundRobin(g), NewRoundRobin(h)}, 1},
		{"a group and all", []Filter{NewRoundRobin(g), MatchAll{}}, 1},
		{"a member inside And", []Filter{NewAnd("", NewEndpointName("e"), "", NewRoundRobin(g)), NewRoundRobin(g), MatchAll{}}, 0},
	} {
		entries := make([]Entry[int], 0, len(c.filters))
		for i, f := range c.filters {
			entries = append(entries, Entry[int]{Name: string(rune('a' + i)), Filter: f})
		}
		table, err := NewTable(entries)
		require.NoError(t, err)
		assert.Len(t, table.Conflicts(), c.want, c.name)
	}
}
