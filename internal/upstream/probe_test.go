package upstream_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/upstream"
)

func TestProber_Run(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, e := backend(upstream.Options{Health: upstream.Health{Interval: 10 * time.Second, Timeout: time.Second, Unhealthy: 2, Healthy: 1}})
		begun := time.Now()
		var asked []time.Duration
		var ill atomic.Bool
		ill.Store(true)
		p := &upstream.Prober{
			Backend: b,
			Jitter:  func() float64 { return .5 },
			Check: func(ctx context.Context) error {
				asked = append(asked, time.Since(begun))
				if ill.Load() {
					<-ctx.Done() // no answer
					return ctx.Err()
				}
				return nil
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			upstream.Run(ctx, []*upstream.Prober{p})
		}()
		advance(t, 12500*time.Millisecond)
		assert.False(t, b.Status(time.Now()).Healthy)
		ill.Store(false)
		advance(t, 11*time.Second)
		assert.True(t, b.Status(time.Now()).Healthy)
		assert.Equal(t, []time.Duration{500 * time.Millisecond, 11500 * time.Millisecond, 22500 * time.Millisecond}, asked)

		b.SetState(upstream.Disabled)
		advance(t, time.Minute)
		assert.Len(t, asked, 3, "one that is disabled is not asked")
		cancel()
		<-done
		assert.Equal(t, "orders unhealthy, orders healthy, orders manual", e.words())
	})
}

// TestProber_stopped: a check that is cut by the end of its prober says nothing.
func TestProber_stopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := backend(upstream.Options{Health: upstream.Health{Unhealthy: 1}})
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		(&upstream.Prober{Backend: b, Check: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}).Run(ctx)
		assert.True(t, b.Status(time.Now()).Healthy)
	})
}

// advance lets time pass in a bubble.
func advance(t *testing.T, d time.Duration) {
	t.Helper()
	<-time.After(d)
	synctest.Wait()
}

func TestCheckHTTP(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "", 302: "", 404: "status 404", 503: "status 503", 0: "refused"} {
		err := upstream.CheckHTTP(func(context.Context) (int, error) {
			if status == 0 {
				return 0, errors.New("refused")
			}
			return status, nil
		})(t.Context())
		if want == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, want)
		}
	}
}

func TestCheckTCP(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer func() { _ = there.Close() }()
	assert.NoError(t, upstream.CheckTCP(func(context.Context) (net.Conn, error) { return here, nil })(t.Context()))
	_, err := here.Write([]byte("x"))
	assert.ErrorContains(t, err, "closed pipe", "nothing is kept open")
	assert.EqualError(t, upstream.CheckTCP(func(context.Context) (net.Conn, error) { return nil, errors.New("refused") })(t.Context()), "refused")
}
