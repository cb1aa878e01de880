package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// good11 is the base request, changed by edits.
func good11(edits ...func(*request)) func() *request {
	return func() *request {
		r := post11(base11())
		for _, e := range edits {
			e(r)
		}
		return r
	}
}

func lines(l ...string) func(*request) { return func(r *request) { r.add(l...) } }

func closes(status int) outcome { return outcome{status: status, closed: true} }

// framed gives a chunked body in which one chunk is written as the caller says.
func framed(bad string) func(*request) {
	return func(r *request) {
		b := r.body
		r.framing = unframed
		r.add("Transfer-Encoding: chunked")
		r.body = append(fmt.Appendf(nil, "%x\r\n%s\r\n", len(b)/2, b[:len(b)/2]), bad...)
	}
}

func framingRows() []row {
	unframedBy := func(l ...string) func() *request {
		return good11(func(r *request) { r.framing = unframed; r.add(l...) })
	}
	length := func(r *request) string { return fmt.Sprintf("Content-Length: %d", len(r.body)) }
	te := func(l ...string) row {
		return row{id: "H-148", name: l[0], send: unframedBy(l...), want: closes(501)}
	}
	broken := func(name, octets string) []row {
		return []row{
			{id: "H-151", name: name, send: good11(framed(octets)), want: closes(400)},
			{id: "H-151", name: name + ", mid-body", send: func() *request {
				m := base11()
				m.body = `<o:Place xmlns:o="urn:orders">` + strings.Repeat("x", 1<<20) + `</o:Place>`
				r := post11(m).to("/stream11")
				framed(octets)(r)
				return r
			}, want: outcome{status: 400, closed: true, back: cut}},
		}
	}
	rows := []row{
		{id: "H-147", send: both, want: outcome{status: 200, back: anything, then: oneFraming}},
		te("Transfer-Encoding: identity"), te("Transfer-Encoding: xchunked"), te("Transfer-Encoding: chunked;a=b"),
		te("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
		{id: "H-149", name: "two", send: good11(func(r *request) { r.add("Content-Length: 1") }), want: closes(400)},
		{id: "H-149", name: "sign", send: unframedBy("Content-Length: +1"), want: closes(400)},
		{id: "H-149", name: "list", send: unframedBy("Content-Length: 1, 1"), want: closes(400)},
		{id: "H-149", name: "empty", send: unframedBy("Content-Length: "), want: closes(400)},
		{id: "H-150", name: "blank before the colon", send: good11(func(r *request) {
			r.framing = unframed
			r.add(strings.Replace(length(r), ":", " :", 1))
		}), want: closes(400)},
		{id: "H-150", name: "empty name", send: good11(lines(": a")), want: closes(400)},
		{id: "H-150", name: "NUL", send: good11(lines("X-A: a\x00b")), want: closes(400)},
		{id: "H-150", name: "bare CR", send: good11(lines("X-A: a\rb")), want: closes(400)},
	}
	rows = append(rows, broken("bare LF", "1\nx\r\n0\r\n\r\n")...)
	rows = append(rows, broken("0x1", "0x1\r\nx\r\n0\r\n\r\n")...)
	return append(rows, broken("17 digits", strings.Repeat("F", 17)+"\r\nx\r\n0\r\n\r\n")...)
}

// both has a length and chunks, and a second request behind.
func both() *request {
	r := post11(base11())
	r.framing = chunked
	r.add("Content-Length: 4")
	second := post11(base11())
	r.tail = append(second.head(), second.body...)
	return r
}

// oneFraming: each request that the back end sees has one framing and is whole.
// The octets behind are answered to this client, or the connection is closed.
func oneFraming(t *testing.T, x *exchange) {
	t.Helper()
	require.NotEmpty(t, x.seen)
	for _, s := range x.seen {
		assert.True(t, s.complete)
		assert.Equal(t, string(x.req.body), string(s.body))
		assert.Len(t, append(s.head.Values("Content-Length"), s.head.Values("Transfer-Encoding")...), 1)
	}
	second, err := readAnswer(x.rest, "POST")
	if err != nil {
		assert.Len(t, x.seen, 1, "closed behind the first")
		return
	}
	_, want := reply(x.seen[0])
	assert.Equal(t, string(want), string(second.body))
}

func targetRows() []row {
	host := func(l ...string) func() *request {
		return good11(func(r *request) { r.drop("Host"); r.add(l...) })
	}
	target := refused(400, refusal.HTTPTarget)
	line := func(method, target, version string) func() *request {
		return good11(func(r *request) { r.method, r.target, r.version = method, target, version })
	}
	get := func() *request {
		return &request{method: "GET", target: "/a#b", version: "HTTP/1.1", fields: []string{"Host: front.example"}, framing: unframed}
	}
	version := closes(505)
	bad := closes(400)
	return []row{
		{id: "H-152", name: "fragment", send: get, want: target},
		{id: "H-152", name: "asterisk", send: line("POST", "*", "HTTP/1.1"), want: target},
		{id: "H-152", name: "version", send: line("POST", "/s11", "HTTP/1.2"), want: version},
		{id: "H-153", name: "twice", send: host("Host: a.example", "Host: b.example"), want: bad},
		{id: "H-153", name: "missing", send: host(), want: bad},
		{id: "H-153", name: "user", send: host("Host: u@x"), want: bad},
		{id: "H-153", name: "path", send: host("Host: x/y"), want: bad},
		{id: "H-154", send: good11(func(r *request) {
			r.set("Host", "evil.example")
			r.target = "http://front.example/s11"
		}), want: outcome{status: 200, back: same, then: func(t *testing.T, x *exchange) {
			t.Helper()
			if s := x.one(t); s != nil {
				assert.Equal(t, "POST /back11 HTTP/1.1", s.line)
				assert.Equal(t, []string{x.rig.back.addr}, s.head.Values("Host"))
			}
		}}},
	}
}

// absent: the back end saw none of the values, under no name.
func absent(values ...string) outcome {
	return outcome{status: 200, back: same, then: func(t *testing.T, x *exchange) {
		t.Helper()
		s := x.one(t)
		if s == nil {
			return
		}
		for _, v := range values {
			assert.NotContains(t, fmt.Sprint(s.head, s.trailer), v)
		}
	}}
}

func fieldRows() []row {
	trailer := func(r *request) {
		r.framing = chunked
		r.trailer = "X-Auth-User: forged\r\nContent-Length: 77777\r\nX_a: forged\r\n"
	}
	kept := absent("192.0.2.7")
	none := kept.then
	kept.then = func(t *testing.T, x *exchange) {
		t.Helper()
		none(t, x)
		if s := x.one(t); s != nil {
			assert.Equal(t, `"urn:orders/Place"`, s.head.Get("Soapaction"))
		}
	}
	return []row{
		{id: "H-155", name: "underscores", send: good11(lines("X_Forwarded_For: 192.0.2.7")), want: absent("192.0.2.7")},
		{id: "H-155", name: "case", send: good11(lines("x-forwarded-PROTO: forged")), want: absent("forged")},
		{id: "H-155", name: "aliases", send: good11(lines("x_client-certificate: forged", "Forwarded: for=forged", "X_Real_IP: forged")), want: absent("forged")},
		{id: "H-156", send: good11(trailer), want: absent("forged", "77777")},
		{id: "H-157", send: good11(lines("Connection: SOAPAction, X-Forwarded-For", "X-Forwarded-For: 192.0.2.7")), want: kept},
		{id: "H-164", name: "missing", send: good11(func(r *request) { r.drop("Content-Type") }), want: refused(415, refusal.HTTPContentType)},
		{id: "H-164", name: "twice", send: good11(lines("Content-Type: text/xml")), want: refused(400, refusal.HTTPDuplicate)},
	}
}

func gzipped(times int, b []byte) []byte {
	for range times {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write(b)
		_ = w.Close()
		b = out.Bytes()
	}
	return b
}

func codingRows() []row {
	coded := func(coding string, times int, body []byte) func() *request {
		return good11(func(r *request) { r.add("Content-Encoding: " + coding); r.body = gzipped(times, body) })
	}
	message := []byte(base11().String())
	blanks := base11()
	blanks.body = strings.Repeat(" ", 10<<20)
	return []row{
		{id: "H-159", name: "zeros", send: coded("gzip", 1, make([]byte, 10<<20)), want: refused(413, refusal.SizeMessage)},
		{id: "H-159", name: "blanks", send: coded("gzip", 1, []byte(blanks.String())), want: refused(413, refusal.SizeMessage)},
		{id: "H-159", name: "twice", send: coded("gzip, gzip", 2, message), want: refused(415, refusal.HTTPContentType)},
	}
}

func expectRows() []row {
	big := func(r *request) { r.body = bytes.Repeat([]byte("x"), 70_000) }
	return []row{
		{id: "H-163", name: "foo", send: good11(lines("Expect: foo")), want: outcome{status: 417}},
		{id: "H-163", name: "413", send: good11(big, func(r *request) {
			r.add("Expect: 100-continue")
			r.writes = [][]byte{r.head()} // The answer must come without the body.
		}), want: outcome{status: 413, reason: refusal.SizeMessage, closed: true}},
		{id: "H-163", name: "100", send: good11(lines("Expect: 100-continue")), want: outcome{status: 100, back: anything, then: continued}},
	}
}

// continued reads the answer behind 100 Continue.
func continued(t *testing.T, x *exchange) {
	t.Helper()
	final, err := readAnswer(x.rest, "POST")
	require.NoError(t, err)
	assert.Equal(t, 200, final.status)
	x.seen = x.rig.back.withoutFence()
	x.comparePassage(t, same)
}

func methodRows() []row {
	method := func(name, method string) row {
		return row{id: "H-170", name: name, send: good11(func(r *request) { r.method = method }), want: outcome{
			status: 405, reason: refusal.HTTPMethod, then: func(t *testing.T, x *exchange) {
				t.Helper()
				assert.Equal(t, "POST", x.resp.header.Get("Allow"))
			},
		}}
	}
	connect := row{id: "H-170", name: "CONNECT to an authority", send: func() *request {
		return &request{method: "CONNECT", target: "back.example:80", version: "HTTP/1.1", fields: []string{"Host: back.example:80"}, framing: unframed}
	}, want: outcome{status: 405, reason: refusal.HTTPMethod}}
	return []row{
		method("TRACE", "TRACE"), method("CONNECT", "CONNECT"), connect,
		{id: "H-170", name: "override", send: good11(lines("X-HTTP-Method-Override: TRACE")), want: pass()},
	}
}

// slowRows run beside all others, since they take as long as the limits.
func slowRows() []row {
	slow := outcome{status: 408, reason: refusal.HTTPSlow, closed: true}
	drip := func(r *request, at int) {
		all := append(r.head(), r.body...)
		r.writes = [][]byte{all[:at]}
		for i := at; i < len(all); i++ {
			r.writes = append(r.writes, all[i:i+1])
		}
		r.pause = time.Second
	}
	// A message that is refused by its head: the body, which never comes, must
	// hold up neither the answer nor the end of the connection.
	absent := func(target string, length int) func() *request {
		return good11(func(r *request) {
			r.target, r.body = target, make([]byte, length)
			r.writes = [][]byte{r.head()}
		})
	}
	return []row{
		{id: "H-160", name: "refused, no body", rigs: "slow", send: absent("/nowhere", 1000), want: outcome{
			status: 404, reason: refusal.HTTPPath, closed: true,
		}},
		{id: "H-160", name: "too long, no body", rigs: "slow", send: absent("/s11", 70_000), want: outcome{
			status: 413, reason: refusal.SizeMessage, closed: true,
		}},
		{id: "H-160", name: "body", rigs: "slow", send: good11(func(r *request) { drip(r, len(r.head())+700) }), want: slow},
		{id: "H-160", name: "head", rigs: "slow", send: good11(func(r *request) { drip(r, 20) }), want: slow},
	}
}
