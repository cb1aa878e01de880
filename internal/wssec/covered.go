package wssec

import (
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Kind says what a Reference points at.
type Kind uint8

// The kinds of Reference.
const (
	Element  Kind = iota // one element of the head, Body among them
	Document             // the whole message, or nobody can tell what
	Unread               // an id that no element of the head bears: something in the body
	External             // something outside the envelope, such as an attachment
	Proof                // the Signature element: its SignedInfo is what SignatureValue signs
)

// Reference is one thing that a signature covers. It holds no views: it may
// outlive the message.
type Reference struct {
	Kind       Kind
	URI        string       // as signed, decoded; empty for Proof
	ID         string       // the id that URI or the Signature names, or ""
	Space      string       // namespace of the element, for Element and Proof
	Local      string       // local name of the element, for Element and Proof
	Element    xmltext.Span // in the head; of Body only what the head holds of it
	Transforms []string     // algorithms in order; of a Proof its canonicalisation
	Digest     string       // digest algorithm
	Why        string       // for Document: what made it so

	body bool // the element is Body
}

// String names URI and element, for explain and for faults.
func (r *Reference) String() string {
	var b strings.Builder
	switch r.Kind {
	case Proof:
		b.WriteString("Signature")
		if r.ID != "" {
			fmt.Fprintf(&b, " %q", r.ID)
		}
		return b.String()
	case Document:
		fmt.Fprintf(&b, "Reference %q (whole message: %s)", r.URI, r.Why)
	case Unread:
		fmt.Fprintf(&b, "Reference %q (in the body)", r.URI)
	case External:
		fmt.Fprintf(&b, "Reference %q (outside the envelope)", r.URI)
	case Element:
		fmt.Fprintf(&b, "Reference %q (element %s of %s)", r.URI, r.Local, r.Space)
	}
	return b.String()
}

// Covered is what the signatures of one message cover. A nil *Covered covers
// nothing; all methods may be called on it.
type Covered struct {
	refs []Reference
	tags [2]xmltext.Span // start tags of Envelope and Header
}

// References lists everything covered, in the order of the Security headers.
// The Proof stands behind the references of its signature. An id that occurs
// more than once gives one entry for each element that bears it.
func (c *Covered) References() []Reference {
	if c == nil {
		return nil
	}
	return c.refs
}

// Covers returns the first reference that an edit of s would break. An empty
// span stands for an insertion: it breaks what it falls inside of, not what it
// touches at an edge.
func (c *Covered) Covers(s xmltext.Span) (*Reference, bool) {
	tags := c != nil && (overlap(c.tags[0], s) || overlap(c.tags[1], s))
	return c.first(func(r *Reference) bool {
		switch r.Kind {
		case Document:
			return true
		case Element, Proof:
			return tags || overlap(r.Element, s)
		default:
			return tags && r.Kind == Unread
		}
	})
}

// CoversBody returns the first reference to Body, to something that may lie in
// it, or to everything.
func (c *Covered) CoversBody() (*Reference, bool) {
	return c.first(func(r *Reference) bool {
		return r.body || r.Kind == Document || r.Kind == Unread
	})
}

// CoversAll returns the first reference to everything.
func (c *Covered) CoversAll() (*Reference, bool) {
	return c.first(func(r *Reference) bool { return r.Kind == Document })
}

func (c *Covered) first(is func(*Reference) bool) (*Reference, bool) {
	if c == nil {
		return nil, false
	}
	for i := range c.refs {
		if is(&c.refs[i]) {
			return &c.refs[i], true
		}
	}
	return nil, false
}

// overlap reports whether an edit of s changes something inside of element.
func overlap(element, s xmltext.Span) bool {
	if s.Start == s.End {
		return element.Start < s.Start && s.Start < element.End
	}
	return element.Start < s.End && s.Start < element.End
}
