package soap_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestBridge(t *testing.T) {
	t.Parallel()
	const (
		next11  = "http://schemas.xmlsoap.org/soap/actor/next"
		next12  = soap.Namespace12 + "/role/next"
		final12 = soap.Namespace12 + "/role/ultimateReceiver"
		new11   = `<s1:Envelope xmlns:s1="` + soap.Namespace11 + `">`
		new12   = `<s1:Envelope xmlns:s1="` + soap.Namespace12 + `">`
		end     = `</s1:Body></s1:Envelope>`
	)
	tests := []struct {
		name     string
		to       soap.Version
		in, want string
	}{
		{
			"empty body", soap.Soap11, open12 + `<s:Body/></s:Envelope>`,
			new11 + `<s1:Body xmlns:s="` + soap.Namespace12 + `">` + end,
		},
		{
			"declarations in force", soap.Soap11,
			`<s:Envelope xmlns:s="` + soap.Namespace12 + `" xmlns:x="urn:&quot;a&quot;" xmlns="urn:d"><s:Body xmlns:x="urn:b">x:QName<y/>` + closed,
			new11 + `<s1:Body xmlns:s="` + soap.Namespace12 + `" xmlns="urn:d" xmlns:x="urn:b">x:QName<y/>` + end,
		},
		{
			"default namespace removed", soap.Soap12,
			`<Envelope xmlns="` + soap.Namespace11 + `"><e:Body xmlns="" xmlns:e="` + soap.Namespace11 + `"><y/></e:Body></Envelope>`,
			`<s:Envelope xmlns:s="` + soap.Namespace12 + `"><s:Body xmlns:e="` + soap.Namespace11 + `"><y/>` + closed,
		},
		{
			"attributes to 1.1", soap.Soap11,
			open12 + `<s:Header xmlns:q="urn:q"><q:A s:mustUnderstand="true" s:role = '` + next12 + `' s:relay="1" k="1"/>` +
				`<q:B s:role="` + final12 + `" s:mustUnderstand="false">t</q:B><q:C s:role="urn:&quot;r"/></s:Header><s:Body>` + closed,
			new11 + `<s1:Header xmlns:s="` + soap.Namespace12 + `" xmlns:q="urn:q"><q:A s1:mustUnderstand="1" s1:actor="` + next11 + `"  k="1"/>` +
				`<q:B  s1:mustUnderstand="0">t</q:B><q:C s1:actor="urn:&quot;r"/></s1:Header><s1:Body xmlns:s="` + soap.Namespace12 + `">` + end,
		},
		{
			"attributes to 1.2", soap.Soap12WSAddressing10,
			open11 + `<s:Header><A s:mustUnderstand="1" s:actor="` + next11 + `" s:relay="1"/><A s:actor="urn:r"/></s:Header><s:Body>` + closed,
			new12 + `<s1:Header xmlns:s="` + soap.Namespace11 + `"><A s1:mustUnderstand="1" s1:role="` + next12 + `" s:relay="1"/>` +
				`<A s1:role="urn:r"/></s1:Header><s1:Body xmlns:s="` + soap.Namespace11 + `">` + end,
		},
		{
			"fresh prefix", soap.Soap11,
			`<s1:Envelope xmlns:s1="` + soap.Namespace12 + `" xmlns:s="urn:s"><s1:Body/></s1:Envelope>`,
			`<s2:Envelope xmlns:s2="` + soap.Namespace11 + `"><s2:Body xmlns:s1="` + soap.Namespace12 + `" xmlns:s="urn:s"></s2:Body></s2:Envelope>`,
		},
		{"other addressing only", soap.Soap12, open12 + `<s:Header/><s:Body/></s:Envelope>`, open12 + `<s:Header/><s:Body/></s:Envelope>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			from := soap.Soap12WSAddressing10
			if strings.Contains(tt.in, soap.Namespace11) {
				from = soap.Soap11
			}
			e := decode(t, tt.in, soap.DecodeOptions{Version: from})
			defer e.Release()
			d, err := soap.Bridge(e, tt.to)
			require.NoError(t, err)
			assert.Equal(t, tt.to, d.Version())
			require.NoError(t, d.Prove())
			got := write(t, d)
			assert.Equal(t, tt.want, got)
			decode(t, got, soap.DecodeOptions{Version: tt.to, Needs: soap.Needs{Check: soap.CheckWellFormed}}).Release()
		})
	}
}

func TestBridge_edits(t *testing.T) {
	t.Parallel()
	e := decode(t, open12+`<s:Header>`+blockA+`<B s:mustUnderstand="1"/>`+blockA+`<C s:mustUnderstand="1"/></s:Header><s:Body><x/>`+closed, soap.DecodeOptions{})
	defer e.Release()
	d, err := soap.Bridge(e, soap.Soap11)
	require.NoError(t, err)
	d.Remove(1)
	d.Replace(2, []byte(blockB))
	d.Append([]byte(blockC))
	assert.Equal(t, len(e.Head()), d.Touched()[0].Len(), "all of it is touched")
	assert.Equal(t, `<s1:Envelope xmlns:s1="`+soap.Namespace11+`"><s1:Header xmlns:s="`+soap.Namespace12+`">`+blockA+blockB+
		`<C s1:mustUnderstand="1"/>`+blockC+`</s1:Header><s1:Body xmlns:s="`+soap.Namespace12+`"><x/></s1:Body></s1:Envelope>`, write(t, d))

	d, err = soap.Bridge(e, soap.Soap11)
	require.NoError(t, err)
	for i := range e.Blocks() {
		d.Remove(i)
	}
	assert.NotContains(t, write(t, d), "Header", "no Header without blocks")
}

func TestBridge_streamed(t *testing.T) {
	t.Parallel()
	m := long(200_000)
	e := decode(t, m, soap.DecodeOptions{Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Streamed: true, View: soap.Content}})
	defer e.Release()
	d, err := soap.Bridge(e, soap.Soap11)
	require.NoError(t, err)
	_, known := d.Size()
	assert.False(t, known, "where the content ends shows only when it is read")
	content := m[len(open12+"<s:Body>") : len(m)-len(closed)]
	got := write(t, d)
	assert.True(t, strings.HasSuffix(got, content+"</s1:Body></s1:Envelope>"))
}

func TestBridge_refused(t *testing.T) {
	t.Parallel()
	e := decode(t, open12+"<s:Body/></s:Envelope>", soap.DecodeOptions{})
	_, err := soap.Bridge(e, soap.None)
	require.ErrorIs(t, err, soap.ErrNoEnvelope)
	e.Release()
	e = decode(t, "<x/>", soap.DecodeOptions{Version: soap.None})
	_, err = soap.Bridge(e, soap.Soap12)
	require.ErrorIs(t, err, soap.ErrNoEnvelope)
	e.Release()
}

func TestBridge_fault(t *testing.T) {
	t.Parallel()
	e := decode(t, `<e:Envelope xmlns:e="`+soap.Namespace11+`" xmlns:x="urn:x" xmlns="urn:d"><e:Header><x:H e:mustUnderstand="1"/></e:Header>`+
		`<e:Body><e:Fault><faultcode xmlns="">x:Busy</faultcode><faultstring xmlns="">later</faultstring>`+
		`<detail xmlns=""><x:D/></detail></e:Fault></e:Body></e:Envelope>`, soap.DecodeOptions{Version: soap.Soap11})
	defer e.Release()
	d, err := soap.Bridge(e, soap.Soap12)
	require.NoError(t, err)
	assert.Equal(t, `<s:Envelope xmlns:s="`+soap.Namespace12+`"><s:Header xmlns:e="`+soap.Namespace11+`" xmlns:x="urn:x" xmlns="urn:d">`+
		`<x:H s:mustUnderstand="1"/></s:Header><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>`+
		`<s:Value xmlns:a="urn:x">a:Busy</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">later</s:Text></s:Reason>`+
		`<s:Detail><x:D xmlns:x="urn:x"/></s:Detail></s:Fault>`+closed, write(t, d))
}

func TestBridge_arrivingFault(t *testing.T) {
	t.Parallel()
	m := open11 + `<s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>` + strings.Repeat("x", 200_000) + `</faultstring></s:Fault>` + closed
	e := decode(t, m, soap.DecodeOptions{
		Version: soap.Soap11, Limits: soap.Limits{Message: mib, Spool: mib}, Needs: soap.Needs{Streamed: true, View: soap.Content},
		Budget: buf.NewBudget(70<<10, mib, t.TempDir()),
	})
	defer e.Release()
	_, err := soap.Bridge(e, soap.Soap12)
	require.ErrorIs(t, err, soap.ErrNotHeld)
	require.NoError(t, e.Body.Hold(context.Background(), 0))
	assert.Equal(t, soap.Spooled, e.Body.State())
	d, err := soap.Bridge(e, soap.Soap12)
	require.NoError(t, err)
	assert.Contains(t, write(t, d), strings.Repeat("x", 200_000), "a back end's fault is not shortened")
}
