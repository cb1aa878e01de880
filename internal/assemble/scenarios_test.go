package assemble_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const (
	wsa10   = `xmlns:a="http://www.w3.org/2005/08/addressing"`
	soap12  = `xmlns:s="http://www.w3.org/2003/05/soap-envelope"`
	fields  = "Content-Type: application/soap+xml; charset=utf-8\r\n"
	wsFront = `<endpoint name="in" address="http://@front@/router" ` + ws + " " + twoWay + `/>`
)

// sample fills the addresses of a sample of package configs.
func sample(t *testing.T, name string, addresses map[string]string) string {
	t.Helper()
	text, err := os.ReadFile("../../configs/samples/" + name)
	require.NoError(t, err)
	out := string(text)
	for from, to := range addresses {
		out = strings.ReplaceAll(out, from, to)
	}
	return out
}

// TestScenario_advancedFilters is the sample router-advanced: a header by XPath
// before the receiving endpoint and an address prefix, before two that take
// turns.
func TestScenario_advancedFilters(t *testing.T) {
	t.Parallel()
	x := start(t, parts{
		whole:    sample(t, "router-advanced.config", map[string]string{"localhost:8000": "@front@", "localhost:8101": "@exact@", "localhost:8102": "@rounding@"}),
		settings: sample(t, "router-advanced.yaml", nil),
	}, nil)
	result := regexp.MustCompile(`Result>([^<]*)<`)
	call := func(path, header, operation, a, b string) string {
		t.Helper()
		to := "http://" + x.addrs["front"] + path
		r := x.exchange("front", x.post(path, fields, fmt.Sprintf(
			`<s:Envelope %s %s xmlns:c="urn:contoso:calculator"><s:Header>%s<a:Action>urn:contoso:calculator/%s</a:Action><a:To>%s</a:To><a:MessageID>%s</a:MessageID></s:Header>`+
				`<s:Body><c:%[4]s><c:n1>%[7]s</c:n1><c:n2>%[8]s</c:n2></c:%[4]s></s:Body></s:Envelope>`,
			soap12, wsa10, header, operation, to, testbed.NewMessageID(), a, b)))
		require.Equal(t, 200, r.Status, "%s", r.Body)
		found := result.FindSubmatch(r.Body)
		require.Len(t, found, 2, "%s", r.Body)
		return string(found[1])
	}
	const (
		round   = `<c:RoundingCalculator>1</c:RoundingCalculator>`
		noRound = `<c:RoundingCalculator>0</c:RoundingCalculator>`
	)
	for _, c := range []struct{ operation, a, b, exact, rounding string }{
		{"Add", "100", "15.99", "115.99", "116"},
		{"Subtract", "145", "76.54", "68.46", "68.5"},
		{"Multiply", "9", "81.25", "731.25", "731.3"},
		{"Divide", "22", "7", "3.14285714285714", "3.1"},
	} {
		assert.Equal(t, c.rounding, call("/router", round, c.operation, c.a, c.b), "header")
		assert.Equal(t, c.rounding, call("/router/exact", round, c.operation, c.a, c.b), "the header is of a higher priority")
		assert.Equal(t, c.exact, call("/router/exact", noRound, c.operation, c.a, c.b), "endpoint")
		assert.Equal(t, c.rounding, call("/router/rounding/x", "", c.operation, c.a, c.b), "address prefix")
		assert.Equal(t, c.exact, call("/router", "", c.operation, c.a, c.b), "first turn")
		assert.Equal(t, c.rounding, call("/router", noRound, c.operation, c.a, c.b), "second turn")
	}
	assert.Equal(t, "116", call("/router/exact", round, "Add", "100", "15.99"), "takes no turn")
	_, err := x.reload(x.next)
	require.NoError(t, err)
	assert.Equal(t, "115.99", call("/router", "", "Add", "100", "15.99"))
	_, err = x.reload(x.next)
	require.NoError(t, err)
	assert.Equal(t, "116", call("/router", "", "Add", "100", "15.99"), "turns go on after a reload")
}

// TestScenario_backup: a dead first endpoint leads to the backup list.
func TestScenario_backup(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{
		client: `<endpoint name="dead" address="http://@dead@/orders" ` + basic + ` contract="*"/>
			<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>`,
		table:   `<add filterName="all" endpointName="dead" backupList="spare"/>`,
		backups: `<backupList name="spare"><add endpointName="back"/></backupList>`,
	}, map[string]*testbed.Backend{"back": b})
	m := testbed.Message{ID: testbed.NewMessageID()}
	assert.Equal(t, 200, x.ask(m).Status)
	assert.Equal(t, 1, b.Deliveries(m.ID))
}

// TestScenario_versions: versions of a service that a header chooses.
func TestScenario_versions(t *testing.T) {
	t.Parallel()
	one, two := backend(t), backend(t)
	x := start(t, parts{
		client: `<endpoint name="one" address="http://@one@/v1" ` + basic + ` contract="*"/>
			<endpoint name="two" address="http://@two@/v2" ` + basic + ` contract="*"/>`,
		filters: `<filter name="v1" filterType="XPath" filterData="sm:header()/o:Version = '1'"/>
			<filter name="v2" filterType="XPath" filterData="sm:header()/o:Version = '2'"/>`,
		table: `<add filterName="v1" endpointName="one"/><add filterName="v2" endpointName="two"/>`,
		names: `<namespaceTable><add prefix="o" namespace="urn:orders"/></namespaceTable>`,
	}, map[string]*testbed.Backend{"one": one, "two": two})
	send := func(version string) *testbed.Result {
		return x.exchange("front", x.post("/router", text11, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:o="urn:orders"><s:Header><o:Version>`+
			version+`</o:Version></s:Header><s:Body/></s:Envelope>`))
	}
	require.Equal(t, 200, send("1").Status)
	require.Equal(t, 200, send("2").Status)
	require.Equal(t, 200, send("2").Status)
	assert.Len(t, one.Received(), 1)
	assert.Len(t, two.Received(), 2)
	r := send("3")
	assert.Equal(t, 500, r.Status)
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "filter.no_match")
}

// TestBuild_multicastBeside: several routes for the one-way endpoint of a service
// are no conflict for its two-way endpoint, which none of them takes.
func TestBuild_multicastBeside(t *testing.T) {
	t.Parallel()
	p := parts{
		endpoints: `<endpoint name="ask" address="http://a/ask" ` + basic + " " + twoWay + `/><endpoint name="tell" address="http://a/tell" ` + basic + " " + oneWay + `/>`,
		client:    `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/><endpoint name="copy" address="http://c/" ` + basic + ` contract="*"/>`,
		filters:   `<filter name="asked" filterType="EndpointName" filterData="ask"/><filter name="told" filterType="EndpointName" filterData="tell"/>`,
		table:     `<add filterName="asked" endpointName="back"/><add filterName="told" endpointName="back"/><add filterName="told" endpointName="copy"/>`,
	}
	_, err := build(p, assemble.Options{NoAdmin: true})
	require.NoError(t, err)
	p.table += `<add filterName="asked" endpointName="copy"/>`
	_, err = build(p, assemble.Options{NoAdmin: true})
	require.ErrorContains(t, err, `filter "asked" and filter "asked"`)
}
