package proposal_test

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/proposal"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

func save(tb testing.TB, text string) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "web.config")
	require.NoError(tb, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func services(inner string) string {
	return "<configuration><system.serviceModel><services>" + inner + "</services></system.serviceModel></configuration>"
}

const orders = `<service name="Orders"><endpoint name="in" address="http://localhost:8000/o" binding="basicHttpBinding" contract="IOrders"/></service>`

func TestMake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config string
		options      proposal.Options
		want         []string // parts of the file
		open         string   // of what is left
		empty        bool
	}{
		{name: "echo", config: services(orders), want: []string{"  # web.config:1:", `- name: "Orders"`, "builtin: echo"}},
		{name: "forward", config: services(orders), options: proposal.Options{Forward: "http://o.example/"}, want: []string{`forward: "http://o.example/"`}},
		{
			name: "the client endpoint of the contract", config: strings.Replace(services(orders), "</services>",
				`</services><client><endpoint name="other" address="http://x/" binding="basicHttpBinding" contract="IOther"/><endpoint name="there" address="http://y/" binding="basicHttpBinding" contract="IOrders"/></client>`, 1),
			options: proposal.Options{Forward: "http://o.example/"}, want: []string{`forward: "there"`},
		},
		{
			name: "an endpoint is left out", config: services(strings.Replace(orders, "</service>", `<endpoint name="pipe" address="net.pipe://localhost/p" binding="netNamedPipeBinding" contract="IOrders"/></service>`, 1)),
			want: []string{"endpoints:", `- name: "pipe"`, "unused: true", "netNamedPipeBinding"},
		},
		{name: "nothing", config: services(""), open: "no endpoint to serve", empty: true},
		{name: "no XML", config: "hello", open: "text outside", empty: true},
		{name: "unknown attribute", config: services(strings.Replace(orders, "name=\"in\"", "colour=\"in\"", 1)), open: "unknown attribute colour"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := proposal.Make(save(t, c.config), c.options)
			require.NoError(t, err)
			for _, w := range c.want {
				assert.Contains(t, string(p.YAML), w)
			}
			assert.Equal(t, c.empty, p.Empty)
			if c.open == "" {
				assert.Empty(t, p.Open)
				assert.True(t, p.Report.OK())
				return
			}
			require.NotEmpty(t, p.Open)
			assert.Contains(t, p.Open[0].Text, c.open)
			assert.False(t, p.Report.OK())
		})
	}
}

// TestMake_prepare: the certificate is asked for once, with the names of the
// https endpoints, and an error of it ends the proposal.
func TestMake_prepare(t *testing.T) {
	t.Parallel()
	secure := strings.NewReplacer("http://localhost:8000", "https://shop.example", "basicHttpBinding", "basicHttpsBinding").Replace(orders)
	second := strings.NewReplacer("Orders", "Stock", "shop.example", "stock.example:8443").Replace(secure)
	file := save(t, services(secure+second))
	dir := filepath.Dir(file)
	o := proposal.Options{Certificate: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem")}
	calls := 0
	o.Prepare = func(hosts []string) error {
		calls++
		assert.ElementsMatch(t, []string{"shop.example", "stock.example"}, hosts)
		certificate, key, err := proposal.Certificate(hosts)
		require.NoError(t, err)
		return errors.Join(os.WriteFile(o.Certificate, certificate, 0o600), os.WriteFile(o.Key, key, 0o600))
	}
	p, err := proposal.Make(file, o)
	require.NoError(t, err)
	assert.Equal(t, 1, calls)
	assert.Empty(t, p.Open)
	assert.Contains(t, string(p.YAML), `address: ":443"`)
	assert.Contains(t, string(p.YAML), `address: ":8443"`)

	wrong := errors.New("disk full")
	o.Prepare = func([]string) error { return wrong }
	_, err = proposal.Make(file, o)
	assert.ErrorIs(t, err, wrong)
}

// TestMake_names: names that mean something in YAML are only names.
func TestMake_names(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"yes", "a: b", "# c", `q&quot;\`, "- x", "{y}", "é", "a&#xA;b", "a&#x9;b", "&#x85;", "&#x2028;x", "'", "null", "1"} {
		p, err := proposal.Make(save(t, services(strings.Replace(orders, `"Orders"`, `"`+name+`"`, 1))), proposal.Options{})
		require.NoError(t, err, name)
		assert.Empty(t, p.Open, "%s: %s", name, p.YAML)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	certificate, key, err := proposal.Certificate([]string{"shop.example", "10.0.0.5", ""})
	require.NoError(t, err)
	pair, err := tls.X509KeyPair(certificate, key)
	require.NoError(t, err)
	for _, name := range []string{"shop.example", "10.0.0.5", "localhost", "127.0.0.1"} {
		assert.NoError(t, pair.Leaf.VerifyHostname(name), name)
	}
	assert.Error(t, pair.Leaf.VerifyHostname("other.example"))
	assert.True(t, pair.Leaf.NotBefore.Before(time.Now()))
	assert.WithinDuration(t, time.Now().Add(90*24*time.Hour), pair.Leaf.NotAfter, time.Hour)
	assert.False(t, pair.Leaf.IsCA)
}

// FuzzMake: whatever the file is, the proposal is a settings file or an error of
// reading, and check judges it as the proposal says.
func FuzzMake(f *testing.F) {
	for _, text := range []string{
		services(orders), services(""), "hello", services(orders + orders), "<configuration><system.serviceModel/></configuration>",
		services(strings.NewReplacer("http:", "https:", "basicHttp", "basicHttps").Replace(orders)), services(strings.Replace(orders, "basicHttp", "netTcp", 1)),
		services(strings.Replace(orders, "http://localhost:8000/o", "o", 1)), services(strings.Replace(orders, "basicHttpBinding", "wsHttpBinding", 1)),
		services(strings.Replace(orders, `name="Orders"`, `name="Orders" behaviorConfiguration="b"`, 1)),
		services(strings.Replace(orders, `name="Orders"`, "name=\"&#x85;\u2028: #\"", 1)),
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	dir := f.TempDir()
	certificate, key, err := proposal.Certificate(nil)
	require.NoError(f, err)
	o := proposal.Options{Certificate: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem")}
	require.NoError(f, errors.Join(os.WriteFile(o.Certificate, certificate, 0o600), os.WriteFile(o.Key, key, 0o600)))
	f.Fuzz(func(t *testing.T, text string, forward bool) {
		if len(text) > 10_000 || strings.Contains(text, "configSource") || strings.Contains(text, "file=") {
			return // files beside it are none of its own
		}
		file := filepath.Join(dir, "web.config")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		o := o
		if forward {
			o.Forward = "http://forward.example/"
		}
		p, err := proposal.Make(file, o)
		require.NoError(t, err)
		_, err = settings.Parse("viaduct.yaml", p.YAML, settings.Overrides{})
		require.NoError(t, err, "%s", p.YAML)
		assert.Equal(t, len(p.Open) == 0, p.Report.OK())
		for _, x := range p.Open {
			assert.NotEmpty(t, x.Text)
			assert.NotEqual(t, assemble.CodeUnbound, x.Code, "a service is always answered")
		}
	})
}
