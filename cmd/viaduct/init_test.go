package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestInit_serves: with each proposal check says that it starts, and a program
// builds.
func TestInit_serves(t *testing.T) {
	t.Parallel()
	iis, err := os.ReadFile("../../configs/samples/iis/web.config")
	require.NoError(t, err)
	const inService = `contract="Contoso.IOrders"/>`
	for _, c := range []struct {
		name, config string
		files        map[string]string
		args         []string
	}{
		{name: "plain", config: plainService},
		{name: "forward", config: plainService, args: []string{"--forward", "http://orders.example/"}},
		{name: "client endpoint", config: strings.Replace(plainService, "</services>", `</services><client><endpoint name="there" address="http://t.example/" binding="basicHttpBinding" contract="Contoso.IOrders"/></client>`, 1)},
		{name: "https", config: strings.NewReplacer("http:", "https:", "basicHttpBinding", "basicHttpsBinding").Replace(plainService)},
		{name: "iis", config: string(iis), files: map[string]string{"Orders.svc": `<%@ ServiceHost Service="Contoso.Orders.OrderService" %>`}},
		{
			name: "net.tcp beside",
			config: strings.Replace(plainService, inService, inService+
				`<endpoint name="tcp" address="net.tcp://localhost:9000/" binding="netTcpBinding" contract="Contoso.IOrders"/>`, 1),
		},
		{name: "message security", config: strings.Replace(plainService, "basicHttpBinding", "wsHttpBinding", 1), args: []string{"--forward", "http://signed.example/"}},
		{
			name: "third party", config: strings.NewReplacer(`name="Contoso.Orders"`, `name="Contoso.Orders" behaviorConfiguration="b"`, "</services>",
				`</services><behaviors><serviceBehaviors><behavior name="b"><auditor/></behavior></serviceBehaviors></behaviors>`+
					`<extensions><behaviorExtensions><add name="auditor" type="A, B"/></behaviorExtensions></extensions>`).Replace(plainService),
		},
		{name: "odd names", config: strings.Replace(plainService, `"Contoso.Orders"`, `"a: b &quot;#\ &amp;&#x9;é"`, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := writeFile(t, c.config, dir, "web.config")
			for name, text := range c.files {
				writeFile(t, text, dir, name)
			}
			code, _, errs := cli(t.Context(), "", append([]string{"init", file}, c.args...)...)
			require.Equal(t, exitDone, code, errs)
			code, out, errs := cli(t.Context(), "", "check", file)
			require.Equal(t, exitDone, code, "%s%s", out, errs)
			assert.Contains(t, out, "  starts ")
			assert.Contains(t, out, "    runs ")
			f, set, err := loadBoth(file, filepath.Join(dir, settings.FileName), settings.Overrides{}, checkOptions{}.load)
			require.NoError(t, err)
			_, err = assemble.Build(f, set, assemble.Options{NoAdmin: true})
			require.NoError(t, err)
		})
	}
}

// TestInit_certificate: the certificate that is made serves the names of the
// file; one that is there stays; one that is named is not made.
func TestInit_certificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writeFile(t, strings.NewReplacer("http://localhost:8000", "https://shop.example", "basicHttpBinding", "basicHttpsBinding").Replace(plainService), dir, "web.config")
	code, _, errs := cli(t.Context(), "", "init", file)
	require.Equal(t, exitDone, code, errs)
	certificate, key := filepath.Join(dir, certificateName), filepath.Join(dir, keyName)
	made, err := tls.LoadX509KeyPair(certificate, key)
	require.NoError(t, err)
	assert.NoError(t, made.Leaf.VerifyHostname("shop.example"))
	assert.NoError(t, made.Leaf.VerifyHostname("localhost"))
	info, err := os.Stat(key)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	before, err := os.ReadFile(certificate)
	require.NoError(t, err)
	code, _, errs = cli(t.Context(), "", "init", file, "--force")
	require.Equal(t, exitDone, code, errs)
	after, err := os.ReadFile(certificate)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	other := t.TempDir()
	second := writeFile(t, strings.NewReplacer("http:", "https:", "basicHttpBinding", "basicHttpsBinding").Replace(plainService), other, "web.config")
	code, _, errs = cli(t.Context(), "", "init", second, "--certificate", certificate, "--key", key)
	require.Equal(t, exitDone, code, errs)
	assert.NoFileExists(t, filepath.Join(other, certificateName))
	text, err := os.ReadFile(filepath.Join(other, settings.FileName))
	require.NoError(t, err)
	assert.Contains(t, string(text), certificate)
}

// TestServe_flags: serve leaves out what the flags allow it to, and
// names it in its log.
func TestServe_flags(t *testing.T) {
	t.Parallel()
	const config = `<configuration><system.serviceModel><services>
 <service name="Contoso.Orders"><endpoint name="in" address="http://@front@/orders" binding="basicHttpBinding" contract="Contoso.IOrders"/>
  <endpoint name="tcp" address="net.tcp://localhost:9000/" binding="netTcpBinding" contract="Contoso.IOrders"/></service>
 <service name="Contoso.Stock"><endpoint name="stock" address="http://@front@/stock" binding="basicHttpBinding" contract="Contoso.IStock"/></service>
</services></system.serviceModel></configuration>`
	const set = "services: [{name: Contoso.Orders, builtin: echo}]\nadmin: {address: \"@admin@\"}\n"
	dir := t.TempDir()
	addresses := strings.NewReplacer("@front@", testbed.FreeAddr(t), "@admin@", testbed.FreeAddr(t))
	file := writeFile(t, addresses.Replace(config), dir, "web.config")
	writeFile(t, addresses.Replace(set), dir, settings.FileName)
	code, _, errs := cli(t.Context(), "", "serve", file)
	assert.Equal(t, exitFailure, code)
	assert.Contains(t, errs, "netTcpBinding")
	assert.Contains(t, errs, `nothing stands for service "Contoso.Stock"`)
	code, _, errs = cli(t.Context(), "", "serve", file, "--allow-unbound")
	assert.Equal(t, exitFailure, code)
	assert.NotContains(t, errs, "Contoso.Stock")
	code, out, errs := cli(t.Context(), "", "check", file, "--allow-unbound", "--lenient-endpoints")
	assert.Equal(t, exitDone, code, "%s%s", out, errs)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", file, "--allow-unbound", "--lenient-endpoints"}, streams{in: strings.NewReader(""), out: w, err: &log})
		_ = w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	front := addresses.Replace("@front@")
	for path, status := range map[string]int{"/orders": 200, "/stock": 404} {
		c, err := testbed.Dial(t.Context(), front, nil)
		require.NoError(t, err)
		answer, err := c.Exchange(testbed.Message{}.Request(front, path, false), 20*time.Second)
		require.NoError(t, err)
		assert.Equal(t, status, answer.Status, path)
		c.Close()
	}
	cancel()
	assert.Equal(t, exitDone, <-ended)
	assert.Contains(t, log.String(), `service \"Contoso.Stock\" is not served`)
	assert.Contains(t, log.String(), "netTcpBinding")
}
