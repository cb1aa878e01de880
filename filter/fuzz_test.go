package filter

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/soap"
)

// FuzzTable: whatever To and Action are, the look-ups of a table choose what its
// filters say one by one.
func FuzzTable(f *testing.F) {
	for _, s := range []string{"http://h/a", "http://h:80/A/", "http://x/a/b/c", "http://h/a%2Fb", "http://public/o//", "urn:a", "https://h/a"} {
		f.Add(s, "urn:a")
		f.Add(s, "urn:b")
	}
	table, err := NewTable([]Entry[int]{
		{Name: "x", Filter: build(f, "xpath", "contains(sm:to(),'/c')"), Priority: 3},
		{Name: "alias", Filter: build(f, "addresses-alias", "http://h/a,http://public/o"), Priority: 2},
		{Name: "a", Filter: build(f, "action", "urn:a"), Priority: 2},
		{Name: "short", Filter: build(f, "prefix", "http://h/a"), Priority: 1},
		{Name: "long", Filter: build(f, "prefix", "http://h/a/b"), Priority: 1},
		{Name: "both", Filter: build(f, "and", "urn:b,http://h/a"), Priority: 1},
		{Name: "one", Filter: NewRoundRobin(NewGroup("g"))},
	})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, to, action string) {
		var escaped [2]strings.Builder
		for i, s := range []string{to, action} {
			if xml.EscapeText(&escaped[i], []byte(s)) != nil {
				return
			}
		}
		text := `<s:Envelope xmlns:s="` + soap.Namespace12 + `" xmlns:a="` + soap.NamespaceAddressing10 + `"><s:Header><a:To>` + escaped[0].String() +
			`</a:To><a:Action>` + escaped[1].String() + `</a:Action></s:Header><s:Body/></s:Envelope>`
		env, err := soap.Decode(t.Context(), strings.NewReader(text), soap.DecodeOptions{Version: soap.Soap12WSAddressing10, Size: int64(len(text))})
		if err != nil {
			return
		}
		defer env.Release()
		p, err := addressing.Extract(env, nil)
		if err != nil {
			return
		}
		in := &Input{Envelope: env, Properties: &p}
		all, err := table.MatchAll(nil, in)
		require.NoError(t, err)
		require.NotEmpty(t, all, "the group takes everything")
		var want []string
		top := 0
		for i, x := range table.Explain(in) {
			if x.Matched && (len(want) == 0 || x.Entry.Priority == top) {
				want, top = append(want, x.Entry.Name), x.Entry.Priority
			}
			assert.NotEmpty(t, x.Text, "%d", i)
		}
		var got []string
		for _, e := range all {
			got = append(got, e.Name)
		}
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, want, got)
		var two *MultipleMatchesError
		if _, err := table.Match(in); len(got) > 1 {
			require.ErrorAs(t, err, &two)
		} else {
			require.NoError(t, err)
		}
	})
}
