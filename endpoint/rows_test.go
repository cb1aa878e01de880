package endpoint

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func uri(t testing.TB, s string) uritable.URI {
	t.Helper()
	u, err := uritable.Parse(s)
	require.NoError(t, err)
	return u
}

// message returns the input for an action and destinations, "-" for none.
func message(t testing.TB, version, action, to string) *filter.Input {
	t.Helper()
	v, err := soap.Parse(version)
	require.NoError(t, err)
	none := v.Addressing == soap.AddressingNone
	headers := ""
	if action != "-" && !none {
		headers = "<a:Action>" + action + "</a:Action>"
	}
	for u := range strings.SplitSeq(to, ",") {
		if u != "-" && !none {
			headers += "<a:To>" + u + "</a:To>"
		}
	}
	text := `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + v.Addressing.Namespace() + `"><s:Header>` +
		headers + `</s:Header><s:Body/></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{Version: v, Size: int64(len(text))})
	require.NoError(t, err)
	t.Cleanup(env.Release)
	p, err := addressing.Extract(env, nil)
	require.NoError(t, err)
	if none {
		p.Adopt(uri(t, to), addressing.Action(strings.TrimPrefix(action, "-")))
	}
	return &filter.Input{Envelope: env, Properties: &p}
}

// parseEndpoints reads "name actions address options; ..."; an action with "!" is
// not initiating. Options are alias=URI, via=URI, header=value (of t:T), host and
// any-port.
func parseEndpoints(t testing.TB, text string) []*Endpoint {
	t.Helper()
	var list []*Endpoint
	for i, spec := range strings.Split(text, "; ") {
		f := strings.Fields(spec)
		e := &Endpoint{Name: f[0], Contract: &Contract{Name: "IOrders"}, Pos: source.Pos{File: "web.config", Line: i + 1}}
		for a := range strings.SplitSeq(f[1], ",") {
			action, late := strings.CutSuffix(a, "!")
			e.Contract.Operations = append(e.Contract.Operations, Operation{Name: action, Action: addressing.Action(action), Initiating: !late})
		}
		if f[2] != "-" {
			var err error
			e.Address, err = addressing.New(uri(t, f[2]))
			require.NoError(t, err)
			for _, o := range f[3:] {
				e.option(t, o)
			}
		}
		list = append(list, e)
	}
	return list
}

func (e *Endpoint) option(t testing.TB, text string) {
	t.Helper()
	key, value, _ := strings.Cut(text, "=")
	switch key {
	case "alias":
		e.Aliases = append(e.Aliases, uri(t, value))
	case "via":
		e.Behaviors.Via = uri(t, value)
	case "header":
		h, err := addressing.NewHeader([]byte(`<T xmlns="urn:acme">`+value+`</T>`), nil)
		require.NoError(t, err)
		e.Address.Headers = append(e.Address.Headers, h)
	case "host":
		e.Behaviors.CompareHost = true
	case "any-port":
		e.Behaviors.IgnorePort = true
	default:
		require.Fail(t, "unknown option "+text)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	modes := map[string]AddressFilterMode{"Exact": Exact, "Prefix": Prefix, "Any": Any}
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	for _, r := range rows {
		row := r.Fields
		require.Len(t, row, 6, r.Line)
		t.Run(row[0]+" "+row[4], func(t *testing.T) {
			t.Parallel()
			list := parseEndpoints(t, row[2])
			action, to, _ := strings.Cut(row[4], " ")
			switch row[1] {
			case "client":
				assert.Equal(t, row[5], client(t, list[0], row[3]), r.Line)
				return
			case "operation":
				_, err := list[0].Contract.Operation(addressing.Action(action))
				v, verr := soap.Parse(row[3])
				require.NoError(t, verr)
				assert.Equal(t, row[5], faultName(err, v), r.Line)
				return
			}
			mode, ok := modes[row[1]]
			require.True(t, ok, row[1])
			table, err := NewTable(list, mode)
			require.NoError(t, err)
			assert.Equal(t, row[5], choose(table, message(t, row[3], action, to)), r.Line)
		})
	}
	rows.Complete(t, "FT", 1, 7)
	rows.Complete(t, "FT", 12, 12)
	rows.Complete(t, "VIA", 1, 5)
}

// TestExplanations: what a message that no endpoint takes is told.
func TestExplanations(t *testing.T) {
	t.Parallel()
	for _, r := range testbed.ReadRows(t, "testdata/explanations.txt") {
		row := r.Fields
		require.Len(t, row, 6, r.Line)
		t.Run(row[0]+" "+row[4], func(t *testing.T) {
			t.Parallel()
			table, err := NewTable(parseEndpoints(t, row[2]), map[string]AddressFilterMode{"Prefix": Prefix}[row[1]])
			require.NoError(t, err)
			action, to, _ := strings.Cut(row[4], " ")
			_, err = table.Select(message(t, row[3], action, to))
			var no *NoMatchError
			require.ErrorAs(t, err, &no)
			assert.Equal(t, row[5], no.Explain(), r.Line)
			assert.Contains(t, no.Error(), no.Difference(), "the log tells it too")
		})
	}
}

// client tells where a client endpoint sends to, or that it cannot be used.
func client(t testing.TB, e *Endpoint, version string) string {
	t.Helper()
	v, err := soap.Parse(version)
	require.NoError(t, err)
	e.Binding = &binding.Binding{Kind: "binding", Version: v}
	if err := e.CheckClient(); err != nil {
		return "error"
	}
	return "To=" + e.Address.URI.String() + " via " + e.Via().String()
}

// choose names the endpoint or the fault.
func choose(table *Table, in *filter.Input) string {
	e, err := table.Select(in)
	if err == nil {
		return e.Name
	}
	return faultName(err, in.Envelope.Version)
}

func faultName(err error, v soap.Version) string {
	f := addressing.FaultFrom(err, v)
	name := f.Code.String() + "/" + f.Subcodes[0].Local
	switch a := addressing.Action(f.Action); a {
	case "":
		return name + " -"
	case addressing.DefaultFaultAction(v.Addressing):
		return name + " D"
	case addressing.FaultAction(v.Addressing):
		return name + " F"
	case addressing.DispatcherFault:
		return name + " N/fault"
	default:
		return name + " " + f.Action
	}
}
