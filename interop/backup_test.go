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
	for _, name := range []string{"mono", "php", "node-soap"} {
		running[name] = startService(t, name)
	}
	third := startService(t, "node-soap")
	for _, p := range []pair{
		{client: "zeep", version: ws, service: "mono"},
		{client: "zeep", version: basic, service: "mono"},
		{client: "php", version: basic, service: "php"},
		{client: "node-soap", version: plain12, service: "node-soap"},
	} {
		t.Run(p.name(), func(t *testing.T) {
			t.Parallel()
			s := running[p.service]
			targets := []string{"http://" + testbed.FreeAddr(t) + "/dead", s.url(p.version), third.url(p.version)}
			viaduct := startRouter(t,
				route{Name: "both", Version: p.version, Targets: targets},
				route{Name: "oneway", Version: p.version, Targets: targets, OneWay: true})
			got := run(t, p.client, jobFor(p.version, viaduct.url("both"), calls(p.name(), "", viaduct.url("oneway"))...))
			check(t, p, got, "")
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
		{client: "zeep", version: ws},
		{client: "php", version: basic},
		{client: "node-soap", version: plain12},
	} {
		t.Run(p.client, func(t *testing.T) {
			t.Parallel()
			viaduct := startRouter(t, route{Name: "dead", Version: p.version, Targets: []string{
				"http://" + testbed.FreeAddr(t) + "/one", "http://" + testbed.FreeAddr(t) + "/two",
			}})
			got := run(t, p.client, jobFor(p.version, viaduct.url("dead"),
				call{Operation: "Echo", Args: map[string]any{"text": "is anybody there?"}}))
			require.NotNil(t, got[0].Fault, "%+v", got[0])
			assert.NotEmpty(t, got[0].Fault.String)
		})
	}
}
