package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const oneWayRouter = `<configuration><system.serviceModel>
 <services><service name="System.ServiceModel.Routing.RoutingService" behaviorConfiguration="r">
  <endpoint name="tell" address="http://@front@/tell" binding="basicHttpBinding" contract="System.ServiceModel.Routing.ISimplexDatagramRouter"/>
 </service></services>
 <behaviors><serviceBehaviors><behavior name="r"><routing filterTableName="t"/></behavior></serviceBehaviors></behaviors>
 <client><endpoint name="back" address="http://BACK/" binding="basicHttpBinding" contract="*"/></client>
 <routing><filters><filter name="all" filterType="MatchAll"/></filters>
  <filterTables><filterTable name="t"><add filterName="all" endpointName="back"/></filterTable></filterTables></routing>
</system.serviceModel></configuration>`

// TestServe_drain: a message that the built program has accepted is delivered
// although SIGTERM comes first.
func TestServe_drain(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	back := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		close(entered)
		<-leave
		return testbed.Answer{Make: testbed.Accepted}
	}})
	p := testbed.Start(t, strings.ReplaceAll(oneWayRouter, "BACK", back.Addr()), `admin: {address: "@admin@"}`, "VIADUCT_LOG_FORMAT=json")
	c, err := testbed.Dial(t.Context(), p.Addr("front"), nil)
	require.NoError(t, err)
	defer c.Close()
	m := testbed.Message{ID: testbed.NewMessageID()}
	r, err := c.Exchange(m.Request(p.Addr("front"), "/tell", false), 20*time.Second)
	require.NoError(t, err)
	require.Equal(t, 202, r.Status)
	<-entered

	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop(20 * time.Second) }()
	require.Eventually(t, func() bool { return strings.Contains(p.Log(), `"msg":"draining"`) }, 20*time.Second, 5*time.Millisecond)
	close(leave)
	require.NoError(t, <-stopped, "exit code 0")
	assert.Equal(t, 1, back.Deliveries(m.ID))
	assert.Contains(t, p.Log(), "ready\n")
	assert.Contains(t, p.Log(), `"msg":"one-way message delivered"`, "the last lines of the log are written too")
}
