//go:build interop

package interop

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestConnection_reuse makes 200 calls on one connection of each client, which
// Viaduct carries on one connection of its own.
func TestConnection_reuse(t *testing.T) {
	const many = 200
	service := startService(t, "node-soap")
	for _, client := range []string{"zeep", "php", "node-soap"} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			behind := testbed.NewRelay(t, service.addr(basic))
			viaduct := startRouter(t, route{Name: "front", Version: basic, Targets: []string{"http://" + behind.Addr() + "/basic"}})
			before := testbed.NewRelay(t, viaduct.Addr("front"))
			text := client + " again and again"
			got := run(t, client, jobFor(basic, "http://"+before.Addr()+"/front",
				call{Operation: "Echo", Args: map[string]any{"text": text}, Repeat: many}))
			assert.Equal(t, text, got[0].text(t))
			assert.Equal(t, many, got[0].Same, "answers like the first one")
			assert.Equal(t, many, service.count(t, text), "deliveries")
			assert.Equal(t, 1, before.Opened(), "connections from the client")
			assert.Equal(t, 1, behind.Opened(), "connections to the service")
		})
	}
}
