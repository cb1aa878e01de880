package xmltext_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

func utf16Of(s string, enc xmltext.Encoding) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if enc == xmltext.UTF16BE {
			out = binary.BigEndian.AppendUint16(out, u)
		} else {
			out = binary.LittleEndian.AppendUint16(out, u)
		}
	}
	return out
}

func discard(b *testing.B, data []byte) {
	b.Helper()
	if _, err := io.Copy(io.Discard, xmltext.Transcode(bytes.NewReader(data), xmltext.UTF16LE)); err != nil {
		b.Fatal(err)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	const (
		mark = "\xEF\xBB\xBF"
		decl = `<?xml version="1.0"?><a/>`
	)
	le := func(s string) string { return string(utf16Of(s, xmltext.UTF16LE)) }
	be := func(s string) string { return string(utf16Of(s, xmltext.UTF16BE)) }
	for _, tc := range []struct {
		name, doc, charset string
		enc                xmltext.Encoding
		bom                int
		reason             refusal.Reason
	}{
		{"UTF-8", "<a/>", "", xmltext.UTF8, 0, ""},
		{"UTF-8 announced", "<a/>", "UTF-8", xmltext.UTF8, 0, ""},
		{"blank first", "\n<a/>", "utf-8", xmltext.UTF8, 0, ""},
		{"nothing", "", "", xmltext.UTF8, 0, ""},
		{"nothing, UTF-16", "", "utf-16", xmltext.UTF8, 0, ""},
		{"short", "<", "", xmltext.UTF8, 0, ""},
		{"H-041", mark + "<a/>", "", xmltext.UTF8, 3, ""},
		{"H-041 announced", mark + "<a/>", "utf-8", xmltext.UTF8, 3, ""},
		{"H-042", mark + mark + "<a/>", "", 0, 0, refusal.XMLMalformed},
		{"H-042 UTF-16", le("\uFEFF\uFEFF" + decl), "", 0, 0, refusal.XMLMalformed},
		{"H-042 UTF-16 announced", be("\uFEFF\uFEFF" + decl), "utf-16be", 0, 0, refusal.XMLMalformed},
		{"H-043", le("<a/>"), "utf-16LE", xmltext.UTF16LE, 0, ""},
		{"H-043 mark", le("\uFEFF<a/>"), "utf-16le", xmltext.UTF16LE, 2, ""},
		{"H-043 blank", le(" <a/>"), "utf-16le", xmltext.UTF16LE, 0, ""},
		{"big", be("<a/>"), "utf-16be", xmltext.UTF16BE, 0, ""},
		{"big mark", be("\uFEFF<a/>"), "UTF-16BE", xmltext.UTF16BE, 2, ""},
		{"either, little", le("<a/>"), "utf-16", xmltext.UTF16LE, 0, ""},
		{"either, big mark", be("\uFEFF<a/>"), "UTF-16", xmltext.UTF16BE, 2, ""},
		{"either, UTF-8", "<a/>", "utf-16", 0, 0, refusal.XMLEncoding},
		{"either, UTF-8 mark", mark + "<a/>", "utf-16", 0, 0, refusal.XMLEncoding},
		{"found little", le(decl), "", xmltext.UTF16LE, 0, ""},
		{"found little mark", le("\uFEFF" + decl), "", xmltext.UTF16LE, 2, ""},
		{"found big", be(decl), "", xmltext.UTF16BE, 0, ""},
		{"found big mark", be("\uFEFF" + decl), "", xmltext.UTF16BE, 2, ""},
		{"found, no declaration", le("<a/>"), "", 0, 0, refusal.XMLEncoding},
		{"found mark, no declaration", be("\uFEFF<a></a>"), "", 0, 0, refusal.XMLEncoding},
		{"found, cut", le("<?xm"), "", 0, 0, refusal.XMLEncoding},
		{"H-044", le("<a/>"), "utf-8", 0, 0, refusal.XMLEncoding},
		{"H-044 mark", be("\uFEFF" + decl), "utf-8", 0, 0, refusal.XMLEncoding},
		{"little against big", le("<a/>"), "utf-16be", 0, 0, refusal.XMLEncoding},
		{"big mark against little", be("\uFEFF<a/>"), "utf-16le", 0, 0, refusal.XMLEncoding},
		{"UTF-8 against little", "<a/>", "utf-16le", 0, 0, refusal.XMLEncoding},
		{"UTF-8 mark against big", mark + "<a/>", "utf-16be", 0, 0, refusal.XMLEncoding},
		{"H-046", "<a/>", "iso-8859-1", 0, 0, refusal.XMLEncoding},
		{"H-046 utf-7", "<a/>", "utf-7", 0, 0, refusal.XMLEncoding},
		{"H-048", "\xFF\xFE\x00\x00<\x00\x00\x00", "", 0, 0, refusal.XMLEncoding},
		{"H-048 big", "\x00\x00\xFE\xFF\x00\x00\x00<", "utf-16", 0, 0, refusal.XMLEncoding},
		{"H-048 no mark", "<\x00\x00\x00", "utf-16le", 0, 0, refusal.XMLEncoding},
		{"H-048 EBCDIC", "\x4C\x6F\xA7\x94", "", 0, 0, refusal.XMLEncoding},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			enc, bom, ok, err := xmltext.Detect([]byte(tc.doc), tc.charset, true)
			if tc.reason != "" {
				require.Equal(t, tc.reason, refusal.Of(err), "%v", err)
			} else {
				require.NoError(t, err)
				require.True(t, ok)
				assert.Equal(t, tc.enc, enc)
				assert.Equal(t, tc.bom, bom)
			}
			// As octets come, the answer is late or the same.
			for n := range len(tc.doc) + 1 {
				e, m, ok, someErr := xmltext.Detect([]byte(tc.doc[:n]), tc.charset, false)
				switch {
				case someErr != nil:
					require.Equal(t, tc.reason, refusal.Of(someErr), "%d octets: %v", n, someErr)
				case ok:
					require.Equal(t, []any{enc, bom}, []any{e, m}, "%d octets", n)
					require.NoError(t, err)
				default:
					require.Less(t, n, 12)
				}
			}
		})
	}
}

func TestEncoding_String(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "utf-8", xmltext.UTF8.String())
	assert.Equal(t, "utf-16LE", xmltext.UTF16LE.String())
	assert.Equal(t, "utf-16BE", xmltext.UTF16BE.String())
}

func TestTranscode(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a\u00E9\u20AC\U0001F600", 5000)
	for _, tc := range []struct{ name, units, want string }{
		{"nothing", "", ""},
		{"mark", "\uFEFF", ""},
		{"mark twice", "\uFEFF\uFEFF<", "\uFEFF<"},
		{"mark later", "<\uFEFF", "<\uFEFF"},
		{"all lengths", "\uFEFF" + long, long},
	} {
		for _, enc := range []xmltext.Encoding{xmltext.UTF16LE, xmltext.UTF16BE} {
			in := utf16Of(tc.units, enc)
			for _, wrap := range []func(io.Reader) io.Reader{
				func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader,
			} {
				got, err := io.ReadAll(xmltext.Transcode(wrap(bytes.NewReader(in)), enc))
				require.NoError(t, err, tc.name)
				require.Equal(t, tc.want, string(got), tc.name)
			}
		}
	}
	r := strings.NewReader("x")
	assert.Same(t, r, xmltext.Transcode(r, xmltext.UTF8))
}

func TestTranscode_Errors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, tc := range []struct {
		name, in, out string
		reason        refusal.Reason
		offset        int64
	}{
		{"odd end", "<\x00a", "<", refusal.XMLMalformed, 2},
		{"high at the end", "<\x00\x3D\xD8", "<", refusal.XMLMalformed, 2},
		{"high and half", "\x3D\xD8\x00", "", refusal.XMLMalformed, 0},
		{"high alone", "a\x00\x3D\xD8b\x00c\x00", "a", refusal.XMLChar, 2},
		{"low alone", "a\x00\x00\xDE", "a", refusal.XMLChar, 2},
		{"two high", "\x3D\xD8\x3D\xD8\x00\xDE", "", refusal.XMLChar, 0},
	} {
		got, err := io.ReadAll(xmltext.Transcode(iotest.OneByteReader(strings.NewReader(tc.in)), xmltext.UTF16LE))
		var refused *refusal.Error
		require.ErrorAs(t, err, &refused, tc.name)
		assert.Equal(t, tc.reason, refused.Reason, tc.name)
		assert.Equal(t, tc.offset, refused.Offset, tc.name)
		assert.Equal(t, tc.out, string(got), tc.name)
	}
	_, err := io.ReadAll(xmltext.Transcode(iotest.ErrReader(broken), xmltext.UTF16LE))
	assert.ErrorIs(t, err, broken)
	_, err = xmltext.Transcode(stuck{}, xmltext.UTF16LE).Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.ErrNoProgress)
	n, err := xmltext.Transcode(stuck{}, xmltext.UTF16LE).Read(nil)
	assert.Zero(t, n)
	assert.NoError(t, err)
}

// stuck is a reader that gives neither octets nor an error.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// What is detected, transcoded and scanned as UTF-16 is the document of UTF-8.
func TestTranscode_Scan(t *testing.T) {
	t.Parallel()
	const body = `<s:E xmlns:s="urn:s"><s:Body>` + "\u20AC\U0001F600" + `</s:Body></s:E>`
	for _, enc := range []xmltext.Encoding{xmltext.UTF16LE, xmltext.UTF16BE} {
		in := utf16Of("\uFEFF"+`<?xml version="1.0" encoding="utf-16"?>`+body, enc)
		got, bom, ok, err := xmltext.Detect(in, "", false)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, enc, got)
		assert.Equal(t, 2, bom)
		text, err := io.ReadAll(xmltext.Transcode(bytes.NewReader(in), got))
		require.NoError(t, err)
		s := newScanner()
		s.SetEncoding(got)
		_, err = scan(s, text, octets)
		require.NoError(t, err)
		// The mark twice, with a charset that needs no declaration.
		text, err = io.ReadAll(xmltext.Transcode(bytes.NewReader(utf16Of("\uFEFF\uFEFF"+body, enc)), enc))
		require.NoError(t, err)
		s.Reset(xmltext.Limits{})
		s.SetEncoding(enc)
		_, err = scan(s, text, whole)
		require.Equal(t, refusal.XMLMalformed, refusal.Of(err))
	}
}
