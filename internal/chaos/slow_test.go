package chaos

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestSlow has peers that send one octet at a time, read slowly or say nothing.
func TestSlow(t *testing.T) {
	t.Parallel()
	certificate := testbed.NewCertificate(t)
	answers := map[string]testbed.Answer{
		"slow":   {Make: testbed.Reply, Pause: 200 * time.Microsecond},
		"silent": {Silent: true},
		"early":  {Octets: refusal413, Early: true},
		"extra":  {Make: testbed.Reply, Extra: testbed.Message{ID: testbed.NewMessageID()}.Response(200, false)},
		"large":  {Make: largeReply},
	}
	backends := map[string]*testbed.Backend{}
	var destinations []destination
	for name, a := range answers {
		backends[name] = testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer { return a }})
		destinations = append(destinations, destination{name: name, url: backends[name].URL(), streamed: name == "large"})
	}
	p := start(t, destinations, certificate)
	connect := func(t *testing.T) *testbed.Client {
		t.Helper()
		c, err := testbed.Dial(t.Context(), p.Addr("front"), nil)
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	t.Run("slow back end", func(t *testing.T) {
		t.Parallel()
		id := testbed.NewMessageID()
		r, err := connect(t).Exchange(request(p, "/ask", "slow", id, 420, false), patience)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status, "%s", r.Body)
		assert.Equal(t, id, r.MessageID)
		assert.Equal(t, 1, backends["slow"].Deliveries(id))
	})
	t.Run("slow client", func(t *testing.T) {
		t.Parallel()
		for _, chunked := range []bool{false, true} {
			id := testbed.NewMessageID()
			c := connect(t)
			require.NoError(t, c.SendSlowly(t.Context(), request(p, "/ask", "slow", id, 420, chunked), 200*time.Microsecond))
			r, err := c.Receive(patience)
			require.NoError(t, err)
			assert.Equal(t, 200, r.Status, "%s", r.Body)
			assert.Equal(t, 1, backends["slow"].Deliveries(id))
		}
	})
	t.Run("silent back end", func(t *testing.T) {
		t.Parallel()
		c := connect(t)
		for range 2 {
			id := testbed.NewMessageID()
			began := time.Now()
			r, err := c.Exchange(request(p, "/ask", "silent", id, 420, false), patience)
			require.NoError(t, err)
			assert.True(t, isFault(r), "%d %s", r.Status, r.Body)
			assert.InDelta(t, 1.8, time.Since(began).Seconds(), 1, "sendTimeout is one second")
			assert.Equal(t, 1, backends["silent"].Deliveries(id), "a message without an answer is not repeated")
		}
		assert.Equal(t, 2, backends["silent"].Connections(), "a connection without an answer is not used again")
	})
	t.Run("early answer", func(t *testing.T) {
		t.Parallel()
		c := connect(t)
		for _, size := range []int{420, 500_000} {
			id := testbed.NewMessageID()
			r, err := c.Exchange(request(p, "/ask", "early", id, size, false), patience)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, r.Status, 400, "%s", r.Body)
			assert.LessOrEqual(t, backends["early"].Deliveries(id), 1)
		}
	})
	t.Run("two answers", func(t *testing.T) {
		t.Parallel()
		c := connect(t)
		for i := range 20 {
			id := testbed.NewMessageID()
			r, err := c.Exchange(request(p, "/ask", "extra", id, 420, false), patience)
			require.NoError(t, err)
			assert.Equal(t, id, r.MessageID, "message %d has an answer that nobody asked for", i)
			assert.Equal(t, 1, backends["extra"].Deliveries(id))
		}
	})
	t.Run("slow reader", func(t *testing.T) {
		t.Parallel()
		id := testbed.NewMessageID()
		c := connect(t)
		require.NoError(t, c.Send(request(p, "/stream", "large", id, 420, false)))
		require.NoError(t, backends["large"].Await(t.Context(), func() bool { return backends["large"].Deliveries(id) == 1 }))
		pause := time.NewTimer(500 * time.Millisecond) // nobody reads meanwhile
		<-pause.C
		r, err := c.Receive(patience)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status)
		assert.Equal(t, id, r.MessageID)
		assert.Len(t, r.Body, largeSize)
	})
	if everything {
		t.Run("client that stops", func(t *testing.T) {
			t.Parallel()
			stops(t, p.Addr("front"), request(p, "/ask", "slow", testbed.NewMessageID(), 420, false))
		})
	}
}

const largeSize = 1_900_000

var refusal413 = []byte("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")

func largeReply(r *testbed.Received) []byte {
	m := r.Reply()
	m.Size = largeSize
	return m.Response(200, true)
}

// stops sends a part of a request and nothing more: T-HTTP-10 wants the
// connection to end, in the head after 10 s, in the body after 5 s.
func stops(t *testing.T, addr string, octets []byte) {
	t.Helper()
	for _, part := range []int{30, len(octets) - 5} {
		t.Run(fmt.Sprintf("after %d octets", part), func(t *testing.T) {
			t.Parallel()
			c, err := testbed.Dial(t.Context(), addr, nil)
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, c.Send(octets[:part]))
			began := time.Now()
			r, err := c.Receive(2 * patience)
			assert.Less(t, time.Since(began), 14*time.Second)
			if err == nil {
				assert.Equal(t, 408, r.Status, "%s", r.Body)
				assert.True(t, r.Close)
			}
		})
	}
}
