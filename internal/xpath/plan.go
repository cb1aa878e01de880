package xpath

import (
	"slices"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// plan is what a message is read for: the expressions of a set, joined into one
// automaton over the names of open elements. Elements that lead nowhere are passed
// over; elements that an expression needs become nodes; and expressions that are a
// path, or a path compared with a constant, are decided while the message is read.
// It is immutable once made.
type plan struct {
	exprs   []*Expr
	names   map[qname]int32
	ids     []int32 // table of names by hash, 0 = free
	byID    []qname // index = id
	spaces  map[string]int32
	nameOf  [][]int32 // per expression: ids of Expr.names
	spaceOf [][]int32
	states  []state
	generic []int32  // expressions that need the evaluator
	shared  []prefix // per expression
	founds  int      // different prefixes
	props   [3]map[string][]int32
	wanted  xmltext.Wanted // local names that lead from some state to another
	locals  map[string]struct{}

	body, full, fullHead, attrs, scopes bool
}

// state is a set of places in documents that some path leads to. State 0 is the
// document.
type state struct {
	edges []edge          // by name, while there are few
	table map[int32]int32 // by name, when there are many
	any   []edge          // every name, or every name in a namespace
	loop  int32           // state for everything below, -1 without one
	ask   *question       // what is decided here
	self  bool            // is the loop of some state: stays active below
	live  bool            // leads on
	keep  bool            // elements become nodes
	value bool            // their values are read
	text  bool            // their text becomes nodes
}

type edge struct{ name, to int32 }

// manyEdges is where a map beats a list.
const manyEdges = 8

// question is what simple expressions ask of the elements that lead to a state.
type question struct {
	exist  []int32            // expressions that are true as soon as there is one
	equals map[string][]int32 // by the value that makes them true
	other  []comparison
}

// comparison compares the value of an element with a constant.
type comparison struct {
	op      op
	text    []byte
	number  float64
	numeric bool
	expr    int32
}

func (s *state) next(name int32) int32 {
	if s.table != nil {
		if to, ok := s.table[name]; ok {
			return to
		}
		return -1
	}
	for _, e := range s.edges {
		if e.name == name {
			return e.to
		}
	}
	return -1
}

// newPlan joins expressions. With simple, expressions that need no evaluator are
// decided while reading, so that only their truth is known. With full, everything
// becomes a node.
func newPlan(exprs []*Expr, simple, full bool) *plan {
	p := &plan{
		exprs: exprs, names: map[qname]int32{}, spaces: map[string]int32{}, byID: make([]qname, 1),
		states: []state{{loop: -1}}, full: full,
	}
	prefixes := map[string]int32{}
	p.shared = make([]prefix, len(exprs))
	for i, e := range exprs {
		names, spaces := make([]int32, len(e.names)), make([]int32, len(e.spaces))
		for k, n := range e.names {
			names[k] = p.addName(n)
		}
		for k, s := range e.spaces {
			spaces[k] = p.addSpace(s)
		}
		p.nameOf, p.spaceOf = append(p.nameOf, names), append(p.spaceOf, spaces)
		p.body = p.body || e.body || !simple && e.bodyValue
		if simple && p.simple(i, e) {
			continue
		}
		p.generic = append(p.generic, int32(i))
		p.shared[i] = p.share(i, e.root, prefixes)
		p.attrs, p.scopes = p.attrs || e.attrs || full, p.scopes || e.scopes || full
		switch {
		case e.near && (e.body || !simple && e.bodyValue):
			p.full = true
		case e.near:
			p.fullHead = true
		default:
			w := projector{p, i}
			if at := w.term(e.root, []int32{0}); !simple {
				w.read(e.root, at) // its truth does not need its value
			}
		}
	}
	p.founds = len(prefixes)
	p.finish()
	return p
}

func (p *plan) addSpace(s string) int32 {
	id, ok := p.spaces[s]
	if !ok {
		id = int32(len(p.spaces)) + 1
		p.spaces[s] = id
	}
	return id
}

func (p *plan) addName(n qname) int32 {
	p.addSpace(n.space)
	id, ok := p.names[n]
	if !ok {
		id = int32(len(p.byID))
		p.names[n] = id
		p.byID = append(p.byID, n)
	}
	return id
}

func (p *plan) spaceID(b []byte) int32 { return p.spaces[string(b)] }

// nameID returns the id of a name, 0 when no expression asks for it. Nearly all
// names of a message are of that kind and find a free place at once.
func (p *plan) nameID(space int32, local []byte) int32 {
	if space == 0 {
		return 0
	}
	for h := hash(space, string(local)); ; h++ {
		id := p.ids[h&uint32(len(p.ids)-1)]
		if id == 0 {
			return 0
		}
		if n := &p.byID[id]; n.local == string(local) && p.spaces[n.space] == space {
			return id
		}
	}
}

func hash(space int32, local string) uint32 {
	n := len(local)
	if n == 0 {
		return 0
	}
	h := uint32(space)*0x9E3779B1 + uint32(n)*0x85EBCA6B
	h += uint32(local[0]) | uint32(local[n/2])<<8 | uint32(local[n-1])<<16
	if n > 3 {
		h += uint32(local[n-2])<<24 + uint32(local[n-3])<<4
	}
	h *= 0xC2B2AE35
	return h ^ h>>15
}

// finish makes the table of names and marks the states that lead on.
func (p *plan) finish() {
	size := 16
	for size < 4*len(p.byID) {
		size *= 2
	}
	p.ids = make([]int32, size)
	for id := 1; id < len(p.byID); id++ {
		n := p.byID[id]
		h := hash(p.spaces[n.space], n.local)
		for p.ids[h&uint32(size-1)] != 0 {
			h++
		}
		p.ids[h&uint32(size-1)] = int32(id)
	}
	p.locals = make(map[string]struct{}, len(p.byID))
	p.wanted.Local = p.leads
	for i := range p.states {
		s := &p.states[i]
		for _, e := range s.edges {
			local := p.byID[e.name].local
			p.locals[local] = struct{}{}
			p.wanted.Last[local[len(local)-1]] = true
		}
		s.live = len(s.edges)+len(s.any) > 0 || s.loop >= 0
		if len(s.edges) > manyEdges {
			s.table = make(map[int32]int32, len(s.edges))
			for _, e := range s.edges {
				s.table[e.name] = e.to
			}
		}
	}
}

// leads tells whether some state leads on by a local name.
func (p *plan) leads(local []byte) bool {
	_, ok := p.locals[string(local)]
	return ok
}

func (p *plan) newState() int32 {
	p.states = append(p.states, state{loop: -1})
	return int32(len(p.states) - 1)
}

// child returns the state that a node test leads to from a state.
func (p *plan) child(from int32, t test, id int32) int32 {
	list := func() *[]edge {
		if t == testName {
			return &p.states[from].edges
		}
		return &p.states[from].any
	}
	if t == testAny {
		id = -1
	}
	if len(*list()) > manyEdges && t == testName {
		if to, ok := p.seen(from, id); ok {
			return to
		}
	} else if i := slices.IndexFunc(*list(), func(e edge) bool { return e.name == id }); i >= 0 {
		return (*list())[i].to
	}
	to := p.newState()
	*list() = append(*list(), edge{id, to})
	if s := &p.states[from]; s.table != nil {
		s.table[id] = to
	}
	return to
}

// seen looks an edge up while the plan is made.
func (p *plan) seen(from, id int32) (int32, bool) {
	s := &p.states[from]
	if s.table == nil {
		s.table = map[int32]int32{}
		for _, e := range s.edges {
			s.table[e.name] = e.to
		}
	}
	to, ok := s.table[id]
	return to, ok
}

// below returns the state for everything below a state.
func (p *plan) below(s int32) int32 {
	if p.states[s].self {
		return s
	}
	if p.states[s].loop < 0 {
		l := p.newState()
		p.states[l].self = true
		p.states[s].loop = l
	}
	return p.states[s].loop
}

// follow returns the states that a step leads to; it knows the axes that lead
// down, and name tests.
func (p *plan) follow(expr int, from []int32, s *step) (to []int32) {
	var id int32
	switch s.test.test {
	case testName:
		id = p.nameOf[expr][s.test.name]
	case testSpace:
		id = p.spaceOf[expr][s.test.name]
	default:
	}
	for _, f := range from {
		if s.axis != axisChild {
			f = p.below(f)
		}
		to = append(to, p.child(f, s.test.test, id))
	}
	if s.axis == axisDescendantOrSelf {
		to = append(to, from...)
	}
	return to
}

// soap returns the states of Header or Body, in either version.
func (p *plan) soap(local string) (to []int32) {
	for _, space := range []string{spaceSOAP11, spaceSOAP12} {
		s := p.child(0, testName, p.addName(qname{space, "Envelope"}))
		to = append(to, p.child(s, testName, p.addName(qname{space, local})))
	}
	return to
}
