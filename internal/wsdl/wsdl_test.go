package wsdl_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/wsdl"
)

func ExampleLoad() {
	d, err := wsdl.Load("testdata/orders.wsdl")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := d.Contract("IOrders")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, op := range c.Operations {
		fmt.Println(op.Name, op.Action, op.OneWay, op.Element)
	}
	for _, n := range d.Notices() {
		fmt.Println(filepath.ToSlash(n.Pos.String()), n.Text)
	}
	// Output:
	// Place urn:example:orders/IOrders/Place false {urn:example:orders}Place
	// Cancel urn:example:orders/IOrders/Cancel true {urn:example:orders}Cancel
	// testdata/orders.wsdl:16:5 operation "Changed" is begun by the service (output first) and left out
	// testdata/orders.wsdl:35:7 operation "Place" has another soapAction in another binding; that one is used: urn:example:orders/IOrders/Place
}

func TestLoad_forms(t *testing.T) {
	t.Parallel()
	name := filepath.Join("testdata", "forms.wsdl")
	d, err := wsdl.Load(name)
	require.NoError(t, err)
	c, err := d.Contract("")
	require.NoError(t, err)
	assert.Equal(t, "{http://example.org/forms}Forms", c.Name.String())
	assert.Equal(t, source.Pos{File: name, Line: 7, Column: 3}, c.Pos)
	const ns = "http://example.org/forms"
	want := []wsdl.Operation{
		{Name: "Rpc", Action: ns + "/Forms/RpcRequest", ReplyAction: ns + "/Forms/RpcResponse", Element: wsdl.Name{Space: "http://example.org/rpc", Local: "Rpc"}},
		{Name: "Both", Action: "urn:am", ReplyAction: "urn:old-reply", SOAPAction: "urn:field", Element: wsdl.Name{Space: ns, Local: "Wrapper"}},
		{Name: "Old", Action: "urn:old", OneWay: true, Element: wsdl.Name{Space: ns, Local: "Wrapper"}},
		{Name: "ByField", Action: "urn:field2", ReplyAction: ns + "/Forms/ByFieldResponse", SOAPAction: "urn:field2"},
		{Name: "Named", Action: ns + "/Forms/AskNow", ReplyAction: ns + "/Forms/Told"},
		{Name: "Unbound", Action: ns + "/Forms/Unbound", OneWay: true},
	}
	require.Len(t, c.Operations, len(want))
	for i, w := range want {
		w.Pos = source.Pos{File: name, Line: 8 + i, Column: 5}
		assert.Equal(t, w, c.Operations[i])
	}
}

// document wraps the inside of a definitions element.
func document(inside string) string {
	return `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t" targetNamespace="urn:t">` + inside + `</definitions>`
}

const one = `<message name="M"/><portType name="P"><operation name="O"><input message="t:M"/></operation></portType>`

func TestParse_derivedFromURN(t *testing.T) {
	t.Parallel()
	d, err := wsdl.Parse("w", []byte(document(one)))
	require.NoError(t, err)
	c, err := d.Contract("{urn:t}P")
	require.NoError(t, err)
	assert.Equal(t, "urn:t:P:O", c.Operations[0].Action)
	assert.Equal(t, []*wsdl.Contract{c}, d.Contracts())
}

func TestParse_encodings(t *testing.T) {
	t.Parallel()
	text := `<?xml version="1.0" encoding="utf-16"?>` + document(one)
	units := utf16.Encode([]rune(text))
	little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
	for _, u := range units {
		little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
	}
	for name, data := range map[string][]byte{"little": little, "big": big, "utf-8": []byte("\xef\xbb\xbf" + document(one))} {
		d, err := wsdl.Parse("w", data)
		require.NoError(t, err, name)
		assert.Len(t, d.Contracts(), 1)
	}
}

func TestParse_errors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "w:1:1: the file holds no element"},
		{"no XML", "services:", "text outside of the root element"},
		{"DTD", `<!DOCTYPE x [<!ENTITY e "e">]>` + document(""), "w:1:1: a document type declaration"},
		{"entity", document("&canary;"), "not well-formed XML"},
		{"not closed", "<definitions>", "element definitions has no end tag"},
		{"wrong end", "<a></b>", "w:1:4: end tag b without its start tag"},
		{"two roots", "<a/><b/>", "a second root element b"},
		{"attribute twice", `<a b="" b=""/>`, "attribute b stands twice"},
		{"deep", strings.Repeat("<a>", 200), "nested more than 128 deep"},
		{"code page", `<?xml version="1.0" encoding="windows-1252"?><a/>`, "not well-formed XML in UTF-8"},
		{"UTF-16 without a mark", "<\x00a\x00", "UTF-16 without a byte order mark"},
		{"half a character", "\xff\xfe<\x00a", "ends in the middle"},
		{"half a pair", "\xff\xfe\x00\xd8", "half a character"},
		{"WSDL 2.0", `<description xmlns="http://www.w3.org/ns/wsdl"/>`, "this is WSDL 2.0"},
		{"something else", `<configuration/>`, "the root element is configuration"},
		{"message", document(`<portType name="P"><operation name="O"><input message="t:M"/></operation></portType>`), `operation "O": message "t:M" is not declared; import the file`},
		{"message of another namespace", document(`<message name="M"/><portType name="P"><operation name="O"><input message="M"/></operation></portType>`), `message "M" is not declared`},
		{"part", document(`<message name="M"><part name="p" element="x:E"/></message><portType name="P"><operation name="O"><input message="t:M"/></operation></portType>`), `the prefix of "x:E" is not declared`},
		{"operation twice", document(`<message name="M"/><portType name="P"><operation name="O"><input message="t:M"/></operation><operation name="O"/></portType>`), `operation "O" stands at`},
		{"operation without name", document(`<portType name="P"><operation><input/></operation></portType>`), "the operation has no name"},
		{"operation without input", document(`<portType name="P"><operation name="O"/></portType>`), `operation "O" has no input`},
		{"portType twice", document(`<portType name="P"/><portType name="P"/>`), `portType "P" stands at`},
		{"import", document(`<import location="http://elsewhere.example/canary?wsdl"/>`), "nothing is fetched"},
		{"import of an absolute path", document(`<import location="/etc/passwd"/>`), "nothing is fetched"},
		{"import of a share", document(`<import location="\\host\share\x.wsdl"/>`), "nothing is fetched"},
		{"import of a drive", document(`<import location="c:x.wsdl"/>`), "nothing is fetched"},
		{"import of an escape", document(`<import location="%2e%2e/x.wsdl"/>`), "nothing is fetched"},
		{"import from above", document(`<import location="../x.wsdl"/>`), "leads out of the directory"},
		{"import from above by a way round", document(`<import location="a/../../x.wsdl"/>`), "leads out of the directory"},
		{"import without location", document(`<import namespace="urn:x"/>`), "the import has no location"},
		{"import of a file in memory", document(`<import location="x.wsdl"/>`), "imports are read from files only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := wsdl.Parse("w", []byte(c.in))
			require.ErrorContains(t, err, c.want)
			var wrong *wsdl.Error
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, "w", wrong.Pos.File)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestParse_allErrors(t *testing.T) {
	t.Parallel()
	_, err := wsdl.Parse("w", []byte(document("\n<import/>\n<import location='/x'/>")))
	require.ErrorContains(t, err, "w:2:1: ")
	require.ErrorContains(t, err, "w:3:1: ")
}

func TestDocument_Contract(t *testing.T) {
	t.Parallel()
	d, err := wsdl.Parse("w", []byte(document(`<portType name="A"/><portType name="B"/>`)))
	require.NoError(t, err)
	_, err = d.Contract("")
	require.ErrorContains(t, err, "w has 2 port types; write portType: one of A, B")
	_, err = d.Contract("C")
	require.ErrorContains(t, err, `w has no portType "C"; it has A, B`)
	d, err = wsdl.Parse("w", []byte(document("")))
	require.NoError(t, err)
	_, err = d.Contract("")
	require.ErrorContains(t, err, "w has no portType")
}

func TestLoad_files(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o750))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	outside := write("outside.wsdl", document(one))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "in", "folder.wsdl"), 0o750))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "in", "link.wsdl")))
	for _, c := range []struct{ name, location, want string }{
		{"missing", "none.wsdl", ": cannot read none.wsdl: no such file"},
		{"directory", "folder.wsdl", "not a regular file"},
		{"link that leaves the directory", "link.wsdl", "cannot read link.wsdl: path escapes"},
		{"broken", "broken.wsdl", "broken.wsdl:1:4: "},
	} {
		write("in/broken.wsdl", "<a></b>")
		main := write("in/"+strings.ReplaceAll(c.name, " ", "-")+"-main.wsdl", document(`<import location="`+c.location+`"/>`))
		_, err := wsdl.Load(main)
		require.ErrorContains(t, err, c.want, c.name)
		assert.Contains(t, err.Error(), filepath.Join(dir, "in"))
	}
	_, err := wsdl.Load(filepath.Join(dir, "none", "x.wsdl"))
	require.ErrorContains(t, err, "cannot read the directory: no such file")

	for i := range 300 {
		write(fmt.Sprintf("many/%d.wsdl", i), document(fmt.Sprintf(`<import location="%d.wsdl"/>`, i+1)))
	}
	_, err = wsdl.Load(filepath.Join(dir, "many", "0.wsdl"))
	require.ErrorContains(t, err, "more than 256 files")
	_, err = wsdl.Load(write("large.wsdl", strings.Repeat(" ", 16<<20+1)))
	require.ErrorContains(t, err, "larger than 16 MiB")
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"orders.wsdl", "forms.wsdl", "shared/messages.wsdl"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(document(one)))
	f.Add([]byte("\xff\xfe<\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := wsdl.Parse("w", data)
		if (d == nil) == (err == nil) {
			t.Fatalf("document %v and error %v", d, err)
		}
		if err != nil {
			return
		}
		for _, c := range d.Contracts() {
			for _, op := range c.Operations {
				if op.Name == "" || op.Action == "" || op.Pos.Line == 0 || op.OneWay != (op.ReplyAction == "") {
					t.Fatalf("operation %+v", op)
				}
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("operations=%d", n), func(b *testing.B) {
			var s strings.Builder
			s.WriteString(`<message name="M"/><portType name="P">`)
			for i := range n {
				fmt.Fprintf(&s, `<operation name="O%d"><input message="t:M"/></operation>`, i)
			}
			s.WriteString(`</portType>`)
			data := []byte(document(s.String()))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wsdl.Parse("w", data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
