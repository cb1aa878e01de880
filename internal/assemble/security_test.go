package assemble_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// verdict tells what becomes of the parts.
func verdict(tb testing.TB, p parts, o assemble.Options) *assemble.Report {
	tb.Helper()
	x := &program{tb: tb, addrs: map[string]string{}}
	o.Load = func() (*configs.File, *settings.Settings, error) {
		f, wrong := configs.Parse("web.config", []byte(x.fill(p.config())))
		s, err := settings.Parse("viaduct.yaml", []byte(x.fill(p.settings)), settings.Overrides{})
		return f, s, assemble.Join(wrong, err)
	}
	f, s, err := o.Load()
	return assemble.Check(f, s, err, o)
}

// findings are those of a report whose path ends so.
func findings(r *assemble.Report, path string) []assemble.Finding {
	var out []assemble.Finding
	for _, f := range r.Findings {
		if strings.HasSuffix(f.Path, path) {
			out = append(out, f)
		}
	}
	return out
}

const (
	secured = `binding="wsHttpBinding" bindingConfiguration="signed"`
	signed  = `<wsHttpBinding><binding name="signed"><security mode="Message"><message clientCredentialType="Certificate" negotiateServiceCredential="false" establishSecurityContext="false"/></security></binding></wsHttpBinding>`
)

// TestSecurity_override: the settings' security stands for the file's, and what
// weakens it is said at start, in the report and by a metric.
func TestSecurity_override(t *testing.T) {
	t.Parallel()
	p := parts{
		bindings:  signed,
		endpoints: `<endpoint name="in" address="http://@front@/router" ` + secured + " " + twoWay + `/>`,
		client:    `<endpoint name="back" address="http://@back@/orders" ` + secured + ` contract="*"/>`,
		settings:  "bindings: [{name: wsHttpBinding/signed, security: None}]\nadmin: {address: \"@admin@\"}",
	}
	b := backend(t)
	x := start(t, p, map[string]*testbed.Backend{"back": b})
	m := to("http://" + x.addrs["front"] + "/router")
	assert.Equal(t, 200, x.ask(m).Status)
	assert.Contains(t, string(b.Received()[0].Body), ">http://"+b.Addr()+"/orders<", "an ordinary message, with a To of its own")
	assert.Contains(t, fmt.Sprint(x.Notices()), "bindings[].security relaxes a rule: wsHttpBinding/signed asks for security Message in the file, and has None")
	_, text := x.get("/metrics")
	assert.Contains(t, text, `viaduct_insecure_setting{setting="bindings[].security"} 1`)

	r := verdict(t, p, assemble.Options{})
	assert.True(t, r.OK())
	mode := findings(r, "/security/@mode")
	require.Len(t, mode, 1)
	assert.Equal(t, configs.Mapped, mode[0].Effect)
	assert.Contains(t, mode[0].Text, `does not count: the settings say "None" (viaduct.yaml:1:`)
}

// TestSecurity_strengthened: Transport where the file has none weakens nothing.
func TestSecurity_strengthened(t *testing.T) {
	t.Parallel()
	cert := testbed.NewCertificate(t)
	file, key := cert.Files(t)
	x := start(t, parts{
		endpoints: strings.Replace(frontB, "http:", "https:", 1), bindings: binding("", ""),
		settings: "bindings: [{name: basicHttpBinding/b, security: Transport}]\nadmin: {address: \"@admin@\"}\n" +
			fmt.Sprintf("sockets: [{address: \"@front@\", scheme: https, tls: {certificate: %q, key: %q}}]", file, key),
	}, map[string]*testbed.Backend{"back": backend(t)})
	r := x.exchange("front", testbed.Message{}.Request(x.addrs["front"], "/router", false), cert.Client())
	assert.Equal(t, 200, r.Status)
	assert.NotContains(t, fmt.Sprint(x.Notices()), "relaxes")
	_, text := x.get("/metrics")
	assert.NotContains(t, text, "viaduct_insecure_setting{")
}

func TestSecurity_overrideRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, set, want string }{
		{name: "nothing of that name", set: "{name: wsHttpBinding/other, security: None}", want: `viaduct.yaml:1:19: no endpoint in web.config has the binding "wsHttpBinding/other"; they have basicHttpBinding, wsHttpBinding/ws`},
		{name: "nothing to pass", set: "{name: wsHttpBinding/ws, security: pass}", want: "viaduct.yaml:1:47: wsHttpBinding/ws: its security is none that could pass through; remove the line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := try(parts{
				bindings: wsNone, endpoints: `<endpoint name="in" address="http://@front@/router" ` + ws + " " + twoWay + `/>`,
				settings: "bindings: [" + c.set + "]",
			})
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// TestSecurity_passThrough: a message whose security two other ends check travels
// octet for octet to its one destination.
func TestSecurity_passThrough(t *testing.T) {
	t.Parallel()
	const message = `<s:Envelope xmlns:s="` + testbed.NamespaceSOAP12 + `" xmlns:a="` + testbed.NamespaceWSA10 + `"  ><s:Header>` +
		`<a:Action s:mustUnderstand='1' >urn:a</a:Action><a:To s:mustUnderstand="1">http://logical.example/orders</a:To>` +
		`<h:Hop xmlns:h="urn:h" s:role="http://www.w3.org/2003/05/soap-envelope/role/next"/>` +
		`<o:Security xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" s:mustUnderstand="1"><o:Signature/></o:Security>` +
		`</s:Header><s:Body Id="b"><e:Cipher xmlns:e="urn:e">AAA=</e:Cipher></s:Body></s:Envelope>`
	service := `<service name="Orders"><endpoint name="orders" address="http://@front@/router" ` + secured + ` contract="IOrders"/></service>`
	client := `<endpoint name="back" address="http://@back@/orders" ` + secured + ` contract="*"/>`
	front := `<endpoint name="in" address="http://@front@/router" ` + secured + " " + twoWay + `/>`
	for name, p := range map[string]parts{
		"routing":           {endpoints: front, client: client, bindings: signed},
		"routing, as said":  {endpoints: front, client: client, bindings: signed, settings: "bindings: [{name: wsHttpBinding/signed, security: pass}]"},
		"forward":           {services: service, endpoints: strings.Replace(front, "@front@", "@other@", 1), client: client, bindings: signed, settings: "services: [{name: Orders, forward: back, addressFilterMode: Any}]"},
		"forward to an URL": {services: service, endpoints: strings.Replace(front, "@front@", "@other@", 1), client: client, bindings: signed, settings: "services: [{name: Orders, forward: \"http://@back@/orders\"}]\nendpoints: [{name: orders, aliases: [http://logical.example/orders]}]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := backend(t)
			x := start(t, p, map[string]*testbed.Backend{"back": b})
			r := x.exchange("front", x.post("/router", "Content-Type: application/soap+xml; charset=utf-8; action=\"urn:a\"\r\n", message))
			require.Equal(t, 200, r.Status, "%s", r.Body)
			require.Len(t, b.Received(), 1)
			assert.Equal(t, message, string(b.Received()[0].Body))
			report := verdict(t, p, assemble.Options{})
			assert.True(t, report.OK(), "%+v", report.Findings)
			mode := findings(report, "/security/@mode")
			require.Len(t, mode, 1)
			assert.Equal(t, configs.PassedThrough, mode[0].Effect)
			assert.NotContains(t, fmt.Sprint(x.Notices()), "relaxes")
		})
	}
}

// TestSecurity_passRefused: what could not be handed on as it is, to one
// destination that asks for the same, is not served.
func TestSecurity_passRefused(t *testing.T) {
	t.Parallel()
	front := `<endpoint name="in" address="http://@front@/router" ` + secured + " " + twoWay + `/>`
	client := `<endpoint name="back" address="http://@back@/orders" ` + secured + ` contract="*"/>`
	second := strings.ReplaceAll(client, "back", "second")
	other := strings.ReplaceAll(client, `"signed"`, `"other"`)
	strings11 := strings.NewReplacer("@second@", "127.0.0.1:8102")
	for _, c := range []struct {
		name string
		p    parts
		want string
	}{
		{
			name: "two routes", want: "its messages may go to several: keep one route for it, by an EndpointName filter, without a backup list",
			p: parts{
				endpoints: front, client: client + second, bindings: signed, filters: `<filter name="all" filterType="MatchAll"/><filter name="a" filterType="Action" filterData="urn:a"/>`,
				table: `<add filterName="all" endpointName="back"/><add filterName="a" endpointName="second" priority="1"/>`,
			},
		},
		{
			name: "a backup list", want: "its messages may go to several",
			p: parts{
				endpoints: front, client: client + second, bindings: signed,
				table: `<add filterName="all" endpointName="back" backupList="l"/>`, backups: `<backupList name="l"><add endpointName="second"/></backupList>`,
			},
		},
		{
			name: "another security", want: `wsHttpBinding/other (web.config:12:`,
			p: parts{endpoints: front, client: other, bindings: strings.Replace(signed, "</wsHttpBinding>", `<binding name="other"/></wsHttpBinding>`, 1)},
		},
		{
			name: "none at the destination", want: "asks for another: give both the same binding configuration",
			p: parts{endpoints: front, client: strings.Replace(client, `"signed"`, `"ws"`, 1), bindings: strings.Replace(signed, "</wsHttpBinding>", `<binding name="ws"><security mode="None"/></binding></wsHttpBinding>`, 1)},
		},
		{
			name: "no route", want: "no route takes its messages",
			p: parts{
				endpoints: front + strings.NewReplacer(`"in"`, `"plain"`, "/router", "/plain", "signed", "ws").Replace(front), client: client, bindings: strings.Replace(signed, "</wsHttpBinding>", `<binding name="ws"><security mode="None"/></binding></wsHttpBinding>`, 1),
				filters: `<filter name="all" filterType="EndpointName" filterData="plain"/>`,
			},
		},
		{
			name: "a built-in service", want: "and a built-in service cannot check it",
			p: parts{
				services: `<service name="Orders"><endpoint name="orders" address="http://@front@/o" ` + secured + ` contract="IOrders"/></service>`,
				bindings: signed, settings: "services: [{name: Orders, builtin: echo}]",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.p.client = strings11.Replace(c.p.client)
			err := try(c.p)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "asks for security of messages (Message), which passes through to one destination with the same security")
			require.ErrorContains(t, err, "- name: wsHttpBinding/signed\n      security: Transport   # or None: clients must change with it")
			var all assemble.Errors
			require.ErrorAs(t, err, &all)
			assert.Len(t, all, 1, "one reason is enough")
			r := verdict(t, c.p, assemble.Options{})
			for _, s := range r.Services {
				for _, e := range s.Endpoints {
					if e.Binding == "wsHttpBinding/signed" {
						assert.Equal(t, assemble.Decide, e.Outcome)
					}
				}
			}
		})
	}
}

// TestSecurity_passGroup: nor may several destinations share such messages.
func TestSecurity_passGroup(t *testing.T) {
	t.Parallel()
	client := func(name string) string {
		return `<endpoint name="` + name + `" address="http://` + name + `/orders" ` + secured + ` contract="*"/>`
	}
	err := try(parts{
		endpoints: `<endpoint name="in" address="http://@front@/router" ` + secured + " " + twoWay + `/>`, bindings: signed,
		client: client("back") + client("one") + client("two"), settings: "endpoints: [{name: back, members: [one, two]}]",
	})
	require.ErrorContains(t, err, `viaduct.yaml:1:36: messages of endpoint "back" are secured for one destination, which must be the only one; remove members, or change its security`)
}
