package httpchan_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestFront_limits(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]httpchan.FrontOptions{
		"connections": {MaxConnections: 2}, "per address": {MaxPerAddress: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refused atomic.Int32
			o.Refused = func(r refusal.Reason) {
				assert.Equal(t, refusal.LimitConnections, r)
				refused.Add(1)
			}
			f, address := serve(t, everywhere(listener(echo)), o)
			exchange := func(c *testbed.Client) *testbed.Result {
				r, err := c.Exchange([]byte(posting(good)), patience)
				require.NoError(t, err)
				return r
			}
			first, second := dial(t, address), dial(t, address)
			assert.Equal(t, 200, exchange(first).Status)
			assert.Equal(t, 200, exchange(second).Status)
			for range 2 {
				r := exchange(dial(t, address))
				assert.Equal(t, 503, r.Status)
				assert.Equal(t, "1", r.Fields.Get("Retry-After"))
				assert.Regexp(t, `^limit\.connections; id=`, r.Fields.Get("X-Viaduct-Error"))
				assert.True(t, r.Close)
			}
			assert.EqualValues(t, 2, refused.Load())
			assert.Equal(t, 2, f.Connections())
			second.Close()
			require.Eventually(t, func() bool { return f.Connections() == 1 }, patience, time.Millisecond)
			assert.Equal(t, 200, exchange(dial(t, address)).Status, "there is room again")
		})
	}
}

// started serves until the test says otherwise.
func started(t *testing.T, l *binding.Listener) (f *httpchan.Front, address string, served chan error) {
	t.Helper()
	in, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f = httpchan.NewFront(everywhere(l), httpchan.FrontOptions{})
	served = make(chan error, 1)
	go func() { served <- f.Serve(context.Background(), in) }()
	t.Cleanup(func() { _ = f.Close() })
	return f, in.Addr().String(), served
}

// waiting is a handler that tells of each message and goes on when it is told to.
func waiting(entered chan<- context.Context, goOn <-chan struct{}) binding.HandlerFunc {
	return func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		entered <- ctx
		<-goOn
		return echo(ctx, req)
	}
}

func TestFront_Shutdown(t *testing.T) {
	t.Parallel()
	entered, goOn := make(chan context.Context, 1), make(chan struct{})
	f, address, served := started(t, listener(waiting(entered, goOn)))
	silent := dial(t, address) // net/http alone would wait five seconds for it
	c := dial(t, address)
	require.NoError(t, c.Send([]byte(posting(good))))
	ctx := <-entered
	begun := time.Now()
	done := make(chan error, 1)
	go func() { done <- f.Shutdown(context.Background()) }()
	_, err := silent.Receive(patience)
	require.Error(t, err)
	select {
	case err := <-served:
		require.Fail(t, "Serve returned while an exchange was in progress", "%v", err)
	default:
	}
	require.NoError(t, ctx.Err(), "a handler that is in progress goes on")
	close(goOn)
	r, err := c.Receive(patience)
	require.NoError(t, err)
	assert.Equal(t, 200, r.Status)
	assert.True(t, r.Close)
	require.NoError(t, <-done)
	require.NoError(t, <-served)
	assert.Less(t, time.Since(begun), 4*time.Second)
	assert.Zero(t, f.Connections())
}

func TestFront_Shutdown_late(t *testing.T) {
	t.Parallel()
	entered, goOn := make(chan context.Context, 1), make(chan struct{})
	f, address, served := started(t, listener(waiting(entered, goOn)))
	c := dial(t, address)
	require.NoError(t, c.Send([]byte(posting(good))))
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.Shutdown(ctx), context.Canceled)
	require.NoError(t, f.Close())
	require.NoError(t, <-served)
	_, err := c.Receive(patience)
	require.Error(t, err, "cut")
	close(goOn)
}

func TestFront_Serve_context(t *testing.T) {
	t.Parallel()
	in := testbed.NewListener()
	f := httpchan.NewFront(everywhere(listener(echo)), httpchan.FrontOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- f.Serve(ctx, in) }()
	cancel()
	require.NoError(t, <-served)
}

func TestFront_Serve_broken(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	f := httpchan.NewFront(everywhere(listener(echo)), httpchan.FrontOptions{})
	err := f.Serve(t.Context(), brokenListener{testbed.NewListener(), broken})
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "serve memory: broken")
}

type brokenListener struct {
	net.Listener
	err error
}

func (l brokenListener) Accept() (net.Conn, error) { return nil, l.err }

// A client that goes away does not take back what it sent (decision 002).
func TestFront_clientGone(t *testing.T) {
	t.Parallel()
	entered, goOn := make(chan context.Context, 1), make(chan struct{})
	l := listener(waiting(entered, goOn))
	seen := make(chan binding.Exchange, 1)
	l.Observe = func(x *binding.Exchange) { seen <- *x }
	f, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	c := dial(t, address)
	require.NoError(t, c.Send([]byte(posting(good))))
	ctx := <-entered
	c.Reset()
	assert.NoError(t, ctx.Err())
	close(goOn)
	<-seen
	require.Eventually(t, func() bool { return f.Connections() == 0 }, patience, time.Millisecond)
}

// A client that ends its direction behind the request gets its answer.
func TestFront_halfClosed(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{})
	c := dial(t, address)
	require.NoError(t, c.Send([]byte(posting(good))))
	require.NoError(t, c.CloseWrite())
	r, err := c.Receive(patience)
	require.NoError(t, err)
	assert.Equal(t, 200, r.Status)
}

func TestFront_pins(t *testing.T) {
	t.Parallel()
	conns := make(chan *binding.Connection, 3)
	l := listener(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		conns <- req.Conn
		return accept(ctx, req)
	})
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	one, two := dial(t, address), dial(t, address)
	for _, c := range []*testbed.Client{one, one, two} {
		_, err := c.Exchange([]byte(posting(good)), patience)
		require.NoError(t, err)
	}
	a, b, other := <-conns, <-conns, <-conns
	assert.Same(t, a, b)
	assert.NotSame(t, a, other)
	gone := make(chan struct{})
	_, ok := a.Pinned("key", func() binding.Resource { return closer(gone) })
	require.True(t, ok)
	one.Close()
	<-gone
}

// closer is a resource that is a channel.
type closer chan struct{}

func (c closer) Close() { close(c) }

// An answer and its memory outlive the handler until they are written.
func TestFront_leases(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(listener(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		d := soap.NewDraft(req.Envelope)
		req.Release()
		return &binding.Reply{Draft: d, Close: func() {}}, nil
	})), httpchan.FrontOptions{})
	c := dial(t, address)
	for range 20 {
		r, err := c.Exchange([]byte(posting(good)), patience)
		require.NoError(t, err)
		require.Equal(t, good, string(r.Body))
	}
}

// A request that comes before the answer to the one before waits for its turn.
func TestFront_pipelined(t *testing.T) {
	t.Parallel()
	entered, goOn := make(chan context.Context, 3), make(chan struct{})
	_, address := serve(t, everywhere(listener(waiting(entered, goOn))), httpchan.FrontOptions{})
	c := dial(t, address)
	one := posting(good)
	require.NoError(t, c.Send([]byte(one+one+one[:1])))
	<-entered
	close(goOn)
	for i := range 3 {
		r, err := c.Receive(patience)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status)
		if i == 1 {
			require.NoError(t, c.Send([]byte(one[1:])))
		}
	}
}
