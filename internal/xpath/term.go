package xpath

// kind is one of the four types of XPath 1.0, 1. Without variables the type of
// every expression is known when it is compiled.
type kind uint8

const (
	isNodes kind = iota
	isBoolean
	isNumber
	isString
)

func (k kind) String() string {
	return [...]string{"node-set", "boolean", "number", "string"}[k]
}

// op says what a term does.
type op uint8

const (
	opPath op = iota
	opLiteral
	opNumber
	opCall
	opUnion
	opNegate
	opOr
	opAnd
	opEqual
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opAdd
	opSubtract
	opMultiply
	opDivide
	opModulo
)

// term is an expression. It never changes once it is compiled.
type term struct {
	op          op
	kind        kind
	at, end     int   // octets of the text
	left, right *term // operators; opNegate has a left one only
	literal     []byte
	number      float64
	fn          *function
	args        []*term
	path        *path
}

// path is a location path, or a filter expression with predicates and steps
// (XPath 1.0, 2 and 3.3).
type path struct {
	absolute bool
	filter   *term   // what the path begins with, nil for a location path
	preds    []*term // of filter
	steps    []step
}

// step is a location step (XPath 1.0, 2.1).
type step struct {
	axis       axis
	test       nodeTest
	preds      []*term
	positional bool // a predicate depends on position or size
	at, end    int
}

type axis uint8

const (
	axisChild axis = iota
	axisDescendant
	axisDescendantOrSelf
	axisSelf
	axisAttribute
	axisNamespace
	axisParent
	axisAncestor
	axisAncestorOrSelf
	axisFollowing
	axisFollowingSibling
	axisPreceding
	axisPrecedingSibling
)

var axes = map[string]axis{
	"child": axisChild, "descendant": axisDescendant, "descendant-or-self": axisDescendantOrSelf,
	"self": axisSelf, "attribute": axisAttribute, "namespace": axisNamespace, "parent": axisParent,
	"ancestor": axisAncestor, "ancestor-or-self": axisAncestorOrSelf, "following": axisFollowing,
	"following-sibling": axisFollowingSibling, "preceding": axisPreceding, "preceding-sibling": axisPrecedingSibling,
}

// reverse tells whether positions count backwards (XPath 1.0, 2.4).
func (a axis) reverse() bool {
	switch a {
	case axisParent, axisAncestor, axisAncestorOrSelf, axisPreceding, axisPrecedingSibling:
		return true
	default:
		return false
	}
}

// test says which nodes a node test selects (XPath 1.0, 2.3).
type test uint8

const (
	testName  test = iota // one name
	testSpace             // prefix:*
	testAny               // *
	testNode
	testText
	testComment
	testInstruction
)

type nodeTest struct {
	test test
	name int // testName: index in Expr.names; testSpace: index in Expr.spaces
}

// qname is an expanded name that an expression asks for.
type qname struct{ space, local string }
