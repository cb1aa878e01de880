package xpath

import (
	"strings"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// lexeme is the kind of a token (XPath 1.0, 3.7).
type lexeme uint8

const (
	lexEnd      lexeme = iota
	lexSymbol          // one of ( ) [ ] . .. @ , ::
	lexOperator        // / // | + - = != < <= > >= *, and or mod div
	lexNumber
	lexLiteral
	lexVariable
	lexAxis     // name before ::
	lexFunction // name before (
	lexNodeType // comment, text, processing-instruction or node before (
	lexName     // QName, * or prefix:*
)

type token struct {
	lexeme lexeme
	text   string // as written; of a literal what stands between the quotes
	at     int
	end    int
}

// lex splits the text of an expression into tokens.
func lex(text string) ([]token, error) {
	var tokens []token
	for i := 0; ; {
		for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
			i++
		}
		if i == len(text) {
			return append(tokens, token{lexeme: lexEnd, at: i, end: i}), nil
		}
		t, err := next(text, i, operand(tokens))
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		i = t.end
	}
}

// operand tells whether the last token ends an operand, so that * and names that
// follow it are operators (XPath 1.0, 3.7, first rule).
func operand(tokens []token) bool {
	if len(tokens) == 0 {
		return false
	}
	switch t := tokens[len(tokens)-1]; t.lexeme {
	case lexOperator:
		return false
	case lexSymbol:
		return t.text == ")" || t.text == "]" || t.text == "." || t.text == ".."
	default:
		return true
	}
}

func next(text string, i int, after bool) (token, error) {
	mk := func(l lexeme, n int) (token, error) {
		return token{lexeme: l, text: text[i : i+n], at: i, end: i + n}, nil
	}
	rest := text[i:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "::"), strings.HasPrefix(rest, ".."):
		return mk(lexSymbol, 2)
	case digit(rest, 0), c == '.' && digit(rest, 1):
		return mk(lexNumber, numberLen(rest))
	case strings.IndexByte("()[].@,", c) >= 0:
		return mk(lexSymbol, 1)
	case c == '"' || c == '\'':
		n := strings.IndexByte(rest[1:], c)
		if n < 0 {
			return token{}, wrong(i, "a literal without its closing %c", c)
		}
		return token{lexeme: lexLiteral, text: rest[1 : n+1], at: i, end: i + n + 2}, nil
	case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "!="), strings.HasPrefix(rest, "<="), strings.HasPrefix(rest, ">="):
		return mk(lexOperator, 2)
	case strings.IndexByte("/|+-=<>", c) >= 0:
		return mk(lexOperator, 1)
	case c == '*' && after:
		return mk(lexOperator, 1)
	case c == '*':
		return mk(lexName, 1)
	case c == '$':
		n := qnameLen(rest[1:], false)
		return mk(lexVariable, n+1)
	}
	if after {
		return operatorName(text, i)
	}
	n := qnameLen(rest, true)
	if n == 0 {
		r, _ := utf8.DecodeRuneInString(rest)
		return token{}, wrong(i, "%q has no meaning here", r)
	}
	return mk(classify(rest, n), n)
}

// operatorName reads and, or, mod or div.
func operatorName(text string, i int) (token, error) {
	n := ncnameLen(text[i:])
	switch name := text[i : i+n]; name {
	case "and", "or", "mod", "div":
		return token{lexeme: lexOperator, text: name, at: i, end: i + n}, nil
	case "":
		r, _ := utf8.DecodeRuneInString(text[i:])
		return token{}, wrong(i, "%q where an operator is expected", r)
	default:
		return token{}, wrong(i, "%q where an operator is expected", name)
	}
}

// classify tells names apart by what follows them (XPath 1.0, 3.7, second and
// third rule).
func classify(rest string, n int) lexeme {
	name, behind := rest[:n], strings.TrimLeft(rest[n:], " \t\r\n")
	switch {
	case strings.HasPrefix(behind, "::"):
		return lexAxis
	case strings.HasSuffix(name, "*") || !strings.HasPrefix(behind, "("):
		return lexName
	}
	switch name {
	case "comment", "text", "processing-instruction", "node":
		return lexNodeType
	}
	return lexFunction
}

func digit(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

func numberLen(s string) int {
	n := 0
	for digit(s, n) {
		n++
	}
	if n < len(s) && s[n] == '.' {
		n++
	}
	for digit(s, n) {
		n++
	}
	return n
}

// qnameLen returns the length of the QName, or with star of prefix:*, that s
// begins with.
func qnameLen(s string, star bool) int {
	n := ncnameLen(s)
	if n == 0 || n+1 >= len(s) || s[n] != ':' || s[n+1] == ':' {
		return n
	}
	if star && s[n+1] == '*' {
		return n + 2
	}
	if m := ncnameLen(s[n+1:]); m > 0 {
		return n + 1 + m
	}
	return n
}

func ncnameLen(s string) int {
	n := 0
	for n < len(s) {
		_, size := utf8.DecodeRuneInString(s[n:])
		if !xmltext.IsNCName([]byte("_"+s[n:n+size])) || n == 0 && !xmltext.IsNCName([]byte(s[:size])) {
			break
		}
		n += size
	}
	return n
}
