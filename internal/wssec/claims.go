package wssec

import (
	"bytes"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// Namespaces of XML Signature and XML Encryption.
const (
	nsSignature  = "http://www.w3.org/2000/09/xmldsig#"
	nsEncryption = "http://www.w3.org/2001/04/xmlenc#"
)

// Transforms whose result stays inside the element that is referenced
// (XML Signature 1.1, 6.5 and 6.6.4; WS-Security 1.1, 8.3).
const (
	c14n         = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	c14n11       = "http://www.w3.org/2006/12/xml-c14n11"
	exclusive    = "http://www.w3.org/2001/10/xml-exc-c14n#"
	enveloped    = nsSignature + "enveloped-signature"
	strTransform = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform"
)

// claim is one ds:Reference as written.
type claim struct {
	proof      int // index of its Signature
	assertion  int // index of the SAML assertion it stands in, or -1
	uri        string
	hasURI     bool
	transforms []string
	digest     string
	target     int // index of the id among those asked for, or -1
}

// part is a Signature or a SAML assertion.
type part struct {
	span         xmltext.Span
	space, local string
	id, c14n     string
}

// frame is what holds inside of one open element of a Security header: the
// innermost Signature, Reference and assertion, as indices or -1.
type frame struct {
	proof, claim, assertion int
	opens                   *part // the part that ends with this element
}

// claimReader reads the Security headers.
type claimReader struct {
	blocks     []soap.Block
	proofs     []*part
	assertions []*part
	claims     []claim
	tokens     []string // ids in SecurityTokenReferences
	tokenIDs   []int    // the same, as wanted
	exchanged  bool     // what an STR-Transform may reach is resolved
	beyond     string   // why everything counts as covered, or ""
	stack      []frame
}

func (c *claimReader) token(s *scan, k xmltext.Kind, t xmltext.Span) bool {
	if t.Start >= c.blocks[len(c.blocks)-1].Element.End {
		return false
	}
	if !c.inside(t) {
		return true
	}
	if k == xmltext.StartTag {
		c.open(s, t)
		if !s.Empty() {
			return true
		}
	}
	if n := len(c.stack); n > 0 {
		if p := c.stack[n-1].opens; p != nil {
			p.span.End = t.End
		}
		c.stack = c.stack[:n-1]
	}
	return true
}

func (c *claimReader) inside(t xmltext.Span) bool {
	for i := range c.blocks {
		if e := c.blocks[i].Element; e.Start <= t.Start && t.End <= e.End {
			return true
		}
	}
	return false
}

func (c *claimReader) open(s *scan, t xmltext.Span) {
	f := frame{proof: -1, claim: -1, assertion: -1}
	if n := len(c.stack); n > 0 {
		f = c.stack[n-1]
		f.opens = nil
	}
	switch n := s.Name(); {
	case n.Is(nsSignature, "Signature"):
		c.signature(s, &f, t)
	case f.proof >= 0 && string(n.Space) == nsSignature:
		c.signaturePart(s, &f, n.Local)
	case len(c.stack) == 1 && n.Is(nsEncryption, "EncryptedData"):
		c.beyond = "EncryptedData in Security, which may hide a Signature"
	case f.assertion < 0 && string(n.Local) == "Assertion" && bytes.HasPrefix(n.Space, []byte("urn:oasis:names:tc:SAML:")):
		f.opens = &part{span: t, space: string(n.Space), local: "Assertion"}
		f.assertion = len(c.assertions)
		c.assertions = append(c.assertions, f.opens)
	case string(n.Local) == "Reference":
		// A direct reference of WS-Security 1.1, 7.1, in whatever draft of it.
		if uri, ok := s.attr("URI"); ok && strings.HasPrefix(uri, "#") && len(c.tokens) < maxReferences {
			c.tokens = append(c.tokens, uri[1:])
		}
	default:
	}
	c.stack = append(c.stack, f)
}

func (c *claimReader) signature(s *scan, f *frame, t xmltext.Span) {
	if len(c.proofs) == maxReferences {
		c.beyond = "too many signatures"
		return
	}
	id, _ := s.attr("Id")
	f.opens = &part{span: t, space: nsSignature, local: "Signature", id: id}
	f.proof, f.claim = len(c.proofs), -1
	c.proofs = append(c.proofs, f.opens)
}

// signaturePart reads an element of XML Signature inside of a Signature. A
// Reference counts wherever it stands, in a Manifest too.
func (c *claimReader) signaturePart(s *scan, f *frame, local []byte) {
	switch string(local) {
	case "Reference":
		if len(c.claims) == maxReferences {
			c.beyond = "too many references"
			return
		}
		uri, ok := s.attr("URI")
		f.claim = len(c.claims)
		c.claims = append(c.claims, claim{proof: f.proof, assertion: f.assertion, uri: uri, hasURI: ok})
	case "Transform":
		if f.claim >= 0 && len(c.claims[f.claim].transforms) <= maxTransforms {
			a, _ := s.attr("Algorithm")
			c.claims[f.claim].transforms = append(c.claims[f.claim].transforms, a)
		}
	case "DigestMethod":
		if f.claim >= 0 {
			c.claims[f.claim].digest, _ = s.attr("Algorithm")
		}
	case "CanonicalizationMethod":
		a, _ := s.attr("Algorithm")
		if f.claim >= 0 {
			// The parameter of an STR-Transform decides like a transform.
			c.claims[f.claim].transforms = append(c.claims[f.claim].transforms, a)
		} else {
			c.proofs[f.proof].c14n = a
		}
	default:
	}
}
