package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// utf16le encodes a message without a byte order mark.
func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// raw is a SOAP 1.1 request with a body of octets.
func raw(contentType string, body []byte) func() *request {
	return func() *request { return post11(base11()).set("Content-Type", contentType).with(body) }
}

func (r *request) with(body []byte) *request {
	r.body = body
	return r
}

func encodingRows() []row {
	const text = "text/xml; charset=utf-8"
	text11 := base11().String()
	declared := func(encoding string) func() *request {
		return in11(func(m *message) { m.before = `<?xml version="1.0" encoding="` + encoding + `"?>` })
	}
	encoding, malformed := refused(400, refusal.XMLEncoding), refused(400, refusal.XMLMalformed)
	unsupported := refused(415, refusal.HTTPContentType)
	return []row{
		{id: "H-041", send: raw(text, []byte("\uFEFF"+text11)), want: pass()},
		{id: "H-042", send: raw(text, []byte("\uFEFF\uFEFF"+text11)), want: malformed},
		{id: "H-043", send: raw("text/xml; charset=utf-16LE", utf16le(text11)), want: outcome{
			status: 200, back: anything, then: func(t *testing.T, x *exchange) {
				t.Helper()
				if s := x.one(t); s != nil {
					assert.Equal(t, text11, string(s.body), "the same text in UTF-8")
					assert.Equal(t, text, strings.ToLower(s.head.Get("Content-Type")))
				}
			},
		}},
		{id: "H-044", send: raw(text, utf16le(text11)), want: encoding},
		{id: "H-045", send: declared("utf-16"), want: encoding},
		{id: "H-046", name: "utf-7", send: raw("text/xml; charset=utf-7", []byte(text11)), want: unsupported},
		{id: "H-046", name: "iso-8859-1", send: raw("text/xml; charset=iso-8859-1", []byte(text11)), want: unsupported},
		{id: "H-047", send: declared("iso-8859-1"), want: encoding},
		{id: "H-048", name: "UTF-32 BE", send: raw("text/xml", []byte("\x00\x00\xfe\xff\x00\x00\x00<\x00\x00\x00s")), want: encoding},
		{id: "H-048", name: "UTF-32 LE", send: raw("text/xml", []byte("\xff\xfe\x00\x00<\x00\x00\x00s\x00\x00\x00")), want: encoding},
		{id: "H-048", name: "EBCDIC", send: raw("text/xml", []byte("\x4c\x6f\xa7\x94\x93\x40\xa5")), want: encoding},
		{id: "H-056", name: "empty", send: raw(text, nil), want: refused(400, refusal.SOAPEmpty)},
		{id: "H-056", name: "blanks", send: raw(text, []byte(" \r\n\t ")), want: refused(400, refusal.SOAPEmpty)},
	}
}

func characterRows() []row {
	block := func(s string) func() *request { return in11(header(`<x:A xmlns:x="urn:x">` + s + `</x:A>`)) }
	utf8, char := refused(400, refusal.XMLUTF8), refused(400, refusal.XMLChar)
	return []row{
		{id: "H-051", send: in12(to("<a:To>http://front.example\xc0\xafs12</a:To>")), want: utf8},
		{id: "H-052", name: "surrogate", send: block("\xed\xa0\x80"), want: utf8},
		{id: "H-052", name: "beyond Unicode", send: block("\xf5\x80\x80\x80"), want: utf8},
		{id: "H-052", name: "lone continuation", send: block("\x80"), want: utf8},
		{id: "H-053", name: "writes", send: func() *request {
			r := block("\U0001F600")()
			at := len(r.head()) + bytes.Index(r.body, []byte("\U0001F600")) + 2
			all := append(r.head(), r.body...)
			r.writes = [][]byte{all[:at], all[at:]}
			return r
		}, want: pass()},
		{id: "H-053", name: "chunks", send: func() *request {
			r := block("\U0001F600")()
			at := bytes.Index(r.body, []byte("\U0001F600")) + 2
			r.framing, r.chunks = chunked, [][]byte{r.body[:at], r.body[at:]}
			return r
		}, want: pass()},
		{id: "H-054", send: block("\xe2\x82"), want: utf8},
		{id: "H-055", name: "NUL", send: block("\x00"), want: char},
		{id: "H-055", name: "0B", send: block("\x0b"), want: char},
		{id: "H-055", name: "FFFE", send: block("\uFFFE"), want: char},
	}
}

// truncatedRows end the message in each of its first 300 octets.
func truncatedRows() []row {
	text11 := base11().String()
	var rows []row
	for n := 1; n <= 300; n++ {
		rows = append(rows, row{
			id: "H-057", name: fmt.Sprintf("octets=%d", n),
			send: raw("text/xml; charset=utf-8", []byte(text11[:n])), want: refused(400, refusal.XMLMalformed),
		})
	}
	return rows
}

// trickle is a message with a comment of n octets in its header, each in a
// write of its own.
func trickle(n int) *request {
	m := base11()
	header("<!--" + strings.Repeat("x", n) + "-->")(m)
	r := post11(m).to("/big11")
	at := bytes.Index(r.body, []byte("<!--"))
	r.writes = [][]byte{append(r.head(), r.body[:at]...)}
	for i := range n {
		r.writes = append(r.writes, r.body[at+i:at+i+1])
	}
	r.writes = append(r.writes, r.body[at+n:])
	return r
}

// trickleRows: a second is some ten times what linear work takes on a slow
// machine, system calls included, and half of what scanning the comment again
// from its start for each octet would take.
func trickleRows() []row {
	return []row{{
		id: "H-059", rigs: "slow", send: func() *request { return trickle(64 << 10) }, want: outcome{
			status: 400, reason: refusal.XMLHeaderSize, then: func(t *testing.T, x *exchange) {
				t.Helper()
				spent := time.Duration(x.rig.cpu() - x.cpu)
				t.Logf("%v of processor time", spent)
				assert.LessOrEqual(t, spent, time.Second)
			},
		},
	}, {
		id: "H-059", name: "32 KiB", rigs: "slow", send: func() *request { return trickle(32 << 10) }, want: pass(),
	}}
}
