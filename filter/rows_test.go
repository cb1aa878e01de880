package filter

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// input returns a message with these headers; it declares s, a and t.
func input(t testing.TB, version, headers string) *Input {
	t.Helper()
	v, err := soap.Parse(version)
	require.NoError(t, err)
	text := `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + v.Addressing.Namespace() +
		`" xmlns:t="urn:acme"><s:Header>` + headers + `</s:Header><s:Body/></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{Version: v, Size: int64(len(text))})
	require.NoError(t, err, text)
	t.Cleanup(env.Release)
	p, err := addressing.Extract(env, nil)
	require.NoError(t, err)
	return &Input{Envelope: env, Properties: &p}
}

func address(t testing.TB, text string, headers ...string) *addressing.EndpointAddress {
	t.Helper()
	u, err := uritable.Parse(text)
	require.NoError(t, err)
	list := make([]addressing.Header, len(headers))
	for i, h := range headers {
		list[i], err = addressing.NewHeader([]byte(h), nil)
		require.NoError(t, err)
	}
	a, err := addressing.New(u, list...)
	require.NoError(t, err)
	return a
}

// build makes a filter from its kind and argument. Headers follow an address
// behind commas, as name=value.
func build(t testing.TB, kind, arg string) Filter {
	t.Helper()
	host := strings.HasSuffix(kind, "-host")
	var f Filter
	var err error
	parts := strings.Split(arg, ",")
	switch strings.TrimSuffix(kind, "-host") {
	case "all":
		return MatchAll{}
	case "none":
		return MatchNone{}
	case "name":
		return NewEndpointName(arg)
	case "action":
		f, err = NewAction(addressing.Action(arg))
	case "and":
		return NewAnd("", build(t, "action", parts[0]), "", build(t, "address", parts[1]))
	default:
		var headers []string
		for _, h := range parts[1:] {
			name, value, _ := strings.Cut(h, "=")
			headers = append(headers, `<`+name+` xmlns="urn:acme">`+value+`</`+name+`>`)
		}
		a := address(t, parts[0], headers...)
		if strings.HasPrefix(kind, "prefix") {
			f, err = NewPrefixEndpointAddress(a, AddressOptions{IncludeHost: host})
		} else {
			f, err = NewEndpointAddress(a, AddressOptions{IncludeHost: host})
		}
	}
	require.NoError(t, err)
	return f
}

func TestRows(t *testing.T) {
	t.Parallel()
	answers := map[string]func(*testing.T, []string, string){"header": rowHeader, "to": rowTo, "table": rowTable}
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	for _, row := range rows {
		fields, n := row.Fields, len(row.Fields)-1
		t.Run(fields[0]+" "+fields[n-1], func(t *testing.T) {
			t.Parallel()
			answer, ok := answers[fields[1]]
			require.True(t, ok, "nobody answers %q", fields[1])
			answer(t, fields[2:n], fields[n])
		})
	}
	rows.Complete(t, "HDR", 1, 12)
	rows.Complete(t, "FLT", 1, 17)
	rows.Complete(t, "PFX", 1, 8)
	rows.Complete(t, "TBL", 1, 5)
	rows.Complete(t, "TBL", 10, 14)
}

func rowHeader(t *testing.T, a []string, want string) {
	var headers []string
	for h := range strings.SplitAfterSeq(a[0], "</T>") {
		if h != "" {
			headers = append(headers, strings.Replace(h, "<T", `<T xmlns="urn:acme"`, 1))
		}
	}
	f, err := NewEndpointAddress(address(t, "http://h/a", headers...), AddressOptions{})
	require.NoError(t, err)
	in := input(t, a[1], a[2])
	via, err := uritable.Parse("http://h/a")
	require.NoError(t, err)
	if in.Envelope.Version.Addressing == soap.AddressingNone {
		in.Properties.Adopt(via, "")
	} else {
		in = input(t, a[1], a[2]+"<a:To>http://h/a</a:To>")
	}
	ok, err := f.Match(in)
	require.NoError(t, err)
	assert.Equal(t, want == "yes", ok)
	assert.Equal(t, ok, f.Explain(in) == "match", f.Explain(in))
}

func rowTo(t *testing.T, a []string, want string) {
	kind, arg, _ := strings.Cut(a[0], " ")
	f := build(t, kind, arg)
	headers := ""
	if a[1] != "-" {
		headers = "<a:To>" + a[1] + "</a:To>"
	}
	in := input(t, "Soap12WSAddressing10", headers)
	ok, err := f.Match(in)
	require.NoError(t, err)
	if want == "yes" {
		assert.True(t, ok)
		assert.Equal(t, "match", f.Explain(in))
		return
	}
	assert.False(t, ok)
	assert.Contains(t, f.Explain(in), want)
}

func rowTable(t *testing.T, a []string, want string) {
	var entries []Entry[string]
	for spec := range strings.SplitSeq(a[0], "; ") {
		f := strings.Fields(spec)
		priority, err := strconv.Atoi(f[3])
		require.NoError(t, err)
		entries = append(entries, Entry[string]{Name: f[0], Filter: build(t, f[1], f[2]), Priority: priority, Value: f[0]})
	}
	table, err := NewTable(entries)
	require.NoError(t, err)
	headers, name := "", ""
	for part := range strings.FieldsSeq(a[1]) {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "action":
			headers += "<a:Action>" + value + "</a:Action>"
		case "to":
			headers += "<a:To>" + value + "</a:To>"
		case "name":
			name = value
		default:
			headers += `<t:` + key + ` a:IsReferenceParameter="true">` + value + `</t:` + key + `>`
		}
	}
	in := input(t, "Soap12WSAddressing10", headers)
	in.EndpointName = name
	assert.Equal(t, want, strings.TrimSpace(single(t, table, in)+"; "+many(t, table, in)))
}

func single(t *testing.T, table *Table[string], in *Input) string {
	e, err := table.Match(in)
	var multiple *MultipleMatchesError
	switch {
	case errors.As(err, &multiple):
		return "multiple " + multiple.First + " " + multiple.Second
	case errors.Is(err, ErrNoMatch):
		return "none"
	}
	require.NoError(t, err)
	return e.Value
}

func many(t *testing.T, table *Table[string], in *Input) string {
	list, err := table.MatchAll(nil, in)
	require.NoError(t, err)
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Value
	}
	return strings.Join(names, " ")
}
