package wssec

import "slices"

// want asks for the elements that the claims name.
func (c *claimReader) want(r *targetReader) {
	for i := range c.claims {
		cl := &c.claims[i]
		cl.target = -1
		if id, ok := cl.id(); ok {
			cl.target = r.want(id)
		}
	}
	for _, id := range c.tokens {
		if i := r.want(id); !slices.Contains(c.tokenIDs, i) {
			c.tokenIDs = append(c.tokenIDs, i)
		}
	}
}

// resolve gives the references of all signatures.
func (c *claimReader) resolve(r *targetReader) []Reference {
	var refs []Reference
	if c.beyond != "" {
		refs = append(refs, Reference{Kind: Document, Why: c.beyond})
	}
	for i, p := range c.proofs {
		for j := range c.claims {
			if c.claims[j].proof == i {
				refs = c.resolveClaim(refs, &c.claims[j], r)
			}
		}
		proof := Reference{Kind: Proof, ID: p.id, Space: p.space, Local: p.local, Element: p.span}
		if p.c14n != "" {
			proof.Transforms = []string{p.c14n}
		}
		refs = append(refs, proof)
	}
	return refs
}

func (c *claimReader) resolveClaim(refs []Reference, cl *claim, r *targetReader) []Reference {
	ref := Reference{URI: cl.uri, Transforms: cl.transforms, Digest: cl.digest}
	if cl.assertion >= 0 {
		// A signature in an assertion speaks of that assertion alone: its
		// verifier takes the assertion out of the message (SAML 2.0 Core, 5.4.2).
		a := c.assertions[cl.assertion]
		ref.Kind, ref.Space, ref.Local, ref.Element = Element, a.space, a.local, a.span
		if len(cl.uri) > 1 {
			ref.ID = cl.uri[1:]
		}
		return append(refs, ref)
	}
	if why := cl.whole(); why != "" {
		ref.Kind, ref.Why = Document, why
		return append(refs, ref)
	}
	if cl.target < 0 {
		ref.Kind = External
		return append(refs, ref)
	}
	ref.ID = r.ids[cl.target]
	refs, found := c.elements(refs, ref, r, cl.target)
	if !slices.Contains(cl.transforms, strTransform) {
		return refs
	}
	if !found {
		refs[len(refs)-1].Kind, refs[len(refs)-1].Why = Document, "STR-Transform of something in the body"
		return refs
	}
	if c.exchanged {
		return refs
	}
	c.exchanged = true // What follows is the same for each such transform.
	return c.tokenElements(refs, ref, r)
}

// elements appends one entry for each element that bears the id.
func (c *claimReader) elements(refs []Reference, ref Reference, r *targetReader, want int) ([]Reference, bool) {
	bearers := r.bearers(want)
	if len(bearers) == 0 {
		ref.Kind = Unread
		return append(refs, ref), false
	}
	if len(bearers) > maxBearers {
		ref.Kind, ref.Why = Document, "too many elements with this id"
		return append(refs, ref), true
	}
	for _, t := range bearers {
		ref.Kind, ref.Why = Element, ""
		if t.depth == 1 {
			ref.Kind, ref.Why = Document, "Envelope is signed"
		}
		ref.Space, ref.Local, ref.Element = t.space, t.local, t.span
		ref.body = t.depth == 2 && t.space == r.space && t.local == "Body"
		refs = append(refs, ref)
	}
	return refs, true
}

// tokenElements appends what an STR-Transform may replace its element by: any
// token in a Security header, by id or by what a KeyIdentifier says, and any
// element that a SecurityTokenReference names (WS-Security 1.1, 8.3).
func (c *claimReader) tokenElements(refs []Reference, ref Reference, r *targetReader) []Reference {
	for i := range c.blocks {
		b := &c.blocks[i]
		ref.Kind, ref.Element = Element, b.Element
		ref.Space, ref.Local = string(b.Name.Space), string(b.Name.Local)
		refs = append(refs, ref)
	}
	for _, id := range c.tokenIDs {
		ref.ID = r.ids[id]
		refs, _ = c.elements(refs, ref, r, id)
	}
	return refs
}

// whole says why the claim covers everything, or "".
func (cl *claim) whole() string {
	if !cl.hasURI {
		return "no URI"
	}
	if cl.uri == "" {
		return "empty URI"
	}
	if cl.uri[0] != '#' {
		return "" // Not of this document, whatever the transforms do.
	}
	if _, why := fragment(cl.uri); why != "" {
		return why
	}
	if len(cl.transforms) > maxTransforms {
		return "too many transforms"
	}
	for _, t := range cl.transforms {
		if !local(t) {
			return "transform " + t
		}
	}
	return ""
}

// id returns the id that the claim names, when it names one.
func (cl *claim) id() (string, bool) {
	if cl.assertion >= 0 || cl.whole() != "" || cl.uri[0] != '#' {
		return "", false
	}
	id, _ := fragment(cl.uri)
	return id, true
}

// local reports whether a transform's result depends on the element alone.
func local(algorithm string) bool {
	return isExclusive(algorithm) || isInclusive(algorithm) ||
		algorithm == enveloped || algorithm == strTransform
}

func isExclusive(a string) bool { return a == exclusive || a == exclusive+"WithComments" }

func isInclusive(a string) bool {
	return a == c14n || a == c14n+"#WithComments" || a == c14n11 || a == c14n11+"#WithComments"
}
