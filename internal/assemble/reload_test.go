package assemble_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestReload_route: messages go by the new table at once, on a connection that
// stays open.
func TestReload_route(t *testing.T) {
	t.Parallel()
	one, two := backend(t), backend(t)
	x := start(t, parts{}, map[string]*testbed.Backend{"back": one, "other": two})
	c := x.dial("front")
	defer c.Close()
	send := func() string {
		m := testbed.Message{ID: testbed.NewMessageID()}
		r, err := c.Exchange(m.Request(x.addrs["front"], "/router", false), wait)
		require.NoError(t, err)
		require.Equal(t, 200, r.Status)
		return m.ID
	}
	assert.Equal(t, 1, one.Deliveries(send()))
	done, err := x.reload(parts{client: `<endpoint name="back" address="http://@other@/orders" ` + basic + ` contract="*"/>`})
	require.NoError(t, err)
	assert.Equal(t, &assemble.Changes{Number: 2, Notices: done.Notices}, done, "no socket was touched")
	assert.Equal(t, 1, two.Deliveries(send()))
}

// TestReload_sockets: a socket that is new opens, one that is gone lets what is
// in progress end.
func TestReload_sockets(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		close(entered)
		<-leave
		return testbed.Answer{}
	}})
	x := start(t, parts{}, map[string]*testbed.Backend{"back": b})
	answered := make(chan *testbed.Result, 1)
	go func() { answered <- x.ask(testbed.Message{}) }()
	<-entered
	done, err := x.reload(parts{endpoints: `<endpoint name="in" address="http://@second@/router" ` + basic + " " + twoWay + `/>`})
	require.NoError(t, err)
	assert.Equal(t, []string{"http://" + x.addrs["second"]}, done.Opened)
	assert.Equal(t, []string{"http://" + x.addrs["front"]}, done.Closed)
	assert.Equal(t, []string{"http://" + x.addrs["second"]}, x.Addresses())
	close(leave)
	assert.Equal(t, 200, (<-answered).Status, "what had begun ends")
	require.Eventually(t, func() bool { _, err := testbed.Dial(t.Context(), x.addrs["front"], nil); return err != nil }, wait, 1e6)
}

// TestReload_refused: a bad set changes nothing, and the log says what is wrong.
func TestReload_refused(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{settings: `admin: {address: "@admin@"}`}, map[string]*testbed.Backend{"back": b})
	for name, p := range map[string]parts{
		"file":     {filters: `<filter name="all" filterType="Xpath"/>`},
		"settings": {settings: "nonsense: 1"},
		"assembly": {endpoints: `<endpoint name="in" address="https://@front@/router" ` + basic + " " + twoWay + `/>`},
	} {
		done, err := x.reload(p)
		require.Error(t, err, name)
		assert.Nil(t, done)
	}
	assert.Contains(t, x.log.String(), `msg="reload refused; nothing has changed" err="web.config:`)
	_, text := x.get("/metrics")
	assert.Contains(t, text, "viaduct_reloads_refused_total 3\n")
	assert.Contains(t, text, "viaduct_configuration 1\n")
	assert.Equal(t, 200, x.ask(testbed.Message{}).Status)
}

// TestReload_taken: a socket that cannot be opened refuses the reload.
func TestReload_taken(t *testing.T) {
	t.Parallel()
	b := backend(t)
	x := start(t, parts{}, map[string]*testbed.Backend{"back": b})
	_, err := x.reload(parts{endpoints: `<endpoint name="in" address="http://@back@/router" ` + basic + " " + twoWay + `/>`})
	require.ErrorContains(t, err, "another process listens there")
	assert.Equal(t, 200, x.ask(testbed.Message{}).Status)
}

// TestReload_restart: what only a restart puts in force is named.
func TestReload_restart(t *testing.T) {
	t.Parallel()
	x := start(t, parts{}, map[string]*testbed.Backend{"back": backend(t)})
	done, err := x.reload(parts{settings: "http: {minRate: 0}\nlog: {level: debug}"})
	require.NoError(t, err)
	assert.Equal(t, []string{"http.minRate", "log.level"}, done.Restart)
	assert.Contains(t, x.log.String(), `msg="takes effect after a restart" setting=log.level`)
}

// TestReload_stopped: a program that drains takes no other configuration.
func TestReload_stopped(t *testing.T) {
	t.Parallel()
	x := start(t, parts{}, map[string]*testbed.Backend{"back": backend(t)})
	require.NoError(t, x.stop())
	_, err := x.reload(parts{})
	assert.ErrorIs(t, err, assemble.ErrNotServing)
}
