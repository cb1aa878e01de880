package admin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// serve starts a server on a free port of loopback and returns its URL.
func serve(tb testing.TB, o admin.Options) string {
	tb.Helper()
	if o.Metrics == nil {
		o.Metrics = admin.NewMetrics()
	}
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s, done := admin.New(o), make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		assert.NoError(tb, s.Shutdown(ctx))
		assert.NoError(tb, <-done)
	})
	return "http://" + l.Addr().String()
}

func get(tb testing.TB, url string, set func(*http.Request)) (int, string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(tb, err)
	if set != nil {
		set(req)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(tb, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	return resp.StatusCode, string(b)
}

func TestServer(t *testing.T) {
	t.Parallel()
	var draining atomic.Bool
	draining.Store(true)
	url := serve(t, admin.Options{Ready: func() error {
		if draining.Load() {
			return errors.New("draining")
		}
		return nil
	}})
	status, body := get(t, url+"/healthz", nil)
	assert.Equal(t, 200, status)
	assert.Equal(t, "ok\n", body)
	status, body = get(t, url+"/readyz", nil)
	assert.Equal(t, 503, status)
	assert.Equal(t, "draining\n", body, "an operator reads why")
	draining.Store(false)
	status, _ = get(t, url+"/readyz", nil)
	assert.Equal(t, 200, status)
	status, _ = get(t, url+"/readyz", func(r *http.Request) { r.Method = http.MethodPost })
	assert.Equal(t, 405, status)
	status, _ = get(t, url+"/nothing", nil)
	assert.Equal(t, 404, status)
}

// TestServer_guard: T-ADM-01.
func TestServer_guard(t *testing.T) {
	t.Parallel()
	local := serve(t, admin.Options{Hosts: []string{"gateway.example"}})
	wide := serve(t, admin.Options{AnyAddress: true})
	for _, c := range []struct {
		name, url, host string
		field, value    string
		want            int
	}{
		{name: "by address", url: local, want: 200},
		{name: "loopback name", url: local, host: "LOCALHOST:9090", want: 200},
		{name: "loopback v6", url: local, host: "[::1]:9090", want: 200},
		{name: "loopback v6 without port", url: local, host: "[::1]", want: 200},
		{name: "listed", url: local, host: "gateway.example", want: 200},
		{name: "a name that resolves to loopback", url: local, host: "evil.test", want: 421},
		{name: "another address", url: local, host: "192.0.2.1", want: 421},
		{name: "an address where others may ask", url: wide, host: "192.0.2.1:9090", want: 200},
		{name: "a name where others may ask", url: wide, host: "evil.test", want: 421},
		{name: "page of another origin", url: local, field: "Origin", value: "http://evil.test", want: 403},
		{name: "page of no origin", url: local, field: "Origin", value: "null", want: 403},
		{name: "own page", url: local, host: "localhost", field: "Origin", value: "http://localhost", want: 200},
		{name: "cross-site", url: local, field: "Sec-Fetch-Site", value: "cross-site", want: 403},
		{name: "same origin", url: local, field: "Sec-Fetch-Site", value: "same-origin", want: 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, _ := get(t, c.url+"/healthz", func(r *http.Request) {
				r.Host = c.host
				if c.field != "" {
					r.Header.Set(c.field, c.value)
				}
			})
			assert.Equal(t, c.want, status)
		})
	}
}

func exchange(change func(*binding.Exchange)) *binding.Exchange {
	x := &binding.Exchange{Status: 200, In: 10, Out: 20, Duration: time.Millisecond}
	if change != nil {
		change(x)
	}
	return x
}

func scrape(t *testing.T, m *admin.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := admin.NewMetrics()
	l := m.Listener("orders")
	l.Observe(exchange(nil))
	l.Observe(exchange(func(x *binding.Exchange) { x.Fault = true }))
	l.Observe(exchange(func(x *binding.Exchange) { x.Fault, x.Reason = true, refusal.WSAAction }))
	l.Observe(exchange(func(x *binding.Exchange) { x.Status = 202 }))
	l.Observe(exchange(func(x *binding.Exchange) { x.Status, x.Reason = 413, refusal.SizeMessage }))
	l.Observe(exchange(func(x *binding.Exchange) { x.Request = tried() }))
	l.Delivered(tried(), nil)
	l.Delivered(tried(), refusal.New(refusal.UpstreamFailed, -1, "down"))
	m.Refused(refusal.HTTPPath)
	m.Relax([]string{"legacy"})
	m.Gauge("viaduct_some_octets", "Octets of something.", nil, func() float64 { return 7 })
	m.Counter("viaduct_some_total", "Some of something.", func() float64 { return 8 })

	text := scrape(t, m)
	for _, want := range []string{
		`viaduct_messages_total{listener="orders",outcome="reply"} 2`,
		`viaduct_messages_total{listener="orders",outcome="fault"} 2`,
		`viaduct_messages_total{listener="orders",outcome="accepted"} 1`,
		`viaduct_messages_total{listener="orders",outcome="refused"} 1`,
		`viaduct_refused_total{listener="orders",reason="size.message"} 1`,
		`viaduct_refused_total{listener="orders",reason="wsa.action"} 1`,
		`viaduct_refused_total{listener="orders",reason="upstream.failed"} 1`,
		`viaduct_refused_total{listener="",reason="http.path"} 1`,
		`viaduct_attempts_total{delivery="not delivered",endpoint="dead",kind="not found"} 3`,
		`viaduct_attempts_total{delivery="answered",endpoint="backup",kind="none"} 3`,
		`viaduct_oneway_total{outcome="delivered"} 1`,
		`viaduct_oneway_total{outcome="lost"} 1`,
		`viaduct_octets_total{direction="in",listener="orders"} 60`,
		`viaduct_octets_total{direction="out",listener="orders"} 120`,
		`viaduct_exchange_seconds_count{listener="orders"} 6`,
		`viaduct_insecure_setting{setting="legacy"} 1`,
		"viaduct_some_octets 7", "viaduct_some_total 8",
		"# TYPE viaduct_some_total counter",
	} {
		assert.Contains(t, text, want+"\n")
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
}

// tried is a message that its backup took.
func tried() *binding.Request {
	r := binding.NewRequest(nil, nil)
	failed := &binding.SendError{Kind: binding.NotFound, Err: errors.New("refused")}
	r.Decision.Attempted(binding.Attempt{Endpoint: "dead", Kind: binding.NotFound, Err: failed})
	r.Decision.Attempted(binding.Attempt{Endpoint: "backup", Delivery: binding.Answered, Status: 200, Took: time.Millisecond})
	return r
}

func TestMetrics_losses(t *testing.T) {
	t.Parallel()
	m := admin.NewMetrics()
	assert.Contains(t, scrape(t, m), `viaduct_oneway_total{outcome="lost"} 0`, "a first loss is an increase")
}

func BenchmarkListenerMetrics_Observe(b *testing.B) {
	b.ReportAllocs()
	l := admin.NewMetrics().Listener("orders")
	x := exchange(func(x *binding.Exchange) {
		x.Request = binding.NewRequest(nil, nil)
		x.Request.Decision.Attempted(binding.Attempt{Endpoint: "orders", Delivery: binding.Answered})
	})
	for b.Loop() {
		l.Observe(x)
	}
}
