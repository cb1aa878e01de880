package assemble_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// TestSockets_severalAddresses: an endpoint listens on every socket with its
// scheme and port.
func TestSockets_severalAddresses(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(testbed.FreeAddr(t))
	require.NoError(t, err)
	p := parts{
		endpoints: `<endpoint name="in" address="http://edge.example:` + port + `/router" ` + basic + " " + twoWay + `/>
			<endpoint name="more" address="http://edge.example:` + port + `/more" ` + basic + " " + twoWay + `/>`,
		settings: `sockets: [{address: "127.0.0.1:` + port + `"}, {address: "127.0.0.2:` + port + `"}]`,
	}
	x := start(t, p, map[string]*testbed.Backend{"back": backend(t)})
	assert.Equal(t, []string{"http://127.0.0.1:" + port, "http://127.0.0.2:" + port}, x.Addresses())
	for _, ip := range []string{"127.0.0.1", "127.0.0.2"} {
		x.addrs[ip] = net.JoinHostPort(ip, port)
		for _, path := range []string{"/router", "/more"} {
			assert.Equal(t, 200, x.exchange(ip, testbed.Message{}.Request("any.example", path, false)).Status, "%s %s", ip, path)
		}
	}
	_, err = testbed.Dial(t.Context(), net.JoinHostPort("127.0.0.3", port), nil)
	require.Error(t, err, "nobody has asked for this one")
	p.settings = `sockets: [{address: "127.0.0.2:` + port + `"}]`
	done, err := x.reload(p)
	require.NoError(t, err)
	assert.Equal(t, []string{"http://127.0.0.1:" + port}, done.Closed)
	assert.Empty(t, done.Opened)
	assert.Equal(t, 200, x.exchange("127.0.0.2", testbed.Message{}.Request("any.example", "/router", false)).Status)
}

// old is a certificate that TLS 1.0 can use.
func old(tb testing.TB) (file, key string, roots *x509.CertPool) {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(tb, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(tb, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	dir := tb.TempDir()
	file, key = filepath.Join(dir, "old.pem"), filepath.Join(dir, "old.key")
	require.NoError(tb, os.WriteFile(file, text, 0o600))
	require.NoError(tb, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	roots = x509.NewCertPool()
	require.True(tb, roots.AppendCertsFromPEM(text))
	return file, key, roots
}

// handshake tells whether a client would be let in.
func handshake(tb testing.TB, addr string, config *tls.Config) error {
	tb.Helper()
	c, err := (&tls.Dialer{Config: config}).DialContext(tb.Context(), "tcp", addr)
	if err == nil {
		assert.NoError(tb, c.Close())
	}
	return err
}

const overTLS = `<basicHttpBinding><binding name="b"><security mode="Transport"/></binding></basicHttpBinding>`

// TestSockets_profile: legacy lets clients of TLS 1.0 in, and says so; modern
// does not.
func TestSockets_profile(t *testing.T) {
	t.Parallel()
	file, key, roots := old(t)
	front := strings.Replace(frontB, "http:", "https:", 1)
	ancient := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}
	for profile, in := range map[string]bool{"": false, ", profile: modern": false, ", profile: legacy": true} {
		t.Run("profile "+profile, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{
				endpoints: front, bindings: overTLS,
				settings: fmt.Sprintf("sockets: [{address: \"@front@\", scheme: https, tls: {certificate: %q, key: %q%s}}]\nadmin: {address: \"@admin@\"}", file, key, profile),
			}, map[string]*testbed.Backend{"back": backend(t)})
			current := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
			assert.Equal(t, 200, x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/router", false), current).Status)
			_, metrics := x.get("/metrics")
			said := fmt.Sprint(x.Notices())
			if !in {
				require.Error(t, handshake(t, x.addrs["front"], ancient))
				assert.NotContains(t, said, "relaxes")
				assert.NotContains(t, metrics, "viaduct_insecure_setting{")
				return
			}
			assert.Equal(t, 200, x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/router", false), ancient).Status)
			assert.Contains(t, said, "sockets[].tls.profile relaxes a rule: socket "+x.addrs["front"]+" accepts TLS 1.0")
			assert.Contains(t, metrics, `viaduct_insecure_setting{setting="sockets[].tls.profile"} 1`)
		})
	}
}

// TestSockets_renewed: a reload takes a certificate that was renewed in its
// place, and leaves the socket and its connections alone.
func TestSockets_renewed(t *testing.T) {
	t.Parallel()
	first, second := testbed.NewCertificate(t), testbed.NewCertificate(t)
	file, key := first.Files(t)
	p := parts{
		endpoints: strings.Replace(frontB, "http:", "https:", 1), bindings: overTLS,
		settings: fmt.Sprintf("sockets: [{address: \"@front@\", scheme: https, tls: {certificate: %q, key: %q}}]", file, key),
	}
	x := start(t, p, map[string]*testbed.Backend{"back": backend(t)})
	m := testbed.Message{}
	before := x.dial("front", first.Client())
	defer before.Close()
	send := func(c *testbed.Client) {
		t.Helper()
		r, err := c.Exchange(m.Request(x.addrs["front"], "/router", false), wait)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status)
	}
	send(before)
	require.NoError(t, os.WriteFile(file, second.PEM, 0o600))
	_, err := x.reload(p)
	require.Error(t, err, "the key is still the old one")
	require.Error(t, handshake(t, x.addrs["front"], second.Client()), "a refused reload changes nothing")
	require.NoError(t, os.WriteFile(key, second.Key, 0o600))
	done, err := x.reload(p)
	require.NoError(t, err)
	assert.Empty(t, done.Opened)
	assert.Empty(t, done.Closed)
	require.Error(t, handshake(t, x.addrs["front"], first.Client()), "new connections see the new one")
	after := x.dial("front", second.Client())
	defer after.Close()
	send(after)
	send(before)
}
