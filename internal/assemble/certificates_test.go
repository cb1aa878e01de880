package assemble_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"html"
	"math/big"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/certs"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const (
	// transports are bindings over TLS: b without, c with certificates of clients.
	transports = `<basicHttpBinding><binding name="b"><security mode="Transport"/></binding>
		<binding name="c"><security mode="Transport"><transport clientCredentialType="Certificate"/></security></binding>
		<binding name="o"><security mode="None"><transport clientCredentialType="Certificate"/></security></binding></basicHttpBinding>
		<customBinding><binding name="c"><textMessageEncoding messageVersion="Soap11"/><httpsTransport requireClientCertificate="true"/></binding>
		<binding name="n"><textMessageEncoding messageVersion="Soap11"/><httpsTransport/></binding></customBinding>`
	frontC = `<endpoint name="in" address="https://@front@/router" binding="basicHttpBinding" bindingConfiguration="c" ` + twoWay + `/>`
)

// secureBack is the destination, by the name of its binding, with a behaviour "e"
// and what stands inside.
func secureBack(binding, inside string) string {
	return `<endpoint name="back" address="https://@back@/orders" binding="` + binding + `" behaviorConfiguration="e" contract="*">` + inside + `</endpoint>`
}

const (
	backC = `basicHttpBinding" bindingConfiguration="c`
	backS = `basicHttpBinding" bindingConfiguration="b`
)

func behaviorE(inside string) string { return `<behavior name="e">` + inside + `</behavior>` }

func shows(attributes string) string {
	return behaviorE(`<clientCredentials><clientCertificate ` + attributes + `/></clientCredentials>`)
}

// der is the certificate itself.
func der(tb testing.TB, c *testbed.Certificate) []byte {
	tb.Helper()
	block, _ := pem.Decode(c.PEM)
	require.NotNil(tb, block)
	return block.Bytes
}

func thumbprint(tb testing.TB, c *testbed.Certificate) string {
	tb.Helper()
	parsed, err := x509.ParseCertificate(der(tb, c))
	require.NoError(tb, err)
	return certs.Thumbprint(parsed)
}

// rsaCertificate is one like those of testbed, with another kind of key.
func rsaCertificate(tb testing.TB) *testbed.Certificate {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "rsa"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * 30 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(tb, err)
	return &testbed.Certificate{
		Certificate: tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key},
		PEM:         pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
	}
}

// guarded is a back end that demands a certificate of these, and remembers what
// it saw last.
func guarded(tb testing.TB, own *testbed.Certificate, clients ...*testbed.Certificate) (b *testbed.Backend, seen func() string) {
	tb.Helper()
	var last atomic.Value
	config := own.Server()
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	for _, c := range clients {
		require.True(tb, config.ClientCAs.AppendCertsFromPEM(c.PEM))
	}
	config.VerifyConnection = func(s tls.ConnectionState) error {
		last.Store(certs.Thumbprint(s.PeerCertificates[0]))
		return nil
	}
	return testbed.NewBackend(tb, testbed.BackendOptions{TLS: config}), func() string { s, _ := last.Load().(string); return s }
}

func TestHonour_clientCertificate(t *testing.T) {
	t.Parallel()
	server, mine, other := testbed.NewCertificate(t), testbed.NewCertificate(t), testbed.NewCertificate(t)
	roots, _ := server.Files(t)
	file, key := mine.Files(t)
	file2, key2 := other.Files(t)
	entry := func(find, more, file, key string) string {
		return fmt.Sprintf("  - {find: %q, certificate: %q, key: %q%s}\n", find, file, key, more)
	}
	trusted := fmt.Sprintf("clients: {tls: {roots: %q}}\n", roots)
	const byWords = `findValue="CN=client"`
	two := "certificates:\n" + entry("client", ", store: Root", file2, key2) + entry("client", ", store: My", file, key)
	for _, c := range []struct {
		name, binding, behavior, settings string
		want                              int
	}{
		{name: "words of the reference", behavior: shows(byWords), settings: "certificates:\n" + entry("CN=client", "", file, key), want: 200},
		{name: "thumbprint", behavior: shows(`findValue="` + thumbprint(t, mine) + `" x509FindType="FindByThumbprint"`), settings: "certificates:\n" + entry("a", "", file2, key2) + entry("b", "", file, key), want: 200},
		{name: "thumbprint of the other", behavior: shows(`findValue="` + thumbprint(t, other) + `" x509FindType="FindByThumbprint"`), settings: "certificates:\n" + entry("a", "", file2, key2) + entry("b", "", file, key), want: 500},
		{name: "store", behavior: shows(`findValue="client" storeName="My"`), settings: two, want: 200},
		{name: "other store", behavior: shows(`findValue="client" storeName="Root"`), settings: two, want: 500},
		{name: "of the destination", settings: fmt.Sprintf("endpoints: [{name: back, tls: {roots: %q, certificate: %q, key: %q}}]\n", roots, file, key), want: 200},
		{
			name: "the settings before the file", behavior: shows(byWords), want: 200,
			settings: "certificates:\n" + entry("CN=client", "", file2, key2) + fmt.Sprintf("endpoints: [{name: back, tls: {roots: %q, certificate: %q, key: %q}}]\n", roots, file, key),
		},
		{name: "wrong", behavior: shows(byWords), settings: "certificates:\n" + entry("CN=client", "", file2, key2), want: 500},
		{name: "not demanded, not shown", binding: backS, behavior: shows(byWords), settings: "certificates:\n" + entry("CN=client", "", file, key), want: 500},
		{name: "requireClientCertificate", binding: `customBinding" bindingConfiguration="c`, behavior: shows(byWords), settings: "certificates:\n" + entry("CN=client", "", file, key), want: 200},
		{name: "no requireClientCertificate", binding: `customBinding" bindingConfiguration="n`, behavior: shows(byWords), settings: "certificates:\n" + entry("CN=client", "", file, key), want: 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, seen := guarded(t, server, mine)
			if c.binding == "" {
				c.binding = backC
			}
			if c.behavior == "" {
				c.behavior = behaviorE("")
			}
			x := start(t, parts{bindings: transports, client: secureBack(c.binding, ""), endpointBehaviors: c.behavior, settings: trusted + c.settings}, map[string]*testbed.Backend{"back": b})
			r := x.ask(testbed.Message{})
			assert.Equal(t, c.want, r.Status, "%s", r.Body)
			if c.want == 200 {
				assert.Equal(t, thumbprint(t, mine), seen())
			}
		})
	}
}

// TestBuild_certificates: what is missing stops the start, with the lines to add.
func TestBuild_certificates(t *testing.T) {
	t.Parallel()
	mine := testbed.NewCertificate(t)
	file, key := mine.Files(t)
	client := secureBack(backC, "")
	sockets := fmt.Sprintf("sockets: [{address: \"127.0.0.1:8000\", scheme: https, tls: {certificate: %q, key: %q}}]\n", file, key)
	pinned := func(inside string) string { return secureBack(backS, "<identity>"+inside+"</identity>") }
	for _, c := range []struct {
		name string
		p    parts
		want []string
	}{
		{
			name: "nothing names one", p: parts{client: client, endpointBehaviors: behaviorE("")},
			want: []string{`client endpoint "back": basicHttpBinding/c demands a client certificate, and nothing names one; add to viaduct.yaml:`, "endpoints:", "- name: ", "tls: {certificate: FILE.pem, key: FILE.pem}"},
		},
		{
			name: "not in the map", p: parts{client: client, endpointBehaviors: shows(`findValue="CN=a" storeName="Root"`)},
			want: []string{`the settings have no certificate for FindBySubjectDistinguishedName "CN=a" in store Root; add to viaduct.yaml:`, "certificates:", `- find: "CN=a"`, "store: Root"},
		},
		{
			name: "no key", p: parts{client: client, endpointBehaviors: shows(`findValue="a"`), settings: fmt.Sprintf("certificates: [{find: a, certificate: %q}]", file)},
			want: []string{"has no private key; name its key beside it"},
		},
		{
			name: "a file that is none", p: parts{client: client, endpointBehaviors: shows(`findValue="a"`), settings: "certificates:\n  - find: a\n    certificate: nofile.pem"},
			want: []string{"viaduct.yaml:2:5: nofile.pem: no such file", "the certificates of the settings cannot be read"},
		},
		{
			name: "two of one kind", p: parts{
				client: client, endpointBehaviors: shows(`findValue="testbed" x509FindType="FindBySubjectName"`),
				settings: fmt.Sprintf("certificates:\n  - {find: a, certificate: %q}\n  - {find: b, certificate: %q}\n", file, func() string { f, _ := testbed.NewCertificate(t).Files(t); return f }()),
			},
			want: []string{"finds the certificates at viaduct.yaml:2:5 and at viaduct.yaml:3:5"},
		},
		{
			name: "PeerTrust", p: parts{client: secureBack(backS, ""), endpointBehaviors: behaviorE(`<clientCredentials><serviceCertificate><sslCertificateAuthentication certificateValidationMode="PeerTrust"/></serviceCertificate></clientCredentials>`)},
			want: []string{`certificateValidationMode "PeerTrust" is not served`, "clients.tls.roots"},
		},
		{
			name: "a mode that the settings give", p: parts{
				client: secureBack(`basicHttpBinding" bindingConfiguration="o`, ""), endpointBehaviors: shows(`findValue="a"`),
				settings: "bindings: [{name: basicHttpBinding/o, security: Transport}]",
			},
			want: []string{`client endpoint "back": basicHttpBinding/o demands a client certificate: the settings have no certificate for`},
		},
		{
			name: "a socket that asks for none", p: parts{endpoints: frontC, settings: sockets},
			want: []string{
				`endpoint "in": basicHttpBinding/c demands a certificate of each client, and the socket 127.0.0.1:8000 (viaduct.yaml:1:11) asks for none; add to viaduct.yaml:`,
				"sockets:", `- address: "127.0.0.1:8000"`, "clientAuthorities: FILE.pem",
			},
		},
		{
			name: "one socket of two", p: parts{
				endpoints: strings.Replace(frontC, "https://@front@", "https://h:8000", 1),
				settings: fmt.Sprintf("sockets:\n  - {address: \"127.0.0.1:8000\", scheme: https, tls: {certificate: %[1]q, key: %[2]q, clientAuthorities: %[1]q}}\n"+
					"  - {address: \"[::1]:8000\", scheme: https, tls: {certificate: %[1]q, key: %[2]q}}\n", file, key),
			},
			want: []string{`the socket [::1]:8000 (viaduct.yaml:3:5) asks for none`},
		},
		{
			name: "no socket", p: parts{endpoints: frontC},
			want: []string{"needs a certificate", "tls: {certificate: FILE.pem, key: FILE.pem, clientAuthorities: FILE.pem}"},
		},
		{
			name: "a forward to a URL", p: parts{
				services: `<service name="S"><endpoint address="https://@front@/s" binding="basicHttpBinding" bindingConfiguration="c" contract="C"/></service>`,
				settings: "services: [{name: S, forward: \"https://127.0.0.1:8101/s\"}]\n" + strings.Replace(sockets, "}}", fmt.Sprintf(", clientAuthorities: %q}}", file), 1),
			},
			want: []string{"demands a client certificate, and nothing names one; add to viaduct.yaml:", "clients:"},
		},
		{
			name: "an identity that is no certificate", p: parts{client: pinned(`<certificate encodedValue="AAAA"/>`), endpointBehaviors: behaviorE("")},
			want: []string{`client endpoint "back": identity: certificate: no certificate in it; correct it`},
		},
		{
			name: "an identity that is no key", p: parts{client: pinned(`<rsa value="AAAA"/>`), endpointBehaviors: behaviorE("")},
			want: []string{`client endpoint "back": identity: rsa: no RSAKeyValue`},
		},
		{
			name: "an identity that nothing stands for", p: parts{client: pinned(`<certificateReference findValue="x"/>`), endpointBehaviors: behaviorE("")},
			want: []string{`its identity is a certificate: the settings have no certificate for FindBySubjectDistinguishedName "x"`, `- find: "x"`},
		},
		{
			name: "http where the web server wants TLS", p: parts{web: `<system.webServer><security><access sslFlags="Ssl, Ssl128"/></security></system.webServer>`},
			want: []string{`endpoint "in": sslFlags "Ssl, Ssl128" (web.config:1:52) lets clients in over TLS only, and basicHttpBinding has none`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.p.bindings = transports
			p := parts{whole: fixed.Replace(c.p.config()), settings: c.p.settings}
			_, err := build(p, assemble.Options{NoAdmin: true})
			require.Error(t, err)
			for _, want := range c.want {
				assert.Contains(t, err.Error(), want)
			}
			assert.NotContains(t, err.Error(), "defect")
		})
	}
}

func TestHonour_certificateValidation(t *testing.T) {
	t.Parallel()
	server, other := testbed.NewCertificate(t), testbed.NewCertificate(t)
	roots, _ := other.Files(t)
	b := testbed.NewBackend(t, testbed.BackendOptions{TLS: server.Server()})
	check := func(attributes string) string {
		return behaviorE(`<clientCredentials><serviceCertificate><sslCertificateAuthentication ` + attributes + `/></serviceCertificate></clientCredentials>`)
	}
	for _, c := range []struct {
		name, behavior, settings string
		want                     int
		says                     string // of the notices; "" for no relaxed rule
	}{
		{name: "None", behavior: check(`certificateValidationMode="None"`), want: 200, says: "certificateValidationMode relaxes a rule: whoever answers at https://"},
		{name: "ChainTrust", behavior: check(`certificateValidationMode="ChainTrust" revocationMode="NoCheck"`), want: 500},
		{name: "revocation", behavior: check(`revocationMode="Offline"`), want: 500, says: "revocationMode relaxes a rule"},
		{name: "by default", behavior: behaviorE(""), want: 500},
		{name: "of messages", behavior: behaviorE(`<clientCredentials><serviceCertificate><authentication certificateValidationMode="None"/></serviceCertificate></clientCredentials>`), want: 500},
		{name: "None, and roots of the operator", behavior: check(`certificateValidationMode="None" revocationMode="NoCheck"`), want: 500, settings: fmt.Sprintf("endpoints: [{name: back, tls: {roots: %q}}]\n", roots)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{
				bindings: transports, client: secureBack(backS, ""), endpointBehaviors: c.behavior, settings: c.settings + "admin: {address: \"@admin@\"}",
			}, map[string]*testbed.Backend{"back": b})
			assert.Equal(t, c.want, x.ask(testbed.Message{}).Status)
			_, metrics := x.get("/metrics")
			said := fmt.Sprint(x.Notices())
			if c.says == "" {
				assert.NotContains(t, said, "relaxes")
				assert.NotContains(t, metrics, "viaduct_insecure_setting{")
				return
			}
			assert.Contains(t, said, c.says)
			setting, _, _ := strings.Cut(c.says, " ")
			assert.Contains(t, metrics, `viaduct_insecure_setting{setting="`+setting+`"} 1`)
		})
	}
	t.Run("of clients", func(t *testing.T) {
		t.Parallel()
		x := start(t, parts{
			endpoints: frontC, bindings: transports, settings: secureSocket(t, server, other), behavior: validates(`certificateValidationMode="None"`),
		}, map[string]*testbed.Backend{"back": backend(t)})
		assert.Equal(t, 200, x.try(other, server))
		assert.Zero(t, x.try(server, server), "the settings stay as strict as they are")
		said := fmt.Sprint(x.Notices())
		assert.Contains(t, said, "certificateValidationMode \"None\": the settings stand for it (viaduct.yaml:4:")
		assert.Contains(t, said, "revocationMode relaxes a rule: nobody is asked whether a client's certificate was revoked")
	})
}

func TestHonour_identity(t *testing.T) {
	t.Parallel()
	server, other := rsaCertificate(t), testbed.NewCertificate(t)
	both := t.TempDir() + "/roots.pem"
	require.NoError(t, os.WriteFile(both, append(append([]byte(nil), server.PEM...), other.PEM...), 0o600))
	own := t.TempDir() + "/server.pem"
	require.NoError(t, os.WriteFile(own, server.PEM, 0o600))
	strange, _ := other.Files(t)
	b := testbed.NewBackend(t, testbed.BackendOptions{TLS: &tls.Config{Certificates: []tls.Certificate{server.Certificate}, MinVersion: tls.VersionTLS12}})
	encoded := func(c *testbed.Certificate) string {
		return `<certificate encodedValue="` + base64.StdEncoding.EncodeToString(der(t, c)) + `"/>`
	}
	key, ok := server.Certificate.PrivateKey.(*rsa.PrivateKey)
	require.True(t, ok)
	value := func(n *big.Int) string {
		return html.EscapeString("<RSAKeyValue><Modulus>" + base64.StdEncoding.EncodeToString(n.Bytes()) + "</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>")
	}
	const reference = `<certificateReference findValue="peer" storeName="TrustedPeople"/>`
	subject := `<certificateReference findValue="` + hex.EncodeToString([]byte{7}) + `" x509FindType="FindBySerialNumber"/>`
	stands := func(file string) string {
		return fmt.Sprintf("certificates: [{find: peer, store: TrustedPeople, certificate: %q}, {find: other, store: My, certificate: %q}]\n", file, own)
	}
	for _, c := range []struct {
		name, identity, settings string
		want                     int
	}{
		{name: "certificate", identity: encoded(server), want: 200},
		{name: "another certificate", identity: encoded(other), want: 500},
		{name: "reference", identity: reference, settings: stands(own), want: 200},
		{name: "another reference", identity: reference, settings: stands(strange), want: 500},
		{name: "serial number", identity: subject, settings: stands(strange), want: 200},
		{name: "key", identity: `<rsa value="` + value(key.N) + `"/>`, want: 200},
		{name: "another key", identity: `<rsa value="` + value(new(big.Int).Add(key.N, big.NewInt(2))) + `"/>`, want: 500},
		{name: "dns counts first", identity: `<dns value="127.0.0.1"/>` + encoded(other), want: 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{
				bindings: transports, client: secureBack(backS, "<identity>"+c.identity+"</identity>"), endpointBehaviors: behaviorE(""),
				settings: fmt.Sprintf("clients: {tls: {roots: %q}}\n", both) + c.settings,
			}, map[string]*testbed.Backend{"back": b})
			assert.Equal(t, c.want, x.ask(testbed.Message{}).Status)
			assert.Equal(t, c.want, x.ask(testbed.Message{}).Status, "on a resumed session too")
		})
	}
}

// TestReload_certificate: a renewed client certificate is shown from the reload
// on; one that cannot be read changes nothing.
func TestReload_certificate(t *testing.T) {
	t.Parallel()
	server, first, second := testbed.NewCertificate(t), testbed.NewCertificate(t), testbed.NewCertificate(t)
	roots, _ := server.Files(t)
	file, key := first.Files(t)
	b, seen := guarded(t, server, first, second)
	p := parts{
		bindings: transports, client: secureBack(backC, ""), endpointBehaviors: shows(`findValue="CN=client"`),
		settings: fmt.Sprintf("clients: {tls: {roots: %q}}\ncertificates:\n  - {find: \"CN=client\", certificate: %q, key: %q}\n", roots, file, key),
	}
	x := start(t, p, map[string]*testbed.Backend{"back": b})
	require.Equal(t, 200, x.ask(testbed.Message{}).Status)
	assert.Equal(t, thumbprint(t, first), seen())
	_, err := x.reload(p)
	require.NoError(t, err)
	require.Equal(t, 200, x.ask(testbed.Message{}).Status)
	assert.Equal(t, 1, b.Connections(), "nothing changed, so the connection stays")

	require.NoError(t, os.WriteFile(file, second.PEM, 0o600))
	_, err = x.reload(p)
	require.ErrorContains(t, err, "the key does not belong to the certificate")
	require.Equal(t, 200, x.ask(testbed.Message{}).Status)
	require.NoError(t, os.WriteFile(key, second.Key, 0o600))
	_, err = x.reload(p)
	require.NoError(t, err)
	require.Equal(t, 200, x.ask(testbed.Message{}).Status)
	assert.Equal(t, thumbprint(t, second), seen())
}

// TestCheck_certificates: every setting has its verdict, at its place.
func TestCheck_certificates(t *testing.T) {
	t.Parallel()
	mine := testbed.NewCertificate(t)
	file, key := mine.Files(t)
	p := parts{
		bindings: transports,
		client:   secureBack(backC, `<identity><certificateReference findValue="peer" storeLocation="CurrentUser" storeName="Root"/></identity>`),
		endpointBehaviors: behaviorE(`<clientCredentials><clientCertificate findValue="CN=client" storeLocation="LocalMachine" x509FindType="FindBySubjectName" storeName="Root"/>
<serviceCertificate><defaultCertificate findValue="x"/><sslCertificateAuthentication certificateValidationMode="None" revocationMode="NoCheck" trustedStoreLocation="LocalMachine"/></serviceCertificate></clientCredentials>`),
		behavior: `<serviceCredentials><serviceCertificate findValue="y"/><userNameAuthentication userNamePasswordValidationMode="Custom"/></serviceCredentials>`,
		settings: fmt.Sprintf("certificates:\n  - {find: \"CN=client\", certificate: %[1]q, key: %[2]q}\n  - {find: peer, certificate: %[1]q}\n  - {find: idle, certificate: %[1]q}\n", file, key),
	}
	f, err := configs.Parse("web.config", []byte(fixed.Replace(p.config())))
	require.NoError(t, err)
	s, err := settings.Parse("viaduct.yaml", []byte(p.settings), settings.Overrides{})
	require.NoError(t, err)
	r := assemble.Check(f, s, nil, assemble.Options{NoAdmin: true})
	effects := map[string]string{}
	for _, x := range r.Findings {
		if i := strings.Index(x.Path, "/@"); i > 0 {
			element := x.Path[:i]
			effects[element[strings.LastIndexByte(element, '/')+1:]+x.Path[i:]] = string(x.Effect)
			if x.Effect == configs.Mapped {
				assert.Contains(t, x.Text, "(viaduct.yaml:")
			}
		}
	}
	for path, want := range map[string]configs.Effect{
		"clientCertificate/@findValue": configs.Mapped, "clientCertificate/@x509FindType": configs.Mapped, "clientCertificate/@storeName": configs.Mapped,
		"clientCertificate/@storeLocation": configs.NoEffect,
		"certificateReference/@findValue":  configs.Mapped, "certificateReference/@storeName": configs.Mapped, "certificateReference/@storeLocation": configs.NoEffect,
		"defaultCertificate/@findValue": configs.NoEffect, "serviceCertificate/@findValue": configs.NoEffect,
		"sslCertificateAuthentication/@certificateValidationMode": configs.Honoured, "sslCertificateAuthentication/@revocationMode": configs.Honoured,
		"sslCertificateAuthentication/@trustedStoreLocation": configs.NoEffect,
		"transport/@clientCredentialType":                    configs.Honoured,
	} {
		assert.Equal(t, string(want), effects[path], path)
	}
	assert.True(t, r.OK(), "%+v", r.Findings)
	prog, err := build(parts{whole: fixed.Replace(p.config()), settings: p.settings}, assemble.Options{NoAdmin: true})
	require.NoError(t, err)
	said := fmt.Sprint(prog.Notices())
	assert.Contains(t, said, `nothing that is served in web.config needs "idle"`)
	assert.NotContains(t, said, `needs "peer"`)
	assert.Contains(t, said, "certificate CN=testbed expires on", "certificates that soon end")
}
