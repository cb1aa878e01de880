package uritable

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDifference_Where(t *testing.T) {
	t.Parallel()
	host := Comparison{Host: true}
	for _, c := range []struct {
		name       string
		compare    Comparison
		want, have string
		where      string
		char       int
	}{
		{"path", FilterEquality, "http://h:8000/orders", "http://h:8000/ordres", `in the path at character 18: "re" against "er"`, 18},
		{"longer", FilterEquality, "http://h/a", "http://h/a/b", `in the path at character 11: "/b" against nothing`, 11},
		{"slashes", FilterEquality, "http://h/a", "http://h/a//", `in the slashes at the end (one is forgiven): "//" against nothing`, 11},
		{"case", AddressEquality, "http://h/Orders", "http://h/orders", `in the case of the path at character 10: "o" against "O"`, 10},
		{"percent", FilterEquality, "http://h/a%20b", "http://h/a%20%63", `in the path at character 14: "%63" against "b"`, 14},
		{"percent before", FilterEquality, "http://h/%61b", "http://h/%61c", `in the path at character 13: "c" against "b"`, 13},
		{"user information is not shown", FilterEquality, "http://h/a", "http://secret:word@h/b", `in the path at character 10: "b" against "a"`, 10},
		{"scheme", FilterEquality, "http://h/a", "https://h/a", `in the scheme: "https" against "http"`, 1},
		{"port", FilterEquality, "http://h:8000/a", "http://h:81/a", `in the port: "81" against "8000"`, 10},
		{"default port", FilterEquality, "http://h:8000/a", "http://h/a", `in the port: "80" against "8000"`, 9},
		{"no port", FilterEquality, "sb://h/a", "sb://h:1/a", `in the port: "1" against "none"`, 8},
		{"host", host, "http://ähre/a", "http://ähne/a", `in the host: "ähne" against "ähre"`, 10},
		{"long", FilterEquality, "http://h/a", "http://h/" + strings.Repeat("x", 99), `in the path at character 10: "` + strings.Repeat("x", 40) + `"... against "a"`, 10},
		{"nothing", FilterEquality, "http://h/a", "http://x/A/", "in nothing", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, err := Parse(c.want)
			require.NoError(t, err)
			have, err := Parse(c.have)
			require.NoError(t, err)
			d := c.compare.Diff(want, have)
			assert.Equal(t, c.where, d.Where())
			assert.Equal(t, c.char, d.Char)
		})
	}
}

func TestComparison_Distance(t *testing.T) {
	t.Parallel()
	to, err := Parse("http://h:8001/ordres")
	require.NoError(t, err)
	last := -1
	for _, near := range []string{"http://x:8001/Ordres/", "http://h:8001/orders", "http://h:8000/ordres", "http://h:8001/stocks/all", "https://h/billing/v2"} {
		u, err := Parse(near)
		require.NoError(t, err)
		n := FilterEquality.Distance(u, to)
		assert.Greater(t, n, last, near)
		assert.Equal(t, n, FilterEquality.Distance(to, u), "either way")
		last = n
	}
}

// FuzzDifference: Diff finds a difference exactly where Equal does, and tells a
// place that is there.
func FuzzDifference(f *testing.F) {
	f.Add("http://h:8000/orders", "http://h:8000/ordres", uint8(0))
	f.Add("http://h/a%2Fb", "http://h/a//", uint8(3))
	f.Add("http://ä/%c3%a4", "https://ö:1/", uint8(5))
	f.Add("urn:a", "urn:b", uint8(7))
	f.Fuzz(func(t *testing.T, a, b string, how uint8) {
		want, err := Parse(a)
		if err != nil {
			return
		}
		have, err := Parse(b)
		if err != nil {
			return
		}
		c := Comparison{Host: how&1 != 0, IgnorePort: how&2 != 0, FoldPath: how&4 != 0}
		d := c.Diff(want, have)
		require.Equal(t, c.Equal(want, have), d.Part == "")
		where := d.Where()
		require.True(t, utf8.ValidString(where), where)
		if d.Part == "" {
			return
		}
		require.GreaterOrEqual(t, d.Char, 1)
		require.LessOrEqual(t, d.Char, utf8.RuneCountInString(have.String())+1)
		if d.Part == "path" {
			require.Contains(t, have.Path(), d.HaveRun)
			require.Contains(t, want.Path(), d.WantRun)
		}
		require.Equal(t, c.Distance(want, have), c.Distance(have, want))
	})
}
