package assemble_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// site is an IIS application: its files and the settings that describe its site.
// %ports are names of free ports: %one, %two, %secure.
type site struct {
	files    map[string]string // web.config and service files
	settings string
}

// serve runs the application until the test ends.
func (s site) serve(tb testing.TB) *program {
	tb.Helper()
	x, o := s.open(tb)
	f, set, err := o.Load()
	require.NoError(tb, err)
	x.Program, err = assemble.Build(f, set, o)
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- x.Run(ctx, func() { close(ready) }) }()
	x.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	tb.Cleanup(func() { assert.NoError(tb, x.stop()) })
	select {
	case <-ready:
	case err := <-done:
		done <- err
		require.NoError(tb, err)
	}
	return x
}

// check tells what becomes of the application.
func (s site) check(tb testing.TB) *assemble.Report {
	tb.Helper()
	_, o := s.open(tb)
	f, set, err := o.Load()
	return assemble.Check(f, set, err, o)
}

// open writes the files, and reads them as serve does.
func (s site) open(tb testing.TB) (*program, assemble.Options) {
	tb.Helper()
	x := &program{tb: tb, addrs: map[string]string{}, log: &logBuffer{}}
	dir := tb.TempDir()
	for name, text := range s.files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(tb, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(tb, os.WriteFile(path, []byte(x.ports(text)), 0o600))
	}
	set := x.ports(s.settings)
	o := assemble.Options{Log: slog.New(slog.NewTextHandler(x.log, nil)), AccessLog: x.log, NoAdmin: true}
	o.Load = func() (*configs.File, *settings.Settings, error) {
		s, wrong := settings.Parse("viaduct.yaml", []byte(set), settings.Overrides{})
		if s == nil {
			return nil, nil, wrong
		}
		with, err := assemble.LoadOptions(s, configs.LoadOptions{})
		f, broken := configs.LoadFileWith(filepath.Join(dir, "web.config"), with)
		return f, s, assemble.Join(wrong, err, broken)
	}
	return x, o
}

// ports puts free ports in the place of names.
func (x *program) ports(text string) string {
	for _, name := range []string{"one", "two", "secure"} {
		if x.addrs[name] == "" {
			x.addrs[name] = testbed.FreeAddr(x.tb)
		}
		_, port, err := net.SplitHostPort(x.addrs[name])
		require.NoError(x.tb, err)
		text = strings.ReplaceAll(text, "%"+name, port)
	}
	return text
}

// greet asks the service at a path, under a host name, through one of the ports.
func (x *program) greet(port, host, path string, secure ...*tls.Config) int {
	x.tb.Helper()
	return x.exchange(port, testbed.Message{}.Request(host, path, false), secure...).Status
}

// model is a web.config with an Orders service.
func model(endpoints, hosting string) string {
	return `<configuration><system.serviceModel>
		<services><service name="Shop.Orders">` + endpoints + `</service></services>
		<bindings><basicHttpBinding><binding name="tls"><security mode="Transport"/></binding></basicHttpBinding></bindings>
		<serviceHostingEnvironment ` + hosting + `</serviceHostingEnvironment>
	</system.serviceModel></configuration>`
}

const (
	ordersFile = `<%@ ServiceHost Language="C#" Service="Shop.Orders" CodeBehind="Orders.svc.cs" %>`
	orders     = "services: [{name: Shop.Orders, builtin: echo}]\n"
	relative   = `<endpoint address="" binding="basicHttpBinding" contract="IOrders"/><endpoint address="soap" binding="basicHttpBinding" contract="IOrders"/>`
)

// TestHosted_paths: where IIS would serve an application, Viaduct does.
func TestHosted_paths(t *testing.T) {
	t.Parallel()
	activation := `><serviceActivations><add relativeAddress="~/api/orders.svc" service="Shop.Orders"/></serviceActivations>`
	for _, c := range []struct {
		name string
		site site
		want map[string]int // status by host and path
	}{
		{
			name: "service file", site: site{
				files:    map[string]string{"web.config": model(relative, ">"), "Orders.svc": ordersFile},
				settings: orders + `hosting: {bindings: ["http *:%one:"], application: /shop, machine: box}`,
			},
			want: map[string]int{
				"localhost /shop/Orders.svc": 200, "anything.example /SHOP/orders.SVC/soap": 200, "localhost /shop/Orders.svc/other": 500,
				"localhost /Orders.svc": 404, "localhost /shop": 404,
			},
		},
		{
			name: "service file in a directory, application at the root", site: site{
				files:    map[string]string{"web.config": model(relative, ">"), "in/here/Orders.svc": ordersFile},
				settings: orders + `hosting: {bindings: ["http *:%one:"], machine: box}`,
			},
			want: map[string]int{"localhost /in/here/orders.svc": 200, "localhost /orders.svc": 404},
		},
		{
			name: "without a file", site: site{
				files:    map[string]string{"web.config": model(relative, activation)},
				settings: orders + `hosting: {bindings: ["http *:%one:"], application: /shop, machine: box}`,
			},
			want: map[string]int{"localhost /shop/api/orders.svc": 200, "localhost /shop/orders.svc": 404},
		},
		{
			name: "named host", site: site{
				files:    map[string]string{"web.config": model(relative, activation)},
				settings: orders + `hosting: {bindings: ["http *:%one:shop.example"], application: /shop, machine: box}`,
			},
			want: map[string]int{
				"shop.example /shop/api/orders.svc": 200, "SHOP.example:%one /shop/api/orders.svc": 200,
				"other.example /shop/api/orders.svc": 404, "localhost /shop/api/orders.svc": 404,
			},
		},
		{
			name: "prefix filter", site: site{
				files: map[string]string{"web.config": model(relative,
					`><baseAddressPrefixFilters><add prefix="http://two.example:%one/ignored"/></baseAddressPrefixFilters>`+activation[1:])},
				settings: orders + `hosting: {bindings: ["http *:%one:one.example", "http *:%one:two.example"], machine: box}`,
			},
			want: map[string]int{"two.example /api/orders.svc": 200, "one.example /api/orders.svc": 404},
		},
		{
			name: "absolute address of an endpoint", site: site{
				files:    map[string]string{"web.config": model(relative+`<endpoint address="http://box:%one/elsewhere" binding="basicHttpBinding" contract="IOrders"/>`, activation)},
				settings: orders + `hosting: {bindings: ["http *:%one:"], application: /shop, machine: box}`,
			},
			want: map[string]int{"localhost /shop/api/orders.svc": 200, "localhost /elsewhere": 200},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := c.site.serve(t)
			for at, want := range c.want {
				host, path, _ := strings.Cut(x.ports(at), " ")
				assert.Equal(t, want, x.greet("one", host, path), at)
			}
		})
	}
}

// TestHosted_severalBindings: with multipleSiteBindingsEnabled each binding of
// the site leads to the service, for any host.
func TestHosted_severalBindings(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	file, key := cert.Files(t)
	x := site{
		files: map[string]string{
			"web.config": model(`<endpoint address="" binding="basicHttpBinding" contract="IOrders"/>
				<endpoint address="" binding="basicHttpBinding" bindingConfiguration="tls" contract="IOrders"/>`, `multipleSiteBindingsEnabled="true">`),
			"orders.svc": ordersFile,
		},
		settings: orders + `hosting: {bindings: ["http *:%one:", "http *:%two:shop.example", "https *:%secure:"], application: /shop, machine: box}
` + fmt.Sprintf("sockets: [{address: \":%%secure\", scheme: https, tls: {certificate: %q, key: %q}}]", file, key),
	}.serve(t)
	for _, port := range []string{"one", "two"} {
		for _, host := range []string{"localhost", "shop.example", "other.example:99"} {
			assert.Equal(t, 200, x.greet(port, host, "/shop/orders.svc"), "%s at port %s", host, port)
		}
		assert.Equal(t, 404, x.greet(port, "localhost", "/orders.svc"))
	}
	assert.Equal(t, 200, x.greet("secure", "other.example", "/shop/orders.svc", cert.Client()))
	done, err := x.ReloadFiles(t.Context())
	require.NoError(t, err)
	assert.Empty(t, done.Opened)
	assert.Equal(t, 200, x.greet("two", "shop.example", "/shop/orders.svc"))
}

// TestHosted_refused: what IIS would refuse is refused, with its place.
func TestHosted_refused(t *testing.T) {
	t.Parallel()
	const at = `hosting: {bindings: ["http *:%one:", "http *:%two:"], machine: box}`
	const one = `hosting: {bindings: ["http *:%one:"], machine: box}`
	for _, c := range []struct {
		name      string
		endpoints string
		hosting   string
		settings  string
		noFile    bool
		want      string
		code      string
	}{
		{name: "two bindings of a scheme", endpoints: relative, hosting: ">", settings: at, code: "BaseAddressDuplicateScheme"},
		{name: "absolute where several sites", endpoints: `<endpoint address="http://box/x" binding="basicHttpBinding" contract="I"/>`, hosting: `multipleSiteBindingsEnabled="true">`, settings: at, code: "Hosting_SharedEndpointRequiresRelativeEndpoint"},
		{name: "no site", endpoints: relative, hosting: ">", want: "needs a base address", code: "SFxEndpointNoMatchingScheme"},
		{name: "no https binding of the site", endpoints: `<endpoint address="" binding="basicHttpBinding" bindingConfiguration="tls" contract="I"/>`, hosting: ">", settings: one, code: "SFxEndpointNoMatchingScheme"},
		{name: "no service file", endpoints: relative, hosting: ">", settings: one, noFile: true, code: "service-path-unknown", want: "serviceActivations"},
		{name: "prefix that equals none", endpoints: relative, hosting: `><baseAddressPrefixFilters><add prefix="http://none.example"/></baseAddressPrefixFilters>`, settings: one, code: "Hosting_NoBaseAddress"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := site{files: map[string]string{"web.config": model(c.endpoints, c.hosting), "orders.svc": ordersFile}, settings: orders + c.settings}
			if c.noFile {
				delete(s.files, "orders.svc")
			}
			r := s.check(t)
			assert.False(t, r.OK())
			found := false
			for _, f := range r.Findings {
				if f.Code == c.code {
					found = true
					assert.NotZero(t, f.Pos.Line)
					assert.Contains(t, f.Text, c.want)
				}
			}
			assert.True(t, found, "%+v", r.Findings)
			require.Len(t, r.Services, 1)
			assert.NotEqual(t, assemble.Runs, r.Services[0].Outcome)
		})
	}
}
