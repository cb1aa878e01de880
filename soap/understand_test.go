package soap_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	const must = ` xmlns="urn:q" s:mustUnderstand="1"`
	e := decode(t, open12+`<s:Header><A`+must+`/><B xmlns="urn:q"/><C`+must+` s:role="`+soap.Namespace12+`/role/next"/>`+
		`<D`+must+` s:role="urn:my&amp;role"/><E`+must+` s:role="`+soap.Namespace12+`/role/none"/><F`+must+` s:role=""/></s:Header><s:Body/></s:Envelope>`,
		soap.DecodeOptions{})
	defer e.Release()
	nothing := func(xmltext.Name) bool { return false }
	tests := []struct {
		name       string
		understood func(xmltext.Name) bool
		roles      []string
		want       []int
	}{
		{"intermediary", nothing, nil, []int{2}},
		{"final receiver", nothing, []string{""}, []int{0, 2, 5}},
		{"named role", nothing, []string{"urn:my&role"}, []int{2, 3}},
		{"one understood", func(n xmltext.Name) bool { return n.Is("urn:q", "A") }, []string{""}, []int{2, 5}},
		{"all understood", func(xmltext.Name) bool { return true }, []string{""}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, soap.NotUnderstood(e, tt.understood, tt.roles))
		})
	}
	assert.Nil(t, soap.MustUnderstandFault(e, nil))
}

func TestMustUnderstandFault(t *testing.T) {
	t.Parallel()
	blocks := `<Sla xmlns="urn:&quot;ext" s:mustUnderstand="1"/><Bare s:mustUnderstand="1"/>`
	all := func(v soap.Version, open string) (*soap.Fault, string) {
		e := decode(t, open+`<s:Header>`+blocks+strings.Repeat(`<q:X xmlns:q="urn:x" s:mustUnderstand="1"/>`, 198)+`</s:Header><s:Body/></s:Envelope>`,
			soap.DecodeOptions{Version: v})
		defer e.Release()
		f := soap.MustUnderstandFault(e, soap.NotUnderstood(e, func(xmltext.Name) bool { return false }, []string{""}))
		require.NotNil(t, f)
		return f, write(t, soap.FaultDraft(f, v))
	}
	f, text := all(soap.Soap12, open12)
	assert.Len(t, f.Headers, soap.MaxNotUnderstood)
	assert.Contains(t, text, `<s:NotUnderstood xmlns:s="`+soap.Namespace12+`" xmlns:q="urn:&quot;ext" qname="q:Sla"/>`)
	assert.Contains(t, text, ` qname="Bare"/>`)
	assert.Contains(t, text, `<s:Value>s:MustUnderstand</s:Value>`)
	assert.LessOrEqual(t, len(text), soap.MaxFault)
	f, text = all(soap.Soap11, open11)
	assert.Empty(t, f.Headers, "SOAP 1.1 has no such header")
	assert.Contains(t, text, `<faultcode>s:MustUnderstand</faultcode>`)
}

// TestNotUnderstood_roles is 8.1 and 8.2 of the dispatch rows: each role with and
// without mustUnderstand, for a node in the middle and for the final receiver,
// in both versions. relay changes nothing here: it says what a node forwards.
func TestNotUnderstood_roles(t *testing.T) {
	t.Parallel()
	const next11 = "http://schemas.xmlsoap.org/soap/actor/next"
	for _, c := range []struct {
		name, role       string
		v                soap.Version
		middle, receiver bool // the header has to be understood there
	}{
		{"1.2 absent", "", soap.Soap12, false, true},
		{"1.2 empty", `s:role=""`, soap.Soap12, false, true},
		{"1.2 ultimateReceiver", `s:role="` + soap.Namespace12 + `/role/ultimateReceiver"`, soap.Soap12, false, true},
		{"1.2 next", `s:role="` + soap.Namespace12 + `/role/next"`, soap.Soap12, true, true},
		{"1.2 none", `s:role="` + soap.Namespace12 + `/role/none"`, soap.Soap12, false, false},
		{"1.2 other", `s:role="urn:other"`, soap.Soap12, false, false},
		{"1.2 role of 1.1", `s:role="` + next11 + `"`, soap.Soap12, false, false},
		{"1.2 actor", `s:actor="` + next11 + `"`, soap.Soap12, false, true},
		{"1.1 absent", "", soap.Soap11, false, true},
		{"1.1 empty", `s:actor=""`, soap.Soap11, false, true},
		{"1.1 next", `s:actor="` + next11 + `"`, soap.Soap11, true, true},
		{"1.1 other", `s:actor="urn:other"`, soap.Soap11, false, false},
		{"1.1 role of 1.2", `s:actor="` + soap.Namespace12 + `/role/next"`, soap.Soap11, false, false},
		{"1.1 role", `s:role="` + soap.Namespace12 + `/role/next"`, soap.Soap11, false, true},
	} {
		for _, must := range []string{"", "0", "1", "true", "false"} {
			for _, relay := range []string{"", "true"} {
				open, attrs := open12, c.role
				if c.v == soap.Soap11 {
					open = open11
				}
				if must != "" {
					attrs += ` s:mustUnderstand="` + must + `"`
				}
				if relay != "" {
					attrs += ` s:relay="true"`
				}
				e := decode(t, open+`<s:Header><q:A xmlns:q="urn:q" `+attrs+`/></s:Header><s:Body/></s:Envelope>`, soap.DecodeOptions{Version: c.v})
				nothing := func(xmltext.Name) bool { return false }
				marked := must == "1" || must == "true"
				assert.Equal(t, c.middle && marked, len(soap.NotUnderstood(e, nothing, nil)) == 1, "%s, %s: in the middle", c.name, attrs)
				assert.Equal(t, c.receiver && marked, len(soap.NotUnderstood(e, nothing, []string{""})) == 1, "%s, %s: final receiver", c.name, attrs)
				assert.Equal(t, relay != "" && c.v == soap.Soap12, e.Blocks()[0].Relay, "SOAP 1.1 knows no relay")
				e.Release()
			}
		}
	}
}

func TestVersionMismatchFault(t *testing.T) {
	t.Parallel()
	f := soap.VersionMismatchFault(soap.SOAP12, soap.SOAP11)
	assert.Equal(t, open11+`<s:Header><s:Upgrade xmlns:s="`+soap.Namespace12+`"><s:SupportedEnvelope xmlns:n="`+soap.Namespace12+`" qname="n:Envelope"/>`+
		`<s:SupportedEnvelope xmlns:n="`+soap.Namespace11+`" qname="n:Envelope"/></s:Upgrade></s:Header><s:Body><s:Fault><faultcode>s:VersionMismatch</faultcode>`+
		`<faultstring xml:lang="en-US">The envelope has a version that is not supported here.</faultstring></s:Fault>`+closed,
		write(t, soap.FaultDraft(f, soap.Soap11)))
}
