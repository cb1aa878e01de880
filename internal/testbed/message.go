package testbed

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Version is the SOAP version of a Message.
type Version uint8

// The two versions that are spoken.
const (
	SOAP11 Version = iota
	SOAP12
)

// Addressing is the WS-Addressing version of a Message.
type Addressing uint8

// The three kinds of addressing headers.
const (
	AddressingNone Addressing = iota
	Addressing10
	Addressing200408
)

// Namespaces of the messages that this package builds.
const (
	NamespaceSOAP11    = "http://schemas.xmlsoap.org/soap/envelope/"
	NamespaceSOAP12    = "http://www.w3.org/2003/05/soap-envelope"
	NamespaceWSA10     = "http://www.w3.org/2005/08/addressing"
	NamespaceWSA200408 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	NamespaceTestbed   = "urn:viaduct:testbed"
	idPrefix           = "urn:uuid:"
	idLength           = len(idPrefix) + 36
	anonymous10        = NamespaceWSA10 + "/anonymous"
	anonymous200408    = NamespaceWSA200408 + "/role/anonymous"
	row                = "<m:row><m:key>item</m:key><m:value>12.50</m:value></m:row>"
	padOpen, padClose  = "<m:pad>", "</m:pad>"
	contentType11      = "text/xml; charset=utf-8"
	contentType12      = "application/soap+xml; charset=utf-8"
)

// Namespace of the envelope.
func (v Version) Namespace() string {
	if v == SOAP12 {
		return NamespaceSOAP12
	}
	return NamespaceSOAP11
}

// Namespace of the addressing headers; empty for AddressingNone.
func (a Addressing) Namespace() string {
	switch a {
	case Addressing10:
		return NamespaceWSA10
	case Addressing200408:
		return NamespaceWSA200408
	default:
		return ""
	}
}

// Message describes one SOAP message; its zero value is a small SOAP 1.1
// request without addressing headers.
type Message struct {
	Version    Version
	Addressing Addressing
	Action     string // SOAPAction field or action parameter, and wsa:Action
	To         string // wsa:To; left out when empty
	ID         string // unique id; NewMessageID when empty. Stands in the body too
	RelatesTo  string // makes the message a reply
	Size       int    // octets of the envelope; what cannot be smaller is as small as it gets
}

// NewMessageID returns an id that no other call returns: urn:uuid: and 36 octets.
func NewMessageID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	h := hex.EncodeToString(b[:])
	return idPrefix + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// FindMessageID returns the first id in b, or "".
func FindMessageID(b []byte) string {
	i := bytes.Index(b, []byte(idPrefix))
	if i < 0 || len(b) < i+idLength {
		return ""
	}
	return string(b[i : i+idLength])
}

// Envelope builds the message. Two calls give the same octets when ID is set.
func (m Message) Envelope() []byte {
	if m.ID == "" {
		m.ID = NewMessageID()
	}
	b := make([]byte, 0, m.Size+1024)
	b = append(b, `<s:Envelope xmlns:s="`...)
	b = append(b, m.Version.Namespace()...)
	if m.Addressing != AddressingNone {
		b = append(b, `" xmlns:a="`...)
		b = append(b, m.Addressing.Namespace()...)
	}
	b = append(b, `">`...)
	b = m.appendHeader(b)
	b = append(b, `<s:Body><m:Ask xmlns:m="`+NamespaceTestbed+`"><m:id>`...)
	b = append(b, m.ID...)
	b = append(b, `</m:id>`...)
	const tail = `</m:Ask></s:Body></s:Envelope>`
	b = appendFiller(b, m.Size-len(b)-len(tail))
	return append(b, tail...)
}

func (m Message) appendHeader(b []byte) []byte {
	if m.Addressing == AddressingNone {
		return b
	}
	anonymous := anonymous10
	if m.Addressing == Addressing200408 {
		anonymous = anonymous200408
	}
	must := ` s:mustUnderstand="1"`
	b = append(b, `<s:Header>`...)
	b = fmt.Appendf(b, `<a:Action%s>%s</a:Action>`, must, m.Action)
	if m.RelatesTo != "" {
		b = fmt.Appendf(b, `<a:RelatesTo>%s</a:RelatesTo>`, m.RelatesTo)
	} else {
		b = fmt.Appendf(b, `<a:MessageID>%s</a:MessageID><a:ReplyTo><a:Address>%s</a:Address></a:ReplyTo>`, m.ID, anonymous)
	}
	if m.To != "" {
		b = fmt.Appendf(b, `<a:To%s>%s</a:To>`, must, m.To)
	}
	return append(b, `</s:Header>`...)
}

// appendFiller adds n octets: rows of markup, as a list of records has them,
// and padding. Fewer than the empty padding element needs adds nothing.
func appendFiller(b []byte, n int) []byte {
	for n >= len(row)+len(padOpen)+len(padClose) {
		b = append(b, row...)
		n -= len(row)
	}
	if n < len(padOpen)+len(padClose) {
		return b
	}
	b = append(b, padOpen...)
	b = append(b, bytes.Repeat([]byte{'.'}, n-len(padOpen)-len(padClose))...)
	return append(b, padClose...)
}

// ContentType returns the media type with the action parameter of SOAP 1.2.
func (m Message) ContentType() string {
	if m.Version == SOAP11 {
		return contentType11
	}
	if m.Action == "" || m.RelatesTo != "" {
		return contentType12
	}
	return contentType12 + `; action="` + m.Action + `"`
}

// Request returns the octets of the message as an HTTP/1.1 request, sized or
// in three chunks.
func (m Message) Request(host, path string, chunked bool) []byte {
	b := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n", path, host, m.ContentType())
	if m.Version == SOAP11 {
		b = fmt.Appendf(b, "SOAPAction: \"%s\"\r\n", m.Action)
	}
	return appendFramed(b, m.Envelope(), chunked)
}

// Response returns the octets of the message as an HTTP/1.1 answer, sized or
// in three chunks.
func (m Message) Response(status int, chunked bool) []byte {
	b := fmt.Appendf(nil, "HTTP/1.1 %d Testbed\r\nContent-Type: %s\r\n", status, m.ContentType())
	return appendFramed(b, m.Envelope(), chunked)
}

// appendFramed ends a head and adds the body (RFC 9112, 6.2 and 7.1).
func appendFramed(b, body []byte, chunked bool) []byte {
	if !chunked {
		b = append(b, "Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"...)
		return append(b, body...)
	}
	b = append(b, "Transfer-Encoding: chunked\r\n\r\n"...)
	third := len(body)/3 + 1
	for len(body) > 0 {
		n := min(third, len(body))
		b = append(b, strconv.FormatInt(int64(n), 16)+"\r\n"...)
		b = append(b, body[:n]...)
		b = append(b, '\r', '\n')
		body = body[n:]
	}
	return append(b, "0\r\n\r\n"...)
}
