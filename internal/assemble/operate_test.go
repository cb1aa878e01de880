package assemble_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// Every test of this file changes a setting of docs/operating.md and sees the
// behaviour change.

// shared is a table whose one destination, "orders", stands for a and b.
func shared(settings string) parts {
	return parts{
		client: `<endpoint name="orders" address="http://@nowhere@/orders" ` + basic + ` contract="*"/>
			<endpoint name="a" address="http://@a@/a" ` + basic + ` contract="*"/>
			<endpoint name="b" address="http://@b@/b" ` + basic + ` contract="*"/>`,
		table: `<add filterName="all" endpointName="orders"/>`, settings: "endpoints:\n" + settings,
	}
}

// busy is a script of a back end that says so in HTTP.
func busy(*testbed.Received) testbed.Answer {
	return testbed.Answer{Octets: []byte("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")}
}

func TestOperate_rules(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{settings: `endpoints:
  - name: back
    http:
      pass: [X-Mine]
      rules:
        - {do: set, field: X-Site, value: north}
        - {do: drop, field: X-Mine}
        - {do: add, field: X-Request-Id, value: more}
`}, map[string]*testbed.Backend{"back": b})
	require.Equal(t, 200, x.exchange("front", x.post("/router", text11+"X-Mine: 1\r\nX-Request-Id: 3\r\n", string(testbed.Message{}.Envelope()))).Status)
	got := b.Received()[0]
	assert.Equal(t, "north", got.Get("X-Site"))
	assert.Zero(t, got.Count("X-Mine"))
	assert.Equal(t, 2, got.Count("X-Request-Id"))
}

func TestOperate_deadline(t *testing.T) {
	t.Parallel()
	silent := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer { return testbed.Answer{Silent: true} }})
	x := start(t, parts{settings: "endpoints: [{name: back, deadline: 200ms}]"}, map[string]*testbed.Backend{"back": silent})
	begun := time.Now()
	assert.Equal(t, 500, x.ask(testbed.Message{}).Status)
	assert.Less(t, time.Since(begun), 10*time.Second, "sendTimeout is a minute")
}

func TestOperate_limits(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}, 2), make(chan struct{})
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		entered <- struct{}{}
		<-leave
		return testbed.Answer{}
	}})
	x := start(t, parts{settings: "endpoints: [{name: back, limits: {concurrent: 1, queue: 1, wait: 20s}}]\nadmin: {address: \"@admin@\"}"}, map[string]*testbed.Backend{"back": b})
	send := func() *testbed.Client {
		c := x.dial("front")
		require.NoError(t, c.Send(testbed.Message{}.Request(x.addrs["front"], "/router", false)))
		return c
	}
	first := send()
	defer first.Close()
	<-entered
	second := send()
	defer second.Close()
	require.Eventually(t, func() bool { return x.Backends()[0].Waiting == 1 }, wait, time.Millisecond)
	_, text := x.get("/metrics")
	for _, line := range []string{
		`viaduct_backend_takes{endpoint="back"} 1`, `viaduct_backend_in_progress{endpoint="back"} 1`, `viaduct_backend_waiting{endpoint="back"} 1`,
		`viaduct_backend_weight{endpoint="back"} 1`,
	} {
		assert.Contains(t, text, line)
	}
	r := x.ask(testbed.Message{})
	assert.Equal(t, 503, r.Status, "no place to wait")
	assert.Equal(t, "1", r.Fields.Get("Retry-After"))
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "limit.calls")
	assert.Contains(t, string(r.Body), "EndpointUnavailable")
	close(leave)
	for _, c := range []*testbed.Client{first, second} {
		r, err := c.Receive(wait)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status)
	}
	_, text = x.get("/metrics")
	assert.Contains(t, text, `viaduct_backend_attempts_total{endpoint="back",outcome="answered"} 2`)
	assert.Contains(t, text, `viaduct_backend_attempts_total{endpoint="back",outcome="refused"} 1`)
}

func TestOperate_breaker(t *testing.T) {
	t.Parallel()
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: busy})
	x := start(t, parts{settings: "endpoints: [{name: back, breaker: {failures: 2, within: 1m, open: 30s}}]"}, map[string]*testbed.Backend{"back": b})
	for range 2 {
		x.ask(testbed.Message{})
	}
	seen := len(b.Received())
	r := x.ask(testbed.Message{})
	assert.Equal(t, 503, r.Status)
	assert.Equal(t, "30", r.Fields.Get("Retry-After"), "when the breaker lets one through")
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "upstream.failed")
	assert.Len(t, b.Received(), seen, "spared")
	assert.Contains(t, x.log.String(), `msg="back end changed" endpoint=back change=opened why="2 failures within 1m0s; open for 30s"`)
	_, err := x.reload(parts{settings: "endpoints: [{name: back, breaker: {failures: 2, within: 1m, open: 30s}}]"})
	require.NoError(t, err)
	assert.Equal(t, 503, x.ask(testbed.Message{}).Status, "a reload closes no breaker")
}

func TestOperate_balance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, settings string
		a, b           int // of 8 messages
	}{
		{name: "default", settings: "  - {name: orders, members: [a, b]}", a: 4, b: 4},
		{name: "weighted", settings: "  - {name: orders, members: [a, b], balance: weighted}\n  - {name: a, weight: 3}", a: 6, b: 2},
		{name: "least-requests", settings: "  - {name: orders, members: [a, b], balance: least-requests}", a: 4, b: 4},
		{name: "one member", settings: "  - {name: orders, members: [b]}", b: 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := backend(t), backend(t)
			x := start(t, shared(c.settings), map[string]*testbed.Backend{"a": a, "b": b})
			for range 8 {
				require.Equal(t, 200, x.ask(testbed.Message{}).Status)
			}
			assert.Len(t, a.Received(), c.a)
			assert.Len(t, b.Received(), c.b)
			assert.True(t, slices.ContainsFunc(x.Notices(), func(n assemble.Notice) bool {
				return strings.Contains(n.Text, `endpoint "orders" (web.config:14:3) stands for its members`)
			}))
		})
	}
}

func TestOperate_hash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, hash, attributes string }{
		{"field", "field: X-Customer", ""},
		{"xpath of a header", "xpath: \"sm:header()/o:Customer\"", ""},
		{"xpath of the body", "xpath: \"sm:body()/o:Customer\"", `routeOnHeadersOnly="true"`}, // that is about filters
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := backend(t), backend(t)
			p := shared("  - {name: orders, members: [a, b], balance: hash, hash: {" + c.hash + "}}")
			p.attributes, p.names = c.attributes, `<namespaceTable><add prefix="o" namespace="urn:orders"/></namespaceTable>`
			x := start(t, p, map[string]*testbed.Backend{"a": a, "b": b})
			went := map[string]string{}
			for n := range 40 {
				customer := fmt.Sprint("customer ", n%10)
				seen := len(a.Received())
				r := x.exchange("front", x.post("/router", text11+"X-Customer: "+customer+"\r\n",
					`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:o="urn:orders"><s:Header><o:Customer>`+customer+
						`</o:Customer></s:Header><s:Body><o:Customer>`+customer+`</o:Customer></s:Body></s:Envelope>`))
				require.Equal(t, 200, r.Status, "%s", r.Body)
				where := "b"
				if len(a.Received()) > seen {
					where = "a"
				}
				if before := went[customer]; before != "" {
					assert.Equal(t, before, where, customer)
				}
				went[customer] = where
			}
			assert.NotEmpty(t, a.Received())
			assert.NotEmpty(t, b.Received())
			assert.Zero(t, a.Received()[0].Count("X-Customer"), "what is hashed does not travel on")
		})
	}
}

func TestOperate_eject(t *testing.T) {
	t.Parallel()
	a, b := testbed.NewBackend(t, testbed.BackendOptions{Script: busy}), backend(t)
	x := start(t, shared("  - {name: orders, members: [a, b], repeatable: [urn:a]}\n  - {name: a, eject: {failures: 2, for: 1m}}\n"),
		map[string]*testbed.Backend{"a": a, "b": b})
	for range 10 {
		assert.Equal(t, 200, x.ask(testbed.Message{Action: "urn:a"}).Status, "the other member answers")
	}
	assert.Len(t, a.Received(), 2, "out after two")
	assert.Contains(t, x.log.String(), "change=ejected")
	assert.Contains(t, x.log.String(), `why="2 failures in a row; out for 1m0s"`)
}

// TestOperate_members: a member that takes no connection is followed by another,
// and a group whose members are all out says when to come back.
func TestOperate_members(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, shared("  - {name: orders, members: [a, b]}"), map[string]*testbed.Backend{"b": b})
	for range 4 {
		require.Equal(t, 200, x.ask(testbed.Message{}).Status)
	}
	for _, name := range []string{"a", "b"} {
		require.NoError(t, x.SetBackend(name, "draining", nil))
	}
	r := x.ask(testbed.Message{})
	assert.Equal(t, 503, r.Status)
	assert.Equal(t, "1", r.Fields.Get("Retry-After"))
}

func TestOperate_health(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"tcp: true", `url: "http://@a@/health?x=1"`} {
		t.Run(kind[:3], func(t *testing.T) {
			t.Parallel()
			var ill atomic.Bool
			a, b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(r *testbed.Received) testbed.Answer {
				switch {
				case r.Method == "GET" && ill.Load():
					return testbed.Answer{Octets: []byte("HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n")}
				case r.Method == "GET":
					return testbed.Answer{Octets: []byte("HTTP/1.1 204 Well\r\n\r\n")}
				}
				return testbed.Answer{}
			}}), backend(t)
			p := shared("  - {name: orders, members: [a, b]}\n  - {name: a, health: {" + kind + ", interval: 10ms, healthy: 1, unhealthy: 1}}\n")
			x := start(t, p, map[string]*testbed.Backend{"a": a, "b": b})
			if kind[:3] == "tcp" {
				a.Close()
			}
			ill.Store(true)
			takes := func() bool { return x.Backends()[0].Takes }
			require.Eventually(t, func() bool { return !takes() }, wait, time.Millisecond)
			seen := len(b.Received())
			for range 4 {
				require.Equal(t, 200, x.ask(testbed.Message{}).Status)
			}
			assert.Len(t, b.Received(), seen+4)
			assert.Contains(t, x.log.String(), "change=unhealthy")
			if kind[:3] == "tcp" {
				return
			}
			ill.Store(false)
			require.Eventually(t, takes, wait, time.Millisecond)
			assert.Equal(t, "/health?x=1", a.Received()[0].Target)
			_, err := x.reload(shared("  - {name: orders, members: [a, b]}\n"))
			require.NoError(t, err)
			ill.Store(true)
			require.Equal(t, 200, x.ask(testbed.Message{}).Status)
			assert.True(t, takes(), "nobody asks any more")
		})
	}
}

// TestOperate_byHand: any destination can be taken out, with no setting for it.
func TestOperate_byHand(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{}, map[string]*testbed.Backend{"back": b})
	assert.Equal(t, "http://"+b.Addr()+"/orders", x.BackendAddress("back"))
	require.NoError(t, x.SetBackend("back", "draining", nil))
	assert.Equal(t, 503, x.ask(testbed.Message{}).Status)
	_, err := x.reload(parts{})
	require.NoError(t, err)
	assert.Equal(t, 503, x.ask(testbed.Message{}).Status, "outlives a reload")
	seven := 7
	require.NoError(t, x.SetBackend("back", "enabled", &seven))
	assert.Equal(t, 200, x.ask(testbed.Message{}).Status)
	assert.Equal(t, 7, x.Backends()[0].Weight)
	require.ErrorIs(t, x.SetBackend("front", "enabled", nil), assemble.ErrNoBackend)
	require.ErrorContains(t, x.SetBackend("back", "gone", nil), "use enabled, draining or disabled")
	tooMuch := 1001
	require.ErrorContains(t, x.SetBackend("back", "", &tooMuch), "1000 is the most")
	_, err = x.reload(parts{client: `<endpoint name="other" address="http://@back@/orders" ` + basic + ` contract="*"/>`, table: `<add filterName="all" endpointName="other"/>`})
	require.NoError(t, err)
	require.ErrorIs(t, x.SetBackend("back", "enabled", nil), assemble.ErrNoBackend, "forgotten with its name")
}

func TestOperate_mirror(t *testing.T) {
	t.Parallel()
	first, second := backend(t), testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		return testbed.Answer{Make: func(r *testbed.Received) []byte {
			m := r.Reply()
			m.Size = 600
			return m.Response(200, false)
		}}
	}})
	file := filepath.Join(t.TempDir(), "differences.jsonl")
	p := func(ignore string) parts {
		return parts{
			client: `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>
				<endpoint name="new" address="http://@new@/orders" ` + basic + ` contract="*"/>`,
			settings: fmt.Sprintf("endpoints: [{name: back, mirror: {to: new, compare: true, file: %q, most: 3%s}}]\nadmin: {address: \"@admin@\"}", file, ignore),
		}
	}
	x := start(t, p(""), map[string]*testbed.Backend{"back": first, "new": second})
	compared := func(n uint64) {
		t.Helper()
		require.Eventually(t, func() bool { m := x.Mirrors()[0]; return m.InProgress == 0 && m.Same+m.Different == n }, wait, time.Millisecond)
	}
	m := testbed.Message{ID: testbed.NewMessageID(), Action: "urn:a"}
	require.Equal(t, 200, x.ask(m).Status)
	compared(1)
	assert.Equal(t, 1, second.Deliveries(m.ID))
	require.Len(t, x.Differences(), 1)
	assert.Equal(t, "back", x.Differences()[0].Endpoint)
	assert.Equal(t, "urn:a", x.Differences()[0].Action)
	lines, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(lines), `"endpoint":"back","mirror":"new","action":"urn:a"`)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it quotes messages")
	_, text := x.get("/metrics")
	assert.Contains(t, text, `viaduct_mirror_copies_total{endpoint="back",outcome="different"} 1`)

	require.NoError(t, os.Rename(file, file+".1"))
	_, err = x.reload(p(`, ignore: ["//m:pad", "//m:row"]`))
	require.NoError(t, err)
	require.Equal(t, 200, x.ask(m).Status)
	compared(2)
	assert.Equal(t, uint64(1), x.Mirrors()[0].Same, "what is ignored makes no difference")
	second.SetScript(busy)
	require.Equal(t, 200, x.ask(m).Status)
	compared(3)
	lines, err = os.ReadFile(file)
	require.NoError(t, err, "a reload begins a file that was moved away")
	assert.Equal(t, 1, strings.Count(string(lines), "\n"))
	assert.Contains(t, string(lines), `"second":"failed`)
}

func TestOperate_mirrorFile(t *testing.T) {
	t.Parallel()
	p := parts{
		client: `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>
			<endpoint name="new" address="http://@back@/new" ` + basic + ` contract="*"/>`,
	}
	x := start(t, p, map[string]*testbed.Backend{"back": backend(t)})
	p.settings = fmt.Sprintf("endpoints: [{name: back, mirror: {to: new, compare: true, file: %q}}]", t.TempDir())
	_, err := x.reload(p)
	require.ErrorContains(t, err, "viaduct.yaml:1:65: open ")
	assert.Equal(t, 200, x.ask(testbed.Message{}).Status)
}
