package buf_test

import (
	"io"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

func TestSpool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := buf.NewBudget(0, 10, dir)
	s, err := buf.NewSpool(buf.NewShare(b, 0))
	require.NoError(t, err)

	_, err = s.Write([]byte("0123456"))
	require.NoError(t, err)
	_, err = s.Write([]byte("7890"))
	require.ErrorIs(t, err, buf.ErrSpool, "counted before written")
	_, err = s.Write([]byte("789"))
	require.NoError(t, err)
	assert.EqualValues(t, 10, s.Size())
	assert.EqualValues(t, 10, b.Spooled())

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := io.ReadAll(s.Section(2, 5))
			assert.NoError(t, err)
			assert.Equal(t, "23456", string(got))
		})
	}
	wg.Wait()

	require.NoError(t, s.Close())
	assert.Zero(t, b.Spooled())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left, "no file is left")
}

func TestNewSpool_noDirectory(t *testing.T) {
	t.Parallel()
	_, err := buf.NewSpool(buf.NewBudget(0, 1, t.TempDir()+"/none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
