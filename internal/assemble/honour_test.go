package assemble_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// Every test of this file changes a setting and sees the behaviour change.

func binding(attributes, inside string) string {
	return `<basicHttpBinding><binding name="b" ` + attributes + `>` + inside + `</binding></basicHttpBinding>`
}

const (
	frontB = `<endpoint name="in" address="http://@front@/router" binding="basicHttpBinding" bindingConfiguration="b" ` + twoWay + `/>`
	backB  = `<endpoint name="back" address="http://@back@/orders" binding="basicHttpBinding" bindingConfiguration="b" contract="*"/>`
)

func TestHonour_limits(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)
	head := func(content string) string {
		return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` + content + `</s:Header><s:Body/></s:Envelope>`
	}
	for _, c := range []struct {
		name        string
		p           parts
		body        string
		want, plain int // status with the setting, and without
		reason      string
	}{
		{name: "maxReceivedMessageSize", p: parts{endpoints: frontB, bindings: binding(`maxReceivedMessageSize="1000" maxBufferSize="1000"`, "")}, body: head(strings.Repeat(" ", 1000)), want: 413, plain: 200, reason: "size.message"},
		{name: "maxReceivedMessageSize raised", p: parts{endpoints: frontB, bindings: binding(`maxReceivedMessageSize="200000" maxBufferSize="200000"`, "")}, body: strings.Replace(head(""), "<s:Body/>", "<s:Body>"+strings.Repeat(" ", 100000)+"</s:Body>", 1), want: 200, plain: 413},
		{name: "maxReceivedMessageSize of the destination", p: parts{client: backB, bindings: binding(`maxReceivedMessageSize="100" maxBufferSize="100"`, "")}, body: head(""), want: 500, plain: 200, reason: "upstream.too_big"},
		{name: "readerQuotas maxDepth", p: parts{endpoints: frontB, bindings: binding("", `<readerQuotas maxDepth="30"/>`)}, body: head(deep), want: 400, plain: 200, reason: "xml.depth"},
		{name: "readerQuotas maxBytesPerRead", p: parts{endpoints: frontB, bindings: binding("", `<readerQuotas maxBytesPerRead="600"/>`)}, body: head(`<a b="` + strings.Repeat("x", 700) + `"/>`), want: 400, plain: 200, reason: "xml.starttag"},
		{name: "readerQuotas maxNameTableCharCount", p: parts{endpoints: frontB, bindings: binding("", `<readerQuotas maxNameTableCharCount="100"/>`)}, body: head(`<` + strings.Repeat("x", 200) + `/>`), want: 400, plain: 200, reason: "xml.name"},
		{name: "httpRuntime maxRequestLength", p: parts{web: `<system.web><httpRuntime maxRequestLength="1"/></system.web>`}, body: head(strings.Repeat(" ", 1100)), want: 413, plain: 200, reason: "size.message"},
		{name: "requestLimits maxAllowedContentLength", p: parts{web: `<system.webServer><security><requestFiltering><requestLimits maxAllowedContentLength="1000"/></requestFiltering></security></system.webServer>`}, body: head(strings.Repeat(" ", 1100)), want: 413, plain: 200, reason: "size.message"},
		{name: "soap.headers", p: parts{settings: "soap: {headers: 2}"}, body: head("<a/><b/><c/>"), want: 400, plain: 200, reason: "soap.headers"},
		{name: "xml.headerBytes", p: parts{settings: "xml: {headerBytes: 2KiB}"}, body: head(strings.Repeat(" ", 3000)), want: 400, plain: 200, reason: "xml.header_size"},
		{name: "xml.check", p: parts{settings: "xml: {check: full}"}, body: strings.Replace(head(""), "<s:Body/>", `<s:Body><a b="1" b="2"/></s:Body>`, 1), want: 400, plain: 200, reason: "xml.dupattr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := map[string]*testbed.Backend{"back": backend(t)}
			x := start(t, c.p, b)
			r := x.exchange("front", x.post("/router", text11, c.body))
			assert.Equal(t, c.want, r.Status)
			assert.True(t, strings.HasPrefix(r.Fields.Get("X-Viaduct-Error"), c.reason), "%v", r.Fields)
			x = start(t, parts{}, b)
			assert.Equal(t, c.plain, x.exchange("front", x.post("/router", text11, c.body)).Status, "without the setting")
		})
	}
}

func TestHonour_sendTimeout(t *testing.T) {
	t.Parallel()
	silent := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer { return testbed.Answer{Silent: true} }})
	x := start(t, parts{client: backB, bindings: binding(`sendTimeout="00:00:00.3"`, "")}, map[string]*testbed.Backend{"back": silent})
	begun := time.Now()
	r := x.ask(testbed.Message{})
	assert.Equal(t, 500, r.Status)
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "upstream.failed")
	assert.GreaterOrEqual(t, time.Since(begun), 300*time.Millisecond)
	assert.Eventually(t, func() bool { return strings.Contains(x.log.String(), "timeout") }, wait, 10*time.Millisecond)
}

func TestHonour_receiveTimeout(t *testing.T) {
	t.Parallel()
	x := start(t, parts{endpoints: frontB, bindings: binding(`receiveTimeout="00:00:00.2"`, "")}, map[string]*testbed.Backend{"back": backend(t)})
	c := x.dial("front")
	defer c.Close()
	r, err := c.Exchange(testbed.Message{}.Request(x.addrs["front"], "/router", false), wait)
	require.NoError(t, err)
	require.Equal(t, 200, r.Status)
	_, err = c.Receive(wait)
	require.Error(t, err, "the idle connection is closed")
	assert.NotContains(t, err.Error(), "timeout")
}

func TestHonour_addresses(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{
		host: `<host><baseAddresses><add baseAddress="http://@front@/base"/></baseAddresses></host>`,
		endpoints: `<endpoint name="root" address="" ` + basic + " " + twoWay + `/>
			<endpoint name="below" address="deep/er" ` + basic + " " + twoWay + `/>
			<endpoint name="listens" address="http://edge.example/logical" listenUri="http://@front@/physical" ` + ws + " " + twoWay + `/>`,
		bindings: wsNone,
		client: `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>
			<endpoint name="back12" address="http://@back@/orders12" ` + ws + ` contract="*"/>`,
		filters: `<filter name="all" filterType="MatchAll"/><filter name="new" filterType="EndpointName" filterData="listens"/>`,
		table:   `<add filterName="all" endpointName="back"/><add filterName="new" endpointName="back12" priority="1"/>`,
	}, map[string]*testbed.Backend{"back": b})
	for path, want := range map[string]int{"/base": 200, "/BASE/": 200, "/base/deep/er": 200, "/other": 404} {
		r := x.exchange("front", testbed.Message{}.Request(x.addrs["front"], path, false))
		assert.Equal(t, want, r.Status, path)
	}
	m := testbed.Message{Version: testbed.SOAP12, Addressing: testbed.Addressing10, Action: "urn:a", To: "http://edge.example/logical", ID: testbed.NewMessageID()}
	r := x.exchange("front", m.Request(x.addrs["front"], "/physical", false))
	assert.Equal(t, 200, r.Status, "%s", r.Body)
	require.Equal(t, 1, b.Deliveries(m.ID))
	assert.Equal(t, "/orders12", b.Received()[len(b.Received())-1].Target)
}

func TestHonour_hostNameComparisonMode(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]int{"Exact": 404, "StrongWildcard": 200, "WeakWildcard": 200} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{endpoints: frontB, bindings: binding(`hostNameComparisonMode="`+mode+`"`, "")}, map[string]*testbed.Backend{"back": backend(t)})
			r := x.exchange("front", testbed.Message{}.Request("other.example", "/router", false))
			assert.Equal(t, want, r.Status)
			assert.Equal(t, 200, x.ask(testbed.Message{}).Status, "by its own name")
		})
	}
}

func TestHonour_throttling(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		entered <- struct{}{}
		<-leave
		return testbed.Answer{}
	}})
	x := start(t, parts{
		endpoints: frontB, bindings: binding(`sendTimeout="00:00:00.1"`, ""),
		behavior: `<serviceThrottling maxConcurrentCalls="1"/>`,
	}, map[string]*testbed.Backend{"back": b})
	first := x.dial("front")
	defer first.Close()
	require.NoError(t, first.Send(testbed.Message{}.Request(x.addrs["front"], "/router", false)))
	<-entered
	r := x.ask(testbed.Message{})
	assert.Equal(t, 503, r.Status)
	assert.Equal(t, "1", r.Fields.Get("Retry-After"))
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "limit.calls")
	assert.Contains(t, string(r.Body), "EndpointUnavailable")
	close(leave)
	r, err := first.Receive(wait)
	require.NoError(t, err)
	assert.Equal(t, 200, r.Status)
}

func TestHonour_clientEndpoint(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{
		endpoints: `<endpoint name="in" address="http://@front@/router" ` + ws + " " + twoWay + `/>`, bindings: wsNone,
		client: `<endpoint name="back" address="http://logical.example/orders" behaviorConfiguration="via" ` + ws + ` contract="*">
			<headers><t:Tenant xmlns:t="urn:t">7</t:Tenant></headers></endpoint>`,
		endpointBehaviors: `<behavior name="via"><clientVia viaUri="http://@back@/physical"/></behavior>`,
	}, map[string]*testbed.Backend{"back": b})
	r := x.ask(testbed.Message{Version: testbed.SOAP12, Addressing: testbed.Addressing10, Action: "urn:a", To: "http://edge/router"})
	require.Equal(t, 200, r.Status, "%s", r.Body)
	got := b.Received()[0]
	assert.Equal(t, "/physical", got.Target, "clientVia says where the octets go")
	assert.Equal(t, b.Addr(), got.Get("Host"))
	assert.Contains(t, string(got.Body), ">http://logical.example/orders</", "the address goes to To")
	assert.Contains(t, string(got.Body), `xmlns:t="urn:t">7</t:Tenant>`)
}

// TestHonour_serviceHeaders: an endpoint whose address has a header takes only
// messages that bear it. Two such endpoints share a listener.
func TestHonour_serviceHeaders(t *testing.T) {
	t.Parallel()
	x := start(t, parts{
		bindings: wsNone,
		services: `<service name="Echo">
			<endpoint name="seven" address="http://@front@/echo" ` + ws + ` contract="IEcho"><headers><Tenant xmlns="urn:t">7</Tenant></headers></endpoint>
		</service>`,
		settings: "services: [{name: Echo, builtin: echo}]",
	}, map[string]*testbed.Backend{"back": backend(t)})
	m := testbed.Message{Version: testbed.SOAP12, Addressing: testbed.Addressing10, Action: "urn:a", To: "http://" + x.addrs["front"] + "/echo"}
	r := x.exchange("front", m.Request(x.addrs["front"], "/echo", false))
	assert.Equal(t, 500, r.Status)
	assert.Contains(t, string(r.Body), "DestinationUnreachable")
	with := bytes.Replace(m.Envelope(), []byte("Header>"), []byte(`Header><Tenant xmlns="urn:t" xmlns:w="`+testbed.NamespaceWSA10+`" w:IsReferenceParameter="true">7</Tenant>`), 1)
	r = x.exchange("front", x.post("/echo", "Content-Type: "+m.ContentType()+"\r\n", string(with)))
	assert.Equal(t, 200, r.Status, "%s", r.Body)
}

func TestHonour_tableAndBackups(t *testing.T) {
	t.Parallel()
	low, high := backend(t), backend(t)
	x := start(t, parts{
		client: `<endpoint name="dead" address="http://@dead@/" ` + basic + ` contract="*"/>
			<endpoint name="low" address="http://@low@/low" ` + basic + ` contract="*"/>
			<endpoint name="high" address="http://@high@/high" ` + basic + ` contract="*"/>`,
		filters: `<filter name="all" filterType="MatchAll"/><filter name="a" filterType="Action" filterData="urn:a"/>
			<filter name="below" filterType="PrefixEndpointAddress" filterData="http://any/ROUTER"/>
			<filter name="both" filterType="And" filter1="a" filter2="below"/>`,
		table:   `<add filterName="all" endpointName="low"/><add filterName="both" endpointName="dead" backupList="spare" priority="1"/>`,
		backups: `<backupList name="spare"><add endpointName="dead"/><add endpointName="high"/></backupList>`,
	}, map[string]*testbed.Backend{"low": low, "high": high})
	require.Equal(t, 200, x.ask(testbed.Message{Action: "urn:a"}).Status)
	assert.Len(t, high.Received(), 1, "the higher priority is asked first, and its backups in order")
	require.Equal(t, 200, x.ask(testbed.Message{Action: "urn:b"}).Status)
	assert.Len(t, low.Received(), 1)
	assert.Eventually(t, func() bool { return strings.Contains(x.log.String(), "attempts=3") }, wait, 10*time.Millisecond)
}

func TestHonour_endpointAddressFilter(t *testing.T) {
	t.Parallel()
	b, other := backend(t), backend(t)
	x := start(t, parts{
		bindings:  wsNone,
		endpoints: `<endpoint name="in" address="http://@front@/router" ` + ws + " " + twoWay + `/>`,
		client: `<endpoint name="back" address="http://@back@/orders" ` + ws + ` contract="*"/>
			<endpoint name="other" address="http://@other@/orders" ` + ws + ` contract="*"/>`,
		filters: `<filter name="all" filterType="MatchAll"/><filter name="at" filterType="EndpointAddress" filterData="http://any.example/special"/>`,
		table:   `<add filterName="all" endpointName="back"/><add filterName="at" endpointName="other" priority="1"/>`,
	}, map[string]*testbed.Backend{"back": b, "other": other})
	m := testbed.Message{Version: testbed.SOAP12, Addressing: testbed.Addressing10, Action: "urn:a", To: "http://edge.example/SPECIAL"}
	require.Equal(t, 200, x.ask(m).Status)
	m.To = "http://edge.example/special/not"
	require.Equal(t, 200, x.ask(m).Status)
	assert.Len(t, other.Received(), 1)
	assert.Len(t, b.Received(), 1)
}

func TestHonour_soapProcessing(t *testing.T) {
	t.Parallel()
	const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><q:Hop xmlns:q="u" s:actor="http://schemas.xmlsoap.org/soap/actor/next"/></s:Header><s:Body/></s:Envelope>`
	client := func(behavior string) string {
		return `<endpoint name="back" address="http://@back@/orders" ` + behavior + " " + basic + ` contract="*"/>`
	}
	for _, c := range []struct {
		name string
		p    parts
		kept bool
	}{
		{name: "default"},
		{name: "off for the service", p: parts{attributes: `soapProcessingEnabled="false"`}, kept: true},
		{name: "off for the endpoint", kept: true, p: parts{
			client:            client(`behaviorConfiguration="e"`),
			endpointBehaviors: `<behavior name="e"><soapProcessing processMessages="false"/></behavior>`,
		}},
		{name: "on for the endpoint all the same", p: parts{
			attributes: `soapProcessingEnabled="false"`, client: client(`behaviorConfiguration="e"`),
			endpointBehaviors: `<behavior name="e"><soapProcessing processMessages="true"/></behavior>`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := backend(t)
			x := start(t, c.p, map[string]*testbed.Backend{"back": b})
			x.exchange("front", x.post("/router", text11, body))
			assert.Equal(t, c.kept, strings.Contains(string(b.Received()[0].Body), "Hop"))
		})
	}
}

func TestHonour_proxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		p       parts
		proxied bool
	}{
		{name: "of the binding", proxied: true, p: parts{client: backB, bindings: binding(`useDefaultWebProxy="false" proxyAddress="http://@proxy@/"`, "")}},
		{name: "of all destinations", proxied: true, p: parts{settings: `clients: {proxy: "http://@proxy@"}`}},
		{name: "of one destination", proxied: true, p: parts{settings: `endpoints: [{name: back, proxy: "http://@proxy@"}]`}},
		{name: "not for local names", p: parts{client: backB, bindings: binding(`useDefaultWebProxy="false" bypassProxyOnLocal="true" proxyAddress="http://@proxy@/"`, "")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			proxy, b := backend(t), backend(t)
			x := start(t, c.p, map[string]*testbed.Backend{"proxy": proxy, "back": b})
			require.Equal(t, 200, x.ask(testbed.Message{}).Status)
			if !c.proxied {
				assert.Empty(t, proxy.Received())
				return
			}
			assert.Empty(t, b.Received())
			assert.Equal(t, "http://"+b.Addr()+"/orders", proxy.Received()[0].Target)
		})
	}
}

func TestHonour_tls(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	file, key := cert.Files(t)
	b := testbed.NewBackend(t, testbed.BackendOptions{TLS: cert.Server()})
	const transport = `<basicHttpBinding><binding name="b"><security mode="Transport"/></binding></basicHttpBinding>`
	client := func(inside string) string {
		return `<endpoint name="back" address="https://@back@/orders" binding="basicHttpBinding" bindingConfiguration="b" contract="*">` + inside + `</endpoint>`
	}
	sockets := fmt.Sprintf("sockets:\n  - address: \"@front@\"\n    scheme: https\n    tls: {certificate: %q, key: %q}\n", file, key)
	front := strings.Replace(frontB, "http:", "https:", 1)
	for _, c := range []struct {
		name, client, settings string
		want                   int
	}{
		{name: "trusted roots", client: client(""), settings: fmt.Sprintf("clients: {tls: {roots: %q}}\n", file), want: 200},
		{name: "of one destination", client: client(""), settings: fmt.Sprintf("endpoints: [{name: back, tls: {roots: %q}}]\n", file), want: 200},
		{name: "unknown authority", client: client(""), want: 500},
		{name: "dns identity", client: client(`<identity><dns value="localhost"/></identity>`), settings: fmt.Sprintf("clients: {tls: {roots: %q}}\n", file), want: 200},
		{name: "another dns identity", client: client(`<identity><dns value="other.example"/></identity>`), settings: fmt.Sprintf("clients: {tls: {roots: %q}}\n", file), want: 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{endpoints: front, bindings: transport, client: c.client, settings: sockets + c.settings}, map[string]*testbed.Backend{"back": b})
			r := x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/router", false), cert.Client())
			assert.Equal(t, c.want, r.Status, "%s", r.Body)
		})
	}
}

func TestHonour_customBinding(t *testing.T) {
	t.Parallel()
	b := backend(t)
	const custom = `binding="customBinding" bindingConfiguration="c"`
	x := start(t, parts{
		endpoints: `<endpoint name="in" address="http://@front@/router" ` + custom + " " + twoWay + `/>`,
		bindings: `<customBinding><binding name="c"><textMessageEncoding messageVersion="Soap11"/>
			<httpTransport keepAliveEnabled="false"/></binding></customBinding>`,
		client: `<endpoint name="back" address="http://@back@/orders" ` + custom + ` contract="*"/>`,
	}, map[string]*testbed.Backend{"back": b})
	r := x.ask(testbed.Message{})
	require.Equal(t, 200, r.Status, "%s", r.Body)
	assert.True(t, r.Close, "keepAliveEnabled of the front")
	assert.Equal(t, "close", strings.ToLower(b.Received()[0].Get("Connection")), "and of the destination")
}
