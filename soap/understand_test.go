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
