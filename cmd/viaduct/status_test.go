package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// remoteCLI runs a command line of status or reload in this process.
func remoteCLI(ctx context.Context, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	s := streams{in: strings.NewReader(""), out: &o, err: &e}
	root := &cobra.Command{Use: "viaduct", SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true}
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newStatus(s), newReload(s))
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		code = fail(s.err, err)
	}
	return code, o.String(), e.String()
}

// remoteProgram is a program as its admin address shows it.
type remoteProgram struct{ err error }

func (remoteProgram) Status() admin.Status {
	at := time.Date(2026, 11, 21, 12, 30, 0, 0, time.Local)
	return admin.Status{
		Version: "1.0", Configuration: 3, File: "web.config", Settings: "viaduct.yaml", Started: at,
		Sockets: []admin.Socket{{Address: "http://0.0.0.0:8000", Connections: 5}},
		Endpoints: []admin.Endpoint{
			{Service: "Contoso.Orders", Name: "in", Address: "http://edge:8000/orders", Binding: "basicHttpBinding", As: "forward to orders", At: "web.config:9:9"},
			{Service: "Contoso.Router", Address: "http://edge:8000/router", Binding: "wsHttpBinding/plain", As: "routing service", At: "web.config:12:9"},
		},
		Notices: []admin.Notice{{At: "web.config:4:2", Text: "this has no effect"}, {Text: "no place"}},
		Reloads: admin.Reloads{Refused: 2, Last: &admin.ReloadFailed{Time: at, Errors: []string{"web.config:1:1: one", "viaduct.yaml:2:2: two"}}},
		Mirrors: []admin.Mirror{{Endpoint: "orders", To: "next", Copied: 9, Same: 8, Different: 1}},
	}
}

func (remoteProgram) Backends() []admin.Backend {
	return []admin.Backend{
		{Name: "orders", State: "enabled", Takes: true, Weight: 3, Circuit: "closed", Healthy: true, Answered: 7},
		{Name: "spare", State: "draining", Weight: 1, Circuit: "open", Ejected: time.Minute, Progress: 2, Failed: 4},
	}
}

func (remoteProgram) SetBackend(string, admin.BackendChange) error { return nil }

func (p remoteProgram) Reload(context.Context) (admin.Changes, error) {
	return admin.Changes{
		Configuration: 4, Opened: []string{"http://0.0.0.0:8001"}, Closed: []string{"http://0.0.0.0:8000"},
		Notices: []admin.Notice{{At: "web.config:4:2", Text: "this has no effect"}}, Restart: []string{"admin.address"},
	}, p.err
}

func (remoteProgram) Differences() []admin.Difference { return nil }

// answering starts a server that answers with h and returns its address.
func answering(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func program(t *testing.T, err, unready error) string {
	t.Helper()
	return answering(t, admin.New(admin.Options{
		Console: remoteProgram{err}, Metrics: admin.NewMetrics(), Ready: func() error { return unready },
		Token: func() ([]byte, error) { return []byte("correct horse"), nil },
	}).Handler())
}

// TestRemote runs the command lines of testdata/remote against programs in this
// process: $READY serves, $DRAINING does not, $BROKEN has a configuration with
// errors, $OTHER is another program, and nobody listens on $NOBODY.
func TestRemote(t *testing.T) {
	t.Parallel()
	wrong := errors.Join(errors.New("web.config:1:1: one"), errors.New("viaduct.yaml:2:2: two"))
	testbed.RunGoldens(t, "testdata/remote/*.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		dir := t.TempDir()
		for _, s := range g.Sections {
			if strings.Contains(s.Name, ".") {
				require.NoError(t, os.WriteFile(filepath.Join(dir, s.Name), s.Data, 0o600))
			}
		}
		names := strings.NewReplacer(
			"$DIR", dir, "$READY", program(t, nil, nil), "$DRAINING", program(t, nil, errors.New("draining")), "$BROKEN", program(t, wrong, nil),
			"$OTHER", answering(t, http.NotFoundHandler()), "$NOBODY", testbed.FreeAddr(t),
		)
		var args []string
		for a := range strings.Lines(string(g.Get("args"))) {
			args = append(args, names.Replace(strings.TrimSuffix(a, "\n")))
		}
		code, out, err := remoteCLI(t.Context(), args...)
		g.Check(t, "exit", fmt.Append(nil, code))
		for name, text := range map[string]string{"out": out, "err": err} {
			if text != "" || g.Has(name) {
				g.Check(t, name, settled(strings.ReplaceAll(text, dir, "$DIR")))
			}
		}
	})
}

// TestRemote_json: the forms for programs can be read back.
func TestRemote_json(t *testing.T) {
	t.Parallel()
	address := program(t, nil, nil)
	code, out, errs := remoteCLI(t.Context(), "status", "--admin-address", address, "--format", "json")
	require.Equal(t, exitDone, code, errs)
	var now struct {
		admin.Status
		Backends []admin.Backend `json:"backends"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &now))
	assert.Equal(t, remoteProgram{}.Backends(), now.Backends)
	assert.Equal(t, "ready", now.State)
	assert.Len(t, now.Endpoints, 2)

	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("correct horse\n"), 0o600))
	code, out, errs = remoteCLI(t.Context(), "reload", "--admin-address", address, "--admin-token", "file:"+token, "--format", "json")
	require.Equal(t, exitDone, code, errs)
	var done admin.Changes
	require.NoError(t, json.Unmarshal([]byte(out), &done))
	want, _ := remoteProgram{}.Reload(t.Context())
	assert.Equal(t, want, done)
}

func TestDialable(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1:9090": "127.0.0.1:9090", "0.0.0.0:9090": "127.0.0.1:9090", ":9090": "127.0.0.1:9090", "[::]:9090": "[::1]:9090",
		"gateway.example:9090": "gateway.example:9090", "[2001:db8::1]:9090": "[2001:db8::1]:9090",
	} {
		got, err := dialable(address)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, address := range []string{"", "127.0.0.1:0", "nothing"} {
		_, err := dialable(address)
		assert.Error(t, err, address)
	}
}

// TestRemote_silent: one that takes the connection and says nothing is left.
func TestRemote_silent(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	address := answering(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	t.Cleanup(func() { close(stuck) })
	r := &remote{address: address, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	_, err := r.ask(t.Context(), http.MethodGet, "/api/status", "", 50*time.Millisecond)
	assert.ErrorContains(t, err, "no answer from "+address+" in time; ask another address with --admin-address")
}
