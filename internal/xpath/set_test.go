package xpath_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xpath"
)

// TestSet evaluates all expressions of the table at once, from several goroutines,
// and expects what each gives alone.
func TestSet(t *testing.T) {
	t.Parallel()
	exprs := make([]*xpath.Expr, len(evaluations))
	var want []int
	for i, tt := range evaluations {
		exprs[i] = compile(t, tt.expr)
		if v, err := exprs[i].Eval(document(shop), xpath.Budget{}); assert.NoError(t, err) && v.Boolean() {
			want = append(want, i)
		}
	}
	s := xpath.NewSet(exprs...)
	assert.True(t, s.Body())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				got, err := s.Match(document(shop), xpath.Budget{}, nil)
				assert.NoError(t, err)
				assert.Equal(t, want, got)
				values, err := s.Eval(document(shop), xpath.Budget{}, nil)
				assert.NoError(t, err)
				for i, v := range values {
					assert.Equal(t, evaluations[i].want, v.String(), evaluations[i].expr)
				}
			}
		})
	}
	wg.Wait()
}

// TestSet_simple covers what is decided while reading: it must agree with the
// evaluator.
func TestSet_simple(t *testing.T) {
	t.Parallel()
	var exprs []*xpath.Expr
	for _, p := range []string{`//o:qty`, `/o:shop/o:order/o:qty`, `/o:shop//*`, `/*/p:*/o:qty`, `//y`, `//o:order//o:qty`, `//o:none`, `/o:shop/o:order/o:item`, `//*//*`, `o:shop//o:note`, `sm:body()//o:qty`} {
		exprs = append(exprs, compile(t, p))
		for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
			for _, c := range []string{"12", "'12'", "3", "'pen'", "''", "'ink & quill'", "'x'", "'a<b>c'", "0 div 0"} {
				exprs = append(exprs, compile(t, p+op+c), compile(t, c+op+p))
			}
		}
	}
	for _, m := range []*xpath.Message{document(shop), message(t, envelope(shop))} {
		got, err := xpath.NewSet(exprs...).Match(m, xpath.Budget{}, nil)
		require.NoError(t, err)
		matched := map[int]bool{}
		for _, i := range got {
			matched[i] = true
		}
		for i, e := range exprs {
			v, err := e.EvalWhole(m, xpath.Budget{})
			require.NoError(t, err)
			assert.Equal(t, v.Boolean(), matched[i], e.String())
			alone, err := xpath.NewSet(e).Match(m, xpath.Budget{}, nil)
			require.NoError(t, err)
			assert.Equal(t, v.Boolean(), len(alone) > 0, "alone: %s", e)
		}
	}
}

// envelope puts the root element of a document into a Body.
func envelope(doc string) string {
	return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><x>1</x></s:Header><s:Body>` + doc + `</s:Body></s:Envelope>`
}

func TestSet_budget(t *testing.T) {
	t.Parallel()
	wide := document(`<r>` + strings.Repeat(`<a/>`, 20_000) + `</r>`)
	for _, expr := range []string{`//*[//*[//*]]`, `//a[//a = 1]`, `count(//*[count(//*) > 1])`, `//a[count(following::*) = count(preceding::*)]`, `//a = //r/a[2][. != '']`} {
		start := time.Now()
		_, err := truth(t, expr, wide)
		if expr == `//a = //r/a[2][. != '']` {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, refusal.FilterBudget, refusal.Of(err), expr)
		// 100 ms by threats T-SOAP-07, on a machine that does nothing else.
		assert.Less(t, time.Since(start), 5*time.Second, expr)
	}
	_, err := truth(t, `count(//a) = 20000`, wide)
	require.NoError(t, err)

	text := document(`<r>` + strings.Repeat(`<a>`+strings.Repeat("x", 1000)+`</a>`, 1000) + `</r>`)
	_, err = truth(t, `count(//a[contains(/, 'y')])`, text)
	require.Equal(t, refusal.FilterBudget, refusal.Of(err), "long texts cost as well")

	_, err = xpath.NewSet(compile(t, `//a[2]`)).Match(wide, xpath.Budget{Visits: 1000}, nil)
	require.Equal(t, refusal.FilterBudget, refusal.Of(err))
	asked := 0
	late := xpath.Budget{Done: func() bool { asked++; return asked > 2 }}
	_, err = xpath.NewSet(compile(t, `//a[2]`)).Match(wide, late, nil)
	require.Equal(t, refusal.FilterBudget, refusal.Of(err))
	assert.Equal(t, 3, asked)
}

// failing is a Source that cannot be read.
type failing struct{}

var errFailing = errors.New("disk gone")

func (failing) AppendRest(dst []byte) ([]byte, error) { return dst, errFailing }

func TestSet_errors(t *testing.T) {
	t.Parallel()
	_, err := truth(t, `//a`, &xpath.Message{Head: []byte(`<r>`), Body: failing{}})
	require.ErrorIs(t, err, errFailing)
	for _, tt := range []struct {
		doc    string
		reason refusal.Reason
	}{
		{`<r><a></b></r>`, refusal.XMLMalformed},
		{`<r><a>&x;</a></r>`, refusal.XMLMalformed},
		{`<r><b><!DOCTYPE x></b></r>`, refusal.XMLDTD},
		{`<r><b><a x="1" x="2"/></b></r>`, refusal.XMLDupAttr},
		{`<r><b><a>` + "\x01" + `</a></b></r>`, refusal.XMLChar},
		{strings.Repeat(`<a>`, 200), refusal.XMLDepth},
		{`<r><a>`, refusal.XMLMalformed},
	} {
		for _, expr := range []string{`//a = 'x'`, `count(//node()) > 0`} {
			_, err := truth(t, expr, document(tt.doc))
			assert.Equal(t, tt.reason, refusal.Of(err), "%s: %s", expr, tt.doc)
		}
	}
}

// TestMessage_prolog: what the decoder has changed already is not read again.
func TestMessage_prolog(t *testing.T) {
	t.Parallel()
	for _, prolog := range []string{"", "\xEF\xBB\xBF", `<?xml version="1.0" encoding="utf-16"?>`, "\xEF\xBB\xBF<?xml version='1.0'?>\n"} {
		v, err := compile(t, `concat(/a, count(/node()))`).Eval(document(prolog+`<a>1</a>`), xpath.Budget{})
		require.NoError(t, err)
		assert.Equal(t, "11", v.String(), prolog)
	}
	got, err := truth(t, `/a`, &xpath.Message{})
	require.NoError(t, err)
	assert.False(t, got, "no envelope, and no body may be read")
}

func TestValue(t *testing.T) {
	t.Parallel()
	eval := func(expr string) xpath.Value {
		v, err := compile(t, expr).Eval(document(shop), xpath.Budget{})
		require.NoError(t, err)
		return v
	}
	v := eval(`//o:qty`)
	n, ok := v.Nodes()
	assert.True(t, ok)
	assert.Equal(t, 3, n)
	assert.Equal(t, int64(strings.Index(shop, `<qty>`)), v.Offset())
	assert.InDelta(t, 3.0, v.Number(), 0)
	assert.True(t, v.Boolean())
	v = eval(`//@id`)
	assert.Equal(t, int64(strings.Index(shop, `1" p:id`)), v.Offset())
	v = eval(`1 = 1`)
	_, ok = v.Nodes()
	assert.False(t, ok)
	assert.Equal(t, int64(-1), v.Offset())
	assert.InDelta(t, 1.0, v.Number(), 0)
}

// TestSet_Match_allocations holds the promise of Match.
func TestSet_Match_allocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	m := message(t, orders(10_000))
	for _, tt := range typical {
		s := xpath.NewSet(compile(t, tt.expr))
		dst := make([]int, 0, 8)
		n := testing.AllocsPerRun(100, func() {
			var err error
			if dst, err = s.Match(m, xpath.Budget{}, dst[:0]); err != nil {
				t.Error(err)
			}
		})
		assert.Less(t, n, 1.0, tt.expr) // a garbage collection empties the pool now and then
	}
}

func TestExpr_Explain(t *testing.T) {
	t.Parallel()
	m := given(t, "12 wsa10")
	tests := []struct{ expr, want string }{
		{`/s12:Envelope/s12:Header/o:Vip`, `match; /s12:Envelope/s12:Header/o:Vip selected one node, at octet `},
		{`/s12:Envelope/s12:Body/o:Place/o:qty > 200`, `no match; /s12:Envelope/s12:Body/o:Place/o:qty selected one node`},
		{`/s12:Envelope/s12:Body/o:Place/o:qty > 200`, `/s12:Envelope/s12:Body/o:Place/o:qty > 200: "120" is compared with 200`},
		{`//o:Tier = 'silver'`, `"gold" is compared with "silver"`},
		{`/s12:Envelope/s12:Body/o:Order/o:qty`, `no match; /s12:Envelope/s12:Body/o:Order/o:qty: step o:Order selected nothing: there is {urn:orders}Place`},
		{`/s11:Envelope/s11:Body`, `step s11:Envelope selected nothing: there is {http://www.w3.org/2003/05/soap-envelope}Envelope`},
		{`sm:body()/o:Place[o:qty > 200]`, `step o:Place[o:qty > 200] selected nothing: its predicates left none of 1`},
		{`//o:Tier/o:x`, `nothing is there, below {urn:orders}Tier`},
		{`sm:action() = 'x'`, `no match; sm:action() = 'x': "urn:orders/IOrders/Place" is compared with "x"`},
		{`//o:none = 1`, `nothing is compared with 1`},
		{`//@none`, `step @none selected nothing: there is {http://www.w3.org/2003/05/soap-envelope}role`},
		{`sm:faultTo()[2]/o:x`, `its beginning selected nothing`},
		{`sm:header()/* = 'x'`, `selected 12 nodes, the first at octet`},
		{`sm:header()/* = 'x'`, `9 more is compared with "x"`},
		{`sm:header()/o:none`, `and others`},
		{`true() and not(//o:Tier)`, `no match; //o:Tier selected one node`},
	}
	for _, tt := range tests {
		assert.Contains(t, compile(t, tt.expr).Explain(m), tt.want)
	}
	assert.Contains(t, compile(t, `//o:Tier`).Explain(given(t, "12 wsa10 headers-only")), "routeOnHeadersOnly")
	assert.Contains(t, compile(t, `count(//*[//*[//*]]) = 1`).Explain(document(`<r>`+strings.Repeat(`<a/>`, 20_000)+`</r>`)), "filter.budget")
}

// TestSet_many: expressions that begin alike do not disturb each other.
func TestSet_many(t *testing.T) {
	t.Parallel()
	m := message(t, orders(1000))
	var exprs []*xpath.Expr
	for _, tt := range tables {
		for i := range 50 {
			exprs = append(exprs, compile(t, fmt.Sprintf(tt.format, i)))
		}
	}
	exprs = append(exprs, compile(t, `/s12:Envelope/s12:Header/o:Vip = 'yes'`), compile(t, `/s12:Envelope/s12:Header/o:Vip`),
		compile(t, `sm:action() = 'urn:orders/IOrders/Place'`), compile(t, `/s12:Envelope/s12:Header/wsa10:To[contains(., '/orders')]`),
		compile(t, `/s12:Envelope/s12:Header/wsa10:To[contains(., '/none')] = 'x'`), compile(t, `/s12:Envelope/s12:Header/*[4]`))
	s := xpath.NewSet(exprs...)
	assert.False(t, s.Body())
	got, err := s.Match(m, xpath.Budget{}, nil)
	require.NoError(t, err)
	assert.Equal(t, []int{250, 251, 252, 253, 255}, got)
}

// TestSet_envelope: in an envelope, too, leaving nodes out changes nothing.
func TestSet_envelope(t *testing.T) {
	t.Parallel()
	m := message(t, envelope(strings.TrimPrefix(shop, `<!-- first -->`)))
	exprs := make([]*xpath.Expr, 0, len(evaluations))
	var want []int
	for _, tt := range evaluations {
		e := compile(t, strings.NewReplacer(`//o:shop`, `//o:shop`, `/o:shop`, `sm:body()/o:shop`).Replace(tt.expr))
		whole, err := e.EvalWhole(m, xpath.Budget{})
		require.NoError(t, err, e)
		if v, err := e.Eval(m, xpath.Budget{}); assert.NoError(t, err, e) {
			assert.Equal(t, whole.String(), v.String(), e)
			assert.Equal(t, whole.Offset(), v.Offset(), e)
		}
		if whole.Boolean() {
			want = append(want, len(exprs))
		}
		exprs = append(exprs, e)
	}
	got, err := xpath.NewSet(exprs...).Match(m, xpath.Budget{}, nil)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	for i, e := range exprs {
		got, err := xpath.NewSet(e).Match(m, xpath.Budget{}, nil)
		require.NoError(t, err)
		assert.Equal(t, len(got) > 0, slices.Contains(want, i), e)
	}
}
