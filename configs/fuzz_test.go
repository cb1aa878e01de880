package configs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

func FuzzLoad(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(testbed.ParseGolden(data).Get("web.config"))
	}
	f.Add([]byte("\xff\xfe<\x00"))
	f.Add([]byte("<?xml version='1.0' encoding='latin1'?><configuration>\xe9</configuration>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		f, err := configs.Load(fstest.MapFS{
			"web.config": {Data: data}, "client.config": {Data: []byte("<client/>")},
		}, "web.config")
		if f == nil && err == nil {
			t.Fatal("neither a model nor an error")
		}
		if f == nil {
			return
		}
		if err == nil {
			assemble(f)
		}
		for _, x := range f.Findings() {
			if x.Pos.Line == 0 || x.Path == "" {
				t.Fatalf("a finding without a place: %+v", x)
			}
			if err == nil && x.Effect == configs.Unconsumed {
				t.Fatalf("unconsumed: %v %s", x.Pos, x.Text)
			}
		}
	})
}

// large is a router with n endpoints of each side, and ten filters for each.
func large(n int) []byte {
	var b strings.Builder
	b.WriteString("<configuration><system.serviceModel><services><service name=\"" + configs.RoutingService + "\">\n")
	for i := range n {
		fmt.Fprintf(&b, "<endpoint name=\"in%d\" address=\"http://h/%d\" binding=\"basicHttpBinding\" contract=\"%s\"/>\n", i, i, configs.RequestReplyRouter)
	}
	b.WriteString("</service></services><behaviors><serviceBehaviors><behavior><routing filterTableName=\"t\"/></behavior></serviceBehaviors></behaviors><client>\n")
	for i := range n {
		fmt.Fprintf(&b, "<endpoint name=\"out%d\" address=\"http://o/%d\" binding=\"wsHttpBinding\" bindingConfiguration=\"none\" contract=\"*\"/>\n", i, i)
	}
	b.WriteString("</client><bindings><wsHttpBinding><binding name=\"none\"><security mode=\"None\"/></binding></wsHttpBinding></bindings><routing><filters>\n")
	for i := range 10 * n {
		fmt.Fprintf(&b, "<filter name=\"f%d\" filterType=\"Action\" filterData=\"urn:a/%d\"/>\n", i, i)
	}
	b.WriteString("</filters><filterTables><filterTable name=\"t\">\n")
	for i := range 10 * n {
		fmt.Fprintf(&b, "<add filterName=\"f%d\" endpointName=\"out%d\"/>\n", i, i/10)
	}
	b.WriteString("</filterTable></filterTables></routing></system.serviceModel></configuration>")
	return []byte(b.String())
}

func TestParse_large(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", large(100))
	require.NoError(t, err)
	assemble(f)
	require.NoError(t, f.Err())
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		data := large(n)
		b.Run(fmt.Sprintf("endpoints=%d/filters=%d", n, 10*n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := configs.Parse("w", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFile_Findings(b *testing.B) {
	f, err := configs.Parse("w", large(1000))
	require.NoError(b, err)
	assemble(f)
	b.ReportAllocs()
	for b.Loop() {
		f.Findings()
	}
}
