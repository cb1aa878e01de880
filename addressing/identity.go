package addressing

import (
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// IdentityKind says how an identity is given.
type IdentityKind uint8

// Kinds of identities (dispatch 1.3).
const (
	DNS IdentityKind = iota + 1
	UPN
	SPN
	RSA
	Certificate
)

// Identity is who is expected to answer at an address.
type Identity struct {
	Kind IdentityKind
	// Name is the name of a DNS, UPN or SPN identity.
	Name string
	// Keys is modulus and exponent of an RSA identity, or the certificates of a
	// Certificate identity, the primary one first; base64 without blanks.
	Keys []string
}

// Equal compares two identities: names of DNS and UPN without regard to case,
// certificates by the primary one. Two absent identities are equal.
func (i *Identity) Equal(j *Identity) bool {
	if i == nil || j == nil {
		return i == j
	}
	if i.Kind != j.Kind {
		return false
	}
	switch i.Kind {
	case DNS, UPN:
		return strings.EqualFold(i.Name, j.Name)
	case SPN:
		return i.Name == j.Name
	case Certificate:
		return len(i.Keys) > 0 && len(j.Keys) > 0 && i.Keys[0] == j.Keys[0]
	default:
		return slices.Equal(i.Keys, j.Keys)
	}
}

// appendTo appends the Identity element.
func (i *Identity) appendTo(dst []byte) []byte {
	dst = append(dst, `<Identity xmlns="`+identityNS+`">`...)
	switch i.Kind {
	case DNS:
		dst = appendElement(dst, "Dns", i.Name)
	case UPN:
		dst = appendElement(dst, "Upn", i.Name)
	case SPN:
		dst = appendElement(dst, "Spn", i.Name)
	case RSA:
		dst = append(dst, `<KeyInfo xmlns="`+dsigNS+`"><RSAKeyValue>`...)
		for k, name := range []string{"Modulus", "Exponent"} {
			if k < len(i.Keys) {
				dst = appendElement(dst, name, i.Keys[k])
			}
		}
		dst = append(dst, "</RSAKeyValue></KeyInfo>"...)
	case Certificate:
		dst = append(dst, `<KeyInfo xmlns="`+dsigNS+`"><X509Data>`...)
		for _, c := range i.Keys {
			dst = appendElement(dst, "X509Certificate", c)
		}
		dst = append(dst, "</X509Data></KeyInfo>"...)
	}
	return append(dst, "</Identity>"...)
}

// appendElement appends an element in the default namespace.
func appendElement(dst []byte, name, text string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = xmltext.AppendEscaped(dst, text)
	dst = append(dst, "</"...)
	dst = append(dst, name...)
	return append(dst, '>')
}
