package chaos

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestBackup cuts the connection to a first back end that has a backup: the
// client gets the answer in any case. A backup list permits one repetition on
// the same endpoint when the channel was aborted, and then the next endpoint, as
// WCF has it; one cut leads to one of them only.
func TestBackup(t *testing.T) {
	t.Parallel()
	first, second := testbed.NewBackend(t, testbed.BackendOptions{}), testbed.NewBackend(t, testbed.BackendOptions{})
	relay := testbed.NewRelay(t, first.Addr())
	p := start(t, []destination{
		{name: "first", url: "http://" + relay.Addr() + "/", backups: []string{"second"}},
		{name: "second", url: second.URL()},
		{name: "dead", url: "http://" + testbed.FreeAddr(t) + "/", backups: []string{"second"}},
	}, testbed.NewCertificate(t))
	c, err := testbed.Dial(t.Context(), p.Addr("front"), nil)
	require.NoError(t, err)
	defer c.Close()
	ask := func(name string) (id string) {
		id = testbed.NewMessageID()
		r, err := c.Exchange(request(p, "/ask", name, id, 420, false), patience)
		require.NoError(t, err)
		require.Equal(t, 200, r.Status, "%s", r.Body)
		require.Equal(t, id, r.MessageID)
		require.Zero(t, c.Surplus())
		return id
	}
	for _, d := range []testbed.Direction{testbed.ToServer, testbed.ToClient} {
		ask("first")
		relay.Disarm()
		ask("first")
		total := relay.Passed(d)
		for after := total; after >= 0; after -= onewayEvery {
			for _, reset := range []bool{false, true} {
				what := fmt.Sprintf("direction %d, octet %d of %d, reset %v", d, after, total, reset)
				relay.Arm(testbed.Cut{Direction: d, After: after, Reset: reset})
				id := ask("first")
				require.NoError(t, await(relay.Fired), what)
				relay.Disarm()
				ask("first")
				sum := first.Deliveries(id) + second.Deliveries(id)
				assert.LessOrEqual(t, sum, 2, what)
				if d == testbed.ToClient && after == total && !reset {
					assert.Equal(t, 1, sum, "%s: repeated, though the whole answer passed", what)
				}
				if d == testbed.ToServer && after < total {
					assert.Equal(t, 1, sum, "%s: the first attempt did not arrive", what)
				}
			}
		}
	}
	for range 10 {
		id := ask("dead")
		assert.Equal(t, 1, second.Deliveries(id))
		assert.Zero(t, first.Deliveries(id))
	}
}
