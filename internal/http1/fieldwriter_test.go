package http1_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

func TestAppendField(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, field, value, want string }{
		{"plain", "SOAPAction", `"urn:a"`, "SOAPAction: \"urn:a\"\r\n"},
		{"empty value", "A", "", "A: \r\n"},
		{"trimmed", "A", " \tb \t", "A: b\r\n"},
		{"inner blanks", "A", "b \t c", "A: b \t c\r\n"},
		{"obs-text", "A", "\xe9", "A: \xe9\r\n"},
		{"all kinds of token", "!#$%&'*+-.^_`|~09azAZ", "x", "!#$%&'*+-.^_`|~09azAZ: x\r\n"},
		{"T-HTTP-05 CR LF in value", "A", "b\r\nSet-Cookie: c", ""},
		{"CR", "A", "b\rc", ""},
		{"LF", "A", "b\nc", ""},
		{"NUL", "A", "b\x00", ""},
		{"DEL", "A", "b\x7f", ""},
		{"trailing CR LF", "A", "b\r\n", ""},
		{"empty name", "", "b", ""},
		{"blank in name", "A B", "b", ""},
		{"colon in name", "A:", "b", ""},
		{"CR LF in name", "A\r\nB", "b", ""},
		{"name beyond ASCII", "\u212aeep-Alive", "b", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := http1.AppendField([]byte("x"), tc.field, tc.value)
			assert.Equal(t, "x"+tc.want, string(got))
			if tc.want == "" {
				assert.Equal(t, refusal.HTTPHeader, refusal.Of(err))
				return
			}
			assert.NoError(t, err)
		})
	}
}

func TestAppendStartLines(t *testing.T) {
	t.Parallel()
	got, err := http1.AppendStatusLine(nil, 299, "Fine here")
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 299 Fine here\r\n", string(got))
	for _, reason := range []string{"OK\r\nSet-Cookie: a=b", "a\tb", "\xe9", strings.Repeat("a", 513)} {
		_, err = http1.AppendStatusLine(nil, 200, reason)
		assert.Equal(t, refusal.HTTPHeader, refusal.Of(err), "%q", reason)
	}
	for _, status := range []int{0, 99, 1000, -200} {
		_, err = http1.AppendStatusLine(nil, status, "")
		assert.Error(t, err)
	}
	got, err = http1.AppendRequestLine(nil, "POST", "/a?b")
	require.NoError(t, err)
	assert.Equal(t, "POST /a?b HTTP/1.1\r\n", string(got))
	for _, target := range []string{"", "/a b", "/a#b", "/a\r\nB: c", "/\xe9", "/\x7f"} {
		_, err = http1.AppendRequestLine(nil, "GET", target)
		assert.Equal(t, refusal.HTTPTarget, refusal.Of(err), "%q", target)
	}
	_, err = http1.AppendRequestLine(nil, "G T", "/")
	assert.Equal(t, refusal.HTTPHeader, refusal.Of(err))
}

// FuzzAppendField: what the writer lets through is read back as exactly one field.
func FuzzAppendField(f *testing.F) {
	f.Add("SOAPAction", `"urn:a"`)
	f.Add("A", "b\r\nC: d")
	f.Add("A: b\r\nC", "d")
	f.Add("A", "\xe9 \t")
	f.Fuzz(func(t *testing.T, name, value string) {
		line, err := http1.AppendField(nil, name, value)
		if err != nil {
			require.Empty(t, line)
			return
		}
		if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding") {
			return // these frame the answer below
		}
		o := play(t, "HTTP/1.1 204 N\r\n"+string(line)+"\r\n", get(), false)
		if len(line) > 60_000 {
			return
		}
		require.NoError(t, o.err)
		require.Equal(t, 1, o.resp.Fields.Len())
		require.Equal(t, http1.Field{Name: name, Value: strings.Trim(value, " \t")}, o.resp.Fields.At(0))
		require.Zero(t, o.stats.Poisoned)
	})
}

func TestFields(t *testing.T) { // not parallel: it counts allocations
	f := http1.NewFields(http1.Field{Name: "A", Value: "1"}, http1.Field{Name: "Connection", Value: "x, Close"},
		http1.Field{Name: "a", Value: "2"})
	assert.Equal(t, "1", f.Get("a"))
	assert.Empty(t, f.Get("b"))
	_, found := f.Lookup("b")
	assert.False(t, found)
	var all []string
	for v := range f.Values("A") {
		all = append(all, v)
	}
	assert.Equal(t, []string{"1", "2"}, all)
	assert.True(t, f.HasToken("connection", "close"))
	assert.False(t, f.HasToken("connection", "clos"))
	assert.Equal(t, 3, f.Len())
	for range f.All() {
		break
	}
	for range f.Values("A") {
		break
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_ = f.Get("connection")
		_ = f.HasToken("CONNECTION", "x")
		for v := range f.Values("a") {
			_ = v
		}
	}))
}
