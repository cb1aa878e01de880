package xmltext_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// small limits let a fuzz test reach each of them.
var small = xmltext.Limits{Depth: 6, Attributes: 20, Declarations: 4, Scope: 6, Name: 24, StartTag: 400}

func addSeeds(f *testing.F) {
	f.Helper()
	for _, doc := range corpus() {
		f.Add([]byte(doc), uint64(1))
	}
}

func FuzzScanner(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, doc []byte, seed uint64) {
		for _, l := range []xmltext.Limits{{}, small} {
			want, why := slowRead(doc, l)
			var first error
			for i, c := range []cuts{whole, octets, random(seed)} {
				if len(doc) > 4000 && i == 1 {
					continue
				}
				s := new(xmltext.Scanner)
				s.Reset(l)
				got, err := scan(s, doc, c)
				if i == 0 {
					first = err
				}
				if why != "" {
					require.Error(t, err, "oracle: %s\n%q", why, doc)
				} else {
					require.NoError(t, err, "%q", doc)
				}
				require.Equal(t, want, got, "%q", doc)
				require.Equal(t, first, err, "another chunking, another error\n%q", doc)
			}
		}
		if _, why := slowRead(doc, xmltext.Limits{}); why == "" {
			compareStandard(t, doc)
		}
	})
}

// compareStandard checks that encoding/xml reads the same elements in a document
// that the scanner accepts. It is stricter in two points: references to controls,
// and letters that came with the fifth edition.
func compareStandard(t *testing.T, doc []byte) {
	t.Helper()
	s := new(xmltext.Scanner)
	s.Reset(xmltext.Limits{})
	var want []string
	for {
		k, err := s.Next(doc, true)
		require.NoError(t, err)
		if k == xmltext.End {
			break
		}
		if k == xmltext.StartTag {
			want = append(want, string(s.Name().Space)+" "+string(s.Name().Local))
		}
	}
	var got []string
	for d := xml.NewDecoder(bytes.NewReader(doc)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && knownStricter(doc, err) {
			return
		}
		require.NoError(t, err, "%q", doc)
		if e, ok := tok.(xml.StartElement); ok {
			space := strings.NewReplacer("\n", " ", "\t", " ").Replace(e.Name.Space) // it does not normalise
			got = append(got, space+" "+e.Name.Local)
		}
	}
	require.Equal(t, want, got, "%q", doc)
}

func knownStricter(doc []byte, err error) bool {
	control := bytes.Contains(doc, []byte("&#")) && strings.Contains(err.Error(), "illegal character code")
	wide := bytes.ContainsFunc(doc, func(r rune) bool { return r >= 0x80 })
	return control || wide
}

func FuzzWalk(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, doc []byte, seed uint64) {
		checkWalk(t, doc, int(seed%9), seed)
	})
}

func FuzzTranscode(f *testing.F) {
	f.Add([]byte("\xFF\xFE<\x00a\x00/\x00>\x00"), false)
	f.Add([]byte("\xFE\xFF\xD8\x3D\xDE\x00"), true)
	f.Add([]byte("\x00<\xDC\x00"), true)
	f.Add([]byte("\xFE\xFF\xFE\xFF\x00"), true)
	f.Fuzz(func(t *testing.T, in []byte, big bool) {
		enc := xmltext.UTF16LE
		if big {
			enc = xmltext.UTF16BE
		}
		want, ok := slowUTF16(in, big)
		got, err := io.ReadAll(xmltext.Transcode(iotest.OneByteReader(bytes.NewReader(in)), enc))
		again, err2 := io.ReadAll(xmltext.Transcode(iotest.DataErrReader(bytes.NewReader(in)), enc))
		require.Equal(t, ok, err == nil)
		require.Equal(t, err, err2)
		require.Equal(t, string(got), string(again))
		if ok {
			require.Equal(t, want, string(got))
		}
	})
}

// slowUTF16 decodes the whole input at once.
func slowUTF16(in []byte, big bool) (string, bool) {
	var units []uint16
	for i := 0; i+1 < len(in); i += 2 {
		lo, hi := in[i], in[i+1]
		if big {
			lo, hi = hi, lo
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	if len(units) > 0 && units[0] == 0xFEFF {
		units = units[1:]
	}
	runes := utf16.Decode(units)
	return string(runes), len(in)%2 == 0 && string(utf16.Decode(utf16.Encode(runes))) == string(runes) &&
		len(utf16.Encode(runes)) == len(units) && equalUnits(utf16.Encode(runes), units)
}

func equalUnits(a, b []uint16) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func FuzzAppendValue(f *testing.F) {
	for _, s := range []string{"a&amp;b", "<![CDATA[x]]>", "a<!-- c -->b\r\n", "&#x41", "<b/>", "\x00\x01\xFF\uFFFE\"\t"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := xmltext.AppendValue(nil, raw)
		if err == nil && xmltext.IsPlain(raw) {
			require.Equal(t, string(raw), string(v))
		}
		// What is escaped reads back, and is a document at every level.
		text := xmltext.AppendEscaped(nil, string(raw))
		attr := xmltext.AppendEscapedAttr(nil, string(raw))
		doc := []byte(`<a b="` + string(attr) + `">` + string(text) + `</a>`)
		events, why := slowRead(doc, xmltext.Limits{StartTag: 1 << 30})
		require.Empty(t, why, "%q", doc)
		require.NotEmpty(t, events)
		back, err := xmltext.AppendValue(nil, text)
		require.NoError(t, err)
		backAttr, err := xmltext.AppendAttrValue(nil, attr)
		require.NoError(t, err)
		require.Equal(t, string(back), string(backAttr))
		_, why = slowRead([]byte("<a>"+strings.ReplaceAll(string(raw), "<", "")+"</a>"), xmltext.Limits{})
		if why == "" && !bytes.ContainsAny(raw, "&<") {
			require.Equal(t, string(raw), string(back))
		}
	})
}
