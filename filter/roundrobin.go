package filter

import (
	"fmt"
	"strconv"
	"sync/atomic"
)

// Group is the counter of a round-robin group. It may be shared between tables,
// and with the tables of the next configuration, so that a reload does not begin
// anew. Safe for concurrent use.
type Group struct {
	name  string
	turns atomic.Uint64
}

// NewGroup returns a group at its first turn. The name is filterData of its
// filters.
func NewGroup(name string) *Group { return &Group{name: name} }

// Name returns the name of the group.
func (g *Group) Name() string { return g.name }

// RoundRobin is one member of a group. Exactly one member of a group matches a
// message, and the members take turns in the order of the table: what the
// RoundRobinMessageFilter does that comes with WCF's documentation.
//
// The members of a group at one level of a table share the turns; every message
// that reaches the level takes one. Inside And a member takes its turn only for
// messages that the other filters match, and all members see the same turn of a
// message: And(A, first) and And(A, second) alternate for what A matches.
// And(A, first) and And(B, second) leave out messages whose turn is the other's.
// Explanations take no turn. Outside a table a member is the only one of its
// group.
type RoundRobin struct{ group *Group }

// NewRoundRobin returns another member of g. It may stand in one table only
// once.
func NewRoundRobin(g *Group) *RoundRobin { return &RoundRobin{group: g} }

// Match reports whether it is the member's turn: the turn that the message took
// when a table was asked, else the next.
func (f *RoundRobin) Match(in *Input) (bool, error) {
	s := in.seat(f)
	return s.of == 0 || in.turnOf(f.group)%uint64(s.of) == uint64(s.index), nil
}

// Explain tells whose turn it is.
func (f *RoundRobin) Explain(in *Input) string {
	s := in.seat(f)
	if s.of == 0 {
		return matched
	}
	if turn := int(in.turnOf(f.group) % uint64(s.of)); turn != s.index {
		return fmt.Sprintf("it is the turn of member %d of %d in group %q, and this is member %d", turn+1, s.of, f.group.name, s.index+1)
	}
	return matched
}

func (f *RoundRobin) String() string { return "RoundRobin " + strconv.Quote(f.group.name) }

// seat is the place of a member in its group.
type seat struct{ index, of, level int }

// seat returns the place of a member in the table that is asked; the zero seat
// outside a table.
func (in *Input) seat(f *RoundRobin) seat {
	if in.table == nil {
		return seat{}
	}
	return in.table.seats[f]
}

// turn is the turn that a message took.
type turn struct {
	group *Group
	n     uint64
}

// turnOf returns the turn that the message took, else the one that is next. A
// table is being asked.
func (in *Input) turnOf(g *Group) uint64 {
	for _, t := range in.asked.turns {
		if t.group == g {
			return t.n
		}
	}
	return g.turns.Load()
}

// take takes a turn for the message, unless it took one before. A table is being
// asked.
func (in *Input) take(g *Group) uint64 {
	for _, t := range in.asked.turns {
		if t.group == g {
			return t.n
		}
	}
	n := g.turns.Add(1) - 1
	in.asked.turns = append(in.asked.turns, turn{g, n})
	return n
}

// group holds the members of one group in one level. Those that stand inside And
// are asked with it, and have nil here.
type group[T any] struct {
	turns  *Group
	seats  []*candidate[T]
	direct bool // some member stands for itself
}

func (l *level[T]) group(g *Group) *group[T] {
	for _, have := range l.groups {
		if have.turns == g {
			return have
		}
	}
	x := &group[T]{turns: g}
	l.groups = append(l.groups, x)
	return x
}

// member gives f the next seat of its group. c is nil inside And.
func (l *level[T]) member(f *RoundRobin, c *candidate[T], seats map[*RoundRobin]seat) error {
	if _, ok := seats[f]; ok {
		return fmt.Errorf("member of round-robin group %q stands in the table twice; make one filter for each entry", f.group.name)
	}
	g := l.group(f.group)
	seats[f] = seat{index: len(g.seats), level: l.priority}
	g.seats = append(g.seats, c)
	g.direct = g.direct || c != nil
	return nil
}
