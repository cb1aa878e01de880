package assemble_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// replies is a router and an echo service, both SOAP 1.2 with WS-Addressing 1.0.
func replies(settings string) parts {
	return parts{
		endpoints: wsFront, bindings: wsNone,
		client:   `<endpoint name="back" address="http://@back@/orders" ` + ws + ` contract="*"/>`,
		services: `<service name="Echo"><endpoint name="echo" address="http://@front@/echo" ` + ws + ` contract="IEcho"/></service>`,
		settings: "services: [{name: Echo, builtin: echo}]\n" + settings,
	}
}

// wants sends a message whose answer is wanted at an address.
func (x *program) wants(path, header, address string) *testbed.Result {
	x.tb.Helper()
	return x.exchange("front", x.post(path, fields, fmt.Sprintf(
		`<s:Envelope %s %s><s:Header><a:Action>urn:a</a:Action><a:To>http://%s%s</a:To><a:MessageID>%s</a:MessageID>`+
			`<a:%s><a:Address>%s</a:Address><a:ReferenceParameters><c:Case xmlns:c="urn:c">9</c:Case></a:ReferenceParameters></a:%[6]s></s:Header><s:Body><x/></s:Body></s:Envelope>`,
		soap12, wsa10, x.addrs["front"], path, testbed.NewMessageID(), header, address)))
}

func accepting(t *testing.T) *testbed.Backend {
	t.Helper()
	return testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer { return testbed.Answer{Make: testbed.Accepted} }})
}

// TestReplies_delivered: answers and faults of built-in services and of
// destinations go to a listed address, as messages of their own (RPL-04,
// T-WSA-01).
func TestReplies_delivered(t *testing.T) {
	t.Parallel()
	box, b := accepting(t), backend(t)
	x := start(t, replies("wsa: {replyTargets: [\"http://@box@/cb\"]}\negress: {allow: [127.0.0.1]}\nadmin: {address: \"@admin@\"}"),
		map[string]*testbed.Backend{"back": b, "box": box})
	address := "http://" + box.Addr() + "/cb/1?x=2"
	for i, c := range []struct{ name, path, header, action string }{
		{"built in", "/echo", "ReplyTo", "urn:aResponse"},
		{"routed", "/router", "ReplyTo", "urn:testbed:answer"},
		{"a fault", "/echo/ordres", "FaultTo", "/addressing/soap/fault"},
	} {
		r := x.wants(c.path, c.header, address)
		require.Equal(t, 202, r.Status, "%s: %s", c.name, r.Body)
		assert.Empty(t, r.Body)
		require.Len(t, box.Received(), i+1, c.name)
		got := box.Received()[i]
		assert.Equal(t, "/cb/1?x=2", got.Target)
		text := string(got.Body)
		for _, part := range []string{c.action, ">" + address + "</a:To>", "RelatesTo", `>9</c:Case>`, testbed.NamespaceSOAP12} {
			assert.Contains(t, text, part, c.name)
		}
	}
	_, text := x.get("/metrics")
	assert.Contains(t, text, `viaduct_answers_delivered_total{outcome="delivered"} 3`)
	box.SetScript(busy)
	r := x.wants("/echo", "ReplyTo", address)
	assert.Equal(t, 500, r.Status, "what cannot be delivered is told on the channel")
	assert.Contains(t, string(r.Body), "InternalServiceFault")
	assert.Contains(t, x.log.String(), "reason=upstream.failed")
	_, text = x.get("/metrics")
	assert.Contains(t, text, `viaduct_answers_delivered_total{outcome="failed"} 1`)
}

// TestReplies_bridged: an answer of another version is translated before it is
// delivered.
func TestReplies_bridged(t *testing.T) {
	t.Parallel()
	box, b := accepting(t), backend(t)
	p := replies("wsa: {replyTargets: [\"http://@box@/\"]}\negress: {allow: [127.0.0.0/8]}")
	p.client = ""
	x := start(t, p, map[string]*testbed.Backend{"back": b, "box": box})
	require.Equal(t, 202, x.wants("/router", "ReplyTo", "http://"+box.Addr()+"/cb").Status)
	require.Len(t, box.Received(), 1)
	text := string(box.Received()[0].Body)
	for _, part := range []string{testbed.NamespaceSOAP12, "urn:aResponse", "/cb</a:To>", "RelatesTo"} {
		assert.Contains(t, text, part)
	}
	assert.Equal(t, `"urn:a"`, b.Received()[0].Get("SOAPAction"))
}

// TestReplies_notDialled: nothing that a message names is connected to unless it
// is listed, and open to the egress policy.
func TestReplies_notDialled(t *testing.T) {
	t.Parallel()
	trap := accepting(t)
	_, port, err := net.SplitHostPort(trap.Addr())
	require.NoError(t, err)
	for _, c := range []struct {
		name, settings, address string
		status                  int
	}{
		{"nothing is listed", "", "http://@trap@/cb", 200},
		{"another path", "wsa: {replyTargets: [\"http://@trap@/cb\"]}\negress: {allow: [127.0.0.1]}", "http://@trap@/cbx", 200},
		{"a hidden path", "wsa: {replyTargets: [\"http://@trap@/cb\"]}\negress: {allow: [127.0.0.1]}", "http://@trap@/cb/%2e%2e/x", 400},
		{"another host", "wsa: {replyTargets: [\"http://@trap@/cb\"]}\negress: {allow: [127.0.0.1]}", "http://localhost:" + port + "/cb", 200},
		{"a user", "wsa: {replyTargets: [\"http://@trap@/cb\"]}\negress: {allow: [127.0.0.1]}", "http://u:p@trap@/cb", 200},
		{"loopback that is not open", "wsa: {replyTargets: [\"http://@trap@/cb\"]}", "http://@trap@/cb", 500},
		{"a name of loopback", "wsa: {replyTargets: [\"http://localhost:" + port + "/cb\"]}", "http://localhost:" + port + "/cb", 500},
		{"link-local", "wsa: {replyTargets: [\"http://169.254.169.254/\"]}", "http://169.254.169.254/latest", 500},
		{"mapped link-local", "wsa: {replyTargets: [\"http://[::ffff:169.254.169.254]/\"]}", "http://[::ffff:169.254.169.254]/", 500},
		{"its own socket", "wsa: {replyTargets: [\"http://@front@/\"]}\negress: {allow: [127.0.0.1]}", "http://@front@/echo", 500},
		{"the admin address", "wsa: {replyTargets: [\"http://@admin@/\"]}\negress: {allow: [127.0.0.1]}\nadmin: {address: \"@admin@\"}", "http://@admin@/metrics", 500},
		{"a file", "wsa: {replyTargets: [\"http://@trap@/cb\"]}", "file:///etc/passwd", 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, replies(c.settings), map[string]*testbed.Backend{"back": backend(t), "trap": trap})
			address := x.fill(strings.Replace(c.address, "p@trap@", "p%40@trap@", 1))
			address = strings.Replace(address, "%40", "@", 1)
			for _, path := range []string{"/echo", "/router"} {
				r := x.wants(path, "ReplyTo", address)
				assert.Equal(t, c.status, r.Status, "%s: %s", path, r.Body)
			}
			if c.status == 500 {
				assert.Contains(t, x.log.String(), "is closed (")
			}
		})
	}
	t.Cleanup(func() { assert.Zero(t, trap.Connections()) })
}

// TestReplies_allowSelf: the operator may open the process's own sockets.
func TestReplies_allowSelf(t *testing.T) {
	t.Parallel()
	p := replies("wsa: {replyTargets: [\"http://@front@/sink\"]}\negress: {allow: [127.0.0.1], allowSelf: true}")
	p.services += `<service name="Sink"><endpoint name="sink" address="http://@front@/sink" ` + ws + ` contract="ISink"/></service>`
	p.settings = strings.Replace(p.settings, "services: [", "services: [{name: Sink, builtin: sink}, ", 1)
	x := start(t, p, map[string]*testbed.Backend{"back": backend(t)})
	assert.Equal(t, 202, x.wants("/echo", "ReplyTo", "http://"+x.addrs["front"]+"/sink").Status)
}

// TestReplies_dialTo: without WS-Addressing a binding with manualAddressing sends
// a message where it says itself, within the list (T-WSA-02).
func TestReplies_dialTo(t *testing.T) {
	t.Parallel()
	listed, other := backend(t), backend(t)
	const custom = `<customBinding><binding name="m"><textMessageEncoding messageVersion="Soap12"/><httpTransport manualAddressing="true"/></binding></customBinding>`
	x := start(t, parts{
		endpoints: wsFront, bindings: wsNone + custom,
		client:   `<endpoint name="back" address="http://@configured@/orders" binding="customBinding" bindingConfiguration="m" contract="*"/>`,
		settings: "wsa: {dialTo: [\"http://@listed@/open\"]}\negress: {allow: [127.0.0.1]}",
	}, map[string]*testbed.Backend{"listed": listed, "other": other})
	send := func(to string) *testbed.Result {
		return x.exchange("front", x.post("/router", fields, fmt.Sprintf(
			`<s:Envelope %s %s><s:Header><a:Action>urn:a</a:Action><a:To>%s</a:To></s:Header><s:Body><x/></s:Body></s:Envelope>`, soap12, wsa10, to)))
	}
	r := send("http://" + listed.Addr() + "/open/1")
	require.Equal(t, 200, r.Status, "%s", r.Body)
	assert.Equal(t, "/open/1", listed.Received()[0].Target)
	for _, to := range []string{"http://" + listed.Addr() + "/closed", "http://" + other.Addr() + "/open", "http://169.254.169.254/", "file:///etc/passwd", "net.pipe://x/y"} {
		r := send(to)
		assert.Equal(t, 400, r.Status, "%s: %s", to, r.Body)
		assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "dial.denied", to)
	}
	assert.Len(t, listed.Received(), 1)
	assert.Zero(t, other.Connections())
}
