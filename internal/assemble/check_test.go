package assemble_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const netTCP = `<endpoint name="tcp" address="net.tcp://localhost:808/echo" binding="netTcpBinding" contract="IEcho"/>`

// outcomes are those of a report: of services by their name, of endpoints by
// service/endpoint.
func outcomes(r *assemble.Report) map[string]assemble.Outcome {
	out := map[string]assemble.Outcome{}
	for _, s := range r.Services {
		name := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
		out[name] = s.Outcome
		for _, e := range s.Endpoints {
			out[name+"/"+e.Name] = e.Outcome
		}
	}
	return out
}

// TestCheck_outcomes: what runs, what needs a decision, what cannot run, and what
// is not served.
func TestCheck_outcomes(t *testing.T) {
	t.Parallel()
	echo := func(name, endpoints string) string { return `<service name="` + name + `">` + endpoints + `</service>` }
	plain := func(name string) string {
		return `<endpoint name="` + name + `" address="http://@front@/` + name + `" ` + basic + ` contract="IEcho"/>`
	}
	for _, c := range []struct {
		name string
		p    parts
		o    assemble.Options
		want map[string]assemble.Outcome
		ok   bool
	}{
		{
			name: "all runs", ok: true, p: parts{services: echo("Echo", plain("e")), settings: "services: [{name: Echo, builtin: echo}]"},
			want: map[string]assemble.Outcome{"RoutingService": assemble.Runs, "RoutingService/in": assemble.Runs, "Echo": assemble.Runs, "Echo/e": assemble.Runs},
		},
		{
			name: "nothing stands for a service", p: parts{services: echo("Echo", plain("e"))},
			want: map[string]assemble.Outcome{"RoutingService": assemble.Runs, "Echo": assemble.Decide, "Echo/e": assemble.Decide},
		},
		{
			name: "allowed", ok: true, o: assemble.Options{AllowUnbound: true}, p: parts{services: echo("Echo", plain("e"))},
			want: map[string]assemble.Outcome{"RoutingService": assemble.Runs, "Echo": assemble.Unused, "Echo/e": assemble.Unused},
		},
		{
			name: "not served", ok: true, p: parts{services: echo("Echo", plain("e")+plain("f")) + echo("Gone", plain("g")), settings: "services: [{name: Echo, builtin: echo}, {name: Gone, unused: true}]\nendpoints: [{name: f, unused: true}]"},
			want: map[string]assemble.Outcome{"Echo": assemble.Runs, "Echo/e": assemble.Runs, "Echo/f": assemble.Unused, "Gone": assemble.Unused, "Gone/g": assemble.Unused},
		},
		{
			name: "a binding that is not served", p: parts{services: echo("Echo", plain("e")+netTCP), settings: "services: [{name: Echo, builtin: echo}]"},
			want: map[string]assemble.Outcome{"RoutingService/in": assemble.Runs, "Echo": assemble.Runs, "Echo/e": assemble.Runs, "Echo/tcp": assemble.Cannot},
		},
		{
			name: "left out where that is allowed", ok: true, o: assemble.Options{LenientEndpoints: true}, p: parts{services: echo("Echo", plain("e")+netTCP), settings: "services: [{name: Echo, builtin: echo}]"},
			want: map[string]assemble.Outcome{"RoutingService/in": assemble.Runs, "Echo": assemble.Runs, "Echo/e": assemble.Runs, "Echo/tcp": assemble.Unused},
		},
		{
			name: "no certificate", p: parts{endpoints: strings.Replace(frontB, "http:", "https:", 1), bindings: overTLS},
			want: map[string]assemble.Outcome{"RoutingService": assemble.Decide, "RoutingService/in": assemble.Decide},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := verdict(t, c.p, c.o)
			assert.Equal(t, c.ok, r.OK(), "%+v", stopping(r))
			got := outcomes(r)
			for name, want := range c.want {
				assert.Equal(t, want, got[name], name)
			}
			left := slices.ContainsFunc(r.Findings, func(f assemble.Finding) bool {
				return f.Effect == configs.Refused && !f.Stops && f.Scope == configs.ScopeEndpoint
			})
			assert.Equal(t, c.o.LenientEndpoints, left, "the report says what is left out")
		})
	}
}

// stopping are the findings that stop a start.
func stopping(r *assemble.Report) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Stops {
			out = append(out, fmt.Sprintf("%s %s %s: %s", f.Pos, f.Effect, f.Code, f.Text))
		}
	}
	return out
}

// TestCheck_lenient: an endpoint that cannot be served is left out with a notice,
// everything else runs, and a reload keeps it so.
func TestCheck_lenient(t *testing.T) {
	t.Parallel()
	p := parts{
		services: `<service name="Echo"><endpoint name="e" address="http://@front@/echo" ` + basic + ` contract="IEcho"/>` + netTCP + `</service>`,
		settings: "services: [{name: Echo, builtin: echo}]",
	}
	require.Error(t, try(p))
	x := startWith(t, p, assemble.Options{LenientEndpoints: true}, map[string]*testbed.Backend{"back": backend(t)})
	answers := func() {
		t.Helper()
		assert.Equal(t, 200, x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/echo", false)).Status)
		assert.Equal(t, 200, x.ask(testbed.Message{}).Status)
		assert.Contains(t, fmt.Sprint(x.Notices()), `the endpoint is left out: web.config:6:196: endpoint "tcp": netTcpBinding is not served`)
	}
	answers()
	_, err := x.reload(p)
	require.NoError(t, err)
	answers()
	broken := p
	broken.client = `<endpoint name="back" address="net.tcp://@back@/orders" binding="netTcpBinding" contract="*"/>`
	_, err = x.reload(broken)
	require.Error(t, err, "a destination is no endpoint that could be left out: the whole router needs it")
	answers()
}

// TestCheck_strict: what has no effect stops a start where the operator wants it.
func TestCheck_strict(t *testing.T) {
	t.Parallel()
	r := verdict(t, parts{client: `<endpoint name="back" address="http://@back@/o" ` + basic + ` bindingConfiguration="b" contract="*"/>`, bindings: binding(`maxBufferPoolSize="1000"`, "")}, assemble.Options{})
	assert.True(t, r.OK())
	r.Strict()
	assert.False(t, r.OK())
	require.Len(t, stopping(r), 1)
	assert.Contains(t, stopping(r)[0], "maxBufferPoolSize")
	r = verdict(t, parts{}, assemble.Options{})
	r.Strict()
	assert.True(t, r.OK(), "%v", stopping(r))
}

// TestCheck_everything: errors of reading do not hide what the assembly finds,
// and concern those who cannot run because of them.
func TestCheck_everything(t *testing.T) {
	t.Parallel()
	r := verdict(t, parts{
		services: `<service name="Echo"><endpoint name="e" address="http://@front@/e" ` + basic + ` contract="IEcho"/></service>
			<service name="Typo"><endpoint name="t" address="http://@front@/t" ` + basic + ` contract="IEcho" behaviorConfiguration="none"/></service>`,
		settings: "services: [{name: Typo, builtin: echo}]",
	}, assemble.Options{})
	text := strings.Join(stopping(r), "\n")
	assert.Contains(t, text, `nothing stands for service "Echo"`, "of the assembly")
	assert.Contains(t, text, "web.config:7:", "of the loader")
	assert.NotContains(t, text, "defect of Viaduct")
	got := outcomes(r)
	assert.Equal(t, assemble.Runs, got["RoutingService"])
	assert.Equal(t, assemble.Decide, got["Echo"])
	assert.Equal(t, assemble.Cannot, got["Typo/t"])
	for _, f := range r.Findings {
		if f.Stops && f.Pos.Line == 7 {
			assert.Equal(t, "Typo", f.Service)
			assert.Equal(t, "t", f.Endpoint)
		}
	}
}

// TestCheck_brokenSettings: the report of the WCF file is there without them.
func TestCheck_brokenSettings(t *testing.T) {
	t.Parallel()
	for name, yaml := range map[string]string{"unknown key": "nonsense: 1", "no YAML": "a: [", "both": "services: [{name: Echo, builtin: nothing}]\nlimits: {spool: much}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parts{services: echo11, settings: yaml}
			r := verdict(t, p, assemble.Options{})
			assert.False(t, r.OK())
			assert.Equal(t, assemble.Runs, outcomes(r)["RoutingService"])
			assert.Contains(t, outcomes(r), "Echo/echo")
			found := false
			for _, f := range r.Findings {
				found = found || f.Code == assemble.CodeSettings && f.Pos.File == "viaduct.yaml" && f.Stops
			}
			assert.True(t, found, "%v", stopping(r))
		})
	}
}

// TestCheck_unreadable: without a file there are the errors.
func TestCheck_unreadable(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("web.config", []byte("<configuration><system.serviceModel>"))
	require.Error(t, err)
	s, wrong := settings.Parse("viaduct.yaml", []byte("nonsense: 1"), settings.Overrides{})
	r := assemble.Check(f, s, assemble.Join(err, wrong), assemble.Options{})
	assert.False(t, r.OK())
	assert.Contains(t, strings.Join(stopping(r), "\n"), "web.config:1:")
	assert.Contains(t, strings.Join(stopping(r), "\n"), "viaduct.yaml:1:1")
	assert.Len(t, stopping(assemble.Check(nil, nil, wrong, assemble.Options{})), 1)
}
