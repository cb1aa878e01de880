package wssec

import (
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// Check reads the coverage of d's base and refuses d when one of its edits, or
// its bridging, would break a signature. The error is a *refusal.Error with
// reason wss.would_break that names the reference. A draft without a base, and
// a base without signatures, always pass.
func Check(d *soap.Draft) error {
	base := d.Base()
	if base == nil || len(d.Touched()) == 0 {
		return nil
	}
	c, err := Coverage(base)
	if err != nil {
		return err
	}
	return c.Check(d)
}

// Check is the function Check for a coverage that is already known. It must be
// the coverage of d's base.
func (c *Covered) Check(d *soap.Draft) error {
	if c == nil || d.Base() == nil {
		return nil
	}
	if d.Rebuilt() {
		return c.checkRebuilt(d)
	}
	for _, s := range d.Touched() {
		if r, ok := c.Covers(s); ok {
			return wouldBreak(s.Start, s.End, r)
		}
	}
	return nil
}

// checkRebuilt checks a draft whose outer elements are written anew. Body is
// another element then, and whatever is signed in it may be Body itself. A signed
// part of the head survives where its octets do and where its canonical form
// does not list the declarations around it, one of which is new.
func (c *Covered) checkRebuilt(d *soap.Draft) error {
	if r, ok := c.CoversBody(); ok {
		return refusal.Newf(refusal.WSSWouldBreak, -1, "bridging to %s writes Body anew, which would break %s", d.Version(), r)
	}
	signed := func(r *Reference) bool { return r.Kind == Element || r.Kind == Proof }
	if r, ok := c.first(func(r *Reference) bool { return signed(r) && !r.exclusive() }); ok {
		return refusal.Newf(refusal.WSSWouldBreak, -1,
			"bridging to %s declares a prefix around %s, whose canonical form is not exclusive", d.Version(), r)
	}
	for _, s := range d.Touched() {
		if r, ok := c.first(func(r *Reference) bool { return signed(r) && overlap(r.Element, s) }); ok {
			return wouldBreak(s.Start, s.End, r)
		}
	}
	return nil
}

func wouldBreak(start, end int, r *Reference) error {
	return refusal.Newf(refusal.WSSWouldBreak, int64(start), "an edit of octets %d to %d would break %s", start, end, r)
}

// exclusive reports whether the reference's canonical form depends on the
// declarations in force around the element only where it uses them. Without a
// transform it is Canonical XML, which depends on all (XML Signature 1.1,
// 4.4.3.2). Prefixes of an InclusiveNamespaces list are in force after bridging
// as they were before.
func (r *Reference) exclusive() bool {
	found := false
	for _, t := range r.Transforms {
		if isInclusive(t) {
			return false
		}
		found = found || isExclusive(t)
	}
	return found
}
