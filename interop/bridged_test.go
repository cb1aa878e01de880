//go:build interop

package interop

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInterop_bridged sends calls of every client, in every message version,
// through a Viaduct that translates to every other version, to every service. What
// the client's user sees has to be what the service answers without a
// translation.
func TestInterop_bridged(t *testing.T) {
	running := startServices(t)
	t.Run("front", func(t *testing.T) {
		for _, front := range versions {
			t.Run(front.name, func(t *testing.T) {
				t.Parallel()
				straight := baselines(t, front, running)
				for _, back := range versions {
					if back != front { // the same version is TestMatrix
						t.Run(back.name, func(t *testing.T) { bridged(t, front, back, running, straight) })
					}
				}
			})
		}
	})
}

// bridgedCalls are the scenarios of one bridged combination.
func bridgedCalls(key, url, notifyURL string) []call {
	return []call{
		{Operation: "Echo", Args: map[string]any{"text": "plain " + key}, URL: url},
		{Operation: "Echo", Args: map[string]any{"text": mixed}, URL: url},
		{Operation: "Fail", Args: map[string]any{"reason": "nö €<&>"}, URL: url},
		{Operation: "Notify", Args: map[string]any{"key": "notify " + key}, URL: notifyURL},
		{Operation: "Add", Args: map[string]any{"a": 1.5, "b": 2}, URL: url},
	}
}

// baselines are the answers without Viaduct, by client and service, of the
// services that speak a version.
func baselines(t *testing.T, v version, running map[string]*service) map[pair][]result {
	t.Helper()
	all := map[pair][]result{}
	size := len(bridgedCalls("", "", ""))
	for _, client := range clients {
		if clientLacks(client, v) != "" {
			continue
		}
		var jobs []call
		for _, name := range speaking(v) {
			url := running[name].url(v)
			jobs = append(jobs, bridgedCalls("straight", url, url)...)
		}
		got := run(t, client, jobFor(v, "", jobs...))
		for i, name := range speaking(v) {
			all[pair{client, v, name}] = got[i*size : (i+1)*size]
		}
	}
	return all
}

// bridged runs the combinations of one version before Viaduct and another behind.
func bridged(t *testing.T, front, back version, running map[string]*service, straight map[pair][]result) {
	t.Helper()
	var routes []route
	for _, name := range speaking(back) {
		to := []string{running[name].url(back)}
		routes = append(routes,
			route{Name: name, Version: front, Back: back, Targets: to},
			route{Name: name + "-oneway", Version: front, Back: back, Targets: to, OneWay: true})
	}
	viaduct := startRouter(t, routes...)
	size := len(bridgedCalls("", "", ""))
	for _, client := range clients {
		t.Run(client, func(t *testing.T) {
			key := crossing{pair{client, front, ""}, back}.key()
			var all []call
			for _, name := range speaking(back) {
				all = append(all, bridgedCalls(key, viaduct.url(name), viaduct.url(name+"-oneway"))...)
			}
			var got []result
			if clientLacks(client, front) == "" {
				got = run(t, client, jobFor(front, "", all...))
			}
			for _, name := range services {
				t.Run(name, func(t *testing.T) {
					if reason := pairLacks(client, front, name, back); reason != "" {
						t.Skip(reason)
					}
					from := size * slices.Index(speaking(back), name)
					c := crossing{pair{client, front, name}, back}
					checkBridged(t, c, running[name], got[from:from+size], straight[c.pair])
				})
			}
		})
	}
}

// crossing is one combination: a client and a service, and a version on each side
// of Viaduct.
type crossing struct {
	pair
	back version
}

// key tells the calls of a combination from those of all others.
func (c crossing) key() string { return c.client + " " + c.version.name + " to " + c.back.name }

// checkBridged judges the results of a combination, by themselves and beside
// those without Viaduct (nil: the service does not speak the client's version).
func checkBridged(t *testing.T, c crossing, s *service, got, straight []result) {
	t.Helper()
	key := c.key()
	assert.Equal(t, "plain "+key, got[0].text(t))
	assert.Equal(t, sayings(c.client, mixed), got[1].text(t))
	broken := brokenFault(c.client, c.version, c.service, c.back)
	if broken != "" {
		t.Log("fault not compared: " + broken)
	} else {
		checkFault(t, got[2], "nö €<&>")
	}
	accepted(t, got[3])
	assert.Contains(t, string(got[4].Value), "3.5", "%+v", got[4])
	assert.Equal(t, 1, s.count(t, "plain "+key), "deliveries of one call")
	s.awaitCount(t, "notify "+key, 1)
	if straight == nil {
		return
	}
	assert.Equal(t, straight[1].Value, got[1].Value)
	assert.Equal(t, bare(straight[4]), bare(got[4]))
	if reason := straightFault(c.client, c.version, c.service); reason != "" || broken != "" {
		t.Log("fault without Viaduct not compared: " + reason)
		return
	}
	require.NotNil(t, straight[2].Fault, "without Viaduct: %+v", straight[2])
	assert.Equal(t, straight[2].Fault.String, got[2].Fault.String)
	assert.Equal(t, straight[2].Fault.Detail, got[2].Fault.Detail, "detail of the fault")
}

// bare is a number with or without quotes: node-soap tells its type in SOAP 1.2
// only where the prefix of the envelope is soap.
func bare(r result) string { return strings.Trim(string(r.Value), `"`) }
