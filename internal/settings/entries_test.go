package settings_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/settings"
)

func parse(t *testing.T, text string) *settings.Settings {
	t.Helper()
	s, err := settings.Parse("s", []byte(text), settings.Overrides{})
	require.NoError(t, err, text)
	return s
}

func TestParse_entries(t *testing.T) {
	t.Parallel()
	s := parse(t, `
sockets:
  - {address: "10.0.0.1:443", tls: {certificate: a, key: b, profile: legacy, clientAuthorities: ca.pem}}
  - {address: "10.0.0.2:443", tls: {certificate: c, key: d}}
certificates:
  - {find: localhost, store: My, certificate: l.pem, key: l.key}
  - {find: localhost, store: Root, certificate: r.pem}
hosting: {bindings: ["http *:80:", "HTTPS [::1]:443:Shop.example"], application: /shop/}
services: [{name: a, builtin: rounding-calculator, addressFilterMode: Prefix}]
contracts:
  - {name: IOrders, wsdl: orders.wsdl, portType: Orders}
  - name: INotify
    operations:
      - {name: Notify, action: "urn:notify", oneWay: true}
      - {name: Ask, action: "urn:ask", replyAction: "urn:answer"}
bindings: [{name: wsHttpBinding/plain, security: pass}]
filters: [{type: Contoso.RoundRobinFilter, is: round-robin}]
egress: {allow: [10.0.0.0/8, orders.example:8443], allowSelf: true}
wsa: {replyTargets: ["https://callback.example/replies/"], missingTo: via, duplicateMessageID: refuse, otherVersion: refuse}
soap: {versionMismatch: true}
filter: {visits: 10, time: 1s}
errors: {explainTo: 10.1.0.0/16}
admin: {decisions: 0, token: "file:/run/secrets/admin"}
http: {closeAfterChunked: never}
`)
	assert.Equal(t, "legacy", s.Sockets[0].TLS.Profile.Get())
	assert.Equal(t, "ca.pem", s.Sockets[0].TLS.ClientAuthorities.Get())
	assert.Equal(t, "modern", s.Sockets[1].TLS.Profile.Get())
	assert.Equal(t, "Root", s.Certificates[1].Store.Get())
	assert.Equal(t, settings.Site{Scheme: "http", IP: "*", Port: 80}, s.Hosting.Bindings[0].Get())
	assert.Equal(t, "https [::1]:443:shop.example", s.Hosting.Bindings[1].Get().String())
	assert.Equal(t, "/shop", s.Hosting.Application.Get())
	assert.Equal(t, "Prefix", s.Services[0].AddressFilterMode.Get())
	assert.Equal(t, "orders.wsdl", s.Contracts[0].WSDL.Get())
	assert.Equal(t, "urn:answer", s.Contracts[1].Operations[1].ReplyAction.Get())
	assert.True(t, s.Contracts[1].Operations[0].OneWay.Get())
	assert.Equal(t, "pass", s.Bindings[0].Security.Get())
	assert.Equal(t, "round-robin", s.Filters[0].Is.Get())
	assert.Equal(t, "orders.example:8443", s.Egress.Allow[1].Get().String())
	assert.True(t, s.Egress.AllowSelf.Get())
	assert.Equal(t, "https://callback.example/replies/", s.WSA.ReplyTargets[0].Get().String())
	assert.Equal(t, "via", s.WSA.MissingTo.Get())
	assert.True(t, s.SOAP.VersionMismatch.Get())
	assert.EqualValues(t, 10, s.Filter.Visits.Get())
	assert.Equal(t, "10.1.0.0/16", s.Errors.ExplainTo[0].Get().String())
	assert.Zero(t, s.Admin.Decisions.Get())
	assert.Equal(t, "file:/run/secrets/admin", s.Admin.Token.Get().String())
	assert.Equal(t, "never", s.HTTP.CloseAfterChunked.Get())
}

func TestParse_endpoint(t *testing.T) {
	t.Parallel()
	s := parse(t, `
endpoints:
  - name: orders
    aliases: [https://public.example/orders]
    http: {rules: [{do: set, field: X-Site, value: a}, {do: drop, field: X-Old}]}
    deadline: 20s
    limits: {concurrent: 8, queue: 4, wait: 1s}
    breaker: {}
    eject: {for: 1m}
    health: {tcp: true}
    weight: 3
    members: [one, two]
    balance: hash
    hash: {xpath: "//o:Id"}
    mirror: {to: shadow, compare: true, ignore: ["//o:Time"], file: diff.jsonl}
  - name: plain
`)
	e := s.Endpoints[0]
	assert.Equal(t, "https://public.example/orders", e.Aliases[0].Get())
	assert.Equal(t, []string{"set", "X-Site", "a"}, []string{e.Rules[0].Do.Get(), e.Rules[0].Field.Get(), e.Rules[0].Value.Get()})
	assert.Equal(t, 20*time.Second, e.Deadline.Get())
	assert.EqualValues(t, 4, e.Limits.Queue.Get())
	assert.EqualValues(t, 5, e.Breaker.Failures.Get())
	assert.Equal(t, 15*time.Second, e.Breaker.Open.Get())
	assert.Equal(t, time.Minute, e.Eject.For.Get())
	assert.EqualValues(t, 50, e.Eject.Most.Get())
	assert.Equal(t, 10*time.Second, e.Health.Interval.Get())
	assert.EqualValues(t, 3, e.Weight.Get())
	assert.Len(t, e.Members, 2)
	assert.Equal(t, "//o:Id", e.Hash.XPath.Get())
	assert.EqualValues(t, 64, e.Mirror.Most.Get())
	p := s.Endpoints[1]
	assert.Nil(t, p.Breaker)
	assert.Nil(t, p.Eject)
	assert.Nil(t, p.Health)
	assert.Nil(t, p.Hash)
	assert.Nil(t, p.Mirror)
	assert.EqualValues(t, 1, p.Weight.Get())
	assert.Equal(t, "round-robin", p.Balance.Get())
}

func TestParse_entryErrors(t *testing.T) {
	t.Parallel()
	endpoint := func(text string) string { return "endpoints: [{name: a, " + text + "}]" }
	contract := func(text string) string { return "contracts: [{name: C, " + text + "}]" }
	for _, tt := range []struct{ name, in, want string }{
		{"every interface and one", `sockets: [{address: ":1"}, {address: "10.0.0.1:1"}]`, "cannot be open together"},
		{"profile", `sockets: [{address: ":1", tls: {certificate: a, key: b, profile: old}}]`, "use one of modern, legacy"},
		{"certificate without file", "certificates: [{find: a}]", "certificates[].certificate is missing and required"},
		{"same certificate", "certificates: [{find: a, certificate: f}, {find: a, certificate: g}]", `certificate "a" stands at s:1:23 already`},
		{"site without quotes", "hosting:\n  bindings:\n    - http *:80:", "hosting.bindings: write one value, in quotation marks"},
		{"site protocol", `hosting: {bindings: ["net.tcp 808:*"]}`, "site bindings are served for http and https only"},
		{"site form", `hosting: {bindings: ["http *:80"]}`, "protocol, IP:port:host"},
		{"site without blank", `hosting: {bindings: ["http"]}`, "protocol, IP:port:host"},
		{"site port", `hosting: {bindings: ["http *:x:"]}`, "a number from 1 to 65535"},
		{"application", "hosting: {application: shop}", "use a path such as /shop"},
		{"application with dots", "hosting: {application: /a/../b}", "use a path such as /shop"},
		{"address filter mode", "services: [{name: a, unused: true, addressFilterMode: any}]", "did you mean Any?"},
		{"contract with nothing", "contracts: [{name: C}]", `contract "C": write exactly one of wsdl and operations`},
		{"contract with both", contract("wsdl: f, operations: [{name: a, action: b}]"), "write exactly one of wsdl and operations"},
		{"contract without operation", contract("operations: []"), "contracts[].operations is empty"},
		{"portType without wsdl", contract("portType: P, operations: [{name: a, action: b}]"), "belongs to a wsdl file"},
		{"operation without action", contract("operations: [{name: a}]"), "contracts[].operations[].action is missing and required"},
		{"one-way with an answer", contract("operations: [{name: a, action: b, oneWay: true, replyAction: c}]"), "has no answer"},
		{"same action", contract("operations: [{name: a, action: x}, {name: b, action: x}]"), `action "x" stands at`},
		{"same operation", contract("operations: [{name: a, action: x}, {name: a, action: y}]"), `operation "a" stands at`},
		{"binding without security", "bindings: [{name: b}]", "bindings[].security is missing and required"},
		{"binding security", "bindings: [{name: b, security: Message}]", "use one of None, Transport, pass"},
		{"filter", "filters: [{type: t, is: roundrobin}]", "did you mean round-robin?"},
		{"alias", endpoint("aliases: [orders]"), "use an absolute URI"},
		{"alias with password", endpoint(`aliases: ["http://u:canary@h/"]`), "secrets do not stand in the settings"},
		{"rule without value", endpoint("http: {rules: [{do: set, field: X}]}"), "set needs a value"},
		{"drop with value", endpoint("http: {rules: [{do: drop, field: X, value: y}]}"), "drop takes no value"},
		{"rule field", endpoint(`http: {rules: [{do: drop, field: "X Y"}]}`), "use the name of an HTTP field"},
		{"rule value with a line break", endpoint(`http: {rules: [{do: set, field: X, value: "a\r\nb"}]}`), "a line break stands in the value"},
		{"pass", endpoint(`http: {pass: ["X:Y"]}`), "use the name of an HTTP field"},
		{"queue without limit", endpoint("limits: {queue: 4}"), "queue and wait need concurrent"},
		{"breaker open", endpoint("breaker: {open: 0s}"), "use a time above zero"},
		{"eject percentage", endpoint("eject: {most: 101}"), "at most 100"},
		{"health of nothing", endpoint("health: {interval: 1s}"), "endpoints[].health: write exactly one of url and tcp"},
		{"health null", endpoint("health: "), "write exactly one of url and tcp"},
		{"health of both", endpoint(`health: {tcp: true, url: "http://h/"}`), "write exactly one of url and tcp"},
		{"health tcp false", endpoint("health: {tcp: false}"), "use true, or remove it"},
		{"weight", endpoint("weight: 0"), "at least 1"},
		{"member twice", endpoint("members: [b, b]"), `member "b" stands twice`},
		{"balance alone", endpoint("balance: weighted"), "write members, or remove it"},
		{"hash alone", endpoint("members: [b], hash: {field: X}"), "belongs to balance: hash"},
		{"balance by hash of nothing", endpoint("members: [b], balance: hash"), "hash needs hash: {field: NAME}"},
		{"hash of both", endpoint("members: [b], balance: hash, hash: {field: X, xpath: y}"), "write exactly one of field and xpath"},
		{"mirror", endpoint("mirror: {compare: true}"), "endpoints[].mirror.to is missing and required"},
		{"mirror of itself", endpoint("mirror: {to: a}"), "a mirror of itself"},
		{"ignore without compare", endpoint("mirror: {to: b, ignore: [//x]}"), "needs compare: true"},
		{"egress", `egress: {allow: ["10.0.0.0/40"]}`, "egress.allow: use a network"},
		{"prefix", "wsa: {replyTargets: [callback.example]}", "use an absolute http or https URL"},
		{"prefix with query", `wsa: {dialTo: ["http://h/?x"]}`, "no query and no fragment"},
		{"filter time", "filter: {time: 0s}", "use a time above zero"},
		{"decisions", "admin: {decisions: 1000000}", "at most 100000"},
		{"secret", "admin: {token: canary}", "admin.token: use file:PATH or env:NAME"},
		{"secret by an unknown way", `admin: {token: "vault:canary"}`, "use file:PATH or env:NAME"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := settings.Parse("s", []byte(tt.in), settings.Overrides{})
			require.Error(t, err)
			assert.Nil(t, s)
			assert.Contains(t, err.Error(), tt.want)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestLoad_unbuilt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "viaduct.yaml")
	// What no code consumes, by the list that the reader goes by.
	for _, c := range settings.PendingSamples() {
		require.NoError(t, os.WriteFile(file, []byte(c), 0o600))
		_, err := settings.Load(file, settings.Overrides{})
		require.ErrorContains(t, err, "is not built yet in this version; remove it", c)
		s := parse(t, c)
		assert.NotEmpty(t, s.Unbuilt(), c)
	}
	require.NoError(t, os.WriteFile(file, []byte("log: {level: warn}"), 0o600))
	_, err := settings.Load(file, settings.Overrides{})
	require.NoError(t, err)
}

func TestSecret(t *testing.T) {
	t.Setenv("VIADUCT_TEST_SECRET", "canary-1")
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("canary-2\r\n"), 0o600))
	for _, c := range []struct{ ref, want string }{
		{"env:VIADUCT_TEST_SECRET", "canary-1"},
		{"file:" + file, "canary-2"},
	} {
		ref := parse(t, "admin: {token: '"+c.ref+"'}").Admin.Token.Get()
		secret, err := ref.Load()
		require.NoError(t, err)
		assert.Equal(t, c.want, string(secret.Reveal()))
		var out strings.Builder
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d", secret, secret, secret, secret, secret, secret, secret)
		fmt.Fprint(&out, secret.String(), secret.GoString(), struct{ S settings.Secret }{secret}, &secret, []any{secret})
		encoded, err := json.Marshal(map[string]any{"a": secret, "b": &secret})
		require.NoError(t, err)
		out.Write(encoded)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", secret, "in", struct{ S settings.Secret }{secret})
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", secret, "in", struct{ S settings.Secret }{secret})
		assert.NotContains(t, out.String(), "canary")
		assert.NotContains(t, out.String(), "63616e617279", "in hexadecimal")
		assert.NotContains(t, out.String(), "99 97 110 97 114 121", "as numbers")
	}
	for _, c := range []struct{ ref, want string }{
		{"env:VIADUCT_TEST_NONE", "the secret is empty"},
		{"file:" + file + ".none", "no such file"},
		{"file:" + filepath.Dir(file), "not a regular file"},
	} {
		_, err := parse(t, "admin: {token: '"+c.ref+"'}").Admin.Token.Get().Load()
		require.ErrorContains(t, err, c.want)
	}
	_, err := settings.SecretRef{}.Load()
	require.Error(t, err)
	assert.True(t, parse(t, "").Admin.Token.Get().IsZero())
}
