package assemble_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// version is one of the message versions that are bridged.
type version struct {
	name       string // as messageVersion has it
	envelope   testbed.Version
	addressing testbed.Addressing
}

var versions = []version{
	{"Soap11", testbed.SOAP11, testbed.AddressingNone},
	{"Soap11WSAddressing10", testbed.SOAP11, testbed.Addressing10},
	{"Soap11WSAddressingAugust2004", testbed.SOAP11, testbed.Addressing200408},
	{"Soap12", testbed.SOAP12, testbed.AddressingNone},
	{"Soap12WSAddressing10", testbed.SOAP12, testbed.Addressing10},
	{"Soap12WSAddressingAugust2004", testbed.SOAP12, testbed.Addressing200408},
}

// customs are a custom binding for each version, by its name.
func customs() string {
	var b strings.Builder
	for _, v := range versions {
		fmt.Fprintf(&b, `<binding name="%s"><textMessageEncoding messageVersion="%[1]s"/><httpTransport/></binding>`, v.name)
	}
	return `<customBinding>` + b.String() + `</customBinding>`
}

func (v version) binding() string {
	return `binding="customBinding" bindingConfiguration="` + v.name + `"`
}

// answer is the usual answer of a back end in the version.
func (v version) answer(r *testbed.Received) []byte {
	m := r.Reply()
	m.Version, m.Addressing = v.envelope, v.addressing
	return m.Response(200, false)
}

// fault is an answer of a back end in the version, which refuses the client.
func (v version) fault(r *testbed.Received) []byte {
	m := testbed.Message{Version: v.envelope}
	detail := `<o:Refused xmlns:o="urn:orders" code="7"/>`
	body := `<s:Fault><faultcode>s:Client</faultcode><faultstring>no stock</faultstring><detail>` + detail + `</detail></s:Fault>`
	if v.envelope == testbed.SOAP12 {
		body = `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">no stock</s:Text></s:Reason><s:Detail>` + detail + `</s:Detail></s:Fault>`
	}
	header := ""
	if v.addressing != testbed.AddressingNone {
		header = fmt.Sprintf(`<s:Header><a:Action xmlns:a=%q>urn:orders/Refused</a:Action><a:RelatesTo xmlns:a=%[1]q>%s</a:RelatesTo></s:Header>`, v.addressing.Namespace(), r.MessageID)
	}
	text := `<s:Envelope xmlns:s="` + v.envelope.Namespace() + `">` + header + `<s:Body>` + body + `</s:Body></s:Envelope>`
	return fmt.Appendf(nil, "HTTP/1.1 500 No\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", m.ContentType(), len(text), text)
}

// TestBridging serves all pairs of versions, there and back, an answer and a
// fault (docs/decisions/007).
func TestBridging(t *testing.T) {
	t.Parallel()
	var fronts, clients, filters, table, services, forwards strings.Builder
	for _, from := range versions {
		for _, to := range versions {
			pair := from.name + "-" + to.name
			fmt.Fprintf(&fronts, `<endpoint name="%s" address="http://@front@/%[1]s" %s %s/>`, pair, from.binding(), twoWay)
			fmt.Fprintf(&services, `<service name="S.%s"><endpoint address="http://@front@/forward/%[1]s" %s contract="C"/></service>`, pair, from.binding())
			fmt.Fprintf(&forwards, "\n  - {name: S.%s, forward: %s}", pair, to.name)
			fmt.Fprintf(&filters, `<filter name="%s" filterType="EndpointName" filterData="%[1]s"/>`, pair)
			fmt.Fprintf(&table, `<add filterName="%s" endpointName="%s"/>`, pair, to.name)
		}
		fmt.Fprintf(&clients, `<endpoint name="%s" address="http://@back@/%[1]s" %s contract="*"/>`, from.name, from.binding())
	}
	b := backend(t)
	x := start(t, parts{
		endpoints: fronts.String(), services: services.String(), bindings: customs(), client: clients.String(), filters: filters.String(), table: table.String(),
		settings: "services:" + forwards.String(),
	}, map[string]*testbed.Backend{"back": b})
	for _, from := range versions {
		for _, to := range versions {
			for _, way := range []string{"/", "/forward/"} {
				path := way + from.name + "-" + to.name
				b.SetScript(func(*testbed.Received) testbed.Answer { return testbed.Answer{Make: to.answer} })
				pair := crossing{x, b, from, to, path}
				pair.exchange(t, 200, "urn:testbed:answer")
				b.SetScript(func(*testbed.Received) testbed.Answer { return testbed.Answer{Make: to.fault} })
				r := pair.exchange(t, 500, "urn:orders/Refused")
				assert.Contains(t, r, "no stock", path)
				assert.Contains(t, r, `code="7"`, path)
				code, detail := `<faultcode>\w+:Client</faultcode>`, "<detail"
				if from.envelope == testbed.SOAP12 {
					code, detail = `\w+:Sender</\w+:Value>`, ":Detail"
				}
				assert.Regexp(t, code, r, path)
				assert.Contains(t, r, detail, path)
			}
		}
	}
}

// only checks that no element of a message is of another version.
func (v version) only(t *testing.T, text, path string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			require.ErrorIs(t, err, io.EOF, text)
			return
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, other := range versions {
			if other.envelope != v.envelope {
				assert.NotEqual(t, other.envelope.Namespace(), e.Name.Space, "%s: %s", path, text)
			}
			if ns := other.addressing.Namespace(); ns != "" && other.addressing != v.addressing {
				assert.NotEqual(t, ns, e.Name.Space, "%s: %s", path, text)
			}
		}
	}
}

// crossing is the way of a message between two versions.
type crossing struct {
	x        *program
	b        *testbed.Backend
	from, to version
	path     string
}

// exchange sends one message and checks both sides; it returns the answer.
func (c crossing) exchange(t *testing.T, status int, action string) string {
	t.Helper()
	x, b, from, to, path := c.x, c.b, c.from, c.to, c.path
	m := testbed.Message{Version: from.envelope, Addressing: from.addressing, Action: "urn:a", ID: testbed.NewMessageID()}
	if from.addressing != testbed.AddressingNone {
		m.To = "http://" + x.addrs["front"] + path
	}
	r := x.exchange("front", m.Request(x.addrs["front"], path, false))
	require.Equal(t, status, r.Status, "%s: %s", path, r.Body)
	list := b.Received()
	got := list[len(list)-1]
	require.Contains(t, string(got.Body), m.ID)
	sent, answer := string(got.Body), string(r.Body)
	assert.Equal(t, "/"+to.name, got.Target)
	assert.Contains(t, sent, to.envelope.Namespace(), path)
	assert.Contains(t, answer, from.envelope.Namespace(), path)
	if to.envelope == testbed.SOAP11 {
		assert.Equal(t, `"urn:a"`, got.Get("SOAPAction"), path)
	} else if to.addressing == testbed.AddressingNone { // else the header tells, and WCF leaves the parameter out
		assert.Contains(t, got.Get("Content-Type"), `action="urn:a"`, path)
	}
	to.only(t, sent, path)
	from.only(t, answer, path)
	if ns := to.addressing.Namespace(); ns != "" {
		assert.Contains(t, sent, ns, path)
		assert.Contains(t, sent, ">urn:a</", path)
		assert.Contains(t, sent, "http://"+x.addrs["back"]+"/"+to.name, "To of %s", path)
	}
	if ns := from.addressing.Namespace(); ns != "" {
		assert.Contains(t, answer, ns, path)
		want := action
		if to.addressing == testbed.AddressingNone {
			want = "urn:aResponse"
			if status == 500 {
				want = "fault<" // the default action of a fault
			}
		}
		assert.Contains(t, answer, want, path)
		if to.addressing != testbed.AddressingNone || status == 200 {
			assert.Contains(t, answer, m.ID, path)
		}
	}
	return answer
}
