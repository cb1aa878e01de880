package filter

import (
	"fmt"
	"slices"
)

// Explanation tells how one entry stands to a message.
type Explanation[T any] struct {
	Entry   *Entry[T]
	Matched bool   // the filter matches; whether the entry was chosen is another matter
	Text    string // "match", or the first difference, or what came before a match
}

// Explain asks every filter of the table, in the order of evaluation. It takes
// no turn of a round-robin group.
func (t *Table[T]) Explain(in *Input) []Explanation[T] {
	t.enter(in)
	list := make([]Explanation[T], 0, len(t.entries))
	for i := range t.entries {
		e := &t.entries[i]
		ok, err := e.Filter.Match(in)
		x := Explanation[T]{Entry: e, Matched: ok && err == nil}
		if err != nil {
			x.Text = err.Error()
		} else {
			x.Text = e.Filter.Explain(in)
		}
		if x.Matched && t.outdone(e, in) {
			x.Matched, x.Text = false, matched+", but only the longest prefix of a level is looked at"
		}
		list = append(list, x)
	}
	slices.SortStableFunc(list, func(a, b Explanation[T]) int { return b.Entry.Priority - a.Entry.Priority })
	first := slices.IndexFunc(list, func(x Explanation[T]) bool { return x.Matched })
	for i := range list {
		if x := &list[i]; x.Matched && x.Entry.Priority < list[first].Entry.Priority {
			x.Text = fmt.Sprintf("%s, but priority %d matched before", x.Text, list[first].Entry.Priority)
		}
	}
	return list
}

// outdone reports whether a prefix filter that matches is passed over for a
// longer prefix of its level.
func (t *Table[T]) outdone(e *Entry[T], in *Input) bool {
	f, ok := e.Filter.(*PrefixEndpointAddress)
	if !ok {
		return false
	}
	to, err := in.Properties.To()
	if err != nil {
		return false
	}
	for _, l := range t.levels {
		for _, x := range l.prefixes {
			if l.priority != e.Priority || x.mode != f.mode {
				continue
			}
			longest := x.table.Lookup(to, x.mode)
			return longest != nil && !slices.ContainsFunc(longest.Value.list, func(c *candidate[T]) bool { return c.entry == e })
		}
	}
	return false
}
