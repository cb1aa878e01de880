package endpoint

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
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

// parseEndpoints reads "name actions address; ..."; an action with "!" is not
// initiating.
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
		}
		list = append(list, e)
	}
	return list
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
			mode, ok := modes[row[1]]
			require.True(t, ok, row[1])
			table, err := NewTable(parseEndpoints(t, row[2]), mode)
			require.NoError(t, err)
			action, to, _ := strings.Cut(row[4], " ")
			assert.Equal(t, row[5], choose(table, message(t, row[3], action, to)), r.Line)
		})
	}
	rows.Complete(t, "FT", 1, 7)
	rows.Complete(t, "FT", 12, 12)
}

// choose names the endpoint or the fault.
func choose(table *Table, in *filter.Input) string {
	e, err := table.Select(in)
	if err == nil {
		return e.Name
	}
	v := in.Envelope.Version
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
