package hostile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

func structureRows() []row {
	structure := refused(400, refusal.SOAPStructure)
	second := func(m *message) { m.after = m.String() }
	lateHeader := in11(func(m *message) { m.end = "<s:Header/>" })
	twoBodies := in11(func(m *message) { m.end = "<s:Body/>" })
	space := func(uri string) func() *request { return in11(func(m *message) { m.space = uri }) }
	none := func() *request {
		return raw("text/xml; charset=utf-8", []byte(`<Envelope><Header/><Body/></Envelope>`))()
	}
	return []row{
		{id: "H-060", name: "head", send: in11(second), want: pass()},
		{id: "H-060", rigs: "structure full", send: in11(second), want: late(refusal.XMLMalformed)},
		{id: "H-061", send: in11(func(m *message) { m.between = "<s:Header/>" }), want: structure},
		{id: "H-062", rigs: "structure full", send: lateHeader, want: late(refusal.SOAPStructure)},
		{id: "H-063", rigs: "structure full", send: twoBodies, want: late(refusal.SOAPStructure)},
		{id: "H-064", send: in11(func(m *message) { m.prelude = `<x:A xmlns:x="urn:x"/>` }), want: structure},
		{id: "H-065", send: in11(func(m *message) { m.open, m.body, m.close = "", "", "" }), want: structure},
		{id: "H-066", name: "none", send: none, want: refused(400, refusal.SOAPVersion)},
		{id: "H-066", name: "unknown", send: space("http://www.w3.org/2001/12/soap-envelope"), want: refused(400, refusal.SOAPVersion)},
		{id: "H-067", send: space(soap12), want: refused(400, refusal.SOAPVersion)},
	}
}

// blocks gives n header blocks.
func blocks(n int, attributes string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<x:B%d xmlns:x="urn:blocks"%s/>`, i, attributes)
	}
	return b.String()
}

func headerRows() []row {
	filled := func(n int) func() *request {
		return inBig(func(m *message) {
			block := `<x:A xmlns:x="urn:x">` + `</x:A>`
			m.headers = strings.Replace(block, "><", ">"+strings.Repeat("x", n-len(block))+"<", 1)
		})
	}
	flag := func(attribute string) func() *request {
		return in11(header(`<x:A xmlns:x="urn:x" ` + attribute + `/>`))
	}
	echo := func(in func(func(*message)) func() *request, target string) func() *request {
		return func() *request {
			return in(func(m *message) {
				m.to = "<a:To>http://front.example:PORT" + target + "</a:To>"
				header(blocks(20, ` s:mustUnderstand="1"`))(m)
			})().to(target)
		}
	}
	listed := func(n int) func(*testing.T, *exchange) {
		return func(t *testing.T, x *exchange) {
			t.Helper()
			assert.Equal(t, n, bytes.Count(x.resp.body, []byte("NotUnderstood ")), "headers listed in %s", x.resp.body)
		}
	}
	return []row{
		{id: "H-068", name: "65536", send: filled(65_536), want: pass()},
		{id: "H-068", name: "65537", send: filled(65_537), want: refused(400, refusal.XMLHeaderSize)},
		{id: "H-069", send: in11(func(m *message) { m.headers = blocks(257, "") }), want: refused(400, refusal.SOAPHeaders)},
		{id: "H-069", name: "256", send: in11(func(m *message) { m.headers = blocks(256, "") }), want: pass()},
		{id: "H-070", name: "SOAP 1.2", send: echo(in12, "/echo12"), want: outcome{
			status: 500, reason: refusal.SOAPMustUnderstand, fault: "MustUnderstand", then: listed(16),
		}},
		{id: "H-070", name: "SOAP 1.1", send: echo(in11, "/echo11"), want: outcome{
			status: 500, reason: refusal.SOAPMustUnderstand, fault: "MustUnderstand",
		}},
		{id: "H-071", send: flag(`s:mustUnderstand="yes"`), want: refused(400, refusal.SOAPBool)},
		{id: "H-072", send: flag(`s:mustUnderstand="1" s:actor="urn:somebody"`), want: pass()},
		{id: "H-082", send: forged, want: outcome{status: 200, back: spliced, then: stripped}},
	}
}

const relayToken = `<RelayAccessToken xmlns="http://schemas.microsoft.com/netservices/2009/05/servicebus/connect">` +
	`<BinarySecurityToken>Zm9yZ2Vk</BinarySecurityToken></RelayAccessToken>`

// forged carries what only the router may say.
func forged() *request {
	return in11(header(relayToken))().add("X-Viaduct-Error: forged; id=1", "X-Viaduct-Identity: forged",
		"X-Client-Certificate: forged", "Viaduct-Hops: 1")
}

func stripped(t *testing.T, x *exchange) {
	t.Helper()
	s := x.one(t)
	if s == nil {
		return
	}
	assert.NotContains(t, string(s.body), "RelayAccessToken")
	assert.Equal(t, strings.Replace(string(x.req.body), relayToken, "", 1), string(s.body), "nothing else is gone")
	for _, n := range s.names {
		assert.NotContains(t, []string{"x-viaduct-error", "x-viaduct-identity", "x-client-certificate"}, strings.ToLower(n))
	}
	assert.NotContains(t, s.head.Values("X-Client-Certificate"), "forged")
}

func actionRows() []row {
	action := func(lines ...string) func() *request {
		return func() *request { return post11(base11()).drop("SOAPAction").add(lines...) }
	}
	header := refused(400, refusal.HTTPHeader)
	return []row{
		{id: "H-073", send: func() *request {
			return post12(base12()).set("Content-Type", `application/soap+xml; charset=utf-8; action="urn:b"`)
		}, want: outcome{status: 500, reason: refusal.SOAPActionMismatch, fault: "ActionMismatch"}},
		{id: "H-074", send: action(`SOAPAction: "urn:a"`, `SOAPAction: "urn:b"`), want: refused(400, refusal.HTTPDuplicate)},
		{id: "H-074", name: "the same", send: action(`SOAPAction: "urn:a"`, `soapaction: "urn:a"`), want: refused(400, refusal.HTTPDuplicate)},
		{id: "H-075", send: action(`SOAPAction: "urn:a%0d%0aX: y"`), want: header},
		{id: "H-076", send: action(`SOAPAction: "urn:%2561"`), want: outcome{status: 200, back: same, then: func(t *testing.T, x *exchange) {
			t.Helper()
			if s := x.one(t); s != nil {
				assert.Equal(t, "POST /special11 HTTP/1.1", s.line, "the filter of urn:%61 matches")
				assert.Equal(t, `"urn:%2561"`, s.head.Get("Soapaction"), "decoded once, encoded once")
			}
		}}},
		{id: "H-077", name: "4097 octets", send: action(`SOAPAction: "urn:` + strings.Repeat("a", 4093) + `"`), want: header},
		{id: "H-077", name: "one quote", send: action(`SOAPAction: "urn:a`), want: header},
		{id: "H-077", name: "the other quote", send: action(`SOAPAction: urn:a"`), want: header},
	}
}

// wideRows make a configured XPath filter look at many nodes many times.
func wideRows() []row {
	return []row{{id: "H-080", rigs: "xpath", send: func() *request {
		m := base11()
		m.body = "<o:Place xmlns:o=\"urn:orders\">" + strings.Repeat("<a/>", 20_000) + "</o:Place>"
		return post11(m).to("/big11")
	}, want: outcome{status: 500, reason: refusal.FilterBudget, fault: "InternalServiceFault"}}}
}

// unknownRows speak to a service that nobody lives at.
func unknownRows() []row {
	unknown := func(address string, body string) func() *request {
		return func() *request {
			m := base12()
			m.to = "<a:To>" + address + "</a:To>"
			if body != "" {
				m.body = body
			}
			return post12(m).to("/echo12")
		}
	}
	const fault = `<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault>`
	escaped := func(raw ...string) func(*testing.T, *exchange) {
		return func(t *testing.T, x *exchange) {
			t.Helper()
			for _, r := range raw {
				assert.NotContains(t, string(x.resp.body), r)
			}
			assert.Contains(t, x.resp.header.Get("Content-Type"), "application/soap+xml")
			assert.Equal(t, "nosniff", x.resp.header.Get("X-Content-Type-Options"))
			assert.LessOrEqual(t, len(x.resp.body), 2000, "the address is cut to 256 characters")
		}
	}
	unreachable := func(raw ...string) outcome {
		return outcome{status: 500, reason: refusal.WSAUnreachable, fault: "DestinationUnreachable", then: escaped(raw...)}
	}
	return []row{
		{id: "H-078", send: unknown("http://nowhere.example/", fault), want: outcome{status: 202, then: func(t *testing.T, x *exchange) {
			t.Helper()
			assert.Empty(t, x.resp.body)
		}}},
		{id: "H-079", name: "markup", send: unknown("http://nowhere.example/?q=&lt;script&gt;alert(1)&lt;/script&gt;", ""), want: unreachable("<script")},
		{id: "H-079", name: "long", send: unknown("http://nowhere.example/"+strings.Repeat("y", 3000), ""), want: unreachable(strings.Repeat("y", 257))},
		// XML cannot hold an ESC but by a reference, which T-XML-02 refuses in an address.
		{id: "H-079", name: "ESC", send: unknown("http://nowhere.example/&#x1b;[31m", ""), want: refused(400, refusal.XMLChar)},
	}
}
