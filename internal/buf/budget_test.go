package buf_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

func TestBudget_Reserve(t *testing.T) {
	t.Parallel()
	b := buf.NewBudget(100, 0, "")
	require.NoError(t, b.Reserve(60))
	require.NoError(t, b.Reserve(40), "exactly full")
	require.ErrorIs(t, b.Reserve(1), buf.ErrMemory)
	assert.EqualValues(t, 100, b.Held(), "a failed reservation counts nothing")
	b.Release(100)
	assert.Zero(t, b.Held())
}

func TestBudget_nilHasNoLimit(t *testing.T) {
	t.Parallel()
	var b *buf.Budget
	require.NoError(t, b.Reserve(1<<60))
	b.Release(1 << 60)
	assert.Zero(t, b.Held())
	assert.Zero(t, b.Spooled())
}

func TestNewShare(t *testing.T) {
	t.Parallel()
	all := buf.NewBudget(100, 0, "")
	one, two := buf.NewShare(all, 70), buf.NewShare(all, buf.Unlimited)
	require.NoError(t, one.Reserve(70))
	require.ErrorIs(t, one.Reserve(1), buf.ErrMemory, "the share is full")
	require.ErrorIs(t, two.Reserve(31), buf.ErrMemory, "the parent is full")
	assert.Zero(t, two.Held(), "the share takes back what the parent refused")
	require.NoError(t, two.Reserve(30))
	assert.EqualValues(t, 100, all.Held())
	one.Release(70)
	two.Release(30)
	assert.Zero(t, all.Held())
}

func TestBudget_parallel(t *testing.T) {
	t.Parallel()
	b := buf.NewBudget(8, 0, "")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 1000 {
				if b.Reserve(3) != nil {
					continue
				}
				b.Release(3)
			}
		})
	}
	wg.Wait()
	assert.Zero(t, b.Held())
}
