package assemble_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const (
	ordersNames = `<namespaceTable><add prefix="o" namespace="urn:orders"/></namespaceTable>`
	twoBacks    = `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>
		<endpoint name="other" address="http://@other@/orders" ` + basic + ` contract="*"/>`
)

// order is a SOAP 1.1 message with content in its body.
func order(content string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:o="urn:orders"><s:Header><o:H/></s:Header><s:Body>` + content + `</s:Body></s:Envelope>`
}

// TestFilters_body: an expression over the body, which is held and whose
// structure is checked to its end before it decides (threats 3.2).
func TestFilters_body(t *testing.T) {
	t.Parallel()
	p := parts{
		client: twoBacks, names: ordersNames, attributes: `routeOnHeadersOnly="false"`,
		filters: `<filter name="big" filterType="XPath" filterData="sum(//o:Line/attribute::amount) > 100"/><filter name="all" filterType="MatchAll"/>`,
		table:   `<add filterName="big" endpointName="other" priority="1"/><add filterName="all" endpointName="back"/>`,
	}
	back, other := backend(t), backend(t)
	x := start(t, p, map[string]*testbed.Backend{"back": back, "other": other})
	send := func(content string) int {
		return x.exchange("front", x.post("/router", text11, order(content))).Status
	}
	require.Equal(t, 200, send(`<o:Order><o:Line amount="60"/><o:Line amount="39"/></o:Order>`))
	require.Equal(t, 200, send(`<o:Order><o:Line amount="60"/><o:Line amount="41"/>`+strings.Repeat(" ", 30000)+`</o:Order>`))
	assert.Len(t, back.Received(), 1)
	assert.Len(t, other.Received(), 1)
	assert.Equal(t, 400, send(`<o:Order><o:Line amount="60"/></o:Other>`), "no structure")
	assert.Len(t, back.Received(), 1)
}

func TestFilters_budget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		settings string
		want     int
	}{{"", 200}, {"filter: {visits: 50}", 500}, {"filter: {time: 1ns}", 500}} {
		t.Run(c.settings, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{
				names: ordersNames, attributes: `routeOnHeadersOnly="false"`, settings: c.settings,
				filters: `<filter name="all" filterType="XPath" filterData="count(//o:Line[//o:Line]) > 0"/>`,
			}, map[string]*testbed.Backend{"back": backend(t)})
			r := x.exchange("front", x.post("/router", text11, order(strings.Repeat(`<o:Line/>`, 100))))
			assert.Equal(t, c.want, r.Status)
			if c.want != 200 {
				assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "filter.budget")
			}
		})
	}
}

// TestFilters_custom: what the settings put in the place of .NET code.
func TestFilters_custom(t *testing.T) {
	t.Parallel()
	for is, want := range map[string][2]int{"round-robin": {2, 2}, "match-all": {0, 4}, "match-none": {4, 0}} {
		t.Run(is, func(t *testing.T) {
			t.Parallel()
			back, other := backend(t), backend(t)
			custom := `filterType="Custom" customType="Contoso.Turns, Contoso, Version=1.0.0.0" filterData="g"/>`
			p := parts{
				client: twoBacks, settings: "filters: [{type: Contoso.Turns, is: " + is + "}]",
				filters: `<filter name="one" ` + custom + `<filter name="two" ` + custom + `<filter name="all" filterType="MatchAll"/>`,
				table:   `<add filterName="one" endpointName="other" priority="1"/><add filterName="all" endpointName="back"/>`,
			}
			if is == "round-robin" {
				p.table = `<add filterName="one" endpointName="back" priority="1"/><add filterName="two" endpointName="other" priority="1"/>`
			} else {
				p.filters = strings.Replace(p.filters, `<filter name="two" `+custom, "", 1)
			}
			x := start(t, p, map[string]*testbed.Backend{"back": back, "other": other})
			for range 4 {
				require.Equal(t, 200, x.ask(testbed.Message{}).Status)
			}
			assert.Len(t, back.Received(), want[0])
			assert.Len(t, other.Received(), want[1])
		})
	}
}

// TestBuild_refusesRouting: whatever stops a start names its place and what to
// do.
func TestBuild_refusesRouting(t *testing.T) {
	t.Parallel()
	const (
		two    = `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/><endpoint name="b" address="http://@back@/b" ` + basic + ` contract="*"/>`
		manual = `<customBinding><binding name="m"><textMessageEncoding messageVersion="Soap11"/><httpTransport manualAddressing="true"/></binding></customBinding>`
	)
	for _, c := range []struct {
		name string
		p    parts
		want []string
	}{
		{
			name: "an expression that is none", p: parts{filters: `<filter name="all" filterType="XPath" filterData="//o:a"/>`},
			want: []string{`web.config:17:50: filter "all": `, "prefix"},
		},
		{
			name: "an expression over the body", p: parts{filters: `<filter name="all" filterType="XPath" filterData="//a"/>`},
			want: []string{`web.config:19:4: filter "all" reads the body (//a)`, `write routeOnHeadersOnly="false"`},
		},
		{
			name: "a custom filter", p: parts{filters: `<filter name="all" filterType="Custom" customType="Contoso.Gate, Contoso" filterData="x"/>`},
			want: []string{`web.config:17:51: filter "all": nothing stands for Contoso.Gate, which is .NET code; add to viaduct.yaml:`, "filters:", "- type: Contoso.Gate", "is: round-robin"},
		},
		{
			name: "a custom filter that is not there", p: parts{settings: "filters: [{type: Contoso.Gate, is: match-all}]"},
			want: []string{`viaduct.yaml:1:18: no custom filter of type "Contoso.Gate" in web.config; it has none`},
		},
		{
			name: "members of one group at one priority", p: parts{
				filters: `<filter name="all" filterType="Custom" customType="RoundRobinMessageFilter" filterData="g"/><filter name="two" filterType="Custom" customType="RoundRobinMessageFilter" filterData="g"/>`,
				client:  two, table: `<add filterName="all" endpointName="back"/><add filterName="two" endpointName="b"/>`,
			},
		},
		{
			name: "members of two groups at one priority", p: parts{
				filters: `<filter name="all" filterType="Custom" customType="RoundRobinMessageFilter" filterData="g"/><filter name="two" filterType="Custom" customType="RoundRobinMessageFilter" filterData="h"/>`,
				client:  two, table: `<add filterName="all" endpointName="back"/><add filterName="two" endpointName="b"/>`,
			},
			want: []string{"both match at priority 0"},
		},
		{
			name: "a member that is not there", p: parts{settings: "endpoints: [{name: back, members: [gone]}]"},
			want: []string{`viaduct.yaml:1:36: no client endpoint "gone" in web.config; it has back. Name one of`},
		},
		{
			name: "a group of groups", p: parts{client: two, settings: "endpoints: [{name: back, members: [b]}, {name: b, members: [back]}]"},
			want: []string{`viaduct.yaml:1:36: member "b" of "back" stands for others itself; name its members instead`},
		},
		{
			name: "what belongs to members", p: parts{client: two, settings: "endpoints: [{name: back, members: [b], weight: 2, limits: {concurrent: 1}}]"},
			want: []string{`weight belongs to each member, and "back" stands for b; write it there`, "limits belongs to each member"},
		},
		{
			name: "a mirror that is not there", p: parts{settings: "endpoints: [{name: back, mirror: {to: gone}}]"},
			want: []string{`viaduct.yaml:1:39: no client endpoint "gone"`},
		},
		{
			name: "each other's mirror", p: parts{client: two, settings: "endpoints: [{name: back, mirror: {to: b}}, {name: b, mirror: {to: back}}]"},
		},
		{
			name: "a group of what is secured for one", p: parts{
				endpoints: `<endpoint name="in" address="http://@front@/router" binding="wsHttpBinding" ` + twoWay + `/>`, settings: "endpoints: [{name: back, members: [b]}]",
				client: strings.ReplaceAll(two, basic, `binding="wsHttpBinding"`),
			},
			want: []string{`viaduct.yaml:1:36: messages of endpoint "back" are secured for one destination, which must be the only one; remove members`},
		},
		{
			name: "a mirror of what is secured for one", p: parts{
				endpoints: `<endpoint name="in" address="http://@front@/router" binding="wsHttpBinding" ` + twoWay + `/>`, settings: "endpoints: [{name: back, mirror: {to: b}}]",
				client: strings.ReplaceAll(two, basic, `binding="wsHttpBinding"`),
			},
			want: []string{`messages of endpoint "back" are secured for one destination, which must be the only one; remove mirror`},
		},
		{
			name: "a path that is none", p: parts{client: two, settings: "endpoints: [{name: back, mirror: {to: b, compare: true, ignore: [\"a[1]\"]}}]"},
			want: []string{"viaduct.yaml:1:66: path"},
		},
		{
			name: "a field that is Viaduct's own", p: parts{settings: "endpoints: [{name: back, http: {rules: [{do: drop, field: Viaduct-Hops}]}}]"},
			want: []string{"viaduct.yaml:1:41: field Viaduct-Hops is written by Viaduct alone"},
		},
		{
			name: "a service endpoint", p: parts{settings: "endpoints: [{name: in, deadline: 1s, breaker: {failures: 1}}]"},
			want: []string{`deadline belongs to a client endpoint, and "in" is a service endpoint`, "breaker belongs to a client endpoint"},
		},
		{
			name: "the address of the message", p: parts{bindings: manual, client: `<endpoint name="back" address="http://@back@/orders" binding="customBinding" bindingConfiguration="m" contract="*"/>`},
			want: []string{`client endpoint "back": manualAddressing without WS-Addressing sends a message to the address that it names itself`, "dialTo: [URL]"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := try(c.p)
			if len(c.want) == 0 {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			for _, want := range c.want {
				assert.Contains(t, err.Error(), want)
			}
		})
	}
}
