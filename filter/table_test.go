package filter

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/soap"
)

func pos(line int) source.Pos { return source.Pos{File: "web.config", Line: line, Column: 5} }

func TestTable_Match_multiple(t *testing.T) {
	t.Parallel()
	table, err := NewTable([]Entry[int]{
		{Name: "orders", Filter: build(t, "action", "urn:orders/Get"), Pos: pos(18)},
		{Name: "all", Filter: MatchAll{}, Pos: pos(41)},
	})
	require.NoError(t, err)
	_, err = table.Match(input(t, "Soap12WSAddressing10", "<a:Action>urn:orders/Get</a:Action>"))
	var multiple *MultipleMatchesError
	require.ErrorAs(t, err, &multiple)
	assert.Equal(t, `web.config:41:5: filter "all" and filter "orders" (web.config:18:5) both match at priority 0; `+
		`e.g. Action urn:orders/Get. Give one a higher priority`, err.Error())
	assert.Equal(t, refusal.FilterMultiple, refusal.Of(err))
	assert.Equal(t, soap.InternalServiceFault, addressing.FaultFrom(err, soap.Soap12).Subcodes[0].Local)
}

func TestTable_Conflicts(t *testing.T) {
	t.Parallel()
	table, err := NewTable([]Entry[int]{
		{Name: "a1", Filter: build(t, "action", "urn:a"), Pos: pos(1)},
		{Name: "a2", Filter: build(t, "action", "urn:a"), Pos: pos(2)},
		{Name: "other level", Filter: build(t, "action", "urn:a"), Priority: 1, Pos: pos(3)},
		{Name: "h1", Filter: build(t, "address", "http://x/a"), Pos: pos(4)},
		{Name: "h2", Filter: build(t, "address", "http://y/A/"), Pos: pos(5)},
		{Name: "with header", Filter: build(t, "address", "http://y/A/,T=1"), Pos: pos(6)},
		{Name: "n1", Filter: NewEndpointName("in"), Pos: pos(7)},
		{Name: "n2", Filter: NewEndpointName("in"), Pos: pos(8)},
		{Name: "m1", Filter: MatchAll{}, Priority: -1, Pos: pos(9)},
		{Name: "m2", Filter: MatchAll{}, Priority: -1, Pos: pos(10)},
	})
	require.NoError(t, err)
	var names []string
	for _, c := range table.Conflicts() {
		names = append(names, c.First+"/"+c.Second)
	}
	assert.Equal(t, []string{"a1/a2", "h1/h2", "n1/n2", "m1/m2"}, names)
}

func TestTable_Explain(t *testing.T) {
	t.Parallel()
	table, err := NewTable([]Entry[int]{
		{Name: "rest", Filter: MatchAll{}},
		{Name: "never", Filter: MatchNone{}},
		{Name: "both", Priority: 2, Filter: NewAnd("place", build(t, "action", "urn:orders/Place"), "vip", build(t, "address", "http://h/vip"))},
		{Name: "blue", Priority: 1, Filter: build(t, "address", "http://h/o,T=blue")},
		{Name: "edge", Filter: NewEndpointName("edge")},
	})
	require.NoError(t, err)
	in := input(t, "Soap12WSAddressing10", "<a:Action>urn:orders/Plaec</a:Action><a:To>http://x/o</a:To>"+
		`<t:T a:IsReferenceParameter="true">blu</t:T>`)
	in.EndpointName = "back"
	var lines []string
	for _, x := range table.Explain(in) {
		lines = append(lines, fmt.Sprintf("%s %t %s", x.Entry.Name, x.Matched, x.Text))
	}
	assert.Equal(t, []string{
		`both false filter "place": action "urn:orders/Plaec" differs at character 15; "urn:orders/Place" would match`,
		`blue false header T (urn:acme) "<{urn:acme}T>blu</>" differs at character 17; "<{urn:acme}T>blue</>" would match`,
		`rest true match`,
		`never false matches no message`,
		`edge false receiving endpoint "back" differs at character 1; "edge" would match`,
	}, lines)
}

func TestTable_Explain_passedOver(t *testing.T) {
	t.Parallel()
	table, err := NewTable([]Entry[int]{
		{Name: "long", Filter: build(t, "prefix", "http://h/a/b"), Priority: 1},
		{Name: "short", Filter: build(t, "prefix", "http://h/a"), Priority: 1},
		{Name: "rest", Filter: MatchAll{}},
	})
	require.NoError(t, err)
	var lines []string
	for _, x := range table.Explain(input(t, "Soap12WSAddressing10", "<a:To>http://h/a/b/c</a:To>")) {
		lines = append(lines, fmt.Sprintf("%s %t %s", x.Entry.Name, x.Matched, x.Text))
	}
	assert.Equal(t, []string{
		"long true match",
		"short false match, but only the longest prefix of a level is looked at",
		"rest true match, but priority 1 matched before",
	}, lines)
}

func TestFilter_Explain_headers(t *testing.T) {
	t.Parallel()
	const to = "<a:To>http://h/o</a:To>"
	for _, c := range []struct{ filter, headers, want string }{
		{"http://h/o,T=blue", to, `no header T (urn:acme); <T xmlns="urn:acme">blue</T> would match`},
		{"http://h/o,T=blue", to + "<t:T>blue</t:T>", "header T (urn:acme) is not marked IsReferenceParameter; "},
		{"http://h/o,T=blue,T=blue", to + `<t:T a:IsReferenceParameter="1">blue</t:T>`, "header T (urn:acme) does not occur often enough"},
		{"http://h/o", to + to, "header To occurs more than once"},
	} {
		f := build(t, "address", c.filter)
		assert.Contains(t, f.Explain(input(t, "Soap12WSAddressing10", c.headers)), c.want)
	}
}

func TestFilter_doubledHeader(t *testing.T) {
	t.Parallel()
	in := input(t, "Soap12WSAddressing10", "<a:To>http://h/1</a:To><a:To>http://h/2</a:To><a:Action>urn:a</a:Action>")
	for _, f := range []Filter{build(t, "address", "http://h/1"), build(t, "prefix", "http://h/")} {
		table, err := NewTable([]Entry[int]{{Name: "x", Filter: f}})
		require.NoError(t, err)
		_, err = table.Match(in)
		assert.Equal(t, refusal.WSACardinality, refusal.Of(err), "%s", f)
		_, err = table.MatchAll(nil, in)
		assert.Equal(t, refusal.WSACardinality, refusal.Of(err), "%s", f)
	}
	table, err := NewTable([]Entry[int]{{Name: "x", Filter: build(t, "action", "urn:a"), Value: 7}})
	require.NoError(t, err)
	e, err := table.Match(in)
	require.NoError(t, err, "nobody read To")
	assert.Equal(t, 7, e.Value)
}

func TestNew_errors(t *testing.T) {
	t.Parallel()
	_, err := NewAction()
	require.ErrorIs(t, err, ErrNoAction)
	_, err = NewEndpointAddress(nil, AddressOptions{})
	require.ErrorIs(t, err, ErrNoAddress)
	_, err = NewPrefixEndpointAddress(&addressing.EndpointAddress{}, AddressOptions{})
	require.ErrorIs(t, err, ErrNoAddress)
	_, err = NewTable([]Entry[int]{{Name: "x"}})
	require.Error(t, err)
	f, err := NewAction("a", "b", "a")
	require.NoError(t, err)
	assert.Equal(t, `Action "a", "b"`, f.String())
	assert.Equal(t, `And("one", MatchAll)`, NewAnd("one", f, "", MatchAll{}).String())
	assert.Equal(t, "EndpointAddress http://h/", build(t, "address", "http://h/").String())
	assert.Equal(t, "PrefixEndpointAddress http://h/", build(t, "prefix", "http://h/").String())
	assert.Equal(t, "MatchNone", MatchNone{}.String())
}

func bigTable(t testing.TB, n int) *Table[int] {
	entries := make([]Entry[int], 0, n)
	kinds := []string{"action", "address", "prefix", "and"}
	for i := range n {
		kind, arg := kinds[i%len(kinds)], strconv.Itoa(i)
		switch kind {
		case "action":
			arg = "urn:orders/Op" + arg
		case "and":
			arg = "urn:orders/Op" + arg + ",http://edge:8000/services/" + arg
		default:
			arg = "http://edge:8000/services/" + arg
		}
		entries = append(entries, Entry[int]{Name: arg, Filter: build(t, kind, arg), Value: i})
	}
	table, err := NewTable(entries)
	require.NoError(t, err)
	return table
}

// messageFor returns a message that entry i of bigTable alone matches.
func messageFor(t testing.TB, i int) *Input {
	n := strconv.Itoa(i)
	switch i % 4 {
	case 0:
		return input(t, "Soap12WSAddressing10", "<a:Action>urn:orders/Op"+n+"</a:Action><a:To>http://edge:8000/none</a:To>")
	case 2:
		return input(t, "Soap12WSAddressing10", "<a:Action>urn:none</a:Action><a:To>http://edge:8000/Services/"+n+"/x</a:To>")
	default:
		return input(t, "Soap12WSAddressing10", "<a:Action>urn:orders/Op"+n+"</a:Action><a:To>http://edge:8000/Services/"+n+"</a:To>")
	}
}

func TestTable_Match_allocations(t *testing.T) {
	table := bigTable(t, 400)
	for i := range 4 {
		in := messageFor(t, 396+i)
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			in.Reset(in.Envelope, in.Properties, in.EndpointName)
			if e, err := table.Match(in); err != nil || e.Value != 396+i {
				panic(fmt.Sprint(e, err))
			}
		}), "entry %d", 396+i)
	}
}

// mixedTable is bigTable with levels above it whose filters do not match
// messageFor: expressions on headers, and on To in the form that hosts of routing
// tables have by the thousand; a round-robin group takes what nothing else did.
func mixedTable(t testing.TB, n int) *Table[int] {
	var entries []Entry[int]
	for i := range 8 {
		entries = append(entries, Entry[int]{
			Name: "x" + strconv.Itoa(i), Filter: build(t, "xpath", "/s12:Envelope/s12:Header/t:Tenant~=~'"+strconv.Itoa(i)+"'"), Priority: 2, Value: -1,
		})
	}
	g := NewGroup("g")
	for i := range 2 {
		entries = append(entries, Entry[int]{Name: "g" + strconv.Itoa(i), Filter: NewRoundRobin(g), Priority: -1, Value: -2})
	}
	table, err := NewTable(append(entries, bigTable(t, n).Entries()...))
	require.NoError(t, err)
	return table
}

func TestTable_Match_mixedAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("under the race detector pools drop what they like, those of xpath too")
	}
	table := mixedTable(t, 400)
	for i, want := range map[int]int{396: 396, 399: 399, 400: -2} {
		in := messageFor(t, i)
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			in.Reset(in.Envelope, in.Properties, in.EndpointName)
			if e, err := table.Match(in); err != nil || e.Value != want {
				panic(fmt.Sprint(e, err))
			}
		}), "message %d", i)
	}
}

func BenchmarkTable_Match_mixed(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		table := mixedTable(b, n)
		for _, hit := range []struct {
			name     string
			at, want int
		}{{"action", n - 4, n - 4}, {"group", n, -2}} {
			b.Run("filters="+strconv.Itoa(n)+"/expressions=8/hit="+hit.name, func(b *testing.B) {
				in := messageFor(b, hit.at)
				b.ReportAllocs()
				for b.Loop() {
					in.Reset(in.Envelope, in.Properties, in.EndpointName)
					if e, err := table.Match(in); err != nil || e.Value != hit.want {
						b.Fatal(e, err)
					}
				}
			})
		}
	}
}

// BenchmarkTable_Match_body is a table that reads the body, of 100 kB.
func BenchmarkTable_Match_body(b *testing.B) {
	table, err := NewTable([]Entry[int]{{Name: "last", Filter: build(b, "xpath", "sm:body()/o:Place/o:Item[last()]/o:qty~=~'1'")}})
	require.NoError(b, err)
	body := `<o:Place xmlns:o="urn:orders">` + strings.Repeat("<o:Item><o:name>a thing</o:name><o:qty>1</o:qty></o:Item>", 1750) + "</o:Place>"
	in := inputWith(b, "Soap12WSAddressing10", "", body)
	require.NoError(b, in.Envelope.Body.Hold(b.Context(), 0))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		in.Reset(in.Envelope, in.Properties, in.EndpointName)
		if _, err := table.Match(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTable_Match(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		table := bigTable(b, n)
		for _, hit := range []struct {
			name string
			at   int
		}{{"first", 0}, {"action", n - 4}, {"address", n - 3}, {"prefix", n - 2}, {"last", n - 1}} {
			b.Run("filters="+strconv.Itoa(n)+"/hit="+hit.name, func(b *testing.B) {
				in := messageFor(b, hit.at)
				b.ReportAllocs()
				for b.Loop() {
					in.Reset(in.Envelope, in.Properties, in.EndpointName)
					if e, err := table.Match(in); err != nil || e.Value != hit.at {
						b.Fatal(e, err)
					}
				}
			})
		}
	}
}
