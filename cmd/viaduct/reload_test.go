//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestServe_reload: SIGHUP puts the file in force as it is now; a bad one changes
// nothing.
func TestServe_reload(t *testing.T) {
	t.Parallel()
	back := testbed.NewBackend(t, testbed.BackendOptions{})
	p := testbed.Start(t, strings.ReplaceAll(oneWayRouter, "BACK", back.Addr()), `admin: {address: "@admin@"}`)
	ask := func(path string) int {
		c, err := testbed.Dial(t.Context(), p.Addr("front"), nil)
		require.NoError(t, err)
		defer c.Close()
		r, err := c.Exchange(testbed.Message{}.Request(p.Addr("front"), path, false), 20*time.Second)
		require.NoError(t, err)
		return r.Status
	}
	require.Equal(t, 202, ask("/tell"))
	require.Equal(t, 404, ask("/told"))

	file := filepath.Join(p.Dir, "web.config")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	put := func(text, said string) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, p.Signal(syscall.SIGHUP))
		require.Eventually(t, func() bool { return strings.Contains(p.Log(), said) }, 20*time.Second, 5*time.Millisecond)
	}
	put("<configuration><system.serviceModel>", "reload refused; nothing has changed")
	assert.Equal(t, 202, ask("/tell"))
	put(strings.Replace(string(text), "/tell", "/told", 1), "msg=reloaded configuration=2")
	assert.Equal(t, 202, ask("/told"))
	assert.Equal(t, 404, ask("/tell"))
	require.NoError(t, p.Stop(20*time.Second), "SIGHUP has not ended it")
}
