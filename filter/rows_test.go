package filter

import (
	"cmp"
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
	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// input returns a message with these headers; it declares s, a and t.
func input(t testing.TB, version, headers string) *Input {
	t.Helper()
	return inputWith(t, version, headers, "")
}

// inputWith is input with a body.
func inputWith(t testing.TB, version, headers, body string) *Input {
	t.Helper()
	v, err := soap.Parse(version)
	require.NoError(t, err)
	text := `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + v.Addressing.Namespace() +
		`" xmlns:t="urn:acme"><s:Header>` + headers + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{
		Version: v, Size: int64(len(text)), Limits: soap.Limits{Message: 1 << 20},
	})
	require.NoError(t, err)
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
	if kind == "xpath" {
		f, err = NewXPath(strings.ReplaceAll(arg, "~", " "), namespaces)
		require.NoError(t, err)
		return f
	}
	switch strings.TrimSuffix(kind, "-host") {
	case "all":
		return MatchAll{}
	case "none":
		return MatchNone{}
	case "name":
		return NewEndpointName(arg)
	case "addresses-alias", "prefix-alias":
		alias, uerr := uritable.Parse(parts[1])
		require.NoError(t, uerr)
		o := AddressOptions{Aliases: []uritable.URI{alias}}
		if kind == "prefix-alias" {
			f, err = NewPrefixEndpointAddress(address(t, parts[0]), o)
		} else {
			f, err = NewEndpointAddress(address(t, parts[0]), o)
		}
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

// namespaces is the namespaceTable of the rows.
var namespaces = xpath.Namespaces{"o": "urn:orders", "t": "urn:acme"}

func TestRows(t *testing.T) {
	t.Parallel()
	answers := map[string]func(*testing.T, []string, string){
		"header": rowHeader, "to": rowTo, "table": rowTable, "xpath": rowXPath, "turns": rowTurns,
	}
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
	rows.Complete(t, "XP", 1, 5)
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

// rowXPath asks an expression alone and in a table. A version with "arriving"
// behind it has a body that is not held.
func rowXPath(t *testing.T, a []string, want string) {
	f, err := NewXPath(a[0], namespaces)
	require.NoError(t, err)
	version, arriving := strings.CutSuffix(a[1], " arriving")
	body := a[3]
	if arriving {
		body += "<o:pad xmlns:o='urn:orders'>" + strings.Repeat("x", 200<<10) + "</o:pad>"
	}
	for _, asked := range []string{"alone", "in a table", "inside And"} {
		in := inputWith(t, version, a[2], body)
		ok, err := f.Match(in)
		if asked != "alone" {
			entry := Entry[int]{Name: "x", Filter: f}
			if asked == "inside And" {
				entry.Filter = NewAnd("", f, "", NewAnd("", MatchAll{}, "", MatchAll{}))
			}
			table, terr := NewTable([]Entry[int]{entry})
			require.NoError(t, terr)
			assert.Equal(t, f.Body(), table.ReadsBody())
			var e *Entry[int]
			e, err = table.Match(in)
			if ok = e != nil; errors.Is(err, ErrNoMatch) {
				err = nil
			}
		}
		if want == "error" {
			require.ErrorIs(t, err, xpath.ErrBody, asked)
			assert.Contains(t, f.Explain(in), "routeOnHeadersOnly")
			continue
		}
		require.NoError(t, err, asked)
		assert.Equal(t, want == "yes", ok, asked)
		assert.Equal(t, ok, strings.HasPrefix(f.Explain(in), "match"), f.Explain(in))
	}
}

// rowTurns sends messages with these actions, one after the other, and names the
// entries that they match: "-" for none.
func rowTurns(t *testing.T, a []string, want string) {
	groups := map[string]*Group{}
	member := func(name string) *RoundRobin {
		if groups[name] == nil {
			groups[name] = NewGroup(name)
		}
		return NewRoundRobin(groups[name])
	}
	var entries []Entry[string]
	for spec := range strings.SplitSeq(a[0], "; ") {
		f := strings.Fields(spec)
		priority, err := strconv.Atoi(f[3])
		require.NoError(t, err)
		e := Entry[string]{Name: f[0], Priority: priority, Value: f[0]}
		switch f[1] {
		case "turn":
			e.Filter = member(f[2])
		case "and": // action,group: the group first, and yet asked last
			act, group, _ := strings.Cut(f[2], ",")
			e.Filter = NewAnd("", member(group), "", build(t, "action", act))
		default:
			e.Filter = build(t, f[1], f[2])
		}
		entries = append(entries, e)
	}
	table, err := NewTable(entries)
	require.NoError(t, err)
	var got []string
	for action := range strings.FieldsSeq(a[1]) {
		in := input(t, "Soap12WSAddressing10", "<a:Action>"+action+"</a:Action>")
		table.Explain(in) // takes no turn
		name := single(t, table, in)
		if name == "none" {
			name = "-"
		}
		got = append(got, name)
		matched := ""
		for _, x := range table.Explain(in) {
			if x.Matched && matched == "" {
				matched = x.Entry.Value
			}
		}
		assert.Equal(t, name, cmp.Or(matched, "-"), "explained as it was")
		assert.Equal(t, strings.TrimPrefix(name, "-"), many(t, table, in), "one turn a message")
	}
	assert.Equal(t, want, strings.Join(got, " "))
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
