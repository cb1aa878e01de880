package uritable

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

func TestRows(t *testing.T) {
	t.Parallel()
	answer := map[string]func(*testing.T, []string) string{
		"compare":  askCompare,
		"equal":    askEqual,
		"prefix":   askPrefix,
		"search":   askSearch,
		"resolve":  askResolve,
		"parse":    askParse,
		"wildcard": func(_ *testing.T, a []string) string { return ReplaceWildcardHost(a[0], a[1]) },
	}
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	for _, r := range rows {
		n := len(r.Fields) - 1
		args, want := r.Fields[2:n], r.Fields[n]
		t.Run(r.ID()+" "+args[len(args)-1], func(t *testing.T) {
			t.Parallel()
			ask, ok := answer[r.Fields[1]]
			require.True(t, ok, "nobody answers %q", r.Fields[1])
			got := ask(t, args)
			if want, ok := strings.CutPrefix(want, "error "); ok {
				assert.Contains(t, got, want, args)
				assert.True(t, strings.HasPrefix(got, "error "), got)
				return
			}
			assert.Equal(t, unquote(t, want), got, args)
		})
	}
	rows.Complete(t, "FLT", 1, 11)
	rows.Complete(t, "FLT", 13, 17)
	rows.Complete(t, "PFX", 1, 8)
	rows.Complete(t, "LSN", 1, 2)
	rows.Complete(t, "BAS", 1, 10)
}

func unquote(t *testing.T, s string) string {
	t.Helper()
	if !strings.Contains(s, `\`) {
		return s
	}
	q, err := strconv.Unquote(`"` + s + `"`)
	require.NoError(t, err, s)
	return q
}

func parse(t *testing.T, s string) URI {
	t.Helper()
	u, err := Parse(unquote(t, s))
	require.NoError(t, err, s)
	return u
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func askCompare(t *testing.T, a []string) string {
	c := FilterEquality
	c.Host = a[1] == "h"
	want, have := parse(t, a[0]), parse(t, a[2])
	d := c.Diff(want, have)
	assert.Equal(t, d.Part == "", c.Equal(want, have), "Equal and Diff agree")
	same := string(c.AppendKey(nil, want)) == string(c.AppendKey(nil, have))
	assert.Equal(t, d.Part == "", same, "Equal and AppendKey agree")
	if d.Part == "" {
		return "yes"
	}
	return d.Part
}

func askEqual(t *testing.T, a []string) string {
	return yesNo(AddressEquality.Equal(parse(t, a[0]), parse(t, a[1])))
}

func askPrefix(t *testing.T, a []string) string {
	mode := StrongWildcard
	if a[1] == "h" {
		mode = Exact
	}
	table := NewTable[int](Options{})
	require.NoError(t, table.Add(parse(t, a[0]), mode, 1, "row"))
	return yesNo(table.Lookup(parse(t, a[2]), mode) != nil)
}

func askSearch(t *testing.T, a []string) string {
	modes := map[string]Mode{"Strong": StrongWildcard, "Exact": Exact, "Weak": WeakWildcard}
	table := NewTable[string](Options{Port: true})
	for r := range strings.SplitSeq(a[0], ", ") {
		mode, uri, _ := strings.Cut(r, " ")
		require.NoError(t, table.Add(parse(t, uri), modes[mode], r, r))
	}
	if e := table.Search(parse(t, a[1])); e != nil {
		return e.Value
	}
	return "none"
}

func askResolve(t *testing.T, a []string) string {
	bases, err := NewBases(strings.Fields(a[0])...)
	if err != nil {
		return "error " + err.Error()
	}
	u, err := bases.Resolve(a[1], unquote(t, a[2]))
	if err != nil {
		return "error " + err.Error()
	}
	return u.String()
}

func askParse(t *testing.T, a []string) string {
	text := unquote(t, a[0])
	u, err := Parse(text)
	v, errBytes := ParseBytes([]byte(text))
	assert.Equal(t, err, errBytes)
	assert.Equal(t, u, v)
	if err != nil {
		return "error " + err.Error()
	}
	return u.String()
}
