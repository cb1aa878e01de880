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
	WSDL       string `json:"wsdl"`
	URL        string `json:"url"`
	Version    string `json:"version"`
	Addressing string `json:"addressing"`
	Raw        bool   `json:"raw,omitempty"` // php and zeep: any answer will do
	Calls      []call `json:"calls"`
	Key        string `json:"key,omitempty"`  // PEM file; with Cert, node-soap signs
	Cert       string `json:"cert,omitempty"` // PEM file
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
	Fault *fault          `json:"fault"`
	Error string          `json:"error"`
	Same  int             `json:"same"`
}

type fault struct {
	Code   json.RawMessage `json:"code"`
	String string          `json:"string"`
	Detail string          `json:"detail"`
}

// text returns a value that is a string.
func (r result) text(t *testing.T) string {
	t.Helper()
	var s string
	require.NoError(t, json.Unmarshal(r.Value, &s), "%.200s %s %+v", r.Value, r.Error, r.Fault)
	return s
}

// jobFor returns a job for one message version.
func jobFor(v version, url string, calls ...call) job {
	return job{URL: url, Version: v.soap, Addressing: v.addressing, Calls: calls}
}

// run lets a client do a job.
func run(t *testing.T, client string, j job) []result {
	t.Helper()
	j.WSDL = sourceOf(t, "interop.wsdl")
	ctx, cancel := context.WithTimeout(t.Context(), clientLife)
	defer cancel()
	var cmd *exec.Cmd
	encode, decode := jobJSON, resultsJSON
	switch client {
	case "zeep":
		cmd = exec.CommandContext(ctx, installed(t, "zeep", "bin", "python"), sourceOf(t, "zeep", "client.py"))
	case "suds":
		cmd = exec.CommandContext(ctx, installed(t, "suds", "bin", "python"), sourceOf(t, "suds", "client.py"))
	case "php":
		cmd = exec.CommandContext(ctx, "php", sourceOf(t, "php", "client.php"))
	case "node-soap":
		cmd = exec.CommandContext(ctx, "node", sourceOf(t, "nodesoap", "client.js"))
	case "soap-lite":
		cmd = exec.CommandContext(ctx, "perl", sourceOf(t, "soaplite", "client.pl"))
	case "mono":
		cmd = exec.CommandContext(ctx, "mono", installed(t, "mono", "Client.exe"))
	case "gsoap":
		cmd = exec.CommandContext(ctx, installed(t, "gsoap", gsoapBuild(j.Addressing), "client"))
		encode, decode = jobLines, resultsLines
	default:
		require.Fail(t, "no such client", client)
	}
	input, err := encode(j)
	require.NoError(t, err)
	cmd.Env = append(os.Environ(), "VIADUCT_PEERS="+installed(t))
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s wrote:\n%s%s", client, stderr.String(), stdout.String())
	got, err := decode(stdout.Bytes())
	require.NoError(t, err, "%s wrote:\n%.2000s", client, stdout.String())
	require.Len(t, got, len(j.Calls))
	return got
}

func jobJSON(j job) ([]byte, error) { return json.Marshal(j) }

func resultsJSON(b []byte) ([]result, error) {
	var answer struct {
		Results []result `json:"results"`
	}
	err := json.Unmarshal(b, &answer)
	return answer.Results, err
}
