package configs

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// specRow is one attribute of testdata/attributes.txt with every set expanded.
type specRow struct {
	path, name, typ, def string
	required             bool
	values               []string
	least, most          string // "" = none of its own
	code                 string
	verdict              Verdict
}

func (r *specRow) id() string { return r.path + "/@" + strings.TrimPrefix(r.name, ".") }

// specRows reads the file. Each attribute stands there once.
func specRows(t *testing.T) []*specRow {
	t.Helper()
	sets := map[string]string{}
	becomes := map[string]Verdict{}
	var out []*specRow
	for _, row := range testbed.ReadRows(t, "testdata/attributes.txt") {
		f := row.Fields
		if f[1] == "=" {
			sets[f[0]] = f[2]
			continue
		}
		paths := expand(withSets(f[0], sets))
		for i, p := range paths {
			if first, _, _ := strings.Cut(p, "/"); !slices.ContainsFunc(schemaRoots, func(e *element) bool { return e.name == first }) {
				paths[i] = "system.serviceModel/" + p
			}
		}
		if f[1] == "becomes" {
			for _, p := range paths {
				becomes[p] = Verdict(f[2])
			}
			continue
		}
		require.Len(t, f, 7, row.Line)
		for _, p := range paths {
			for _, name := range expand(f[1]) {
				out = append(out, newSpecRow(p, name, f, sets))
			}
		}
	}
	for p, v := range becomes {
		if v != VerdictNoEffect {
			out = append(out, &specRow{path: p, name: ".", typ: "element", verdict: v})
		}
	}
	for _, r := range out {
		for p, v := range becomes {
			if (r.path == p || strings.HasPrefix(r.path, p+"/")) && r.name != "name" && r.verdict != VerdictNoEffect && r.name != "." {
				r.verdict = v
			}
		}
	}
	return out
}

func newSpecRow(path, name string, f []string, sets map[string]string) *specRow {
	r := &specRow{path: path, name: name, typ: f[2], required: f[3] == "!", verdict: Verdict(f[6])}
	if f[3] != "-" && f[3] != "!" {
		r.def = f[3]
	}
	if f[5] != "-" {
		r.code = f[5]
	}
	values := f[4]
	if s, ok := sets[values]; ok {
		values = s
	}
	switch {
	case values == "-":
	case strings.Contains(values, ".."):
		r.least, r.most, _ = strings.Cut(values, "..")
	case r.typ == "TimeSpan":
		r.least = values
	default:
		for v := range strings.SplitSeq(values, ",") {
			r.values = append(r.values, strings.TrimSpace(v))
		}
	}
	return r
}

// withSets puts the members of a set where its name stands.
func withSets(s string, sets map[string]string) string {
	parts := strings.Split(s, "$")
	for i, p := range parts[1:] {
		end := strings.IndexAny(p, "/,}")
		if end < 0 {
			end = len(p)
		}
		parts[i+1] = "{" + strings.ReplaceAll(sets["$"+p[:end]], " ", "") + "}" + p[end:]
	}
	return strings.Join(parts, "")
}

// expand multiplies out braces, which may stand in one another.
func expand(s string) []string {
	open := strings.IndexByte(s, '{')
	if open < 0 {
		return []string{s}
	}
	depth, from := 0, open+1
	var parts []string
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}', ',':
			if depth == 1 {
				parts = append(parts, s[from:i])
				from = i + 1
			}
			if s[i] == '}' {
				depth--
			}
		}
		if depth == 0 {
			var out []string
			for _, p := range parts {
				out = append(out, expand(s[:open]+p+s[i+1:])...)
			}
			return out
		}
	}
	return nil
}

// TestSchema_spec compares the tables with the rows of the specification, both
// ways: type, default, range, values, code and verdict.
func TestSchema_spec(t *testing.T) {
	t.Parallel()
	want := map[string]*specRow{}
	for _, r := range specRows(t) {
		assert.NotContains(t, want, r.id(), "stands twice")
		want[r.id()] = r
	}
	seen := 0
	for _, r := range Schema() {
		id := r.Path + "/@" + r.Attribute
		w := want[id]
		if w == nil {
			assert.True(t, r.Attribute == "" && r.Verdict == VerdictHonour, "%s has no row in attributes.txt (verdict %s)", id, r.Verdict)
			continue
		}
		seen++
		delete(want, id)
		assert.Equal(t, w.typ, r.Type, id)
		assert.Equal(t, w.def, r.Default, "default of %s", id)
		assert.Equal(t, w.required, r.Required, "required: %s", id)
		assert.Equal(t, w.verdict, r.Verdict, "verdict of %s", id)
		if r.Attribute == "" {
			continue
		}
		assert.Equal(t, w.values, r.Values, "values of %s", id)
		assert.Equal(t, w.code, r.Code, "code of %s", id)
		least, most := w.limits(t)
		assert.Equal(t, []int64{least, most}, []int64{r.Min, r.Max}, "range of %s", id)
	}
	for id := range want {
		assert.Fail(t, "not in the schema", id)
	}
	t.Logf("%d rows", seen)
	assert.Greater(t, seen, 1000)
}

func (r *specRow) limits(t *testing.T) (int64, int64) {
	t.Helper()
	switch r.least {
	case ">0":
		return 1, 0
	case "-1ms":
		return -10000, 0
	}
	n := func(s string) int64 {
		if s == "" {
			return 0
		}
		v, err := strconv.ParseInt(s, 10, 64)
		require.NoError(t, err)
		return v
	}
	return n(r.least), n(r.most)
}
