package soap_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/soap"
)

const (
	blockA = `<q:A xmlns:q="urn:q">1</q:A>`
	blockB = `<B xmlns="urn:b"/>`
	blockC = `<q:C xmlns:q="urn:q"/>`
)

func TestDraft(t *testing.T) {
	t.Parallel()
	const body = `<s:Body><x/>` + closed
	const header = `<s:Header> ` + blockA + "\n" + blockB + ` <!-- c --></s:Header>`
	type edit func(*soap.Draft)
	remove := func(i int) edit { return func(d *soap.Draft) { d.Remove(i) } }
	replace := func(i int, s string) edit { return func(d *soap.Draft) { d.Replace(i, []byte(s)) } }
	add := func(s string) edit { return func(d *soap.Draft) { d.Append([]byte(s)) } }
	tests := []struct {
		name, input string
		edits       []edit
		want        string
		touched     []string // what the spans hold
	}{
		{"nothing", open12 + header + body, nil, open12 + header + body, nil},
		{
			"remove", open12 + header + body,
			[]edit{remove(0)},
			open12 + "<s:Header> \n" + blockB + ` <!-- c --></s:Header>` + body,
			[]string{blockA},
		},
		{
			"remove all, in any order", open12 + header + body,
			[]edit{remove(1), remove(0)},
			open12 + "<s:Header> \n <!-- c --></s:Header>" + body,
			[]string{blockA, blockB},
		},
		{
			"replace", open12 + header + body,
			[]edit{replace(1, blockC)},
			open12 + "<s:Header> " + blockA + "\n" + blockC + ` <!-- c --></s:Header>` + body,
			[]string{blockB},
		},
		{
			"the last edit counts", open12 + header + body,
			[]edit{replace(1, blockA), remove(1), replace(1, blockC)},
			open12 + "<s:Header> " + blockA + "\n" + blockC + ` <!-- c --></s:Header>` + body,
			[]string{blockB},
		},
		{
			"append", open12 + header + body,
			[]edit{add(blockC), add(blockB)},
			open12 + strings.TrimSuffix(header, "</s:Header>") + blockC + blockB + "</s:Header>" + body,
			[]string{""},
		},
		{
			"all of them", open12 + header + body,
			[]edit{add(blockC), replace(0, blockB), remove(1)},
			open12 + "<s:Header> " + blockB + "\n <!-- c -->" + blockC + "</s:Header>" + body,
			[]string{blockA, blockB, ""},
		},
		{
			"append to no Header", open12 + body,
			[]edit{add(blockC)},
			open12 + "<s:Header>" + blockC + "</s:Header>" + body,
			[]string{""},
		},
		{
			"append to an empty-element Header", open12 + `<s:Header  a="/>" />` + body,
			[]edit{add(blockC)},
			open12 + `<s:Header  a="/>" >` + blockC + "</s:Header>" + body,
			[]string{""},
		},
		{
			"append to an empty Header", open12 + `<s:Header></s:Header>` + body,
			[]edit{add(blockC)},
			open12 + `<s:Header>` + blockC + "</s:Header>" + body,
			[]string{""},
		},
		{
			"append where SOAP is the default namespace", `<Envelope xmlns="` + soap.Namespace12 + `"> <Body/></Envelope>`,
			[]edit{add(blockC)},
			`<Envelope xmlns="` + soap.Namespace12 + `"><Header>` + blockC + `</Header> <Body/></Envelope>`,
			[]string{""},
		},
		{
			"append with declaration and mark", "\uFEFF<?xml version='1.0'?>" + open12 + body,
			[]edit{add(blockC)},
			"\uFEFF<?xml version='1.0'?>" + open12 + "<s:Header>" + blockC + "</s:Header>" + body,
			[]string{""},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := decode(t, tt.input, soap.DecodeOptions{})
			defer e.Release()
			d := soap.NewDraft(e)
			for _, f := range tt.edits {
				f(d)
			}
			var touched []string
			for _, s := range d.Touched() {
				touched = append(touched, string(s.Of(e.Head())))
			}
			assert.Equal(t, tt.touched, touched)
			assert.Equal(t, soap.Soap12WSAddressing10, d.Version())
			assert.Same(t, e, d.Base())
			require.NoError(t, d.Prove())
			assert.Equal(t, tt.want, write(t, d))
			assert.Equal(t, tt.input, string(e.Head())+read(t, e, soap.Rest), "what was received is never changed")
		})
	}
}

func TestDraft_editAfterSize(t *testing.T) {
	t.Parallel()
	e := decode(t, open12+"<s:Body/></s:Envelope>", soap.DecodeOptions{})
	defer e.Release()
	d := soap.NewDraft(e)
	before, _ := d.Size()
	d.Append([]byte(blockC))
	after, _ := d.Size()
	assert.EqualValues(t, len("<s:Header>"+blockC+"</s:Header>"), after-before)
	d.Close()
	d.Close()
}

func TestDraft_keepsLengthOfStreams(t *testing.T) {
	t.Parallel()
	m := long(200_000)
	e := decode(t, m, soap.DecodeOptions{Limits: soap.Limits{Message: mib}})
	defer e.Release()
	d := soap.NewDraft(e)
	d.Append([]byte(blockA))
	_, ok := d.Segments(nil)
	assert.False(t, ok, "the body is still arriving")
	n, known := d.Size()
	assert.True(t, known, "Content-Length is kept where it was there")
	assert.EqualValues(t, len(m)+len("<s:Header>"+blockA+"</s:Header>"), n)
	assert.Equal(t, open12+"<s:Header>"+blockA+"</s:Header>"+m[len(open12):], write(t, d))
}

func TestNewMessage(t *testing.T) {
	t.Parallel()
	d := soap.NewMessage(soap.Soap11, []byte("<x/>"))
	assert.Nil(t, d.Base())
	assert.Nil(t, d.Touched())
	d.Append([]byte(blockA))
	assert.Equal(t, open11+"<s:Header>"+blockA+"</s:Header><s:Body><x/>"+closed, write(t, d))
	assert.Equal(t, open12+"<s:Body>"+closed, write(t, soap.NewMessage(soap.Soap12, nil)))
	assert.Equal(t, "<x/>", write(t, soap.NewMessage(soap.None, []byte("<x/>"))))
}

// failing fails at the nth write.
type failing struct{ n int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestDraft_writerFails(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 200_000} {
		m := long(size)
		for n := range 2 {
			e := decode(t, m, soap.DecodeOptions{Limits: soap.Limits{Message: mib}})
			d := soap.NewDraft(e)
			_, err := d.WriteTo(&failing{n})
			require.Equal(t, errFull, err, "as the writer gave it")
			d.Close()
			r, err := e.Body.Open(soap.Rest)
			if err == nil {
				w, ok := r.(io.WriterTo)
				require.True(t, ok)
				_, err = w.WriteTo(&failing{0})
				require.ErrorIs(t, err, errFull)
				require.NoError(t, r.Close())
				_, err = w.WriteTo(io.Discard)
				require.ErrorIs(t, err, io.ErrClosedPipe)
				_, err = r.Read(nil)
				require.ErrorIs(t, err, io.ErrClosedPipe)
			}
			e.Release()
		}
	}
}
