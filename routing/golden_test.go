package routing_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// generated is a MessageID that Viaduct made: version 4, unlike those of the
// files.
var generated = regexp.MustCompile(`urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// TestGolden runs the files of testdata: a message on its way through the
// router and its answer on the way back, without a wire. The section "case" says
// what differs from a plain route.
func TestGolden(t *testing.T) {
	t.Parallel()
	testbed.RunGoldens(t, "testdata/*.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		options := map[string]string{"version": "Soap12WSAddressing10"}
		for line := range strings.Lines(string(g.Get("case"))) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
			require.True(t, ok, "a line of the section case is NAME: VALUE, not %q", line)
			options[name] = value
		}
		version, err := soap.Parse(options["version"])
		require.NoError(t, err)
		to := version
		if options["backend"] != "" {
			to, err = soap.Parse(options["backend"])
			require.NoError(t, err)
		}
		c := &channel{version: to}
		if g.Has("answer.xml") {
			c.answers = func(int) (int, string, error) { return 200, string(g.Get("answer.xml")), nil }
		}
		d := routing.Destination{ProcessMessages: options["processing"] != "off"}
		d.Binding = &binding.Binding{Version: to, ManualAddressing: options["manual"] == "sending"}
		if options["mode"] == "forward-signed" {
			d.Mode = routing.ForwardSigned
		}
		var headers []addressing.Header
		if h := options["header"]; h != "" {
			x, err := addressing.NewHeader([]byte(h), nil)
			require.NoError(t, err)
			headers = append(headers, x)
		}
		req := request(t, version, string(g.Get("request.xml")), addressing.Action(options["action"]), soap.DecodeOptions{})
		req.Listener.Binding.ManualAddressing = options["manual"] == "listening"
		if options["shape"] == "one-way" {
			req.Shape = binding.OneWay
		}
		s := service(t, routing.Route{Filter: "all", Destinations: []*routing.Destination{destination(t, c, "http://backend:9000/orders", d, headers...)}})
		reply, err := s.Handle(context.Background(), req)
		if err != nil {
			f := addressing.FaultFrom(err, version)
			g.Check(t, "refused", fmt.Appendf(nil, "log: %v\nreason: %s\nfault: %v %v\n", err, refusal.Of(err), f.Code, f.Reason))
		}
		if len(c.sent) > 0 {
			g.Check(t, "forwarded.xml", []byte(generated.ReplaceAllString(c.sent[0].text, "urn:uuid:GENERATED")))
			if to != version {
				g.Check(t, "fields", fields(t, to, c.sent[0].action))
			}
		}
		if answer := text(t, reply); answer != "" {
			g.Check(t, "reply.xml", []byte(answer))
		}
	})
}

// No routing row of the dispatch document is without a file that names it.
func TestGolden_complete(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	var comments strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		comments.Write(testbed.ParseGolden(data).Comment)
	}
	for i := 1; i <= 12; i++ {
		assert.Contains(t, comments.String(), fmt.Sprintf("RT-%02d", i))
	}
}

// fields are the HTTP fields that tell of version and action.
func fields(t *testing.T, v soap.Version, action addressing.Action) []byte {
	t.Helper()
	encoded, err := textxml.New(v, binding.UTF8).Encode(soap.NewMessage(v, nil), binding.EncodeOptions{Request: true, Action: action})
	require.NoError(t, err)
	defer encoded.Close()
	var text []byte
	for _, f := range encoded.Header() {
		text = fmt.Appendf(text, "%s: %s\n", f.Name, f.Value)
	}
	return text
}
