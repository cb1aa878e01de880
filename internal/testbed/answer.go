package testbed

import (
	"strings"
	"time"
)

// End says what becomes of a connection after an answer.
type End uint8

// The ends of an answer.
const (
	KeepOpen   End = iota // the next request may follow
	CloseAfter            // FIN after the whole answer
	CutAfter              // FIN after Answer.After octets
	ResetAfter            // RST after Answer.After octets
)

// Answer is what a Backend does with one request. The zero value answers 200
// with a SOAP message that repeats the request's id.
type Answer struct {
	Octets []byte                   // the answer as it stands on the wire
	Make   func(r *Received) []byte // makes the octets from the whole request; overrides Octets
	Early  bool                     // written when the head is there, before the body is read
	Silent bool                     // no answer, and the connection stays open
	Delay  time.Duration            // before the first octet
	Pause  time.Duration            // after each octet: a slow peer
	Extra  []byte                   // octets behind the answer, in the same write
	End    End
	After  int // octets of the answer that leave before CutAfter or ResetAfter
}

// Script chooses the answer to a request of which the head is known.
type Script func(r *Received) Answer

// Reply makes the usual answer to r: 200 and a SOAP message of the version of
// the request's media type that holds the request's id.
func Reply(r *Received) []byte { return replyTo(r, false) }

// ChunkedReply is Reply in chunks.
func ChunkedReply(r *Received) []byte { return replyTo(r, true) }

// Accepted makes the answer to a one-way request: 202 without a body.
func Accepted(*Received) []byte {
	return []byte("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
}

func replyTo(r *Received, chunked bool) []byte {
	return r.Reply().Response(200, chunked)
}

// Reply describes the message of the usual answer, to be changed and written
// with Response.
func (r *Received) Reply() Message {
	m := Message{ID: r.MessageID, RelatesTo: r.MessageID, Action: "urn:testbed:answer", Size: 512}
	if t := r.Get("Content-Type"); len(t) > 20 && t[:20] == contentType12[:20] {
		m.Version = SOAP12
	}
	switch body := string(r.Body[:min(len(r.Body), 400)]); {
	case strings.Contains(body, `"`+NamespaceWSA10+`"`):
		m.Addressing = Addressing10
	case strings.Contains(body, `"`+NamespaceWSA200408+`"`):
		m.Addressing = Addressing200408
	}
	return m
}
