package hostile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// seen is one request as it came to the back end.
type seen struct {
	conn     int    // number of the connection
	line     string // request line
	head     textproto.MIMEHeader
	names    []string // of the fields, as written
	body     []byte   // without its framing
	trailer  string
	complete bool // the framing was read to its end
}

// script answers one request. It returns false when the connection is to be
// closed, and may take over reading from r.
type script func(w net.Conn, s *seen) (keep bool)

// backend is a recording service on plain TCP.
type backend struct {
	addr   string
	ln     net.Listener
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  map[int]net.Conn
	number int
	seen   []*seen
	answer script
	early  script // called before the body is read; true: read on
	notify chan struct{}
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := &backend{addr: ln.Addr().String(), ln: ln, conns: map[int]net.Conn{}, notify: make(chan struct{}, 1)}
	b.wg.Go(b.accept)
	return b
}

func (b *backend) accept() {
	for {
		c, err := b.ln.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.number++
		n := b.number
		b.conns[n] = c
		b.mu.Unlock()
		b.wg.Go(func() {
			b.serve(n, c)
			b.mu.Lock()
			delete(b.conns, n)
			b.mu.Unlock()
			_ = c.Close()
		})
	}
}

// close ends the listener and all connections, and waits for them.
func (b *backend) close() {
	_ = b.ln.Close()
	b.cut()
	b.wg.Wait()
}

// cut closes all connections.
func (b *backend) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		_ = c.Close()
	}
}

// conn returns an open connection by its number.
func (b *backend) conn(n int) net.Conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conns[n]
}

// reset forgets what was seen and sets the scripts for the next row.
func (b *backend) reset(answer, early script) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen, b.answer, b.early = nil, answer, early
}

// requests returns what was seen since reset.
func (b *backend) requests() []*seen {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*seen, len(b.seen))
	for i, s := range b.seen {
		c := *s
		out[i] = &c
	}
	return out
}

// withoutFence returns what was seen of the row itself.
func (b *backend) withoutFence() []*seen {
	return slices.DeleteFunc(b.requests(), func(s *seen) bool { return s.head.Get("Soapaction") == fenceAction })
}

func (b *backend) serve(n int, c net.Conn) {
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		s, err := readHead(r)
		if err != nil {
			return
		}
		s.conn = n
		b.mu.Lock()
		b.seen = append(b.seen, s)
		answer, early := b.answer, b.early
		b.mu.Unlock()
		if early != nil && !early(c, s) {
			return
		}
		body, trailer, err := readBody(r, s.head)
		b.mu.Lock()
		s.body, s.trailer, s.complete = body, trailer, err == nil
		b.mu.Unlock()
		select {
		case b.notify <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
		if answer == nil {
			answer = good
		}
		if !answer(c, s) {
			return
		}
	}
}

func readHead(r *bufio.Reader) (*seen, error) {
	s := &seen{head: textproto.MIMEHeader{}}
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	s.line = strings.TrimSuffix(line, "\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			return s, nil
		}
		name, value, _ := strings.Cut(line, ":")
		s.names = append(s.names, name)
		s.head.Add(name, strings.TrimSpace(value))
	}
}

// readBody reads by the framing of the fields, strictly.
func readBody(r *bufio.Reader, h textproto.MIMEHeader) (body []byte, trailer string, err error) {
	te, cl := h.Values("Transfer-Encoding"), h.Values("Content-Length")
	if len(te)+len(cl) > 1 {
		return nil, "", errors.New("framing twice")
	}
	if len(cl) == 1 {
		n, err := strconv.Atoi(cl[0])
		if err != nil {
			return nil, "", err
		}
		body, err = io.ReadAll(io.LimitReader(r, int64(n)))
		if err == nil && len(body) < n {
			err = io.ErrUnexpectedEOF
		}
		return body, "", err
	}
	if len(te) == 0 {
		return nil, "", nil
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return body, "", err
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(line, "\r\n"), 16, 32)
		if err != nil {
			return body, "", err
		}
		if n == 0 {
			break
		}
		part := make([]byte, n+2)
		if _, err := io.ReadFull(r, part); err != nil {
			return body, "", err
		}
		body = append(body, part[:n]...)
	}
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return body, b.String(), err
		}
		b.WriteString(line)
	}
}

// reply is the good answer to a request, in its own SOAP version.
func reply(s *seen) (contentType string, body []byte) {
	if strings.HasPrefix(s.head.Get("Content-Type"), "text/xml") {
		return "text/xml; charset=utf-8", []byte(`<s:Envelope xmlns:s="` + soap11 + `"><s:Body><o:Placed xmlns:o="urn:orders"/></s:Body></s:Envelope>`)
	}
	return "application/soap+xml; charset=utf-8", []byte(`<s:Envelope xmlns:s="` + soap12 + `" xmlns:a="` + wsa10 + `"><s:Header>` +
		`<a:Action>urn:orders/PlaceResponse</a:Action><a:RelatesTo>` + messageID + `</a:RelatesTo></s:Header>` +
		`<s:Body><o:Placed xmlns:o="urn:orders"/></s:Body></s:Envelope>`)
}

func good(w net.Conn, s *seen) bool {
	_, err := w.Write(goodOctets(s))
	return err == nil
}

// goodOctets is a good answer.
func goodOctets(s *seen) []byte {
	var b bytes.Buffer
	ct, body := reply(s)
	fmt.Fprintf(&b, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", ct, len(body))
	b.Write(body)
	return b.Bytes()
}

// says answers with fixed octets and keeps the connection.
func says(octets func(s *seen) string) script {
	return func(w net.Conn, s *seen) bool {
		_, err := io.WriteString(w, octets(s))
		return err == nil
	}
}
