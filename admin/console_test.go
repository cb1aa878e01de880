package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
)

const secret = "correct horse"

// evil is what a name or a message may hold.
const evil = `<img src=x onerror=alert(1)>"'&` + "\u202e"

// fake is a program as the console sees it.
type fake struct {
	mu       sync.Mutex // guards the rest
	backends []admin.Backend
	changes  []admin.BackendChange
	reloads  int
	err      error
	about    admin.Status
	list     []admin.Difference
}

func (f *fake) Status() admin.Status { return f.about }

func (f *fake) Backends() []admin.Backend {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]admin.Backend(nil), f.backends...)
}

func (f *fake) SetBackend(name string, c admin.BackendChange) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.backends {
		if f.backends[i].Name == name {
			f.changes = append(f.changes, c)
			f.backends[i].State = c.State
			return nil
		}
	}
	return admin.ErrNoBackend
}

func (f *fake) Reload(context.Context) (admin.Changes, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return admin.Changes{}, f.err
	}
	f.reloads++
	return admin.Changes{Configuration: 2, Opened: []string{"http://0.0.0.0:8001"}, Restart: []string{"admin.address"}}, nil
}

func (f *fake) Differences() []admin.Difference { return f.list }

func newFake() *fake {
	return &fake{
		backends: []admin.Backend{
			{Name: "orders/1", Address: "http://10.0.0.1/orders", State: "enabled", Takes: true, Weight: 3, Circuit: "closed", Healthy: true, Answered: 7},
			{Name: evil, State: "draining", Weight: 1, Manual: true, Circuit: "open", Opened: 20 * time.Second, Ejected: time.Minute, Problem: evil, Limit: 4, Waiting: 2},
		},
		about: admin.Status{
			Version: "1.0", Configuration: 3, File: "web.config", Settings: "viaduct.yaml", Started: time.Now().Add(-time.Hour),
			Sockets:   []admin.Socket{{Address: "http://0.0.0.0:8000", Connections: 5}},
			Endpoints: []admin.Endpoint{{Service: evil, Name: "in", Address: "http://edge:8000/orders", Binding: "basicHttpBinding", As: "routing service", At: "web.config:9:9"}},
			Notices:   []admin.Notice{{At: "web.config:4:2", Text: evil}},
			Reloads:   admin.Reloads{Refused: 2, Last: &admin.ReloadFailed{Time: time.Now(), Errors: []string{"web.config:1:1: " + evil}}},
			Mirrors:   []admin.Mirror{{Endpoint: "orders", To: "next", Copied: 9, Different: 1}},
		},
		list: []admin.Difference{{
			Time: time.Now(), Endpoint: "orders", Mirror: "next", Action: evil, MessageID: evil, First: "reply", Second: "failed: " + evil,
			Places: []admin.Place{{Path: "/Envelope/Body/Total", Kind: "text", First: evil, Second: "2"}}, Problem: evil,
		}},
	}
}

func token() ([]byte, error) { return []byte(secret), nil }

// has is assert.Contains without the page.
func has(tb testing.TB, body, want string, msg ...any) {
	tb.Helper()
	if !strings.Contains(body, want) {
		assert.Fail(tb, "the page lacks it", "%q %v", want, msg)
	}
}

func hasNot(tb testing.TB, body, want string, msg ...any) {
	tb.Helper()
	if strings.Contains(body, want) {
		assert.Fail(tb, "the page has it", "%q %v", want, msg)
	}
}

// got is the head of an answer.
type got struct {
	status int
	header http.Header
}

// send asks with a method, a body and fields, and does not follow redirects.
func send(tb testing.TB, method, url, body string, fields ...string) (got, string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	require.NoError(tb, err)
	for i := 0; i < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	require.NoError(tb, err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	return got{resp.StatusCode, resp.Header}, string(b)
}

// TestConsole_pages: every page is there, in every state, runs nothing from a
// message (T-ADM-02), and may be framed and sniffed by nobody.
func TestConsole_pages(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(5)
	d.Observe(evil, decided(t, evil, func(x *binding.Exchange) {
		x.Via, x.Err, x.Reason, x.ID, x.Request.Endpoint = evil, errors.New(evil), "filter.no_match", evil, evil
		r := &x.Request.Decision
		r.Attempts[0].Err, r.Route.Why = errors.New(evil), evil
		r.Endpoints = []binding.Candidate{{Name: "in", Text: "match", Matched: true}, {Name: evil, Text: evil}}
		r.Filters = []binding.Candidate{{Name: "all", Priority: 4, Text: "differs at 3: " + evil}}
	}))
	full := serve(t, admin.Options{Console: newFake(), Decisions: d, Token: token, Ready: func() error { return errors.New("draining") }})
	empty := serve(t, admin.Options{Console: &fake{}, Decisions: admin.NewDecisions(5)})
	for _, c := range []struct {
		path string
		want []string // of the full one
	}{
		{"/", []string{"draining", "number 3", "web.config:9:9", "routing service", "1 of 2 take no messages", "The last reload was refused"}},
		{"/decisions", []string{`href="/decisions/1"`, `data-events="/decisions/events?after=1"`, "filter.no_match", "to backup, 2 attempts"}},
		{"/decisions/1", []string{`<span class="fit" aria-hidden="true">&#43;</span> match`, `<span class="fit" aria-hidden="true">-</span> difference`, "differs at 3", "not delivered", "listener  orders (web.config:3:5)"}},
		{"/backends", []string{`href="/backends/orders%2F1"`, "takes none", "by hand", "0 of 4, 2 wait", "for 1m0s"}},
		{"/backends/orders%2F1", []string{`value="enabled" checked`, `action="/backends/orders%2F1"`, `type="password"`}},
		{"/backends/" + url.PathEscape(evil), []string{`name="settings"`}},
		{"/differences", []string{"/Envelope/Body/Total", "next"}},
	} {
		resp, body := send(t, "GET", full+c.path, "")
		assert.Equal(t, 200, resp.status, c.path)
		for _, want := range c.want {
			has(t, body, want, c.path)
		}
		hasNot(t, body, "<img", c.path)
		hasNot(t, body, "\u202e", "%s: what turns the text around is shown", c.path)
		hasNot(t, body, "<script>", c.path)
		hasNot(t, body, " style=", c.path)
		assert.Equal(t, "text/html; charset=utf-8", resp.header.Get("Content-Type"))
		assert.Equal(t, "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", resp.header.Get("Content-Security-Policy"))
		assert.Equal(t, "nosniff", resp.header.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-store", resp.header.Get("Cache-Control"))
		resp, body = send(t, "GET", empty+c.path, "")
		if strings.Count(c.path, "/") == 1 {
			assert.Equal(t, 200, resp.status, c.path)
		} else {
			assert.Equal(t, 404, resp.status, c.path)
			has(t, body, "Back to the list")
			hasNot(t, body, "<img")
		}
	}
	for path, kind := range map[string]string{"/assets/console.css": "text/css; charset=utf-8", "/assets/console.js": "text/javascript; charset=utf-8"} {
		resp, _ := send(t, "GET", full+path, "")
		assert.Equal(t, 200, resp.status)
		assert.Equal(t, kind, resp.header.Get("Content-Type"))
	}
	for _, path := range []string{"/assets/", "/assets/nothing", "/pages/layout.html", "/assets/..%2fpages%2flayout.html", "/decisions/0", "/decisions/99999999999999999999"} {
		resp, _ := send(t, "GET", full+path, "")
		assert.Equal(t, 404, resp.status, path)
	}
}

func TestConsole_api(t *testing.T) {
	t.Parallel()
	f := newFake()
	address := serve(t, admin.Options{Console: f, Token: token})
	var s admin.Status
	_, body := send(t, "GET", address+"/api/status", "")
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	assert.Equal(t, "ready", s.State)
	assert.Equal(t, f.about.Sockets, s.Sockets)
	assert.Equal(t, 2, s.Reloads.Refused)
	var all []admin.Backend
	_, body = send(t, "GET", address+"/api/backends", "")
	require.NoError(t, json.Unmarshal([]byte(body), &all))
	assert.Equal(t, f.backends, all)
	var list []admin.Difference
	_, body = send(t, "GET", address+"/api/differences", "")
	require.NoError(t, json.Unmarshal([]byte(body), &list))
	assert.Equal(t, f.list[0].Places, list[0].Places)

	const right = "Bearer " + secret
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"state", "/api/backends/orders%2F1", `{"state":"draining"}`, 200, `"state":"draining"`},
		{"weight", "/api/backends/orders%2F1", `{"weight":0}`, 200, `"name":"orders/1"`},
		{"any name", "/api/backends/" + url.PathEscape(evil), `{"state":"enabled"}`, 200, `"state":"enabled"`},
		{"no such", "/api/backends/gone", `{"state":"enabled"}`, 404, `no back end of that name: \"gone\"`},
		{"no state", "/api/backends/orders%2F1", `{"state":"off"}`, 422, "use enabled, draining or disabled"},
		{"too heavy", "/api/backends/orders%2F1", `{"weight":1001}`, 422, "at most 1000"},
		{"nothing", "/api/backends/orders%2F1", `{}`, 422, "nothing to change"},
		{"misspelled", "/api/backends/orders%2F1", `{"sate":"enabled"}`, 400, `unknown field`},
		{"no JSON", "/api/backends/orders%2F1", `state=enabled`, 400, "read the request"},
		{"two", "/api/backends/orders%2F1", `{"weight":1}{"weight":2}`, 400, "something stands after"},
		{"too long", "/api/backends/orders%2F1", `{"state":"` + strings.Repeat("x", 20_000) + `"}`, 400, "too large"},
		{"reload", "/api/reload", "", 200, `{"configuration":2,"opened":["http://0.0.0.0:8001"],"restart":["admin.address"]}`},
	} {
		resp, body := send(t, "POST", address+c.path, c.body, "Authorization", right)
		assert.Equal(t, c.status, resp.status, "%s: %s", c.name, body)
		has(t, body, c.want, c.name)
		assert.Equal(t, "application/json", resp.header.Get("Content-Type"))
	}
	assert.Len(t, f.changes, 3)
	assert.Equal(t, 0, *f.changes[1].Weight)

	f.err = errors.Join(errors.New("web.config:1:2: one"), errors.Join(errors.New("viaduct.yaml:3:4: two")))
	resp, body := send(t, "POST", address+"/api/reload", "", "Authorization", right)
	assert.Equal(t, 422, resp.status)
	assert.JSONEq(t, `{"errors":["web.config:1:2: one","viaduct.yaml:3:4: two"]}`, body)
	resp, _ = send(t, "GET", address+"/api/reload", "")
	assert.Equal(t, 405, resp.status)

	_, body = send(t, "GET", serve(t, admin.Options{Console: &fake{}})+"/api/backends", "")
	assert.Equal(t, "[]\n", body, "programs get a list")
	resp, _ = send(t, "GET", serve(t, admin.Options{})+"/", "")
	assert.Equal(t, 404, resp.status, "no console was asked for")
}

// TestConsole_token: T-ADM-01, T-ADM-03.
func TestConsole_token(t *testing.T) {
	t.Parallel()
	f := newFake()
	with := serve(t, admin.Options{Console: f, Token: token})
	without := serve(t, admin.Options{Console: f})
	broken := serve(t, admin.Options{Console: f, Token: func() ([]byte, error) { return nil, errors.New("file:/run/secrets/x: no such file") }})
	blank := serve(t, admin.Options{Console: f, Token: func() ([]byte, error) { return nil, nil }})
	for _, c := range []struct {
		name, address string
		fields        []string
		status        int
		want          string
	}{
		{"none is set", without, []string{"Authorization", "Bearer x"}, 403, "Set it to file:PATH or env:NAME"},
		{"none is shown", with, nil, 401, "Authorization: Bearer TOKEN"},
		{"a wrong one", with, []string{"Authorization", "Bearer wrong"}, 401, "not the token"},
		{"a part of it", with, []string{"Authorization", "Bearer correct"}, 401, "not the token"},
		{"another scheme", with, []string{"Authorization", "Basic " + secret}, 401, "Bearer TOKEN"},
		{"in a cookie", with, []string{"Cookie", "token=" + secret}, 401, "Bearer TOKEN"},
		{"cannot be read", broken, []string{"Authorization", "Bearer x"}, 503, "no such file"},
		{"empty", blank, []string{"Authorization", "Bearer x"}, 503, "it is empty"},
		{"another origin", with, []string{"Authorization", "Bearer " + secret, "Origin", "http://evil.test"}, 403, "other origins"},
	} {
		for _, path := range []string{"/api/reload", "/api/backends/orders%2F1", "/reload", "/backends/orders%2F1"} {
			resp, body := send(t, "POST", c.address+path, "", c.fields...)
			assert.Equal(t, c.status, resp.status, "%s %s: %s", c.name, path, body)
			has(t, body, c.want, c.name)
			assert.Equal(t, c.status == 401, resp.header.Get("WWW-Authenticate") == "Bearer", c.name)
		}
	}
	resp, _ := send(t, "POST", with+"/api/reload?token="+url.QueryEscape(secret), "")
	assert.Equal(t, 401, resp.status, "never in a URL")
	resp, _ = send(t, "POST", with+"/reload?token="+url.QueryEscape(secret), "", "Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, 401, resp.status, "never in a URL")
	assert.Zero(t, f.reloads)
	assert.Empty(t, f.changes)
}

// TestConsole_guesses: whoever guesses is not listened to for a minute, others
// are.
func TestConsole_guesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := admin.New(admin.Options{Console: newFake(), Metrics: admin.NewMetrics(), Token: token}).Handler()
		reload := func(from, token string) int {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), "POST", "http://127.0.0.1/api/reload", http.NoBody)
			r.RemoteAddr = from
			r.Header.Set("Authorization", "Bearer "+token)
			h.ServeHTTP(w, r)
			return w.Code
		}
		for range 20 {
			assert.Equal(t, 200, reload("192.0.2.1:1", secret), "the right one may be shown as often as one likes")
		}
		for range 10 {
			assert.Equal(t, 401, reload("192.0.2.1:1", "wrong"))
		}
		assert.Equal(t, 429, reload("192.0.2.1:2", "wrong"))
		assert.Equal(t, 429, reload("192.0.2.1:2", secret), "else it would be found")
		assert.Equal(t, 200, reload("192.0.2.2:1", secret))
		for range 10 {
			assert.Equal(t, 401, reload("[2001:db8::1]:1", "wrong"))
		}
		assert.Equal(t, 429, reload("[2001:db8::2]:1", secret), "a network of IPv6 is one")
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		assert.Equal(t, 200, reload("192.0.2.1:1", secret))
	})
}

func TestConsole_forms(t *testing.T) {
	t.Parallel()
	f := newFake()
	address := serve(t, admin.Options{Console: f, Token: token})
	post := func(path string, v url.Values) (got, string) {
		return send(t, "POST", address+path, v.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", address)
	}
	resp, _ := post("/backends/orders%2F1", url.Values{"token": {secret}, "state": {"disabled"}, "weight": {" 7 "}})
	assert.Equal(t, 303, resp.status)
	assert.Equal(t, "/backends/orders%2F1?changed", resp.header.Get("Location"))
	_, body := send(t, "GET", address+resp.header.Get("Location"), "")
	has(t, body, "<p>Changed.</p>")
	has(t, body, `value="disabled" checked`)
	resp, _ = post("/backends/orders%2F1", url.Values{"token": {secret}, "state": {"enabled"}, "settings": {"on"}, "weight": {"3"}})
	assert.Equal(t, 303, resp.status)
	require.Len(t, f.changes, 2)
	assert.Equal(t, 7, *f.changes[0].Weight)
	assert.Equal(t, -1, *f.changes[1].Weight)
	for _, c := range []struct {
		path   string
		form   url.Values
		status int
		want   string
	}{
		{"/backends/orders%2F1", url.Values{"token": {secret}, "weight": {"-1"}}, 422, "weight is a number from 0 to 1000"},
		{"/backends/orders%2F1", url.Values{"token": {secret}, "weight": {"1e9"}}, 422, "weight is a number from 0 to 1000"},
		{"/backends/orders%2F1", url.Values{"token": {"wrong"}, "state": {"enabled"}}, 401, "not the token"},
		{"/backends/gone", url.Values{"token": {secret}, "state": {"enabled"}}, 404, "no back end of that name"},
		{"/backends/orders%2F1", url.Values{"token": {strings.Repeat("x", 20_000)}}, 400, "too large"},
		{"/reload", url.Values{"token": {"wrong"}}, 401, "nothing has changed"},
		{"/reload", url.Values{"token": {secret}}, 200, "Configuration 2 is in force."},
	} {
		resp, body := post(c.path, c.form)
		assert.Equal(t, c.status, resp.status, c.path)
		has(t, body, c.want, c.path)
		hasNot(t, body, secret)
	}
	f.err = errors.Join(errors.New("web.config:1:2: <b>"))
	resp, body = post("/reload", url.Values{"token": {secret}})
	assert.Equal(t, 422, resp.status)
	has(t, body, "<p>web.config:1:2: &lt;b&gt;</p>")
}

// watch opens the live view and returns its lines.
func watch(t *testing.T, address, query string, fields ...string) *bufio.Scanner {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/decisions/events?"+query, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		req.Header.Set(fields[i], fields[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	require.True(t, lines.Scan())
	require.Equal(t, ": watching", lines.Text())
	return lines
}

// event returns the next event and its id.
func event(t *testing.T, lines *bufio.Scanner) (id string, a admin.DecisionsAnswer) {
	t.Helper()
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "id":
			id = value
		case "data":
			require.NoError(t, json.Unmarshal([]byte(value), &a))
			return id, a
		}
	}
	require.Fail(t, "the stream has ended", "%v", lines.Err())
	return "", a
}

func TestConsole_events(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(60)
	address := serve(t, admin.Options{Console: &fake{}, Decisions: d})
	for range 2 {
		d.Observe("orders", decided(t, "urn:old", nil))
	}
	lines := watch(t, address, "after=2&text=urn:n")
	d.Observe("orders", decided(t, "urn:new", nil))
	id, a := event(t, lines)
	assert.Equal(t, "3", id)
	require.Len(t, a.Decisions, 1)
	assert.Equal(t, "urn:new", a.Decisions[0].Action)

	for range 100 {
		d.Observe("orders", decided(t, "urn:next", nil))
	}
	var seen, missed uint64
	for seen+missed < 100 {
		_, a = event(t, lines)
		seen += uint64(len(a.Decisions))
		missed += a.Missed
	}
	assert.EqualValues(t, 100, seen+missed, "a watcher reads at its own pace, and is told what it missed")

	_, a = event(t, watch(t, address, "after=1", "Last-Event-ID", "102"))
	require.Len(t, a.Decisions, 1, "a browser goes on where it stopped")
	status, _ := get(t, address+"/decisions/events?outcome=x", nil)
	assert.Equal(t, 400, status)
}

func TestConsole_watchers(t *testing.T) {
	t.Parallel()
	d := admin.NewDecisions(5)
	address := serve(t, admin.Options{Console: &fake{}, Decisions: d})
	for range 16 {
		watch(t, address, "")
	}
	resp, _ := send(t, "GET", address+"/decisions/events", "")
	assert.Equal(t, 503, resp.status)
	assert.NotEmpty(t, resp.header.Get("Retry-After"))
}

// TestConsole_slowWatcher: one that takes nothing is cut, and the next finds its
// place free.
func TestConsole_slowWatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := admin.NewDecisions(5)
		h := admin.New(admin.Options{Console: &fake{}, Metrics: admin.NewMetrics(), Decisions: d}).Handler()
		done := make(chan struct{})
		w := &stuck{ResponseRecorder: httptest.NewRecorder()}
		go func() {
			defer close(done)
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1/decisions/events", http.NoBody))
		}()
		synctest.Wait()
		assert.Equal(t, 10*time.Second, time.Until(w.deadline))
		w.broken = true // as after the deadline
		d.Observe("orders", decided(t, "urn:a", nil))
		<-done
	})
}

// stuck is a writer whose peer reads nothing.
type stuck struct {
	*httptest.ResponseRecorder
	deadline time.Time
	broken   bool
}

func (s *stuck) SetWriteDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.broken {
		return 0, errors.New("deadline exceeded")
	}
	return s.ResponseRecorder.Write(p)
}

func TestLines(t *testing.T) {
	t.Parallel()
	assert.Nil(t, admin.Lines(nil))
	assert.Equal(t, []string{"a", "b", "c"}, admin.Lines(errors.Join(errors.New("a"), errors.Join(errors.New("b"), errors.New("c")))))
}
