package assemble_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// shapes are the configurations that are measured, by the number of endpoints:
// one router with all of them, and as many services with one each, which forward
// to as many clients with bindings of their own.
var shapes = map[string]func(n int, address string) (config, yaml string){
	"router": func(n int, address string) (config, yaml string) {
		var ends strings.Builder
		for i := range n {
			fmt.Fprintf(&ends, "<endpoint name=\"e%d\" address=\"http://%s/services/e%d\" %s %s/>\n", i, address, i, basic, twoWay)
		}
		return parts{endpoints: ends.String(), client: `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/>`}.config(), ""
	},
	"services": func(n int, address string) (config, yaml string) {
		var services, bindings, clients, set strings.Builder
		for i := range n {
			fmt.Fprintf(&services, `<service name="S%d"><host><baseAddresses><add baseAddress="http://%s/s%d"/></baseAddresses></host>`+
				`<endpoint name="e%d" address="soap" binding="wsHttpBinding" bindingConfiguration="b%d" contract="I%d"/></service>`+"\n", i, address, i, i, i, i)
			fmt.Fprintf(&bindings, `<binding name="b%d" sendTimeout="00:00:30"><security mode="None"/></binding>`+"\n", i)
			fmt.Fprintf(&clients, `<endpoint name="c%d" address="http://b/%d" binding="wsHttpBinding" bindingConfiguration="b%d" contract="*"/>`+"\n", i, i, i)
			fmt.Fprintf(&set, "  - {name: S%d, forward: c%d}\n", i, i)
		}
		return `<configuration><system.serviceModel><services>` + services.String() + `</services><client>` + clients.String() +
			`</client><bindings><wsHttpBinding>` + bindings.String() + `</wsHttpBinding></bindings></system.serviceModel></configuration>`, "services:\n" + set.String()
	},
}

// many writes a configuration of n endpoints at one port, and its settings.
func many(tb testing.TB, shape string, n int) (config, yaml string) {
	tb.Helper()
	dir := tb.TempDir()
	config, yaml = filepath.Join(dir, "web.config"), filepath.Join(dir, "viaduct.yaml")
	text, set := shapes[shape](n, testbed.FreeAddr(tb))
	require.NoError(tb, os.WriteFile(config, []byte(text), 0o600))
	require.NoError(tb, os.WriteFile(yaml, []byte(set+"admin: {address: \"\"}\n"), 0o600))
	return config, yaml
}

// measured runs a benchmark for each shape and number.
func measured(b *testing.B, once func(b *testing.B, config, yaml string)) {
	for shape := range shapes {
		for _, n := range []int{1, 1000} {
			b.Run(fmt.Sprintf("shape=%s/endpoints=%d", shape, n), func(b *testing.B) {
				config, yaml := many(b, shape, n)
				b.ReportAllocs()
				for b.Loop() {
					once(b, config, yaml)
				}
			})
		}
	}
}

// BenchmarkReady measures the way from files to a program with open sockets.
func BenchmarkReady(b *testing.B) {
	measured(b, func(b *testing.B, config, yaml string) {
		f, err := configs.LoadFile(config)
		require.NoError(b, err)
		s, err := settings.Load(yaml, settings.Overrides{})
		require.NoError(b, err)
		p, err := assemble.Build(f, s, assemble.Options{})
		require.NoError(b, err)
		ctx, cancel := context.WithCancel(b.Context())
		require.NoError(b, p.Run(ctx, cancel), "it ends when it is ready")
	})
}

// BenchmarkCheck measures what the command check does, without its output.
func BenchmarkCheck(b *testing.B) {
	measured(b, func(b *testing.B, config, yaml string) {
		f, err := configs.LoadFile(config)
		require.NoError(b, err)
		s, err := settings.Load(yaml, settings.Overrides{})
		require.NoError(b, err)
		require.True(b, assemble.Check(f, s, nil, assemble.Options{}).OK())
	})
}
