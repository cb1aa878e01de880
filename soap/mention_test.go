package soap_test

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// pieces cuts a text into parts of n octets.
func pieces(text string, n int) [][]byte {
	var parts [][]byte
	for len(text) > n {
		parts, text = append(parts, []byte(text[:n])), text[n:]
	}
	return append(parts, []byte(text))
}

func TestMentionedIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, prefix, text string
		want               bool
	}{
		{"element", "s", `<a/><s:B/>`, true},
		{"end tag", "s", `</s:Body>`, true},
		{"attribute", "s", `<a s:b=""/>`, true},
		{"value", "s", `<a b="s:c"/>`, true},
		{"alone", "soap", `soap:x`, true},
		{"declared only", "s", `<a xmlns:s="urn:s"/>`, false},
		{"part of a longer name", "s", `<xs:a ns:b="as:c">.s:d -s:e _s:f address:g</xs:a>`, false},
		{"behind a longer name", "s", `<address:a>ss:b s:c</address:a>`, true},
		{"doubled", "s", `ss:b`, false},
		{"no colon", "s", `<s/>s s`, false},
		{"letters", "\u00e4", "<\u00e4:a/>", true},
		{"another letter", "\u00e4", "<\u00f6\u00e4:a/>", false},
		{"reference to the colon", "s", `s&#58;x`, true},
		{"hexadecimal", "s", `s&#x3A;x`, true},
		{"reference to a letter", "so", `&#x73;o:x`, true},
		{"many zeros", "s", `s&#` + strings.Repeat("0", 40) + `58;x`, true},
		{"other references", "s", `a&#13;b&#xD;c&#228;&amp;d&lt;`, false},
		{"cut reference", "s", `&#1`, false},
		{"CDATA inside", "soap", `so<![CDATA[ap]]>:x`, true},
		{"CDATA around", "soap", `<![CDATA[soap]]>:x`, true},
		{"CDATA elsewhere", "soap", `also<![CDATA[soapy]]>:x`, false},
		{"comment inside", "s", `s<!-- c -->:x`, true},
		{"instruction inside", "s", `s<?p?>:x`, true},
		{"comment elsewhere", "s", `orders<!-- c -->:x`, false},
		{"nothing", "s", ``, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= len(c.text)+1; n++ {
				assert.Equal(t, c.want, soap.MentionedIn(pieces(c.text, n), c.prefix), "parts of %d octets", n)
			}
		})
	}
}

// meaning collects what the names in a message stand for.
type meaning struct {
	scan xmltext.Scanner
	all  []string
	text []byte   // of the element that is open, since its last tag
	here []string // what the names in text stand for
}

var qname = regexp.MustCompile(`[\w.\x{80}-\x{10FFFF}-]+:`)

// names resolves what may be names in a value.
func (m *meaning) names(value []byte) []string {
	var all []string
	for _, name := range qname.FindAll(value, -1) {
		space, _ := m.scan.Lookup(bytes.TrimSuffix(name, []byte(":")))
		all = append(all, string(name)+string(space))
	}
	return all
}

// meanings returns what each name, and each word that may be one, stands for in
// the header blocks, in the content of Body, and in attributes that are kept.
func meanings(t *testing.T, text string) []string {
	t.Helper()
	var m meaning
	m.scan.Reset(xmltext.Limits{Declarations: 512, Scope: 1024, StartTag: 1 << 20})
	for {
		k, err := m.scan.Next([]byte(text), true)
		require.NoError(t, err, text)
		switch k {
		case xmltext.StartTag:
			m.end()
			m.tag(t, []byte(text))
		case xmltext.EndTag:
			m.end()
		case xmltext.Text, xmltext.CDATA:
			m.text, err = xmltext.AppendValue(m.text, m.scan.Token().Of([]byte(text)))
			require.NoError(t, err)
			m.here = m.names(m.text)
		case xmltext.End, xmltext.More:
			return m.all
		default:
		}
	}
}

func (m *meaning) end() {
	m.all = append(m.all, m.here...)
	m.text, m.here = m.text[:0], nil
}

func (m *meaning) tag(t *testing.T, text []byte) {
	t.Helper()
	depth := m.scan.Depth()
	if m.scan.Empty() {
		depth++
	}
	if depth > 2 {
		name := m.scan.Name()
		m.all = append(m.all, string(name.Local)+":"+string(name.Space))
	}
	for _, a := range m.scan.Attrs() {
		space := string(a.Name.Space)
		if depth == 1 || depth <= 3 && (space == soap.Namespace11 || space == soap.Namespace12) {
			continue // translated, or left behind
		}
		value, err := xmltext.AppendAttrValue(nil, a.Raw.Of(text))
		require.NoError(t, err)
		m.all = append(append(m.all, string(a.Name.Local)+":"+space), m.names(value)...)
	}
}

// FuzzBridge: every prefix that is used in what is kept stands for what it stood
// for, and what is kept is kept octet for octet.
func FuzzBridge(f *testing.F) {
	f.Add(`<A s:mustUnderstand="1"><s:B/></A>`, `<x a="s:b">s:c</x>`, true)
	f.Add(`<q:A xmlns:q="urn:q" s:k=""/>`, `<s:x/>`, false)
	f.Add(``, `s&#58;<![CDATA[s]]>:`, false)
	f.Add(`<s:A xmlns:s="urn:s"/>`, `<x xmlns:s="urn:s"><s:y/></x>`, true)
	f.Fuzz(func(t *testing.T, head, body string, old bool) {
		from, to, open := soap.Soap12, soap.Soap11, open12
		if old {
			from, to, open = to, from, open11
		}
		m := open + `<s:Header>` + head + `</s:Header><s:Body>` + body + closed
		e, err := soap.Decode(context.Background(), strings.NewReader(m), soap.DecodeOptions{
			Version: from, Size: int64(len(m)), Needs: soap.Needs{Check: soap.CheckWellFormed},
		})
		if err != nil {
			return
		}
		defer e.Release()
		if fault, _ := soap.IsFault(e); fault {
			return
		}
		for i := range e.Blocks() {
			if e.Blocks()[i].Name.Is(soap.Namespace12, "NotUnderstood") {
				return // it does not stay
			}
		}
		d, err := soap.Bridge(e, to)
		require.NoError(t, err)
		defer d.Close()
		got := write(t, d)
		was, is := meanings(t, m), meanings(t, got)
		require.Len(t, is, len(was), "%q became %q", m, got)
		for i, name := range was {
			if !strings.HasSuffix(name, ":") { // what stood for nothing may stand for anything
				require.Equal(t, name, is[i], "%q became %q", m, got)
			}
		}
		require.Contains(t, got, ">"+read(t, e, soap.Content)+"</")
	})
}
