package buf_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

func TestLease_Head(t *testing.T) {
	t.Parallel()
	tests := []struct{ size, room int }{
		{1, 4 << 10},
		{4 << 10, 4 << 10},
		{4<<10 + 1, 8 << 10},
		{64 << 10, 64 << 10},
		{1 << 20, 1 << 20},
		{1<<20 + 1, 1<<20 + 1}, // above the pools: exactly
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.size), func(t *testing.T) {
			t.Parallel()
			b := buf.NewBudget(buf.Unlimited, 0, "")
			l := buf.NewLease(b)
			head, err := l.Head(tt.size, 0)
			require.NoError(t, err)
			assert.Len(t, head, tt.room)
			assert.EqualValues(t, tt.room, b.Held(), "what is taken is counted")
			assert.True(t, l.Release())
			assert.Zero(t, b.Held())
		})
	}
}

func TestLease_headGrows(t *testing.T) {
	t.Parallel()
	b := buf.NewBudget(70<<10, 0, "")
	l := buf.NewLease(b)
	defer l.Release()
	head, err := l.Head(10, 0)
	require.NoError(t, err)
	copy(head, "0123456789")
	head, err = l.Head(60<<10, 5)
	require.NoError(t, err)
	assert.Equal(t, "01234", string(head[:5]), "what is kept moves along")
	assert.EqualValues(t, 64<<10, b.Held(), "the old head is given back")
	_, err = l.Head(100<<10, 5)
	require.ErrorIs(t, err, buf.ErrMemory)
	again, err := l.Head(1, 0)
	require.NoError(t, err)
	assert.Equal(t, "01234", string(again[:5]), "a head that cannot grow stays")
}

func TestLease_Segment(t *testing.T) {
	t.Parallel()
	b := buf.NewBudget(16<<10, 0, "")
	l := buf.NewLease(b)
	_, err := l.Head(4<<10, 0)
	require.NoError(t, err)
	for range 3 {
		_, err = l.Segment(4 << 10)
		require.NoError(t, err)
	}
	_, err = l.Segment(1)
	require.ErrorIs(t, err, buf.ErrMemory)
	l.DropSegments()
	assert.EqualValues(t, 4<<10, b.Held(), "the head stays")
	l.Release()
	assert.Zero(t, b.Held())
}

func TestLease_Charge(t *testing.T) {
	t.Parallel()
	all := buf.NewBudget(8<<10, 0, "")
	small, large := buf.NewShare(all, 1<<10), buf.NewShare(all, 8<<10)
	l := buf.NewLease(all)
	_, err := l.Head(8<<10, 0)
	require.NoError(t, err)

	require.ErrorIs(t, l.Charge(small), buf.ErrMemory)
	assert.Same(t, all, l.Budget())
	require.NoError(t, l.Charge(large), "a share of the same budget needs no room there")
	assert.EqualValues(t, 8<<10, large.Held())
	assert.EqualValues(t, 8<<10, all.Held())

	other := buf.NewBudget(8<<10, 0, "")
	require.NoError(t, l.Charge(other))
	assert.Zero(t, all.Held())
	require.NoError(t, l.Charge(other), "charging twice counts once")
	assert.EqualValues(t, 8<<10, other.Held())
	l.Release()
	assert.Zero(t, other.Held())
}

func TestLease_Release(t *testing.T) {
	t.Parallel()
	l := buf.NewLease(nil)
	l.Retain()
	assert.False(t, l.Release())
	assert.True(t, l.Release())
	assert.Panics(t, func() { l.Release() }, "a second release")
}

func TestLease_retainAfterRelease(t *testing.T) {
	t.Parallel()
	l := buf.NewLease(nil)
	l.Release()
	assert.Panics(t, l.Retain)
}

func TestLease_initInUse(t *testing.T) {
	t.Parallel()
	l := buf.NewLease(nil)
	assert.Panics(t, func() { l.Init(nil) })
	l.Release()
	l.Init(nil)
	assert.True(t, l.Release())
}

func TestLease_parallelOwners(t *testing.T) {
	t.Parallel()
	b := buf.NewBudget(buf.Unlimited, 0, "")
	l := buf.NewLease(b)
	head, err := l.Head(100, 0)
	require.NoError(t, err)
	copy(head, "shared")
	var wg sync.WaitGroup
	for range 8 {
		l.Retain()
		wg.Go(func() {
			defer l.Release()
			assert.Equal(t, "shared", string(head[:6]))
		})
	}
	l.Release()
	wg.Wait()
	assert.Zero(t, b.Held(), "the last owner returned the memory")
}

func BenchmarkLease(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			budget := buf.NewBudget(1<<30, 0, "")
			var l buf.Lease
			b.ReportAllocs()
			for b.Loop() {
				l.Init(budget)
				if _, err := l.Head(size, 0); err != nil {
					b.Fatal(err)
				}
				l.Release()
			}
		})
	}
}
