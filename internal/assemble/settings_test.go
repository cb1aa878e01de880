package assemble_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const echo11 = `<service name="Echo"><endpoint name="echo" address="http://@front@/echo" ` + basic + ` contract="IEcho"/></service>`

// TestSettings_services: what stands for a service.
func TestSettings_services(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, set string
		want      int
		forwarded string // request target at the back end
	}{
		{name: "builtin", set: "builtin: echo", want: 200},
		{name: "sink", set: "builtin: sink", want: 202},
		{name: "unused", set: "unused: true", want: 404},
		{name: "forward to a client endpoint", set: "forward: back", want: 200, forwarded: "/orders"},
		{name: "forward to a URL", set: `forward: "http://@back@/elsewhere?x=1"`, want: 200, forwarded: "/elsewhere?x=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := backend(t)
			x := start(t, parts{services: echo11, settings: "services: [{name: Echo, " + c.set + "}]"}, map[string]*testbed.Backend{"back": b})
			r := x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/echo", false))
			assert.Equal(t, c.want, r.Status, "%s", r.Body)
			if c.forwarded == "" {
				assert.Empty(t, b.Received())
				return
			}
			require.Len(t, b.Received(), 1)
			assert.Equal(t, c.forwarded, b.Received()[0].Target)
		})
	}
}

func TestSettings_fields(t *testing.T) {
	t.Parallel()
	const fields = text11 + "X-Mine: 1\r\nX-Yours: 2\r\nX-Request-Id: 3\r\nX-Forwarded-For: 10.0.0.1\r\nX_Forwarded_For: 10.0.0.2\r\nViaduct-Hops: 4\r\nAuthorization: Bearer x\r\nCookie: y\r\n"
	for _, c := range []struct {
		name, settings    string
		mine, for_, authz string
	}{
		{name: "default", for_: "127.0.0.1"},
		{name: "http.pass", settings: "endpoints: [{name: back, http: {pass: [x-mine]}}]", mine: "1", for_: "127.0.0.1"},
		{name: "trustedProxies", settings: "trustedProxies: [127.0.0.0/8]", for_: "10.0.0.1, 127.0.0.1"},
		{name: "forward-signed", settings: "endpoints: [{name: back, mode: forward-signed}]", for_: "127.0.0.1", authz: "Bearer x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := backend(t)
			x := start(t, parts{settings: c.settings}, map[string]*testbed.Backend{"back": b})
			require.Equal(t, 200, x.exchange("front", x.post("/router", fields, string(testbed.Message{}.Envelope()))).Status)
			got := b.Received()[0]
			assert.Equal(t, c.mine, got.Get("X-Mine"))
			assert.Equal(t, c.for_, got.Get("X-Forwarded-For"))
			assert.Equal(t, c.authz, got.Get("Authorization"))
			assert.Equal(t, "http", got.Get("X-Forwarded-Proto"))
			assert.Equal(t, "3", got.Get("X-Request-Id"), "of the safe list")
			assert.Equal(t, "5", got.Get("Viaduct-Hops"))
			for _, name := range []string{"X-Yours", "X_Forwarded_For", "Cookie"} {
				assert.Zero(t, got.Count(name), name)
			}
			assert.Equal(t, 1, got.Count("X-Forwarded-For"))
			assert.Equal(t, 1, got.Count("Viaduct-Hops"))
		})
	}
}

func TestSettings_disclose(t *testing.T) {
	t.Parallel()
	x := start(t, parts{settings: "errors: {disclose: none}"}, map[string]*testbed.Backend{"back": backend(t)})
	r := x.exchange("front", x.post("/router", text11, "<x/>"))
	assert.Equal(t, 400, r.Status)
	assert.True(t, strings.HasPrefix(r.Fields.Get("X-Viaduct-Error"), "id="), "%v", r.Fields)
}

func TestSettings_maxHops(t *testing.T) {
	t.Parallel()
	x := start(t, parts{settings: "wsa: {maxHops: 2}"}, map[string]*testbed.Backend{"back": backend(t)})
	r := x.exchange("front", x.post("/router", text11+"Viaduct-Hops: 2\r\n", string(testbed.Message{}.Envelope())))
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "wsa.loop")
}

// TestSettings_sockets: a socket of the settings serves the endpoints with its
// scheme and port, whatever interface their addresses name.
func TestSettings_sockets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		endpoints []string // addresses
		settings  string
		want      []string
	}{
		{name: "loopback name", endpoints: []string{"http://localhost:8000/a", "http://127.0.0.1:8000/b"}, want: []string{"http://127.0.0.1:8000"}},
		{name: "other name", endpoints: []string{"http://edge.example:8000/a"}, want: []string{"http://:8000"}},
		{name: "address literal", endpoints: []string{"http://192.0.2.1:8000/a", "http://[::1]:8000/b"}, want: []string{"http://192.0.2.1:8000", "http://[::1]:8000"}},
		{name: "all interfaces cover one", endpoints: []string{"http://localhost:8000/a", "http://edge.example:8000/b", "http://127.0.0.1:8000/c"}, want: []string{"http://:8000"}},
		{name: "another port", endpoints: []string{"http://localhost:8000/a", "http://localhost:8001/b"}, want: []string{"http://127.0.0.1:8000", "http://127.0.0.1:8001"}},
		{name: "the settings say where", endpoints: []string{"http://localhost:8000/a"}, settings: `sockets: [{address: "127.0.0.5:8000"}, {address: "[::1]:8000"}]`, want: []string{"http://127.0.0.5:8000", "http://[::1]:8000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := parts{settings: c.settings, client: `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/>`}
			for i, a := range c.endpoints {
				p.endpoints += `<endpoint name="e` + string(rune('0'+i)) + `" address="` + a + `" ` + basic + " " + twoWay + `/>`
			}
			built, err := build(p, assemble.Options{NoAdmin: true})
			require.NoError(t, err)
			assert.Equal(t, c.want, built.Addresses())
		})
	}
}
