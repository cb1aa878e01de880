package xpath_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xpath"
)

func TestCompile_errors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, expr string
		offset     int
		text       string // part of it
	}{
		{"empty", ``, 0, "ends where"},
		{"blanks", `  `, 2, "ends where"},
		{"cut path", `/s12:Envelope/`, 14, "a name or another node test"},
		{"cut //", `//`, 2, "a name or another node test"},
		{"unknown prefix", `/s12:Envelope/x:a`, 14, `declare it in the namespaceTable: <add prefix="x"`},
		{"unknown prefix of a wildcard", `/x:*`, 1, "unknown prefix"},
		{"unknown prefix of a function", `x:f()`, 0, "unknown prefix"},
		{"unknown function", `upper-case('a')`, 0, "unknown function upper-case(); there are boolean, ceiling"},
		{"unknown function of WCF", `sm:headers()`, 0, "sm:action"},
		{"function in another namespace", `o:header()`, 0, "unknown function"},
		{"variable", `/a = $x`, 5, "variable $x: there are no variables"},
		{"variable with prefix", `$o:x`, 0, "$o:x"},
		{"unknown axis", `sibling::a`, 0, `unknown axis "sibling"`},
		{"open predicate", `/a[1`, 4, `"]" is expected`},
		{"open parenthesis", `(1`, 2, `")" is expected`},
		{"open literal", `'abc`, 0, "closing"},
		{"operator missing", `1 2`, 2, "operator"},
		{"name for operator", `1 plus 2`, 2, `"plus" where an operator`},
		{"operand missing", `1 +`, 3, "ends where"},
		{"two slashes", `/a///b`, 4, "a name or another node test"},
		{"strange character", `a # b`, 2, `'#'`},
		{"strange first character", `#`, 0, `'#'`},
		{"exclamation", `a ! b`, 2, `'!'`},
		{"few arguments", `contains('a')`, 0, "takes 2 arguments, not 1"},
		{"many arguments", `not(1, 2)`, 0, "takes 1 argument, not 2"},
		{"no arguments", `true(1)`, 0, "takes no arguments"},
		{"range of arguments", `substring('a')`, 0, "takes 2 to 3 arguments"},
		{"open arguments", `concat('a')`, 0, "takes 2 or more"},
		{"comma", `concat('a' 'b')`, 11, `"," is expected`},
		{"node-set wanted", `count('a')`, 6, "takes a node-set, not a string"},
		{"node-set wanted by WCF", `sm:actor(1)`, 9, "not a number"},
		{"union of numbers", `1 | 2`, 2, "| joins node-sets"},
		{"predicate on a number", `(1)[1]`, 3, "not to a number"},
		{"steps behind a text", `'a'/b`, 3, "not to a string"},
		{"predicate behind a dot", `.[1]`, 1, "operator or the end"},
		{"closing alone", `a)`, 1, `")"`},
		{"number as a step", `/a/1`, 3, `"1"`},
		{"node test without parenthesis", `text(`, 5, `")"`},
		{"too long", `'` + strings.Repeat("a", 4096) + `'`, 4096, "split the filter"},
		{"too many steps", strings.Repeat("/a", 65), 129, "more than 64 steps"},
		{"too many predicates", strings.Repeat("a[", 17) + "1" + strings.Repeat("]", 17), 34, "more than 16 predicates"},
		{"too deep", strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200), 128, "nested deeper"},
		{"no UTF-8", "'\xff'", 0, "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := xpath.Compile(tt.expr, xpath.Namespaces{"o": "urn:orders"})
			var s *xpath.SyntaxError
			require.ErrorAs(t, err, &s)
			assert.Contains(t, s.Text, tt.text)
			assert.Equal(t, tt.offset, s.Offset, s.Text)
			assert.Contains(t, err.Error(), "octet")
		})
	}
}

func TestCompile_limits(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		strings.Repeat("/a", 64),
		strings.Repeat("a[", 16) + "1" + strings.Repeat("]", 16),
		strings.Repeat("a[1]", 1) + strings.Repeat("[1]", 60),
		"1" + strings.Repeat("+1", 2000),
		strings.Repeat("-", 4000) + "1",
		"'" + strings.Repeat("a", 4094) + "'",
	} {
		e, err := xpath.Compile(expr, nil)
		require.NoError(t, err)
		_, err = e.Eval(document(shop), xpath.Budget{})
		require.NoError(t, err)
		assert.Equal(t, expr, e.String())
	}
}

// TestCompile_namespaces: what the table declares wins over the predefined.
func TestCompile_namespaces(t *testing.T) {
	t.Parallel()
	e, err := xpath.Compile(`count(//s12:qty)`, xpath.Namespaces{"s12": "urn:orders"})
	require.NoError(t, err)
	v, err := e.Eval(document(shop), xpath.Budget{})
	require.NoError(t, err)
	assert.Equal(t, "3", v.String())
	for _, prefix := range []string{"s11", "s12", "wsa10", "wsaAugust2004", "tempuri", "ser", "sm", "xml"} {
		_, err := xpath.Compile("/"+prefix+":a", nil)
		assert.NoError(t, err)
	}
}

// TestExpr_Body says for each expression whether its truth can depend on the body.
func TestExpr_Body(t *testing.T) {
	t.Parallel()
	head := []string{
		`/`, `/s12:Envelope`, `/s12:Envelope/s12:Body`, `/*/*`, `sm:body()`, `boolean(sm:body())`, `not(sm:body())`,
		`/s12:Envelope/s12:Header/o:Vip`, `/s12:Envelope/s12:Header/o:Vip = 'x'`, `sm:header()//o:Vip`, `sm:header()/*[2]`,
		`sm:header()//o:Vip[1]`, `sm:header()//@id`, `string(sm:header())`, `sm:action() = 'a'`, `sm:to() = sm:action()`,
		`count(sm:relatesTo())`, `sm:replyTo()/wsa10:Address = 'x'`, `sm:headers-with-actor('a')`, `sm:soap-uri()`,
		`sm:is-mandatory(sm:header()/o:Vip)`, `sm:header()/o:A/following-sibling::o:B`, `sm:header()/o:A/..`,
		`sm:header()/o:A/preceding-sibling::node()`, `sm:header()/o:A/ancestor::*`, `sm:header()/o:A/text()`,
		`sm:header()/o:A[../../s12:Body]`, `name(/*)`, `name(sm:body())`, `/*/@id = 'x'`, `sm:body()/@id = 'x'`, `/*/namespace::o = 'x'`,
		`sm:header()/o:A/@id/../o:B = 1`, `1 = 1`, `last() = 1`, `sm:utc-now() > 1`, `id('x')`, `/s12:Envelope/s12:Header | sm:body()`,
		`sm:body()/preceding-sibling::*//o:A`, `lang('en')`, `sm:header()/following-sibling::*`, `sm:header()/o:A/preceding::*`,
	}
	body := []string{
		`//o:Tier`, `/s12:Envelope/s12:Body/*`, `sm:body()/o:Place`, `string(/)`, `string()`, `/ = 'x'`, `string-length() > 1`,
		`sm:body() = 'x'`, `contains(sm:body(), 'x')`, `/s12:Envelope//o:a`, `/*/*/*`, `//@id`, `/descendant::o:a`,
		`sm:header()/o:A/following::o:B`, `sm:header()/following-sibling::*/o:A`, `/node()`, `/*/text()`, `/*/comment()`,
		`sm:header()/o:A/ancestor::*//o:B`, `sm:header()/o:A/../../s12:Body/o:x`, `/*[. = 'x']`, `sm:header()[//o:x]`,
		`sm:header()/following-sibling::node()`, `string(sm:header()/preceding-sibling::node()/..)`, `normalize-space()`, `number() = 1`,
		`sm:body()//node()`, `/s12:Envelope[s12:Body/o:x]`, `sum(/*) > 1`, `-/* = 1`, `/*/@id/.. = 'x'`,
	}
	for _, expr := range head {
		assert.False(t, compile(t, expr).Body(), expr)
	}
	for _, expr := range body {
		assert.True(t, compile(t, expr).Body(), expr)
	}
	// What is decided by the head is the same with the body as without it.
	for _, expr := range head {
		for _, v := range []string{"12 wsa10", "11 wsa04", "11 none", "12 none"} {
			without, err := truth(t, expr, given(t, v+" headers-only"))
			require.NoError(t, err, expr)
			m := given(t, v)
			with, err := xpath.NewSet(compile(t, expr), compile(t, `//o:Tier`)).Match(m, xpath.Budget{}, nil)
			require.NoError(t, err, expr)
			assert.Equal(t, without, with[0] == 0, expr)
			all, err := compile(t, expr).EvalWhole(m, xpath.Budget{})
			require.NoError(t, err, expr)
			assert.Equal(t, all.Boolean(), without, "%s: %s", v, expr)
		}
	}
	for _, expr := range body {
		_, err := truth(t, expr, given(t, "12 wsa10 headers-only"))
		require.ErrorIs(t, err, xpath.ErrBody, expr)
	}
}
