package xpath

import "slices"

// set evaluates a node-set. The nodes are r.refs from the returned index on, in
// document order and once each; the caller cuts them off.
func (r *run) set(t *term, c context) int {
	base := len(r.refs)
	switch t.op {
	case opPath:
		r.path(t.path, c)
	case opUnion:
		r.set(t.left, c)
		middle := len(r.refs)
		r.set(t.right, c)
		if base < middle && middle < len(r.refs) {
			r.order(base)
		}
	default:
		t.fn.set(r, t, c)
		r.order(base)
	}
	return base
}

// order sorts the nodes from base on, if they are not sorted.
func (r *run) order(base int) {
	s := r.refs[base:]
	for i := 1; i < len(s); i++ {
		if s[i-1] >= s[i] {
			slices.Sort(s)
			r.refs = r.refs[:base+len(slices.Compact(s))]
			return
		}
	}
}

func (r *run) path(x *path, c context) {
	base := len(r.refs)
	done := 0
	if x == r.prefix.path {
		done = r.shareStart(r.prefix)
	} else {
		r.start(x, c)
	}
	for i := done; i < len(x.steps); i++ {
		if len(r.refs) == base || r.err != nil {
			break
		}
		r.step(base, &x.steps[i])
	}
	if r.err != nil {
		r.refs = r.refs[:base]
	}
}

// start appends the nodes that a path begins at.
func (r *run) start(x *path, c context) {
	base := len(r.refs)
	switch {
	case x.filter != nil:
		r.set(x.filter, c)
	case x.absolute:
		r.refs = append(r.refs, 0)
	default:
		r.refs = append(r.refs, c.node)
	}
	for _, p := range x.preds {
		r.filter(base, p)
	}
}

// step replaces the nodes from base on by those that a step selects from them.
func (r *run) step(base int, s *step) {
	middle := len(r.refs)
	covered := int32(0)
	for i := base; i < middle; i++ {
		n := r.refs[i]
		if (s.axis == axisDescendant || s.axis == axisDescendantOrSelf) && !s.positional && n.sub() == 0 {
			if n.index() < covered {
				continue // a node before it has selected the same
			}
			covered = r.nodes[n.index()].last
		}
		from := len(r.refs)
		r.along(n, s)
		for _, p := range s.preds {
			r.filter(from, p)
		}
		if s.axis.reverse() {
			slices.Reverse(r.refs[from:])
		}
		if r.err != nil {
			break
		}
	}
	r.order(middle)
	n := copy(r.refs[base:], r.refs[middle:])
	r.refs = r.refs[:base+n]
}

// filter keeps the nodes from base on for which a predicate is true (XPath 1.0,
// 2.4). Positions count in the order in which the nodes are.
func (r *run) filter(base int, t *term) {
	size, kept := len(r.refs)-base, base
	for i := range size {
		c := context{r.refs[base+i], i + 1, size}
		var ok bool
		if t.kind == isNumber {
			ok = r.number(t, c) == float64(i+1)
		} else {
			ok = r.boolean(t, c)
		}
		if !r.visit(1) {
			break
		}
		if ok {
			r.refs[kept] = c.node
			kept++
		}
	}
	r.refs = r.refs[:kept]
}

// along appends the nodes of an axis that pass the node test, in the order of the
// axis.
func (r *run) along(n ref, s *step) {
	if n.sub() != 0 {
		r.alongLeaf(n, s)
		return
	}
	i := n.index()
	x := &r.nodes[i]
	switch s.axis {
	case axisSelf:
		r.offer(i, &s.test)
	case axisChild:
		for k := i + 1; k < x.last && r.visit(1); k = r.nodes[k].last {
			r.offer(k, &s.test)
		}
	case axisDescendantOrSelf:
		r.offer(i, &s.test)
		r.between(i+1, x.last, &s.test)
	case axisDescendant:
		r.between(i+1, x.last, &s.test)
	case axisAttribute:
		r.attributes(i, &s.test)
	case axisNamespace:
		r.scopes(i, &s.test)
	case axisParent:
		if i > 0 {
			r.offer(x.parent, &s.test)
		}
	case axisAncestorOrSelf:
		r.offer(i, &s.test)
		r.ancestors(i, &s.test)
	case axisAncestor:
		r.ancestors(i, &s.test)
	case axisFollowing:
		r.between(x.last, int32(len(r.nodes)), &s.test)
	case axisPreceding:
		r.preceding(i, &s.test)
	case axisFollowingSibling:
		if i > 0 {
			for k := x.last; k < r.nodes[x.parent].last && r.visit(1); k = r.nodes[k].last {
				r.offer(k, &s.test)
			}
		}
	case axisPrecedingSibling:
		if i > 0 {
			from := len(r.refs)
			for k := x.parent + 1; k < i && r.visit(1); k = r.nodes[k].last {
				r.offer(k, &s.test)
			}
			slices.Reverse(r.refs[from:])
		}
	}
}

// alongLeaf is along for an attribute or a namespace node, whose parent is the
// element that bears it.
func (r *run) alongLeaf(n ref, s *step) {
	i := n.index()
	switch s.axis {
	case axisSelf, axisDescendantOrSelf, axisAncestorOrSelf:
		if s.test.test == testNode { // elements are the principal type of these axes
			r.refs = append(r.refs, n)
		}
		if s.axis != axisAncestorOrSelf {
			return
		}
		fallthrough
	case axisAncestor:
		r.offer(i, &s.test)
		r.ancestors(i, &s.test)
	case axisParent:
		r.offer(i, &s.test)
	case axisFollowing:
		r.between(i+1, int32(len(r.nodes)), &s.test)
	case axisPreceding:
		r.preceding(i, &s.test)
	default:
	}
}

func (r *run) between(from, to int32, t *nodeTest) {
	for k := from; k < to && r.visit(1); k++ {
		r.offer(k, t)
	}
}

func (r *run) ancestors(i int32, t *nodeTest) {
	for i > 0 && r.visit(1) {
		i = r.nodes[i].parent
		r.offer(i, t)
	}
}

func (r *run) preceding(i int32, t *nodeTest) {
	for k := i - 1; k > 0 && r.visit(1); k-- {
		if r.nodes[k].last <= i { // else an ancestor
			r.offer(k, t)
		}
	}
}

// offer appends a node if it passes the test.
func (r *run) offer(i int32, t *nodeTest) {
	n, ok := &r.nodes[i], false
	switch t.test {
	case testName:
		ok = n.kind == nodeElement && n.name == r.names[t.name]
	case testSpace:
		ok = n.kind == nodeElement && r.spaces[n.space].id == r.spaceID[t.name]
	case testAny:
		ok = n.kind == nodeElement
	case testNode:
		ok = true
	case testText:
		ok = n.kind == nodeText
	case testComment:
		ok = n.kind == nodeComment
	case testInstruction: // the scanner refuses them
	}
	if ok {
		r.refs = append(r.refs, nodeRef(i))
	}
}

func (r *run) attributes(i int32, t *nodeTest) {
	n := &r.nodes[i]
	for k := range int32(n.nAttrs) {
		a := &r.attrs[n.attrs+k]
		ok := t.test == testAny || t.test == testNode
		switch t.test {
		case testName:
			ok = a.name == r.names[t.name]
		case testSpace:
			ok = r.spaces[a.space].id == r.spaceID[t.name]
		default:
		}
		if ok {
			r.refs = append(r.refs, nodeRef(i)|firstAttr+ref(k))
		}
		if !r.visit(1) {
			return
		}
	}
}

// scopes appends the namespace nodes of an element: one for each prefix in force
// (XPath 1.0, 5.4). Of a name test only the local part can match: the prefix.
func (r *run) scopes(i int32, t *nodeTest) {
	if r.nodes[i].kind != nodeElement {
		return
	}
	base := len(r.refs)
	for d := r.nodes[i].scope; d >= 0 && r.visit(1); d = r.decls[d].outer {
		if !r.shadowed(base, d) {
			r.refs = append(r.refs, nodeRef(i)|(firstScope+ref(d)))
		}
	}
	kept := base
	for _, n := range r.refs[base:] {
		d := &r.decls[n.sub()-firstScope]
		ok := len(d.space) > 0 && (t.test == testAny || t.test == testNode)
		if t.test == testName && len(d.space) > 0 {
			name := r.plan.byID[r.names[t.name]]
			ok = name.space == "" && name.local == string(d.prefix)
		}
		if ok {
			r.refs[kept] = n
			kept++
		}
	}
	r.refs = r.refs[:kept]
	slices.Sort(r.refs[base:])
}

func (r *run) shadowed(base int, d int32) bool {
	for _, n := range r.refs[base:] {
		if string(r.decls[n.sub()-firstScope].prefix) == string(r.decls[d].prefix) {
			return true
		}
	}
	return !r.visit(1 + (len(r.refs)-base)/8)
}
