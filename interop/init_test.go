//go:build interop

package interop

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// wanted is how many services of foreign files init has to bring up.
const wanted = 10

// TestInterop_init lets the program propose settings for files of services, serves
// them, and calls each HTTP endpoint with a client that nobody here wrote. The
// files in testdata/init must all come up; of the samples beside the repository
// (VIADUCT_SHARED, or ../shared), where they are there, at least ten services.
func TestInterop_init(t *testing.T) {
	out, err := tool(t, testbed.Build(t), "help", "init")
	require.NoError(t, err, "this viaduct has no command init: %s", out)
	t.Run("own", func(t *testing.T) {
		files, err := filepath.Glob(filepath.Join("testdata", "init", "*.config"))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(files), wanted)
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".config"), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, file)
				require.NotEmpty(t, s.endpoints, "no HTTP endpoint")
				var flags []string
				if strings.Contains(file, "message-security") { // it can pass through, and an echo cannot check it
					flags = []string{"--forward", s.back.URL() + "service"}
				}
				out, err := s.propose(t, flags...)
				require.NoError(t, err, "init: %s", out)
				all := len(s.endpoints)
				require.NoError(t, s.check(t), "check refuses what init proposes")
				require.Len(t, s.endpoints, all, "every HTTP endpoint runs")
				s.serve(t)
				for _, e := range s.endpoints {
					e.answers(t)
				}
			})
		}
	})
	var up atomic.Int64
	files := samples()
	t.Run("samples", func(t *testing.T) {
		if len(files) == 0 {
			t.Skip("no sample files: VIADUCT_SHARED is not set, and ../shared/data/configs is not there")
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				up.Add(int64(sample(t, file)))
			})
		}
	})
	t.Logf("%d services of %d sample files answered", up.Load(), len(files))
	if len(files) > 0 {
		assert.GreaterOrEqual(t, up.Load(), int64(wanted))
	}
}

// samples returns the foreign configuration files that declare services.
func samples() []string {
	dir := os.Getenv("VIADUCT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	all, _ := filepath.Glob(filepath.Join(dir, "data", "configs", "*.config")) // the pattern is well-formed
	var files []string
	for _, file := range all {
		if b, err := os.ReadFile(file); err == nil && strings.Contains(string(b), "<service ") {
			files = append(files, file)
		}
	}
	return files
}

// sample brings one foreign file up and returns how many of its services
// answered.
func sample(t *testing.T, file string) int {
	t.Helper()
	s := newSite(t, file)
	if len(s.endpoints) == 0 {
		t.Skip("no HTTP endpoint with a text encoding: " + strings.Join(s.others, ", "))
	}
	if out, err := s.propose(t, "--forward", s.back.URL()+"service"); err != nil {
		t.Skip("needs more than init can decide:\n" + out)
	}
	require.NoError(t, s.check(t), "init has said that all is resolved")
	if len(s.endpoints) == 0 {
		t.Skip("init leaves out every HTTP endpoint")
	}
	s.serve(t)
	up := map[string]bool{}
	for _, e := range s.endpoints {
		e.answers(t)
		up[e.service] = true
	}
	return len(up)
}

// answers calls an endpoint: PHP without addressing, else zeep.
func (e siteEndpoint) answers(t *testing.T) {
	t.Helper()
	client := "php"
	if e.version.addressing != "" {
		client = "zeep"
	}
	j := jobFor(e.version, e.url, call{Operation: "Echo", Args: map[string]any{"text": mixed}})
	j.Raw = true
	got := run(t, client, j)[0]
	require.Nil(t, got.Fault, "%s at %s", e.service, e.url)
	var text string
	require.NoError(t, json.Unmarshal(got.Value, &text), "%s at %s: %s", e.service, e.url, got.Error)
	assert.Equal(t, mixed, text, "%s at %s", e.service, e.url)
	t.Logf("%s answers %s at %s", e.service, client, e.url)
}

// viaduct runs a command of the program in the site's folder.
func (s *site) viaduct(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, testbed.Build(t), args...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// propose runs init. Its error says that something is left which no setting
// resolves.
func (s *site) propose(t *testing.T, flags ...string) (string, error) {
	t.Helper()
	out, err := s.viaduct(t, append([]string{"init", "web.config"}, flags...)...)
	require.FileExists(t, filepath.Join(s.dir, "viaduct.yaml"), "init wrote no settings:\n%s", out)
	s.settle(t)
	return out, err
}

// check tells whether serve would start, and keeps the endpoints that it says
// run.
func (s *site) check(t *testing.T) error {
	t.Helper()
	out, err := s.viaduct(t, "check", "web.config", "--format", "json")
	var report struct {
		Files []struct {
			Services []struct {
				Endpoints []struct{ Address, Outcome string }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report), out)
	runs := map[string]bool{}
	for _, service := range report.Files[0].Services {
		for _, e := range service.Endpoints {
			u, parsed := url.Parse(e.Address)
			require.NoError(t, parsed)
			runs[strings.TrimSuffix(u.Path, "/")] = e.Outcome == "runs"
		}
	}
	s.endpoints = slices.DeleteFunc(s.endpoints, func(e siteEndpoint) bool {
		u, parsed := url.Parse(e.url)
		require.NoError(t, parsed)
		return !runs[strings.TrimSuffix(u.Path, "/")]
	})
	return err
}
