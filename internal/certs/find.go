package certs

import (
	"crypto/sha1" //nolint:gosec // a thumbprint is SHA-1 by definition, and proves nothing here
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// FindType is x509FindType of a WCF file.
type FindType string

// Find types that compare with what a certificate says.
const (
	ByThumbprint               FindType = "FindByThumbprint"
	BySubjectName              FindType = "FindBySubjectName"
	BySubjectDistinguishedName FindType = "FindBySubjectDistinguishedName" // WCF's default
	ByIssuerName               FindType = "FindByIssuerName"
	ByIssuerDistinguishedName  FindType = "FindByIssuerDistinguishedName"
	BySerialNumber             FindType = "FindBySerialNumber"
	BySubjectKeyIdentifier     FindType = "FindBySubjectKeyIdentifier"
	ByApplicationPolicy        FindType = "FindByApplicationPolicy"
	ByCertificatePolicy        FindType = "FindByCertificatePolicy"
	ByExtension                FindType = "FindByExtension"
)

// Matches reports whether a search of this type and value finds the certificate.
// It is false for types that cannot be answered by the certificate.
func (t FindType) Matches(c *x509.Certificate, value string) bool {
	value = strings.TrimSpace(strings.TrimLeft(value, "\u200e\u200f\ufeff"))
	if value == "" {
		return false
	}
	switch t {
	case ByThumbprint:
		return sameHex(Thumbprint(c), value)
	case BySubjectName:
		return holdsName(c.RawSubject, value)
	case "", BySubjectDistinguishedName:
		return sameName(c.RawSubject, value)
	case ByIssuerName:
		return holdsName(c.RawIssuer, value)
	case ByIssuerDistinguishedName:
		return sameName(c.RawIssuer, value)
	case BySerialNumber:
		return sameSerial(c.SerialNumber, value)
	case BySubjectKeyIdentifier:
		return len(c.SubjectKeyId) > 0 && sameHex(hex.EncodeToString(c.SubjectKeyId), value)
	case ByApplicationPolicy:
		return hasUsage(c, value)
	case ByCertificatePolicy:
		return slices.ContainsFunc(c.Policies, func(o x509.OID) bool { return o.String() == value })
	case ByExtension:
		return hasExtension(c, value)
	default:
		return false
	}
}

// Thumbprint gives what Windows calls one: SHA-1 over the certificate, in
// upper-case hexadecimal.
func Thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw) //nolint:gosec // as above
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func sameHex(have, want string) bool {
	return strings.EqualFold(have, strings.NewReplacer(" ", "", ":", "").Replace(want))
}

// sameSerial accepts hexadecimal as Windows shows it and decimal, as .NET does.
func sameSerial(n *big.Int, value string) bool {
	text := strings.NewReplacer(" ", "", ":", "").Replace(value)
	if x, ok := new(big.Int).SetString(text, 16); ok && x.Cmp(n) == 0 {
		return true
	}
	x, ok := new(big.Int).SetString(text, 10)
	return ok && x.Cmp(n) == 0
}

// hasUsage looks into the extension itself: the usages by OID.
func hasUsage(c *x509.Certificate, oid string) bool {
	known := map[string]x509.ExtKeyUsage{
		"2.5.29.37.0": x509.ExtKeyUsageAny, "1.3.6.1.5.5.7.3.1": x509.ExtKeyUsageServerAuth,
		"1.3.6.1.5.5.7.3.2": x509.ExtKeyUsageClientAuth, "1.3.6.1.5.5.7.3.3": x509.ExtKeyUsageCodeSigning,
		"1.3.6.1.5.5.7.3.4": x509.ExtKeyUsageEmailProtection, "1.3.6.1.5.5.7.3.8": x509.ExtKeyUsageTimeStamping,
	}
	if u, ok := known[oid]; ok && slices.Contains(c.ExtKeyUsage, u) {
		return true
	}
	for _, u := range c.UnknownExtKeyUsage {
		if u.String() == oid {
			return true
		}
	}
	return false
}

func hasExtension(c *x509.Certificate, oid string) bool {
	for _, e := range c.Extensions {
		if e.Id.String() == oid {
			return true
		}
	}
	return false
}

// Reference is how a WCF file names a certificate.
type Reference struct {
	Store string   // storeName; "" = any
	Type  FindType // "" = FindBySubjectDistinguishedName
	Value string   // findValue
}

// String gives the reference for messages.
func (r Reference) String() string {
	t := r.Type
	if t == "" {
		t = BySubjectDistinguishedName
	}
	s := fmt.Sprintf("%s %q", t, r.Value)
	if r.Store != "" {
		s += " in store " + r.Store
	}
	return s
}

// Entry is one of certificates[] in the settings.
type Entry struct {
	Pos              source.Pos // for messages
	Find, Store      string     // Store "" = any
	Certificate, Key string     // files; Key "" = in the certificate's file, or none
}

// Map holds the certificates of the settings. A nil *Map holds none.
type Map struct {
	entries []Entry
	loaded  []*Certificate
}

// EntryError says which entry cannot be loaded.
type EntryError struct {
	Pos source.Pos
	Err error // a *FileError
}

// Error gives "file:line:column: what is wrong".
func (e *EntryError) Error() string {
	if e.Pos.IsZero() {
		return e.Err.Error()
	}
	return e.Pos.String() + ": " + e.Err.Error()
}

// Unwrap returns the *FileError.
func (e *EntryError) Unwrap() error { return e.Err }

// NotFoundError says that no entry is what a reference means.
type NotFoundError struct{ Reference Reference }

// Error names the reference, and the lines to add to the settings.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no certificate for %s; add to viaduct.yaml:\n  certificates:\n    - find: %q\n      certificate: FILE.pem\n      key: FILE.key",
		e.Reference, e.Reference.Value)
}

// LoadMap loads all entries. Each error is an *EntryError; the Map is nil when
// there is one.
func LoadMap(entries []Entry) (*Map, []error) {
	m := &Map{entries: slices.Clone(entries)}
	var errs []error
	for _, e := range entries {
		c, err := Load(e.Certificate, e.Key)
		if err != nil {
			errs = append(errs, &EntryError{e.Pos, err})
			continue
		}
		m.loaded = append(m.loaded, c)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return m, nil
}

// Find returns the certificate that a reference means: the entry whose find is
// its value, that of its store before one for any store; else the certificate
// that says of itself what is looked for. The error names the lines to add to
// the settings, or the entries among which the reference does not decide.
func (m *Map) Find(r Reference) (*Certificate, error) {
	if m == nil {
		m = &Map{}
	}
	for _, store := range []string{r.Store, ""} {
		for i, e := range m.entries {
			if e.Find == r.Value && strings.EqualFold(e.Store, store) {
				return m.loaded[i], nil
			}
		}
	}
	if r.Store == "" {
		// The reference takes any store: so does one entry with a store.
		if found := m.where(func(e Entry, _ *Certificate) bool { return e.Find == r.Value }); len(found) > 0 {
			return m.only(r, found)
		}
	}
	found := m.where(func(e Entry, c *Certificate) bool {
		return (e.Store == "" || r.Store == "" || strings.EqualFold(e.Store, r.Store)) && r.Type.Matches(c.Leaf, r.Value)
	})
	return m.only(r, found)
}

// All gives each entry with its certificate.
func (m *Map) All() iter.Seq2[Entry, *Certificate] {
	return func(yield func(Entry, *Certificate) bool) {
		if m == nil {
			return
		}
		for i, c := range m.loaded {
			if !yield(m.entries[i], c) {
				return
			}
		}
	}
}

func (m *Map) where(is func(Entry, *Certificate) bool) []int {
	var out []int
	for i, c := range m.loaded {
		if is(m.entries[i], c) {
			out = append(out, i)
		}
	}
	return out
}

// only returns the one certificate that was found.
func (m *Map) only(r Reference, found []int) (*Certificate, error) {
	if len(found) == 0 {
		return nil, &NotFoundError{r}
	}
	first := m.loaded[found[0]]
	for _, i := range found[1:] {
		if !m.loaded[i].Leaf.Equal(first.Leaf) {
			return nil, fmt.Errorf("%s finds the certificates at %s and at %s; write its findValue as find of the one that is meant",
				r, m.entries[found[0]].Pos, m.entries[i].Pos)
		}
	}
	return first, nil
}
