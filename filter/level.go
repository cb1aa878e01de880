package filter

import (
	"slices"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// level holds the entries of one priority, found by what their filters look at.
type level[T any] struct {
	priority  int
	always    []*candidate[T]                       // MatchAll
	actions   map[addressing.Action][]*candidate[T] // Action
	names     map[string][]*candidate[T]            // EndpointName
	addresses []*addressIndex[T]                    // EndpointAddress, one for each way to compare
	prefixes  []*prefixIndex[T]                     // PrefixEndpointAddress, one for each mode
	groups    []*group[T]                           // RoundRobin
	others    []*candidate[T]                       // asked one by one
	reads     [passKinds]bool                       // XPath: the passes that it needs
}

// candidate is an entry where a look-up finds it.
type candidate[T any] struct {
	entry *Entry[T]
	order int
	rest  []Filter // what the look-up leaves open, cheap ones first
}

// addressIndex finds filters by the key of To.
type addressIndex[T any] struct {
	compare uritable.Comparison
	byKey   map[string][]*candidate[T]
}

// prefixIndex finds filters by the longest prefix of To. Those with the same
// prefix share an entry; shorter prefixes are not tried when headers differ
// (dispatch 4.3).
type prefixIndex[T any] struct {
	mode  uritable.Mode
	table *uritable.Table[*prefixSet[T]]
}

type prefixSet[T any] struct{ list []*candidate[T] }

// headers is the part of an address filter that a look-up leaves open.
type headers struct {
	Filter
	set headerSet
}

var _ Filter = headers{}

// Match compares the headers alone.
func (h headers) Match(in *Input) (bool, error) { return h.set.match(in) }

func newLevel[T any](priority int) *level[T] {
	return &level[T]{
		priority: priority,
		actions:  map[addressing.Action][]*candidate[T]{},
		names:    map[string][]*candidate[T]{},
	}
}

// add puts an entry where it is found. Seats of round-robin groups are noted in
// seats.
func (l *level[T]) add(c *candidate[T], seats map[*RoundRobin]seat) error {
	switch f := c.entry.Filter.(type) {
	case MatchNone:
	case MatchAll:
		l.always = append(l.always, c)
	case *PrefixEndpointAddress:
		if len(f.headers) > 0 {
			c.rest = []Filter{headers{f, f.headers}}
		}
		l.addPrefix(f, c)
	case *RoundRobin:
		return l.member(f, c, seats)
	case *XPath: // found by number, among the owners of the table
	case *And:
		return l.addAnd(f, c, seats)
	default:
		if !l.index(f, c) {
			c.rest = []Filter{f}
			l.others = append(l.others, c)
		}
	}
	return nil
}

// addAnd takes an And apart, nested ones too: the part that finds candidates
// best is looked up, the others are asked in the order of what they cost.
// Prefixes are not looked up: inside And they do not compete for the longest.
func (l *level[T]) addAnd(f *And, c *candidate[T], seats map[*RoundRobin]seat) error {
	parts := f.parts(nil)
	for _, p := range parts {
		if r, ok := p.(*RoundRobin); ok {
			if err := l.member(r, nil, seats); err != nil {
				return err
			}
		}
	}
	if slices.ContainsFunc(parts, is[MatchNone]) {
		return nil
	}
	parts = slices.DeleteFunc(parts, is[MatchAll])
	if len(parts) == 0 {
		l.always = append(l.always, c)
		return nil
	}
	found := false
	for _, can := range []func(Filter) bool{is[*EndpointAddress], is[*Action], is[*EndpointName]} {
		if i := slices.IndexFunc(parts, can); i >= 0 && !found {
			found = l.index(parts[i], c)
			parts = slices.Delete(parts, i, i+1)
		}
	}
	slices.SortStableFunc(parts, func(a, b Filter) int { return cost(a) - cost(b) })
	c.rest = append(c.rest, parts...)
	if !found {
		l.others = append(l.others, c)
	}
	return nil
}

// parts appends the filters that have to match.
func (f *And) parts(list []Filter) []Filter {
	for _, sub := range f.filters {
		if and, ok := sub.(*And); ok {
			list = and.parts(list)
		} else {
			list = append(list, sub)
		}
	}
	return list
}

// cost orders what has to be asked one by one. A turn is taken last: only when
// everything else matches.
func cost(f Filter) int {
	switch f := f.(type) {
	case *XPath:
		if f.Body() {
			return 2
		}
		return 1
	case *RoundRobin:
		return 3
	default:
		return 0
	}
}

func is[F Filter](f Filter) bool {
	_, ok := f.(F)
	return ok
}

// index puts c where f is found, and notes what that leaves open of f; false
// when there is no look-up for f.
func (l *level[T]) index(f Filter, c *candidate[T]) bool {
	switch f := f.(type) {
	case *Action:
		for _, a := range f.actions {
			l.actions[a] = append(l.actions[a], c)
		}
	case *EndpointName:
		if f.name != "" { // an unset name matches nothing
			l.names[f.name] = append(l.names[f.name], c)
		}
	case *EndpointAddress:
		if len(f.headers) > 0 {
			c.rest = []Filter{headers{f, f.headers}}
		}
		x := l.addressIndex(f.compare)
		for _, u := range f.uris {
			key := string(f.compare.AppendKey(nil, u))
			if same := x.byKey[key]; len(same) == 0 || same[len(same)-1] != c { // an alias may be the address again
				x.byKey[key] = append(same, c)
			}
		}
	default:
		return false
	}
	return true
}

func (l *level[T]) addressIndex(c uritable.Comparison) *addressIndex[T] {
	for _, x := range l.addresses {
		if x.compare == c {
			return x
		}
	}
	x := &addressIndex[T]{compare: c, byKey: map[string][]*candidate[T]{}}
	l.addresses = append(l.addresses, x)
	return x
}

func (l *level[T]) addPrefix(f *PrefixEndpointAddress, c *candidate[T]) {
	var x *prefixIndex[T]
	for _, have := range l.prefixes {
		if have.mode == f.mode {
			x = have
		}
	}
	if x == nil {
		x = &prefixIndex[T]{mode: f.mode, table: uritable.NewTable[*prefixSet[T]](uritable.Options{})}
		l.prefixes = append(l.prefixes, x)
	}
	for _, u := range f.uris {
		set := &prefixSet[T]{list: []*candidate[T]{c}}
		if err := x.table.Add(u, f.mode, set, c.entry.Name); err != nil {
			same := x.table.Lookup(u, f.mode) // the prefix is there already
			same.Value.list = append(same.Value.list, c)
		}
	}
}

// search collects matches.
type search[T any] struct {
	in            *Input
	owners        *[passKinds]owners[T]
	first, second *candidate[T] // enough for the single look-up
	many          bool
	all           []*candidate[T]
}

// search asks every candidate that the look-ups give. The single look-up stops
// at the second match.
func (l *level[T]) search(s *search[T]) error {
	s.found(l.always)
	if len(l.actions) > 0 {
		a, err := s.in.Properties.Action()
		if err != nil {
			return err
		}
		if err := s.try(l.actions[a]); err != nil {
			return err
		}
	}
	if s.in.EndpointName != "" {
		if err := s.try(l.names[s.in.EndpointName]); err != nil {
			return err
		}
	}
	if err := l.searchAddresses(s); err != nil {
		return err
	}
	for _, g := range l.groups {
		if g.direct {
			if c := g.seats[s.in.take(g.turns)%uint64(len(g.seats))]; c != nil {
				s.add(c)
			}
		}
	}
	if err := s.try(l.others); err != nil {
		return err
	}
	return l.searchExpressions(s)
}

// searchExpressions adds the entries of this level whose expressions match. Those
// that read the body are evaluated only if there may be another match.
func (l *level[T]) searchExpressions(s *search[T]) error {
	for which := range passKinds {
		if !l.reads[which] || s.done() {
			continue
		}
		hits, err := s.in.hits(which)
		if err != nil {
			return err
		}
		for _, i := range hits {
			for _, c := range s.owners[which].of(i) {
				if c.entry.Priority == l.priority {
					s.add(c)
				}
			}
		}
	}
	return nil
}

// owners are the entries of the expressions of a pass, by their numbers. An
// expression that stands only inside And has none.
type owners[T any] [][]*candidate[T]

func (o *owners[T]) add(i int, c *candidate[T]) {
	for len(*o) <= i {
		*o = append(*o, nil)
	}
	(*o)[i] = append((*o)[i], c)
}

func (o owners[T]) of(i int) []*candidate[T] {
	if i < len(o) {
		return o[i]
	}
	return nil
}

func (l *level[T]) searchAddresses(s *search[T]) error {
	if len(l.addresses)+len(l.prefixes) == 0 {
		return nil
	}
	to, err := s.in.Properties.To()
	if err != nil || to.IsZero() {
		return err
	}
	for _, x := range l.addresses {
		if err := s.try(x.byKey[string(s.in.key(x.compare, to))]); err != nil {
			return err
		}
	}
	for _, x := range l.prefixes {
		if e := x.table.Lookup(to, x.mode); e != nil {
			if err := s.try(e.Value.list); err != nil {
				return err
			}
		}
	}
	return nil
}

// try asks what the look-up left open.
func (s *search[T]) try(list []*candidate[T]) error {
next:
	for _, c := range list {
		if s.done() {
			return nil
		}
		for _, f := range c.rest {
			if r, ok := f.(*RoundRobin); ok {
				s.in.take(r.group)
			}
			if ok, err := f.Match(s.in); err != nil {
				return err
			} else if !ok {
				continue next
			}
		}
		s.add(c)
	}
	return nil
}

func (s *search[T]) found(list []*candidate[T]) {
	for _, c := range list {
		s.add(c)
	}
}

func (s *search[T]) add(c *candidate[T]) {
	switch {
	case s.many:
		s.all = append(s.all, c)
	case s.first == nil:
		s.first = c
	case s.second == nil:
		s.second = c
	}
}

// done reports whether more matches change nothing.
func (s *search[T]) done() bool { return !s.many && s.second != nil }

// conflicts appends the pairs that conflict for every message that one of them
// matches.
func (l *level[T]) conflicts(list []*MultipleMatchesError) []*MultipleMatchesError {
	always := slices.Clone(l.always)
	for _, g := range l.groups {
		if !slices.Contains(g.seats, nil) { // whoever's turn it is matches
			always = append(always, g.seats[0])
		}
	}
	if len(always) > 1 {
		list = append(list, conflict(always[0], always[1], nil))
	}
	for a, same := range l.actions {
		if e := certain(same); e != nil {
			e.Example = "Action " + string(a)
			list = append(list, e)
		}
	}
	for _, same := range l.names {
		if e := certain(same); e != nil {
			list = append(list, e)
		}
	}
	for _, x := range l.addresses {
		for _, same := range x.byKey {
			if e := certain(same); e != nil {
				list = append(list, e)
			}
		}
	}
	return list
}

// certain returns the conflict of the first two candidates of a look-up that
// leaves nothing open.
func certain[T any](list []*candidate[T]) *MultipleMatchesError {
	var first *candidate[T]
	for _, c := range list {
		if len(c.rest) > 0 {
			continue
		}
		if first != nil {
			return conflict(first, c, nil)
		}
		first = c
	}
	return nil
}
