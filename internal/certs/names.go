package certs

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
)

// attributes are the names that .NET writes for the parts of a distinguished
// name.
var attributes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "S",
	"2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "T", "2.5.4.42": "G", "2.5.4.43": "I",
	"0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "E",
}

// spellings are other names for the same attributes.
var spellings = map[string]string{"ST": "S", "EMAIL": "E", "EMAILADDRESS": "E", "TITLE": "T", "GIVENNAME": "G", "SURNAME": "SN", "INITIALS": "I"}

// part is one attribute of a distinguished name.
type part struct{ kind, value string }

// nameParts reads an encoded name, the most specific part first, as .NET shows it.
func nameParts(raw []byte) []part {
	var sequence pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &sequence); err != nil {
		return nil
	}
	var out []part
	for _, set := range slices.Backward(sequence) {
		for _, a := range set {
			kind := attributes[a.Type.String()]
			if kind == "" {
				kind = "OID." + a.Type.String()
			}
			out = append(out, part{kind, fmt.Sprint(a.Value)})
		}
	}
	return out
}

// distinguishedName writes an encoded name as .NET does: CN=a, O=b, C=c.
func distinguishedName(raw []byte) string {
	var b strings.Builder
	for i, p := range nameParts(raw) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.kind + "=")
		if strings.ContainsAny(p.value, ",+=\"\n<>#;") || p.value != strings.TrimSpace(p.value) {
			b.WriteString(`"` + strings.ReplaceAll(p.value, `"`, `""`) + `"`)
		} else {
			b.WriteString(p.value)
		}
	}
	return b.String()
}

// parseName reads a distinguished name as .NET or OpenSSL writes it: parts
// between commas, semicolons or plus signs, values with blanks around them, in
// quotation marks or with backslashes.
func parseName(s string) ([]part, bool) {
	var out []part
	for {
		kind, rest, ok := strings.Cut(s, "=")
		if kind = strings.ToUpper(strings.TrimSpace(kind)); !ok || kind == "" {
			return nil, false
		}
		if k, ok := spellings[kind]; ok {
			kind = k
		}
		value, tail, more, ok := nameValue(rest)
		if !ok {
			return nil, false
		}
		out = append(out, part{kind, value})
		if !more {
			return out, true
		}
		s = tail
	}
}

// nameValue reads one value; more reports whether another part follows in rest.
func nameValue(s string) (value, rest string, more, ok bool) {
	s = strings.TrimLeft(s, " \t\r\n")
	var b strings.Builder
	if strings.HasPrefix(s, `"`) {
		for s = s[1:]; ; {
			before, after, closed := strings.Cut(s, `"`)
			if !closed {
				return "", "", false, false
			}
			b.WriteString(before)
			if s = after; !strings.HasPrefix(s, `"`) {
				break
			}
			b.WriteByte('"')
			s = s[1:]
		}
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return b.String(), "", false, true
		}
		return b.String(), s[1:], true, strings.IndexByte(",;+", s[0]) >= 0
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case strings.IndexByte(",;+", s[i]) >= 0:
			return strings.TrimSpace(b.String()), s[i+1:], true, true
		default:
			b.WriteByte(s[i])
		}
	}
	return strings.TrimSpace(b.String()), "", false, true
}

// sameName compares an encoded name with a written one, part by part, without
// regard to letter case and to the number of blanks.
func sameName(raw []byte, text string) bool {
	want, ok := parseName(text)
	have := nameParts(raw)
	if !ok || len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i].kind != have[i].kind || !strings.EqualFold(blanks(want[i].value), blanks(have[i].value)) {
			return false
		}
	}
	return true
}

// holdsName reports whether a written text stands somewhere in the values of an
// encoded name, without regard to letter case.
func holdsName(raw []byte, text string) bool {
	parts := nameParts(raw)
	values := make([]string, len(parts))
	for i, p := range parts {
		values[i] = p.value
	}
	return strings.Contains(strings.ToLower(blanks(strings.Join(values, ", "))), strings.ToLower(blanks(text)))
}

func blanks(s string) string { return strings.Join(strings.Fields(s), " ") }

func serial(c *x509.Certificate) string {
	if c.SerialNumber == nil {
		return "0"
	}
	return strings.ToUpper(c.SerialNumber.Text(16))
}
