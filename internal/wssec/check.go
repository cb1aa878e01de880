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
	base := d.Base()
	if c == nil || base == nil {
		return nil
	}
	if d.Version().Envelope != base.Version.Envelope {
		// Body has no span in the head alone, so Touched cannot tell of it.
		if r, ok := c.CoversBody(); ok {
			return refusal.Newf(refusal.WSSWouldBreak, -1,
				"bridging to %s would break %s", d.Version(), r)
		}
	}
	for _, s := range d.Touched() {
		if r, ok := c.Covers(s); ok {
			return refusal.Newf(refusal.WSSWouldBreak, int64(s.Start),
				"an edit of octets %d to %d would break %s", s.Start, s.End, r)
		}
	}
	return nil
}
