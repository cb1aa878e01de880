package infoset_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/infoset"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

var names = strings.NewReplacer(
	"{11}", "http://schemas.xmlsoap.org/soap/envelope/", "{12}", "http://www.w3.org/2003/05/soap-envelope",
	"{xsi}", "http://www.w3.org/2001/XMLSchema-instance", "{xsd}", "http://www.w3.org/2001/XMLSchema",
	"{enc}", "http://schemas.xmlsoap.org/soap/encoding/", "~", "\n",
)

func paths(tb testing.TB, texts ...string) []infoset.Path {
	tb.Helper()
	var list []infoset.Path
	for _, text := range texts {
		p, err := infoset.ParsePath(text)
		require.NoError(tb, err)
		assert.Equal(tb, text, p.String())
		list = append(list, p)
	}
	return list
}

func TestCompare(t *testing.T) {
	t.Parallel()
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	rows.Complete(t, "WRT", 1, 10)
	rows.Complete(t, "QNM", 1, 9)
	rows.Complete(t, "DIF", 1, 17)
	rows.Complete(t, "IGN", 1, 13)
	for _, r := range rows {
		t.Run(r.ID(), func(t *testing.T) {
			t.Parallel()
			require.Len(t, r.Fields, 5, r.Line)
			a, b := []byte(names.Replace(r.Fields[1])), []byte(names.Replace(r.Fields[2]))
			o := infoset.Options{Ignore: paths(t, strings.Fields(r.Fields[3])...)}
			got, err := infoset.Compare(a, b, o)
			require.NoError(t, err)
			var texts []string
			for _, d := range got {
				texts = append(texts, d.String())
			}
			assert.Equal(t, r.Fields[4], strings.Join(texts, "; "), r.Line)
			back, err := infoset.Compare(b, a, o)
			require.NoError(t, err)
			assert.Len(t, back, len(got), "the other way round")
		})
	}
}

func TestCompare_bounds(t *testing.T) {
	t.Parallel()
	a := "<a>" + strings.Repeat("<i>1</i>", 500) + "</a>"
	b := strings.ReplaceAll(a, "1", "2")
	got, err := infoset.Compare([]byte(a), []byte(b), infoset.Options{})
	require.NoError(t, err)
	assert.Len(t, got, 100)
	got, err = infoset.Compare([]byte(a), []byte(b), infoset.Options{Most: 3})
	require.NoError(t, err)
	assert.Len(t, got, 3)
	_, err = infoset.Compare([]byte(a), []byte("<a/>"), infoset.Options{Octets: 1000})
	require.ErrorIs(t, err, infoset.ErrTooLarge)

	long := strings.Repeat("ä", 200)
	got, err = infoset.Compare([]byte("<a>"+long+"</a>"), []byte("<a/>"), infoset.Options{})
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("ä", 100)+"…", got[0].A, "cut between characters")
}

// TestCompare_longNames: names above many elements cost what they are long, once.
func TestCompare_longNames(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("n", 1000)
	var open, end string
	for range 100 {
		open, end = open+"<"+name+">", "</"+name+">"+end
	}
	a := []byte(open + strings.Repeat("<i/>", 100_000) + "<j>1</j>" + end)
	b := []byte(open + strings.Repeat("<i/>", 100_000) + "<j>2</j>" + end)
	got, err := infoset.Compare(a, b, infoset.Options{})
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Len(t, got[0].Path, 1000+len("…"))
}

func TestCompare_unreadable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "<a>", "<a></b>", `<!DOCTYPE a><a/>`, "<p:a/>"} {
		_, err := infoset.Compare([]byte(text), []byte("<a/>"), infoset.Options{})
		require.ErrorContains(t, err, "first document: ", text)
		_, err = infoset.Compare([]byte("<a/>"), []byte(text), infoset.Options{})
		require.ErrorContains(t, err, "second document: ", text)
		assert.NotEqual(t, refusal.Internal, refusal.Of(err))
	}
	got, err := infoset.Compare([]byte("\ufeff<a/>"), []byte("<a/>"), infoset.Options{})
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestParsePath_errors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "steps are allowed",
		"a":                       "begin it with /",
		"/a//":                    `"" is no name`,
		"/a[1]":                   "predicates",
		"/a/@b/c":                 "an attribute is the last step",
		"/a/text()":               "predicates",
		strings.Repeat("//a", 63): "1 to 62 steps",
	} {
		_, err := infoset.ParsePath(text)
		assert.ErrorContains(t, err, want, text)
	}
}

// Answers of two services are compared; what has to differ is named.
func ExampleCompare() {
	a := `<s:Answer xmlns:s="urn:shop"><s:Total>10.0</s:Total><s:At>12:00:01</s:At></s:Answer>`
	b := `<Answer xmlns="urn:shop"><Total>10</Total><At>12:00:02</At></Answer>`
	at, _ := infoset.ParsePath("//s:At")
	differences, _ := infoset.Compare([]byte(a), []byte(b), infoset.Options{Ignore: []infoset.Path{at}})
	for _, d := range differences {
		fmt.Println(d)
	}
	// Output:
	// /Answer/Total: text: "10.0", "10"
}

func FuzzCompare(f *testing.F) {
	for _, text := range []string{`<a x="1"><b>t</b><!-- c --><b/></a>`, `<p:a xmlns:p="u" p:x="&#10;"><![CDATA[x]]>y<p:b/></p:a>`, "<a>", `<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="p:T"/>`} {
		f.Add([]byte(text), []byte(`<a><b/></a>`), "//b")
	}
	f.Fuzz(func(t *testing.T, a, b []byte, path string) {
		o := infoset.Options{Octets: 1 << 16, Most: 1 << 16}
		if p, err := infoset.ParsePath(path); err == nil {
			o.Ignore = append(o.Ignore, p)
		}
		forth, err := infoset.Compare(a, b, o)
		if err != nil {
			return
		}
		back, err := infoset.Compare(b, a, o)
		if err != nil || (len(forth) == 0) != (len(back) == 0) {
			t.Fatalf("%d differences one way, %d the other, %v", len(forth), len(back), err)
		}
		if same, err := infoset.Compare(a, a, o); err != nil || len(same) > 0 {
			t.Fatalf("a document differs from itself: %v, %v", same, err)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			doc := []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><List xmlns="urn:shop">` +
				strings.Repeat(`<Item id="17"><Name>Bolt M8</Name><Price>0.35</Price></Item>`, n) + `</List></s:Body></s:Envelope>`)
			ignore := paths(b, "//Time", "/Envelope/Header/MessageID")
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if got, err := infoset.Compare(doc, doc, infoset.Options{Ignore: ignore}); err != nil || len(got) > 0 {
					b.Fatal(got, err)
				}
			}
		})
	}
}
