package xpath

import (
	"slices"
	"strconv"
	"strings"
)

// parser is a recursive descent over the grammar of XPath 1.0, 2 and 3.
type parser struct {
	tokens []token
	at     int
	spaces Namespaces
	expr   *Expr
	steps  int
	nested int // parentheses, arguments and predicates around
	preds  int // predicates around
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.lexeme != lexEnd {
		p.at++
	}
	return t
}

func (p *parser) is(l lexeme, text string) bool {
	t := p.peek()
	return t.lexeme == l && t.text == text
}

func (p *parser) accept(l lexeme, text string) bool {
	if p.is(l, text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if p.accept(lexSymbol, text) {
		return nil
	}
	return p.unexpected(strconv.Quote(text))
}

func (p *parser) unexpected(want string) error {
	t := p.peek()
	if t.lexeme == lexEnd {
		return wrong(t.at, "the expression ends where %s is expected", want)
	}
	return wrong(t.at, "%q where %s is expected", t.text, want)
}

// levels are the binary operators, loosest first.
var levels = []map[string]op{
	{"or": opOr},
	{"and": opAnd},
	{"=": opEqual, "!=": opNotEqual},
	{"<": opLess, "<=": opLessEqual, ">": opGreater, ">=": opGreaterEqual},
	{"+": opAdd, "-": opSubtract},
	{"*": opMultiply, "div": opDivide, "mod": opModulo},
}

func (p *parser) enter() error {
	if p.nested++; p.nested > maxNesting {
		return wrong(p.peek().at, "nested deeper than %d; simplify the expression", maxNesting)
	}
	return nil
}

func (p *parser) parseExpr() (*term, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.nested-- }()
	return p.binary(0)
}

// binary parses a chain of operators of one level, which associate to the left.
func (p *parser) binary(level int) (*term, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		t := p.peek()
		o, ok := levels[level][t.text]
		if t.lexeme != lexOperator || !ok {
			return left, nil
		}
		p.at++
		var right *term
		if right, err = p.binary(level + 1); err != nil {
			return nil, err
		}
		k := isBoolean
		if o >= opAdd {
			k = isNumber
		}
		left = &term{op: o, kind: k, at: left.at, end: right.end, left: left, right: right}
	}
	return nil, err
}

func (p *parser) unary() (*term, error) {
	at, minus := p.peek().at, 0
	for p.accept(lexOperator, "-") {
		minus++
	}
	t, err := p.union()
	if err != nil || minus == 0 {
		return t, err
	}
	// An even number of signs still makes a number of the operand.
	t = &term{op: opNegate, kind: isNumber, at: at, end: t.end, left: t}
	if minus%2 == 0 {
		t = &term{op: opNegate, kind: isNumber, at: at, end: t.end, left: t}
	}
	return t, nil
}

func (p *parser) union() (*term, error) {
	left, err := p.pathExpr()
	for err == nil && p.is(lexOperator, "|") {
		bar := p.take()
		var right *term
		if right, err = p.pathExpr(); err != nil {
			return nil, err
		}
		if left.kind != isNodes || right.kind != isNodes {
			return nil, wrong(bar.at, "| joins node-sets, not a %s and a %s", left.kind, right.kind)
		}
		left = &term{op: opUnion, kind: isNodes, at: left.at, end: right.end, left: left, right: right}
	}
	return left, err
}

// pathExpr parses a location path or a filter expression with steps behind it.
func (p *parser) pathExpr() (*term, error) {
	first := p.peek()
	if !primary(first) {
		return p.locationPath()
	}
	t, err := p.primary()
	if err != nil {
		return nil, err
	}
	if !p.is(lexSymbol, "[") && !p.is(lexOperator, "/") && !p.is(lexOperator, "//") {
		return t, nil
	}
	if t.kind != isNodes {
		return nil, wrong(p.peek().at, "%s applies to a node-set, not to a %s", p.peek().text, t.kind)
	}
	x := &path{filter: t}
	if x.preds, _, err = p.predicates(); err != nil {
		return nil, err
	}
	if p.is(lexOperator, "/") || p.is(lexOperator, "//") {
		err = p.moreSteps(x)
	}
	return p.pathTerm(x, first.at), err
}

func (p *parser) pathTerm(x *path, at int) *term {
	x.simplify()
	return &term{op: opPath, kind: isNodes, at: at, end: p.tokens[p.at-1].end, path: x}
}

func primary(t token) bool {
	switch t.lexeme {
	case lexVariable, lexLiteral, lexNumber, lexFunction:
		return true
	case lexSymbol:
		return t.text == "("
	default:
		return false
	}
}

func (p *parser) primary() (*term, error) {
	t := p.take()
	switch t.lexeme {
	case lexVariable:
		return nil, wrong(t.at, "variable %s: there are no variables here; write its value into the expression", t.text)
	case lexLiteral:
		return &term{op: opLiteral, kind: isString, at: t.at, end: t.end, literal: []byte(t.text)}, nil
	case lexNumber:
		n, _ := strconv.ParseFloat(t.text, 64) // out of range gives an infinity, as IEEE 754 asks
		return &term{op: opNumber, kind: isNumber, at: t.at, end: t.end, number: n}, nil
	case lexFunction:
		return p.call(t)
	default:
		inner, err := p.parseExpr()
		if err == nil {
			err = p.expect(")")
		}
		return inner, err
	}
}

func (p *parser) call(t token) (*term, error) {
	fn, err := p.function(t)
	if err != nil {
		return nil, err
	}
	c := &term{op: opCall, kind: fn.result, at: t.at, fn: fn}
	p.take() // the parenthesis that made it a function
	for !p.is(lexSymbol, ")") {
		if len(c.args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		arg, err := p.parseExpr()
		if err != nil {
			return nil, err
		}
		if fn.nodes && arg.kind != isNodes {
			return nil, wrong(arg.at, "%s() takes a node-set, not a %s", t.text, arg.kind)
		}
		c.args = append(c.args, arg)
	}
	c.end = p.take().end
	if n := len(c.args); n < fn.least || n > fn.most {
		return nil, wrong(t.at, "%s() takes %s, not %d", t.text, fn.arguments(), n)
	}
	return c, nil
}

func (p *parser) function(t token) (*function, error) {
	name, err := p.expand(t.text, t.at)
	if err != nil {
		return nil, err
	}
	table, prefix := coreFunctions, ""
	if name.space != "" {
		table, prefix = soapFunctions, "sm:"
	}
	if name.space == "" || name.space == spaceSM {
		if fn, ok := table[name.local]; ok {
			return fn, nil
		}
	}
	all := make([]string, 0, len(table))
	for n := range table {
		all = append(all, prefix+n)
	}
	slices.Sort(all)
	return nil, wrong(t.at, "unknown function %s(); there are %s", t.text, strings.Join(all, ", "))
}

func (p *parser) locationPath() (*term, error) {
	x, first := &path{}, p.peek()
	var err error
	switch {
	case p.is(lexOperator, "//"):
		x.absolute = true
		err = p.moreSteps(x)
	case p.accept(lexOperator, "/"):
		x.absolute = true
		if p.startsStep() {
			err = p.relative(x)
		}
	default:
		err = p.relative(x)
	}
	if err != nil {
		return nil, err
	}
	return p.pathTerm(x, first.at), nil
}

func (p *parser) startsStep() bool {
	switch t := p.peek(); t.lexeme {
	case lexAxis, lexName, lexNodeType:
		return true
	case lexSymbol:
		return t.text == "." || t.text == ".." || t.text == "@"
	default:
		return false
	}
}

func (p *parser) relative(x *path) error {
	if err := p.step(x); err != nil {
		return err
	}
	return p.moreSteps(x)
}

// moreSteps parses steps that begin with / or //.
func (p *parser) moreSteps(x *path) error {
	for {
		switch {
		case p.is(lexOperator, "//"):
			t := p.take()
			x.steps = append(x.steps, step{axis: axisDescendantOrSelf, test: nodeTest{test: testNode}, at: t.at, end: t.end})
		case !p.accept(lexOperator, "/"):
			return nil
		}
		if err := p.step(x); err != nil {
			return err
		}
	}
}

func (p *parser) step(x *path) error {
	t := p.peek()
	if p.steps++; p.steps > maxSteps {
		return wrong(t.at, "more than %d steps; split the filter", maxSteps)
	}
	s := step{at: t.at, test: nodeTest{test: testNode}}
	switch {
	case p.accept(lexSymbol, "."):
		s.axis = axisSelf
	case p.accept(lexSymbol, ".."):
		s.axis = axisParent
	default:
		if p.accept(lexSymbol, "@") {
			s.axis = axisAttribute
		} else if t.lexeme == lexAxis {
			a, ok := axes[t.text]
			if !ok {
				return wrong(t.at, "unknown axis %q", t.text)
			}
			s.axis = a
			p.at += 2
		}
		err := p.nodeTest(&s.test)
		if err == nil {
			s.preds, s.positional, err = p.predicates()
		}
		if err != nil {
			return err
		}
	}
	s.end = p.tokens[p.at-1].end
	x.steps = append(x.steps, s)
	return nil
}

func (p *parser) nodeTest(n *nodeTest) error {
	t := p.peek()
	switch t.lexeme {
	case lexName:
		p.at++
		return p.nameTest(n, t)
	case lexNodeType:
		p.at += 2
		n.test = map[string]test{"node": testNode, "text": testText, "comment": testComment}[t.text]
		if t.text == "processing-instruction" {
			n.test = testInstruction
			if p.peek().lexeme == lexLiteral {
				p.at++
			}
		}
		return p.expect(")")
	default:
		return p.unexpected("a name or another node test")
	}
}

func (p *parser) nameTest(n *nodeTest, t token) error {
	prefix, isPrefix := strings.CutSuffix(t.text, ":*")
	switch {
	case t.text == "*":
		n.test = testAny
		return nil
	case isPrefix:
		space, err := p.resolve(prefix, t.at)
		n.test, n.name = testSpace, p.expr.space(space)
		return err
	default:
		name, err := p.expand(t.text, t.at)
		n.test, n.name = testName, p.expr.name(name)
		return err
	}
}

// predicates parses the predicates of a step or of a filter expression.
func (p *parser) predicates() (preds []*term, positional bool, err error) {
	for p.accept(lexSymbol, "[") {
		if p.preds++; p.preds > maxPredicates {
			return nil, false, wrong(p.peek().at, "more than %d predicates inside each other; split the filter", maxPredicates)
		}
		t, err := p.parseExpr()
		if err == nil {
			err = p.expect("]")
		}
		if err != nil {
			return nil, false, err
		}
		p.preds--
		preds = append(preds, t)
		positional = positional || t.kind == isNumber || t.positional()
	}
	return preds, positional, nil
}

// positional tells whether the value depends on the context's position or size.
func (t *term) positional() bool {
	if t == nil {
		return false
	}
	if t.op == opCall && t.fn.positional {
		return true
	}
	if t.op == opPath {
		return t.path.filter.positional() // predicates have positions of their own
	}
	return slices.ContainsFunc(t.args, (*term).positional) || t.left.positional() || t.right.positional()
}

// simplify joins the two steps of // into one where that selects the same nodes:
// when no predicate counts children (XPath 1.0, 2.5, note).
func (x *path) simplify() {
	for i := 0; i+1 < len(x.steps); i++ {
		a, b := &x.steps[i], &x.steps[i+1]
		if a.axis != axisDescendantOrSelf || a.test.test != testNode || len(a.preds) > 0 || b.positional {
			continue
		}
		switch b.axis {
		case axisChild, axisDescendant:
			b.axis = axisDescendant
		case axisDescendantOrSelf, axisSelf:
			b.axis = axisDescendantOrSelf
		default:
			continue
		}
		b.at = a.at
		x.steps = slices.Delete(x.steps, i, i+1)
		i--
	}
}
