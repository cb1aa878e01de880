package xpath

import (
	"slices"
	"sync"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Budget bounds what the evaluation of one message may cost (threats 3.1,
// filter.budget).
type Budget struct {
	Visits int         // nodes looked at, and 32 octets of text read as one; 1 000 000
	Done   func() bool // asked now and then whether time is up; nil: never
}

const (
	defaultVisits = 1_000_000
	askEvery      = 4096 // visits between two calls of Done
)

// ref is a node: its index in run.nodes in the upper half. The lower half is 0 for
// the node itself, else it stands for one of its namespace nodes or attributes, so
// that refs sort in document order (XPath 1.0, 5).
type ref uint64

const (
	firstScope = 1       // + index in run.decls
	firstAttr  = 1 << 31 // + index among the attributes of the element
)

func nodeRef(i int32) ref { return ref(i) << 32 }

func (n ref) index() int32 { return int32(n >> 32) }
func (n ref) sub() uint32  { return uint32(n) }

// context is the context of an evaluation (XPath 1.0, 1).
type context struct {
	node      ref
	pos, size int
}

// run is the memory of one evaluation. It belongs to one goroutine.
type run struct {
	plan  *plan
	m     *Message
	whole bool
	keep  bool // what is read becomes nodes
	data  []byte
	buf   []byte
	scan  xmltext.Scanner

	nodes  []node
	attrs  []attr
	spaces []spaceRef
	decls  []decl
	levels []level
	active []int32
	open   []int    // start tags that skim goes back to
	hits   []uint64 // bit per expression

	refs    []ref   // stack of node-sets
	text    []byte  // strings made on the way; views of it stay valid when it grows
	lasting []byte  // values of props
	shared  []ref   // what prefixes selected
	found   []found // by id of the prefix
	prefix  *prefix // of the expression in use
	names   []int32
	spaceID []int32
	props   [3]property

	visits, ask, limit int
	done               func() bool
	err                error
}

// property is the value of an addressing header that was asked for.
type property struct {
	known bool
	value []byte
}

var runs = sync.Pool{New: func() any { return new(run) }}

// maxKept is the largest memory that a run keeps for the next message, in nodes or
// octets.
const maxKept = 1 << 20

func begin(p *plan, m *Message, b Budget) *run {
	r, _ := runs.Get().(*run)
	r.plan, r.m, r.err = p, m, nil
	if r.limit = b.Visits; r.limit <= 0 {
		r.limit = defaultVisits
	}
	r.done, r.visits = b.Done, 0
	r.ask = min(r.limit, askEvery)
	r.props = [3]property{}
	n := (len(p.exprs) + 63) / 64
	r.hits = slices.Grow(r.hits[:0], n)[:n]
	clear(r.hits)
	r.found = slices.Grow(r.found[:0], p.founds)[:p.founds]
	clear(r.found)
	return r
}

func (r *run) end() {
	r.scan.Reset(xmltext.Limits{}) // it must not keep the message
	clear(r.attrs)
	clear(r.spaces)
	clear(r.decls)
	r.plan, r.m, r.data, r.done, r.prefix = nil, nil, nil, nil, nil
	r.props = [3]property{}
	r.refs, r.attrs, r.text, r.lasting = r.refs[:0], r.attrs[:0], r.text[:0], r.lasting[:0]
	r.shared = r.shared[:0]
	if cap(r.buf) > maxKept || cap(r.nodes) > maxKept/16 || cap(r.refs)+cap(r.shared) > maxKept/8 || cap(r.text) > maxKept {
		*r = run{}
	}
	runs.Put(r)
}

func (r *run) hit(exprs []int32) {
	for _, i := range exprs {
		r.hits[i>>6] |= 1 << (i & 63)
	}
}

// visit charges n visits and tells whether the evaluation goes on.
func (r *run) visit(n int) bool {
	if r.visits += n; r.visits < r.ask {
		return true
	}
	return r.pay()
}

func (r *run) pay() bool {
	if r.err != nil {
		return false
	}
	if r.visits > r.limit {
		r.err = refusal.Newf(refusal.FilterBudget, -1, "more than %d nodes visited for expressions", r.limit)
		return false
	}
	r.ask = min(r.limit+1, r.visits+askEvery)
	return !r.late()
}

// late asks for the time.
func (r *run) late() bool {
	if r.err == nil && r.done != nil && r.done() {
		r.err = refusal.New(refusal.FilterBudget, -1, "expressions take too long")
	}
	return r.err != nil
}

// hopeless tells whether an expression is false because its prefix selects
// nothing.
func (r *run) hopeless(i int32) bool {
	s := &r.plan.shared[i]
	if s.path == nil || !s.decides {
		return false
	}
	f := &r.found[s.id]
	return f.known && f.from == f.to
}

// use makes the names of an expression those that node tests mean.
func (r *run) use(i int32) *term {
	r.names, r.spaceID = r.plan.nameOf[i], r.plan.spaceOf[i]
	r.refs, r.text, r.prefix = r.refs[:0], r.text[:0], &r.plan.shared[i]
	return r.plan.exprs[i].root
}

// answer decides the questions that the value of a closed element answers.
func (r *run) answer(l *level, stop int32) {
	var value []byte
	known := false
	for _, i := range r.active[l.from:l.to] {
		q := r.plan.states[i].ask
		if q == nil || q.equals == nil && q.other == nil {
			continue
		}
		if !known {
			r.text = r.text[:0]
			value, known = r.content(l.inner, stop), true
		}
		r.hit(q.equals[string(value)])
		for k := range q.other {
			c := &q.other[k]
			var ok bool
			if c.numeric {
				ok = compareNumbers(c.op, toNumber(value), c.number)
			} else {
				ok = string(value) != string(c.text)
			}
			if ok {
				r.hits[c.expr>>6] |= 1 << (c.expr & 63)
			}
		}
	}
}

// content returns the string-value of the content between two octets.
func (r *run) content(from, to int32) []byte {
	raw := r.data[from:to]
	if !r.visit(1 + len(raw)/32) {
		return nil
	}
	if xmltext.IsPlain(raw) {
		return raw
	}
	return r.made(xmltext.AppendText(r.text, raw))
}

// made keeps what was appended to r.text, and returns it. An error means a part of
// the message that was passed over and turned out to be malformed.
func (r *run) made(text []byte, err error) []byte {
	from := len(r.text)
	if err != nil {
		if r.err == nil {
			r.err = err
		}
		return nil
	}
	r.text = text
	return text[from:len(text):len(text)]
}
