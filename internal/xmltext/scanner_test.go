package xmltext_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// newScanner returns a scanner for one document with the default limits.
func newScanner() *xmltext.Scanner {
	s := new(xmltext.Scanner)
	s.Reset(xmltext.Limits{})
	return s
}

// until reads tokens up to the start tag with the given local name.
func until(t *testing.T, s *xmltext.Scanner, data []byte, local string) {
	t.Helper()
	for {
		k, err := s.Next(data, true)
		require.NoError(t, err)
		require.NotEqual(t, xmltext.End, k, "no element %s", local)
		if k == xmltext.StartTag && string(s.Name().Local) == local {
			return
		}
	}
}

func TestScanner_Token(t *testing.T) {
	t.Parallel()
	doc := []byte(`<p:a xmlns:p="urn:p" p:b = 'x&amp;y' c="z"><d/>t</p:a >`)
	s := newScanner()
	k, err := s.Next(doc, true)
	require.NoError(t, err)
	require.Equal(t, xmltext.StartTag, k)
	assert.Equal(t, `<p:a xmlns:p="urn:p" p:b = 'x&amp;y' c="z">`, string(s.Token().Of(doc)))
	assert.True(t, s.Name().Is("urn:p", "a"))
	assert.False(t, s.Name().Is("urn:P", "a"))
	assert.Equal(t, "p", string(s.Prefix()))
	assert.Equal(t, "p:a", string(s.RawName()))
	assert.Equal(t, 1, s.Depth())
	assert.False(t, s.Empty())
	require.Len(t, s.Attrs(), 2)
	b, c := s.Attrs()[0], s.Attrs()[1]
	assert.True(t, b.Name.Is("urn:p", "b"))
	assert.Equal(t, "p", string(b.Prefix))
	assert.Equal(t, "x&amp;y", string(b.Raw.Of(doc)))
	assert.True(t, c.Name.Is("", "c"))
	assert.Nil(t, c.Name.Space)
	assert.Nil(t, c.Prefix)

	k, err = s.Next(doc, true)
	require.NoError(t, err)
	require.Equal(t, xmltext.StartTag, k)
	assert.True(t, s.Empty())
	assert.Equal(t, 1, s.Depth(), "an empty element leaves the depth as it was")
	assert.Nil(t, s.Prefix())
	assert.Empty(t, s.Attrs())
	assert.Equal(t, len("<d/>"), s.Token().Len())

	_, err = s.Next(doc, true)
	require.NoError(t, err)
	k, err = s.Next(doc, true)
	require.NoError(t, err)
	require.Equal(t, xmltext.EndTag, k)
	assert.True(t, s.Name().Is("urn:p", "a"), "an end tag has the name of its start tag, with its declarations")
	assert.Equal(t, "p:a", string(s.RawName()))
	assert.Equal(t, "p", string(s.Prefix()))
	assert.Equal(t, 0, s.Depth())
	assert.Empty(t, s.Scope())
	assert.Equal(t, len(doc), s.Offset())
	for range 2 {
		k, err = s.Next(doc, true)
		require.NoError(t, err)
		assert.Equal(t, xmltext.End, k)
		assert.True(t, s.Token().Empty())
	}
}

func TestScanner_Scope(t *testing.T) {
	t.Parallel()
	doc := []byte(`<a xmlns="urn:1" xmlns:p="urn&#58;2"><b xmlns="" xmlns:q="urn:3"/><p:c/></a>`)
	s := newScanner()
	list := func() (out []string) {
		for _, d := range s.Scope() {
			out = append(out, fmt.Sprintf("%s=%s", d.Prefix, d.Space))
		}
		return out
	}
	until(t, s, doc, "a")
	assert.Equal(t, []string{"=urn:1", "p=urn:2"}, list())
	until(t, s, doc, "b")
	b := s.Name()
	assert.Equal(t, []string{"=urn:1", "p=urn:2", "=", "q=urn:3"}, list(), "its own, although it is empty")
	space, ok := s.Lookup(nil)
	assert.True(t, ok, "no prefix is never unbound")
	assert.Empty(t, space)
	q, ok := s.Lookup([]byte("q"))
	assert.True(t, ok)
	until(t, s, doc, "c")
	assert.Equal(t, []string{"=urn:1", "p=urn:2"}, list())
	_, ok = s.Lookup([]byte("q"))
	assert.False(t, ok)
	space, ok = s.Lookup([]byte("xml"))
	assert.True(t, ok)
	assert.Equal(t, "http://www.w3.org/XML/1998/namespace", string(space))
	assert.Equal(t, "urn:3", string(q), "namespaces stay as they are until Reset")
	assert.Empty(t, b.Space)
}

// Views of namespaces must stay as they are while later elements declare others.
func TestScanner_SpaceStays(t *testing.T) {
	t.Parallel()
	var doc strings.Builder
	doc.WriteString("<a>")
	for i := range 500 {
		fmt.Fprintf(&doc, `<p:b xmlns:p="urn:%d"/>`, i)
	}
	doc.WriteString("</a>")
	s := newScanner()
	var spaces [][]byte
	data := []byte(doc.String())
	for k := xmltext.More; k != xmltext.End; {
		var err error
		k, err = s.Next(data, true)
		require.NoError(t, err)
		if k == xmltext.StartTag && s.Empty() {
			spaces = append(spaces, s.Name().Space)
		}
	}
	require.Len(t, spaces, 500)
	for i, space := range spaces {
		require.Equal(t, fmt.Sprintf("urn:%d", i), string(space))
	}
}

func TestScanner_Skip(t *testing.T) {
	t.Parallel()
	const mark = "\xEF\xBB\xBF"
	for doc, reason := range map[string]refusal.Reason{
		mark + `<?xml version="1.0"?><a/>`:  "",                   // H-041
		mark + mark + `<a/>`:                refusal.XMLMalformed, // H-042
		mark + ` <?xml version="1.0"?><a/>`: refusal.XMLMalformed,
	} {
		s := newScanner()
		s.Skip(len(mark))
		_, err := scan(s, []byte(doc), octets)
		if reason == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, reason, refusal.Of(err), "%q", doc)
	}
}

func TestScanner_SetEncoding(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		enc  xmltext.Encoding
		name string
		ok   bool
	}{
		{xmltext.UTF8, "utf-8", true},
		{xmltext.UTF8, "UTF-8", true},
		{xmltext.UTF8, "utf8", false},
		{xmltext.UTF8, "utf-16", false},
		{xmltext.UTF8, "us-ascii", false},
		{xmltext.UTF8, "", false},
		{xmltext.UTF16LE, "UTF-16", true},
		{xmltext.UTF16LE, "utf-16LE", true},
		{xmltext.UTF16LE, "utf-16be", false},
		{xmltext.UTF16LE, "utf-8", false},
		{xmltext.UTF16BE, "utf-16", true},
		{xmltext.UTF16BE, "utf-16be", true},
		{xmltext.UTF16BE, "utf-16le", false},
	} {
		s := newScanner()
		s.SetEncoding(tc.enc)
		_, err := scan(s, []byte(`<?xml version="1.0" encoding="`+tc.name+`"?><a/>`), whole)
		if tc.ok {
			require.NoError(t, err, "%v %q", tc.enc, tc.name)
			continue
		}
		require.Equal(t, refusal.XMLEncoding, refusal.Of(err), "%v %q", tc.enc, tc.name)
	}
}

func TestScanner_NameTable(t *testing.T) {
	t.Parallel()
	doc := []byte(`<p:aa xmlns:p="urn:p"><aa/><p:aa/><` + "\u00E9\u00E9" + ` cc=""/></p:aa>`) // p aa éé cc
	for limit, ok := range map[int]bool{6: false, 7: true, 0: true} {
		s := new(xmltext.Scanner)
		for range 2 { // Reset forgets the names
			s.Reset(xmltext.Limits{NameTable: limit})
			_, err := scan(s, doc, whole)
			require.Equal(t, ok, err == nil, "%d: %v", limit, err)
			if !ok {
				require.Equal(t, refusal.XMLName, refusal.Of(err))
			}
		}
		s.Reset(xmltext.Limits{NameTable: limit})
		require.Equal(t, ok, walk(s.Walk(xmltext.WellFormed), doc, octets) == nil)
	}
}

func TestScanner_Offset(t *testing.T) {
	t.Parallel()
	s := newScanner()
	_, err := scan(s, []byte("<a>\n<b c='1' c='2'/></a>"), octets)
	var refused *refusal.Error
	require.ErrorAs(t, err, &refused)
	assert.EqualValues(t, 16, refused.Offset)
	assert.Equal(t, "xml.dupattr: attribute twice (octet 16)", err.Error())
}

func TestScanner_NoAllocation(t *testing.T) {
	s := newScanner()
	data := message(10_000)
	w, body, failed := new(xmltext.Walk), newScanner(), false
	until(t, body, data, "Body")
	for name, run := range map[string]func(){
		"whole document": func() {
			s.Reset(xmltext.Limits{})
			for k := xmltext.More; k != xmltext.End; {
				k, _ = s.Next(data, true)
			}
		},
		"octet by octet": func() {
			s.Reset(xmltext.Limits{})
			for n := 0; n <= 600; {
				if k, _ := s.Next(data[:n], false); k == xmltext.More {
					n++
				}
			}
		},
		"walks": func() {
			for _, l := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
				w.Reset(body, l)
				_, _ = w.Write(data[body.Offset():])
				failed = failed || w.Close() != nil
			}
		},
		"many attributes": func() {
			s.Reset(xmltext.Limits{})
			_, _ = s.Next(manyAttributes, true)
		},
	} {
		run()
		assert.Zero(t, testing.AllocsPerRun(20, run), name)
	}
	assert.False(t, failed)
}

var manyAttributes = []byte(`<a xmlns:p="urn:p"` + func() (s string) {
	for i := range 200 {
		s += fmt.Sprintf(` p:a%d=""`, i)
	}
	return s
}() + `/>`)

// T-XML-06: names that are hard on a table without a seed are as cheap as others,
// and T-XML-04: so is the check of the greatest number of attributes.
func TestScanner_ManyNames(t *testing.T) {
	t.Parallel()
	var doc bytes.Buffer
	doc.WriteString("<a>")
	for i := range 100_000 {
		fmt.Fprintf(&doc, "<n%d/>", i)
	}
	doc.WriteString("</a>")
	s := new(xmltext.Scanner)
	s.Reset(xmltext.Limits{NameTable: 1 << 30})
	_, err := scan(s, doc.Bytes(), whole)
	require.NoError(t, err)
}

// T-XML-08 by patience instead of a clock: if each octet made the scanner look at
// its token anew, these would be 10^10 steps and the test would run into its
// timeout.
func TestScanner_LongTokens(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("- ] \u20AC& ", 30_000)
	plain := strings.ReplaceAll(long, "&", "x")
	for name, doc := range map[string]string{
		"comment":   "<a><!--" + long + "--></a>",
		"CDATA":     "<a><![CDATA[" + long + "]]></a>",
		"text":      "<a>" + plain + "</a>",
		"attribute": "<a b='" + plain[:65_000] + "'/>",
		"blanks":    "<a" + strings.Repeat(" ", 65_000) + "></a" + strings.Repeat(" ", 65_000) + ">",
		"outside":   strings.Repeat(" ", 200_000) + "<a/>" + strings.Repeat("\n", 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScanner()
			data := []byte(doc)
			last, tokens := xmltext.More, 0
			for n := 0; n <= len(data); n++ {
				for {
					k, err := s.Next(data[:n], n == len(data))
					require.NoError(t, err)
					if last = k; k == xmltext.More || k == xmltext.End {
						break
					}
					tokens++
				}
			}
			require.Equal(t, xmltext.End, last)
			require.LessOrEqual(t, tokens, 3)
			for _, l := range []xmltext.Level{xmltext.Structure, xmltext.WellFormed} {
				s.Reset(xmltext.Limits{})
				require.NoError(t, walk(s.Walk(l), data, octets))
			}
		})
	}
}
