package assemble_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// Every test of this file changes a setting about the choice of endpoints or
// about addressing, and sees the behaviour change.

// echo10 is an echo service with WS-Addressing 1.0 at /echo.
func echo10(service, rest string) parts {
	return parts{
		bindings: wsNone,
		services: `<service name="Echo"><endpoint name="echo" address="http://@front@/echo" ` + ws + ` contract="IEcho"/></service>`,
		settings: "services: [{name: Echo, builtin: echo" + service + "}]\n" + rest,
	}
}

// to is a message for the echo service with this To.
func to(address string) testbed.Message {
	return testbed.Message{Version: testbed.SOAP12, Addressing: testbed.Addressing10, Action: "urn:a", To: address}
}

func TestSettings_whichTo(t *testing.T) {
	t.Parallel()
	const public = "https://shop.example/orders"
	for _, c := range []struct {
		name, service, rest string
		to                  string // @ stands for the endpoint's own address; "" = none
		want                int
		reason              string
	}{
		{name: "own address", to: "@", want: 200},
		{name: "another", to: public, want: 500, reason: "wsa.unreachable"},
		{name: "alias", rest: "endpoints: [{name: echo, aliases: [" + public + ", http://other/]}]", to: public, want: 200},
		{name: "own address beside an alias", rest: "endpoints: [{name: echo, aliases: [" + public + "]}]", to: "@", want: 200},
		{name: "below an alias", rest: "endpoints: [{name: echo, aliases: [" + public + "]}]", to: public + "/7", want: 500, reason: "wsa.unreachable"},
		{name: "below, Exact", service: ", addressFilterMode: Exact", to: "@/below", want: 500, reason: "wsa.unreachable"},
		{name: "below, Prefix", service: ", addressFilterMode: Prefix", to: "@/below", want: 200},
		{name: "beside, Prefix", service: ", addressFilterMode: Prefix", to: public, want: 500, reason: "wsa.unreachable"},
		{name: "below an alias, Prefix", service: ", addressFilterMode: Prefix", rest: "endpoints: [{name: echo, aliases: [" + public + "]}]", to: public + "/7", want: 200},
		{name: "another, Any", service: ", addressFilterMode: Any", to: public, want: 200},
		{name: "no To", want: 500, reason: "wsa.unreachable"},
		{name: "no To, via", rest: "wsa: {missingTo: via}", want: 200},
		{name: "anonymous To", to: testbed.NamespaceWSA10 + "/anonymous", want: 500, reason: "wsa.unreachable"},
		{name: "anonymous To, via", rest: "wsa: {missingTo: via}", to: testbed.NamespaceWSA10 + "/anonymous", want: 200},
		{name: "another To, via", rest: "wsa: {missingTo: via}", to: public, want: 500, reason: "wsa.unreachable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, echo10(c.service, c.rest), map[string]*testbed.Backend{"back": backend(t)})
			m := to(strings.Replace(c.to, "@", "http://"+x.addrs["front"]+"/echo", 1))
			r := x.exchange("front", m.Request(x.addrs["front"], "/echo", false))
			assert.Equal(t, c.want, r.Status, "%s", r.Body)
			assert.True(t, strings.HasPrefix(r.Fields.Get("X-Viaduct-Error"), c.reason), "%v", r.Fields)
			if c.want == 500 {
				assert.Contains(t, string(r.Body), "DestinationUnreachable")
			}
		})
	}
}

func TestSettings_addressFilterModeOfTheRouter(t *testing.T) {
	t.Parallel()
	const router = "services: [{name: System.ServiceModel.Routing.RoutingService, "
	require.ErrorContains(t, try(parts{settings: router + "addressFilterMode: Exact}]"}), "viaduct.yaml:1:12: ")
	for _, set := range []string{"builtin: echo", "forward: back", "forward: back, addressFilterMode: Exact"} {
		require.ErrorContains(t, try(parts{settings: router + set + "}]"}),
			"viaduct.yaml:1:19: the routing service is built in, and takes every address (Any), as in WCF; remove this entry, or write unused: true")
	}
	p := echo10("", "endpoints: [{name: back, aliases: [http://a/]}]")
	require.ErrorContains(t, try(p), `aliases belongs to a service endpoint, and "back" is a client endpoint`)
}

func TestSettings_unused(t *testing.T) {
	t.Parallel()
	p := echo10("", "endpoints: [{name: echo, unused: true}]")
	x := start(t, p, map[string]*testbed.Backend{"back": backend(t)})
	r := x.exchange("front", to("http://"+x.addrs["front"]+"/echo").Request(x.addrs["front"], "/echo", false))
	assert.Equal(t, 404, r.Status)
	assert.Equal(t, 200, x.ask(testbed.Message{}).Status, "the router runs")
	_, err := x.reload(echo10("", ""))
	require.NoError(t, err)
	r = x.exchange("front", to("http://"+x.addrs["front"]+"/echo").Request(x.addrs["front"], "/echo", false))
	assert.Equal(t, 200, r.Status, "%s", r.Body)
}

func TestSettings_otherVersion(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]int{"": 200, "warn": 200, "refuse": 400} {
		t.Run("mode "+mode, func(t *testing.T) {
			t.Parallel()
			rest := ""
			if mode != "" {
				rest = "wsa: {otherVersion: " + mode + "}"
			}
			x := start(t, echo10("", rest), map[string]*testbed.Backend{"back": backend(t)})
			m := to("http://" + x.addrs["front"] + "/echo")
			both := strings.Replace(string(m.Envelope()), "</s:Header>", `<o:To xmlns:o="`+testbed.NamespaceWSA200408+`">http://other/</o:To></s:Header>`, 1)
			for range 2 {
				r := x.exchange("front", x.post("/echo", "Content-Type: "+m.ContentType()+"\r\n", both))
				assert.Equal(t, want, r.Status, "%s", r.Body)
				if mode == "refuse" {
					assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "wsa.mixed")
				}
			}
			require.NoError(t, x.stop())
			if mode != "refuse" {
				assert.Equal(t, 1, strings.Count(x.log.String(), "level=WARN msg=\"headers of both addressing versions"))
			}
		})
	}
}

func TestSettings_duplicateMessageID(t *testing.T) {
	t.Parallel()
	refusing := echo10("", "wsa: {duplicateMessageID: refuse}")
	x := start(t, refusing, map[string]*testbed.Backend{"back": backend(t)})
	m := to("http://" + x.addrs["front"] + "/echo")
	m.ID = testbed.NewMessageID()
	again := func() *testbed.Result {
		return x.exchange("front", m.Request(x.addrs["front"], "/echo", false))
	}
	require.Equal(t, 200, again().Status)
	r := again()
	assert.Equal(t, 500, r.Status)
	assert.Contains(t, string(r.Body), "DuplicateMessageID")
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "wsa.duplicate_id")
	_, err := x.reload(refusing)
	require.NoError(t, err)
	assert.Equal(t, 500, again().Status, "a reload forgets none")
	_, err = x.reload(echo10("", ""))
	require.NoError(t, err)
	assert.Equal(t, 200, again().Status, "off by default")
	_, err = x.reload(refusing)
	require.NoError(t, err)
	first := m.ID
	m.ID = testbed.NewMessageID()
	assert.Equal(t, 200, again().Status)
	assert.Equal(t, 500, again().Status)
	assert.NotEqual(t, first, m.ID)
}

// TestSettings_duplicateElsewhere: each endpoint remembers what it took itself. A
// message may pass two services of one process, whose endpoints have one name.
func TestSettings_duplicateElsewhere(t *testing.T) {
	t.Parallel()
	p := echo10("", "wsa: {duplicateMessageID: refuse}")
	p.services += strings.NewReplacer(`name="Echo"`, `name="Other"`, "/echo", "/other").Replace(p.services)
	p.settings = strings.Replace(p.settings, "builtin: echo}", "builtin: echo}, {name: Other, builtin: echo}", 1)
	x := start(t, p, map[string]*testbed.Backend{"back": backend(t)})
	id := testbed.NewMessageID()
	for path, want := range map[string]int{"/echo": 200, "/other": 200} {
		m := to("http://" + x.addrs["front"] + path)
		m.ID = id
		assert.Equal(t, want, x.exchange("front", m.Request(x.addrs["front"], path, false)).Status)
		assert.Equal(t, 500, x.exchange("front", m.Request(x.addrs["front"], path, false)).Status)
	}
}

func TestSettings_versionMismatch(t *testing.T) {
	t.Parallel()
	old := testbed.Message{Action: "urn:a"}
	x := start(t, echo10("", ""), map[string]*testbed.Backend{"back": backend(t)})
	assert.Equal(t, 415, x.exchange("front", old.Request(x.addrs["front"], "/echo", false)).Status)
	odd := x.post("/echo", "Content-Type: "+to("").ContentType()+"\r\n", string(old.Envelope()))
	assert.Equal(t, 400, x.exchange("front", odd).Status)
	x = start(t, echo10("", "soap: {versionMismatch: true}"), map[string]*testbed.Backend{"back": backend(t)})
	for _, request := range [][]byte{old.Request(x.addrs["front"], "/echo", false), x.post("/echo", "Content-Type: "+to("").ContentType()+"\r\n", string(old.Envelope()))} {
		r := x.exchange("front", request)
		assert.Equal(t, 500, r.Status)
		assert.Contains(t, string(r.Body), "VersionMismatch")
		assert.Contains(t, string(r.Body), "Upgrade")
		assert.Contains(t, string(r.Body), testbed.NamespaceSOAP12, "the version that is served")
	}
}

// TestSettings_explainTo: those who are told learn why, others the id only; what
// a client says of its address never counts.
func TestSettings_explainTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, rest, fields string
		told               bool
	}{
		{name: "default"},
		{name: "in the list", rest: "errors: {explainTo: [127.0.0.0/8]}", told: true},
		{name: "not in the list", rest: "errors: {explainTo: [10.0.0.0/8]}"},
		{name: "forwarded", rest: "errors: {explainTo: [10.0.0.0/8]}", fields: "X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\n"},
		{name: "forwarded by a trusted proxy", rest: "errors: {explainTo: [10.0.0.0/8]}\ntrustedProxies: [127.0.0.0/8]", fields: "X-Forwarded-For: 10.0.0.1\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, echo10("", c.rest), map[string]*testbed.Backend{"back": backend(t)})
			m := to("http://" + x.addrs["front"] + "/ehco")
			r := x.exchange("front", x.post("/echo", "Content-Type: "+m.ContentType()+"\r\n"+c.fields, string(m.Envelope())))
			assert.Equal(t, 500, r.Status)
			const difference = `in the path at character `
			assert.Equal(t, c.told, strings.Contains(string(r.Body), difference), "%s", r.Body)
			assert.Equal(t, c.told, strings.Contains(string(r.Body), "/echo "), "no address of the service to others: %s", r.Body)
			assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "id=")
			require.NoError(t, x.stop())
			assert.Contains(t, x.log.String(), difference, "the log has it")
		})
	}
}

func TestSettings_closeAfterChunked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, settings         string
		chunkedEnds, sizedEnds bool
	}{
		{name: "auto"},
		{name: "auto behind a proxy", settings: "trustedProxies: [127.0.0.0/8]", chunkedEnds: true},
		{name: "always", settings: "http: {closeAfterChunked: always}", chunkedEnds: true},
		{name: "never", settings: "http: {closeAfterChunked: never}\ntrustedProxies: [127.0.0.0/8]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{settings: c.settings}, map[string]*testbed.Backend{"back": backend(t)})
			for chunked, ends := range map[bool]bool{true: c.chunkedEnds, false: c.sizedEnds} {
				r := x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/router", chunked))
				assert.Equal(t, 200, r.Status)
				assert.Equal(t, ends, r.Close, "chunked %v", chunked)
			}
		})
	}
}
