//go:build interop

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// sourceOf returns the path of a peer's file in interop/peers.
func sourceOf(t *testing.T, name ...string) string {
	t.Helper()
	dir, err := filepath.Abs("peers")
	require.NoError(t, err)
	return filepath.Join(append([]string{dir}, name...)...)
}

// installed returns the path of what scripts/peers.sh put into .peers.
func installed(t *testing.T, name ...string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".peers"))
	require.NoError(t, err)
	file := filepath.Join(append([]string{dir}, name...)...)
	_, err = os.Stat(file)
	require.NoError(t, err, "run scripts/peers.sh first, or make interop")
	return file
}

// missing returns why scripts/peers.sh could not install a peer. Empty: it could.
func missing(peer string) string {
	reason, err := os.ReadFile(filepath.Join("..", ".peers", peer+".missing"))
	if err != nil {
		return ""
	}
	return peer + " is not installed: " + strings.TrimSpace(string(reason))
}
