package chaos

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const streamSize = 100_000 // above what is held in any case

// TestStream cuts messages that pass through without being held. Then an answer
// may have begun when it is cut: the client must see that it is not whole.
func TestStream(t *testing.T) {
	t.Parallel()
	back := testbed.NewBackend(t, testbed.BackendOptions{Forget: true, Script: func(*testbed.Received) testbed.Answer {
		return testbed.Answer{Make: func(r *testbed.Received) []byte {
			m := r.Reply()
			m.Size = streamSize
			return m.Response(200, r.Chunked)
		}}
	}})
	behind := testbed.NewRelay(t, back.Addr())
	p := start(t, []destination{{name: "large", url: "http://" + behind.Addr() + "/", streamed: true}}, testbed.NewCertificate(t))
	before := testbed.NewRelay(t, p.Addr("front"))
	for _, s := range []struct {
		name  string
		relay *testbed.Relay
	}{{"front", before}, {"back", behind}} {
		for _, d := range []testbed.Direction{testbed.ToServer, testbed.ToClient} {
			for _, chunked := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/direction=%d/chunked=%v", s.name, d, chunked), func(t *testing.T) {
					c := streamCase{program: p, before: before, relay: s.relay, direction: d, chunked: chunked, back: back}
					c.run(t)
				})
			}
		}
	}
	assert.Empty(t, back.Problems())
}

type streamCase struct {
	program       *testbed.Program
	before, relay *testbed.Relay
	back          *testbed.Backend
	direction     testbed.Direction
	chunked       bool
}

func (c streamCase) run(t *testing.T) {
	t.Helper()
	c.relay.Disarm()
	id, r, err := c.exchange(t)
	require.NoError(t, err)
	require.Equal(t, 200, r.Status, "%s", r.Body)
	require.Equal(t, id, r.MessageID)
	require.Len(t, r.Body, streamSize)
	total := c.relay.Passed(c.direction)
	for after := total; after >= 0; after -= longStride {
		for _, reset := range []bool{false, true} {
			what := fmt.Sprintf("octet %d of %d, reset %v", after, total, reset)
			c.relay.Arm(testbed.Cut{Direction: c.direction, After: after, Reset: reset})
			id, r, err := c.exchange(t)
			if c.chunked && after == total && r != nil && r.Status == 200 && !c.relay.Fired() {
				continue // this time Viaduct wrote fewer chunks, and the cut lay behind the last one
			}
			require.NoError(t, await(c.relay.Fired), what)
			c.relay.Disarm()
			if c.relay != c.before && r == nil {
				// An answer that began and could not be ended is cut.
				assert.Equal(t, testbed.ToClient, c.direction, "%s: no answer: %v", what, err)
			}
			if r != nil && r.Status == 200 {
				assert.Equal(t, id, r.MessageID, what)
				assert.Len(t, r.Body, streamSize, what)
				assert.Equal(t, total, after, "%s: a whole answer", what)
			}
			n := c.back.Deliveries(id)
			assert.LessOrEqual(t, n, 1, what)
			if c.direction == testbed.ToServer && after < total {
				assert.Zero(t, n, "%s: the rest never arrived, yet the back end saw an end", what)
			}
		}
	}
	id, r, err = c.exchange(t)
	require.NoError(t, err)
	assert.Equal(t, id, r.MessageID, "after all cuts")
}

func (c streamCase) exchange(t *testing.T) (string, *testbed.Result, error) {
	t.Helper()
	client, err := testbed.Dial(t.Context(), c.before.Addr(), nil)
	require.NoError(t, err)
	defer client.Close()
	id := testbed.NewMessageID()
	_ = client.Send(request(c.program, "/stream", "large", id, streamSize, c.chunked)) // an early answer may end it
	r, err := client.Receive(patience)
	return id, r, err
}
