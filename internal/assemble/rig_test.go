package assemble_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// parts are what differs between the files of the tests. Each has a default that
// makes a router with one front door, /router, and one destination, "back".
// @NAME@ is the address of a back end of that name, else a free one.
type parts struct {
	web, host, endpoints, services, attributes, behavior, endpointBehaviors string
	bindings, client, filters, table, backups, names                        string
	settings                                                                string
	whole                                                                   string // the file instead of all that
}

const (
	twoWay = `contract="System.ServiceModel.Routing.IRequestReplyRouter"`
	oneWay = `contract="System.ServiceModel.Routing.ISimplexDatagramRouter"`
	ws     = `binding="wsHttpBinding" bindingConfiguration="ws"`
	basic  = `binding="basicHttpBinding"`
	wsNone = `<wsHttpBinding><binding name="ws"><security mode="None"/></binding></wsHttpBinding>`
)

func (p parts) config() string {
	if p.whole != "" {
		return p.whole
	}
	return `<configuration>` + p.web + `
<system.serviceModel>
 <services>
  <service name="System.ServiceModel.Routing.RoutingService" behaviorConfiguration="r">
   ` + p.host + cmp.Or(p.endpoints, `<endpoint name="in" address="http://@front@/router" `+basic+" "+twoWay+`/>`) + `
  </service>` + p.services + `
 </services>
 <behaviors>
  <serviceBehaviors><behavior name="r"><routing filterTableName="t" ` + p.attributes + `/>` + p.behavior + `</behavior></serviceBehaviors>
  <endpointBehaviors>` + p.endpointBehaviors + `</endpointBehaviors>
 </behaviors>
 <bindings>` + p.bindings + `</bindings>
 <client>
  ` + cmp.Or(p.client, `<endpoint name="back" address="http://@back@/orders" `+basic+` contract="*"/>`) + `
 </client>
 <routing>
  ` + p.names + `<filters>` + cmp.Or(p.filters, `<filter name="all" filterType="MatchAll"/>`) + `</filters>
  <filterTables><filterTable name="t">
   ` + cmp.Or(p.table, `<add filterName="all" endpointName="back"/>`) + `
  </filterTable></filterTables>
  <backupLists>` + p.backups + `</backupLists>
 </routing>
</system.serviceModel></configuration>`
}

// build makes a program of the parts without opening anything.
func build(p parts, o assemble.Options) (*assemble.Program, error) {
	f, err := configs.Parse("web.config", []byte(p.config()))
	if err != nil {
		return nil, err
	}
	s, err := settings.Parse("viaduct.yaml", []byte(p.settings), settings.Overrides{})
	if err != nil {
		return nil, err
	}
	return assemble.Build(f, s, o)
}

// program is a running configuration.
type program struct {
	*assemble.Program
	tb    testing.TB
	addrs map[string]string
	log   *logBuffer
	stop  func() error

	mu   sync.Mutex // guards next
	next parts      // what a reload finds
}

// logBuffer takes a log from many goroutines.
type logBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs the parts until the test ends. backends are by name.
func start(tb testing.TB, p parts, backends map[string]*testbed.Backend) *program {
	tb.Helper()
	return startWith(tb, p, assemble.Options{}, backends)
}

// startWith is start with options of which the rig sets log and files.
func startWith(tb testing.TB, p parts, o assemble.Options, backends map[string]*testbed.Backend) *program {
	tb.Helper()
	x := &program{tb: tb, addrs: map[string]string{}, log: &logBuffer{}}
	for name, b := range backends {
		x.addrs[name] = b.Addr()
	}
	x.next = p
	f, s, err := x.load()
	require.NoError(tb, err)
	o.Log, o.AccessLog = slog.New(slog.NewTextHandler(x.log, nil)), x.log
	o.NoAdmin, o.Load = !strings.Contains(p.settings, "admin:"), x.load
	x.Program, err = assemble.Build(f, s, o)
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- x.Run(ctx, func() { close(ready) }) }()
	x.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	tb.Cleanup(func() {
		assert.NoError(tb, x.stop())
		if tb.Failed() {
			tb.Logf("log:\n%s", x.log)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- err
		require.NoError(tb, err)
	}
	return x
}

// load reads the parts as files.
func (x *program) load() (*configs.File, *settings.Settings, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f, wrong := configs.Parse("web.config", []byte(x.fill(x.next.config())))
	s, err := settings.Parse("viaduct.yaml", []byte(x.fill(x.next.settings)), settings.Overrides{})
	return f, s, assemble.Join(wrong, err)
}

// fill puts addresses in the place of names.
func (x *program) fill(text string) string {
	for {
		before, rest, ok := strings.Cut(text, "@")
		if !ok {
			return text
		}
		name, after, ok := strings.Cut(rest, "@")
		require.True(x.tb, ok, "a name between @ and @")
		if x.addrs[name] == "" {
			x.addrs[name] = testbed.FreeAddr(x.tb)
		}
		text = before + x.addrs[name] + after
	}
}

// reload puts other parts in force.
func (x *program) reload(p parts) (*assemble.Changes, error) {
	x.mu.Lock()
	x.next = p
	x.mu.Unlock()
	return x.ReloadFiles(x.tb.Context())
}

// backend is a SOAP service that answers everything.
func backend(tb testing.TB) *testbed.Backend {
	tb.Helper()
	return testbed.NewBackend(tb, testbed.BackendOptions{})
}

// wait bounds each exchange of the tests.
const wait = 20 * time.Second

// exchange sends a request to an address of the file.
func (x *program) exchange(name string, request []byte, secure ...*tls.Config) *testbed.Result {
	x.tb.Helper()
	c := x.dial(name, secure...)
	defer c.Close()
	r, err := c.Exchange(request, wait)
	require.NoError(x.tb, err)
	return r
}

func (x *program) dial(name string, secure ...*tls.Config) *testbed.Client {
	x.tb.Helper()
	var config *tls.Config
	if len(secure) > 0 {
		config = secure[0]
	}
	c, err := testbed.Dial(x.tb.Context(), x.addrs[name], config)
	require.NoError(x.tb, err)
	return c
}

// ask sends a message to the router's usual front door.
func (x *program) ask(m testbed.Message) *testbed.Result {
	x.tb.Helper()
	return x.exchange("front", m.Request(x.addrs["front"], "/router", false))
}

// post is a request with these fields, each with its line end.
func (x *program) post(path, fields, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n%s", path, x.addrs["front"], len(body), fields, body)
}

const text11 = "Content-Type: text/xml; charset=utf-8\r\nSOAPAction: \"urn:a\"\r\n"
