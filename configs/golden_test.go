package configs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// Each file of testdata holds a web.config, the files that it may include, and
// what reading it must give: errors, or the model and what stops a start.
// go test -update rewrites the results.
func TestLoad_golden(t *testing.T) {
	t.Parallel()
	testbed.RunGoldens(t, "testdata/*.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		fsys := fstest.MapFS{}
		for _, s := range g.Sections {
			if s.Name != "result" {
				fsys[s.Name] = &fstest.MapFile{Data: s.Data}
			}
		}
		g.Check(t, "result", []byte(result(fsys)))
	})
}

func result(fsys fs.FS) string {
	var b strings.Builder
	f, err := configs.Load(fsys, "web.config")
	if err != nil {
		return wrongs(err)
	}
	dump(&b, f)
	assemble(f)
	for _, x := range f.Findings() {
		if x.Effect == configs.Honoured || x.Effect == configs.Default {
			continue
		}
		fmt.Fprintf(&b, "%v: %s", x.Pos, x.Effect)
		if x.Scope != "" {
			fmt.Fprintf(&b, " (%s)", x.Scope)
		}
		fmt.Fprintf(&b, ": %s\n", x.Text)
	}
	return b.String()
}

// wrongs writes every error with path and code.
func wrongs(err error) string {
	var errs configs.Errors
	if err != nil && !errors.As(err, &errs) {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range errs {
		fmt.Fprintf(&b, "%v\n", e)
		if e.Path != "" || e.Code != "" {
			fmt.Fprintf(&b, "    %s %s\n", e.Path, e.Code)
		}
	}
	return b.String()
}

// dump writes the resolved model; it looks with Peek and consumes nothing.
func dump(b *strings.Builder, f *configs.File) {
	for _, s := range f.Services {
		fmt.Fprintf(b, "service %s at %v\n", s.Name.Peek(), s.Pos())
		for _, a := range s.BaseAddresses {
			fmt.Fprintf(b, "  base %s\n", a.Address.Peek())
		}
		for _, ep := range s.Endpoints {
			dumpEndpoint(b, ep)
		}
		if r := s.Behavior.Routing; r != nil && r.Table != nil {
			fmt.Fprintf(b, "  table %s headers-only=%v soap=%v\n", r.Table.Name.Peek(), r.RouteOnHeadersOnly.Peek(), r.SoapProcessingEnabled.Peek())
			for _, x := range r.Table.Entries {
				fmt.Fprintf(b, "    %d %s -> %s", x.Priority.Peek(), dumpFilter(x.Filter), x.Endpoint.Name.Peek())
				if x.Backup != nil {
					for _, y := range x.Backup.Entries {
						fmt.Fprintf(b, ", then %s", y.Endpoint.Name.Peek())
					}
				}
				b.WriteString("\n")
			}
		}
	}
	for _, ep := range f.Client {
		dumpEndpoint(b, ep)
	}
}

func dumpFilter(f *configs.Filter) string {
	if f == nil {
		return "?"
	}
	if f.And[0] != nil {
		return "(" + dumpFilter(f.And[0]) + " and " + dumpFilter(f.And[1]) + ")"
	}
	return strings.TrimSpace(f.Type.Peek() + " " + f.Data.Peek())
}

func dumpEndpoint(b *strings.Builder, ep *configs.Endpoint) {
	fmt.Fprintf(b, "  endpoint %q %q %s", ep.EffectiveName(), ep.Address.Peek(), ep.Contract.Peek())
	if x := ep.Binding; x != nil {
		fmt.Fprintf(b, " %s %q at %v max=%d send=%v", x.Kind, x.Name.Peek(), x.Pos(), x.MaxReceivedMessageSize.Peek(), x.SendTimeout.Peek())
		if x.Security != nil {
			fmt.Fprintf(b, " security=%s", x.Security.Mode.Peek())
		}
		for _, e := range x.Elements {
			fmt.Fprintf(b, " %s", e.Kind)
		}
	}
	if v := ep.Behavior.ClientVia; v.Written() {
		fmt.Fprintf(b, " via=%s", v.Peek())
	}
	b.WriteString("\n")
}
