//go:build interop

package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clientLife ends a client that hangs.
const clientLife = 3 * time.Minute

// job is what a client reads; interop/peers/README.md describes it.
type job struct {
	WSDL    string `json:"wsdl"`
	URL     string `json:"url"`
	Version string `json:"version"`
	WSA     bool   `json:"wsa"`
	Calls   []call `json:"calls"`
	Key     string `json:"key,omitempty"`  // PEM file; with Cert, node-soap signs
	Cert    string `json:"cert,omitempty"` // PEM file
}

// call is one operation of a job.
type call struct {
	Operation string         `json:"operation"`
	Args      map[string]any `json:"args"`
	Repeat    int            `json:"repeat,omitempty"`
	URL       string         `json:"url,omitempty"` // instead of the job's
}

// result is what the client's user saw of one call. Value and the parts of a
// fault are kept as the stack told them, in JSON.
type result struct {
	Value json.RawMessage `json:"value"`
	Fault *struct {
		Code   json.RawMessage `json:"code"`
		String string          `json:"string"`
		Detail string          `json:"detail"`
	} `json:"fault"`
	Error string `json:"error"`
	Same  int    `json:"same"`
}

// text returns a value that is a string.
func (r result) text(t *testing.T) string {
	t.Helper()
	var s string
	require.NoError(t, json.Unmarshal(r.Value, &s), "%.200s %s %+v", r.Value, r.Error, r.Fault)
	return s
}

// run lets a client do a job.
func run(t *testing.T, client string, j job) []result {
	t.Helper()
	j.WSDL = sourceOf(t, "interop.wsdl")
	input, err := json.Marshal(j)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), clientLife)
	defer cancel()
	var cmd *exec.Cmd
	switch client {
	case "zeep":
		cmd = exec.CommandContext(ctx, installed(t, "zeep", "bin", "python"), sourceOf(t, "zeep", "client.py"))
	case "php":
		cmd = exec.CommandContext(ctx, "php", sourceOf(t, "php", "client.php"))
	case "node-soap":
		cmd = exec.CommandContext(ctx, "node", sourceOf(t, "nodesoap", "client.js"))
	default:
		require.Fail(t, "no such client", client)
	}
	cmd.Env = append(os.Environ(), "VIADUCT_PEERS="+installed(t))
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s wrote:\n%s%s", client, stderr.String(), stdout.String())
	var answer struct {
		Results []result `json:"results"`
	}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &answer), "%s wrote:\n%.2000s", client, stdout.String())
	require.Len(t, answer.Results, len(j.Calls))
	return answer.Results
}
