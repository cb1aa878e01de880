package certs_test

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/certs"
)

// property is one entry of a serialized certificate.
func property(kind uint32, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, kind)
	out = binary.LittleEndian.AppendUint32(out, 1)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(data))), data...)
}

// pkcs7 holds certificates and signs nothing.
func pkcs7(tb testing.TB, certificates []byte) []byte {
	tb.Helper()
	var err error
	marshal := func(v any) []byte {
		var out []byte
		out, err = asn1.Marshal(v)
		require.NoError(tb, err)
		return out
	}
	type content struct{ Type asn1.ObjectIdentifier }
	empty := asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSet, IsCompound: true}
	inner := marshal(struct {
		Version      int
		Digests      asn1.RawValue
		Content      content
		Certificates asn1.RawValue
		Signers      asn1.RawValue
	}{1, empty, content{oid(1, 2, 840, 113549, 1, 7, 1)}, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: certificates}, empty})
	return marshal(struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{oid(1, 2, 840, 113549, 1, 7, 2), asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}})
}

func TestParseCertificate(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, newKey(t), authority("Root"))
	leaf := issue(t, root, newKey(t), nil)
	store := append(property(3, make([]byte, 20)), property(32, leaf.Raw)...)
	for name, data := range map[string][]byte{
		"certificate":                  leaf.Raw,
		"certificate with properties":  store,
		"store":                        append(append([]byte("\x00\x00\x00\x00CERT"), store...), property(32, root.Raw)...),
		"PKCS 7":                       pkcs7(t, append(append([]byte(nil), leaf.Raw...), root.Raw...)),
		"certificate and its issuer":   append(append([]byte(nil), leaf.Raw...), root.Raw...),
		"certificate in several lines": leaf.Raw,
	} {
		text := base64.StdEncoding.EncodeToString(data)
		if name == "certificate in several lines" {
			text = text[:40] + "\n   " + text[40:]
		}
		got, err := certs.ParseCertificate(text)
		require.NoError(t, err, name)
		assert.True(t, got.Equal(leaf.Certificate), name)
	}
	for text, want := range map[string]string{
		"":     "no certificate in it",
		"%":    "not base64",
		"AAAA": "no certificate in it",
		base64.StdEncoding.EncodeToString(store[:len(store)-1]): "no certificate in it",
		base64.StdEncoding.EncodeToString(pkcs7(t, nil)):        "no certificate in it",
	} {
		_, err := certs.ParseCertificate(text)
		require.EqualError(t, err, want)
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	one, other := issue(t, nil, rsaKey(), nil), issue(t, nil, newKey(t), nil)
	state := func(list ...*made) tls.ConnectionState {
		var s tls.ConnectionState
		for _, c := range list {
			s.PeerCertificates = append(s.PeerCertificates, c.Certificate)
		}
		return s
	}
	public, ok := one.PublicKey.(*rsa.PublicKey)
	require.True(t, ok)
	encode := func(n *big.Int) string { return base64.StdEncoding.EncodeToString(n.Bytes()) }
	key, err := certs.ParseKey(fmt.Sprintf("<RSAKeyValue>\n<Modulus>%s</Modulus><Exponent>%s</Exponent></RSAKeyValue>", encode(public.N), encode(big.NewInt(int64(public.E)))))
	require.NoError(t, err)
	for _, p := range []*certs.Pin{certs.PinTo(one.Certificate), key} {
		require.NoError(t, p.Verify(state(one, other)))
		require.ErrorContains(t, p.Verify(state(other, one)), "and must present "+p.String())
		require.ErrorContains(t, p.Verify(state()), "no certificate")
	}
	assert.NotEqual(t, certs.PinTo(one.Certificate).String(), certs.PinTo(other.Certificate).String())
	assert.NotEqual(t, key.String(), certs.PinTo(one.Certificate).String())
	assert.Empty(t, (*certs.Pin)(nil).String())
	for _, text := range []string{"", "<Modulus>AQAB</Modulus>", "<Modulus>%</Modulus><Exponent>AQAB</Exponent>", "<Modulus>AQAB</Modulus><Exponent>AQABAQAB</Exponent>", "<Modulus>AQAB<Exponent>AQAB</Exponent>"} {
		_, err := certs.ParseKey(text)
		require.Error(t, err, text)
	}
}

func FuzzParseCertificate(f *testing.F) {
	leaf := issue(f, nil, newKey(f), nil)
	for _, data := range [][]byte{leaf.Raw, property(32, leaf.Raw), pkcs7(f, leaf.Raw), property(3, nil)} {
		f.Add(base64.StdEncoding.EncodeToString(data))
	}
	f.Add("<Modulus>AQAB</Modulus><Exponent>AQAB</Exponent>")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := certs.ParseCertificate(text); (c == nil) != (err != nil) {
			t.Fatalf("certificate %v and error %v", c, err)
		}
		if p, err := certs.ParseKey(text); err == nil {
			_ = p.String()
			_ = p.Verify(tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf.Certificate}})
		}
	})
}
