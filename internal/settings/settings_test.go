package settings_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
)

const sample = "../../configs/samples/orders.yaml"

func ExampleParse() {
	s, err := settings.Parse("viaduct.yaml", []byte(`
services:
  - name: Contoso.Orders
    builtin: echo
limits: {messageMemory: 64MiB}
`), settings.Overrides{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Services[0].Name.Get(), s.Services[0].Builtin.Get(), s.Services[0].Name.Pos)
	fmt.Println(s.Limits.MessageMemory.Get(), s.Limits.Spool.Get(), s.Limits.Spool.Origin)
	// Output:
	// Contoso.Orders echo viaduct.yaml:3:11
	// 67108864 1073741824 default
}

func ExampleParse_errors() {
	_, err := settings.Parse("viaduct.yaml", []byte("log: {lvel: info}\nxml: {check: all}\n"), settings.Overrides{})
	fmt.Println(err)
	// Output:
	// viaduct.yaml:1:7: log: unknown setting "lvel"; did you mean level?
	// viaduct.yaml:2:14: xml.check: unknown value "all"; use one of auto, head, structure, full
}

func TestLoad_sample(t *testing.T) {
	t.Parallel()
	s, err := settings.Load(sample, settings.Overrides{})
	require.NoError(t, err)
	require.Len(t, s.Sockets, 1)
	assert.Equal(t, "127.0.0.1:8000", s.Sockets[0].Address.Get())
	assert.Equal(t, "http", s.Sockets[0].Scheme.Get())
	assert.False(t, s.Sockets[0].Scheme.Written())
	require.Len(t, s.Services, 3)
	assert.Equal(t, "orders", s.Services[0].Forward.Get())
	assert.Equal(t, "echo", s.Services[1].Builtin.Get())
	assert.True(t, s.Services[2].Unused.Get())
	require.Len(t, s.Endpoints, 1)
	assert.Equal(t, "X-Request-ID", s.Endpoints[0].Pass[0].Get())
	assert.Equal(t, "urn:contoso:orders/Get", s.Endpoints[0].Repeatable[0].Get())
	assert.Equal(t, "held", s.Endpoints[0].Accept.Get())
	assert.EqualValues(t, 256<<20, s.Limits.MessageMemory.Get())
	assert.Equal(t, 5*time.Second, s.HTTP.MinRateAfter.Get())
	assert.Equal(t, source.Pos{File: sample, Line: 20, Column: 11}, s.Services[0].Name.Pos)
}

func TestLoad_defaults(t *testing.T) {
	t.Parallel()
	s, err := settings.Load("", settings.Overrides{})
	require.NoError(t, err)
	assert.Equal(t, "auto", s.XML.Check.Get())
	assert.EqualValues(t, 65536, s.XML.HeaderBytes.Get())
	assert.EqualValues(t, 256, s.SOAP.Headers.Get())
	assert.EqualValues(t, 8, s.WSA.MaxHops.Get())
	assert.EqualValues(t, 240, s.HTTP.MinRate.Get())
	assert.Equal(t, "reason", s.Errors.Disclose.Get())
	assert.Zero(t, s.Limits.MessageMemory.Get())
	assert.Equal(t, settings.FromDefault, s.Log.Level.Origin)
}

func TestParse_values(t *testing.T) {
	t.Parallel()
	s, err := settings.Parse("s", []byte(`
sockets:
  - {address: ":8443", tls: {certificate: a.pem, key: a.key}}
trustedProxies: [10.1.2.3/8, "::1"]
endpoints:
  - {name: in, mode: forward-signed, tls: {roots: r.pem}, proxy: "http://proxy:3128"}
admin: {address: ""}
limits: {spool: 0, messageMemory: 2 MiB}
`), settings.Overrides{})
	require.NoError(t, err)
	assert.Equal(t, "https", s.Sockets[0].Scheme.Get(), "a certificate implies https")
	assert.Equal(t, "a.key", s.Sockets[0].TLS.Key.Get())
	assert.Equal(t, netip.MustParsePrefix("10.0.0.0/8"), s.TrustedProxies[0].Get())
	assert.Equal(t, netip.MustParsePrefix("::1/128"), s.TrustedProxies[1].Get())
	assert.Equal(t, "r.pem", s.Endpoints[0].TLS.Roots.Get())
	assert.Empty(t, s.Admin.Address.Get())
	assert.True(t, s.Admin.Address.Written())
	assert.True(t, s.Limits.Spool.Written())
	assert.EqualValues(t, 2<<20, s.Limits.MessageMemory.Get())
}

func TestParse_errors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"unknown key", "lgo: {}", `s:1:1: the settings: unknown setting "lgo"; did you mean log?`},
		{"letter case", "LOG: {}", "did you mean log?"},
		{"list of what is known", "wsa: {hops: 3}", "s:1:7: wsa: unknown setting \"hops\"; use one of maxHops, replyTargets"},
		{"names are no keys", "services:\n  Contoso.Orders: {builtin: echo}", "s:2:3: services: write a list (- name: ...)"},
		{"not yet", "relay: []", "s:1:1: relay is known and not served yet; remove it"},
		{"not yet, inner", "limits: {expansion: 5}", "s:1:10: limits.expansion is known and not served yet"},
		{"twice", "log: {level: info, level: warn}", "s:1:20: log.level stands twice, first in line 1"},
		{"enum", "xml: {check: heda}", "did you mean head?"},
		{"bool", "log: {access: yes}", "s:1:15: log.access: use true or false"},
		{"size", "limits: {spool: 1 Megabyte}", "s:1:17: limits.spool: use a size such as 65536, 64KiB or 1MiB"},
		{"size too small", "limits: {messageMemory: 10}", "at least 1048576"},
		{"size too large", "limits: {spool: 9999999TiB}", "use a size"},
		{"negative", "soap: {headers: -1}", "use a whole number"},
		{"duration", "http: {minRateAfter: 5}", "s:1:22: http.minRateAfter: use a time such as 5s"},
		{"address", "sockets: [{address: 8000}]", "s:1:21: sockets[].address: use host:port"},
		{"port", "admin: {address: \"a:70000\"}", "the port is a number from 0 to 65535"},
		{"socket without address", "sockets: [{scheme: http}]", "s:1:11: sockets[].address is missing and required"},
		{"https without tls", "sockets: [{address: \":1\", scheme: https}]", "needs tls: {certificate: FILE, key: FILE}"},
		{"http with tls", "sockets: [{address: \":1\", scheme: http, tls: {certificate: a, key: b}}]", "a socket with scheme http has no tls"},
		{"half a certificate", "sockets: [{address: \":1\", tls: {certificate: a}}]", "sockets[].tls.key is missing and required"},
		{"half a client certificate", "clients: {tls: {key: a}}", "certificate and key go together"},
		{"same socket", "sockets: [{address: \":1\"}, {address: \":1\"}]", "s:1:38: socket :1 stands at s:1:21 already"},
		{"two stand-ins", "services: [{name: a, builtin: echo, unused: true}]", `s:1:12: service "a": write exactly one of builtin, forward and unused`},
		{"no stand-in", "services: [{name: a}]", "write exactly one of"},
		{"unused: false", "services: [{name: a, unused: false}]", "use true, or remove it"},
		{"forward URL", "services: [{name: a, forward: \"ftp://x\"}]", "s:1:31: services[].forward: use an absolute http or https URL"},
		{"same service", "services: [{name: a, unused: true}, {name: a, unused: true}]", `service "a" stands at s:1:19 already`},
		{"credentials in a URL", "clients: {proxy: \"http://u:canary@p\"}", "secrets do not stand in the settings"},
		{"cidr", "trustedProxies: [10.0.0.0/40]", "s:1:18: trustedProxies: use a network"},
		{"missing value", "log: {level: }", "log.level: the value is missing"},
		{"value is a list", "log: {level: [info]}", "log.level: write one value"},
		{"group is a value", "log: info", "s:1:6: log: write keys and values (key: value)"},
		{"root is a list", "- a", "the settings: write keys and values"},
		{"alias", "log: &a {level: info}\nxml: *a", "anchors and aliases are not read"},
		{"empty entry", "services:\n  -", "services: an empty entry"},
		{"two documents", "log: {}\n---\nlog: {}", "the settings are one YAML document"},
		{"tab", "log:\n\tlevel: info", "s:2: not well-formed YAML"},
		{"too large", "#" + strings.Repeat("x", 1<<20), "larger than 1 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := settings.Parse("s", []byte(tt.in), settings.Overrides{})
			require.Error(t, err)
			assert.Nil(t, s)
			assert.Contains(t, err.Error(), tt.want)
			assert.NotContains(t, err.Error(), "canary")
			var one *settings.Error
			assert.ErrorAs(t, err, &one)
		})
	}
}

func TestParse_allErrorsSorted(t *testing.T) {
	t.Parallel()
	_, err := settings.Parse("s", []byte("xml: {check: x}\nlog: {level: y}\nadmin: {addrss: z}\n"), settings.Overrides{})
	var errs settings.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, 3)
	assert.Equal(t, []int{1, 2, 3}, []int{errs[0].Pos.Line, errs[1].Pos.Line, errs[2].Pos.Line})
}

func TestParse_byteOrderMarkAndEmpty(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "# only a comment\n", "\xef\xbb\xbflog: {level: warn}", "log:\n", "---\n"} {
		_, err := settings.Parse("s", []byte(in), settings.Overrides{})
		assert.NoError(t, err, "%q", in)
	}
}

func TestOverrides(t *testing.T) {
	t.Setenv("VIADUCT_LOG_LEVEL", "debug")
	t.Setenv("VIADUCT_LIMITS_MESSAGE_MEMORY", "2MiB")
	flags := pflag.NewFlagSet("t", pflag.ContinueOnError)
	flags.String("log-level", "info", "")
	flags.String("log-format", "text", "")
	require.NoError(t, flags.Parse([]string{"--log-level=error"}))
	o, err := settings.NewOverrides(flags)
	require.NoError(t, err)
	s, err := settings.Parse("s", []byte("log: {level: warn, format: json}"), o)
	require.NoError(t, err)
	assert.Equal(t, "error", s.Log.Level.Get(), "a flag goes before a variable")
	assert.Equal(t, settings.FromOverride, s.Log.Level.Origin)
	assert.Equal(t, "json", s.Log.Format.Get(), "a flag that was not given overrides nothing")
	assert.EqualValues(t, 2<<20, s.Limits.MessageMemory.Get())

	t.Setenv("VIADUCT_LOG_LEVEL", "loud")
	o, err = settings.NewOverrides(nil)
	require.NoError(t, err)
	_, err = settings.Parse("s", nil, o)
	require.ErrorContains(t, err, `--log-level or VIADUCT_LOG_LEVEL: unknown value "loud"`)
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.Mkdir("site", 0o755))
	config := filepath.Join("site", "web.config")
	find := func() string {
		o, err := settings.NewOverrides(nil)
		require.NoError(t, err)
		name, err := settings.Find(o, config)
		require.NoError(t, err)
		return name
	}
	assert.Empty(t, find())
	require.NoError(t, os.WriteFile(settings.FileName, nil, 0o600))
	assert.Equal(t, settings.FileName, find())
	beside := filepath.Join("site", settings.FileName)
	require.NoError(t, os.WriteFile(beside, nil, 0o600))
	assert.Equal(t, beside, find())
	require.NoError(t, os.WriteFile("other.yaml", nil, 0o600))
	t.Setenv("VIADUCT_SETTINGS", "other.yaml")
	assert.Equal(t, "other.yaml", find())
	t.Setenv("VIADUCT_SETTINGS", "none.yaml")
	o, err := settings.NewOverrides(nil)
	require.NoError(t, err)
	_, err = settings.Find(o, config)
	require.ErrorIs(t, err, settings.ErrNotFound)
}

func TestLoad_missing(t *testing.T) {
	t.Parallel()
	_, err := settings.Load(filepath.Join(t.TempDir(), "none.yaml"), settings.Overrides{})
	require.ErrorContains(t, err, "cannot read the settings: no such file")
	_, err = settings.Load(t.TempDir(), settings.Overrides{})
	require.ErrorContains(t, err, "not a regular file")
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile(sample)
	require.NoError(f, err)
	f.Add(data)
	for _, s := range settings.PendingSamples() {
		f.Add([]byte(s))
	}
	f.Add([]byte("hosting: {bindings: ['https [::1]:443:h', 'http :80:'], application: //}\negress: {allow: ['[::1]:80', 'a:b']}\nadmin: {token: 'file:'}"))
	for _, s := range []string{"", "a: &a [*a]", "<<: {a: b}", "log: !!binary x", "? [a]\n: b", "services: [{name: a, unused: true}]", "\xff\xfe"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := settings.Parse("s", data, settings.Overrides{})
		if (s == nil) == (err == nil) {
			t.Fatalf("settings %v and error %v", s, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile(sample)
	require.NoError(b, err)
	var many strings.Builder
	many.WriteString("endpoints:\n")
	for i := range 1000 {
		fmt.Fprintf(&many, "  - {name: e%d, deadline: 5s, http: {pass: [X-A, X-B]}, limits: {concurrent: 5}}\n", i)
	}
	for name, data := range map[string][]byte{"file=sample": data, "endpoints=1000": []byte(many.String())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := settings.Parse("s", data, settings.Overrides{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
