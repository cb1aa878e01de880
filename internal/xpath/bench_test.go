package xpath_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/internal/xpath"
)

// orders is a message of about the given size whose body is dense markup, with
// what the typical expressions look for at its end.
func orders(size int) string {
	const order = `<o:Order id="1042"><o:Customer>Contoso</o:Customer><o:Lines><o:Line sku="A-17">` +
		`<o:Quantity>3</o:Quantity><o:Price>9.95</o:Price></o:Line></o:Lines></o:Order>`
	return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">` +
		`<s:Header><a:Action s:mustUnderstand="1">urn:orders/IOrders/Place</a:Action>` +
		`<a:MessageID>urn:uuid:5f2c3cd1-8d5a-4b3e-9a51-0c1f4f3e6a77</a:MessageID>` +
		`<a:To s:mustUnderstand="1">http://orders.contoso.example:8000/services/orders</a:To>` +
		`<o:Vip xmlns:o="urn:orders">yes</o:Vip></s:Header><s:Body><o:Place xmlns:o="urn:orders">` +
		strings.Repeat(order, size/len(order)) +
		`<o:qty>120</o:qty><o:Tier>gold</o:Tier></o:Place></s:Body></s:Envelope>`
}

var typical = []struct{ name, expr string }{
	{"path", `/s12:Envelope/s12:Body/o:Place/o:qty > 100`},
	{"anywhere", `//o:Tier = 'gold'`},
	{"predicate", `sm:body()/o:Place[o:qty > 100]`},
	{"contains", `contains(//o:Tier, 'old')`},
	{"count", `count(//o:Order) > 10`},
	{"order", `/s12:Envelope/s12:Body/o:Place/o:Order[@id = '7']/o:Customer`},
}

// structure returns a structure walk over the body of a message.
func structure(tb testing.TB, m *xpath.Message) func() {
	tb.Helper()
	rest, err := m.Body.AppendRest(nil)
	require.NoError(tb, err)
	s, w := new(xmltext.Scanner), new(xmltext.Walk)
	return func() {
		s.Reset(xmltext.Limits{})
		for {
			kind, err := s.Next(m.Head, false)
			if err != nil || kind == xmltext.More {
				break
			}
		}
		w.Reset(s, xmltext.Structure)
		if _, err := w.Write(rest); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkSet_Match compares body expressions with the structure walk of the same
// message; the design allows twice its time.
func BenchmarkSet_Match(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		text := orders(size)
		m := message(b, text)
		b.Run(fmt.Sprintf("body=%d/expr=none-structure-walk", size), func(b *testing.B) {
			walk := structure(b, m)
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				walk()
			}
		})
		for _, tt := range typical {
			b.Run(fmt.Sprintf("body=%d/expr=%s", size, tt.name), func(b *testing.B) {
				match(b, xpath.NewSet(compile(b, tt.expr)), m, len(text))
			})
		}
	}
}

// BenchmarkSet_Match_ratio measures walk and match in turns and reports the least
// time of each, and their ratio: what a busy machine adds falls on both.
func BenchmarkSet_Match_ratio(b *testing.B) {
	text := orders(100_000)
	m := message(b, text)
	for _, tt := range typical {
		b.Run("body=100000/expr="+tt.name, func(b *testing.B) {
			walk, s := structure(b, m), xpath.NewSet(compile(b, tt.expr))
			var dst []int
			least := [2]time.Duration{time.Hour, time.Hour}
			for b.Loop() {
				for i, f := range []func(){walk, func() { dst, _ = s.Match(m, xpath.Budget{}, dst[:0]) }} {
					start := time.Now()
					f()
					least[i] = min(least[i], time.Since(start))
				}
			}
			b.ReportMetric(float64(least[0])/1000, "walk-us")
			b.ReportMetric(float64(least[1])/1000, "match-us")
			b.ReportMetric(float64(least[1])/float64(least[0]), "ratio")
		})
	}
}

func match(b *testing.B, s *xpath.Set, m *xpath.Message, size int) {
	b.Helper()
	var dst []int
	b.ReportAllocs()
	b.SetBytes(int64(size))
	for b.Loop() {
		var err error
		if dst, err = s.Match(m, xpath.Budget{}, dst[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

// tables are sets of expressions on headers, of n each.
var tables = []struct{ name, format string }{
	{"exists", `/s12:Envelope/s12:Header/o:H%d`},
	{"equals", `/s12:Envelope/s12:Header/o:Vip = 'v%d'`},
	{"action", `sm:action() = 'urn:orders/IOrders/A%d'`},
	{"predicate", `/s12:Envelope/s12:Header/wsa10:To[contains(., '/orders%d')]`},
	{"missing", `/s12:Envelope/s12:Header/o:Tier[. = 'x%d']`},
}

func BenchmarkSet_Match_headers(b *testing.B) {
	text := orders(1000)
	m := message(b, text)
	for _, tt := range tables {
		for _, n := range []int{1, 1000} {
			b.Run(fmt.Sprintf("set=%d/kind=%s", n, tt.name), func(b *testing.B) {
				exprs := make([]*xpath.Expr, n)
				for i := range exprs {
					exprs[i] = compile(b, fmt.Sprintf(tt.format, i))
				}
				match(b, xpath.NewSet(exprs...), m, len(m.Head))
			})
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := xpath.Compile(`/s12:Envelope/s12:Body/o:Place[o:qty > 100]`, xpath.Namespaces{"o": "urn:orders"}); err != nil {
			b.Fatal(err)
		}
	}
}
