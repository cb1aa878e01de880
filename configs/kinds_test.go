package configs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/configs"
)

// TestBinding_kinds: what becomes of a destination by the kind of its binding
// alone, and the scheme that its address has (spec wcf-config 4.3 to 4.9, 11).
func TestBinding_kinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, scheme string
		served       bool
		effect       configs.Effect // at the attribute binding
		text         string
	}{
		{kind: "basicHttpBinding", scheme: "http", served: true},
		{kind: "basicHttpsBinding", scheme: "https", served: true},
		{kind: "wsHttpBinding", scheme: "http", served: true},
		{kind: "ws2007HttpBinding", scheme: "http", served: true},
		{kind: "basicHttpContextBinding", scheme: "http", served: true, effect: configs.NoEffect, text: "contexts"},
		{kind: "wsHttpContextBinding", scheme: "http", served: true, effect: configs.NoEffect, text: "contexts"},
		{kind: "netHttpBinding", scheme: "http", effect: configs.Refused, text: "not served yet"},
		{kind: "netHttpsBinding", scheme: "https", effect: configs.Refused, text: "not served yet"},
		{kind: "netTcpBinding", scheme: "net.tcp", effect: configs.Refused, text: "not served yet"},
		{kind: "netTcpContextBinding", scheme: "net.tcp", effect: configs.Refused, text: "not served yet"},
		{kind: "netNamedPipeBinding", scheme: "net.pipe", effect: configs.Refused, text: "Windows only"},
		{kind: "netMsmqBinding", scheme: "net.msmq", effect: configs.Refused, text: "queues"},
		{kind: "msmqIntegrationBinding", scheme: "msmq.formatname", effect: configs.Refused, text: "queues"},
		{kind: "netPeerTcpBinding", scheme: "net.p2p", effect: configs.Refused, text: "peer"},
		{kind: "udpBinding", scheme: "soap.udp", effect: configs.Refused, text: "UDP"},
		{kind: "webHttpBinding", scheme: "http", effect: configs.Refused, text: "REST"},
		{kind: "wsDualHttpBinding", scheme: "http", effect: configs.Refused, text: "back to clients"},
		{kind: "wsFederationHttpBinding", scheme: "http", effect: configs.Refused, text: "issuer"},
		{kind: "ws2007FederationHttpBinding", scheme: "http", effect: configs.Refused, text: "issuer"},
		{kind: "basicHttpRelayBinding", scheme: "https", effect: configs.Refused, text: "not served yet"},
		{kind: "ws2007HttpRelayBinding", scheme: "https", effect: configs.Refused, text: "not served yet"},
		{kind: "webHttpRelayBinding", scheme: "https", effect: configs.Refused, text: "REST"},
		{kind: "netTcpRelayBinding", scheme: "sb", effect: configs.Refused, text: "not served yet"},
		{kind: "netOnewayRelayBinding", scheme: "sb", effect: configs.Refused, text: "not served yet"},
		{kind: "netEventRelayBinding", scheme: "sb", effect: configs.Refused, text: "not served yet"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			f, b := one(t, c.kind, "", "")
			endpoint(f.Client[0])
			assert.Equal(t, c.served, b.Served())
			assert.Equal(t, c.scheme, b.Scheme())
			var got configs.Finding
			for _, x := range f.Findings() {
				if strings.HasSuffix(x.Path, "endpoint[d]/@binding") && x.Text != "" {
					got = x
				}
			}
			assert.Equal(t, c.effect, got.Effect, got.Text)
			assert.Contains(t, got.Text, c.text)
			assert.Equal(t, c.effect == configs.Refused, got.Stops())
		})
	}
}
