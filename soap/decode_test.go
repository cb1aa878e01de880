package soap_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestDecode_blocks(t *testing.T) {
	t.Parallel()
	const m = `<?xml version="1.0"?><!-- c --><e:Envelope xmlns:e="` + soap.Namespace12 + `" xmlns:u="` +
		`http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" xmlns:a="` + soap.NamespaceAddressing10 + `">` +
		`<e:Header xmlns:q="urn:q"> <q:A e:mustUnderstand="true" e:relay="1" e:role="` + soap.Namespace12 + `/role/next"` +
		` xml:id="x" Id="i" u:Id="w" a:IsReferenceParameter="1"><q:in> a&amp;b<!-- --> </q:in></q:A>` +
		`<B xmlns="urn:b" e:role="urn:a&amp;b">one<!-- -->two</B><q:C e:mustUnderstand="0"/></e:Header><e:Body xmlns:z="urn:z"><z:x/></e:Body></e:Envelope>`
	e := decode(t, m, soap.DecodeOptions{})
	defer e.Release()
	head := e.Head()
	assert.True(t, e.Verbatim)
	assert.Equal(t, m[:strings.Index(m, "<z:x")], string(head))
	assert.True(t, strings.HasPrefix(string(e.HeaderSpan().Of(head)), "<e:Header"))
	assert.True(t, strings.HasSuffix(string(e.HeaderSpan().Of(head)), "</e:Header>"))

	blocks := e.Blocks()
	require.Len(t, blocks, 3)
	a := blocks[0]
	assert.True(t, a.Name.Is("urn:q", "A"))
	assert.True(t, a.MustUnderstand)
	assert.True(t, a.Relay)
	assert.True(t, a.RefParam)
	assert.Equal(t, soap.RoleNext, a.RoleKind)
	assert.Equal(t, "w", string(a.ID.Of(head)), "wsu:Id comes before Id and xml:id")
	assert.Equal(t, "<q:in> a&amp;b<!-- --> </q:in>", string(a.Content.Of(head)))

	b := blocks[1]
	assert.True(t, b.Name.Is("urn:b", "B"))
	assert.Equal(t, soap.RoleOther, b.RoleKind)
	assert.Equal(t, "urn:a&amp;b", string(b.Role.Of(head)))
	assert.True(t, e.SplitValue(&b))
	value, err := e.Value(&b, nil)
	require.NoError(t, err)
	assert.Equal(t, "onetwo", string(value))
	_, err = e.Value(&a, nil)
	require.Error(t, err, "a child element is no text")

	c := blocks[2]
	assert.False(t, c.MustUnderstand)
	assert.Equal(t, soap.RoleUltimate, c.RoleKind)
	assert.Equal(t, `<q:C e:mustUnderstand="0"/>`, string(c.Element.Of(head)))
	assert.True(t, c.Content.Empty())
	assert.False(t, e.SplitValue(&c))

	scope := e.Scope(&b)
	assert.Equal(t, "q", string(scope[len(scope)-1].Prefix))
	assert.Equal(t, "urn:q", string(scope[len(scope)-1].Space))
	scope = e.BodyScope()
	assert.Equal(t, "z", string(scope[len(scope)-1].Prefix))
	n, known := e.Octets()
	assert.True(t, known)
	assert.EqualValues(t, len(m), n)
}

func TestDecode_soap11(t *testing.T) {
	t.Parallel()
	const m = open11 + `<s:Header><q:A xmlns:q="urn:q" s:actor="http://schemas.xmlsoap.org/soap/actor/next" s:relay="x" s:role="y"/>` +
		`<q:B xmlns:q="urn:q" s:actor="" xmlns:a="` + soap.NamespaceAddressing10 + `" a:IsReferenceParameter="x"/></s:Header><s:Body>` + closed
	e := decode(t, m, soap.DecodeOptions{Version: soap.Soap11})
	defer e.Release()
	assert.Equal(t, soap.RoleNext, e.Blocks()[0].RoleKind)
	assert.False(t, e.Blocks()[0].Relay, "SOAP 1.1 has no relay")
	assert.Equal(t, soap.RoleUltimate, e.Blocks()[1].RoleKind)
	assert.False(t, e.Blocks()[1].RefParam, "read only with WS-Addressing 1.0")
}

func TestDecode_value(t *testing.T) {
	t.Parallel()
	e := decode(t, open12+`<s:Header><A>plain</A><B>a&lt;b</B></s:Header><s:Body>`+closed, soap.DecodeOptions{})
	defer e.Release()
	dst := []byte("kept")
	v, err := e.Value(&e.Blocks()[0], dst)
	require.NoError(t, err)
	assert.Equal(t, "plain", string(v), "a view")
	v, err = e.Value(&e.Blocks()[1], dst)
	require.NoError(t, err)
	assert.Equal(t, "kepta<b", string(v))
}

func utf16le(s string) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

func TestDecode_encodings(t *testing.T) {
	t.Parallel()
	const m = open12 + `<s:Header><A>ä€😀</A></s:Header><s:Body><x>ü</x>` + closed
	const declared = `<?xml version="1.0" encoding="utf-16"?>`
	tests := []struct {
		name, input, charset string
		verbatim             bool
		want                 string // what a draft writes; empty: refused
		reason               refusal.Reason
	}{
		{name: "UTF-8", input: m, verbatim: true, want: m},
		{name: "UTF-8 with mark", input: "\uFEFF" + m, verbatim: true, want: "\uFEFF" + m},
		{name: "UTF-8 declared", input: `<?xml version="1.0" encoding="utf-8"?>` + m, charset: "utf-8", verbatim: true, want: `<?xml version="1.0" encoding="utf-8"?>` + m},
		{name: "UTF-16 with charset", input: utf16le(m), charset: "utf-16LE", want: m},
		{name: "UTF-16 with mark and declaration", input: utf16le("\uFEFF" + declared + m), want: m},
		{name: "UTF-16 said to be UTF-8", input: utf16le(m), charset: "utf-8", reason: refusal.XMLEncoding},
		{name: "UTF-8 declared as UTF-16", input: declared + m, reason: refusal.XMLEncoding},
		{name: "long UTF-16", input: utf16le(strings.Replace(m, "ü", strings.Repeat("ü", 90_000), 1)), charset: "utf-16le", want: strings.Replace(m, "ü", strings.Repeat("ü", 90_000), 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []io.Reader{strings.NewReader(tt.input), iotest.OneByteReader(strings.NewReader(tt.input))} {
				e, err := soap.Decode(context.Background(), r, soap.DecodeOptions{
					Size: int64(len(tt.input)), Charset: tt.charset, Limits: soap.Limits{Message: 1 << 20},
					Needs: soap.Needs{Check: soap.CheckWellFormed},
				})
				if tt.reason != "" {
					require.Error(t, err)
					assert.Equal(t, tt.reason, refusal.Of(err), err)
					continue
				}
				require.NoError(t, err)
				assert.Equal(t, tt.verbatim, e.Verbatim)
				assert.Equal(t, tt.want, write(t, soap.NewDraft(e)))
				assert.False(t, isFault(t, e))
				e.Release()
			}
		})
	}
}

func isFault(tb testing.TB, e *soap.Envelope) bool {
	tb.Helper()
	fault, known := soap.IsFault(e)
	require.True(tb, known)
	return fault
}

func TestDecode_limits(t *testing.T) {
	t.Parallel()
	m := open12 + `<s:Body>` + strings.Repeat("x", 100_000) + closed
	never := iotest.ErrReader(errors.New("must not be read"))
	tests := []struct {
		name string
		r    io.Reader
		o    soap.DecodeOptions
		want refusal.Reason
	}{
		{"announced", never, soap.DecodeOptions{Size: 65537}, refusal.SizeMessage},
		{"not announced", strings.NewReader(m), soap.DecodeOptions{Size: -1}, refusal.SizeMessage},
		{"exactly", strings.NewReader(m), soap.DecodeOptions{Size: -1, Limits: soap.Limits{Message: int64(len(m))}}, ""},
		{"one less", strings.NewReader(m), soap.DecodeOptions{Size: -1, Limits: soap.Limits{Message: int64(len(m)) - 1}}, refusal.SizeMessage},
		{"no memory for the head", never, soap.DecodeOptions{Size: 10, Budget: buf.NewBudget(100, 0, "")}, refusal.LimitMemory},
		{"no memory for the body", strings.NewReader(m), soap.DecodeOptions{
			Size: int64(len(m)), Budget: buf.NewBudget(70<<10, 0, ""),
			Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{Replay: true},
		}, refusal.LimitMemory},
		{"no room in the spool", strings.NewReader(m), soap.DecodeOptions{
			Size: int64(len(m)), Budget: buf.NewBudget(70<<10, 1000, ""),
			Limits: soap.Limits{Message: 1 << 20, Spool: 1 << 20}, Needs: soap.Needs{Replay: true},
		}, refusal.LimitMemory},
		{"spool limit of the message", strings.NewReader(m), soap.DecodeOptions{
			Size: int64(len(m)), Budget: buf.NewBudget(70<<10, buf.Unlimited, ""),
			Limits: soap.Limits{Message: 1 << 20, Spool: 1000}, Needs: soap.Needs{Replay: true},
		}, refusal.LimitMemory},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := soap.Decode(context.Background(), tt.r, tt.o)
			if tt.want == "" {
				require.NoError(t, err)
				e.Release()
			} else {
				require.Error(t, err)
				assert.Equal(t, tt.want, refusal.Of(err), err)
			}
			assert.Zero(t, tt.o.Budget.Held())
			assert.Zero(t, tt.o.Budget.Spooled())
		})
	}
}

func TestDecode_readerFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	whole := string(order(1 << 10))
	for _, n := range []int{0, 1, 200, 900} {
		r := io.MultiReader(strings.NewReader(whole[:n]), iotest.ErrReader(broken))
		_, err := soap.Decode(context.Background(), r, soap.DecodeOptions{Size: int64(len(whole))})
		require.ErrorIs(t, err, broken, "the reader's own error stays recognisable")
		assert.Equal(t, refusal.Internal, refusal.Of(err))

		_, err = soap.Decode(context.Background(), strings.NewReader(whole[:n]), soap.DecodeOptions{Size: int64(len(whole))})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		if n > 0 {
			assert.Equal(t, refusal.XMLMalformed, refusal.Of(err))
		}
	}
	_, err := soap.Decode(context.Background(), idle{}, soap.DecodeOptions{Size: -1})
	require.ErrorIs(t, err, io.ErrNoProgress)
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestDecode_cancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := soap.Decode(ctx, strings.NewReader(""), soap.DecodeOptions{Size: -1})
	require.ErrorIs(t, err, context.Canceled)
}

func TestDecode_readsNoFurther(t *testing.T) {
	t.Parallel()
	m := string(order(1 << 10))
	r := strings.NewReader(m + "next message")
	e, err := soap.Decode(context.Background(), r, soap.DecodeOptions{Size: int64(len(m))})
	require.NoError(t, err)
	defer e.Release()
	assert.Equal(t, len("next message"), r.Len())
	assert.Equal(t, soap.Held, e.Body.State())
}

func TestDecode_done(t *testing.T) {
	t.Parallel()
	done := 0
	o := soap.DecodeOptions{Size: -1, Done: func() { done++ }}
	_, err := soap.Decode(context.Background(), strings.NewReader("<x/>"), o)
	require.Error(t, err)
	assert.Equal(t, 1, done, "also for a message that is refused")
	e, err := soap.Decode(context.Background(), strings.NewReader(string(order(1<<10))), o)
	require.NoError(t, err)
	e.Retain()
	e.Release()
	assert.Equal(t, 1, done)
	e.Release()
	assert.Equal(t, 2, done)
}

func TestDecode_none(t *testing.T) {
	t.Parallel()
	for _, m := range []string{"", "<a/>", "\uFEFF<a>b</a>", "not XML at all"} {
		e := decode(t, m, soap.DecodeOptions{Version: soap.None, Size: int64(len(m))})
		assert.Empty(t, e.Head())
		assert.Equal(t, m == "", e.Body.State() == soap.Empty)
		assert.Equal(t, m, read(t, e, soap.Rest))
		assert.Equal(t, m, read(t, e, soap.Content))
		assert.False(t, isFault(t, e))
		d := soap.NewDraft(e)
		d.Append([]byte("<x/>"))
		assert.Equal(t, m, write(t, d), "there is no place for a block")
		e.Release()
	}
	o := soap.DecodeOptions{Version: soap.None, Size: -1, Needs: soap.Needs{Check: soap.CheckWellFormed}}
	e, err := soap.Decode(context.Background(), strings.NewReader("\uFEFF<a>b</a>"), o)
	require.NoError(t, err)
	e.Release()
	_, err = soap.Decode(context.Background(), strings.NewReader("<a>b</c>"), o)
	assert.Equal(t, refusal.XMLMalformed, refusal.Of(err))
}

func TestDecode_noAllocation(t *testing.T) {
	if buf.Checked || raceDetector {
		t.Log("not measured: this build reuses nothing, or not always")
		return
	}
	m := string(order(1 << 10))
	r := strings.NewReader(m)
	got := testing.AllocsPerRun(200, func() {
		r.Reset(m)
		e, err := soap.Decode(context.Background(), r, soap.DecodeOptions{Size: int64(len(m))})
		if err != nil {
			t.Error(err)
			return
		}
		e.Release()
	})
	assert.LessOrEqual(t, got, 1.0) // a collection may empty the pools
}
