package xmltext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

const (
	pre  = `<s:Envelope xmlns:s="urn:s" xmlns:a="urn:a"><s:Header>`
	post = `</s:Header><s:Body><x xmlns="urn:x">1</x></s:Body></s:Envelope>`
)

// row is a row of threats.md, section 4, as far as the scanner alone decides it.
// No reason means that the document passes.
type row struct {
	id, doc string
	reason  refusal.Reason
}

func header(s string) string { return pre + s + post }

func rows() []row {
	nested := func(n int) string { // n elements deep in all
		n -= 2
		return header(strings.Repeat("<b>", n) + strings.Repeat("</b>", n))
	}
	attrs := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return header("<b" + b.String() + "/>")
	}
	return []row{
		{"H-001", `<!DOCTYPE a>` + header(""), refusal.XMLDTD},
		{"H-002", `<!-- c --><!DOCTYPE a>` + header(""), refusal.XMLDTD},
		{"H-003", header(`<!DOCTYPE a [<!ENTITY b "c">]>`), refusal.XMLDTD},
		{"H-003 nine octets", `<!DOCTYPE`, refusal.XMLDTD},
		{"H-004", `<!doctype a>` + header(""), refusal.XMLMalformed},
		{"H-004 entity", header(`<!ENTITY a "b">`), refusal.XMLMalformed},
		{"H-005", header(`<a:To>&foo;</a:To>`), refusal.XMLMalformed},
		{"H-006", header(`<a:To>&AMP;</a:To>`), refusal.XMLMalformed},
		{"H-006 semicolon", header(`<a:To>&#x41</a:To>`), refusal.XMLMalformed},
		{"H-006 attribute", header(`<b a="&#x41"/>`), refusal.XMLMalformed},
		{"H-006 no digit", header(`<b>&#;</b>`), refusal.XMLMalformed},
		{"H-006 upper X", header(`<b>&#X41;</b>`), refusal.XMLMalformed},
		{"H-007", header(`<b>&#0;</b>`), refusal.XMLChar},
		{"H-007 attribute", header(`<b a="&#x0;"/>`), refusal.XMLChar},
		{"H-008", header(`<b>&#x1;</b>`), ""},
		{"H-010 surrogate", header(`<b>&#xD800;</b>`), refusal.XMLChar},
		{"H-010 beyond", header(`<b>&#x110000;</b>`), refusal.XMLChar},
		{"H-010 noncharacter", header(`<b>&#xFFFE;</b>`), refusal.XMLChar},
		{"H-011", header(`<b>&#00000000065;</b>`), refusal.XMLChar},
		{"H-011 huge", header(`<b>&#99999999999;</b>`), refusal.XMLChar},
		{"H-011 seven digits", header(`<b>&#0000065;</b>`), ""},
		{"H-012", header(`<a:Action>&#65;&#x41;</a:Action>`), ""},
		{"H-013", nested(128), ""},
		{"H-014", nested(129), refusal.XMLDepth},
		{"H-015", pre + strings.Repeat("<b>", 20000), refusal.XMLDepth},
		{"H-018", attrs(` a%d="1"`, 256), ""},
		{"H-019", attrs(` a%d="1"`, 257), refusal.XMLAttributes},
		{"H-020", attrs(` xmlns:n%d="urn:n"`, 65), refusal.XMLNamespaces},
		{"H-020 pass", attrs(` xmlns:n%d="urn:n"`, 64), ""},
		{"H-021", header(`<b a="` + strings.Repeat("v", 65537-9) + `"/>`), refusal.XMLStartTag},
		{"H-021 pass", header(`<b a="` + strings.Repeat("v", 65536-9) + `"/>`), ""},
		{"H-022", header(`<` + strings.Repeat("n", 1025) + `/>`), refusal.XMLName},
		{"H-022 pass", header(`<` + strings.Repeat("n", 1024) + `/>`), ""},
		{"H-022 attribute", header(`<b ` + strings.Repeat("n", 1025) + `=""/>`), refusal.XMLName},
		{"H-022 prefix", header(`<b xmlns:` + strings.Repeat("n", 1019) + `="urn:n"/>`), refusal.XMLName},
		{"H-023", header(`<b a="1" a="1"/>`), refusal.XMLDupAttr},
		{"H-023 declaration", header(`<b xmlns:p="urn:1" xmlns:p="urn:1"/>`), refusal.XMLDupAttr},
		{"H-023 default", header(`<b xmlns="urn:1" xmlns="urn:1"/>`), refusal.XMLDupAttr},
		{"H-023 many", header(`<b` + strings.Repeat(` a="1"`, 20) + `/>`), refusal.XMLDupAttr},
		{"H-024", header(`<b xmlns:p="urn:1" xmlns:q="urn:1" p:a="" q:a=""/>`), refusal.XMLDupAttr},
		{"H-024 reference", header(`<b xmlns:p="urn:1" xmlns:q="urn:&#49;" p:a="" q:a=""/>`), refusal.XMLDupAttr},
		{"H-024 pass", header(`<b xmlns:p="urn:1" xmlns:q="urn:2" p:a="" q:a="" a=""/>`), ""},
		{"H-025", header(`<p:b/>`), refusal.XMLPrefix},
		{"H-025 attribute", header(`<b p:a=""/>`), refusal.XMLPrefix},
		{"H-025 left scope", header(`<b xmlns:p="urn:p"/><p:b/>`), refusal.XMLPrefix},
		{"H-025 left scope by end tag", header(`<b xmlns:p="urn:p"></b><p:b/>`), refusal.XMLPrefix},
		{"H-026", strings.Replace(header(""), "<x ", "<p:x/><x ", 1), refusal.XMLPrefix},
		{"H-027", header(`<b xmlns:p=""/>`), refusal.XMLPrefix},
		{"H-027 default", header(`<b xmlns=""/>`), ""},
		{"H-028", header(`<b xmlns:xml="urn:1"/>`), refusal.XMLPrefix},
		{"H-028 xmlns", header(`<b xmlns:xmlns="urn:1"/>`), refusal.XMLPrefix},
		{"H-028 as prefix", header(`<xmlns:b/>`), refusal.XMLPrefix},
		{"H-028 namespace xml", header(`<b xmlns:p="http://www.w3.org/XML/1998/namespace"/>`), refusal.XMLPrefix},
		{"H-028 namespace xmlns", header(`<b xmlns="http://www.w3.org/2000/xmlns/"/>`), refusal.XMLPrefix},
		{"H-028 pass", header(`<b xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="en"/>`), ""},
		{"H-029", header(`<q:To q:z="1" y='2' xmlns:q="urn:a">x</q:To>`), ""},
		{"H-030", header(`<q:To xmlns:q="urn&#58;a">x</q:To>`), ""},
		{"H-032", header(`<b><![CDATA[<a:To>&&]] ]>]]]><!-- <a:To> & - -> --></b>`), ""},
		{"H-034", header(`<?x?>`), refusal.XMLPI},
		{"H-034 before", `<?x?>` + header(""), refusal.XMLPI},
		{"H-034 stylesheet", `<?xml-stylesheet href="a"?>` + header(""), refusal.XMLPI},
		{"H-034 upper", `<?XML version="1.0"?>` + header(""), refusal.XMLPI},
		{"H-034 behind", header("") + `<?x?>`, refusal.XMLPI},
		{"H-035", header(`<a:To><![CDATA[http://h/]]></a:To>`), ""},
		{"H-036", header(`<!-- a -- b -->`), refusal.XMLMalformed},
		{"H-036 three", header(`<!-- a --->`), refusal.XMLMalformed},
		{"H-036 pass", header(`<!----><!-- - -> -->`), ""},
		{"H-037", header(`<b>a]]>b</b>`), refusal.XMLMalformed},
		{"H-037 four", header(`<b>a]]]]>b</b>`), refusal.XMLMalformed},
		{"H-037 pass", header(`<b>a]] >]&gt;]</b>`), ""},
		{"H-038", header(`<b a="<"/>`), refusal.XMLMalformed},
		{"H-039", header(`<b a='>' b="/>" c="'"/>`), ""},
		{"H-040", header(`<b a="1"b="2"/>`), refusal.XMLMalformed},
		{"H-040 quotes", header(`<b a=1/>`), refusal.XMLMalformed},
		{"H-040 value", header(`<b a/>`), refusal.XMLMalformed},
		{"H-040 slash", header(`<b / >`), refusal.XMLMalformed},
		{"H-040 pass", header("<b a = \"1\"\n\tb\r=\t'2' ></b \n>"), ""},
		{"H-042", "\uFEFF" + header(""), refusal.XMLMalformed},
		{"H-045", `<?xml version="1.0" encoding="utf-16"?>` + header(""), refusal.XMLEncoding},
		{"H-047", `<?xml version="1.0" encoding="iso-8859-1"?>` + header(""), refusal.XMLEncoding},
		{"H-047 pass", `<?xml version='1.0' encoding='UTF-8' standalone = "yes" ?>` + header(""), ""},
		{"H-049", `<?xml version="1.1"?>` + header(""), refusal.XMLMalformed},
		{"H-049 none", `<?xml encoding="utf-8"?>` + header(""), refusal.XMLMalformed},
		{"H-049 standalone", `<?xml version="1.0" standalone="maybe"?>` + header(""), refusal.XMLMalformed},
		{"H-049 order", `<?xml version="1.0" standalone="no" encoding="utf-8"?>` + header(""), refusal.XMLMalformed},
		{"H-049 long", `<?xml version="1.0"` + strings.Repeat(" ", 300) + `?>` + header(""), refusal.XMLMalformed},
		{"H-050", ` <?xml version="1.0"?>` + header(""), refusal.XMLMalformed},
		{"H-050 twice", strings.Repeat(`<?xml version="1.0"?>`, 2) + header(""), refusal.XMLMalformed},
		{"H-050 in header", header(`<?xml version="1.0"?>`), refusal.XMLMalformed},
		{"H-050 pass", " \n<!-- c -->\t" + header("") + "<!-- c -->\r\n ", ""},
		{"H-051", header("<a:To>http://h/\xC0\xAF</a:To>"), refusal.XMLUTF8},
		{"H-051 attribute", header("<b a='\xC0\xAF'/>"), refusal.XMLUTF8},
		{"H-052 surrogate", header("<b>\xED\xA0\x80</b>"), refusal.XMLUTF8},
		{"H-052 beyond", header("<b>\xF5\x80\x80\x80</b>"), refusal.XMLUTF8},
		{"H-052 lone", header("<b>\x80</b>"), refusal.XMLUTF8},
		{"H-052 name", header("<b\x80/>"), refusal.XMLUTF8},
		{"H-052 comment", header("<!-- \xED\xA0\x80 -->"), refusal.XMLUTF8},
		{"H-052 CDATA", header("<b><![CDATA[\xC3]]></b>"), refusal.XMLUTF8},
		{"H-053", header("<b a='\U0001F600'>\U0001F600<!--\u20AC--><![CDATA[\u20AC]]><\u00E9t\u00E9 \u540D=''/></b>"), ""},
		{"H-054", header("<b>http://h/\xE2\x82</b>"), refusal.XMLUTF8},
		{"H-055", header("<b>\x00</b>"), refusal.XMLChar},
		{"H-055 0B", header("<b a='\x0B'/>"), refusal.XMLChar},
		{"H-055 U+FFFE", header("<b>\uFFFE</b>"), refusal.XMLChar},
		{"H-055 U+FFFF", header("<!-- \uFFFF -->"), refusal.XMLChar},
		{"H-055 outside", "\x00" + header(""), refusal.XMLChar},
		{"H-056", "", refusal.XMLMalformed},
		{"H-056 blanks", " \n", refusal.XMLMalformed},
		{"H-058", header(`<a:To>x</a:Too>`), refusal.XMLMalformed},
		{"H-058 shorter", header(`<a:Too>x</a:To>`), refusal.XMLMalformed},
		{"H-058 prefix", header(`<a:To>x</To>`), refusal.XMLMalformed},
		{"H-058 attribute", header(`<b></b a="">`), refusal.XMLMalformed},
		{"H-059", header(`<!--` + strings.Repeat("- ", 32768) + `-->`), ""},
		{"H-060", header("") + `<b/>`, refusal.XMLMalformed},
		{"H-060 text", header("") + `x`, refusal.XMLMalformed},
		{"H-060 before", `x` + header(""), refusal.XMLMalformed},
		{"H-060 CDATA", header("") + `<![CDATA[]]>`, refusal.XMLMalformed},
		{"H-060 end tag", header("") + `</b>`, refusal.XMLMalformed},
		{"names", header(`<1/>`), refusal.XMLMalformed},
		{"names colon", header(`<:b/>`), refusal.XMLMalformed},
		{"names colons", header(`<a:b:c/>`), refusal.XMLMalformed},
		{"names end in colon", header(`<a:/>`), refusal.XMLMalformed},
		{"names local digit", header(`<a:1/>`), refusal.XMLMalformed},
		{"end tag too long", header(`<b></b` + strings.Repeat(" ", 65536) + `>`), refusal.XMLStartTag},
		{"scope", deepScope(257), refusal.XMLNamespaces},
		{"scope pass", deepScope(256), ""},
	}
}

// deepScope has n declarations in force, two of them those of the envelope.
func deepScope(n int) string {
	var open, end string
	for i := range n - 2 {
		if i%50 == 0 {
			open, end = open+"<b", end+"</b>"
		}
		open += fmt.Sprintf(` xmlns:n%d="urn:n"`, i)
		if i%50 == 49 || i == n-3 {
			open += ">"
		}
	}
	return header(open + end)
}

func TestScanner_Rows(t *testing.T) {
	t.Parallel()
	for _, r := range rows() {
		for name, c := range chunkings {
			t.Run(r.id+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := new(xmltext.Scanner)
				s.Reset(xmltext.Limits{})
				got, err := scan(s, []byte(r.doc), c)
				if r.reason != "" {
					require.Error(t, err)
					require.Equal(t, r.reason, refusal.Of(err), "%v", err)
					_, again := s.Next([]byte(r.doc), true)
					assert.Equal(t, err, again)
					return
				}
				require.NoError(t, err)
				want, why := slowRead([]byte(r.doc), xmltext.Limits{})
				require.Empty(t, why)
				require.Equal(t, want, got)
			})
		}
	}
}

// H-057: the document ends anywhere.
func TestScanner_Truncated(t *testing.T) {
	t.Parallel()
	doc := `<?xml version="1.0"?>` + header("<b a='&amp;' xmlns:c=\"d\"><![CDATA[\u20AC]]>&#65;]]<!-- c --></b >")
	for n := range len(doc) {
		for name, c := range chunkings {
			s := new(xmltext.Scanner)
			s.Reset(xmltext.Limits{})
			_, err := scan(s, []byte(doc[:n]), c)
			require.Error(t, err, "%s %q", name, doc[:n])
			require.Equal(t, refusal.XMLMalformed, refusal.Of(err), "%s %q", name, doc[:n])
		}
	}
}

// corpus gives the documents of all rows of moderate length, as seeds.
func corpus() (docs []string) {
	for _, r := range rows() {
		if len(r.doc) < 3000 {
			docs = append(docs, r.doc)
		}
	}
	return append(docs,
		`<a xmlns="urn:1" b="1"><b xmlns=""/><c xmlns:p="urn:2" p:d="e"> </c></a>`,
		`<s:E xmlns:s="urn:s"><s:Body a='"'/> <!-- c --></s:E>`,
		`<s:E xmlns:s="urn:s"><s:Body><b></b><![CDATA[</s:Body>]]></s:Body>x</s:E>`,
		`<s:E xmlns:s="urn:s"><s:Body/><s:Body/></s:E>`,
	)
}
