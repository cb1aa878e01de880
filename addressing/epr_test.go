package addressing

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// H-091: 16 parameters and 8192 octets are the limits.
func TestReadEPR_limits(t *testing.T) {
	t.Parallel()
	epr := func(parameters string) string {
		return `<a:E xmlns:a="` + wsa10NS + `" xmlns:t="urn:t"><a:Address>http://h/</a:Address><a:ReferenceParameters>` +
			parameters + `</a:ReferenceParameters></a:E>`
	}
	fill := func(n int) string { return "<t:X>" + strings.Repeat("x", n-len("<t:X></t:X>")) + "</t:X>" }
	for name, c := range map[string]struct {
		parameters string
		ok         bool
	}{
		"16 parameters": {strings.Repeat("<t:X/>", 16), true},
		"17 parameters": {strings.Repeat("<t:X/>", 17), false},
		"8192 octets":   {fill(8192), true},
		"8193 octets":   {fill(8193), false},
	} {
		a, _, err := ParseEPR([]byte(epr(c.parameters)))
		if c.ok {
			require.NoError(t, err, name)
			assert.NotEmpty(t, a.Headers, name)
		} else {
			assert.Equal(t, refusal.WSAEPR, refusal.Of(err), name)
		}
	}
}

func TestReadEPR_identity(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]Identity{
		"<Upn>u@d</Upn>": {Kind: UPN, Name: "u@d"},
		"<Spn>h/x</Spn>": {Kind: SPN, Name: "h/x"},
		`<KeyInfo xmlns="` + dsigNS + `"><RSAKeyValue><Modulus>AA
			BB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyInfo>`: {Kind: RSA, Keys: []string{"AABB", "AQAB"}},
		`<KeyInfo xmlns="` + dsigNS + `"><X509Data><X509Certificate>MII1</X509Certificate><X509Certificate>MII2</X509Certificate></X509Data></KeyInfo>`: {
			Kind: Certificate, Keys: []string{"MII1", "MII2"},
		},
	} {
		text := `<a:E xmlns:a="` + wsa10NS + `"><a:Address>http://h/</a:Address><Identity xmlns="` + identityNS + `">` + content + `</Identity></a:E>`
		a, _, err := ParseEPR([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, &want, a.Identity)
		out, err := a.AppendEPR(nil, soap.Addressing10, "E")
		require.NoError(t, err)
		again, _, err := ParseEPR(out)
		require.NoError(t, err)
		assert.True(t, a.Equal(again))
	}
}

func TestIdentity_Equal(t *testing.T) {
	t.Parallel()
	assert.True(t, (&Identity{Kind: DNS, Name: "H"}).Equal(&Identity{Kind: DNS, Name: "h"}))
	assert.False(t, (&Identity{Kind: SPN, Name: "H"}).Equal(&Identity{Kind: SPN, Name: "h"}))
	assert.False(t, (&Identity{Kind: DNS, Name: "h"}).Equal(nil))
	assert.True(t, (*Identity)(nil).Equal(nil))
	assert.True(t, (&Identity{Kind: Certificate, Keys: []string{"a", "b"}}).Equal(&Identity{Kind: Certificate, Keys: []string{"a"}}))
}

// A header that leaves its message takes along what was declared around it.
func TestNewHeader_scope(t *testing.T) {
	t.Parallel()
	scope := []xmltext.Decl{
		{Prefix: []byte("t"), Space: []byte("urn:old")},
		{Space: []byte("urn:default")},
		{Prefix: []byte("t"), Space: []byte("urn:t")},
		{Prefix: []byte("unused"), Space: []byte("urn:unused")},
		{Prefix: []byte("q"), Space: []byte("urn:q")},
	}
	h, err := NewHeader([]byte(`<t:X a="q:name"><y/></t:X>`), scope)
	require.NoError(t, err)
	assert.Equal(t, "urn:t", h.Space)
	assert.Equal(t, "X", h.Local)
	assert.Equal(t, `<t:X xmlns="urn:default" xmlns:t="urn:t" xmlns:q="urn:q" a="q:name"><y/></t:X>`, string(h.Element()))
	alone, err := NewHeader(h.Element(), nil)
	require.NoError(t, err)
	assert.Equal(t, h.Canonical(), alone.Canonical())

	bare, err := NewHeader([]byte(`<t:X><y/></t:X>`), []xmltext.Decl{{Prefix: []byte("t"), Space: []byte("urn:t")}})
	require.NoError(t, err)
	assert.Equal(t, `<t:X xmlns:t="urn:t" xmlns=""><y/></t:X>`, string(bare.Element()), "y stays in no namespace")
}

func TestAppendCanonical(t *testing.T) {
	t.Parallel()
	const wsu = ` xmlns:u="` + wsuNS + `" u:Id="x"`
	const xsi = ` xmlns:i="` + xsiNS + `"`
	for _, c := range []struct {
		name, a, b string
		equal      bool
	}{
		{"prefix", `<t:T xmlns:t="urn:t">1</t:T>`, `<T xmlns="urn:t">1</T>`, true},
		{"namespace", `<T xmlns="urn:t"/>`, `<T xmlns="urn:u"/>`, false},
		{"empty element", `<T/>`, `<T></T>`, true},
		{"attribute order", `<T a="1" b="2"/>`, `<T b='2' a='1'/>`, true},
		{"attribute value", `<T a="1"/>`, `<T a="1 "/>`, false},
		{"wsu:Id", `<T/>`, `<T` + wsu + `/>`, true},
		{"other Id", `<T/>`, `<T Id="x"/>`, false},
		{"marked", `<T/>`, `<T xmlns:w="` + wsa10NS + `" w:IsReferenceParameter="true"/>`, true},
		{"text case", `<T>a</T>`, `<T>A</T>`, false},
		{"text blank", `<T>a</T>`, `<T> a</T>`, false},
		{"blank text", `<T><x/></T>`, "<T>\n <x/>\n</T>", true},
		{"comment joins", `<T>ab</T>`, `<T>a<!-- x -->b</T>`, true},
		{"CDATA is text", `<T>a&lt;b</T>`, `<T><![CDATA[a<b]]></T>`, true},
		{"markup in text", `<T>&lt;x/></T>`, `<T><x/></T>`, false},
		{"xsi:type", `<T` + xsi + ` xmlns:p="urn:p" i:type="p:n"/>`, `<T` + xsi + ` xmlns:q="urn:p" i:type="q:n"/>`, true},
		{"xsi:type of default namespace", `<T` + xsi + ` xmlns="urn:p" i:type="n"/>`, `<p:T` + xsi + ` xmlns:p="urn:p" i:type="p:n"/>`, true},
		{"QName in text", `<T xmlns:p="urn:p">p:n</T>`, `<T xmlns:q="urn:p">q:n</T>`, false},
	} {
		a, err := AppendCanonical(nil, []byte(c.a), nil)
		require.NoError(t, err, c.name)
		b, err := AppendCanonical(nil, []byte(c.b), nil)
		require.NoError(t, err, c.name)
		assert.Equal(t, c.equal, string(a) == string(b), "%s: %s and %s", c.name, a, b)
	}
}

func FuzzEPR(f *testing.F) {
	for _, s := range []string{
		`<e xmlns="` + wsa10NS + `"><Address>http://h/</Address><ReferenceParameters><t:T xmlns:t="urn:t" a="1">x</t:T></ReferenceParameters>` +
			`<Metadata><m/></Metadata><Identity xmlns="` + identityNS + `"><Dns>a</Dns></Identity><x/></e>`,
		`<w:e xmlns:w="` + wsa2004NS + `"><w:Address>urn:a</w:Address><w:ReferenceProperties><P/></w:ReferenceProperties>` +
			`<w:PortType>q</w:PortType><Policy xmlns="` + policyNS + `"/></w:e>`,
		`<e xmlns="` + wsa10NS + `"><Address>` + none10 + `</Address></e>`,
		`<e xmlns="` + wsa10NS + `"><Address>http://u@WWW.w3.org/2005/08/addressing/none</Address></e>`, `<e/>`, `<e`, `<a:e xmlns:a="` + wsa10NS + `"><a:Address/></a:e>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, element []byte) {
		a, v, err := ParseEPR(element)
		if err != nil {
			require.NotEqual(t, refusal.Internal, refusal.Of(err), "%v", err)
			return
		}
		out, err := a.AppendEPR(nil, v, "E")
		require.NoError(t, err)
		again, w, err := ParseEPR(out)
		require.NoError(t, err, "%s", out)
		require.Equal(t, v, w)
		require.True(t, a.Equal(again), "%s\n%s", element, out)
		require.Len(t, again.Extensions, len(a.Extensions))
		require.Len(t, again.PSP, len(a.PSP))
		for _, h := range a.Headers { // marked headers are elements still
			_, err := NewHeader(h.onMessage(soap.Addressing10), nil)
			require.NoError(t, err)
		}
	})
}

func FuzzParseAction(f *testing.F) {
	for _, s := range []string{`"urn:a"`, `urn:a`, `"`, `""`, `"urn:%2561+b"`, `%22a%22`, "\"a\r\nX\"", `"%0d%0a"`, `"é"`, `"a"b"`, "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAction(s)
		if err != nil {
			require.Equal(t, refusal.HTTPHeader, refusal.Of(err))
			return
		}
		text := FormatAction(a)
		for i := range len(text) {
			require.True(t, text[i] > ' ' && text[i] < 0x7f, "%q", text)
		}
		if len(text) > MaxAction {
			return
		}
		again, err := ParseAction(text)
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}
