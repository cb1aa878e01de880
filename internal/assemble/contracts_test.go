package assemble_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// warehouse is a service with one endpoint for each addressing, /new and /old,
// and a contract of the settings.
func warehouse(contract string) parts {
	return parts{
		bindings: wsNone,
		services: `<service name="Warehouse">
			<endpoint name="new" address="http://@front@/new" ` + ws + ` contract="IStock"/>
			<endpoint name="old" address="http://@front@/old" ` + basic + ` contract="IStock"/>
		</service>`,
		settings: "services: [{name: Warehouse, builtin: echo}]\ncontracts: [{name: IStock, " + contract + "}]",
	}
}

// call sends a message to /new with WS-Addressing 1.0, to /old without.
func (x *program) call(path, action string) *testbed.Result {
	x.tb.Helper()
	m := testbed.Message{Action: action}
	if path == "/new" {
		m.Version, m.Addressing, m.To = testbed.SOAP12, testbed.Addressing10, "http://"+x.addrs["front"]+path
	}
	return x.exchange("front", m.Request(x.addrs["front"], path, false))
}

// TestContracts_actions: an endpoint takes the actions of its contract, answers
// an operation without answer with 202, and refuses all others.
func TestContracts_actions(t *testing.T) {
	t.Parallel()
	const inline = `operations: [{name: Count, action: "urn:warehouse/Count", replyAction: "urn:warehouse/Counted"},
		{name: Shelve, action: "urn:warehouse/Shelve", oneWay: true}]`
	const wsdl = "wsdl: testdata/warehouse.wsdl, portType: Stock"
	for _, c := range []struct {
		name, contract, path, action string
		want                         int
		text                         string // in the answer
	}{
		{name: "inline", contract: inline, path: "/new", action: "urn:warehouse/Count", want: 200, text: ">urn:warehouse/Counted</"},
		{name: "inline, one-way", contract: inline, path: "/new", action: "urn:warehouse/Shelve", want: 202},
		{name: "inline, unknown", contract: inline, path: "/new", action: "urn:warehouse/Lose", want: 500, text: "ActionNotSupported"},
		{name: "inline, without addressing", contract: inline, path: "/old", action: "urn:warehouse/Count", want: 200},
		{name: "inline, one-way without addressing", contract: inline, path: "/old", action: "urn:warehouse/Shelve", want: 202},
		{name: "inline, unknown without addressing", contract: inline, path: "/old", action: "urn:warehouse/Lose", want: 500, text: "ActionNotSupported"},
		{name: "no contract", path: "/new", contract: `operations: [{name: All, action: "*"}]`, action: "urn:anything", want: 200, text: ">urn:anythingResponse</"},
		{name: "wsdl", contract: wsdl, path: "/new", action: "urn:warehouse/Count", want: 200, text: ">urn:warehouse/Counted</"},
		{name: "wsdl, one-way", contract: wsdl, path: "/new", action: "urn:warehouse/Shelve", want: 202},
		{name: "wsdl, other port type", contract: wsdl, path: "/new", action: "urn:warehouse/Audit", want: 500, text: "ActionNotSupported"},
		{name: "wsdl, soapAction", contract: wsdl, path: "/old", action: "count-it", want: 200},
		{name: "wsdl, soapAction one-way", contract: wsdl, path: "/old", action: "shelve-it", want: 202},
		{name: "wsdl, the action where soapAction says another", contract: wsdl, path: "/old", action: "urn:warehouse/Count", want: 500, text: "ActionNotSupported"},
		{name: "wsdl, soapAction where addressing says another", contract: wsdl, path: "/new", action: "count-it", want: 500, text: "ActionNotSupported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := start(t, warehouse(c.contract), map[string]*testbed.Backend{"back": backend(t)})
			r := x.call(c.path, c.action)
			assert.Equal(t, c.want, r.Status, "%s", r.Body)
			assert.Contains(t, string(r.Body), c.text)
			if c.want == 500 { // FT-02
				assert.Contains(t, string(r.Body), "Action '"+c.action+"' is not served here: no contract has it. Contract, or binding and security, of the two sides may differ.")
				assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "wsa.action")
			}
		})
	}
}

// TestContracts_apart: two endpoints at one listen URI are told apart by the
// action, and each has the answer of its own contract.
func TestContracts_apart(t *testing.T) {
	t.Parallel()
	x := start(t, parts{
		bindings: wsNone,
		services: `<service name="Warehouse">
			<endpoint name="stock" address="http://@front@/new" ` + ws + ` contract="IStock"/>
			<endpoint name="audit" address="http://@front@/new" ` + ws + ` contract="IAudit"/>
		</service>`,
		settings: `services: [{name: Warehouse, builtin: echo}]
contracts:
  - {name: IStock, wsdl: testdata/warehouse.wsdl, portType: Stock}
  - {name: IAudit, operations: [{name: Audit, action: "urn:audit", replyAction: "urn:audited"}]}`,
	}, map[string]*testbed.Backend{"back": backend(t)})
	assert.Contains(t, string(x.call("/new", "urn:warehouse/Count").Body), ">urn:warehouse/Counted</")
	assert.Contains(t, string(x.call("/new", "urn:audit").Body), ">urn:audited</")
	assert.Contains(t, string(x.call("/new", "urn:neither").Body), "ActionNotSupported")
	require.NoError(t, x.stop())
	assert.Contains(t, x.log.String(), `action=urn:warehouse/Count endpoint=stock`)
	assert.Contains(t, x.log.String(), `action=urn:audit endpoint=audit`)
}

// TestContracts_refused: a wrong contract is said with its place.
func TestContracts_refused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, contract, want string }{
		{
			name: "missing file", contract: "wsdl: testdata/none.wsdl",
			want: `viaduct.yaml:2:34: contract "IStock": testdata/none.wsdl`,
		},
		{
			name: "which port type", contract: "wsdl: testdata/warehouse.wsdl",
			want: `viaduct.yaml:2:34: contract "IStock": testdata/warehouse.wsdl has 2 port types; write portType: one of Audit, Stock`,
		},
		{
			name: "no such port type", contract: "wsdl: testdata/warehouse.wsdl, portType: Shop",
			want: `viaduct.yaml:2:69: contract "IStock": testdata/warehouse.wsdl has no portType "Shop"; it has Audit, Stock`,
		},
		{
			name: "one action twice", contract: "operations: [{name: A, action: u}, {name: B, action: u}]",
			want: `viaduct.yaml:2:81: action "u" stands at viaduct.yaml:2:59 already; keep one`,
		},
		{
			name: "an answer to nothing", contract: "operations: [{name: A, action: u, replyAction: v, oneWay: true}]",
			want: `viaduct.yaml:2:75: operation "A" is one-way and has no answer; remove replyAction, or oneWay`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorContains(t, try(warehouse(c.contract)), c.want)
		})
	}
	err := try(parts{settings: `contracts:
  - {name: INone, operations: [{name: A, action: u}]}
  - {name: System.ServiceModel.Routing.IRequestReplyRouter, operations: [{name: A, action: u}]}`})
	require.ErrorContains(t, err, `viaduct.yaml:2:12: no endpoint in web.config has contract "INone"; they have System.ServiceModel.Routing.IRequestReplyRouter`)
	require.ErrorContains(t, err, "viaduct.yaml:3:12: System.ServiceModel.Routing.IRequestReplyRouter is the routing service's own contract, and takes every action; remove it here")
}
