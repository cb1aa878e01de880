package xmltext_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

const envelope = `<s:E xmlns:s="urn:s"><s:Header/><s:Body>`

// Rows of threats.md, section 4, that the walks decide. What is told apart by the
// level stands in full, the reason of WellFormed.
func TestWalk_Rows(t *testing.T) {
	t.Parallel()
	const end = `</s:Body></s:E>`
	for _, tc := range []struct {
		id, rest        string
		structure, full refusal.Reason
	}{
		{"plain", `<b/>` + end, "", ""},
		{"empty", end, "", ""},
		{"blanks and comments", ` t <!-- - </s:Body> --> </s:Body > <!----> </s:E>` + "\r\n<!-- -->", "", ""},
		{"quotes", `<b a="/s:Body>" b='/>"'/><b a='"'></b>` + end, "", ""},
		{"CDATA", `<![CDATA[</s:Body>]]]]><b><![CDATA[]]]]]></b>` + end, "", ""},
		{"references", `&amp;<b a="&lt;&#1;">&#10;</b>` + end, "", ""},
		{"nested Header and Body", `<s:Header/><s:Body></s:Body><s:E><s:Body/></s:E>` + end, "", ""},
		{"depth 128", strings.Repeat("<b>", 126) + strings.Repeat("</b>", 126) + end, "", ""},
		{"H-017", strings.Repeat("<b>", 5000), refusal.XMLDepth, refusal.XMLDepth},
		{"H-017 empty element", strings.Repeat("<b>", 126) + "<b/>", refusal.XMLDepth, refusal.XMLDepth},
		{"H-026", `<p:b/>` + end, "", refusal.XMLPrefix},
		{"DTD", `<b><!DOCTYPE b></b>` + end, refusal.XMLDTD, refusal.XMLDTD},
		{"DTD behind", end + `<!DOCTYPE`, refusal.XMLDTD, refusal.XMLDTD},
		{"PI", `<b><?x?></b>` + end, refusal.XMLPI, refusal.XMLPI},
		{"PI behind", end + `<?xml-x?>`, refusal.XMLPI, refusal.XMLPI},
		{"declaration", `<?xml version="1.0"?>` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"declaration behind", end + `<?xml?>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"markup", `<!ENTITY a "b">` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"comment", `<!-- -- -->` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"attribute", `<b a="<"/>` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"start tag", `<b <c>` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"start tag &", `<b & "c">` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"end tag", `<b></b "c">` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"name", `< b>` + end, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-058", `<b></c>` + end, "", refusal.XMLMalformed},
		{"Body closed by another", `<b></s:Body></b></s:E>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"Body closed by a longer name", `</s:Bodyx></s:E>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"Envelope closed by another", `</s:Body></E>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-060", end + `<s:E/>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-060 text", end + ` x`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-060 reference", end + `&#32;`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-060 CDATA", end + `<![CDATA[]]>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-060 end tag", end + `</s:E>`, refusal.XMLMalformed, refusal.XMLMalformed},
		{"H-062", `</s:Body><s:Header/></s:E>`, refusal.SOAPStructure, refusal.SOAPStructure},
		{"H-063", `</s:Body><s:Body/></s:E>`, refusal.SOAPStructure, refusal.SOAPStructure},
		{"element behind Body", `</s:Body> <!-- --><b></b></s:E>`, refusal.SOAPStructure, refusal.SOAPStructure},
		{"text behind Body", `</s:Body>` + "\n" + `x</s:E>`, refusal.SOAPStructure, refusal.SOAPStructure},
		{"reference behind Body", `</s:Body>&#32;</s:E>`, refusal.SOAPStructure, refusal.SOAPStructure},
		{"CDATA behind Body", `</s:Body><![CDATA[]]></s:E>`, refusal.SOAPStructure, refusal.SOAPStructure},
		{"characters", "<b>\x01\xC0\xAF]]></b>" + end, "", refusal.XMLChar},
		{"duplicate", `<b a="" a=""/>` + end, "", refusal.XMLDupAttr},
		{"one element short", `<b>` + end, refusal.XMLMalformed, refusal.XMLMalformed},
	} {
		for name, c := range chunkings {
			t.Run(tc.id+"/"+name, func(t *testing.T) {
				t.Parallel()
				doc := []byte(envelope + tc.rest)
				s := newScanner()
				until(t, s, doc, "Body")
				rest := doc[s.Offset():]
				for level, reason := range map[xmltext.Level]refusal.Reason{
					xmltext.Head: "", xmltext.Structure: tc.structure, xmltext.WellFormed: tc.full,
				} {
					w := s.Walk(level)
					err := walk(w, rest, c)
					if reason != "" {
						require.Equal(t, reason, refusal.Of(err), "level %d: %v", level, err)
						_, again := w.Write(nil)
						assert.Equal(t, err, again)
						assert.Equal(t, err, w.Close())
						continue
					}
					require.NoError(t, err, "level %d", level)
					at, ok := w.BodyEnd()
					require.Equal(t, level != xmltext.Head, ok)
					if ok {
						assert.Equal(t, strings.LastIndex(tc.rest, "</s:Body"), int(at))
					}
				}
			})
		}
	}
}

// The walk ends in the middle of anything.
func TestWalk_Truncated(t *testing.T) {
	t.Parallel()
	doc := []byte(envelope + `<b a='"' >t<![CDATA[ ]]><!-- - --></b ><c/></s:Body > <!-- --> </s:E>`)
	s := newScanner()
	until(t, s, doc, "Body")
	for n := s.Offset(); n < len(doc); n++ {
		for _, level := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
			for name, c := range chunkings {
				err := walk(s.Walk(level), doc[s.Offset():n], c)
				require.Equal(t, refusal.XMLMalformed, refusal.Of(err), "level %d %s: %v %q", level, name, err, doc[:n])
			}
		}
	}
}

func TestWalk_Start(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, doc, at string // the walk begins behind the start tag at; before the document when empty
		reason        refusal.Reason
		body          bool
	}{
		{"empty Body", `<s:E xmlns:s="urn:s"><s:Body/> <!-- --> </s:E> `, "Body", "", false},
		{"empty Body, element behind", `<s:E xmlns:s="urn:s"><s:Body/><s:Body/></s:E>`, "Body", refusal.SOAPStructure, false},
		{"within Body", envelope + `<b><c xmlns:d="urn:d">x</c><d/></b><e></e></s:Body></s:E>`, "c", "", true},
		{"within Body, empty element", envelope + `<b><c xmlns:d="urn:d"/><d/></b></s:Body></s:E>`, "c", "", true},
		{"within Body, prefix out of scope", envelope + `<b><c xmlns:d="urn:d"/><d:d/></b></s:Body></s:E>`, "c", refusal.XMLPrefix, true},
		{"empty root", `<a/><!-- -->`, "a", "", false},
		{"empty root, second", `<a/><a/>`, "a", refusal.XMLMalformed, false},
		{"document", ` <!-- --><a><b/>x<c/></a>`, "", "", false},
		{"document with declaration", `<?xml version="1.0" encoding="utf-8"?><a><b/></a>`, "", "", false},
		{"document with late declaration", ` <?xml version="1.0"?><a/>`, "", refusal.XMLMalformed, false},
		{"no document", ` `, "", refusal.XMLMalformed, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			doc := []byte(tc.doc)
			s := newScanner()
			if tc.at != "" {
				until(t, s, doc, tc.at)
			}
			for _, level := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
				for _, c := range chunkings {
					w := s.Walk(level)
					err := walk(w, doc[s.Offset():], c)
					_, ok := w.BodyEnd()
					switch {
					case tc.reason == "" || level == xmltext.Structure && tc.reason == refusal.XMLPrefix:
						require.NoError(t, err)
						assert.Equal(t, tc.body, ok)
					default:
						require.Equal(t, tc.reason, refusal.Of(err), "%v", err)
					}
				}
			}
		})
	}
}

// A byte order mark moves the place at which a declaration may stand.
func TestWalk_Skip(t *testing.T) {
	t.Parallel()
	doc := []byte("\xEF\xBB\xBF" + `<?xml version="1.0"?><a/>`)
	for _, level := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
		s := newScanner()
		s.Skip(3)
		require.NoError(t, walk(s.Walk(level), doc[s.Offset():], octets))
	}
}

// Offsets count from the start of the document, at both levels and any chunking.
func TestWalk_Offset(t *testing.T) {
	t.Parallel()
	doc := []byte(envelope + strings.Repeat("<b>text</b>", 5000) + `<?x?>`)
	s := newScanner()
	until(t, s, doc, "Body")
	for _, level := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
		for name, c := range chunkings {
			err := walk(s.Walk(level), doc[s.Offset():], c)
			var refused *refusal.Error
			require.ErrorAs(t, err, &refused, name)
			assert.EqualValues(t, len(doc)-len("<?x?>"), refused.Offset, name)
		}
	}
}

// The scanner goes on unharmed, and the walk without it.
func TestWalk_Independent(t *testing.T) {
	t.Parallel()
	doc := []byte(`<s:E xmlns:s="urn:s"><s:Body xmlns:p="urn:p"><p:b/></s:Body></s:E>`)
	s := newScanner()
	until(t, s, doc, "Body")
	w, rest := s.Walk(xmltext.WellFormed), string(doc[s.Offset():])
	until(t, s, doc, "b")
	s.Reset(xmltext.Limits{})
	clear(doc)
	until(t, s, []byte(`<q:x xmlns:q="urn:q"><y/></q:x>`), "y")
	require.NoError(t, walk(w, []byte(rest), whole))
}

// Constant memory: a long text, comment and CDATA section, and many elements with
// declarations of their own.
func TestWalk_Memory(t *testing.T) {
	doc := []byte(envelope)
	s := newScanner()
	until(t, s, doc, "Body")
	for _, level := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
		w := s.Walk(level)
		piece := []byte(strings.Repeat("text ", 2000))
		element := []byte(`<q:b xmlns:q="urn:a-namespace-of-some-length"></q:b>`)
		var err error
		write := func(n int, parts ...[]byte) {
			for i := 0; i < n && err == nil; i++ {
				for _, p := range parts {
					_, err = w.Write(p)
				}
			}
		}
		open, end, cdata, cdataEnd := []byte("<!--"), []byte("-->"), []byte("<![CDATA["), []byte("]]>")
		assert.Zero(t, testing.AllocsPerRun(3, func() {
			write(100, piece)
			write(1, open)
			write(100, piece)
			write(1, end, cdata)
			write(100, piece)
			write(1, cdataEnd)
			write(3000, element)
		}), "level %d", level)
		require.NoError(t, err)
		_, err = w.Write([]byte("</s:Body></s:E>"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
}
