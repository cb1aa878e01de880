package testbed

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRelay_cut(t *testing.T) {
	t.Parallel()
	for _, d := range []Direction{ToServer, ToClient} {
		for _, reset := range []bool{false, true} {
			for _, pooled := range []bool{false, true} {
				t.Run(fmt.Sprintf("direction=%d/reset=%v/pooled=%v", d, reset, pooled), func(t *testing.T) {
					t.Parallel()
					b := NewBackend(t, BackendOptions{})
					r := NewRelay(t, b.Addr())
					for _, after := range []int{0, 1, 17, 200} {
						c := connect(t, r.Addr(), nil)
						if pooled {
							_, err := c.Exchange(Message{}.Request("h", "/", false), timeout)
							require.NoError(t, err)
						}
						r.Arm(Cut{Direction: d, After: after, Reset: reset})
						_, err := c.Exchange(Message{}.Request("h", "/", false), timeout)
						require.Error(t, err)
						assert.Eventually(t, r.Fired, timeout, time.Millisecond)
						assert.Equal(t, after, r.Passed(d))
					}
					c := connect(t, r.Addr(), nil)
					_, err := c.Exchange(Message{}.Request("h", "/", false), timeout)
					require.NoError(t, err, "a cut happens once")
				})
			}
		}
	}
}

func TestRelay_lastOctet(t *testing.T) {
	t.Parallel()
	b := NewBackend(t, BackendOptions{})
	r := NewRelay(t, b.Addr())
	id := NewMessageID()
	request := Message{ID: id}.Request("h", "/", false)
	r.Arm(Cut{After: len(request)})
	_, err := connect(t, r.Addr(), nil).Exchange(request, timeout)
	require.Error(t, err)
	require.NoError(t, b.Await(t.Context(), func() bool { return b.Deliveries(id) == 1 }))
}

func TestListener(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewListener()
		b := NewBackend(t, BackendOptions{Listener: l})
		conn, err := l.Dial(t.Context(), "", "")
		require.NoError(t, err)
		got, err := NewClient(conn, conn).Exchange(Message{}.Request("h", "/", false), timeout)
		require.NoError(t, err)
		assert.Equal(t, 200, got.Status)
		b.Close()
		_, err = l.Dial(context.Background(), "", "")
		require.Error(t, err)
	})
}
