package hostile

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func dosRows() []row {
	return []row{
		{id: "T-DOS-01", name: "idle connections", rigs: "crowd", play: idleCrowd},
		{id: "T-DOS-01", name: "one source", rigs: "crowd", play: oneSource},
		{id: "T-DOS-02", rigs: "memory", play: manyBodies},
		{id: "T-DOS-03", name: "silent back end", play: silentPeer},
		{id: "T-DOS-03", name: "panic", play: panics},
	}
}

// crowd opens n idle connections from one loopback address, or as many as the
// limit of open files allows.
func crowd(t *testing.T, g *rig, source string, n int) []net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: 5 * time.Second}
	conns := make([]net.Conn, 0, n)
	t.Cleanup(func() {
		for _, c := range conns {
			_ = c.Close()
		}
	})
	for range n {
		c, err := d.DialContext(t.Context(), "tcp", g.front)
		if err != nil {
			t.Logf("%d of %d connections from %s: %v", len(conns), n, source, err)
			break
		}
		conns = append(conns, c)
	}
	return conns
}

// idleCrowd holds 4000 silent connections from four addresses; admin and good
// messages go on.
func idleCrowd(t *testing.T, g *rig) {
	t.Helper()
	for _, source := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"} {
		require.NotEmpty(t, crowd(t, g, source, 1000))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	code, _, err := g.get(ctx, "/healthz")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, code)
	g.back.reset(nil, nil)
	g.fence(t)
}

// oneSource opens more connections than one address may have.
func oneSource(t *testing.T, g *rig) {
	t.Helper()
	before := g.metrics(t)
	conns := crowd(t, g, "127.0.0.6", 1100)
	if len(conns) < 1100 {
		t.Skip("the limit of open files is too low for 1100 connections")
	}
	last := conns[len(conns)-1]
	require.NoError(t, last.SetDeadline(time.Now().Add(5*time.Second)))
	resp, err := readAnswer(bufio.NewReader(last), "POST")
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, resp.status)
	assert.True(t, resp.close)
	reason := string(refusal.LimitConnections)
	assert.True(t, strings.HasPrefix(resp.header.Get("X-Viaduct-Error"), reason+"; id="), resp.header)
	assert.Greater(t, g.metrics(t).refused(reason), before.refused(reason))
	g.back.reset(nil, nil)
	g.fence(t)
}

// manyBodies sends 64 messages of 1 MiB that have to be held, against a budget
// of 16 MiB, all at once and none to its end before some were refused.
func manyBodies(t *testing.T, g *rig) {
	t.Helper()
	g.back.reset(nil, nil)
	before := g.metrics(t)
	m := base11()
	m.body = `<o:Place xmlns:o="urn:orders">` + strings.Repeat("x", 1<<20) + `</o:Place>`
	var wg sync.WaitGroup
	answers := make(chan *answer, 64)
	finish := make(chan struct{})
	for range cap(answers) {
		wg.Go(func() { answers <- g.holdBack(m, finish) })
	}
	first := <-answers
	if assert.NotNil(t, first) {
		assert.Equal(t, http.StatusServiceUnavailable, first.status, "before any message was whole")
		assert.NotEmpty(t, first.header.Get("Retry-After"))
	}
	rss := g.metrics(t).value("process_resident_memory_bytes")
	close(finish)
	wg.Wait()
	close(answers)
	count := map[int]int{}
	for a := range answers {
		if a != nil {
			count[a.status]++
		}
	}
	t.Logf("answers by status: %v; resident %v octets at the peak", count, rss)
	assert.Equal(t, 63, count[http.StatusOK]+count[http.StatusServiceUnavailable])
	assert.Positive(t, count[http.StatusOK])
	assert.LessOrEqual(t, rss-before.value("process_resident_memory_bytes"), float64(64<<20), "growth of resident memory")
	assert.Greater(t, g.metrics(t).refused(string(refusal.LimitMemory)), before.refused(string(refusal.LimitMemory)))
}

// holdBack sends a chunked message but for its last octets, which wait for
// finish. It returns the answer with an empty body, or nil.
func (g *rig) holdBack(m *message, finish <-chan struct{}) *answer {
	c, err := net.Dial("tcp", g.front)
	if err != nil {
		return nil
	}
	defer hangUp(c)
	_ = c.SetDeadline(time.Now().Add(2 * limitOfRow))
	r := post11(m).to("/big11")
	r.framing = chunked
	all := r.octets()[0]
	go func() {
		if _, err := c.Write(all[:len(all)-3]); err != nil {
			return
		}
		<-finish
		_, _ = c.Write(all[len(all)-3:])
	}()
	resp, err := readAnswer(bufio.NewReader(c), "POST")
	if err != nil {
		return nil
	}
	return resp
}

// silentPeer: a back end that never answers one message holds up no other.
func silentPeer(t *testing.T, g *rig) {
	t.Helper()
	arrived := make(chan struct{}, 1)
	g.back.reset(func(w net.Conn, _ *seen) bool {
		arrived <- struct{}{}
		_, _ = w.Read(make([]byte, 1))
		return false
	}, nil)
	c, err := net.Dial("tcp", g.front)
	require.NoError(t, err)
	defer hangUp(c)
	_, err = c.Write(post11(base11()).octets()[0])
	require.NoError(t, err)
	select {
	case <-arrived:
	case <-time.After(limitOfRow):
		require.Fail(t, "the back end saw nothing")
	}
	for range 20 {
		g.fence(t)
	}
}

// one gives every via to one listener.
type one struct{ listener *binding.Listener }

func (o one) Listener(uritable.URI) *binding.Listener { return o.listener }

// panics runs the front of the program with a handler that panics for one
// message: the program itself offers no way to make it panic.
func panics(t *testing.T, _ *rig) {
	t.Helper()
	b := &binding.Binding{Kind: "basicHttpBinding", Version: soap.Soap11}
	front := httpchan.NewFront(one{&binding.Listener{
		Name: "s11", Binding: b, Encoder: textxml.New(b.Version, binding.UTF8), Limits: soap.Limits{Message: 65_536},
		Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
			if req.Action == "urn:panic" {
				panic("injected")
			}
			return nil, nil
		}),
	}}, httpchan.FrontOptions{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- front.Serve(t.Context(), ln) }()
	send := func(action string) *answer {
		c, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		defer hangUp(c)
		_, err = c.Write(post11(base11()).set("SOAPAction", `"`+action+`"`).octets()[0])
		require.NoError(t, err)
		resp, err := readAnswer(bufio.NewReader(c), "POST")
		require.NoError(t, err)
		return resp
	}
	assert.Equal(t, http.StatusAccepted, send("urn:good").status)
	bad := send("urn:panic")
	assert.Equal(t, http.StatusInternalServerError, bad.status)
	assert.True(t, strings.HasPrefix(bad.header.Get("X-Viaduct-Error"), "internal; id="), bad.header)
	assert.Equal(t, http.StatusAccepted, send("urn:good").status)
	require.NoError(t, front.Close())
	require.NoError(t, <-served)
}
