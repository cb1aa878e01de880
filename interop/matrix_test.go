//go:build interop

package interop

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair is one way for a message to go: a client that speaks a version, and a
// service that understands it.
type pair struct {
	client, version string
	wsa             bool
	service         string
}

func (p pair) name() string {
	name := p.client + "/" + p.version
	if p.wsa {
		name += "+wsa"
	}
	return name + "/" + p.service
}

// endpoint names the endpoint of the router, and of a Mono service.
func (p pair) endpoint() string { return p.service + "-" + bindingFor(p.version, p.wsa) }

// path is the path of the service's endpoint.
func (p pair) path() string {
	if p.service == "mono" {
		return bindingFor(p.version, p.wsa)
	}
	return map[string]string{"1.1": "soap11", "1.2": "soap12"}[p.version]
}

// excluded says why a pair cannot work, Viaduct or not. Empty: it can.
func excluded(p pair) string {
	switch {
	case p.wsa && p.client == "php":
		return "PHP's SoapClient writes no WS-Addressing headers"
	case p.wsa && p.client == "node-soap":
		return "node-soap writes no WS-Addressing headers of its own"
	case p.wsa && p.service == "php":
		return "PHP's SoapServer answers without WS-Addressing headers, which a WCF client endpoint with addressing needs"
	case p.wsa && p.service == "node-soap":
		return "node-soap answers without WS-Addressing headers, which a WCF client endpoint with addressing needs"
	}
	return ""
}

// directNotify says why the answer to a one-way message is not compared: the
// client does not accept the service's own. Behind Viaduct it has to.
func directNotify(p pair) string {
	if p.client == "zeep" && p.service == "mono" {
		return "Mono answers a one-way message with 200 and no body; zeep wants 202"
	}
	return ""
}

var services = []string{"mono", "php", "node-soap"}

func pairs() []pair {
	var all []pair
	for _, client := range []string{"zeep", "php", "node-soap"} {
		for _, version := range []string{"1.1", "1.2"} {
			for _, wsa := range []bool{false, true} {
				for _, service := range services {
					all = append(all, pair{client, version, wsa, service})
				}
			}
		}
	}
	return all
}

const (
	mixed    = "Grüße für 5 € an 漢字 und 𝄞, <b>&amp; \"Zeichen\""
	megabyte = 1 << 20
)

// large is a text of at least 1 MB in UTF-8 with characters of one to four
// octets, which no chunk or buffer boundary may split.
func large() string {
	const piece = "0123456789 äöü € 漢字 𝄞 <&> "
	return strings.Repeat(piece, megabyte/len(piece)+1) + "end"
}

// calls are the scenarios of one pair; key tells its calls from all others.
func calls(key, notifyURL string) []call {
	return []call{
		{Operation: "Echo", Args: map[string]any{"text": "plain " + key}},
		{Operation: "Echo", Args: map[string]any{"text": mixed}},
		{Operation: "Add", Args: map[string]any{"a": 1.5, "b": 2}},
		{Operation: "Fail", Args: map[string]any{"reason": "nö " + key}},
		{Operation: "Blob", Args: map[string]any{"data": large()}},
		{Operation: "Notify", Args: map[string]any{"key": "notify " + key}, URL: notifyURL},
		{Operation: "Echo", Args: map[string]any{"text": "after all"}},
	}
}

// check judges the results of calls by themselves.
func check(t *testing.T, p pair, got []result) {
	t.Helper()
	assert.Equal(t, "plain "+p.name(), got[0].text(t))
	assert.Equal(t, mixed, got[1].text(t))
	assert.Equal(t, "3.5", strings.Trim(string(got[2].Value), `"`), "%+v", got[2])
	if assert.NotNil(t, got[3].Fault, "%+v", got[3]) {
		assert.Contains(t, string(got[3].Fault.Code), map[string]string{"1.1": "Client", "1.2": "Sender"}[p.faultVersion()])
		assert.Equal(t, "refused: nö "+p.name(), got[3].Fault.String)
		assert.Contains(t, got[3].Fault.Detail, "42")
	}
	if got[4].text(t) != large() {
		assert.Fail(t, "1 MB came back changed") // too long to show
	}
	assert.Equal(t, "after all", got[6].text(t))
}

// faultVersion is the version whose code for the client's fault the service
// writes: Mono writes Sender in both.
func (p pair) faultVersion() string {
	if p.service == "mono" {
		return "1.2"
	}
	return p.version
}

// TestMatrix sends every scenario of every pair straight and through Viaduct.
func TestMatrix(t *testing.T) {
	running := map[string]*service{}
	for _, name := range services {
		running[name] = startService(t, name)
	}
	var routes []route
	known := map[string]bool{}
	for _, p := range pairs() {
		if excluded(p) != "" || known[p.endpoint()] {
			continue
		}
		known[p.endpoint()] = true
		to := []string{running[p.service].url(p.path())}
		binding := bindingFor(p.version, p.wsa)
		routes = append(routes,
			route{Name: p.endpoint(), Binding: binding, Targets: to},
			route{Name: p.endpoint() + "-oneway", Binding: binding, Targets: to, OneWay: true})
	}
	viaduct := startRouter(t, routes...)

	t.Run("pairs", func(t *testing.T) {
		for _, p := range pairs() {
			t.Run(p.name(), func(t *testing.T) {
				if reason := excluded(p); reason != "" {
					t.Skip(reason)
				}
				t.Parallel()
				compare(t, p, running[p.service], viaduct)
				either(t, p, running[p.service], viaduct)
			})
		}
	})
	for line := range strings.Lines(viaduct.Log()) {
		assert.NotContains(t, line, "level=ERROR")
	}
}

// either sends a one-way message to the request-reply router: without a contract
// the service's empty answer decides what it was. PHP's client is left out: it
// goes away as soon as it has written a one-way message, which ends an exchange
// that may still have an answer.
func either(t *testing.T, p pair, s *service, viaduct router) {
	t.Helper()
	if p.client == "php" {
		return
	}
	key := "either " + p.name()
	got := run(t, p.client, job{URL: viaduct.url(p.endpoint()), Version: p.version, WSA: p.wsa, Calls: []call{
		{Operation: "Notify", Args: map[string]any{"key": key}},
	}})
	assert.Empty(t, got[0].Error)
	assert.Nil(t, got[0].Fault)
	s.awaitCount(t, key, 1)
}

// compare runs the scenarios of a pair straight, then through Viaduct. The
// counts prove that each call was delivered once by each way.
func compare(t *testing.T, p pair, s *service, viaduct router) {
	t.Helper()
	j := job{URL: s.url(p.path()), Version: p.version, WSA: p.wsa, Calls: calls(p.name(), "")}
	direct := run(t, p.client, j)
	check(t, p, direct)
	s.awaitCount(t, "notify "+p.name(), 1)

	j.URL, j.Calls = viaduct.url(p.endpoint()), calls(p.name(), viaduct.url(p.endpoint()+"-oneway"))
	routed := run(t, p.client, j)
	check(t, p, routed)
	s.awaitCount(t, "notify "+p.name(), 2)
	assert.Equal(t, 2, s.count(t, "plain "+p.name()), "deliveries of one call by both ways")
	assert.Equal(t, 2, s.count(t, "nö "+p.name()), "deliveries of one failing call by both ways")

	for i, c := range j.Calls {
		if c.Operation == "Notify" {
			assert.Empty(t, routed[i].Error, "one-way through Viaduct")
			assert.Equal(t, "null", string(routed[i].Value))
			if reason := directNotify(p); reason != "" {
				t.Logf("not compared: %s", reason)
				continue
			}
		}
		require.Equal(t, direct[i], routed[i], "%s, call %d", c.Operation, i)
	}
}
