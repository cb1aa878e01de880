package xpath

// region is a set of places in a SOAP message where a node can be. It bounds,
// before there is a message, what an expression may read.
type region uint8

const (
	atRoot region = 1 << iota
	atEnvelope
	atHeader
	atBlock // below Header
	atBody
	atContent // below Body
	atStray   // text and comments of the head outside Header
)

// place is where the nodes of a set may be; attr says that they are attributes or
// namespace nodes of what is there.
type place struct {
	at   region
	attr bool
}

// analyst walks through an expression once and finds what it may read.
type analyst struct{ e *Expr }

// analyse finds what the truth of the expression needs, and beside it what its
// value needs.
func (e *Expr) analyse() {
	a := analyst{e}
	p := a.term(e.root, place{at: atRoot})
	truth := e.body
	a.read(e.root, p)
	e.body, e.bodyValue = truth, e.body
}

// outside are the regions whose text the head does not hold.
const outside = atRoot | atEnvelope | atBody | atContent

// read takes note that the values of nodes are read, if t gives nodes. Whether
// there are nodes is another question.
func (a analyst) read(t *term, p place) {
	if t.kind == isNodes && !p.attr && p.at&outside != 0 {
		a.e.body = true
	}
}

// term returns where the nodes of t are, if it gives nodes.
func (a analyst) term(t *term, c place) place {
	switch t.op {
	case opPath:
		return a.path(t.path, c)
	case opCall:
		return a.call(t, c)
	case opUnion:
		l, r := a.term(t.left, c), a.term(t.right, c)
		return place{l.at | r.at, l.attr && r.attr}
	case opLiteral, opNumber:
		return place{}
	default:
	}
	for _, x := range []*term{t.left, t.right} {
		if x != nil {
			p := a.term(x, c)
			if t.op != opAnd && t.op != opOr {
				a.read(x, p)
			}
		}
	}
	return place{}
}

func (a analyst) call(t *term, c place) place {
	fn := t.fn
	a.e.attrs = a.e.attrs || fn.attrs
	a.e.near = a.e.near || fn.near
	if fn.reads && len(t.args) == 0 && !c.attr && c.at&outside != 0 {
		a.e.body = true
	}
	for _, x := range t.args {
		p := a.term(x, c)
		if fn.reads {
			a.read(x, p)
		}
	}
	return place{at: fn.where}
}

func (a analyst) path(x *path, c place) place {
	switch {
	case x.filter != nil:
		c = a.term(x.filter, c)
	case x.absolute:
		c = place{at: atRoot}
	}
	for _, t := range x.preds {
		a.term(t, c) // of a node-set it asks only whether it is empty
	}
	for i := range x.steps {
		if x.half(i) {
			c = place{at: a.below(c.at) | c.at}
			continue
		}
		s := &x.steps[i]
		c = a.step(c, s)
		for _, t := range s.preds {
			a.term(t, c)
		}
	}
	return c
}

// half tells whether step i is the first half of // and no more than the way to
// children or attributes.
func (x *path) half(i int) bool {
	s := &x.steps[i]
	if s.axis != axisDescendantOrSelf || s.test.test != testNode || len(s.preds) > 0 || i+1 == len(x.steps) {
		return false
	}
	switch next := &x.steps[i+1]; next.axis {
	case axisChild:
		return next.test.element()
	case axisAttribute, axisNamespace:
		return true
	default:
		return false
	}
}

// below returns everything below a region.
func (a analyst) below(at region) region {
	at = children(at)
	for next := at | children(at); next != at; next = at | children(at) {
		at = next
	}
	if at&atContent != 0 {
		a.e.body = true
	}
	return at
}

// step returns where a step leads.
func (a analyst) step(c place, s *step) place {
	e := a.e
	switch s.axis {
	case axisAttribute:
		e.attrs = true
		return place{c.at, true}
	case axisNamespace:
		e.scopes = true
		return place{c.at, true}
	case axisSelf:
		e.near = e.near || c.attr
		return c
	case axisChild, axisDescendant, axisDescendantOrSelf:
		return place{at: a.down(c, s)}
	default:
		e.near = true
	}
	up := parents(c.at)
	if c.attr {
		up = c.at
	}
	switch s.axis {
	case axisParent:
		return place{at: up}
	case axisAncestor, axisAncestorOrSelf:
		for next := up | parents(up); next != up; next = up | parents(up) {
			up = next
		}
		if s.axis == axisAncestorOrSelf {
			up |= c.at
		}
		return place{at: up}
	case axisPreceding:
		return place{at: atHeader | atBlock | atStray | c.at&atContent}
	case axisPrecedingSibling:
		return place{at: a.beside(c.at, s)}
	case axisFollowingSibling:
		if c.at&(atRoot|atEnvelope|atBody|atContent|atStray) != 0 || c.at&atHeader != 0 && !s.test.element() {
			e.body = true
		}
		return place{at: a.beside(c.at, s)}
	default: // following goes into the body from anywhere
		e.body = true
		return place{at: atHeader | atBlock | atBody | atContent | atStray}
	}
}

func (n nodeTest) element() bool { return n.test <= testAny }

// down follows the axes that lead to children.
func (a analyst) down(c place, s *step) region {
	if c.attr {
		a.e.near = true
		return c.at
	}
	e := a.e
	if !s.test.element() {
		e.near = e.near || s.test.test != testText || s.axis != axisChild
		if c.at&outside != 0 {
			e.body = true // they may stand behind Body as well
		}
	}
	var at region
	if s.axis == axisChild {
		at = a.named(children(c.at), c.at, s)
		e.body = e.body || at&atContent != 0
	} else {
		at = a.below(c.at)
	}
	if s.axis == axisDescendantOrSelf {
		at |= c.at
	}
	return at
}

// named leaves out Header or Body where the test cannot mean it.
func (a analyst) named(at, from region, s *step) region {
	if from&atEnvelope == 0 {
		return at
	}
	var space, local string
	switch s.test.test {
	case testName:
		space, local = a.e.names[s.test.name].space, a.e.names[s.test.name].local
	case testSpace:
		space = a.e.spaces[s.test.name]
	default:
		return at
	}
	soap := space == spaceSOAP11 || space == spaceSOAP12
	if !soap || local != "" && local != "Header" {
		at &^= atHeader
	}
	if !soap || local != "" && local != "Body" {
		at &^= atBody
	}
	return at
}

func (a analyst) beside(at region, s *step) region {
	out := at & (atBlock | atContent)
	switch {
	case at&atHeader != 0 && s.axis == axisFollowingSibling:
		out |= a.named(atBody, atEnvelope, s)
	case at&atBody != 0 && s.axis == axisPrecedingSibling:
		out |= a.named(atHeader, atEnvelope, s)
	}
	if !s.test.element() {
		out |= atStray
	}
	return out
}

func children(at region) (out region) {
	if at&atRoot != 0 {
		out |= atEnvelope
	}
	if at&atEnvelope != 0 {
		out |= atHeader | atBody
	}
	if at&(atHeader|atBlock) != 0 {
		out |= atBlock
	}
	if at&(atBody|atContent) != 0 {
		out |= atContent
	}
	return out
}

func parents(at region) (out region) {
	if at&(atEnvelope|atStray) != 0 {
		out |= atRoot
	}
	if at&(atHeader|atBody|atStray) != 0 {
		out |= atEnvelope
	}
	if at&atBlock != 0 {
		out |= atHeader | atBlock
	}
	if at&atContent != 0 {
		out |= atBody | atContent
	}
	return out
}
