package xpath_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// source is how a held envelope becomes a message: the way for package filter.
type source struct{ env *soap.Envelope }

func (s *source) AppendRest(dst []byte) ([]byte, error) {
	r, err := s.env.Body.Open(soap.Rest)
	if err != nil {
		return dst, err
	}
	defer func() { _ = r.Close() }()
	buf := bytes.NewBuffer(dst)
	_, err = io.Copy(buf, r)
	return buf.Bytes(), err
}

// TestMessage_envelope reads bodies in each way in which they are held, in UTF-16
// as well.
func TestMessage_envelope(t *testing.T) {
	t.Parallel()
	text := orders(300_000)
	wide := []byte{0xFF, 0xFE}
	for _, c := range []byte(`<?xml version="1.0" encoding="utf-16"?>` + text) {
		wide = append(wide, c, 0)
	}
	set := xpath.NewSet(compile(t, `/s12:Envelope/s12:Body/o:Place/o:qty > 100`), compile(t, `//o:Tier = 'silver'`), compile(t, `count(//o:Order) > 10`))
	for name, in := range map[string]struct {
		data    []byte
		charset string
	}{"utf-8": {[]byte(text), "utf-8"}, "utf-16": {wide, "utf-16"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, err := soap.Decode(context.Background(), bytes.NewReader(in.data), soap.DecodeOptions{
				Version: soap.Soap12WSAddressing10, Size: -1, Charset: in.charset,
				Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{View: soap.Plain, Check: soap.CheckStructure},
			})
			require.NoError(t, err)
			defer env.Release()
			require.LessOrEqual(t, env.Body.State(), soap.Spooled)
			m := &xpath.Message{Head: env.Head(), Body: &source{env}}
			for range 2 {
				got, err := set.Match(m, xpath.Budget{}, nil)
				require.NoError(t, err)
				assert.Equal(t, []int{0, 2}, got)
			}
		})
	}
}

// TestMessage_none: a message without an envelope is all body.
func TestMessage_none(t *testing.T) {
	t.Parallel()
	env, err := soap.Decode(context.Background(), strings.NewReader(shop), soap.DecodeOptions{Version: soap.Version{Envelope: soap.EnvelopeNone}, Size: int64(len(shop))})
	require.NoError(t, err)
	defer env.Release()
	m := &xpath.Message{Head: env.Head(), Body: &source{env}}
	for expr, want := range map[string]bool{`/o:shop/o:order`: true, `/o:shop/@name = 'north'`: true, `sm:body()`: false} {
		got, err := truth(t, expr, m)
		require.NoError(t, err)
		assert.Equal(t, want, got, expr)
	}
}

func ExampleExpr_Eval() {
	e, _ := xpath.Compile(`string(sm:body()//o:qty)`, xpath.Namespaces{"o": "urn:orders"})
	m := &xpath.Message{Head: []byte(head), Body: octets(`<o:Place><o:qty>120</o:qty></o:Place></s:Body></s:Envelope>`)}
	v, err := e.Eval(m, xpath.Budget{})
	fmt.Println(v, v.Number()/2, err)
	// Output: 120 60 <nil>
}
