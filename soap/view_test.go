package soap_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestBody_content(t *testing.T) {
	t.Parallel()
	const nested = `<x><!-- </s:Body></s:Envelope> --><![CDATA[</s:Body></s:Envelope>]]><y a=">/s:Body>"/></x>`
	tests := []struct {
		name, body, tail, want string
		reason                 refusal.Reason
	}{
		{name: "plain", body: `<s:Body><x/>`, tail: closed, want: `<x/>`},
		{name: "blanks in the closing tags", body: `<s:Body><x/>`, tail: "</s:Body \n> \r\n</s:Envelope\t>\n\n", want: `<x/>`},
		{name: "comment behind", body: `<s:Body><x/>`, tail: closed + `<!-- c -->`, want: `<x/>`},
		{name: "comment between", body: `<s:Body><x/>`, tail: `</s:Body><!-- </s:Body> --></s:Envelope>`, want: `<x/>`},
		{name: "decoys", body: `<s:Body>` + nested, tail: closed, want: nested},
		{name: "decoys and a comment behind", body: `<s:Body>` + nested, tail: closed + `<!---->`, want: nested},
		{name: "text", body: `<s:Body> a &lt; b `, tail: closed, want: ` a &lt; b `},
		{name: "empty element", body: `<s:Body/>`, tail: `</s:Envelope>`, want: ``},
		{name: "empty", body: `<s:Body>`, tail: closed, want: ``},
		{name: "other prefix inside", body: `<s:Body><t:Body xmlns:t="u"></t:Body>`, tail: closed, want: `<t:Body xmlns:t="u"></t:Body>`},
		{name: "incomplete", body: `<s:Body><x>`, tail: `</x>`, reason: refusal.XMLMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := open12 + tt.body + tt.tail
			e := decode(t, m, soap.DecodeOptions{})
			r, err := e.Body.Open(soap.Content)
			if tt.reason != "" {
				require.Error(t, err)
				assert.Equal(t, tt.reason, refusal.Of(err))
				e.Release()
				return
			}
			require.NoError(t, err)
			require.NoError(t, iotest.TestReader(r, []byte(tt.want)))
			require.NoError(t, r.Close())
			assert.Equal(t, tt.want, read(t, e, soap.Plain))
			assert.Equal(t, tt.body[strings.Index(tt.body, ">")+1:]+tt.tail, read(t, e, soap.Rest))
			e.Release()
			arrivingContent(t, tt.body, tt.tail, tt.want)
		})
	}
}

// arrivingContent reads the content of the same message made long, while it
// arrives in pieces of many sizes.
func arrivingContent(t *testing.T, body, tail, want string) {
	t.Helper()
	if !strings.HasPrefix(body, "<s:Body>") || want == "" {
		return
	}
	fill := strings.Repeat("<z/>", 20_000)
	m := open12 + "<s:Body>" + fill + strings.TrimPrefix(body, "<s:Body>") + tail
	for _, chunk := range []int{1, 4096, 1 << 20} {
		for _, check := range []soap.Check{soap.CheckHead, soap.CheckWellFormed} {
			e, err := soap.Decode(context.Background(), &chunked{strings.NewReader(m), chunk}, soap.DecodeOptions{
				Size: int64(len(m)), Limits: soap.Limits{Message: mib},
				Needs: soap.Needs{Streamed: true, View: soap.Content, Check: check},
			})
			require.NoError(t, err)
			require.Equal(t, soap.Once, e.Body.State())
			require.Equal(t, fill+want, read(t, e, soap.Content), "chunks of %d", chunk)
			e.Release()
		}
	}
}

// chunked gives at most n octets at a time.
type chunked struct {
	r io.Reader
	n int
}

func (c *chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }

func TestBody_contentViolations(t *testing.T) {
	t.Parallel()
	fill := strings.Repeat("<z/>", 20_000)
	tests := []struct {
		name, input string
		want        refusal.Reason
	}{
		{"second Body", open12 + "<s:Body>" + fill + "</s:Body><s:Body/></s:Envelope>", refusal.SOAPStructure},
		{"cut", open12 + "<s:Body>" + fill + "</s:Bo", refusal.XMLMalformed},
		{"endless end tag", open12 + "<s:Body>" + fill + "</s:Body" + strings.Repeat(" ", 100_000), refusal.XMLStartTag},
		{"processing instruction", open12 + "<s:Body>" + fill + "<?x?>" + closed, refusal.XMLPI},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := decode(t, tt.input, soap.DecodeOptions{
				Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Streamed: true, View: soap.Content},
			})
			defer e.Release()
			r, err := e.Body.Open(soap.Content)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, r)
			require.Error(t, err)
			assert.Equal(t, tt.want, refusal.Of(err), err)
			require.NoError(t, r.Close())
			require.NoError(t, r.Close())
			_, err = r.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.ErrClosedPipe)
		})
	}
}

func TestBody_windowedContent(t *testing.T) {
	t.Parallel()
	fill := strings.Repeat("<z/>", 28_000)
	m := open12 + "<s:Body>" + fill + closed
	e := decode(t, m, soap.DecodeOptions{
		Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Streamed: true, Replay: true, View: soap.Content},
	})
	defer e.Release()
	r, err := e.Body.Open(soap.Content)
	require.NoError(t, err)
	_, err = io.ReadFull(r, make([]byte, 70_000))
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, soap.Windowed, e.Body.State())
	assert.Equal(t, fill, read(t, e, soap.Content), "from the start again")
	assert.Equal(t, soap.Held, e.Body.State())
	assert.Equal(t, fill, read(t, e, soap.Content))
}
