package addressing

import (
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// identityReader reads the content of one Identity element.
type identityReader struct {
	seen  bool
	count int // children of Identity
	id    Identity
	leaf  part
	path  [4]string // local names below Identity
}

func (r *identityReader) begin() error {
	if r.seen {
		return brokenEPR("two identities")
	}
	r.seen = true
	return nil
}

func (r *identityReader) start(depth int, p part) error {
	level := depth - depthParameter
	if level >= len(r.path) {
		return brokenEPR("identity with elements that are not known")
	}
	r.path[level] = p.local
	r.leaf = p
	if level > 0 {
		if p.space != dsigNS {
			return brokenEPR("identity with elements that are not known")
		}
		return nil
	}
	if r.count++; r.count > 1 {
		return brokenEPR("identity with two elements")
	}
	kind, ok := map[string]IdentityKind{"Dns": DNS, "Upn": UPN, "Spn": SPN}[p.local]
	switch {
	case ok && p.space == identityNS:
		r.id.Kind = kind
	case p.local == "KeyInfo" && p.space == dsigNS:
	default:
		return brokenEPR("identity of a kind that is not known: " + p.local)
	}
	return nil
}

func (r *identityReader) end(depth int, doc []byte, tok xmltext.Span) error {
	if r.leaf.local == "" { // it had children
		return nil
	}
	level := depth - depthParameter
	value, err := xmltext.AppendValue(nil, r.leaf.content(doc, tok))
	r.leaf = part{}
	if err != nil {
		return refusal.Newf(refusal.WSAEPR, -1, "endpoint reference: %w", err)
	}
	switch strings.Join(r.path[:level+1], "/") {
	case "Dns", "Upn", "Spn":
		r.id.Name = string(value)
	case "KeyInfo/RSAKeyValue/Modulus":
		r.id.Kind = RSA
		r.id.Keys = append([]string{blanksOut(value)}, r.id.Keys...)
	case "KeyInfo/RSAKeyValue/Exponent":
		r.id.Kind = RSA
		r.id.Keys = append(r.id.Keys, blanksOut(value))
	case "KeyInfo/X509Data/X509Certificate":
		r.id.Kind = Certificate
		r.id.Keys = append(r.id.Keys, blanksOut(value))
	}
	return nil
}

func (r *identityReader) finish() (*Identity, error) {
	if r.id.Kind == 0 {
		return nil, brokenEPR("identity without content")
	}
	id := r.id
	return &id, nil
}

func blanksOut(value []byte) string { return strings.Join(strings.Fields(string(value)), "") }
