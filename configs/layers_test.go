package configs_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// Each file of testdata/layers holds a tree of files, the options with which
// app/web.config is read, and what that must give.
func TestLoadWith_golden(t *testing.T) {
	t.Parallel()
	testbed.RunGoldens(t, "testdata/layers/*.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		fsys, name, o := fstest.MapFS{}, "app/web.config", configs.LoadOptions{}
		for _, s := range g.Sections {
			switch s.Name {
			case "options":
				name, o = options(t, string(s.Data))
			case "result":
			default:
				fsys[s.Name] = &fstest.MapFile{Data: s.Data}
			}
		}
		g.Check(t, "result", []byte(layered(fsys, name, o)))
	})
}

func options(t *testing.T, text string) (string, configs.LoadOptions) {
	t.Helper()
	name, o := "app/web.config", configs.LoadOptions{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "file":
			name = value
		case "parents":
			o.Parents = strings.Fields(value)
		case "root":
			o.Root = value
		case "location":
			o.Location = value
		case "child":
			o.ChildApplication = true
		case "application":
			o.IIS.Application = value
		case "iis":
			o.IIS = &configs.IIS{}
			for s := range strings.SplitSeq(value, ";") {
				b, err := iis.ParseText(strings.TrimSpace(s), "machine")
				require.NoError(t, err)
				o.IIS.Bindings = append(o.IIS.Bindings, b)
			}
		default:
			require.Fail(t, "unknown option", line)
		}
	}
	return name, o
}

func layered(fsys fs.FS, name string, o configs.LoadOptions) string {
	var b strings.Builder
	f, err := configs.LoadWith(fsys, name, o)
	b.WriteString(wrongs(err))
	dump(&b, f)
	for _, s := range f.Services {
		if s.VirtualPath != "" {
			fmt.Fprintf(&b, "service %s at path %s, any port %v\n", s.Name.Peek(), s.VirtualPath, s.AnyPort)
		}
		if s.Behavior.Throttling.MaxConcurrentCalls.Written() {
			fmt.Fprintf(&b, "service %s calls=%d\n", s.Name.Peek(), s.Behavior.Throttling.MaxConcurrentCalls.Peek())
		}
	}
	assemble(f)
	for _, x := range f.Findings() {
		if x.Effect == configs.Honoured || x.Effect == configs.Default || x.Effect == configs.Unused {
			continue
		}
		fmt.Fprintf(&b, "%v: %s %s: %s\n", x.Pos, x.Effect, x.Code, x.Text)
	}
	return b.String()
}
