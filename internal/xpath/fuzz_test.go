package xpath_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// FuzzXPath asserts that nothing panics, that what is compiled can be compiled
// again, and that leaving out what an expression does not need changes nothing.
func FuzzXPath(f *testing.F) {
	text := envelope(`<o:a xmlns:o="urn:orders" id="1"><o:b>2</o:b>text<!-- c --><o:b o:x="y"/></o:a>`)
	for _, tt := range evaluations {
		f.Add(tt.expr, shop)
	}
	for _, tt := range typical {
		f.Add(tt.expr, text)
	}
	f.Add(`sm:actor(//o:b)`, text)
	f.Add(`count(sm:header()//x/following-sibling::*[1])`, text)
	f.Fuzz(func(t *testing.T, expr, doc string) {
		ns := xpath.Namespaces{"o": "urn:orders", "p": "urn:other"}
		e, err := xpath.Compile(expr, ns)
		if err != nil {
			return
		}
		again, err := xpath.Compile(e.String(), ns)
		require.NoError(t, err)
		require.Equal(t, e.Body(), again.Body())
		check(t, e, document(doc))
		if m := split(t, doc); m != nil {
			check(t, e, m)
		}
	})
}

// split makes a message of a sound envelope, nil of anything else.
func split(t *testing.T, doc string) *xpath.Message {
	t.Helper()
	env, err := soap.Decode(t.Context(), strings.NewReader(doc), soap.DecodeOptions{
		Version: soap.Soap12, Size: int64(len(doc)), Needs: soap.Needs{Check: soap.CheckWellFormed},
	})
	if err != nil {
		return nil
	}
	defer env.Release()
	n := len(env.Head())
	return &xpath.Message{Head: []byte(doc[:n]), Body: octets(doc[n:])}
}

// check compares the ways to evaluate an expression.
func check(t *testing.T, e *xpath.Expr, m *xpath.Message) {
	t.Helper()
	expr, budget := e.String(), xpath.Budget{Visits: 20_000}
	whole, err := e.EvalWhole(m, budget)
	if err != nil {
		_, _ = e.Eval(m, budget)
		_, _ = xpath.NewSet(e).Match(m, budget, nil)
		return
	}
	v, err := e.Eval(m, budget)
	require.NoError(t, err, expr)
	assert.Equal(t, whole.String(), v.String(), expr)
	assert.Equal(t, whole.Boolean(), v.Boolean(), expr)
	assert.Equal(t, whole.Offset(), v.Offset(), expr)
	got, err := xpath.NewSet(e).Match(m, budget, nil)
	require.NoError(t, err, expr)
	assert.Equal(t, whole.Boolean(), len(got) > 0, expr)
	assert.NotEmpty(t, e.Explain(m))
}
