package wssec

import (
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// target is an element of the head that bears an id which is asked for.
type target struct {
	want         int // index of the id
	span         xmltext.Span
	depth        int
	space, local string
	weak         bool // the attribute is not one of those known to be ids
}

// targetReader finds the elements that bear certain ids. No DTD says which
// attributes are ids, and verifiers are told by their own configuration. So the
// usual ones are taken in any namespace (wsu:Id, xml:id, Id, ID, AssertionID),
// and every other attribute with the value when none of those has it.
type targetReader struct {
	ids  []string
	full bool
	end  int // length of the head: what is open there ends behind it

	tags  [2]xmltext.Span // start tags of Envelope and Header
	space string          // namespace of the envelope
	depth int
	found []target
	open  []int // indices of found elements that are open
	value []byte
}

// want adds id, once, and returns its index.
func (r *targetReader) want(id string) int {
	for i := range r.ids {
		if r.ids[i] == id {
			return i
		}
	}
	r.ids = append(r.ids, id)
	return len(r.ids) - 1
}

func (r *targetReader) token(s *scan, k xmltext.Kind, t xmltext.Span) bool {
	if k == xmltext.StartTag {
		r.depth++
		r.start(s, t)
		if !s.Empty() {
			return true
		}
	}
	for n := len(r.open); n > 0 && r.found[r.open[n-1]].depth == r.depth; n-- {
		r.found[r.open[n-1]].span.End = t.End
		r.open = r.open[:n-1]
	}
	r.depth--
	return true
}

// close ends what is open behind the head: Body and Envelope.
func (r *targetReader) close() {
	for _, i := range r.open {
		r.found[i].span.End = r.end
	}
}

func (r *targetReader) start(s *scan, t xmltext.Span) {
	n := s.Name()
	switch {
	case r.depth == 1:
		r.tags[0], r.space = t, string(n.Space)
	case r.depth == 2 && n.Is(r.space, "Header"):
		r.tags[1] = t
	}
	attrs := s.Attrs()
	for i := range attrs {
		r.match(s, t, &attrs[i])
	}
}

// match looks whether a is an id that is asked for.
func (r *targetReader) match(s *scan, t xmltext.Span, a *xmltext.Attr) {
	v, err := xmltext.AppendAttrValue(r.value[:0], a.Raw.Of(s.head))
	if err != nil {
		return
	}
	r.value = v
	for i, id := range r.ids {
		if !sameID(v, id) {
			continue
		}
		if len(r.found) == maxTargets {
			r.full = true
			return
		}
		n, local := s.Name(), string(a.Name.Local)
		r.open = append(r.open, len(r.found))
		r.found = append(r.found, target{
			want: i, span: t, depth: r.depth, space: string(n.Space), local: string(n.Local),
			weak: !strings.EqualFold(local, "id") && !strings.EqualFold(local, "AssertionID"),
		})
	}
}

// bearers returns the elements that bear an id, at most maxBearers and one.
func (r *targetReader) bearers(want int) []target {
	var strong, weak []target
	for _, t := range r.found {
		switch {
		case t.want != want || len(strong) > maxBearers || len(weak) > maxBearers:
		case t.weak:
			weak = append(weak, t)
		default:
			strong = append(strong, t)
		}
	}
	if len(strong) > 0 {
		return strong
	}
	return weak
}
