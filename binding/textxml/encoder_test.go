package textxml_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

var _ binding.Encoder = (*textxml.Encoder)(nil)

func envelope(namespace string) string {
	return `<s:Envelope xmlns:s="` + namespace + `"><s:Body><o:a xmlns:o="urn:o">Grüße, 世界 𝄞</o:a></s:Body></s:Envelope>`
}

var documents = map[soap.EnvelopeVersion]string{
	soap.SOAP11: envelope(soap.Namespace11), soap.SOAP12: envelope(soap.Namespace12), soap.EnvelopeNone: `<a>é</a>`,
}

// decode reads a message with the encoder. Who gets it releases it.
func decode(tb testing.TB, e *textxml.Encoder, contentType string, octets []byte) (*soap.Envelope, error) {
	tb.Helper()
	media, err := e.Accepts(contentType)
	require.NoError(tb, err)
	in := binding.Arriving{Media: media, Body: bytes.NewReader(octets), Size: int64(len(octets))}
	return e.Decode(tb.Context(), in, soap.Limits{}, soap.Needs{}, nil)
}

// draft is a message of that version to be sent.
func draft(tb testing.TB, v soap.Version) *soap.Draft {
	tb.Helper()
	env, err := decode(tb, textxml.New(v, binding.UTF8), binding.ContentType(v.Envelope, binding.UTF8), []byte(documents[v.Envelope]))
	require.NoError(tb, err)
	defer env.Release()
	return soap.NewDraft(env)
}

func TestEncoder_Encode_header(t *testing.T) {
	t.Parallel()
	none := soap.Version{Envelope: soap.EnvelopeNone, Addressing: soap.AddressingNone}
	soap12 := soap.Version{Envelope: soap.SOAP12, Addressing: soap.AddressingNone}
	for _, c := range []struct {
		name    string
		version soap.Version
		charset binding.CharacterEncoding
		request bool
		action  addressing.Action
		want    binding.HTTPFields
	}{
		{name: "1.1", version: soap.Soap11, request: true, action: "urn:a", want: binding.HTTPFields{{Name: "Content-Type", Value: "text/xml; charset=utf-8"}, {Name: "SOAPAction", Value: `"urn:a"`}}},
		{name: "1.1 empty action", version: soap.Soap11, request: true, want: binding.HTTPFields{{Name: "Content-Type", Value: "text/xml; charset=utf-8"}, {Name: "SOAPAction", Value: `""`}}},
		{name: "1.1 with addressing", version: soap.Version{Envelope: soap.SOAP11, Addressing: soap.Addressing10}, request: true, action: "urn:a b", want: binding.HTTPFields{{Name: "Content-Type", Value: "text/xml; charset=utf-8"}, {Name: "SOAPAction", Value: `"urn:a%20b"`}}},
		{name: "1.1 CR LF stays inside", version: soap.Soap11, request: true, action: "urn:a\r\nX: y", want: binding.HTTPFields{{Name: "Content-Type", Value: "text/xml; charset=utf-8"}, {Name: "SOAPAction", Value: `"urn:a%0D%0AX:%20y"`}}},
		{name: "1.1 reply", version: soap.Soap11, action: "urn:a", want: binding.HTTPFields{{Name: "Content-Type", Value: "text/xml; charset=utf-8"}}},
		{name: "1.2 without addressing", version: soap12, request: true, action: "urn:a", want: binding.HTTPFields{{Name: "Content-Type", Value: `application/soap+xml; charset=utf-8; action="urn:a"`}}},
		{name: "1.2 without action", version: soap12, request: true, want: binding.HTTPFields{{Name: "Content-Type", Value: "application/soap+xml; charset=utf-8"}}},
		{name: "1.2 without addressing, reply", version: soap12, action: "urn:a", want: binding.HTTPFields{{Name: "Content-Type", Value: "application/soap+xml; charset=utf-8"}}},
		{name: "1.2 with addressing", version: soap.Soap12WSAddressing10, request: true, action: "urn:a", want: binding.HTTPFields{{Name: "Content-Type", Value: "application/soap+xml; charset=utf-8"}}},
		{name: "no envelope", version: none, request: true, action: "urn:a", want: binding.HTTPFields{{Name: "Content-Type", Value: "application/xml; charset=utf-8"}}},
		{name: "UTF-16LE", version: soap.Soap11, charset: binding.UTF16LE, want: binding.HTTPFields{{Name: "Content-Type", Value: "text/xml; charset=utf-16LE"}}},
		{name: "UTF-16BE", version: soap.Soap12WSAddressing10, charset: binding.UTF16BE, request: true, want: binding.HTTPFields{{Name: "Content-Type", Value: "application/soap+xml; charset=utf-16BE"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := textxml.New(c.version, c.charset).Encode(draft(t, c.version), binding.EncodeOptions{Request: c.request, Action: c.action})
			require.NoError(t, err)
			defer out.Close()
			assert.Equal(t, c.want, out.Header())
		})
	}
}

func TestEncoder_Encode_verbatim(t *testing.T) {
	t.Parallel()
	out, err := textxml.New(soap.Soap11, binding.UTF8).Encode(draft(t, soap.Soap11), binding.EncodeOptions{})
	require.NoError(t, err)
	size, known := out.Size()
	assert.True(t, known)
	assert.EqualValues(t, len(documents[soap.SOAP11]), size)
	segments, held := out.Segments(nil)
	assert.True(t, held)
	assert.Equal(t, documents[soap.SOAP11], string(bytes.Join(segments, nil)))
	var w bytes.Buffer
	_, err = out.WriteTo(&w)
	require.NoError(t, err)
	assert.Equal(t, documents[soap.SOAP11], w.String())
	out.Close()
	out.Close() // twice is harmless
}

func utf16Octets(order binary.AppendByteOrder, s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestEncoder_Encode_utf16(t *testing.T) {
	t.Parallel()
	for charset, c := range map[binding.CharacterEncoding]struct {
		order binary.AppendByteOrder
		name  string
	}{binding.UTF16LE: {binary.LittleEndian, "utf-16LE"}, binding.UTF16BE: {binary.BigEndian, "utf-16BE"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := textxml.New(soap.Soap12WSAddressing10, charset)
			out, err := e.Encode(draft(t, soap.Soap12WSAddressing10), binding.EncodeOptions{})
			require.NoError(t, err)
			defer out.Close()
			_, known := out.Size()
			assert.False(t, known)
			_, held := out.Segments(nil)
			assert.False(t, held)
			var w bytes.Buffer
			n, err := out.WriteTo(&w)
			require.NoError(t, err)
			assert.EqualValues(t, w.Len(), n)
			// Wire formats 6.3: with byte order mark and declaration.
			want := utf16Octets(c.order, "\ufeff"+`<?xml version="1.0" encoding="`+c.name+`"?>`+documents[soap.SOAP12])
			assert.Equal(t, want, w.Bytes())

			env, err := decode(t, e, out.Header().Get("Content-Type"), w.Bytes())
			require.NoError(t, err)
			defer env.Release()
			assert.False(t, env.Verbatim)
			assert.Contains(t, text(t, env), "Grüße, 世界 𝄞")
		})
	}
}

// text returns a decoded message as it would go out in UTF-8.
func text(tb testing.TB, env *soap.Envelope) string {
	tb.Helper()
	d := soap.NewDraft(env)
	defer d.Close()
	var w bytes.Buffer
	_, err := d.WriteTo(&w)
	require.NoError(tb, err)
	return w.String()
}

func TestEncoder_Decode(t *testing.T) {
	t.Parallel()
	body := documents[soap.SOAP11]
	declared := func(name string) string { return `<?xml version="1.0" encoding="` + name + `"?>` + body }
	le, be := binary.LittleEndian, binary.BigEndian
	for _, c := range []struct {
		name, contentType string
		octets            []byte
		reason            refusal.Reason
	}{
		{name: "utf-8", contentType: "text/xml; charset=utf-8", octets: []byte(body)},
		{name: "utf-8 detected", contentType: "text/xml", octets: []byte(body)},
		{name: "utf-8 with mark", contentType: "text/xml; charset=utf-8", octets: []byte("\ufeff" + body)},
		{name: "utf-8 declared", contentType: "text/xml", octets: []byte(declared("utf-8"))},
		{name: "utf-16LE", contentType: "text/xml; charset=utf-16LE", octets: utf16Octets(le, body)},
		{name: "utf-16BE", contentType: "text/xml; charset=UTF-16be", octets: utf16Octets(be, body)},
		{name: "utf-16LE with mark", contentType: "text/xml; charset=utf-16le", octets: utf16Octets(le, "\ufeff"+body)},
		{name: "utf-16, little by the mark", contentType: `text/xml; charset="utf-16"`, octets: utf16Octets(le, "\ufeff"+declared("utf-16"))},
		{name: "utf-16, big by the mark", contentType: "text/xml; charset=utf-16", octets: utf16Octets(be, "\ufeff"+declared("utf-16"))},
		{name: "utf-16 detected", contentType: "text/xml", octets: utf16Octets(be, declared("utf-16BE"))},
		{name: "utf-16 detected without declaration", contentType: "text/xml", octets: utf16Octets(le, body), reason: refusal.XMLEncoding},
		{name: "announced otherwise", contentType: "text/xml; charset=utf-8", octets: utf16Octets(le, "\ufeff"+body), reason: refusal.XMLEncoding},
		{name: "declared otherwise", contentType: "text/xml; charset=utf-8", octets: []byte(declared("utf-16")), reason: refusal.XMLEncoding},
		{name: "other version", contentType: "text/xml; charset=utf-8", octets: []byte(documents[soap.SOAP12]), reason: refusal.SOAPVersion},
		{name: "nothing", contentType: "text/xml; charset=utf-8", reason: refusal.SOAPEmpty},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env, err := decode(t, textxml.New(soap.Soap11, binding.UTF8), c.contentType, c.octets)
			if c.reason != "" {
				require.Error(t, err)
				assert.Equal(t, c.reason, refusal.Of(err))
				return
			}
			require.NoError(t, err)
			defer env.Release()
			assert.True(t, strings.HasSuffix(text(t, env), body), text(t, env))
		})
	}
}

func TestEncoder_Decode_done(t *testing.T) {
	t.Parallel()
	e := textxml.New(soap.Soap11, binding.UTF8)
	for _, octets := range []string{documents[soap.SOAP11], "<broken"} {
		calls := 0
		in := binding.Arriving{Body: strings.NewReader(octets), Size: -1, Done: func() { calls++ }}
		env, err := e.Decode(t.Context(), in, soap.Limits{}, soap.Needs{}, nil)
		if err == nil {
			assert.Zero(t, calls)
			env.Release()
		}
		assert.Equal(t, 1, calls, octets)
	}
}

func TestEncoder_Encode_brokenBody(t *testing.T) {
	t.Parallel()
	// Behind the head nobody looks at octets that are only passed on; who has to
	// convert them does.
	open := strings.TrimSuffix(documents[soap.SOAP11], "</o:a></s:Body></s:Envelope>")
	octets := []byte(open + "\xed\xa0\x80</o:a></s:Body></s:Envelope>")
	env, err := decode(t, textxml.New(soap.Soap11, binding.UTF8), "text/xml", octets)
	require.NoError(t, err)
	out, err := textxml.New(soap.Soap11, binding.UTF16LE).Encode(soap.NewDraft(env), binding.EncodeOptions{})
	env.Release()
	require.NoError(t, err)
	defer out.Close()
	_, err = out.WriteTo(io.Discard)
	var source *buf.ReadError
	require.ErrorAs(t, err, &source, "the message is to blame, not the writer")
	assert.Equal(t, refusal.XMLUTF8, refusal.Of(source.Err))
}

func TestEncoder_Encode_brokenWriter(t *testing.T) {
	t.Parallel()
	out, err := textxml.New(soap.Soap11, binding.UTF16LE).Encode(draft(t, soap.Soap11), binding.EncodeOptions{})
	require.NoError(t, err)
	defer out.Close()
	_, err = out.WriteTo(errWriter{})
	assert.ErrorIs(t, err, io.ErrClosedPipe)
}

type errWriter struct{}

func (errWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
