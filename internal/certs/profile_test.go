package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/viaduct-soap/viaduct/internal/certs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ExampleReopened() {
	for _, s := range certs.Reopened()[:3] {
		fmt.Println(s)
	}
	// Output:
	// TLS 1.0
	// TLS 1.1
	// TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
}

func loaded(t *testing.T, m *made) *certs.Certificate {
	t.Helper()
	c, err := certs.Load(file(t, certificatePEM(m)), file(t, keyPEM(t, m.key)))
	require.NoError(t, err)
	return c
}

// handshake reports what server and client agree on.
func handshake(t *testing.T, server, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() {
		a, err := l.Accept()
		if err == nil {
			_ = a.SetDeadline(time.Now().Add(10 * time.Second))
			// A refusal of TLS 1.3 comes after the client's part.
			_, err = tls.Server(a, server).Write([]byte("x"))
			_ = a.Close()
		}
		served <- err
	}()
	b, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, b.SetDeadline(time.Now().Add(10*time.Second)))
	c := tls.Client(b, client)
	if err = c.HandshakeContext(t.Context()); err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	_ = b.Close()
	if refused := <-served; refused != nil && err == nil {
		err = refused
	}
	_ = l.Close()
	return c.ConnectionState(), err
}

// TestProfile_Server tries every version and suite that Go can speak against
// both profiles: what legacy takes and modern does not is what Reopened says.
func TestProfile_Server(t *testing.T) {
	t.Parallel()
	both := []*certs.Certificate{loaded(t, issue(t, nil, rsaKey(), nil)), loaded(t, issue(t, nil, newKey(t), nil))}
	accepts := func(p certs.Profile, version, suite uint16) bool {
		for _, c := range both {
			server, err := p.Server(c, nil)
			require.NoError(t, err)
			client := &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}
			if suite != 0 {
				client.CipherSuites = []uint16{suite}
			}
			if _, err := handshake(t, server, client); err == nil {
				return true
			}
		}
		return false
	}
	var reopened []string
	try := func(name string, version, suite uint16) {
		modern, legacy := accepts(certs.Modern, version, suite), accepts(certs.Legacy, version, suite)
		assert.True(t, legacy || !modern, "%s: legacy takes less than modern", name)
		if legacy && !modern {
			reopened = append(reopened, name)
		}
	}
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		try(tls.VersionName(v), v, 0)
	}
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			try(s.Name, tls.VersionTLS12, s.ID)
		}
	}
	assert.ElementsMatch(t, certs.Reopened(), reopened)
	assert.NotEmpty(t, certs.Unreachable())
}

func TestProfile_Server_refuses(t *testing.T) {
	t.Parallel()
	c, err := certs.Load(file(t, certificatePEM(issue(t, nil, newKey(t), nil))), "")
	require.NoError(t, err)
	_, err = certs.Modern.Server(c, nil)
	require.ErrorContains(t, err, "has no private key")
	_, err = certs.Client("", nil, c)
	require.ErrorContains(t, err, "has no private key")
	_, err = certs.Profile("old").Server(loaded(t, issue(t, nil, newKey(t), nil)), nil)
	require.ErrorContains(t, err, `TLS profile "old" is not known`)
}

func TestProfile_Server_clients(t *testing.T) {
	t.Parallel()
	valid := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	root := issue(t, nil, newKey(t), func(c *x509.Certificate) { authority("Root")(c); valid(c) })
	good, bad := issue(t, root, newKey(t), valid), issue(t, nil, newKey(t), valid)
	pool, err := certs.LoadPool(file(t, certificatePEM(root)))
	require.NoError(t, err)
	for _, p := range []certs.Profile{certs.Modern, certs.Legacy} {
		server, err := p.Server(loaded(t, good), pool)
		require.NoError(t, err)
		for _, c := range []struct {
			name string
			own  *certs.Certificate
			want bool
		}{{"none", nil, false}, {"of another authority", loaded(t, bad), false}, {"right", loaded(t, good), true}} {
			client, err := certs.Client("orders.contoso.example", pool, c.own)
			require.NoError(t, err)
			state, err := handshake(t, server, client)
			assert.Equal(t, c.want, err == nil, "%s %s: %v", p, c.name, err)
			if err == nil {
				assert.Equal(t, "http/1.1", state.NegotiatedProtocol)
			}
		}
	}
	client, err := certs.Client("other.example", pool, nil)
	require.NoError(t, err)
	server, err := certs.Modern.Server(loaded(t, good), nil)
	require.NoError(t, err)
	_, err = handshake(t, server, client)
	require.ErrorContains(t, err, "other.example")
}
