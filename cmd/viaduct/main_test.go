package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// cli runs a command line in this process.
func cli(ctx context.Context, stdin string, args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	code = run(ctx, args, streams{in: strings.NewReader(stdin), out: &o, err: &e})
	return code, o.String(), e.String()
}

// varying is what differs from run to run.
var varying = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b[\d.]+(µs|ms|s)\b`), "TIME"},
	{regexp.MustCompile(`urn:viaduct:call:[a-z0-9]{26}`), "urn:viaduct:call:ID"},
	{regexp.MustCompile(`viaduct development.*`), "viaduct VERSION"},
	{regexp.MustCompile(`urn:uuid:[0-9a-f-]{36}`), "urn:uuid:ID"},
	{regexp.MustCompile(`; id=[0-9a-f]+-\d+`), "; id=ID"},
	{regexp.MustCompile(`"version": "development[^"]*"`), `"version": "VERSION"`},
}

func settled(s string) []byte {
	for _, v := range varying {
		s = v.find.ReplaceAllString(s, v.put)
	}
	return []byte(s)
}

// TestRun runs the command lines of testdata: the section "args" has one
// argument to a line, and sections with a dot in their name are files in $DIR. A
// section "wrote NAME" is what the command leaves in $DIR/NAME. $SAMPLES are the
// samples of package configs.
func TestRun(t *testing.T) {
	t.Parallel()
	testbed.RunGoldens(t, "testdata/*.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		dir := t.TempDir()
		for _, s := range g.Sections {
			if strings.Contains(s.Name, ".") && !strings.HasPrefix(s.Name, "wrote ") {
				name := filepath.Join(dir, s.Name)
				require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
				require.NoError(t, os.WriteFile(name, s.Data, 0o600))
			}
		}
		const samples = "../../configs/samples"
		machine, err := os.Hostname()
		require.NoError(t, err)
		hidden := strings.NewReplacer(dir, "$DIR", samples, "$SAMPLES", "://"+machine+"/", "://MACHINE/")
		var args []string
		for a := range strings.Lines(string(g.Get("args"))) {
			args = append(args, strings.NewReplacer("$DIR", dir, "$SAMPLES", samples).Replace(strings.TrimSuffix(a, "\n")))
		}
		code, out, errs := cli(t.Context(), string(g.Get("stdin")), args...)
		g.Check(t, "exit", fmt.Append(nil, code))
		for name, text := range map[string]string{"out": out, "err": errs} {
			if text != "" || g.Has(name) {
				g.Check(t, name, settled(hidden.Replace(text)))
			}
		}
		for _, x := range slices.Clone(g.Sections) {
			if name, ok := strings.CutPrefix(x.Name, "wrote "); ok {
				text, err := os.ReadFile(filepath.Join(dir, name))
				require.NoError(t, err)
				g.Check(t, x.Name, settled(hidden.Replace(string(text))))
			}
		}
	})
}

// TestCall sends a message with each binding to the services of the demo.
func TestCall(t *testing.T) {
	t.Parallel()
	ports := runDemo(t)
	url := func(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", ports[0], path) }
	const e11, e12 = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">`, `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">`
	const body = `<s:Body><Add xmlns="urn:demo"><a>1</a><b>2</b></Add></s:Body></s:Envelope>`
	for _, c := range []struct {
		name, message string
		args          []string
		code          int
		out, err      string
	}{
		{
			name: "basicHttpBinding", message: e11 + body, args: []string{url("/router"), "--action", "urn:demo/ICalculator/Add"},
			out: "<AddResult>3</AddResult>", err: "HTTP 200 after ",
		},
		{
			name: "message version", message: e11 + body, args: []string{url("/router"), "-", "--binding", "Soap11", "--action", "urn:demo/ICalculator/Add"},
			out: "<AddResult>3</AddResult>", err: "HTTP 200 after ",
		},
		{
			name: "wsHttpBinding", message: e12 + body, args: []string{url("/router/ws"), "--binding", "wsHttpBinding", "--action", "urn:demo/IEcho/Say"},
			out: `>urn:demo/IEcho/SayResponse</`, err: "HTTP 200 after ",
		},
		{
			name: "a fault is a failure", message: e11 + strings.ReplaceAll(body, "Add", "Power"), args: []string{url("/router"), "--action", "urn:demo/ICalculator/Add"},
			code: exitFailure, out: "<s:Fault>", err: "viaduct: the reply is a fault: ",
		},
		{
			name: "a refusal is a failure", message: e11 + body, args: []string{url("/nothing")},
			code: exitFailure, err: "HTTP 404",
		},
		{
			name: "the wrong version", message: e12 + body, args: []string{url("/router")},
			code: exitFailure, err: "the message is not Soap11: ",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, out, err := cli(t.Context(), c.message, append([]string{"call"}, c.args...)...)
			assert.Equal(t, c.code, code, "%s%s", out, err)
			assert.Contains(t, out, c.out)
			assert.Contains(t, err, c.err)
		})
	}
}

// runDemo runs the programs of the demo until the test ends.
func runDemo(t *testing.T) portMap {
	t.Helper()
	ports := make(portMap, 0, len(demoPorts))
	for range demoPorts {
		var port int
		_, err := fmt.Sscanf(testbed.FreeAddr(t), "127.0.0.1:%d", &port)
		require.NoError(t, err)
		ports = append(ports, port)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := errgroup.Group{}
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, g.Wait())
	})
	require.NoError(t, demoProgram(ctx, &g, "services.config", ports.in(demoServices), demoServicesSettings, nil))
	require.NoError(t, demoProgram(ctx, &g, "router.config", ports.in(demoRouter), "", nil))
	return ports
}

// TestCall_asWritten: a message is sent with the headers it has; only those that
// it lacks are added.
func TestCall_asWritten(t *testing.T) {
	t.Parallel()
	const action, id, to, reply = `<a:Action>urn:b</a:Action>`, `<a:MessageID>urn:m</a:MessageID>`, `<a:To>urn:to</a:To>`, `<a:ReplyTo><a:Address>http://client/</a:Address></a:ReplyTo>`
	for _, c := range []struct {
		name, headers string
		args          []string
		want          []string
		soapAction    string
	}{
		{name: "nothing", args: []string{"--action", "urn:a<"}, want: []string{">urn:a&lt;</a:Action>", ">urn:viaduct:call:", ">http://127.0.0.1:", "/anonymous</a:Address>"}, soapAction: `"urn:a%3C"`},
		{name: "everything", headers: action + id + to + reply + `<a:FaultTo><a:Address>http://f/</a:Address></a:FaultTo>`, want: []string{action, id, to, reply, "http://f/"}, soapAction: `"urn:b"`},
		{name: "another To", headers: action + to, args: []string{"--to", "urn:other"}, want: []string{">urn:other</a:To>"}, soapAction: `"urn:b"`},
		{name: "another SOAPAction", headers: action + to, args: []string{"--action", "urn:c"}, want: []string{action}, soapAction: `"urn:c"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
				return testbed.Answer{Make: testbed.Accepted}
			}})
			m := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="` + testbed.NamespaceWSA10 + `"><s:Header>` + c.headers + `</s:Header><s:Body/></s:Envelope>`
			code, out, err := cli(t.Context(), m, append([]string{"call", b.URL(), "--binding", "Soap11WSAddressing10"}, c.args...)...)
			require.Equal(t, exitDone, code, err)
			assert.Empty(t, out)
			assert.Contains(t, err, "HTTP 202 after ")
			got := b.Received()[0]
			for _, w := range c.want {
				assert.Contains(t, string(got.Body), w)
			}
			for _, name := range []string{"Action", "To", "MessageID", "ReplyTo"} {
				assert.Equal(t, 1, strings.Count(string(got.Body), "</a:"+name+">"), "%s in %s", name, got.Body)
			}
			assert.Equal(t, c.soapAction, got.Get("SOAPAction"))
		})
	}
}
