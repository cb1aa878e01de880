package xpath

import "fmt"

// prefix is the beginning of a path that expressions of a plan may have in common:
// steps without predicates, the last of them without regard to its own. What it
// selects is found once for a message.
type prefix struct {
	path    *path // nil: nothing to share
	id      int32 // the same for equal beginnings
	steps   int
	decides bool // where it selects nothing the expression is false
}

// found is what a prefix selected: a range of run.shared.
type found struct {
	known    bool
	from, to int32
}

// share returns the prefix of an expression.
func (p *plan) share(i int, t *term, ids map[string]int32) prefix {
	s := prefix{decides: t.op == opPath}
	if t.op >= opEqual && t.op <= opGreaterEqual {
		for _, x := range [][2]*term{{t.left, t.right}, {t.right, t.left}} {
			if x[0].op == opPath && (x[1].op == opLiteral || x[1].op == opNumber) {
				t, s.decides = x[0], true
				break
			}
		}
	}
	for t.op != opPath {
		switch {
		case t.left != nil:
			t = t.left
		case len(t.args) > 0:
			t = t.args[0]
		default:
			return prefix{}
		}
	}
	x := t.path
	if len(x.preds) > 0 || x.filter != nil && (x.filter.op != opCall || x.filter.fn.element == "") {
		return prefix{}
	}
	var key []byte
	if x.filter != nil {
		key = append(key, x.filter.fn.element...)
	}
	for k := range x.steps {
		st := &x.steps[k]
		if st.positional {
			break
		}
		key = p.appendKey(key, i, st)
		if s.steps++; len(st.preds) > 0 {
			break
		}
	}
	if s.steps == 0 {
		return prefix{}
	}
	id, ok := ids[string(key)]
	if !ok {
		id = int32(len(ids))
		ids[string(key)] = id
	}
	s.path, s.id = x, id
	return s
}

// appendKey appends what tells a step from others, predicates apart.
func (p *plan) appendKey(key []byte, expr int, s *step) []byte {
	id := int32(0)
	switch s.test.test {
	case testName:
		id = p.nameOf[expr][s.test.name]
	case testSpace:
		id = p.spaceOf[expr][s.test.name]
	default:
	}
	return fmt.Appendf(key, "/%d,%d,%d", s.axis, s.test.test, id)
}

// shareStart appends what the prefix of the expression in use selects, with the
// predicates of its last step, and returns the number of steps done.
func (r *run) shareStart(s *prefix) int {
	f, base := &r.found[s.id], len(r.refs)
	x := s.path
	if f.known {
		r.refs = append(r.refs, r.shared[f.from:f.to]...)
	} else {
		r.start(x, rootContext)
		for i := 0; i < s.steps && len(r.refs) > base; i++ {
			bare := x.steps[i]
			bare.preds = nil
			r.step(base, &bare)
		}
		if r.err == nil {
			f.known, f.from = true, int32(len(r.shared))
			r.shared = append(r.shared, r.refs[base:]...)
			f.to = int32(len(r.shared))
		}
	}
	for _, t := range x.steps[s.steps-1].preds {
		r.filter(base, t)
	}
	return s.steps
}
