package xpath

import (
	"fmt"
	"strconv"
	"strings"
)

// Explain says in one line whether the expression matches, what each of its paths
// selected, at which step a path became empty and what stands there instead, and
// which values were compared. It is made for people and costs what it costs; the
// budget is that of one evaluation.
func (e *Expr) Explain(m *Message) string {
	p := newPlan([]*Expr{e}, false, true)
	p.body = e.body // the head is enough where it decides
	r := begin(p, m, Budget{})
	defer r.end()
	if err := r.load(); err != nil {
		return err.Error()
	}
	t := r.use(0)
	x := &explanation{r: r, e: e}
	if r.boolean(t, rootContext) {
		x.say("match")
	} else {
		x.say("no match")
	}
	if r.err == nil {
		x.term(t)
	}
	if r.err != nil {
		return r.err.Error()
	}
	return strings.Join(x.parts, "; ")
}

// rootContext is the context of a whole expression.
var rootContext = context{pos: 1, size: 1}

type explanation struct {
	r     *run
	e     *Expr
	parts []string
}

func (x *explanation) say(format string, args ...any) {
	x.parts = append(x.parts, fmt.Sprintf(format, args...))
}

// source returns the text of a term or step.
func (x *explanation) source(at, end int) string { return x.e.text[at:end] }

// term explains what stands outside predicates, whose context is the root.
func (x *explanation) term(t *term) {
	if t == nil || x.r.err != nil {
		return
	}
	if t.op == opPath {
		x.path(t)
		return
	}
	x.term(t.left)
	x.term(t.right)
	for _, a := range t.args {
		x.term(a)
	}
	if t.op >= opEqual && t.op <= opGreaterEqual {
		x.say("%s: %s is compared with %s", x.source(t.at, t.end), x.values(t.left), x.values(t.right))
	}
}

// values shows up to three values of a term.
func (x *explanation) values(t *term) string {
	r := x.r
	if t.kind != isNodes {
		return x.show(r.string(t, rootContext), t.kind)
	}
	base := r.set(t, rootContext)
	defer func() { r.refs = r.refs[:base] }()
	n := len(r.refs) - base
	if n == 0 {
		return "nothing"
	}
	var list []string
	for i := range min(n, 3) {
		list = append(list, x.show(r.stringOf(r.refs[base+i]), isString))
	}
	if n > 3 {
		list = append(list, fmt.Sprintf("%d more", n-3))
	}
	return strings.Join(list, ", ")
}

func (x *explanation) show(s []byte, k kind) string {
	const most = 64
	text := []rune(string(s))
	more := ""
	if len(text) > most {
		text, more = text[:most], "..."
	}
	if k != isString {
		return string(text) + more
	}
	return strconv.Quote(string(text)) + more
}

// path goes along a path step by step.
func (x *explanation) path(t *term) {
	r, p := x.r, t.path
	base := len(r.refs)
	defer func() { r.refs = r.refs[:base] }()
	if p.filter != nil {
		x.term(p.filter)
	}
	r.start(p, rootContext)
	if len(r.refs) == base {
		x.say("%s: its beginning selected nothing", x.source(t.at, t.end))
		return
	}
	for i := range p.steps {
		s := &p.steps[i]
		before := append([]ref(nil), r.refs[base:]...)
		r.step(base, s)
		if len(r.refs) == base && r.err == nil {
			x.say("%s: step %s selected nothing: %s", x.source(t.at, t.end), x.source(s.at, s.end), x.instead(before, s))
			return
		}
	}
	n := len(r.refs) - base
	at := r.offset(r.refs[base])
	switch {
	case n == 1:
		x.say("%s selected one node, at octet %d", x.source(t.at, t.end), at)
	default:
		x.say("%s selected %d nodes, the first at octet %d", x.source(t.at, t.end), n, at)
	}
}

// instead says what a step found that became empty.
func (x *explanation) instead(before []ref, s *step) string {
	r := x.r
	base := len(r.refs)
	defer func() { r.refs = r.refs[:base] }()
	for _, open := range []step{{axis: s.axis, test: s.test}, {axis: s.axis, test: nodeTest{test: testAny}}} {
		for _, n := range before {
			r.along(n, &open)
		}
		found := len(r.refs) - base
		if found > 0 && open.test == s.test {
			return fmt.Sprintf("its predicates left none of %d", found)
		}
		if found > 0 {
			return "there is " + x.namesOf(r.refs[base:])
		}
	}
	return "nothing is there, below " + x.namesOf(before)
}

// namesOf lists up to five different names.
func (x *explanation) namesOf(nodes []ref) string {
	var names []string
	seen := map[string]bool{}
	for _, n := range nodes {
		name := "the root"
		if n != 0 {
			name = string(x.r.namePart(n, partLocal))
			if space := x.r.namePart(n, partSpace); len(space) > 0 {
				name = fmt.Sprintf("{%s}%s", space, name)
			}
		}
		if len([]rune(name)) > 256 {
			name = string([]rune(name)[:256]) + "..."
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		if len(names) == 5 && len(nodes) > 5 {
			return strings.Join(names, ", ") + " and others"
		}
	}
	return strings.Join(names, ", ")
}
