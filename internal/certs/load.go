package certs

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// maxFileSize bounds a PEM file; a bundle of all public authorities has a
// quarter of a MiB.
const maxFileSize = 1 << 20

// Certificate is a certificate with its chain, and its key where there is one.
type Certificate struct {
	TLS  tls.Certificate // PrivateKey is nil where no key was found
	Leaf *x509.Certificate

	chain []*x509.Certificate // the leaf first
}

// HasKey reports whether the certificate can prove itself.
func (c *Certificate) HasKey() bool { return c.TLS.PrivateKey != nil }

// FileError says what is wrong with a file, and what to do.
type FileError struct {
	File string
	Text string
}

// Error gives "file: text". It holds nothing of the file's content.
func (e *FileError) Error() string { return e.File + ": " + e.Text }

// Load reads a certificate chain, and the key that belongs to its first
// certificate. Without a key file the key is looked for in the certificate's
// file, and may be missing. Every error is a *FileError.
func Load(certificate, key string) (*Certificate, error) {
	data, err := read(certificate)
	if err != nil {
		return nil, err
	}
	chain, err := parseChain(certificate, data)
	if err != nil {
		return nil, err
	}
	keyFile := certificate
	if key != "" {
		keyFile = key
		if data, err = read(key); err != nil {
			return nil, err
		}
	}
	private, err := parseKey(keyFile, data, key != "")
	if err != nil {
		return nil, err
	}
	c := &Certificate{Leaf: chain[0], chain: chain, TLS: tls.Certificate{Leaf: chain[0]}}
	for _, x := range chain {
		c.TLS.Certificate = append(c.TLS.Certificate, x.Raw)
	}
	if private == nil {
		return c, nil
	}
	if at := slices.IndexFunc(chain, func(x *x509.Certificate) bool { return belongs(x, private) }); at != 0 {
		if at > 0 {
			return nil, &FileError{certificate, fmt.Sprintf("the key belongs to certificate %d of the file (%s); put that one first, its issuers behind it", at+1, name(chain[at]))}
		}
		return nil, &FileError{keyFile, fmt.Sprintf("the key does not belong to the certificate of %s (%s); name the key that it was made with", certificate, name(chain[0]))}
	}
	c.TLS.PrivateKey = private
	return c, nil
}

// LoadPool reads authorities to trust. Every error is a *FileError.
func LoadPool(file string) (*x509.CertPool, error) {
	data, err := read(file)
	if err != nil {
		return nil, err
	}
	chain, err := parseChain(file, data)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range chain {
		pool.AddCert(c)
	}
	return pool, nil
}

// Warnings says what is doubtful about a certificate and stops nothing: that it
// is not valid at this time, that it soon will not be, and that its chain is not
// in order.
func (c *Certificate) Warnings(now time.Time) []string {
	const soon = 14 * 24 * time.Hour
	var out []string
	for i, x := range c.chain {
		switch until := x.NotAfter.Format(time.DateOnly); {
		case now.After(x.NotAfter):
			out = append(out, fmt.Sprintf("certificate %s expired on %s; clients will refuse it", name(x), until))
		case now.Before(x.NotBefore):
			out = append(out, fmt.Sprintf("certificate %s is not valid before %s", name(x), x.NotBefore.Format(time.DateTime)))
		case x.NotAfter.Sub(now) < soon:
			out = append(out, fmt.Sprintf("certificate %s expires on %s", name(x), until))
		}
		if i > 0 && !slices.Equal(c.chain[i-1].RawIssuer, x.RawSubject) {
			out = append(out, fmt.Sprintf("certificate %s does not issue %s, which stands before it; put each issuer right behind what it issued", name(x), name(c.chain[i-1])))
		}
	}
	return out
}

func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		if p, ok := errors.AsType[*os.PathError](err); ok {
			err = p.Err
		}
		return nil, &FileError{file, err.Error()}
	}
	defer func() { _ = f.Close() }() // nothing was written
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, &FileError{file, "not a regular file"}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	switch {
	case err != nil:
		return nil, &FileError{file, "cannot be read"}
	case len(data) > maxFileSize:
		return nil, &FileError{file, "larger than 1 MiB"}
	}
	return data, nil
}

// notPEM says what to do with files in other forms.
const notPEM = "no %s in PEM form in this file (a block between -----BEGIN and -----END lines); " +
	"a .pfx or .p12 file is converted by: openssl pkcs12 -in FILE -nodes -out FILE.pem"

func parseChain(file string, data []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &FileError{file, fmt.Sprintf("certificate %d of the file is damaged: %v", len(chain)+1, err)}
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, &FileError{file, fmt.Sprintf(notPEM, "certificate")}
	}
	return chain, nil
}

// parseKey returns nil without an error where there is no key and none is needed.
func parseKey(file string, data []byte, needed bool) (crypto.Signer, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, &FileError{file, "the key is encrypted and there is nobody to ask for its password; decrypt it by: openssl pkey -in FILE -out FILE.key"}
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			if rsa, e := x509.ParsePKCS1PrivateKey(block.Bytes); e == nil {
				key, err = rsa, nil
			} else if ec, e := x509.ParseECPrivateKey(block.Bytes); e == nil {
				key, err = ec, nil
			}
		}
		signer, ok := key.(crypto.Signer)
		if err != nil || !ok {
			// The parser's words are left out: nothing of a key is shown.
			return nil, &FileError{file, "the key is damaged, or of a kind that TLS does not know; use RSA, ECDSA or Ed25519"}
		}
		return signer, nil
	}
	if needed {
		return nil, &FileError{file, fmt.Sprintf(notPEM, "private key")}
	}
	return nil, nil //nolint:nilnil // documented above
}

func belongs(c *x509.Certificate, key crypto.Signer) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}

// name shows a certificate to people.
func name(c *x509.Certificate) string {
	if s := distinguishedName(c.RawSubject); s != "" {
		return s
	}
	return "with serial number " + serial(c)
}
