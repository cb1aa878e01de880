package xpath_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// octets is a Source that is in memory.
type octets []byte

func (o octets) AppendRest(dst []byte) ([]byte, error) { return append(dst, o...), nil }

// document is a message without an envelope.
func document(text string) *xpath.Message { return &xpath.Message{Body: octets(text)} }

// message splits a SOAP message where soap does.
func message(tb testing.TB, text string) *xpath.Message {
	tb.Helper()
	v := soap.Soap12
	if strings.Contains(text, soap.Namespace11) {
		v = soap.Soap11
	}
	env, err := soap.Decode(tb.Context(), strings.NewReader(text), soap.DecodeOptions{
		Version: v, Size: int64(len(text)), Limits: soap.Limits{Message: 1 << 30},
	})
	require.NoError(tb, err)
	defer env.Release()
	n := len(env.Head())
	return &xpath.Message{Head: []byte(text[:n]), Body: octets(text[n:])}
}

func compile(tb testing.TB, text string) *xpath.Expr {
	tb.Helper()
	e, err := xpath.Compile(text, xpath.Namespaces{"o": "urn:orders", "p": "urn:other"})
	require.NoError(tb, err, text)
	return e
}

// truth evaluates an expression as a filter does, in a set.
func truth(tb testing.TB, text string, m *xpath.Message) (bool, error) {
	tb.Helper()
	got, err := xpath.NewSet(compile(tb, text)).Match(m, xpath.Budget{}, nil)
	return len(got) > 0, err
}
