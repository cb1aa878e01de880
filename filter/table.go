package filter

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// Entry is one line of a table.
type Entry[T any] struct {
	Name     string // of the filter or the endpoint, for messages
	Filter   Filter
	Priority int // higher first; 0 is WCF's default
	Value    T
	Pos      source.Pos
}

// Table chooses by filters (dispatch 4.1): it evaluates its levels of equal
// priority from the highest down and stops after the first with a match. It is
// immutable. Look-ups may run at the same time, each with an Input of its own.
type Table[T any] struct {
	entries []Entry[T]
	levels  []*level[T] // highest priority first
	shared  *shared     // nil where no filter needs to know of the others
	owners  [passKinds]owners[T]
}

// Options say how a table treats messages. The zero value is that of a table
// whose filters may read bodies.
type Options struct {
	// HeadersOnly refuses expressions that read the body (routeOnHeadersOnly, of
	// which WCF's default is true).
	HeadersOnly bool
	// Budget is asked each time before expressions are evaluated; nil: 1 000 000
	// visits, and no end in time (filter.visits, filter.time).
	Budget func() xpath.Budget
}

// shared is what the filters of a table know of each other. They find it in the
// Input.
type shared struct {
	seats  map[*RoundRobin]seat
	passes [passKinds]pass
}

// ErrNoMatch is returned when no filter of a table matches: add an entry that
// does, for instance MatchAll with the lowest priority.
var ErrNoMatch error = refusal.New(refusal.FilterNoMatch, -1, "no filter of the table matches")

// MultipleMatchesError says that two entries of one level match a message where
// only one may. It gives the fault FT-12.
type MultipleMatchesError struct {
	First, Second       string // names of entries
	FirstPos, SecondPos source.Pos
	Priority            int
	Example             string // what both match, "" when it is any message
}

func (e *MultipleMatchesError) Error() string { return e.SecondPos.String() + ": " + e.Text() }

// Text is the error without the position of the second entry.
func (e *MultipleMatchesError) Text() string {
	example := e.Example
	if example != "" {
		example = "; e.g. " + example
	}
	return fmt.Sprintf("filter %q and filter %q (%s) both match at priority %d%s. Give one a higher priority",
		e.Second, e.First, e.FirstPos, e.Priority, example)
}

// Unwrap returns the refusal that counters and logs see.
func (e *MultipleMatchesError) Unwrap() error { return refusal.New(refusal.FilterMultiple, -1, "") }

// Fault returns the internal service fault: the client cannot mend a table.
func (e *MultipleMatchesError) Fault(soap.Version) *soap.Fault {
	return addressing.InternalServiceFault()
}

// NewTable builds a table with the zero Options. Entries keep their order inside
// a level.
func NewTable[T any](entries []Entry[T]) (*Table[T], error) {
	return NewRoutingTable(entries, Options{})
}

// NewRoutingTable builds a table. All errors come at once: entries without a
// filter, a member of a round-robin group that stands twice, *[BodyError].
func NewRoutingTable[T any](entries []Entry[T], o Options) (*Table[T], error) {
	t := &Table[T]{entries: slices.Clone(entries)}
	known := &shared{seats: map[*RoundRobin]seat{}}
	byPriority := map[int]*level[T]{}
	var errs []error
	for i := range t.entries {
		e := &t.entries[i]
		if e.Filter == nil {
			errs = append(errs, fmt.Errorf("%s: filter table entry %q has no filter", e.Pos, e.Name))
			continue
		}
		l := byPriority[e.Priority]
		if l == nil {
			l = newLevel[T](e.Priority)
			byPriority[e.Priority] = l
			t.levels = append(t.levels, l)
		}
		c := &candidate[T]{entry: e, order: i}
		if err := l.add(c, known.seats); err != nil {
			errs = append(errs, fmt.Errorf("%s: filter %q: %w", e.Pos, e.Name, err))
		}
		if x := known.expressions(e.Filter); x != nil && o.HeadersOnly {
			errs = append(errs, &BodyError{Filter: e.Name, Expression: x.expr.String(), Pos: e.Pos})
		}
		if x, ok := e.Filter.(*XPath); ok {
			t.owners[x.pass()].add(known.passes[x.pass()].index[x], c)
			l.reads[x.pass()] = true
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(t.levels, func(a, b *level[T]) int { return b.priority - a.priority })
	t.share(known, o)
	return t, nil
}

// share completes what the filters know of each other.
func (t *Table[T]) share(known *shared, o Options) {
	for _, l := range t.levels {
		for _, g := range l.groups {
			for f, s := range known.seats {
				if f.group == g.turns && s.level == l.priority {
					s.of = len(g.seats)
					known.seats[f] = s
				}
			}
		}
	}
	expressions := 0
	for i := range known.passes {
		known.passes[i].compile(o.Budget)
		expressions += len(known.passes[i].list)
	}
	if len(known.seats)+expressions > 0 {
		t.shared = known
	}
}

// ReadsBody reports whether some filter reads bodies. Messages then have to be
// held and checked to the end of Body before they are matched: the listener
// needs soap.Needs{Replay: true, Check: soap.CheckStructure}, and who calls Match
// calls Body.Hold first.
func (t *Table[T]) ReadsBody() bool {
	return t.shared != nil && len(t.shared.passes[bodyPass].list) > 0
}

// enter makes in an input of the table.
func (t *Table[T]) enter(in *Input) {
	if in.table == t.shared {
		return
	}
	in.table = t.shared
	if in.asked == nil && t.shared != nil {
		in.asked = &asked{}
	}
	if in.asked != nil {
		in.asked.reset()
	}
}

// Entries returns the entries in their order. They must not be changed.
func (t *Table[T]) Entries() []Entry[T] { return t.entries }

// Match returns the one entry of the highest matching level. Errors:
// [ErrNoMatch], *[MultipleMatchesError], or that of a filter. It does not
// allocate unless a filter compares headers.
func (t *Table[T]) Match(in *Input) (*Entry[T], error) {
	t.enter(in)
	for _, l := range t.levels {
		s := search[T]{in: in, owners: &t.owners}
		if err := l.search(&s); err != nil {
			return nil, err
		}
		switch {
		case s.second != nil:
			return nil, conflict(s.first, s.second, in)
		case s.first != nil:
			return s.first.entry, nil
		}
	}
	return nil, ErrNoMatch
}

// MatchAll appends all matching entries of the highest matching level to dst, in
// the order of the table; nothing when none matches. The error is that of a
// filter.
func (t *Table[T]) MatchAll(dst []*Entry[T], in *Input) ([]*Entry[T], error) {
	t.enter(in)
	for _, l := range t.levels {
		s := search[T]{in: in, owners: &t.owners, many: true}
		if err := l.search(&s); err != nil {
			return dst, err
		}
		if len(s.all) == 0 {
			continue
		}
		slices.SortFunc(s.all, func(a, b *candidate[T]) int { return a.order - b.order })
		for _, c := range s.all {
			dst = append(dst, c.entry)
		}
		break
	}
	return dst, nil
}

// Conflicts returns pairs of entries that match the same messages whatever these
// hold, one pair for each later entry: a request-reply table must have none.
// Conflicts that depend on the message come as errors of Match.
func (t *Table[T]) Conflicts() []*MultipleMatchesError {
	var list []*MultipleMatchesError
	for _, l := range t.levels {
		list = l.conflicts(list)
	}
	slices.SortFunc(list, func(a, b *MultipleMatchesError) int {
		return cmp.Or(a.SecondPos.Compare(b.SecondPos), cmp.Compare(a.Second, b.Second), cmp.Compare(a.First, b.First))
	})
	return list
}

func conflict[T any](a, b *candidate[T], in *Input) *MultipleMatchesError {
	if a.order > b.order {
		a, b = b, a
	}
	e := &MultipleMatchesError{
		First: a.entry.Name, FirstPos: a.entry.Pos,
		Second: b.entry.Name, SecondPos: b.entry.Pos,
		Priority: a.entry.Priority,
	}
	if in == nil || in.Properties == nil {
		return e
	}
	if a, err := in.Properties.Action(); err == nil && a != "" {
		e.Example = "Action " + soap.Echo(string(a))
	}
	return e
}
