package filter

import (
	"fmt"
	"io"
	"slices"

	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// XPath matches messages by an XPath 1.0 expression (dispatch 3.6): its result
// is true, a number other than zero and NaN, a string that is not empty or a
// node-set that is not empty.
//
// A table evaluates all its expressions together: those that read only the head
// in one pass, when the first of them is asked, and those that read the body in
// another. The body is never touched for the former.
type XPath struct {
	expr  *xpath.Expr
	alone *xpath.Set // asked outside a table
}

// NewXPath compiles an expression. Prefixes are those of dispatch 3.6 and ns,
// which is the namespaceTable. The error is a *xpath.SyntaxError.
func NewXPath(expression string, ns xpath.Namespaces) (*XPath, error) {
	e, err := xpath.Compile(expression, ns)
	if err != nil {
		return nil, err
	}
	return &XPath{expr: e, alone: xpath.NewSet(e)}, nil
}

// Body reports whether the expression may read the body.
func (f *XPath) Body() bool { return f.expr.Body() }

// Match evaluates the expression, or takes what the table had evaluated. Errors:
// xpath.ErrBody for an expression that reads a body which is not held, a
// *refusal.Error with filter.budget, or what is wrong with the message.
func (f *XPath) Match(in *Input) (bool, error) {
	if in.table != nil {
		if i, ok := in.table.passes[f.pass()].index[f]; ok {
			hits, err := in.hits(f.pass())
			_, found := slices.BinarySearch(hits, i)
			return found && err == nil, err
		}
	}
	var one [1]int
	hits, err := f.alone.Match(in.message(f.Body()), xpath.Budget{}, one[:0])
	return err == nil && len(hits) > 0, err
}

// Explain tells what the expression selected, or the first step that selected
// nothing.
func (f *XPath) Explain(in *Input) string { return f.expr.Explain(in.message(f.Body())) }

func (f *XPath) String() string { return "XPath " + f.expr.String() }

// BodyError says that an expression reads the body in a table that may read
// headers only.
type BodyError struct {
	Filter, Expression string
	Pos                source.Pos // of the entry
}

func (e *BodyError) Error() string { return e.Pos.String() + ": " + e.Text() }

// Text is the error without the position.
func (e *BodyError) Text() string {
	return fmt.Sprintf(`filter %q reads the body (%s), and routeOnHeadersOnly, which is true unless written, forbids that; write routeOnHeadersOnly="false"`,
		e.Filter, e.Expression)
}

// pass is the expressions of a table that are evaluated together.
type pass struct {
	index  map[*XPath]int
	list   []*xpath.Expr
	set    *xpath.Set
	budget func() xpath.Budget
}

func (p *pass) add(f *XPath) {
	if _, ok := p.index[f]; ok {
		return
	}
	if p.index == nil {
		p.index = map[*XPath]int{}
	}
	p.index[f] = len(p.list)
	p.list = append(p.list, f.expr)
}

func (p *pass) compile(budget func() xpath.Budget) {
	if len(p.list) > 0 {
		p.set, p.budget = xpath.NewSet(p.list...), budget
	}
}

// results are what a pass says of one message.
type results struct {
	hits []int // expressions that match, ascending
	err  error
	done bool
}

// hits returns the expressions of a pass that match; the first call evaluates.
func (in *Input) hits(which passKind) ([]int, error) {
	r, p := &in.asked.results[which], &in.table.passes[which]
	if !r.done {
		var b xpath.Budget
		if p.budget != nil {
			b = p.budget()
		}
		r.hits, r.err = p.set.Match(in.message(which == bodyPass), b, r.hits[:0])
		r.done = true
	}
	return r.hits, r.err
}

// passKind tells the passes of a table apart.
type passKind uint8

const (
	headPass passKind = iota // expressions that read the head alone
	bodyPass
	passKinds
)

func (f *XPath) pass() passKind {
	if f.Body() {
		return bodyPass
	}
	return headPass
}

// message returns what expressions see of the message. Without body, or where the
// body is not held, they see the head alone.
func (in *Input) message(body bool) *xpath.Message {
	if in.asked == nil {
		in.asked = &asked{}
	}
	m := &in.asked.document
	*m = xpath.Message{Head: in.Envelope.Head(), Limits: in.Envelope.Limits()}
	if to, err := in.Properties.To(); err == nil {
		m.To = to.String()
	}
	if a, err := in.Properties.Action(); err == nil {
		m.Action = string(a)
	}
	if body {
		switch in.Envelope.Body.State() {
		case soap.Empty, soap.Held, soap.Spooled:
			m.Body = (*rest)(in)
		default: // read now it would be gone for the others
		}
	}
	return m
}

// rest gives the body of an input to its expressions.
type rest Input

// AppendRest implements xpath.Source.
func (r *rest) AppendRest(dst []byte) ([]byte, error) {
	body, err := r.Envelope.Body.Open(soap.Rest)
	if err != nil {
		return dst, err
	}
	defer func() { _ = body.Close() }() // a held body has nothing to fail with
	if n, known := r.Envelope.Body.Size(); known && cap(dst)-len(dst) < int(n) {
		dst = append(make([]byte, 0, len(dst)+int(n)), dst...)
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := body.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// expressions notes the expressions of f, those inside And too, and returns one
// that reads the body.
func (s *shared) expressions(f Filter) (reader *XPath) {
	switch f := f.(type) {
	case *XPath:
		s.passes[f.pass()].add(f)
		if f.Body() {
			return f
		}
	case *And:
		for _, sub := range f.filters {
			if x := s.expressions(sub); x != nil {
				reader = x
			}
		}
	}
	return reader
}
