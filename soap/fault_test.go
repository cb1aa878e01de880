package soap_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

var (
	unreachable = soap.QName{Space: soap.NamespaceAddressing10, Local: "DestinationUnreachable"}
	cardinality = []soap.QName{
		{Space: soap.NamespaceAddressing10, Local: "InvalidAddressingHeader"},
		{Space: soap.NamespaceAddressing10, Local: "InvalidCardinality"},
	}
)

func TestFaultDraft(t *testing.T) {
	t.Parallel()
	const (
		wsa    = ` xmlns:a="` + soap.NamespaceAddressing10 + `"`
		fault1 = open11 + `<s:Body><s:Fault>`
		fault2 = open12 + `<s:Body><s:Fault>`
		end    = `</s:Fault>` + closed
		why    = `<s:Reason><s:Text xml:lang="en-US">why</s:Text></s:Reason>`
		why1   = `<faultstring xml:lang="en-US">why</faultstring>`
	)
	detail := []byte(`<d:D xmlns:d="urn:d"/>`)
	tests := []struct {
		name  string
		fault soap.Fault
		v     soap.Version
		want  string
	}{
		{"1.2 code only", soap.Fault{Reason: "why"}, soap.Soap12, fault2 + `<s:Code><s:Value>s:Receiver</s:Value></s:Code>` + why + end},
		{"1.1 code only", soap.Fault{Reason: "why"}, soap.Soap11, fault1 + `<faultcode>s:Server</faultcode>` + why1 + end},
		{"1.1 client", soap.Fault{Code: soap.Sender, Reason: "why"}, soap.Soap11, fault1 + `<faultcode>s:Client</faultcode>` + why1 + end},
		{"1.1 knows no DataEncodingUnknown", soap.Fault{Code: soap.DataEncodingUnknown, Reason: "why"}, soap.Soap11, fault1 + `<faultcode>s:Client</faultcode>` + why1 + end},
		{"1.1 MustUnderstand", soap.Fault{Code: soap.MustUnderstand, Reason: "why"}, soap.Soap11, fault1 + `<faultcode>s:MustUnderstand</faultcode>` + why1 + end},
		{
			"FT-01 in 1.2",
			soap.Fault{Code: soap.Sender, Subcodes: []soap.QName{unreachable}, Reason: "why"},
			soap.Soap12,
			fault2 + `<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value` + wsa + `>a:DestinationUnreachable</s:Value></s:Subcode></s:Code>` + why + end,
		},
		{"FT-02 in 1.1, addressing none", soap.Fault{
			Code: soap.Sender, Reason: "why", Subcodes: []soap.QName{{Space: soap.NamespaceAddressingNone, Local: "ActionNotSupported"}},
		}, soap.Soap11, fault1 + `<faultcode xmlns:a="` + soap.NamespaceAddressingNone + `">a:ActionNotSupported</faultcode>` + why1 + end},
		{
			"FT-06 in 1.1: second subcode is lost",
			soap.Fault{Code: soap.Sender, Subcodes: cardinality, Reason: "why"},
			soap.Soap11WSAddressing10,
			fault1 + `<faultcode` + wsa + `>a:InvalidAddressingHeader</faultcode>` + why1 + end,
		},
		{
			"FT-06 in 1.2",
			soap.Fault{Code: soap.Sender, Subcodes: cardinality, Reason: "why"},
			soap.Soap12WSAddressing10,
			fault2 + `<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value` + wsa + `>a:InvalidAddressingHeader</s:Value>` +
				`<s:Subcode><s:Value` + wsa + `>a:InvalidCardinality</s:Value></s:Subcode></s:Subcode></s:Code>` + why + end,
		},
		{
			"everything in 1.2",
			soap.Fault{Code: soap.Sender, Reason: "why", Lang: "de", Detail: detail, Node: "urn:n", Role: "urn:r&"},
			soap.Soap12,
			fault2 + `<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="de">why</s:Text></s:Reason>` +
				`<s:Node>urn:n</s:Node><s:Role>urn:r&amp;</s:Role><s:Detail><d:D xmlns:d="urn:d"/></s:Detail>` + end,
		},
		{
			"everything in 1.1",
			soap.Fault{Code: soap.Sender, Reason: "why", Detail: detail, Node: "urn:n", Role: "urn:r"},
			soap.Soap11,
			fault1 + `<faultcode>s:Client</faultcode>` + why1 + `<faultactor>urn:r</faultactor><detail><d:D xmlns:d="urn:d"/></detail>` + end,
		},
		{
			"header fault in 1.1: detail stands in its header",
			soap.Fault{Code: soap.Sender, Reason: "why", Detail: detail, Headers: [][]byte{[]byte(blockA)}},
			soap.Soap11,
			open11 + `<s:Header>` + blockA + `</s:Header><s:Body><s:Fault><faultcode>s:Client</faultcode>` + why1 + end,
		},
		{
			"a subcode that is no name is left out",
			soap.Fault{Reason: "why", Subcodes: []soap.QName{{Local: "a><b"}}},
			soap.Soap11,
			fault1 + `<faultcode>s:Server</faultcode>` + why1 + end,
		},
		{
			"code of the envelope, and of no namespace",
			soap.Fault{Reason: "why", Subcodes: []soap.QName{{Space: soap.Namespace12, Local: "X"}, {Local: "Y"}}},
			soap.Soap12,
			fault2 + `<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>s:X</s:Value><s:Subcode><s:Value>Y</s:Value></s:Subcode></s:Subcode></s:Code>` + why + end,
		},
		{"none", soap.Fault{Reason: "why"}, soap.None, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := write(t, soap.FaultDraft(&tt.fault, tt.v))
			require.Equal(t, tt.want, got)
			if tt.v == soap.None {
				return
			}
			e := decode(t, got, soap.DecodeOptions{Version: tt.v, Needs: soap.Needs{Check: soap.CheckWellFormed}})
			defer e.Release()
			assert.True(t, isFault(t, e))
		})
	}
}

func TestFaultDraft_roundTrip(t *testing.T) {
	t.Parallel()
	f := &soap.Fault{
		Code: soap.Sender, Subcodes: cardinality, Reason: "a <b> & \u00e4", Lang: "en-US",
		Detail: []byte(`<d:D xmlns:d="urn:d">x</d:D><e xmlns="urn:e"/>`), Node: "urn:n", Role: "urn:r",
	}
	e := decode(t, write(t, soap.FaultDraft(f, soap.Soap12)), soap.DecodeOptions{})
	got, err := soap.ReadFault(context.Background(), e)
	e.Release()
	require.NoError(t, err)
	assert.Equal(t, f.Error(), got.Error())
	assert.Equal(t, "soap fault Sender/InvalidAddressingHeader/InvalidCardinality: a <b> & ä", got.Error())
	assert.Equal(t, f.Subcodes, got.Subcodes)
	assert.Equal(t, string(f.Detail), string(got.Detail))
	assert.Equal(t, []string{f.Lang, f.Node, f.Role}, []string{got.Lang, got.Node, got.Role})
}

func TestFaultDraft_bounded(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("<", 100_000)
	f := &soap.Fault{
		Reason: big, Role: big, Node: big, Detail: []byte("<d>" + strings.Repeat("x", 50_000) + "</d>"),
		Subcodes: []soap.QName{{Space: big, Local: "A"}, unreachable, unreachable, unreachable, unreachable, unreachable},
	}
	for range 30 {
		f.Headers = append(f.Headers, []byte("<h>"+strings.Repeat("y", 1000)+"</h>"))
	}
	for _, v := range []soap.Version{soap.Soap11, soap.Soap12} {
		got := write(t, soap.FaultDraft(f, v))
		assert.LessOrEqual(t, len(got), soap.MaxFault)
		decode(t, got, soap.DecodeOptions{Version: v, Needs: soap.Needs{Check: soap.CheckWellFormed}}).Release()
	}
}

func TestEcho(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"http://h/a", "http://h/a"},
		{"</Text><x/>", "</Text><x/>"}, // escaped by the writer
		{"a\x1b[31m\r\n\x00\u0085\x7f", `a\u001B[31m\u000D\u000A\u0000\u0085\u007F`},
		{"a\xffb\ufffe", `a\uFFFDb\uFFFE`},
		{strings.Repeat("ä", 300), strings.Repeat("ä", 256)},
		{strings.Repeat("ä", 256), strings.Repeat("ä", 256)},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, soap.Echo(tt.in))
	}
	f := &soap.Fault{Reason: "No endpoint accepts To '" + soap.Echo("</Text><script>\x1b\r\n") + "'.\x01"}
	got := write(t, soap.FaultDraft(f, soap.Soap12))
	assert.Contains(t, got, `To '&lt;/Text&gt;&lt;script&gt;\u001B\u000D\u000A'.\u0001</s:Text>`)
}

func TestFaultFrom(t *testing.T) {
	t.Parallel()
	assert.Nil(t, soap.FaultFrom(nil, soap.Soap12))
	own := &soap.Fault{Code: soap.Sender, Reason: "r"}
	assert.Same(t, own, soap.FaultFrom(fmt.Errorf("step: %w", own), soap.Soap12))

	secret := errors.New("dial tcp 10.0.0.7:80: refused")
	f := soap.FaultFrom(secret, soap.Soap12)
	require.ErrorIs(t, f, secret, "the log has the cause")
	assert.Equal(t, soap.ActionDispatcherFault, f.Action)
	for _, v := range []soap.Version{soap.Soap11, soap.Soap12} {
		got := write(t, soap.FaultDraft(f, v))
		assert.NotContains(t, got, "10.0.0.7", "internal text never leaves")
		assert.Contains(t, got, `xmlns:a="`+soap.NamespaceDispatcher+`">a:InternalServiceFault<`)
	}
}

func TestReadFault(t *testing.T) {
	t.Parallel()
	const reason = `<faultstring>r</faultstring></s:Fault>` + closed
	code := func(s string) string { return open11 + `<s:Body><s:Fault><faultcode>` + s + `</faultcode>` + reason }
	tests := []struct {
		name, input string
		want        soap.Fault
	}{
		{"1.1 server", code("s:Server"), soap.Fault{Reason: "r"}},
		{"1.1 without a prefix", code("Client"), soap.Fault{Code: soap.Sender, Reason: "r"}},
		{"1.1 with dots", code("s:Client.Authentication"), soap.Fault{Code: soap.Sender, Reason: "r", Subcodes: []soap.QName{{Space: soap.Namespace11, Local: "Client.Authentication"}}}},
		{"1.1 spelled in pieces", code(" s:Cl<!-- -->ie<![CDATA[nt]]>&#32;"), soap.Fault{Code: soap.Sender, Reason: "r"}},
		{"1.1 of another namespace", code("x:Custom"), soap.Fault{Code: soap.Sender, Reason: "r", Subcodes: []soap.QName{{Local: "Custom"}}}},
		{
			"1.1 internal", strings.Replace(code("a:InternalServiceFault"), "<faultcode", `<faultcode xmlns:a="`+soap.NamespaceDispatcher+`"`, 1),
			soap.Fault{Reason: "r", Subcodes: []soap.QName{{Space: soap.NamespaceDispatcher, Local: "InternalServiceFault"}}},
		},
		{
			"1.1 all parts", open11 + `<s:Body> <!-- c --><f:Fault xmlns:f="` + soap.Namespace11 + `" xmlns:x="urn:x" xmlns:y="urn:y"><faultcode>f:MustUnderstand</faultcode>` +
				`<faultstring xml:lang="de">a&amp;b</faultstring><faultactor>urn:r</faultactor><detail> <x:D y="x"><y:z/></x:D> <E xmlns:y="u"/></detail></f:Fault>` + closed,
			soap.Fault{Code: soap.MustUnderstand, Reason: "a&b", Lang: "de", Role: "urn:r", Node: "urn:r", Detail: []byte(`<x:D xmlns:x="urn:x" xmlns:y="urn:y" y="x"><y:z/></x:D><E xmlns:y="u"/>`)},
		},
		{
			"1.1 detail as text", open11 + `<s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring/><detail>a&lt;b</detail></s:Fault>` + closed,
			soap.Fault{Detail: []byte("a&lt;b")},
		},
		{
			"1.2 many languages", open12 + `<s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="de">nein</s:Text>` +
				`<s:Text xml:lang="en">no</s:Text><s:Text xml:lang="fr">non</s:Text></s:Reason><s:Detail/></s:Fault>` + closed,
			soap.Fault{Code: soap.Sender, Reason: "no", Lang: "en"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := soap.Soap12
			if strings.Contains(tt.input, soap.Namespace11) {
				v = soap.Soap11
			}
			e := decode(t, tt.input, soap.DecodeOptions{Version: v})
			defer e.Release()
			got, err := soap.ReadFault(context.Background(), e)
			require.NoError(t, err)
			want := tt.want
			assert.Equal(t, want.Error(), got.Error())
			assert.Equal(t, want.Subcodes, got.Subcodes)
			assert.Equal(t, string(want.Detail), string(got.Detail))
			assert.Equal(t, []string{want.Lang, want.Role, want.Node}, []string{got.Lang, got.Role, got.Node})
		})
	}
}

func TestReadFault_refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, input string
		want        refusal.Reason
	}{
		{"no fault", open12 + `<s:Body><x/>` + closed, ""},
		{"broken", open12 + `<s:Body><s:Fault><s:Code></s:Fault>` + closed, refusal.XMLMalformed},
		{"unknown code", open12 + `<s:Body><s:Fault><s:Code><s:Value>s:Client</s:Value></s:Code></s:Fault>` + closed, refusal.SOAPStructure},
		{"markup in the reason", open12 + `<s:Body><s:Fault><s:Reason><s:Text><![CDATA[x]]>&#0;</s:Text></s:Reason></s:Fault>` + closed, refusal.XMLChar},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := decode(t, tt.input, soap.DecodeOptions{})
			defer e.Release()
			_, err := soap.ReadFault(context.Background(), e)
			require.Error(t, err)
			if tt.want == "" {
				require.ErrorIs(t, err, soap.ErrNotFault)
				return
			}
			assert.Equal(t, tt.want, refusal.Of(err), err)
		})
	}
}

func TestIsFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body string
		want bool
	}{
		{`<s:Body><s:Fault/>`, true},
		{`<s:Body> <!-- <x/> --> <s:Fault a="b">`, true},
		{`<s:Body><Fault xmlns="` + soap.Namespace12 + `"/>`, true},
		{`<s:Body><Fault/>`, false},
		{`<s:Body><f:Fault xmlns:f="` + soap.Namespace11 + `"/>`, false},
		{`<s:Body><x/><s:Fault/>`, false},
		{`<s:Body>text<s:Fault/>`, false},
		{`<s:Body><![CDATA[]]><s:Fault/>`, false},
		{`<s:Body><s:Faults/>`, false},
		{`<s:Body><s:Fault`, false},
		{`<s:Body><s:Fault <`, false},
		{`<s:Body><!--`, false},
		{`<s:Body>`, false},
	}
	for _, tt := range tests {
		e := decode(t, open12+tt.body+closed, soap.DecodeOptions{})
		assert.Equal(t, tt.want, isFault(t, e), tt.body)
		e.Release()
	}
}

func TestIsFault_arriving(t *testing.T) {
	t.Parallel()
	m := open12 + `<s:Body><s:Fault>` + strings.Repeat("x", 200_000) + `</s:Fault>` + closed
	cut := strings.Index(m, "Fault")
	for _, view := range []soap.View{soap.Rest, soap.Content} {
		e, err := soap.Decode(context.Background(), &chunked{strings.NewReader(m), cut}, soap.DecodeOptions{
			Size: int64(len(m)), Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Streamed: true, View: view},
		})
		require.NoError(t, err)
		fault, known := soap.IsFault(e)
		assert.True(t, known, "the first octets are kept, however they come")
		assert.True(t, fault)
		require.NoError(t, e.Body.Hold(context.Background(), 0))
		assert.True(t, isFault(t, e))
		e.Release()
	}
}
