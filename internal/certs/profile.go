package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
)

// Profile is sockets[].tls.profile.
type Profile string

// Profiles. The zero value means Modern.
const (
	Modern Profile = "modern" // TLS 1.2 and 1.3, Go's default suites
	Legacy Profile = "legacy" // Modern and what Reopened names
)

// old are the suites that Legacy adds. RC4 and 3DES stay closed.
var old = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	tls.TLS_RSA_WITH_AES_256_CBC_SHA,
}

// Reopened names exactly what Legacy accepts and Modern does not: protocol
// versions first, then cipher suites.
func Reopened() []string {
	out := []string{tls.VersionName(tls.VersionTLS10), tls.VersionName(tls.VersionTLS11)}
	for _, id := range old {
		out = append(out, tls.CipherSuiteName(id))
	}
	return out
}

// Unreachable says which old clients no profile serves, and why.
func Unreachable() []string {
	return []string{
		"SSL 3.0 and older",
		"clients that know only RC4 or 3DES suites, as Windows XP and Windows Server 2003 without updates do",
		"clients that know only DHE key exchange",
		"TLS 1.2 clients that accept SHA-1 signatures only",
	}
}

// Server returns the configuration of a socket. With clients set, a client must
// show a certificate that one of these authorities has signed. The certificate
// needs its key.
func (p Profile) Server(c *Certificate, clients *x509.CertPool) (*tls.Config, error) {
	if !c.HasKey() {
		return nil, fmt.Errorf("certificate %s has no private key; a socket needs one", name(c.Leaf))
	}
	t := &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c.TLS}, NextProtos: []string{"h2", "http/1.1"},
	}
	switch p {
	case "", Modern:
	case Legacy:
		t.MinVersion = tls.VersionTLS10
		for _, s := range tls.CipherSuites() {
			// Suites of TLS 1.3 are not configurable, and always there.
			if !slices.Equal(s.SupportedVersions, []uint16{tls.VersionTLS13}) {
				t.CipherSuites = append(t.CipherSuites, s.ID)
			}
		}
		t.CipherSuites = append(t.CipherSuites, old...)
	default:
		return nil, fmt.Errorf("TLS profile %q is not known; use %s or %s", p, Modern, Legacy)
	}
	if clients != nil {
		t.ClientAuth, t.ClientCAs = tls.RequireAndVerifyClientCert, clients
	}
	return t, nil
}

// Client returns the configuration towards a destination: TLS 1.2 and 1.3 over
// HTTP/1.1. roots may be nil for the system's, own nil for no client
// certificate. serverName is the name that the destination must prove; "" is the
// host that is dialled.
func Client(serverName string, roots *x509.CertPool, own *Certificate) (*tls.Config, error) {
	t := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: serverName, RootCAs: roots, NextProtos: []string{"http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(64),
	}
	if own != nil {
		if !own.HasKey() {
			return nil, fmt.Errorf("client certificate %s has no private key", name(own.Leaf))
		}
		t.Certificates = []tls.Certificate{own.TLS}
	}
	return t, nil
}
