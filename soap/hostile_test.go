package soap_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// row is a row of the hostile inputs (threats 4).
type row struct {
	ID, Name, Version, Check, Input, Want string

	Cut    int  // the input is cut behind each of its first octets
	Listed *int // how many headers the MustUnderstand fault lists
}

func rows(tb testing.TB) []row {
	tb.Helper()
	data, err := os.ReadFile("testdata/hostile.json")
	require.NoError(tb, err)
	var all []row
	require.NoError(tb, json.Unmarshal(data, &all))
	text := template.New("").Funcs(template.FuncMap{
		"open":   func() string { return open12 },
		"body":   func() string { return `<s:Body><x/>` + closed },
		"ns11":   func() string { return soap.Namespace11 },
		"ns12":   func() string { return soap.Namespace12 },
		"repeat": strings.Repeat,
	})
	for i := range all {
		t, err := text.Clone()
		require.NoError(tb, err)
		_, err = t.Parse(all[i].Input)
		require.NoError(tb, err, all[i].ID)
		var out strings.Builder
		require.NoError(tb, t.Execute(&out, nil))
		all[i].Input = out.String()
	}
	return all
}

func (r *row) options(tb testing.TB, size int64) soap.DecodeOptions {
	tb.Helper()
	o := soap.DecodeOptions{Size: size, Limits: soap.Limits{Message: 1 << 20}}
	o.Needs.Streamed = true
	o.Needs.Check = map[string]soap.Check{"structure": soap.CheckStructure, "full": soap.CheckWellFormed}[r.Check]
	if r.Version != "" {
		var err error
		o.Version, err = soap.Parse(r.Version)
		require.NoError(tb, err)
	}
	return o
}

func TestHostile(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, r := range rows(t) {
		ids = append(ids, r.ID)
		t.Run(r.ID+"/"+r.Name+"/"+r.Check, func(t *testing.T) {
			t.Parallel()
			if r.Cut > 0 {
				for n := 1; n <= r.Cut; n++ {
					one := r
					one.Input = r.Input[:n]
					one.run(t)
				}
				return
			}
			r.run(t)
		})
	}
	assert.Equal(t, []string{
		"H-056", "H-057", "H-060", "H-061", "H-062", "H-063", "H-064", "H-065", "H-066", "H-067",
		"H-068", "H-069", "H-070", "H-071", "H-072",
	}, slices.Compact(ids), "every row of this layer is tested, and no other")
}

func (r *row) run(t *testing.T) {
	t.Helper()
	size := int64(len(r.Input))
	for _, size := range []int64{size, -1} {
		o := r.options(t, size)
		e, err := soap.Decode(context.Background(), strings.NewReader(r.Input), o)
		r.verdict(t, e, err)
		if len(r.Input) < 100_000 {
			e, err = soap.Decode(context.Background(), iotest.OneByteReader(strings.NewReader(r.Input)), o)
			r.verdict(t, e, err)
			e, err = soap.Decode(context.Background(), iotest.DataErrReader(strings.NewReader(r.Input)), o)
			r.verdict(t, e, err)
		}
	}
}

func (r *row) verdict(t *testing.T, e *soap.Envelope, err error) {
	t.Helper()
	late, isLate := strings.CutPrefix(r.Want, "late ")
	if r.Want != "pass" && !isLate {
		require.Error(t, err, "%.400q", r.Input)
		require.EqualValues(t, r.Want, refusal.Of(err), "%v: %.400q", err, r.Input)
		return
	}
	require.NoError(t, err, "%.400q", r.Input)
	defer e.Release()
	body, err := e.Body.Open(soap.Rest)
	require.NoError(t, err)
	rest, err := io.ReadAll(body)
	require.NoError(t, body.Close())
	if isLate {
		require.EqualValues(t, late, refusal.Of(err))
		assert.Less(t, len(e.Head())+len(rest), len(r.Input), "never a complete message")
		return
	}
	require.NoError(t, err)
	assert.Equal(t, r.Input, string(e.Head())+string(rest), "kept octet for octet")
	if r.Listed != nil {
		blocks := soap.NotUnderstood(e, func(xmltext.Name) bool { return false }, []string{""})
		f := soap.MustUnderstandFault(e, blocks)
		listed := 0
		if f != nil {
			listed = len(f.Headers)
		}
		assert.Equal(t, *r.Listed, listed)
	}
}
