package xmltext_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

func TestAppendValue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, raw, want string
		reason          refusal.Reason
	}{
		{"nothing", "", "", ""},
		{"plain", "http://h/\u20AC", "http://h/\u20AC", ""},
		{"H-012", "&#65;&#x41;&#x1F600;", "AA\U0001F600", ""},
		{"entities", "&lt;&gt;&amp;&quot;&apos;", `<>&"'`, ""},
		{"H-035", "<![CDATA[http://h/]]>", "http://h/", ""},
		{"CDATA joined", "a<![CDATA[&b]]]]><![CDATA[>]]>c", "a&b]]>c", ""},
		{"T-XML-12", "http://h/a<!-- - <x> -->dmin", "http://h/admin", ""},
		{"line ends", "a\r\nb\rc\n\r\rd", "a\nb\nc\n\n\nd", ""},
		{"line ends in CDATA", "<![CDATA[a\r\nb\r]]>", "a\nb\n", ""},
		{"line ends by reference stay", "&#xD;&#13;\n", "\r\r\n", ""},
		{"child", "a<b/>", "", refusal.XMLMalformed},
		{"PI", "a<?b?>", "", refusal.XMLMalformed},
		{"open CDATA", "<![CDATA[x", "", refusal.XMLMalformed},
		{"open comment", "<!-- x", "", refusal.XMLMalformed},
		{"open reference", "&am", "", refusal.XMLMalformed},
		{"unknown reference", "&foo;", "", refusal.XMLMalformed},
		{"no character", "&#0;", "", refusal.XMLChar},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := xmltext.AppendValue([]byte("x"), []byte(tc.raw))
			if tc.reason != "" {
				require.Equal(t, tc.reason, refusal.Of(err), "%v", err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "x"+tc.want, string(got))
			if xmltext.IsPlain([]byte(tc.raw)) {
				assert.Equal(t, tc.want, tc.raw)
			}
		})
	}
}

func TestAppendAttrValue(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                      "",
		"a b":                   "a b",
		"a\tb\nc\rd\r\ne":       "a b c d e",
		"&#x9;&#xA;&#xD;&quot;": "\t\n\r\"",
		"a&amp;\nb":             "a& b",
	} {
		got, err := xmltext.AppendAttrValue([]byte("x"), []byte(raw))
		require.NoError(t, err)
		assert.Equal(t, "x"+want, string(got), "%q", raw)
	}
	for raw, reason := range map[string]refusal.Reason{"&foo;": refusal.XMLMalformed, "&#xD800;": refusal.XMLChar, "a&": refusal.XMLMalformed} {
		_, err := xmltext.AppendAttrValue(nil, []byte(raw))
		assert.Equal(t, reason, refusal.Of(err), "%q", raw)
	}
}

func TestHasMarkup(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][2]bool{
		"":                         {false, false},
		"text &lt;":                {false, false},
		"a<!-- <b/> -->c":          {true, false},
		"<b/>":                     {false, true},
		"<![CDATA[<b/><!-- -->]]>": {false, false},
		"<![CDATA[<b/>]]>x<!-- --><b><c></c></b>": {true, true},
		"<!-- ":     {true, false},
		"<![CDATA[": {false, false},
	} {
		comment, child := xmltext.HasMarkup([]byte(raw))
		assert.Equal(t, want, [2]bool{comment, child}, "%q", raw)
	}
}

func TestAppendEscaped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, text, attr string }{
		{"", "", ""},
		{"plain \u20AC\U0001F600", "plain \u20AC\U0001F600", "plain \u20AC\U0001F600"},
		{`<a b="c">&'`, `&lt;a b="c"&gt;&amp;'`, `&lt;a b=&quot;c&quot;&gt;&amp;'`},
		{"\t\n\r", "\t\n&#xD;", "&#x9;&#xA;&#xD;"},
		{"\x01\x1B\x1f", "&#x1;&#x1B;&#x1F;", "&#x1;&#x1B;&#x1F;"},
		{"a\x00\uFFFE\uFFFF\xC0b\uFFFD", "a\uFFFD\uFFFD\uFFFD\uFFFDb\uFFFD", "a\uFFFD\uFFFD\uFFFD\uFFFDb\uFFFD"},
		{"]]>", "]]&gt;", "]]&gt;"},
	} {
		assert.Equal(t, "x"+tc.text, string(xmltext.AppendEscaped([]byte("x"), tc.in)))
		assert.Equal(t, "x"+tc.attr, string(xmltext.AppendEscapedAttr([]byte("x"), tc.in)))
	}
}

func TestIsNCName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "_": true, "a-b.c1": true, "\u00E9\u0300\u00B7": true, "\u540D": true, "\U00010000": true,
		"": false, "1": false, "-": false, ".": false, "a:b": false, ":": false, "a b": false, "\u00B7": false, "\u0300": false,
		"\u00D7": false, "\u037E": false, "\u2000": false, "a\x80": false, "\xC3": false, "a/": false, "a\U000F0000": false,
	} {
		assert.Equal(t, want, xmltext.IsNCName([]byte(name)), "%q", name)
	}
}

func TestLimits_Defaults(t *testing.T) {
	t.Parallel()
	assert.Equal(t, xmltext.Limits{Depth: 128, Attributes: 256, Declarations: 64, Scope: 256, Name: 1024, StartTag: 65536}, xmltext.Limits{}.Defaults())
	l := xmltext.Limits{Depth: 1, Attributes: 2, Declarations: 3, Scope: 4, Name: 5, StartTag: 6, NameTable: 7}
	assert.Equal(t, l, l.Defaults())
}
