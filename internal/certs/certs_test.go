package certs_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/certs"
	"github.com/viaduct-soap/viaduct/internal/source"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, newKey(t), authority("Root"))
	leafKey := newKey(t)
	leaf := issue(t, root, leafKey, nil)
	ec, err := x509.MarshalECPrivateKey(leafKey)
	require.NoError(t, err)
	one := issue(t, nil, rsaKey(), nil)
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())})
	for _, c := range []struct {
		name             string
		certificate, key []byte
		noKey            bool
	}{
		{name: "two files", certificate: certificatePEM(leaf, root), key: keyPEM(t, leaf.key)},
		{name: "one file", certificate: append(certificatePEM(leaf), keyPEM(t, leaf.key)...)},
		{name: "key first", certificate: append(keyPEM(t, leaf.key), certificatePEM(leaf, root)...)},
		{name: "text around", certificate: append([]byte("Bag Attributes\n  name: x\n"), certificatePEM(leaf)...), key: keyPEM(t, leaf.key)},
		{name: "SEC 1 key behind its parameters", certificate: certificatePEM(leaf), key: append(
			pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 0}}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ec})...)},
		{name: "PKCS 1 key", certificate: certificatePEM(one), key: pkcs1},
		{name: "no key", certificate: certificatePEM(leaf), noKey: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key := ""
			if c.key != nil {
				key = file(t, c.key)
			}
			got, err := certs.Load(file(t, c.certificate), key)
			require.NoError(t, err)
			assert.Equal(t, !c.noKey, got.HasKey())
			assert.Equal(t, "orders.contoso.example", got.Leaf.Subject.CommonName)
			assert.Len(t, got.TLS.Certificate, bytes.Count(c.certificate, []byte("BEGIN CERTIFICATE")))
			assert.Empty(t, got.Warnings(now))
		})
	}
}

func TestLoad_errors(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, newKey(t), authority("Root"))
	leaf := issue(t, root, newKey(t), nil)
	certificate := file(t, certificatePEM(leaf))
	for _, c := range []struct{ name, certificate, key, want string }{
		{"no file", certificate + ".none", "", "no such file"},
		{"directory", t.TempDir(), "", "not a regular file"},
		{"too large", file(t, make([]byte, 1<<20+1)), "", "larger than 1 MiB"},
		{"not PEM", file(t, leaf.Raw), "", "no certificate in PEM form in this file"},
		{"key only", file(t, keyPEM(t, leaf.key)), "", "no certificate in PEM form"},
		{"damaged", file(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw[:40]})), "", "certificate 1 of the file is damaged"},
		{"no key file", certificate, certificate + ".none", "no such file"},
		{"no key in it", certificate, certificate, "no private key in PEM form"},
		{"encrypted", certificate, file(t, pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("canary")})), "the key is encrypted"},
		{"encrypted the old way", certificate, file(t, pem.EncodeToMemory(&pem.Block{
			Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte("canary"),
		})), "the key is encrypted"},
		{"damaged key", certificate, file(t, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("canary")})), "the key is damaged"},
		{"other key", certificate, file(t, keyPEM(t, newKey(t))), "the key does not belong to the certificate"},
		{"order", file(t, certificatePEM(root, leaf)), file(t, keyPEM(t, leaf.key)), `the key belongs to certificate 2 of the file (CN=orders.contoso.example, OU=Orders, O="Contoso, Inc.", C=DE); put that one first`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := certs.Load(c.certificate, c.key)
			require.ErrorContains(t, err, c.want)
			var wrong *certs.FileError
			require.ErrorAs(t, err, &wrong)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestCertificate_Warnings(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, newKey(t), authority("Root"))
	other := issue(t, nil, newKey(t), authority("Other"))
	leaf := issue(t, root, newKey(t), nil)
	load := func(list ...*made) *certs.Certificate {
		c, err := certs.Load(file(t, certificatePEM(list...)), "")
		require.NoError(t, err)
		return c
	}
	assert.Empty(t, load(leaf, root).Warnings(now))
	assert.Contains(t, strings.Join(load(leaf, other).Warnings(now), "\n"), "certificate CN=Other does not issue CN=orders.contoso.example")
	assert.Contains(t, load(leaf).Warnings(now.AddDate(2, 0, 0))[0], "expired on 2027-11-01")
	assert.Contains(t, load(leaf).Warnings(now.AddDate(-2, 0, 0))[0], "is not valid before 2025-11-01")
	assert.Contains(t, load(leaf).Warnings(now.AddDate(1, 0, -3))[0], "expires on 2027-11-01")
}

func TestLoadPool(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, newKey(t), authority("Root"))
	leaf := issue(t, root, newKey(t), nil)
	pool, err := certs.LoadPool(file(t, certificatePEM(root)))
	require.NoError(t, err)
	_, err = leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now})
	require.NoError(t, err)
	for _, name := range []string{"none", file(t, []byte("x"))} {
		_, err = certs.LoadPool(name)
		require.Error(t, err)
	}
}

func TestFindType_Matches(t *testing.T) {
	t.Parallel()
	root := issue(t, nil, newKey(t), authority("Contoso Root 1"))
	leaf := issue(t, root, newKey(t), func(c *x509.Certificate) {
		c.UnknownExtKeyUsage = append(c.UnknownExtKeyUsage, oid(1, 2, 3, 4))
		policy, err := x509.ParseOID("1.2.3.5")
		require.NoError(t, err)
		c.Policies = append(c.Policies, policy)
		c.ExtraExtensions = []pkix.Extension{{Id: oid(1, 2, 3, 6), Value: []byte{5, 0}}}
	})
	print := certs.Thumbprint(leaf.Certificate)
	const subject = `CN=orders.contoso.example, OU=Orders, O="Contoso, Inc.", C=DE`
	for _, c := range []struct {
		kind  certs.FindType
		value string
		want  bool
	}{
		{certs.ByThumbprint, print, true},
		{certs.ByThumbprint, strings.ToLower(print), true},
		{certs.ByThumbprint, "\u200e" + print[:4] + " " + print[4:], true},
		{certs.ByThumbprint, print[:38], false},
		{certs.ByThumbprint, "", false},
		{certs.BySubjectName, "orders.contoso", true},
		{certs.BySubjectName, "ORDERS.CONTOSO.EXAMPLE", true},
		{certs.BySubjectName, "contoso, inc.", true},
		{certs.BySubjectName, "Contoso Root", false},
		{"", subject, true},
		{certs.BySubjectDistinguishedName, subject, true},
		{certs.BySubjectDistinguishedName, `cn = Orders.contoso.example,OU=orders;O=Contoso\, Inc. , C=de`, true},
		{certs.BySubjectDistinguishedName, `C=DE, O="Contoso, Inc.", OU=Orders, CN=orders.contoso.example`, false},
		{certs.BySubjectDistinguishedName, "CN=orders.contoso.example", false},
		{certs.BySubjectDistinguishedName, "orders.contoso.example", false},
		{certs.BySubjectDistinguishedName, `CN="orders.contoso.example`, false},
		{certs.ByIssuerName, "root 1", true},
		{certs.ByIssuerName, "orders", false},
		{certs.ByIssuerDistinguishedName, "CN=Contoso  Root 1", true},
		{certs.ByIssuerDistinguishedName, "CN=Contoso Root", false},
		{certs.BySerialNumber, "1A2B3C", true},
		{certs.BySerialNumber, "00:1a:2b:3c", true},
		{certs.BySerialNumber, "1715004", true},
		{certs.BySerialNumber, "1A2B3D", false},
		{certs.BySerialNumber, "xyz", false},
		{certs.BySubjectKeyIdentifier, "ab cd ef", true},
		{certs.BySubjectKeyIdentifier, "ab cd", false},
		{certs.ByApplicationPolicy, "1.3.6.1.5.5.7.3.1", true},
		{certs.ByApplicationPolicy, "1.2.3.4", true},
		{certs.ByApplicationPolicy, "1.3.6.1.5.5.7.3.3", false},
		{certs.ByCertificatePolicy, "1.2.3.5", true},
		{certs.ByCertificatePolicy, "1.2.3.4", false},
		{certs.ByExtension, "1.2.3.6", true},
		{certs.ByExtension, "1.2.3.7", false},
		{"FindByTimeValid", "2026-11-01", false},
	} {
		t.Run(string(c.kind)+"/"+c.value, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, c.kind.Matches(leaf.Certificate, c.value))
		})
	}
}

func TestMap_Find(t *testing.T) {
	t.Parallel()
	write := func(c *made) (certificate, key string) { return file(t, certificatePEM(c)), file(t, keyPEM(t, c.key)) }
	mine := issue(t, nil, newKey(t), nil)
	root := issue(t, nil, newKey(t), authority("localhost root"))
	other := issue(t, nil, newKey(t), func(c *x509.Certificate) { c.SerialNumber = big.NewInt(99) })
	entry := func(line int, find, store string, c *made) certs.Entry {
		e := certs.Entry{Pos: source.Pos{File: "v.yaml", Line: line, Column: 5}, Find: find, Store: store}
		e.Certificate, e.Key = write(c)
		return e
	}
	m, errs := certs.LoadMap([]certs.Entry{
		entry(1, "localhost", "My", mine), entry(2, "localhost", "Root", root), entry(3, "any", "", other), entry(4, "alone", "My", root),
		entry(5, "both", "A", mine), entry(6, "both", "B", other),
	})
	require.Empty(t, errs)
	for _, c := range []struct {
		name string
		ref  certs.Reference
		want *made // nil: not found
		err  string
	}{
		{"words and store", certs.Reference{Store: "Root", Value: "localhost"}, root, ""},
		{"store in other case", certs.Reference{Store: "MY", Value: "localhost"}, mine, ""},
		{"words for any store", certs.Reference{Store: "My", Value: "any"}, other, ""},
		{"any type", certs.Reference{Store: "My", Type: "FindByTimeValid", Value: "any"}, other, ""},
		{"reference without store", certs.Reference{Value: "alone"}, root, ""},
		{"reference without store, two", certs.Reference{Value: "both"}, nil, "finds the certificates at v.yaml:5:5 and at v.yaml:6:5"},
		{"thumbprint", certs.Reference{Store: "My", Type: certs.ByThumbprint, Value: certs.Thumbprint(mine.Certificate)}, mine, ""},
		{"serial number", certs.Reference{Type: certs.BySerialNumber, Value: "63"}, other, ""},
		{"subject name of one certificate in two entries", certs.Reference{Store: "Root", Type: certs.BySubjectName, Value: "localhost root"}, root, ""},
		{"subject name of two", certs.Reference{Type: certs.BySubjectName, Value: "contoso"}, nil, "write its findValue as find"},
		{"wrong store", certs.Reference{Store: "Z", Type: certs.ByThumbprint, Value: certs.Thumbprint(mine.Certificate)}, nil, "no certificate for FindByThumbprint"},
		{"nothing", certs.Reference{Store: "My", Value: "CN=x"}, nil, "no certificate for FindBySubjectDistinguishedName \"CN=x\" in store My; add to viaduct.yaml:\n  certificates:\n    - find: \"CN=x\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := m.Find(c.ref)
			if c.want == nil {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.True(t, got.Leaf.Equal(c.want.Certificate))
			assert.True(t, got.HasKey())
		})
	}
	_, err := (*certs.Map)(nil).Find(certs.Reference{Value: "x"})
	require.Error(t, err)
}

// TestLoadMap_reload: a second load sees the new file; a broken one leaves the
// first map as it was.
func TestLoadMap_reload(t *testing.T) {
	t.Parallel()
	first, second := issue(t, nil, newKey(t), nil), issue(t, nil, newKey(t), nil)
	e := certs.Entry{Find: "x", Certificate: file(t, certificatePEM(first), keyPEM(t, first.key))}
	before, errs := certs.LoadMap([]certs.Entry{e})
	require.Empty(t, errs)
	require.NoError(t, os.WriteFile(e.Certificate, append(certificatePEM(second), keyPEM(t, second.key)...), 0o600))
	after, errs := certs.LoadMap([]certs.Entry{e})
	require.Empty(t, errs)
	a, err := before.Find(certs.Reference{Value: "x"})
	require.NoError(t, err)
	b, err := after.Find(certs.Reference{Value: "x"})
	require.NoError(t, err)
	assert.True(t, a.Leaf.Equal(first.Certificate))
	assert.True(t, b.Leaf.Equal(second.Certificate))

	require.NoError(t, os.WriteFile(e.Certificate, nil, 0o600))
	e.Pos = source.Pos{File: "v.yaml", Line: 3, Column: 5}
	_, errs = certs.LoadMap([]certs.Entry{e, e})
	require.Len(t, errs, 2)
	require.ErrorContains(t, errs[0], "v.yaml:3:5: "+e.Certificate+": no certificate in PEM form")
	var wrong *certs.FileError
	require.ErrorAs(t, errs[0], &wrong)
}

func FuzzMatches(f *testing.F) {
	leaf := issue(f, nil, newKey(f), nil)
	for _, s := range []string{"CN=a, O=b", `O="a""b"`, `CN=a\`, "CN=a+OU=b", "=", "CN=a,", "00:1A", "\u200e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range []certs.FindType{certs.ByThumbprint, certs.BySubjectName, certs.BySubjectDistinguishedName, certs.BySerialNumber} {
			if k != certs.BySubjectName && k.Matches(leaf.Certificate, s) && len(s) < 6 {
				t.Fatalf("%s %q finds a certificate", k, s)
			}
		}
	})
}

func FuzzLoad(f *testing.F) {
	leaf := issue(f, nil, newKey(f), nil)
	f.Add(certificatePEM(leaf), keyPEM(f, leaf.key))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), []byte("x"))
	f.Fuzz(func(t *testing.T, certificate, key []byte) {
		c, err := certs.Load(file(t, certificate), file(t, key))
		if (err == nil) != (c != nil && c.HasKey()) {
			t.Fatalf("certificate %v and error %v", c, err)
		}
	})
}

func BenchmarkFindType_Matches(b *testing.B) {
	leaf := issue(b, nil, newKey(b), nil)
	for kind, value := range map[certs.FindType]string{
		certs.ByThumbprint:               certs.Thumbprint(leaf.Certificate),
		certs.BySubjectDistinguishedName: `CN=orders.contoso.example, OU=Orders, O="Contoso, Inc.", C=DE`,
	} {
		b.Run("type="+string(kind), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !kind.Matches(leaf.Certificate, value) {
					b.Fatal("no match")
				}
			}
		})
	}
}
