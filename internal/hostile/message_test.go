package hostile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Namespaces of the base messages.
const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
	wsa10  = "http://www.w3.org/2005/08/addressing"
)

// message is a base message of about 1 kB with places for the difference.
type message struct {
	space   string // of the envelope
	before  string // in front of Envelope
	root    string // further attributes of Envelope, with a blank in front
	prelude string // between the start tags of Envelope and Header
	action  string // header elements of WS-Addressing; empty for SOAP 1.1
	to      string
	headers string // further header blocks
	between string // between Header and Body
	open    string // start tag of Body
	body    string // content of Body
	close   string // end tag of Body
	end     string // behind Body
	after   string // behind Envelope
}

func base11() *message {
	return &message{
		space:   soap11,
		headers: `<x:Trace xmlns:x="urn:example:trace" s:actor="urn:nobody">` + strings.Repeat("trace ", 50) + `</x:Trace>`,
		open:    "<s:Body>",
		body:    `<o:Place xmlns:o="urn:orders"><o:Item>` + strings.Repeat("4711 ", 80) + `</o:Item></o:Place>`,
		close:   "</s:Body>",
	}
}

func base12() *message {
	m := base11()
	m.space = soap12
	m.headers = strings.Replace(m.headers, "s:actor", "s:role", 1)
	m.action = `<a:Action s:mustUnderstand="1">urn:orders/Place</a:Action>`
	m.to = `<a:To s:mustUnderstand="1">http://front.example/s12</a:To>`
	return m
}

// messageID is in each message with addressing.
const messageID = "urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01"

func (m *message) String() string {
	var b strings.Builder
	b.WriteString(m.before)
	fmt.Fprintf(&b, `<s:Envelope xmlns:s="%s"`, m.space)
	if m.action != "" {
		fmt.Fprintf(&b, ` xmlns:a="%s"`, wsa10)
	}
	b.WriteString(m.root + ">" + m.prelude + "<s:Header>")
	if m.action != "" {
		b.WriteString(m.action + "<a:MessageID>" + messageID + "</a:MessageID>" +
			"<a:ReplyTo><a:Address>" + wsa10 + "/anonymous</a:Address></a:ReplyTo>" + m.to)
	}
	b.WriteString(m.headers + "</s:Header>" + m.between + m.open + m.body + m.close + m.end + "</s:Envelope>" + m.after)
	return b.String()
}

// framing is how a request tells its length.
type framing uint8

const (
	sized framing = iota
	chunked
	unframed // the fields say it, or nothing does
)

// request is an HTTP/1.1 request with places for the difference.
type request struct {
	method, target, version string
	fields                  []string // lines without their CR LF
	framing                 framing
	body                    []byte
	chunks                  [][]byte      // body as sent, when it is cut in certain places
	trailer                 string        // lines of the trailer section, with CR LF
	tail                    []byte        // octets behind the request
	writes                  [][]byte      // all octets, in these writes, instead of everything above
	pause                   time.Duration // between the writes
}

func post(target, contentType string, body []byte) *request {
	return &request{
		method: "POST", target: target, version: "HTTP/1.1", body: body,
		fields: []string{"Host: front.example", "Content-Type: " + contentType},
	}
}

func post11(m *message) *request {
	r := post("/s11", "text/xml; charset=utf-8", []byte(m.String()))
	r.fields = append(r.fields, `SOAPAction: "urn:orders/Place"`)
	return r
}

func post12(m *message) *request {
	return post("/s12", "application/soap+xml; charset=utf-8", []byte(m.String()))
}

// set replaces the lines of a field, or adds one.
func (r *request) set(name, value string) *request {
	r.drop(name)
	r.fields = append(r.fields, name+": "+value)
	return r
}

func (r *request) drop(name string) *request {
	var kept []string
	for _, f := range r.fields {
		if n, _, _ := strings.Cut(f, ":"); !strings.EqualFold(n, name) {
			kept = append(kept, f)
		}
	}
	r.fields = kept
	return r
}

func (r *request) add(lines ...string) *request {
	r.fields = append(r.fields, lines...)
	return r
}

func (r *request) to(target string) *request {
	r.target = target
	return r
}

// head gives the request line and the fields.
func (r *request) head() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s\r\n", r.method, r.target, r.version)
	for _, f := range r.fields {
		b.WriteString(f + "\r\n")
	}
	switch r.framing {
	case sized:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	case chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case unframed:
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// octets gives the writes that make up the request.
func (r *request) octets() [][]byte {
	if r.writes != nil {
		return r.writes
	}
	var b bytes.Buffer
	b.Write(r.head())
	if r.framing != chunked {
		b.Write(r.body)
		b.Write(r.tail)
		return [][]byte{b.Bytes()}
	}
	chunks := r.chunks
	if chunks == nil {
		chunks = [][]byte{r.body}
	}
	for _, c := range chunks {
		b.WriteString(strconv.FormatInt(int64(len(c)), 16) + "\r\n")
		b.Write(c)
		b.WriteString("\r\n")
	}
	b.WriteString("0\r\n" + r.trailer + "\r\n")
	b.Write(r.tail)
	return [][]byte{b.Bytes()}
}
