package hosting_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

func TestThrottle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := hosting.NewThrottle(1, time.Minute)
		leave, err := th.Admit(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, th.Calls())

		var order []int
		for i := range 2 {
			go func() {
				next, err := th.Admit(t.Context())
				if assert.NoError(t, err) {
					order = append(order, i)
					next()
				}
			}()
			synctest.Wait()
		}
		_, err = th.Admit(t.Context())
		assert.Equal(t, refusal.LimitCalls, refusal.Of(err), "twice as many as may run may wait")
		require.ErrorContains(t, err, "maxConcurrentCalls", "the remedy")
		leave()
		synctest.Wait()
		assert.Equal(t, []int{0, 1}, order, "who came first goes first")
		assert.Zero(t, th.Calls())
	})
}

func TestThrottle_late(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := hosting.NewThrottle(1, time.Minute)
		leave, err := th.Admit(t.Context())
		require.NoError(t, err)
		begun := time.Now()
		_, err = th.Admit(t.Context())
		assert.Equal(t, refusal.LimitCalls, refusal.Of(err))
		assert.Equal(t, time.Minute, time.Since(begun))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = th.Admit(ctx)
		assert.Equal(t, refusal.ClientGone, refusal.Of(err))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		leave()
		again, err := th.Admit(t.Context())
		require.NoError(t, err, "those who gave up left no trace")
		again()
	})
}

func BenchmarkThrottle_Admit(b *testing.B) {
	b.ReportAllocs()
	th := hosting.NewThrottle(16, time.Minute)
	for b.Loop() {
		leave, err := th.Admit(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		leave()
	}
}
