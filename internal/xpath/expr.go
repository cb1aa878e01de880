package xpath

import (
	"slices"
	"unicode/utf8"
)

// Expr is a compiled expression. It is immutable.
type Expr struct {
	text      string
	root      *term
	names     []qname  // that its node tests ask for
	spaces    []string // likewise
	body      bool     // its truth may depend on the body
	bodyValue bool     // its value may
	attrs     bool     // it may read attributes
	scopes    bool     // it may read namespace nodes
	near      bool     // it may go from a node to any other: nothing may be left out
}

// Compile parses an expression. Prefixes are those of dispatch 3.6 and ns, which
// wins. The error is a *SyntaxError: what XPath 1.0 does not allow, an unknown
// prefix or function, any variable, or more than the limits of threats T-SOAP-07:
// 4096 octets, 64 steps, 16 predicates inside each other.
func Compile(text string, ns Namespaces) (*Expr, error) {
	if len(text) > maxText {
		return nil, wrong(maxText, "the expression has %d octets, more than %d; split the filter", len(text), maxText)
	}
	if !utf8.ValidString(text) {
		return nil, wrong(0, "the expression is not UTF-8")
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	e := &Expr{text: text}
	p := &parser{tokens: tokens, spaces: ns, expr: e}
	if e.root, err = p.parseExpr(); err != nil {
		return nil, err
	}
	if p.peek().lexeme != lexEnd {
		return nil, p.unexpected("an operator or the end")
	}
	e.analyse()
	return e, nil
}

// String returns the text that was compiled.
func (e *Expr) String() string { return e.text }

// Body tells whether the expression may read the body. It is decided from the
// expression alone: false means that no message can make it read more than the
// head.
func (e *Expr) Body() bool { return e.body }

func (e *Expr) name(n qname) int {
	if i := slices.Index(e.names, n); i >= 0 {
		return i
	}
	e.names = append(e.names, n)
	return len(e.names) - 1
}

func (e *Expr) space(s string) int {
	if i := slices.Index(e.spaces, s); i >= 0 {
		return i
	}
	e.spaces = append(e.spaces, s)
	return len(e.spaces) - 1
}
