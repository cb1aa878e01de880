package hostile

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// in11 makes a SOAP 1.1 request whose message differs by edit.
func in11(edit func(*message)) func() *request {
	return func() *request { m := base11(); edit(m); return post11(m) }
}

// in12 is in11 with SOAP 1.2 and addressing.
func in12(edit func(*message)) func() *request {
	return func() *request { m := base12(); edit(m); return post12(m) }
}

// inBig is in11 to the endpoint that takes 64 MiB.
func inBig(edit func(*message)) func() *request {
	return func() *request { m := base11(); edit(m); return post11(m).to("/big11") }
}

// header adds header blocks in front of the others.
func header(block string) func(*message) {
	return func(m *message) { m.headers = block + m.headers }
}

// to replaces wsa:To.
func to(element string) func(*message) { return func(m *message) { m.to = element } }

// passRewritten is the outcome of a message whose To was taken for what it is:
// the router has put the back end's address in its place.
func passRewritten() outcome {
	return outcome{status: http.StatusOK, back: spliced, then: func(t *testing.T, x *exchange) {
		t.Helper()
		if s := x.one(t); s != nil {
			assert.NotContains(t, string(s.body), "http://front.example/s12")
			assert.Contains(t, string(s.body), x.rig.back.addr+"/back12")
		}
	}}
}

// passKept is the outcome of a header that is none of addressing's.
func passKept(kept string) outcome {
	o := passRewritten()
	rewritten := o.then
	o.then = func(t *testing.T, x *exchange) {
		t.Helper()
		rewritten(t, x)
		if s := x.one(t); s != nil {
			assert.Contains(t, string(s.body), kept)
		}
	}
	return o
}

func doctypeRows() []row {
	before := func(s string) func() *request { return in11(func(m *message) { m.before = s }) }
	dtd, malformed := refused(400, refusal.XMLDTD), refused(400, refusal.XMLMalformed)
	return []row{
		{id: "H-001", send: before("<!DOCTYPE a>"), want: dtd},
		{id: "H-002", send: before("<!-- c --><!DOCTYPE a>"), want: dtd},
		{id: "H-003", send: in11(header("<!DOCTYPE a>")), want: dtd},
		{id: "H-004", name: "lower case", send: before("<!doctype a>"), want: malformed},
		{id: "H-004", name: "entity", send: before(`<!ENTITY a "b">`), want: malformed},
		{id: "H-033", send: in12(to("<a:To>http://front.example/s<!-- -->12</a:To>")), want: refused(400, refusal.XMLSplitValue)},
		{id: "H-034", send: in11(header("<?x?>")), want: refused(400, refusal.XMLPI)},
		{id: "H-036", send: in11(header("<!-- a--b -->")), want: malformed},
		{id: "H-049", send: before(`<?xml version="1.1"?>`), want: malformed},
		{id: "H-050", send: before(` <?xml version="1.0"?>`), want: malformed},
	}
}

func referenceRows() []row {
	text := func(s string) func() *request { return in11(header(`<x:A xmlns:x="urn:x">` + s + `</x:A>`)) }
	malformed, char := refused(400, refusal.XMLMalformed), refused(400, refusal.XMLChar)
	action := func(written, parameter string) func() *request {
		return func() *request {
			m := base12()
			m.action = `<a:Action>` + written + `</a:Action>`
			return post12(m).set("Content-Type", `application/soap+xml; charset=utf-8; action="`+parameter+`"`)
		}
	}
	lettered := passRewritten()
	lettered.then = func(t *testing.T, x *exchange) {
		t.Helper()
		if s := x.one(t); s != nil {
			assert.Equal(t, "POST /special12 HTTP/1.1", s.line, "the filter of urn:orders/A matches")
		}
	}
	return []row{
		{id: "H-005", send: in12(to("<a:To>http://h/&foo;</a:To>")), want: malformed},
		{id: "H-006", name: "AMP", send: text("&AMP;"), want: malformed},
		{id: "H-006", name: "no semicolon", send: text("&#x41"), want: malformed},
		{id: "H-007", send: text("&#0;"), want: char},
		{id: "H-008", send: text("&#x1;"), want: pass()},
		{id: "H-009", send: in12(to("<a:To>http://front.example/&#x1;</a:To>")), want: char},
		{id: "H-010", name: "surrogate", send: text("&#xD800;"), want: char},
		{id: "H-010", name: "beyond Unicode", send: text("&#x110000;"), want: char},
		{id: "H-011", send: text("&#00000000065;"), want: char},
		{id: "H-012", name: "decimal", send: action("urn:orders/&#65;", "urn:orders/A"), want: lettered},
		{id: "H-012", name: "hexadecimal", send: action("urn:orders/&#x41;", "urn:orders/A"), want: lettered},
	}
}

// nest gives n nested elements.
func nest(n int) string { return strings.Repeat("<n>", n) + strings.Repeat("</n>", n) }

func depthRows() []row {
	depth := refusal.XMLDepth
	million := inBig(func(m *message) { m.body = nest(1_000_000) })
	return []row{
		// Envelope and Header are the first two of the 128.
		{id: "H-013", send: in11(header(nest(126))), want: pass()},
		{id: "H-014", send: in11(header(nest(127))), want: refused(400, depth)},
		{id: "H-015", send: func() *request {
			// Only 1 KiB behind the limit is ever sent: the answer must not wait for more.
			m := base11()
			m.headers = nest(1_000_000)
			r := post11(m).to("/big11")
			at := strings.Index(m.String(), "<n>") + 127*len("<n>") + 1024
			r.writes = [][]byte{append(r.head(), r.body[:at]...)}
			return r
		}, want: refused(400, depth)},
		{id: "H-016", send: million, want: outcome{status: 200, back: same, then: flat(4 << 20)}},
		{id: "H-017", rigs: "structure full", send: million, want: late(depth)},
	}
}

// flat compares the heap with that before the row.
func flat(growth float64) func(*testing.T, *exchange) {
	return func(t *testing.T, x *exchange) {
		t.Helper()
		const heap = "go_memstats_heap_inuse_bytes"
		assert.LessOrEqual(t, x.rig.metrics(t).value(heap)-x.before.value(heap), growth, "growth of the heap")
	}
}

// attributes gives n attributes, each with a blank in front.
func attributes(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " "+format, i)
	}
	return b.String()
}

func tagRows() []row {
	tag := func(attrs string) func() *request { return in11(header(`<x:A xmlns:x="urn:x"` + attrs + `/>`)) }
	malformed := refused(400, refusal.XMLMalformed)
	long := func(n int) func(*message) {
		return func(m *message) {
			tag := len(`<s:Envelope xmlns:s="` + soap11 + `" x="">`)
			m.root = ` x="` + strings.Repeat("x", n-tag) + `"`
		}
	}
	return []row{
		{id: "H-018", send: tag(attributes(256, `a%d="1"`)), want: pass()},
		{id: "H-019", send: tag(attributes(257, `a%d="1"`)), want: refused(400, refusal.XMLAttributes)},
		{id: "H-020", send: tag(attributes(64, `xmlns:n%d="urn:n"`)), want: refused(400, refusal.XMLNamespaces)},
		{id: "H-021", send: inBig(long(65_537)), want: refused(400, refusal.XMLStartTag)},
		{id: "H-022", send: in11(header("<" + strings.Repeat("n", 1025) + "/>")), want: refused(400, refusal.XMLName)},
		{id: "H-023", send: tag(strings.Repeat(` a="1"`, 2)), want: refused(400, refusal.XMLDupAttr)},
		{id: "H-024", send: tag(` xmlns:p="urn:p" xmlns:q="urn:p" p:a="1" q:a="1"`), want: refused(400, refusal.XMLDupAttr)},
		{id: "H-037", send: in11(header(`<x:A xmlns:x="urn:x">]]></x:A>`)), want: malformed},
		{id: "H-038", send: tag(` a="<"`), want: malformed},
		{id: "H-039", send: tag(` a='>'`), want: pass()},
		{id: "H-040", name: "no blank", send: tag(` a="1"b="2"`), want: malformed},
		{id: "H-040", name: "no quotes", send: tag(` a=1`), want: malformed},
		{id: "H-058", send: in12(to("<a:To>http://front.example/s12</a:Too>")), want: malformed},
	}
}

func prefixRows() []row {
	declared := func(declaration string) func() *request {
		return in11(header(`<x:A xmlns:x="urn:x" ` + declaration + `/>`))
	}
	unbound := func(m *message) { m.body = "<u:Order/>" }
	prefix := refused(400, refusal.XMLPrefix)
	return []row{
		{id: "H-025", send: in11(header("<u:A/>")), want: prefix},
		{id: "H-026", send: in11(unbound), want: pass()},
		{id: "H-026", name: "full", rigs: "full", send: in11(unbound), want: late(refusal.XMLPrefix)},
		{id: "H-027", send: declared(`xmlns:p=""`), want: prefix},
		{id: "H-028", name: "xml", send: declared(`xmlns:xml="urn:x"`), want: prefix},
		{id: "H-028", name: "xmlns", send: declared(`xmlns:xmlns="urn:x"`), want: prefix},
		{id: "H-028", name: "to xml", send: declared(`xmlns:p="http://www.w3.org/XML/1998/namespace"`), want: prefix},
		{id: "H-028", name: "to xmlns", send: declared(`xmlns:p="http://www.w3.org/2000/xmlns/"`), want: prefix},
	}
}

// toRows say which header is To and which is none.
func toRows() []row {
	const old = "http://front.example/s12"
	const other = `<q:To xmlns:q="%s">http://other.example/</q:To>`
	upper := fmt.Sprintf(other, strings.ToUpper(wsa10))
	slash := fmt.Sprintf(other, wsa10+"/")
	cdata := `<x:A xmlns:x="urn:x"><![CDATA[<a:To>http://other.example/</a:To>]]></x:A>`
	comment := `<x:A xmlns:x="urn:x"><!-- <a:To>http://other.example/</a:To> --></x:A>`
	return []row{
		{id: "H-029", send: in12(to(`<q:To s:mustUnderstand="1" xmlns:q="` + wsa10 + `">` + old + `</q:To>`)), want: passRewritten()},
		{id: "H-030", send: in12(to(`<q:To xmlns:q="` + strings.TrimSuffix(wsa10, "g") + `&#103;">` + old + `</q:To>`)), want: passRewritten()},
		{id: "H-031", name: "upper case", send: in12(header(upper)), want: passKept(upper)},
		{id: "H-031", name: "slash", send: in12(header(slash)), want: passKept(slash)},
		{id: "H-032", name: "CDATA", send: in12(header(cdata)), want: passKept(cdata)},
		{id: "H-032", name: "comment", send: in12(header(comment)), want: passKept(comment)},
		{id: "H-035", send: in12(to(`<a:To><![CDATA[` + old + `]]></a:To>`)), want: passRewritten()},
	}
}
