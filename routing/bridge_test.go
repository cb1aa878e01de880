package routing_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// wireVersions are those that a binding over HTTP can have.
var wireVersions = []soap.Version{
	soap.Soap11, soap.Soap12, soap.Soap11WSAddressing10, soap.Soap12WSAddressing10,
	soap.Soap11WSAddressingAugust2004, soap.Soap12WSAddressingAugust2004,
}

const requestID = "urn:uuid:00000000-0000-1000-8000-000000000001"

// compose writes a message. head stands before the addressing headers, which
// answer a request where relates is set.
func compose(v soap.Version, action, relates, head, body string) string {
	var h strings.Builder
	h.WriteString(head)
	if v.Addressing != soap.AddressingNone {
		fmt.Fprintf(&h, `<a:Action s:mustUnderstand="1">%s</a:Action>`, action)
		if relates == "" {
			fmt.Fprintf(&h, `<a:MessageID>%s</a:MessageID><a:To s:mustUnderstand="1">http://edge:8000/router</a:To>`, requestID)
		} else {
			fmt.Fprintf(&h, `<a:RelatesTo>%s</a:RelatesTo>`, relates)
		}
	}
	return `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + v.Addressing.Namespace() + `" xmlns:o="urn:orders" xmlns="urn:default" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
		`<s:Header>` + h.String() + `</s:Header><s:Body xmlns:b="urn:body" b:Id="body">` + body + `</s:Body></s:Envelope>`
}

// bodies are contents whose meaning hangs on what is in force around them.
var bodies = []string{
	``,
	`<o:Place/>`,
	`<Place i:type="o:Order"> o:Name <b:x xmlns:b="urn:other" b:y="b:z"/><!-- c --></Place>`,
	`<o:A/>  <o:B/>&amp;<C xmlns=""><D/></C>`,
	`<![CDATA[<s:Body>]]><o:A>` + "\u00e4\u4e2d" + `&#13;</o:A>`,
}

// meaning is what the content of Body means: its octets, and what each prefix
// stands for around them.
func meaning(t *testing.T, e *soap.Envelope) (content string, scope map[string]string) {
	t.Helper()
	r, err := e.Body.Open(soap.Content)
	require.NoError(t, err)
	p, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	scope = map[string]string{}
	for _, d := range e.BodyScope() {
		scope[string(d.Prefix)] = string(d.Space)
	}
	return string(p), scope
}

func sameInfoset(t *testing.T, want, got string, from, to soap.Version) {
	t.Helper()
	a, b := decodeAs(t, want, from), decodeAs(t, got, to)
	defer a.Release()
	defer b.Release()
	content, scope := meaning(t, a)
	bridged, kept := meaning(t, b)
	assert.Equal(t, content, bridged)
	for prefix, space := range scope {
		if used := regexp.MustCompile(`\b` + prefix + `:`); space == from.Envelope.Namespace() && !used.MatchString(content) {
			continue // it went with the envelope
		}
		assert.Equal(t, space, kept[prefix], "prefix %q, %s to %s", prefix, from, to)
	}
	assert.Contains(t, got, `b:Id="body"`, "what a reference may name stays")
}

func decodeAs(t *testing.T, text string, v soap.Version) *soap.Envelope {
	t.Helper()
	e, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{
		Version: v, Size: int64(len(text)), Needs: soap.Needs{Check: soap.CheckWellFormed},
	})
	require.NoError(t, err, text)
	return e
}

// exchange sends one request and returns what the back end and the client got.
func exchange(t *testing.T, front, back soap.Version, question, answer string) (forwarded sent, reply string, fault bool) {
	t.Helper()
	c := &channel{version: back, answers: func(int) (int, string, error) { return 200, answer, nil }}
	d := destination(t, c, "http://backend:9000/orders", routing.Destination{ProcessMessages: true})
	s := service(t, routing.Route{Filter: "all", Destinations: []*routing.Destination{d}})
	r, err := s.Handle(context.Background(), request(t, front, question, "urn:orders/Place", soap.DecodeOptions{}))
	require.NoError(t, err)
	return c.sent[0], text(t, r), r.Fault
}

// For each pair of versions: a request there and its answer back mean what they
// meant, and each has the headers that its version asks for.
func TestBridge_pairs(t *testing.T) {
	t.Parallel()
	for _, front := range wireVersions {
		for _, back := range wireVersions {
			t.Run(fmt.Sprintf("%s to %s", front, back), func(t *testing.T) {
				t.Parallel()
				for _, body := range bodies {
					question := compose(front, "urn:orders/Place", "", `<o:H s:mustUnderstand="1">1</o:H><o:H>2</o:H>`, body)
					answer := compose(back, "urn:orders/PlaceResponse", requestID, `<o:R>3</o:R>`, body)
					there, here, fault := exchange(t, front, back, question, answer)
					assert.False(t, fault)
					sameInfoset(t, question, there.text, front, back)
					sameInfoset(t, answer, here, back, front)
					checkRequest(t, there, back, front.Addressing != soap.AddressingNone)
					checkReply(t, here, front)
				}
			})
		}
	}
}

// checkRequest looks at what a back end of version v got.
func checkRequest(t *testing.T, got sent, v soap.Version, identified bool) {
	t.Helper()
	e := decodeAs(t, got.text, v)
	defer e.Release()
	p, err := addressing.Extract(e, nil)
	require.NoError(t, err)
	assert.Equal(t, addressing.Action("urn:orders/Place"), got.action)
	values := 0
	for i := range e.Blocks() {
		b := &e.Blocks()[i]
		if b.Name.Is("urn:orders", "H") {
			values++
			assert.Equal(t, values == 1, b.MustUnderstand)
		}
	}
	assert.Equal(t, 2, values, "both headers of one name")
	if v.Addressing == soap.AddressingNone {
		assert.Len(t, e.Blocks(), 2, "no addressing header is left")
		return
	}
	assert.Len(t, e.Blocks(), 6)
	action, _ := p.Action()
	to, _ := p.To()
	reply, _ := p.ReplyTo()
	id, _ := p.MessageID()
	assert.Equal(t, "urn:orders/Place http://backend:9000/orders", string(action)+" "+to.String())
	assert.True(t, reply.IsTrivial())
	assert.Equal(t, identified, id == requestID, "the identifier of the client, or a new one")
	assert.NotEmpty(t, id)
}

// checkReply looks at what a client of version v got.
func checkReply(t *testing.T, got string, v soap.Version) {
	t.Helper()
	e := decodeAs(t, got, v)
	defer e.Release()
	p, err := addressing.Extract(e, nil)
	require.NoError(t, err)
	if v.Addressing == soap.AddressingNone {
		assert.Len(t, e.Blocks(), 1, "no addressing header is left")
		return
	}
	action, _ := p.Action()
	relates, _ := p.RelatesTo()
	assert.Equal(t, "urn:orders/PlaceResponse "+requestID, string(action)+" "+string(relates))
	assert.Equal(t, v.Addressing == soap.Addressing200408, p.Has(addressing.KindTo))
}

// For each pair of versions a fault keeps its class, its reason and its detail.
func TestBridge_faultPairs(t *testing.T) {
	t.Parallel()
	const detail = ` <o:Why i:type="o:T"> a &lt; b </o:Why><!-- c --><Other/> `
	for _, front := range wireVersions {
		for _, back := range wireVersions {
			for name, code := range map[string]soap.Code{
				"Sender": soap.Sender, "Receiver": soap.Receiver, "MustUnderstand": soap.MustUnderstand, "VersionMismatch": soap.VersionMismatch,
			} {
				body := `<s:Fault><s:Code><s:Value>s:` + name + `</s:Value></s:Code><s:Reason><s:Text xml:lang="de">voll &amp; zu</s:Text></s:Reason>` +
					`<s:Node>urn:node</s:Node><s:Detail>` + detail + `</s:Detail></s:Fault>`
				if back.Envelope == soap.SOAP11 {
					old := map[string]string{"Sender": "Client", "Receiver": "Server"}[name]
					if old == "" {
						old = name
					}
					body = `<s:Fault><faultcode xmlns="">s:` + old + `</faultcode><faultstring xmlns="" xml:lang="de">voll &amp; zu</faultstring>` +
						`<faultactor xmlns="">urn:node</faultactor><detail xmlns="">` + detail + `</detail></s:Fault>`
				}
				action := string(addressing.DefaultFaultAction(back.Addressing))
				_, here, isFault := exchange(t, front, back, compose(front, "urn:orders/Place", "", "", ""), compose(back, action, requestID, "", body))
				assert.True(t, isFault)
				e := decodeAs(t, here, front)
				f, err := soap.ReadFault(context.Background(), e)
				require.NoError(t, err, here)
				p, err := addressing.Extract(e, nil)
				require.NoError(t, err)
				got, _ := p.Action()
				e.Release()
				assert.Equal(t, code, f.Code, "%s to %s: %s", back, front, here)
				assert.Equal(t, "voll & zu de urn:node", f.Reason+" "+f.Lang+" "+f.Node)
				assert.Equal(t, addressing.DefaultFaultAction(front.Addressing), got)
				assert.Contains(t, string(f.Detail), `a &lt; b`)
				if back.Envelope == soap.SOAP11 || front.Envelope == soap.SOAP12 { // no default namespace is in the way
					assert.Contains(t, here, detail, "octet for octet")
				}
			}
		}
	}
}

// TestIntermediary is 8.1 of the dispatch rows: which headers go on, by role,
// relay and mustUnderstand, with and without a change of the version.
func TestIntermediary(t *testing.T) {
	t.Parallel()
	const next11, role12 = "http://schemas.xmlsoap.org/soap/actor/next", soap.Namespace12 + "/role/"
	for _, c := range []struct {
		name   string
		v      soap.Version
		attrs  string
		goesOn bool
	}{
		{"1.2 no role", soap.Soap12, ``, true},
		{"1.2 final receiver", soap.Soap12, `s:role="` + role12 + `ultimateReceiver"`, true},
		{"1.2 none", soap.Soap12, `s:role="` + role12 + `none"`, true},
		{"1.2 other", soap.Soap12, `s:role="urn:other"`, true},
		{"1.2 next: RT-07", soap.Soap12, `s:role="` + role12 + `next"`, false},
		{"1.2 next, relay false", soap.Soap12, `s:role="` + role12 + `next" s:relay="0"`, false},
		{"1.2 next, relay: RT-08", soap.Soap12, `s:role="` + role12 + `next" s:relay="true"`, true},
		{"1.1 no actor", soap.Soap11, ``, true},
		{"1.1 other", soap.Soap11, `s:actor="urn:other"`, true},
		{"1.1 next: RT-09", soap.Soap11, `s:actor="` + next11 + `"`, false},
		{"1.1 next, relay is no attribute of it", soap.Soap11, `s:actor="` + next11 + `" s:relay="true"`, false},
	} {
		for _, must := range []string{``, ` s:mustUnderstand="0"`, ` s:mustUnderstand="1"`} {
			for _, back := range []soap.Version{soap.Soap11, soap.Soap12, soap.Soap12WSAddressing10} {
				for _, processing := range []bool{true, false} {
					if !processing && back != c.v {
						continue
					}
					name := fmt.Sprintf("%s%s to %s, processing %v", c.name, must, back, processing)
					out := &channel{version: back}
					d := destination(t, out, "http://backend:9000/", routing.Destination{ProcessMessages: processing})
					s := service(t, routing.Route{Filter: "all", Destinations: []*routing.Destination{d}})
					question := compose(c.v, "", "", `<o:H `+c.attrs+must+`>1</o:H>`, "")
					_, err := s.Handle(context.Background(), request(t, c.v, question, "urn:a", soap.DecodeOptions{}))
					require.NoError(t, err, "%s: a router understands nothing and refuses nothing: RT-06", name)
					e := decodeAs(t, out.sent[0].text, back)
					found := false
					for i := range e.Blocks() {
						if b := &e.Blocks()[i]; b.Name.Is("urn:orders", "H") {
							found = true
							assert.Equal(t, strings.Contains(must, "1"), b.MustUnderstand, name)
							assert.Equal(t, wantRole(c.v, back, c.attrs), b.RoleKind, name)
						}
					}
					e.Release()
					assert.Equal(t, c.goesOn || !processing, found, name)
				}
			}
		}
	}
}

// wantRole is the role of a header that went on.
func wantRole(from, to soap.Version, attrs string) soap.RoleKind {
	switch {
	case strings.Contains(attrs, "/next"):
		return soap.RoleNext
	case strings.Contains(attrs, "/none") && from.Envelope == to.Envelope:
		return soap.RoleNone
	case strings.Contains(attrs, "/none"), strings.Contains(attrs, "urn:other"):
		return soap.RoleOther // SOAP 1.1 has no such role; nobody plays it
	default:
		return soap.RoleUltimate
	}
}

// To is the logical address, via the way there: a client's To that names the
// back end already is not touched, wherever the connection goes.
func TestVia_keepsTo(t *testing.T) {
	t.Parallel()
	c := &channel{version: soap.Soap12WSAddressing10}
	a, err := addressing.New(parse(t, "http://public.example/orders"))
	require.NoError(t, err)
	d, err := routing.NewDestination(routing.Destination{
		Name: "b", Address: a, Channel: c, ProcessMessages: true, Binding: &binding.Binding{Version: c.version},
	}, "http://10.0.0.7:9/x")
	require.NoError(t, err)
	const to = `<a:To s:mustUnderstand="1" b:Id="1" xmlns:b="urn:b">http://public.example/orders</a:To>`
	question := strings.Replace(compose(c.version, "urn:a", "", "", ""), `<a:To s:mustUnderstand="1">http://edge:8000/router</a:To>`, to, 1)
	req := request(t, c.version, question, "urn:a", soap.DecodeOptions{})
	req.Retain()
	defer req.Release()
	_, err = service(t, routing.Route{Filter: "all", Destinations: []*routing.Destination{d}}).Handle(context.Background(), req)
	require.NoError(t, err)
	assert.Contains(t, c.sent[0].text, to)
	assert.Equal(t, "http://10.0.0.7:9/x", req.Decision.Attempts[0].Address)
}

func TestDestination_Bridges(t *testing.T) {
	t.Parallel()
	d := func(v soap.Version, o routing.Destination) *routing.Destination {
		return destination(t, &channel{version: v}, "http://h/", o)
	}
	on := routing.Destination{ProcessMessages: true}
	for _, from := range wireVersions {
		for _, to := range wireVersions {
			require.NoError(t, d(to, on).Bridges(from))
		}
	}
	require.NoError(t, d(soap.Soap11, routing.Destination{}).Bridges(soap.Soap11))
	for _, c := range []struct {
		name     string
		from, to soap.Version
		o        routing.Destination
		want     string
	}{
		{"no envelope", soap.None, soap.Soap11, on, "without an envelope"},
		{"to no envelope", soap.Soap12, soap.None, on, "without an envelope"},
		{"nothing may change", soap.Soap11, soap.Soap12, routing.Destination{Mode: routing.ForwardSigned, ProcessMessages: true}, "mode forward-signed"},
		{"soapProcessing off", soap.Soap11, soap.Soap12, routing.Destination{}, "processMessages"},
	} {
		err := d(c.to, c.o).Bridges(c.from)
		require.ErrorIs(t, err, routing.ErrNotBridged, c.name)
		assert.Contains(t, err.Error(), c.want)
	}
}

// An answer that cannot be made one of the client's version is refused, and the
// log says why.
func TestBridge_answerRefused(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"broken fault": compose(soap.Soap11, "", "", "", `<s:Fault><faultcode xmlns="">s:Client`),
		"signed": compose(soap.Soap11, "", "", `<w:Security xmlns:w="urn:w"><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>`+
			`<Reference URI=""/></SignedInfo></Signature></w:Security>`, ""),
		"two addresses": compose(soap.Soap11, "", "", "", ""),
	} {
		c := answering(200, answer)
		d := destination(t, c, "http://h/", routing.Destination{ProcessMessages: true})
		question := compose(soap.Soap12WSAddressing10, "urn:a", "", "", "")
		if name == "two addresses" {
			question = strings.Replace(question, "<a:MessageID>", "<a:MessageID>2</a:MessageID><a:MessageID>", 1)
		}
		_, err := service(t, routing.Route{Filter: "all", Destinations: []*routing.Destination{d}}).
			Handle(context.Background(), request(t, soap.Soap12WSAddressing10, question, "", soap.DecodeOptions{}))
		require.Error(t, err, name)
		if name != "two addresses" {
			assert.Equal(t, refusal.UpstreamMalformed, refusal.Of(err), name)
		}
	}
}

// FuzzBridge: whatever stands in Body and in a header arrives in the other
// version, octet for octet and well-formed, and comes back.
func FuzzBridge(f *testing.F) {
	for _, b := range bodies {
		f.Add(`<o:H s:mustUnderstand="1" s:role="urn:x" s:encodingStyle=""/>`, b, uint8(1))
	}
	f.Add(``, `<s:Fault><faultcode>s:Client</faultcode><faultstring/><detail><x/></detail></s:Fault>`, uint8(7))
	f.Fuzz(func(t *testing.T, head, body string, pair uint8) {
		from := wireVersions[int(pair)%len(wireVersions)]
		to := wireVersions[int(pair)/len(wireVersions)%len(wireVersions)]
		m := compose(from, "urn:a", "", head, body)
		e, err := soap.Decode(context.Background(), strings.NewReader(m), soap.DecodeOptions{
			Version: from, Size: int64(len(m)), Needs: soap.Needs{Check: soap.CheckWellFormed},
		})
		if err != nil {
			return
		}
		defer e.Release()
		p, err := addressing.Extract(e, nil)
		if err != nil {
			return
		}
		d, _, err := addressing.Bridge(context.Background(), e, &p, to)
		if err != nil {
			return // a fault that is broken
		}
		defer d.Close()
		var out bytes.Buffer
		_, err = d.WriteTo(&out)
		require.NoError(t, err)
		again := decodeAs(t, out.String(), to)
		defer again.Release()
		was, _ := soap.IsFault(e)
		is, _ := soap.IsFault(again)
		require.Equal(t, was, is)
		if was {
			return
		}
		want, _ := meaning(t, e)
		got, _ := meaning(t, again)
		require.Equal(t, want, got)
	})
}
