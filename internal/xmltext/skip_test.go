package xmltext_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

func TestScanner_SkipContent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, doc string
		reason    refusal.Reason
	}{
		{name: "empty", doc: `<r><a></a><z/></r>`},
		{name: "empty-element tag", doc: `<r><a/><z/></r>`},
		{name: "text", doc: `<r><a>x > y</a><z/></r>`},
		{name: "same name inside", doc: `<r><a><a><a/></a>x</a><z/></r>`},
		{name: "end tag in a value", doc: `<r><a><b c="</a>"/></a><z/></r>`, reason: refusal.XMLMalformed},
		{name: "> in a value", doc: `<r><a><b c='/>' d=">"/></a><z/></r>`},
		{name: "comment", doc: `<r><a><!-- </a> - > --><b/></a><z/></r>`},
		{name: "CDATA", doc: `<r><a><![CDATA[</a>]]]]></a><z/></r>`},
		{name: "blanks in tags", doc: "<r><a><b\n></b ></a\t><z/></r>"},
		{name: "cut text", doc: `<r><a>x`, reason: refusal.XMLMalformed},
		{name: "cut tag", doc: `<r><a><b`, reason: refusal.XMLMalformed},
		{name: "cut comment", doc: `<r><a><!-- `, reason: refusal.XMLMalformed},
		{name: "cut CDATA", doc: `<r><a><![CDATA[`, reason: refusal.XMLMalformed},
		{name: "cut end tag", doc: `<r><a><b></b`, reason: refusal.XMLMalformed},
		{name: "-- in a comment", doc: `<r><a><!-- -- --></a><z/></r>`, reason: refusal.XMLMalformed},
		{name: "DTD", doc: `<r><a><!DOCTYPE a></a><z/></r>`, reason: refusal.XMLDTD},
		{name: "PI", doc: `<r><a><?p?></a><z/></r>`, reason: refusal.XMLPI},
		{name: "unknown markup", doc: `<r><a><!x></a><z/></r>`, reason: refusal.XMLMalformed},
		{name: "no name", doc: `<r><a>< b/></a><z/></r>`, reason: refusal.XMLMalformed},
		{name: "too deep", doc: `<r><a><b><c/></b></a><z/></r>`, reason: refusal.XMLDepth},
		{name: "end tag of another element", doc: `<r><a>x</b><z/></r>`, reason: refusal.XMLMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := new(xmltext.Scanner)
			s.Reset(xmltext.Limits{Depth: 4})
			if tt.reason == refusal.XMLDepth {
				s.Reset(xmltext.Limits{Depth: 3})
			}
			data := []byte(tt.doc)
			for range 2 {
				_, err := s.Next(data, true)
				require.NoError(t, err)
			}
			err := s.SkipContent(data)
			var kind xmltext.Kind
			for err == nil && !(kind == xmltext.StartTag && string(s.Name().Local) == "z") && kind != xmltext.End {
				kind, err = s.Next(data, true)
			}
			if tt.reason != "" {
				require.Equal(t, tt.reason, refusal.Of(err), "%v", err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, xmltext.StartTag, kind)
			assert.Equal(t, 2-1, s.Depth(), "z is empty and r is open")
		})
	}
}

func TestAppendText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, want string }{
		{"empty", ``, ``},
		{"text", `a&amp;b`, `a&b`},
		{"children", `a<b>c<d/>e</b >f`, `acef`},
		{"values", `a<b c=">" d='/&lt;'>x</b>`, `ax`},
		{"comment", `a<!-- <b> -->c`, `ac`},
		{"CDATA", `<b><![CDATA[<c>&amp;]]></b>d`, `<c>&amp;d`},
		{"line ends", "a\r\n<b>\r</b>", "a\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := xmltext.AppendText([]byte("-"), []byte(tt.raw))
			require.NoError(t, err)
			assert.Equal(t, "-"+tt.want, string(got))
		})
	}
	for _, raw := range []string{`<b`, `<!-- x`, `<![CDATA[x`, `</b`, `&x;`} {
		_, err := xmltext.AppendText(nil, []byte(raw))
		assert.Equal(t, refusal.XMLMalformed, refusal.Of(err), raw)
	}
}

// FuzzScanner_SkipContent asserts that what Next accepts is skipped, to the same
// place.
func FuzzScanner_SkipContent(f *testing.F) {
	for _, doc := range []string{`<r><a>x</a></r>`, `<r><a b=">"><!-- </a> --><![CDATA[</a>]]><a/></a></r>`} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		full, quick := new(xmltext.Scanner), new(xmltext.Scanner)
		full.Reset(xmltext.Limits{})
		quick.Reset(xmltext.Limits{})
		for {
			kind, err := full.Next(data, true)
			if err != nil {
				return
			}
			if kind == xmltext.End {
				break
			}
		}
		for wanted := -1; ; {
			kind, err := quick.Next(data, true)
			require.NoError(t, err)
			if kind == xmltext.End {
				return
			}
			if wanted >= 0 {
				require.Equal(t, xmltext.EndTag, kind)
				require.Equal(t, wanted-1, quick.Depth())
				wanted = -1
			}
			if depth := quick.Depth(); kind == xmltext.StartTag && !quick.Empty() && depth%2 == 0 {
				require.NoError(t, quick.SkipContent(data))
				wanted = depth
			}
		}
	})
}
