//go:build interop

package interop

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestBackup_deadFirst has a first back end on which nothing listens, a second
// that answers, and a third that no call may reach: neither after an answer
// nor after a SOAP fault.
func TestBackup_deadFirst(t *testing.T) {
	running := map[string]*service{}
	for _, name := range services {
		running[name] = startService(t, name)
	}
	third := startService(t, "node-soap")
	for _, p := range []pair{
		{client: "zeep", version: "1.2", wsa: true, service: "mono"},
		{client: "zeep", version: "1.1", service: "mono"},
		{client: "php", version: "1.1", service: "php"},
		{client: "node-soap", version: "1.2", service: "node-soap"},
	} {
		t.Run(p.name(), func(t *testing.T) {
			t.Parallel()
			s := running[p.service]
			targets := []string{"http://" + testbed.FreeAddr(t) + "/dead", s.url(p.path()), third.url("soap11")}
			binding := bindingFor(p.version, p.wsa)
			viaduct := startRouter(t,
				route{Name: p.endpoint(), Binding: binding, Targets: targets},
				route{Name: "oneway", Binding: binding, Targets: targets, OneWay: true})
			got := run(t, p.client, job{
				URL: viaduct.url(p.endpoint()), Version: p.version, WSA: p.wsa,
				Calls: calls(p.name(), viaduct.url("oneway")),
			})
			check(t, p, got)
			s.awaitCount(t, "notify "+p.name(), 1)
			for _, key := range []string{"plain ", "nö ", "notify "} {
				assert.Equal(t, 1, s.count(t, key+p.name()), "deliveries to the second back end")
				assert.Zero(t, third.count(t, key+p.name()), "deliveries to the third back end")
			}
		})
	}
}

// TestBackup_allDead gets a fault, not silence and not a broken connection.
func TestBackup_allDead(t *testing.T) {
	for _, p := range []pair{
		{client: "zeep", version: "1.2", wsa: true},
		{client: "php", version: "1.1"},
		{client: "node-soap", version: "1.2"},
	} {
		t.Run(p.client, func(t *testing.T) {
			t.Parallel()
			viaduct := startRouter(t, route{Name: "dead", Binding: bindingFor(p.version, p.wsa), Targets: []string{
				"http://" + testbed.FreeAddr(t) + "/one", "http://" + testbed.FreeAddr(t) + "/two",
			}})
			got := run(t, p.client, job{
				URL: viaduct.url("dead"), Version: p.version, WSA: p.wsa,
				Calls: []call{{Operation: "Echo", Args: map[string]any{"text": "is anybody there?"}}},
			})
			require.NotNil(t, got[0].Fault, "%+v", got[0])
			assert.NotEmpty(t, got[0].Fault.String)
		})
	}
}
