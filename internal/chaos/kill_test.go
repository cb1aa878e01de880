package chaos

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// outcome is what one client knows of one message.
type outcome struct {
	id       string
	oneway   bool
	answered bool // 200 or 202 came
}

// traffic sends messages from many clients until Viaduct is gone.
func traffic(t *testing.T, p *testbed.Program, clients int) func() []outcome {
	t.Helper()
	var mu sync.Mutex
	var all []outcome
	var wg sync.WaitGroup
	for i := range clients {
		oneway := i%3 == 0
		name := map[bool]string{true: "tell", false: "ask"}[oneway]
		wg.Go(func() {
			c, err := testbed.Dial(t.Context(), p.Addr("front"), nil)
			if err != nil {
				return
			}
			defer c.Close()
			for range 100_000 {
				o := outcome{id: testbed.NewMessageID(), oneway: oneway}
				r, err := c.Exchange(request(p, "/"+name, name, o.id, 2000, i%2 == 0), patience)
				o.answered = err == nil && r.Status < 300
				if o.answered && !oneway {
					assert.Equal(t, o.id, r.MessageID)
				}
				mu.Lock()
				all = append(all, o)
				mu.Unlock()
				if err != nil || r.Close {
					return
				}
			}
		})
	}
	return func() []outcome {
		wg.Wait()
		return all
	}
}

// serviceFor starts a back end that answers after a moment, so that messages
// are under way when something happens, and Viaduct before it.
func serviceFor(t *testing.T) (*testbed.Backend, *testbed.Program) {
	t.Helper()
	back := testbed.NewBackend(t, testbed.BackendOptions{Forget: true, Script: func(r *testbed.Received) testbed.Answer {
		a := testbed.Answer{Delay: time.Duration(rand.IntN(3000)) * time.Microsecond}
		if r.Target == "/tell" {
			a.Make = testbed.Accepted
		}
		return a
	}})
	return back, start(t, []destination{{name: "ask", url: back.URL() + "ask"}, {name: "tell", url: back.URL() + "tell"}}, testbed.NewCertificate(t))
}

// TestKill ends Viaduct with SIGKILL in the middle of messages: nobody has an
// answer to a message that did not arrive, and nothing arrives twice.
func TestKill(t *testing.T) {
	t.Parallel()
	for range kills {
		back, p := serviceFor(t)
		ended := traffic(t, p, 24)
		<-time.After(time.Duration(50+rand.IntN(150)) * time.Millisecond)
		p.Kill()
		outcomes := ended()
		require.NotEmpty(t, outcomes)
		back.CloseConnections()
		for _, o := range outcomes {
			n := back.Deliveries(o.id)
			assert.LessOrEqual(t, n, 1)
			if o.answered && !o.oneway {
				assert.Equal(t, 1, n, "an answer to a message that did not arrive")
			}
		}
		assert.Empty(t, back.Problems())
	}
}

// TestDrain ends Viaduct with SIGTERM: what was accepted is delivered, once.
func TestDrain(t *testing.T) {
	t.Parallel()
	back, p := serviceFor(t)
	ended := traffic(t, p, 24)
	<-time.After(100 * time.Millisecond)
	require.NoError(t, p.Stop(patience))
	outcomes := ended()
	require.NotEmpty(t, outcomes)
	for _, o := range outcomes {
		n := back.Deliveries(o.id)
		if o.answered {
			assert.Equal(t, 1, n, "accepted, one-way %v", o.oneway)
		}
		assert.LessOrEqual(t, n, 1)
	}
}
