package certs

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Pin is what a peer must prove beside what its authorities say: a certificate,
// or a key (wcf-config 3.3).
type Pin struct {
	certificate *x509.Certificate // nil: the key alone counts
	key         *rsa.PublicKey
}

// PinTo returns the pin of a certificate.
func PinTo(c *x509.Certificate) *Pin { return &Pin{certificate: c} }

// ParseCertificate reads identity/certificate/@encodedValue: base64 of a
// certificate, of a certificate with its properties as tools of WCF write it, or
// of PKCS #7. Of several certificates the first one counts.
func ParseCertificate(encoded string) (*x509.Certificate, error) {
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil {
		return nil, errors.New("not base64")
	}
	for _, read := range []func([]byte) []byte{plain, serialized, signed} {
		if list, err := x509.ParseCertificates(read(data)); err == nil && len(list) > 0 {
			return list[0], nil
		}
	}
	return nil, errors.New("no certificate in it")
}

func plain(data []byte) []byte { return data }

// serialized finds the certificate in the form that X509Certificate2Collection
// exports as a serialized store: properties with number, encoding and length, of
// which number 32 is the certificate.
func serialized(data []byte) []byte {
	const head, certificate = 12, 32
	data = bytes.TrimPrefix(data, []byte("\x00\x00\x00\x00CERT"))
	for len(data) >= head {
		kind, size := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[8:])
		data = data[head:]
		if uint64(size) > uint64(len(data)) {
			return nil
		}
		if kind == certificate {
			return data[:size]
		}
		data = data[size:]
	}
	return nil
}

// signed finds the certificates in a SignedData of PKCS #7 (RFC 2315, 9.1).
func signed(data []byte) []byte {
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(data, &outer); err != nil {
		return nil
	}
	var inner struct {
		Version      int
		Digests      asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Lists        asn1.RawValue `asn1:"optional,tag:1"`
		Signers      asn1.RawValue
	}
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &inner); err != nil {
		return nil
	}
	return inner.Certificates.Bytes
}

// ParseKey reads identity/rsa/@value, the RSAKeyValue of XML signatures, as a
// pin.
func ParseKey(text string) (*Pin, error) {
	number := func(name string) *big.Int {
		_, rest, ok := strings.Cut(text, "<"+name+">")
		value, _, end := strings.Cut(rest, "</"+name+">")
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value), ""))
		if !ok || !end || err != nil {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(data)
	}
	modulus, exponent := number("Modulus"), number("Exponent")
	if modulus.Sign() == 0 || exponent.Sign() == 0 || exponent.BitLen() > 31 {
		return nil, errors.New("no RSAKeyValue with Modulus and Exponent in it")
	}
	return &Pin{key: &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}}, nil
}

// String tells the pin from others, for keys of maps and for messages; "" for nil.
func (p *Pin) String() string {
	switch {
	case p == nil:
		return ""
	case p.certificate != nil:
		return "certificate " + Thumbprint(p.certificate)
	}
	sum := sha256.Sum256(p.key.N.Bytes())
	return "RSA key " + hex.EncodeToString(sum[:])
}

// Verify is for tls.Config.VerifyConnection: it refuses a peer that did not
// present what is pinned, on a resumed connection too.
func (p *Pin) Verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return fmt.Errorf("the peer presented no certificate, and must present %s", p)
	}
	peer := s.PeerCertificates[0]
	if p.certificate != nil {
		if peer.Equal(p.certificate) {
			return nil
		}
	} else if p.key.Equal(peer.PublicKey) {
		return nil
	}
	return fmt.Errorf("the peer presented %s (%s), and must present %s", name(peer), Thumbprint(peer), p)
}
