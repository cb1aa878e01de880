package uritable

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzParseURI holds the parser against net/url: what both accept they must read
// alike, and what net/url refuses is refused. Reasoned exceptions:
//   - a backslash in a path is a slash (dispatch 0.1), net/url encodes it
//   - a lone '%' in a query is let through by both, not interpreted by either
func FuzzParseURI(f *testing.F) {
	for _, s := range []string{
		"http://h/x", "HTTP://u:p@H:80/a/../b?c#d", "net.tcp://h:808/", "urn:uuid:1", "http://[::1]:8/", "http://[::1]evil/",
		"http://h/%2e%2e/a", "http://h\\@e/", "http:/x", "http://h:65536/", "sb://ns/q", "file:///x", "http://ä/ö?ü#ß",
		"http://127.1/", "http://h/a\\b", "http://h/a b", "a+b.c-d:e/../f", "http://h/[x]", "http://h/x?%", "urn:/x", "x:?y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(u.text)
		require.NoError(t, err, "the normal form %q is no URI", u.text)
		require.Equal(t, u, again, "the normal form of the normal form")
		sameAsStdlib(t, u, u.text)
		if !strings.Contains(s, `\`) {
			sameAsStdlib(t, u, trimText(s))
		}
		key := FilterEquality.AppendKey(nil, u)
		require.Equal(t, string(key), string(FilterEquality.AppendKey(nil, again)))
		require.True(t, AddressEquality.Equal(u, again))
	})
}

func trimText(s string) string { return string(trimBlanks([]byte(s))) }

func sameAsStdlib(t *testing.T, u URI, text string) {
	t.Helper()
	std, err := url.Parse(text)
	require.NoError(t, err, "net/url refuses %q", text)
	assert.Equal(t, u.Scheme(), std.Scheme, text)
	assert.Equal(t, u.UserInfo() != "", std.User.String() != "", text)
	if !u.Hierarchical() {
		assert.Empty(t, std.Host, text)
		return
	}
	host := strings.ToLower(std.Hostname())
	if a, err := netip.ParseAddr(host); err == nil {
		host = a.String()
	}
	assert.Equal(t, u.Hostname(), lowerASCII(std.Hostname(), host), text)
	if p := std.Port(); p != "" {
		n, err := strconv.Atoi(p)
		require.NoError(t, err)
		assert.Equal(t, n, u.Port(), text)
	}
	clean := std.ResolveReference(&url.URL{Path: std.Path, RawPath: std.RawPath})
	path := clean.EscapedPath()
	if path == "" {
		path = "/"
	}
	assert.Equal(t, decoded(t, path), decoded(t, u.Path()), text)
}

// lowerASCII prefers the canonical address form, else folds ASCII only.
func lowerASCII(host, canonical string) string {
	if strings.ContainsAny(canonical, ":") {
		return canonical
	}
	return foldASCII(host)
}

func decoded(t *testing.T, path string) string {
	t.Helper()
	s, err := url.PathUnescape(path)
	require.NoError(t, err)
	return s
}

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"http://edge.example:8000/orders", "HTTP://Edge.Example:80/a/../Orders%20x"} {
		b.Run("uri="+text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTable_Search(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run("entries="+strconv.Itoa(n), func(b *testing.B) {
			table := NewTable[int](Options{Port: true})
			for i := range n {
				u, err := Parse("http://h:8000/services/s" + strconv.Itoa(i))
				if err == nil {
					err = table.Add(u, WeakWildcard, i, "")
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			via, err := Parse("http://edge.example:8000/Services/S" + strconv.Itoa(n-1) + "/x")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if table.Search(via) == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}
