package xpath

import (
	"math"
	"math/bits"
	"sync"
)

// Set is all expressions of a table. A message is read once for all of them, and
// expressions that begin alike share the work. It is immutable and may be used by
// many goroutines at a time.
type Set struct {
	truth  *plan
	values func() *plan
}

// NewSet joins expressions. Their order gives the numbers that Match returns.
func NewSet(exprs ...*Expr) *Set {
	exprs = append([]*Expr(nil), exprs...)
	return &Set{
		truth:  newPlan(exprs, true, false),
		values: sync.OnceValue(func() *plan { return newPlan(exprs, false, false) }),
	}
}

// Body tells whether Match may read the body: whether some expression may.
func (s *Set) Body() bool { return s.truth.body }

// Match appends to dst the numbers, ascending, of the expressions that a filter
// takes for a match (dispatch 3.1): true, a node-set or string that is not empty, a
// number other than 0 and NaN. Without expressions that need more than names and
// constants nothing is allocated once the memory is warm.
//
// The error is [ErrBody], a *refusal.Error with filter.budget or for what is no
// XML, or what m.Body gave.
func (s *Set) Match(m *Message, b Budget, dst []int) ([]int, error) {
	p := s.truth
	r := begin(p, m, b)
	defer r.end()
	if err := r.load(); err != nil {
		return dst, err
	}
	for i, of := range p.props {
		if of != nil {
			r.text = r.text[:0]
			r.hit(of[string(r.property(propertyHeaders[i], i))])
		}
	}
	for _, i := range p.generic {
		if !r.hopeless(i) && r.boolean(r.use(i), rootContext) {
			r.hits[i>>6] |= 1 << (i & 63)
		}
		if r.err != nil {
			break
		}
	}
	if r.err != nil {
		return dst, r.err
	}
	for w, word := range r.hits {
		for ; word != 0; word &= word - 1 {
			dst = append(dst, w<<6+bits.TrailingZeros64(word))
		}
	}
	return dst, nil
}

// Eval appends the value of each expression to dst, in their order. Errors are
// those of Match.
func (s *Set) Eval(m *Message, b Budget, dst []Value) ([]Value, error) {
	p := s.values()
	r := begin(p, m, b)
	defer r.end()
	if err := r.load(); err != nil {
		return dst, err
	}
	for i := range p.exprs {
		v := r.value(r.use(int32(i)))
		if r.err != nil {
			return dst, r.err
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// Value is the value of an expression. It holds no memory of the message.
type Value struct {
	kind   kind
	truth  bool
	number float64
	text   string
	nodes  int
	offset int64
}

func (r *run) value(t *term) Value {
	c := rootContext
	v := Value{kind: t.kind, offset: -1}
	switch t.kind {
	case isBoolean:
		v.truth = r.boolean(t, c)
		v.number = one(v.truth)
		v.text = "false"
		if v.truth {
			v.text = "true"
		}
	case isNumber:
		v.number = r.number(t, c)
		v.truth = v.number != 0 && !math.IsNaN(v.number)
		v.text = string(r.made(appendNumber(r.text, v.number), nil))
	case isString:
		s := r.string(t, c)
		v.truth, v.number, v.text = len(s) > 0, toNumber(s), string(s)
	case isNodes:
		base := r.set(t, c)
		v.nodes = len(r.refs) - base
		v.truth = v.nodes > 0
		if v.truth {
			s := r.stringOf(r.refs[base])
			v.text, v.offset = string(s), r.offset(r.refs[base])
		}
		v.number = toNumber([]byte(v.text))
	}
	return v
}

// offset returns where a node stands in the message.
func (r *run) offset(n ref) int64 {
	if n.sub() >= firstAttr {
		return int64(r.attrOf(n).raw.Start)
	}
	return int64(r.nodes[n.index()].start)
}

// Boolean returns the value as boolean() converts it.
func (v Value) Boolean() bool { return v.truth }

// Number returns the value as number() converts it, NaN where it is none.
func (v Value) Number() float64 { return v.number }

// String returns the value as string() converts it: of a node-set, the
// string-value of its first node.
func (v Value) String() string { return v.text }

// Nodes returns the number of nodes of a node-set, and false for other values.
func (v Value) Nodes() (int, bool) { return v.nodes, v.kind == isNodes }

// Offset returns where the first node of a node-set stands, in octets from the
// start of the message; -1 without one.
func (v Value) Offset() int64 { return v.offset }

// Eval returns the value of one expression; see [Set.Eval].
func (e *Expr) Eval(m *Message, b Budget) (Value, error) {
	r := begin(newPlan([]*Expr{e}, false, false), m, b)
	defer r.end()
	if err := r.load(); err != nil {
		return Value{}, err
	}
	v := r.value(r.use(0))
	return v, r.err
}

var propertyHeaders = [3]string{propTo: "To", propAction: "Action", propMessageID: "MessageID"}
