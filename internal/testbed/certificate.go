package testbed

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Certificate is a self-made certificate for 127.0.0.1, ::1 and localhost. Its
// key is Ed25519, so that a handshake has the same length each time.
type Certificate struct {
	tls.Certificate
	PEM []byte         // the certificate alone, for a trust store
	Key []byte         // the private key, PKCS #8 in PEM
	CAs *x509.CertPool // trusts the certificate
}

// NewCertificate makes one that is valid for a day.
func NewCertificate(tb testing.TB) *Certificate {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "testbed"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	require.NoError(tb, err)
	key, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(tb, err)
	c := &Certificate{
		Certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private},
		PEM:         pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		CAs:         x509.NewCertPool(),
	}
	require.True(tb, c.CAs.AppendCertsFromPEM(c.PEM))
	return c
}

// Server returns a server's configuration. Session tickets are off: each
// connection has a full handshake of the same length.
func (c *Certificate) Server() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{c.Certificate}, MinVersion: tls.VersionTLS12,
		SessionTicketsDisabled: true, NextProtos: []string{"http/1.1"},
	}
}

// Client returns a client's configuration that trusts the certificate.
func (c *Certificate) Client() *tls.Config {
	return &tls.Config{RootCAs: c.CAs, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// Files writes certificate and key into the test's directory and returns their paths.
func (c *Certificate) Files(tb testing.TB) (certificate, key string) {
	tb.Helper()
	dir := tb.TempDir()
	certificate, key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	require.NoError(tb, os.WriteFile(certificate, c.PEM, 0o600))
	require.NoError(tb, os.WriteFile(key, c.Key, 0o600))
	return certificate, key
}
