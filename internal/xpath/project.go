package xpath

// projector marks in a plan what one expression needs of a document. It may mark
// too much, never too little: each node that a step selects in the whole document
// must be selected in what is kept. Positions stay right because all nodes that a
// step selects are kept.
type projector struct {
	p    *plan
	expr int
}

// read takes note that values of the nodes at the states are read.
func (w projector) read(t *term, at []int32) {
	if t.kind == isNodes {
		for _, s := range at {
			w.p.states[s].value = true
		}
	}
}

// term returns the states of the nodes that t gives, with c for the context node.
func (w projector) term(t *term, c []int32) []int32 {
	switch t.op {
	case opPath:
		return w.path(t.path, c)
	case opCall:
		return w.call(t, c)
	case opUnion:
		return append(w.term(t.left, c), w.term(t.right, c)...)
	case opLiteral, opNumber:
		return nil
	default:
	}
	for _, x := range []*term{t.left, t.right} {
		if x != nil {
			w.read(x, w.term(x, c))
		}
	}
	return nil
}

func (w projector) call(t *term, c []int32) []int32 {
	if t.fn.reads && len(t.args) == 0 {
		for _, s := range c {
			w.p.states[s].value = true
		}
	}
	for _, x := range t.args {
		at := w.term(x, c)
		if t.fn.reads {
			w.read(x, at)
		}
	}
	if t.fn.element != "" {
		at := w.p.soap(t.fn.element)
		w.keep(at)
		return at
	}
	if t.fn.header != "" {
		return w.headers(t.fn.header)
	}
	return nil
}

// headers keeps the addressing headers of a name.
func (w projector) headers(local string) (at []int32) {
	for _, h := range w.p.soap("Header") {
		for _, space := range []string{spaceWSA10, spaceWSA04} {
			at = append(at, w.p.child(h, testName, w.p.addName(qname{space, local})))
		}
	}
	w.keep(at)
	for _, s := range at {
		w.p.states[s].value = true
	}
	return at
}

func (w projector) keep(at []int32) {
	for _, s := range at {
		w.p.states[s].keep = true
	}
}

func (w projector) path(x *path, c []int32) []int32 {
	switch {
	case x.filter != nil:
		c = w.term(x.filter, c)
	case x.absolute:
		c = []int32{0}
	}
	for _, t := range x.preds {
		w.term(t, c)
	}
	for i := range x.steps {
		s := &x.steps[i]
		switch {
		case s.axis == axisAttribute || s.axis == axisNamespace:
			w.keep(c)
		case s.axis == axisSelf:
		case s.test.test == testText: // as a child; elsewhere everything is kept
			for _, f := range c {
				w.p.states[f].keep, w.p.states[f].text = true, true
			}
			c = nil
		case s.test.element():
			c = w.p.follow(w.expr, c, s)
			w.keep(c)
		default: // the first half of //, with a child or an attribute behind it
			next := make([]int32, 0, 2*len(c))
			for _, f := range c {
				next = append(next, f, w.p.below(f))
			}
			c = next
		}
		for _, t := range s.preds {
			w.term(t, c)
		}
		if s.axis == axisAttribute || s.axis == axisNamespace {
			c = nil
		}
	}
	return c
}

// simple enters an expression as a question, if it is a path downwards without
// predicates, or one compared with a constant, or a header property compared with
// a text.
func (p *plan) simple(i int, e *Expr) bool {
	t := e.root
	if t.op == opPath {
		at, ok := p.plain(i, t)
		for _, s := range at {
			q := p.question(s)
			q.exist = append(q.exist, int32(i))
		}
		return ok
	}
	if t.op < opEqual || t.op > opGreaterEqual {
		return false
	}
	left, right, o := t.left, t.right, t.op
	if left.op == opLiteral || left.op == opNumber {
		left, right, o = right, left, o.mirror()
	}
	if right.op != opLiteral && right.op != opNumber {
		return false
	}
	if left.op == opCall && left.fn.prop > 0 && o == opEqual && right.op == opLiteral {
		m := &p.props[left.fn.prop-1]
		if *m == nil {
			*m = map[string][]int32{}
		}
		(*m)[string(right.literal)] = append((*m)[string(right.literal)], int32(i))
		w := projector{p, i}
		w.headers(left.fn.header)
		p.attrs = true // roles
		return true
	}
	at, ok := p.plain(i, left)
	c := comparison{op: o, text: right.literal, number: right.number, expr: int32(i)}
	c.numeric = right.op == opNumber || o >= opLess
	if c.numeric && right.op == opLiteral {
		c.number = toNumber(right.literal)
	}
	for _, s := range at {
		p.states[s].value = true
		q := p.question(s)
		if o == opEqual && !c.numeric {
			if q.equals == nil {
				q.equals = map[string][]int32{}
			}
			q.equals[string(c.text)] = append(q.equals[string(c.text)], c.expr)
			continue
		}
		q.other = append(q.other, c)
	}
	return ok
}

func (p *plan) question(s int32) *question {
	st := &p.states[s]
	if st.ask == nil {
		st.ask = &question{}
	}
	return st.ask
}

// mirror returns the operator for exchanged operands.
func (o op) mirror() op {
	switch o {
	case opLess:
		return opGreater
	case opLessEqual:
		return opGreaterEqual
	case opGreater:
		return opLess
	case opGreaterEqual:
		return opLessEqual
	default:
		return o
	}
}

// plain returns the states of a path that names alone decide, and false for any
// other term.
func (p *plan) plain(expr int, t *term) ([]int32, bool) {
	if t.op != opPath && t.op != opCall {
		return nil, false
	}
	var steps []step
	element := ""
	if t.op == opPath {
		x := t.path
		steps = x.steps
		if len(x.preds) > 0 || x.filter == nil && !x.absolute && len(steps) > 0 && steps[0].axis != axisChild {
			return nil, false
		}
		if x.filter != nil {
			if x.filter.op != opCall {
				return nil, false
			}
			element = x.filter.fn.element
		}
		if x.filter != nil && element == "" || len(steps) == 0 {
			return nil, false
		}
	} else if element = t.fn.element; element == "" {
		return nil, false
	}
	for i := range steps {
		s := &steps[i]
		if len(s.preds) > 0 || !s.test.element() || s.axis != axisChild && s.axis != axisDescendant {
			return nil, false
		}
	}
	at := []int32{0}
	if element != "" {
		at = p.soap(element)
	}
	for i := range steps {
		at = p.follow(expr, at, &steps[i])
	}
	return at, true
}
