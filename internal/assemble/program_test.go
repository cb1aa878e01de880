package assemble_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// get asks the admin address.
func (x *program) get(path string) (int, string) {
	x.tb.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+x.addrs["admin"]+path, http.NoBody)
	require.NoError(x.tb, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: wait}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(x.tb, err)
	return resp.StatusCode, string(b)
}

const told = `<endpoint name="in" address="http://@front@/router" ` + basic + " " + oneWay + `/>`

// TestProgram_drain: what was accepted before the end is delivered, and the
// program is not ready meanwhile.
func TestProgram_drain(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		close(entered)
		<-leave
		return testbed.Answer{Make: testbed.Accepted}
	}})
	x := start(t, parts{endpoints: told, settings: `admin: {address: "@admin@"}`}, map[string]*testbed.Backend{"back": b})
	status, _ := x.get("/readyz")
	assert.Equal(t, 200, status)
	m := testbed.Message{ID: testbed.NewMessageID()}
	assert.Equal(t, 202, x.ask(m).Status, "accepted while the destination is busy")
	<-entered
	_, text := x.get("/metrics")
	assert.Contains(t, text, "viaduct_oneway_pending 1\n")

	ended := make(chan error, 1)
	go func() { ended <- x.stop() }()
	require.Eventually(t, func() bool { status, _ := x.get("/readyz"); return status == 503 }, wait, time.Millisecond)
	status, body := x.get("/readyz")
	assert.Equal(t, 503, status)
	assert.Equal(t, "draining\n", body)
	status, _ = x.get("/healthz")
	assert.Equal(t, 200, status, "it lives")
	close(leave)
	require.NoError(t, <-ended)
	assert.Equal(t, 1, b.Deliveries(m.ID))
	assert.Contains(t, x.log.String(), `msg="one-way message delivered"`)
}

// TestProgram_giveUp: what cannot be delivered in time is logged and counted as
// lost, and the program ends with an error.
func TestProgram_giveUp(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		close(entered)
		return testbed.Answer{Silent: true}
	}})
	x := start(t, parts{
		host: `<host><timeouts closeTimeout="00:00:00.3"/></host>`, endpoints: told,
	}, map[string]*testbed.Backend{"back": b})
	require.Equal(t, 202, x.ask(testbed.Message{}).Status)
	<-entered
	begun := time.Now()
	err := x.stop()
	x.stop = func() error { return nil }
	require.ErrorContains(t, err, "accepted messages given up after 300ms")
	assert.GreaterOrEqual(t, time.Since(begun), 300*time.Millisecond, "closeTimeout of the host")
	assert.Contains(t, x.log.String(), `level=ERROR msg="one-way message lost" endpoint=in`)
	assert.Contains(t, x.log.String(), "route=all to=back attempts=1 delivery=unknown")
}

func TestProgram_afterDelivery(t *testing.T) {
	t.Parallel()
	x := start(t, parts{
		endpoints: told, client: `<endpoint name="back" address="http://@dead@/" ` + basic + ` contract="*"/>`,
		settings: "endpoints: [{name: in, accept: after-delivery}]",
	}, nil)
	r := x.ask(testbed.Message{})
	assert.Equal(t, 500, r.Status, "the client learns of it")
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "upstream.failed")
}

func TestProgram_metrics(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{endpoints: told, settings: `admin: {address: "@admin@"}`}, map[string]*testbed.Backend{"back": b})
	require.Equal(t, 202, x.ask(testbed.Message{}).Status)
	assert.Eventually(t, func() bool {
		_, text := x.get("/metrics")
		return strings.Contains(text, `viaduct_oneway_total{outcome="delivered"} 1`+"\n") &&
			strings.Contains(text, `viaduct_attempts_total{delivery="answered",endpoint="back",kind="none"} 1`+"\n") &&
			strings.Contains(text, `viaduct_messages_total{listener="in",outcome="accepted"} 1`+"\n") &&
			strings.Contains(text, "viaduct_upstream_dialed_total 1\n")
	}, wait, 10*time.Millisecond)
}

// TestProgram_sockets: it opens all sockets or none, and says what to do.
func TestProgram_sockets(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Close()) }()
	free := testbed.FreeAddr(t)
	p, err := build(parts{
		endpoints: `<endpoint name="good" address="http://` + free + `/a" ` + basic + " " + twoWay + `/>
			<endpoint name="taken" address="http://` + l.Addr().String() + `/b" ` + basic + " " + twoWay + `/>`,
		client: `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/>`,
	}, assemble.Options{NoAdmin: true})
	require.NoError(t, err)
	require.Error(t, p.Ready(), "its sockets are not open")
	err = p.Run(t.Context(), func() { assert.Fail(t, "ready") })
	require.ErrorContains(t, err, `web.config:6:4: open socket of endpoint "taken": listen tcp`)
	require.ErrorContains(t, err, "; another process listens there: end it, or name another address")
	again, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", free)
	require.NoError(t, err, "the other socket is closed again")
	require.NoError(t, again.Close())
}

func TestBuild_noEndpoint(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("web.config", []byte("<configuration/>"))
	require.NoError(t, err)
	s, err := settings.Parse("", nil, settings.Overrides{})
	require.NoError(t, err)
	_, err = assemble.Build(f, s, assemble.Options{})
	assert.EqualError(t, err, "web.config:1:1: no endpoint to serve; declare one in system.serviceModel/services")
}

func TestBuild_notices(t *testing.T) {
	t.Parallel()
	p, err := build(parts{
		endpoints: `<endpoint name="in" address="http://a/" ` + basic + " " + twoWay + `/>`,
		client:    `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/><endpoint name="forgotten" address="http://c/" ` + basic + ` contract="*"/>`,
	}, assemble.Options{NoAdmin: true})
	require.NoError(t, err)
	require.NotEmpty(t, p.Notices())
	assert.Contains(t, fmt.Sprint(p.Notices()), "forgotten")
}

// BenchmarkBuild measures the way from text to a program that could run, with
// as many endpoints and ten times as many filters as section 7 of the design
// names.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("endpoints=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var ends, filters, table strings.Builder
			for i := range n {
				fmt.Fprintf(&ends, "<endpoint name=\"e%d\" address=\"http://localhost:8000/e%d\" %s %s/>\n", i, i, basic, twoWay)
			}
			for i := range 10 * n {
				fmt.Fprintf(&filters, "<filter name=\"f%d\" filterType=\"Action\" filterData=\"urn:f%d\"/>\n", i, i)
				fmt.Fprintf(&table, "<add filterName=\"f%d\" endpointName=\"back\"/>\n", i)
			}
			config := []byte(parts{
				endpoints: ends.String(), filters: filters.String(), table: table.String(),
				client: `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/>`,
			}.config())
			for b.Loop() {
				f, err := configs.Parse("web.config", config)
				require.NoError(b, err)
				s, err := settings.Parse("", nil, settings.Overrides{})
				require.NoError(b, err)
				_, err = assemble.Build(f, s, assemble.Options{Log: slog.New(slog.DiscardHandler)})
				require.NoError(b, err)
			}
		})
	}
}
