package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// made is a certificate with its key.
type made struct {
	*x509.Certificate
	key crypto.Signer
}

// issue makes a certificate, signed by issuer, by itself where that is nil.
func issue(tb testing.TB, issuer *made, key crypto.Signer, change func(*x509.Certificate)) *made {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1A2B3C),
		Subject: pkix.Name{
			Country: []string{"DE"}, Organization: []string{"Contoso, Inc."}, OrganizationalUnit: []string{"Orders"}, CommonName: "orders.contoso.example",
		},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		BasicConstraintsValid: true, IsCA: issuer == nil,
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     []string{"orders.contoso.example"},
		SubjectKeyId: []byte{0xAB, 0xCD, 0xEF},
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.Certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(tb, err)
	c, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	return &made{c, key}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	return k
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// authority changes a template into an authority's.
func authority(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject, c.IsCA, c.SerialNumber = pkix.Name{CommonName: name}, true, big.NewInt(7)
	}
}

func certificatePEM(list ...*made) []byte {
	var out []byte
	for _, c := range list {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

func keyPEM(tb testing.TB, key crypto.Signer) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(tb, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// file writes what is given into a new file.
func file(tb testing.TB, parts ...[]byte) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "file.pem")
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	require.NoError(tb, os.WriteFile(name, all, 0o600))
	return name
}

func oid(numbers ...int) asn1.ObjectIdentifier { return numbers }
