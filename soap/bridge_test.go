package soap_test

import (
	"context"
	"io"
	"runtime"
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
			new11 + `<s1:Body>` + end,
		},
		{
			"declarations in force", soap.Soap11,
			`<s:Envelope xmlns:s="` + soap.Namespace12 + `" xmlns:x="urn:&quot;a&quot;" xmlns="urn:d"><s:Body xmlns:x="urn:b">x:QName<y/>` + closed,
			new11 + `<s1:Body xmlns="urn:d" xmlns:x="urn:b">x:QName<y/>` + end,
		},
		{
			"default namespace removed", soap.Soap12,
			`<Envelope xmlns="` + soap.Namespace11 + `"><e:Body xmlns="" xmlns:e="` + soap.Namespace11 + `"><y/></e:Body></Envelope>`,
			`<s:Envelope xmlns:s="` + soap.Namespace12 + `"><s:Body><y/>` + closed,
		},
		{
			"attributes to 1.1", soap.Soap11,
			open12 + `<s:Header xmlns:q="urn:q"><q:A s:mustUnderstand="true" s:role = '` + next12 + `' s:relay="1" k="1"/>` +
				`<q:B s:role="` + final12 + `" s:mustUnderstand="false">t</q:B><q:C s:role="urn:&quot;r"/></s:Header><s:Body>` + closed,
			new11 + `<s1:Header xmlns:q="urn:q"><q:A s1:mustUnderstand="1" s1:actor="` + next11 + `"  k="1"/>` +
				`<q:B  s1:mustUnderstand="0">t</q:B><q:C s1:actor="urn:&quot;r"/></s1:Header><s1:Body>` + end,
		},
		{
			"attributes to 1.2", soap.Soap12WSAddressing10,
			open11 + `<s:Header><A s:mustUnderstand="1" s:actor="` + next11 + `" s:relay="1"/><A s:actor="urn:r"/></s:Header><s:Body>` + closed,
			new12 + `<s1:Header xmlns:s="` + soap.Namespace11 + `"><A s1:mustUnderstand="1" s1:role="` + next12 + `" s:relay="1"/>` +
				`<A s1:role="urn:r"/></s1:Header><s1:Body>` + end,
		},
		{
			"fresh prefix", soap.Soap11,
			`<s1:Envelope xmlns:s1="` + soap.Namespace12 + `" xmlns:s="urn:s"><s1:Body/></s1:Envelope>`,
			`<s2:Envelope xmlns:s2="` + soap.Namespace11 + `"><s2:Body xmlns:s="urn:s"></s2:Body></s2:Envelope>`,
		},
		{
			"attributes of the outer elements", soap.Soap11,
			`<s:Envelope xmlns:s="` + soap.Namespace12 + `" xmlns:u="urn:u" xml:lang='de' u:a="1" u:b = "2"><s:Header k:v=">" xmlns:k="urn:k"><A/></s:Header>` +
				`<s:Body s:encodingStyle="urn:e" u:Id="b" u='"' xmlns:u="urn:w">` + closed,
			`<s1:Envelope xmlns:s1="` + soap.Namespace11 + `" xml:lang='de' xmlns:u="urn:u" u:a="1" u:b="2"><s1:Header xmlns:u="urn:u" xmlns:k="urn:k" k:v=">"><A/></s1:Header>` +
				`<s1:Body xmlns:u="urn:w" u:Id="b" u='"'>` + end,
		},
		{
			"encodingStyle of Envelope goes to the child", soap.Soap12,
			`<s:Envelope xmlns:s="` + soap.Namespace11 + `" s:encodingStyle='urn:e urn:f'><s:Body> <x a=">"/>` + closed,
			new12 + `<s1:Body> <x s1:encodingStyle='urn:e' a=">"/>` + end,
		},
		{
			"encodingStyle that says nothing", soap.Soap12,
			open11 + `<s:Header><A s:encodingStyle=""/></s:Header><s:Body s:encodingStyle="urn:e"/></s:Envelope>`,
			new12 + `<s1:Header><A s1:encodingStyle="` + soap.Namespace12 + `/encoding/none"/></s1:Header><s1:Body>` + end,
		},
		{
			"the child has its own encodingStyle", soap.Soap12,
			open11 + `<s:Body s:encodingStyle="urn:e"><x s:encodingStyle="urn:f"/>` + closed,
			new12 + `<s1:Body xmlns:s="` + soap.Namespace11 + `"><x s:encodingStyle="urn:f"/>` + end,
		},
		{
			"encodingStyle to 1.1", soap.Soap11,
			open12 + `<s:Header><A s:encodingStyle="` + soap.Namespace12 + `/encoding/none"/><A s:encodingStyle="urn:e"/></s:Header><s:Body/></s:Envelope>`,
			new11 + `<s1:Header><A s1:encodingStyle=""/><A s1:encodingStyle="urn:e"/></s1:Header><s1:Body>` + end,
		},
		{
			"NotUnderstood has no place in 1.1", soap.Soap11,
			open12 + `<s:Header><s:NotUnderstood qname="s:X"/></s:Header><s:Body><x/><y/>text` + closed,
			new11 + `<s1:Body><x/><y/>text` + end,
		},
		{
			"a name in the body keeps a declaration", soap.Soap11, open12 + `<s:Body><x a="s:Body"/>` + closed,
			new11 + `<s1:Body xmlns:s="` + soap.Namespace12 + `"><x a="s:Body"/>` + end,
		},
		{
			"so does one in its text", soap.Soap12, open11 + `<s:Body><x>s:Body</x>` + closed,
			new12 + `<s1:Body xmlns:s="` + soap.Namespace11 + `"><x>s:Body</x>` + end,
		},
		{
			"and one with a reference or a comment in it", soap.Soap12,
			`<so:Envelope xmlns:so="` + soap.Namespace11 + `" xmlns:s="` + soap.Namespace11 + `"><so:Body><x>s&#58;A s<!-- -->o:B</x></so:Body></so:Envelope>`,
			new12 + `<s1:Body xmlns:so="` + soap.Namespace11 + `" xmlns:s="` + soap.Namespace11 + `"><x>s&#58;A s<!-- -->o:B</x>` + end,
		},
		{
			"an attribute of Body keeps it too", soap.Soap12, open11 + `<s:Body t="s:T"><x>xs:T</x>` + closed,
			new12 + `<s1:Body xmlns:s="` + soap.Namespace11 + `" t="s:T"><x>xs:T</x>` + end,
		},
		{
			"names in headers", soap.Soap11, open12 + `<s:Header t="x"><A>s:B</A></s:Header><s:Body><x>/s</x>` + closed,
			new11 + `<s1:Header xmlns:s="` + soap.Namespace12 + `" t="x"><A>s:B</A></s1:Header><s1:Body><x>/s</x>` + end,
		},
		{
			"an attribute of Header", soap.Soap11, open12 + `<s:Header t="s:T"><A s:role="urn:s:r"/></s:Header><s:Body/></s:Envelope>`,
			new11 + `<s1:Header xmlns:s="` + soap.Namespace12 + `" t="s:T"><A s1:actor="urn:s:r"/></s1:Header><s1:Body>` + end,
		},
		{
			"a list of prefixes that a signature covers", soap.Soap11,
			open12 + `<s:Header><A PrefixList="s"/></s:Header><s:Body><x/>` + closed,
			new11 + `<s1:Header xmlns:s="` + soap.Namespace12 + `"><A PrefixList="s"/></s1:Header><s1:Body xmlns:s="` + soap.Namespace12 + `"><x/>` + end,
		},
		{
			"a default namespace stays", soap.Soap12,
			`<Envelope xmlns="` + soap.Namespace11 + `"><Header><A xmlns=""/></Header><Body><x/></Body></Envelope>`,
			`<s:Envelope xmlns:s="` + soap.Namespace12 + `"><s:Header xmlns="` + soap.Namespace11 + `"><A xmlns=""/></s:Header><s:Body xmlns="` + soap.Namespace11 + `"><x/>` + closed,
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
	var touched []string
	for _, s := range d.Touched() {
		touched = append(touched, string(s.Of(e.Head())))
	}
	assert.Equal(t, []string{
		open12, "<s:Header>", `<B s:mustUnderstand="1"/>`, blockA, `s:mustUnderstand="1"`, "", "<s:Body>",
	}, touched, "the outer elements and what is rewritten, but not the first block")
	assert.True(t, d.Rebuilt())
	assert.Equal(t, `<s1:Envelope xmlns:s1="`+soap.Namespace11+`"><s1:Header>`+blockA+blockB+
		`<C s1:mustUnderstand="1"/>`+blockC+`</s1:Header><s1:Body><x/></s1:Body></s1:Envelope>`, write(t, d))

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
	assert.Contains(t, got, `<s1:Body xmlns:s="`+soap.Namespace12+`">`, "what did not arrive yet may use any prefix")
	assert.True(t, strings.HasSuffix(got, content+"</s1:Body></s1:Envelope>"))
}

// endless is a message with a body of size octets that exists only while it is
// read.
type endless struct {
	head, tail string
	size       int
}

func (r *endless) Read(p []byte) (int, error) {
	const lines = "<l>1234567890</l><l>1234567890</l><l>1234567890</l><l>1234567890</l>"
	if r.head == "" {
		switch {
		case r.size > 0:
			r.head = lines
			r.size -= len(lines)
		case r.tail != "":
			r.head, r.tail = r.tail, ""
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, r.head)
	r.head = r.head[n:]
	return n, nil
}

// What is bridged while it arrives takes no memory for its length.
func TestBridge_constantMemory(t *testing.T) {
	const size = 16 << 20
	for _, head := range []string{`<s:Body>`, `<s:Body s:encodingStyle="urn:e">`} {
		budget := buf.NewBudget(256<<10, 0, t.TempDir())
		r := &endless{open11 + head + "<x>", "</x>" + closed, size}
		e, err := soap.Decode(context.Background(), r, soap.DecodeOptions{
			Version: soap.Soap11, Size: -1, Limits: soap.Limits{Message: 2 * size}, Needs: soap.Needs{Streamed: true, View: soap.Content}, Budget: budget,
		})
		require.NoError(t, err)
		d, err := soap.Bridge(e, soap.Soap12)
		require.NoError(t, err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := d.WriteTo(io.Discard)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.Greater(t, n, int64(size))
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "allocated while %d octets passed", n)
		d.Close()
		e.Release()
	}
}

func TestBridgeFault_sameEnvelope(t *testing.T) {
	t.Parallel()
	e := decode(t, open12+`<s:Header><A s:relay="1" s:role="`+soap.Namespace12+`/role/next" s:mustUnderstand="true"/></s:Header><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>`+
		`<s:Reason><s:Text xml:lang="de">a</s:Text><s:Text xml:lang="fr">b</s:Text></s:Reason><s:Detail xmlns:s1="urn:1" s1:k="v"/></s:Fault>`+closed,
		soap.DecodeOptions{})
	defer e.Release()
	f, err := soap.ReadFault(context.Background(), e)
	require.NoError(t, err)
	f.Subcodes = []soap.QName{{Space: "urn:q", Local: "Code"}}
	f.Headers = [][]byte{[]byte(blockA)}
	d, err := soap.BridgeFault(e, f, soap.Soap12WSAddressing10)
	require.NoError(t, err)
	assert.Equal(t, `<s2:Envelope xmlns:s2="`+soap.Namespace12+`"><s2:Header><A s2:relay="1" s2:role="`+soap.Namespace12+
		`/role/next" s2:mustUnderstand="1"/>`+blockA+`</s2:Header><s2:Body><s2:Fault><s2:Code><s2:Value>s2:Sender</s2:Value><s2:Subcode>`+
		`<s2:Value xmlns:a="urn:q">a:Code</s2:Value></s2:Subcode></s2:Code><s2:Reason><s2:Text xml:lang="de">a</s2:Text><s2:Text xml:lang="fr">b</s2:Text></s2:Reason>`+
		`<s2:Detail xmlns:s1="urn:1" s1:k="v"></s2:Detail></s2:Fault></s2:Body></s2:Envelope>`, write(t, d))
}

// faultCases are faults of each version and what they are in the other.
func TestBridge_faults(t *testing.T) {
	t.Parallel()
	fault12 := func(code, rest string) string {
		return open12 + `<s:Header><x>head</x></s:Header><s:Body><s:Fault><s:Code><s:Value>s:` + code + `</s:Code><s:Reason><s:Text xml:lang="en">r</s:Text></s:Reason>` + rest + `</s:Fault>` + closed
	}
	fault11 := func(code, rest string) string {
		return open11 + `<s:Body><s:Fault><faultcode>` + code + `</faultcode><faultstring>r</faultstring>` + rest + `</s:Fault>` + closed
	}
	for _, c := range []struct{ name, in, want string }{
		{"Sender", fault12("Sender</s:Value>", ""), `<faultcode>s1:Client</faultcode>`},
		{"Receiver", fault12("Receiver</s:Value>", ""), `<faultcode>s1:Server</faultcode>`},
		{"MustUnderstand", fault12("MustUnderstand</s:Value>", ""), `<faultcode>s1:MustUnderstand</faultcode>`},
		{"MustUnderstand hides behind no subcode", fault12("MustUnderstand</s:Value><s:Subcode><s:Value>X</s:Value></s:Subcode>", ""), `<faultcode>s1:MustUnderstand</faultcode>`},
		{"VersionMismatch", fault12("VersionMismatch</s:Value>", ""), `<faultcode>s1:VersionMismatch</faultcode>`},
		{"DataEncodingUnknown", fault12("DataEncodingUnknown</s:Value>", ""), `<faultcode>s1:Client</faultcode>`},
		{"Node alone", fault12("Sender</s:Value>", `<s:Node>urn:n</s:Node>`), `<faultactor>urn:n</faultactor>`},
		{"Role before Node", fault12("Sender</s:Value>", `<s:Node>urn:n</s:Node><s:Role>urn:r</s:Role>`), `<faultactor>urn:r</faultactor>`},
		{"Detail without content", fault12("Sender</s:Value>", `<s:Detail/>`), `<detail></detail>`},
		{
			"a default namespace around the detail", fault12("Sender</s:Value>", `<s:Detail xmlns="urn:d"> <D/><p:E xmlns:p="urn:p" t="D"/></s:Detail>`),
			`<detail><D xmlns="urn:d"/><p:E xmlns="urn:d" xmlns:p="urn:p" t="D"/></detail>`,
		},
		{"Client", fault11("s:Client", ""), `<s1:Code><s1:Value>s1:Sender</s1:Value></s1:Code>`},
		{"Server", fault11("s:Server", ""), `<s1:Value>s1:Receiver</s1:Value>`},
		{"1.1 MustUnderstand", fault11("s:MustUnderstand", ""), `<s1:Value>s1:MustUnderstand</s1:Value>`},
		{"1.1 VersionMismatch", fault11("s:VersionMismatch", ""), `<s1:Value>s1:VersionMismatch</s1:Value>`},
		{"dots", fault11("s:Server.userException", ""), `<s1:Value>s1:Receiver</s1:Value><s1:Subcode><s1:Value xmlns:a="` + soap.Namespace11 + `">a:Server.userException</s1:Value></s1:Subcode>`},
		{"code of the other version", strings.Replace(fault11("p:Receiver", ""), "<faultcode", `<faultcode xmlns:p="`+soap.Namespace12+`"`, 1), `<s1:Code><s1:Value>s1:Receiver</s1:Value></s1:Code>`},
		{"faultactor", fault11("s:Client", `<faultactor>urn:a</faultactor>`), `<s1:Node>urn:a</s1:Node><s1:Role>urn:a</s1:Role>`},
		{
			"detail", fault11("s:Client", `<detail xmlns:d="urn:d" d:k='1' s:encodingStyle="urn:e"><!-- c --><D t="d:x"/> t</detail>`),
			`<s1:Detail xmlns:d="urn:d" d:k='1'><!-- c --><D t="d:x"/> t</s1:Detail>`,
		},
		{
			"a name in the detail", fault11("s:Client", `<detail><D>s:Body</D></detail>`),
			`<s1:Detail xmlns:s="` + soap.Namespace11 + `"><D>s:Body</D></s1:Detail>`,
		},
		{
			"a name in an attribute of detail", fault12("Sender</s:Value>", `<s:Detail t="s:T"><D/></s:Detail>`),
			`<detail xmlns:s="` + soap.Namespace12 + `" t="s:T"><D/></detail>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, to := soap.Soap12, soap.Soap11
			if strings.HasPrefix(c.in, open11) {
				from, to = to, from
			}
			e := decode(t, c.in, soap.DecodeOptions{Version: from})
			defer e.Release()
			d, err := soap.Bridge(e, to)
			require.NoError(t, err)
			got := write(t, d)
			assert.Contains(t, got, c.want)
			again := decode(t, got, soap.DecodeOptions{Version: to, Needs: soap.Needs{Check: soap.CheckWellFormed}})
			defer again.Release()
			assert.True(t, isFault(t, again))
		})
	}
}

func TestFault_TakeDetail(t *testing.T) {
	t.Parallel()
	e := decode(t, open12+`<s:Body xmlns:d="urn:d"><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Detail>x<d:D/></s:Detail></s:Fault>`+closed, soap.DecodeOptions{})
	defer e.Release()
	f, err := soap.ReadFault(context.Background(), e)
	require.NoError(t, err)
	assert.Equal(t, `<d:D xmlns:d="urn:d"/>`, string(f.TakeDetail()), "it declares what it uses")
	assert.NotContains(t, write(t, soap.FaultDraft(f, soap.Soap12)), "Detail")
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
	assert.Equal(t, `<s:Envelope xmlns:s="`+soap.Namespace12+`"><s:Header xmlns:x="urn:x" xmlns="urn:d">`+
		`<x:H s:mustUnderstand="1"/></s:Header><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>`+
		`<s:Value xmlns:a="urn:x">a:Busy</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">later</s:Text></s:Reason>`+
		`<s:Detail xmlns:x="urn:x"><x:D/></s:Detail></s:Fault>`+closed, write(t, d))
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
