package filter

import (
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
	others    []*candidate[T]                       // asked one by one
}

// candidate is an entry where a look-up finds it.
type candidate[T any] struct {
	entry *Entry[T]
	order int
	rest  Filter // what the look-up leaves open; nil: nothing
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

// Match compares the headers alone.
func (h headers) Match(in *Input) (bool, error) { return h.set.match(in) }

func newLevel[T any](priority int) *level[T] {
	return &level[T]{
		priority: priority,
		actions:  map[addressing.Action][]*candidate[T]{},
		names:    map[string][]*candidate[T]{},
	}
}

func (l *level[T]) add(c *candidate[T]) {
	switch f := c.entry.Filter.(type) {
	case MatchNone:
	case MatchAll:
		l.always = append(l.always, c)
	case *PrefixEndpointAddress:
		if len(f.headers) > 0 {
			c.rest = headers{f, f.headers}
		}
		l.addPrefix(f, c)
	case *And:
		i := f.indexed()
		if i < 0 {
			l.others = append(l.others, c)
			return
		}
		l.index(f.filters[i], c)
		if c.rest == nil {
			c.rest = f.filters[1-i]
		} else {
			c.rest = NewAnd("", c.rest, "", f.filters[1-i])
		}
	default:
		if !l.index(f, c) {
			l.others = append(l.others, c)
		}
	}
}

// indexed returns which part of an And finds its candidates best, -1 for none.
// Prefixes do not: inside And they do not compete for the longest.
func (f *And) indexed() int {
	for _, can := range []func(Filter) bool{is[*EndpointAddress], is[*Action], is[*EndpointName]} {
		for i, sub := range f.filters {
			if can(sub) {
				return i
			}
		}
	}
	return -1
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
			c.rest = headers{f, f.headers}
		}
		x := l.addressIndex(f.compare)
		key := string(f.compare.AppendKey(nil, f.address.URI))
		x.byKey[key] = append(x.byKey[key], c)
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
	set := &prefixSet[T]{list: []*candidate[T]{c}}
	if err := x.table.Add(f.address.URI, f.mode, set, c.entry.Name); err != nil {
		same := x.table.Lookup(f.address.URI, f.mode) // the prefix is there already
		same.Value.list = append(same.Value.list, c)
	}
}

// search collects matches.
type search[T any] struct {
	in            *Input
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
	for _, c := range l.others {
		ok, err := c.entry.Filter.Match(s.in)
		if err != nil {
			return err
		}
		if ok {
			s.add(c)
		}
		if s.done() {
			return nil
		}
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
	for _, c := range list {
		if s.done() {
			return nil
		}
		if c.rest != nil {
			if ok, err := c.rest.Match(s.in); !ok || err != nil {
				if err != nil {
					return err
				}
				continue
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
	if len(l.always) > 1 {
		list = append(list, conflict(l.always[0], l.always[1], nil))
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
		if c.rest != nil {
			continue
		}
		if first != nil {
			return conflict(first, c, nil)
		}
		first = c
	}
	return nil
}
