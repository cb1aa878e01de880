package http1_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

// TestPin: T-HTTP-14, H-169. A connection that authenticated a user is never used
// for anybody else, and a pin never gets a connection that somebody used.
func TestPin(t *testing.T) {
	t.Parallel()
	p, pool := serve(t, false, func(c netConn) {
		answering(fmt.Sprintf("HTTP/1.1 401 U\r\nX-Port: %s\r\nWWW-Authenticate: NTLM\r\nContent-Length: 1\r\n\r\na", c.RemoteAddr()))(c)
	})
	port := func(do func(context.Context, *http1.Request) (*http1.Response, error)) string {
		resp, err := do(context.Background(), post("/", held("abc"), http1.Field{Name: "Authorization", Value: "NTLM x"}))
		require.NoError(t, err)
		assert.True(t, resp.ConnectionAuth)
		require.NoError(t, resp.Body.Close())
		return resp.Fields.Get("X-Port")
	}
	a, b := pool.Pin(), pool.Pin()
	first := port(a.Do)
	other := port(b.Do)
	assert.NotEqual(t, first, other)
	for range 3 {
		assert.Equal(t, first, port(a.Do), "the same connection all the time")
	}
	for range 3 {
		assert.NotContains(t, []string{first, other}, port(pool.Do))
	}
	assert.Equal(t, 5, p.accepted())
	assert.Equal(t, 2, pool.Stats().Open)

	resp, err := a.Do(context.Background(), get())
	require.NoError(t, err)
	_, err = a.Do(context.Background(), get())
	require.ErrorIs(t, err, http1.ErrBusy)
	a.Close()
	_, err = resp.Body.Read(make([]byte, 10))
	if err == nil { // the octet was there already
		_, err = resp.Body.Read(make([]byte, 10))
	}
	require.Error(t, err)
	require.NoError(t, resp.Body.Close())
	_, err = a.Do(context.Background(), get())
	require.ErrorIs(t, err, http1.ErrClosed)
	b.Close()
	b.Close()
	assert.Zero(t, pool.Stats().Open)
}

// TestPin_full: a pin takes the place of an idle connection, and waits when there
// is none.
func TestPin_full(t *testing.T) {
	t.Parallel()
	p := listen(t, nil, echo)
	pool := p.pool(t, http1.Options{MaxOpen: 1})
	_, _, err := exchange(t, pool, post("/", held("abc")))
	require.NoError(t, err)
	pin := pool.Pin()
	resp, err := pin.Do(context.Background(), post("/", held("abc")))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 2, p.accepted())
	gone, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	_, err = pool.Do(gone, get())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	pin.Close()

	resp, err = pool.Do(context.Background(), post("/", held("abc")))
	require.NoError(t, err)
	pin = pool.Pin()
	result := make(chan error)
	go func() {
		resp, err := pin.Do(context.Background(), post("/", held("abc")))
		if err == nil {
			err = resp.Body.Close()
		}
		result <- err
	}()
	for pool.Stats().Waiting == 0 {
	}
	require.NoError(t, resp.Body.Close())
	require.NoError(t, <-result)
	assert.Equal(t, 4, p.accepted(), "it was not given the other's connection")
	require.NoError(t, pool.Shutdown(context.Background()), "an idle pin does not hold it up")
	pin.Close()
}

// TestPin_broken: a connection that broke is replaced, never repaired in silence:
// its server has to authenticate again.
func TestPin_broken(t *testing.T) {
	t.Parallel()
	p, pool := serve(t, false, answering(empty+"x"))
	pin := pool.Pin()
	defer pin.Close()
	for range 2 {
		resp, err := pin.Do(context.Background(), get())
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	assert.Equal(t, 2, p.accepted())
	assert.Equal(t, int64(2), pool.Stats().Poisoned)
}
