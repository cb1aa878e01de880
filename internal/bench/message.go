package main

import (
	"bytes"
	"fmt"
	"hash/crc32"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// What the messages of the comparison look like: SOAP 1.2 with WS-Addressing
// 1.0, as wsHttpBinding without security sends it. The id stands in the
// MessageID header and in the body; the rest of the body is summed up by the
// back end.
const (
	actionPrefix = "urn:bench:action:"
	actions      = 16 // filters in the table of the header route
	answerSize   = 512
	idHex        = 16 // digits of an id that change
	idMark       = "urn:uuid:00000000-0000-0000-"
	bodyMark     = "</m:id>"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// request is one message of the load, with the places that change.
type request struct {
	octets []byte
	ids    []int  // offsets of the changing digits
	sum    uint32 // of the envelope behind bodyMark
}

// newRequest builds the octets of a POST. The action is the last of the table.
func newRequest(host, path string, size int) *request {
	m := testbed.Message{
		Version: testbed.SOAP12, Addressing: testbed.Addressing10, To: "http://" + host + path,
		Action: fmt.Sprint(actionPrefix, actions), ID: idMark + "0000-000000000000", Size: size,
	}
	r := &request{octets: m.Request(host, path, false)}
	for at := 0; ; {
		i := bytes.Index(r.octets[at:], []byte(idMark))
		if i < 0 {
			break
		}
		at += i + len(idMark)
		r.ids = append(r.ids, at)
	}
	_, rest, _ := bytes.Cut(r.octets, []byte(bodyMark))
	r.sum = crc32.Checksum(rest, castagnoli)
	return r
}

// clone gives a connection a request of its own.
func (r *request) clone() *request {
	c := *r
	c.octets = bytes.Clone(r.octets)
	return &c
}

// number writes n into the request.
func (r *request) number(n uint64) {
	for _, at := range r.ids {
		putID(r.octets[at:], n)
	}
}

// putID writes 16 digits as "0000-000000000000".
func putID(b []byte, n uint64) {
	const digits = "0123456789abcdef"
	for i := idHex; i >= 0; i-- {
		if i == 4 {
			b[i] = '-'
			continue
		}
		b[i] = digits[n&15]
		n >>= 4
	}
}

// answer is the message that the back end returns. It has what a client of
// WS-Addressing asks for, so that no proxy has a reason to change it.
type answer struct {
	octets []byte // head and envelope
	body   int    // offset of the envelope
	ids    [2]int // offsets of the 17 octets of the id: RelatesTo and the body
	sum    int    // offset of 8 digits
}

func newAnswer() *answer {
	envelope := `<s:Envelope xmlns:s="` + testbed.NamespaceSOAP12 + `" xmlns:a="` + testbed.NamespaceWSA10 + `"><s:Header><a:Action>urn:bench:answer</a:Action><a:RelatesTo>` + idMark + `0000-000000000000</a:RelatesTo></s:Header>` +
		`<s:Body><m:Answer xmlns:m="urn:bench"><m:id>` + idMark + `0000-000000000000` + bodyMark + `<m:sum>00000000</m:sum><m:pad>`
	const tail = `</m:pad></m:Answer></s:Body></s:Envelope>`
	envelope += string(bytes.Repeat([]byte{'.'}, answerSize-len(envelope)-len(tail))) + tail
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n", len(envelope))
	a := &answer{octets: []byte(head + envelope), body: len(head)}
	a.ids[0] = bytes.Index(a.octets, []byte(idMark)) + len(idMark)
	a.ids[1] = bytes.LastIndex(a.octets, []byte(idMark)) + len(idMark)
	a.sum = bytes.Index(a.octets, []byte("<m:sum>")) + len("<m:sum>")
	return a
}

// set writes id (17 octets) and checksum.
func (a *answer) set(id []byte, sum uint32) {
	copy(a.octets[a.ids[0]:], id)
	copy(a.octets[a.ids[1]:], id)
	const digits = "0123456789abcdef"
	for i := 7; i >= 0; i-- {
		a.octets[a.sum+i] = digits[sum&15]
		sum >>= 4
	}
}
