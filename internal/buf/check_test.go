//go:build leasecheck

package buf_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

// recorder is a test that notes its failures.
type recorder struct {
	cleanup []func()
	errors  []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// CheckLeaks looks at every lease of the process, so this test is not parallel.
func TestCheckLeaks(t *testing.T) {
	var r recorder
	buf.CheckLeaks(&r)
	good, bad := buf.NewLease(nil), buf.NewLease(nil)
	bad.Retain()
	bad.Release()
	good.Release()
	r.cleanup[0]()
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "made by")
	assert.Contains(t, r.errors[0], "retained by")
	assert.Contains(t, r.errors[0], "TestCheckLeaks", "the stacks name the owner")
	bad.Release()
}

func TestLease_poison(t *testing.T) {
	t.Parallel()
	l := buf.NewLease(nil)
	head, err := l.Head(10, 0)
	require.NoError(t, err)
	copy(head, "secret")
	l.Release()
	assert.NotContains(t, string(head), "secret", "a stale view shows nothing")
	assert.EqualValues(t, 0xDB, head[0])
}
