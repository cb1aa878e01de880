package testbed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Received is one request as a Backend saw it.
type Received struct {
	Connection int         // number of the connection, from 0
	Sequence   int         // number of the request on its connection, from 0
	Octets     []byte      // all octets of the request, exactly
	Method     string      // from the request line
	Target     string      // from the request line, raw
	Fields     [][2]string // as received, in order
	Chunked    bool        // framed by chunks
	Body       []byte      // without chunk framing
	MessageID  string      // first id in Body
	Complete   bool        // the framing says that the request ended
}

// Get returns the first field of that name, or "".
func (r *Received) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f[0], name) {
			return f[1]
		}
	}
	return ""
}

// Count returns how often a field occurs.
func (r *Received) Count(name string) int {
	n := 0
	for _, f := range r.Fields {
		if strings.EqualFold(f[0], name) {
			n++
		}
	}
	return n
}

// recorder keeps every octet that passes through it.
type recorder struct {
	r   *bufio.Reader
	buf *bytes.Buffer
}

func (c *recorder) line() (string, error) {
	l, err := c.r.ReadString('\n')
	c.buf.WriteString(l)
	if err != nil {
		return l, err
	}
	if !strings.HasSuffix(l, "\r\n") {
		return l, fmt.Errorf("line %q ends without CR", l)
	}
	return strings.TrimSuffix(l, "\r\n"), nil
}

func (c *recorder) exactly(n int64) ([]byte, error) {
	start := c.buf.Len()
	_, err := io.CopyN(c.buf, c.r, n)
	return c.buf.Bytes()[start:], err
}

// readHead reads request line and fields (RFC 9112, 3 and 5).
func (r *Received) readHead(c *recorder) error {
	line, err := c.line()
	if err != nil {
		return err
	}
	parts := strings.Split(line, " ")
	if len(parts) != 3 || parts[2] != "HTTP/1.1" {
		return fmt.Errorf("request line %q", line)
	}
	r.Method, r.Target = parts[0], parts[1]
	for {
		if line, err = c.line(); err != nil {
			return err
		}
		if line == "" {
			return nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("field line %q", line)
		}
		r.Fields = append(r.Fields, [2]string{name, strings.TrimSpace(value)})
	}
}

// readBody reads the body by its framing; Body holds what came, also on error.
func (r *Received) readBody(c *recorder) error {
	r.Chunked = strings.EqualFold(r.Get("Transfer-Encoding"), "chunked")
	if r.Chunked && r.Get("Content-Length") != "" {
		return errors.New("request with Content-Length and Transfer-Encoding")
	}
	if !r.Chunked {
		n, err := strconv.ParseInt(r.Get("Content-Length"), 10, 64)
		if err != nil {
			return nil //nolint:nilerr // RFC 9112, 6.3: no length means no body
		}
		b, err := c.exactly(n)
		r.Body = append(r.Body, b...)
		return err
	}
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(line, 16, 64)
		if err != nil {
			return fmt.Errorf("chunk size %q: %w", line, err)
		}
		b, err := c.exactly(n)
		r.Body = append(r.Body, b...)
		if err != nil {
			return err
		}
		end, err := c.line()
		if err != nil {
			return err
		}
		if end != "" {
			return fmt.Errorf("%q after a chunk", end)
		}
		if n == 0 {
			return nil
		}
	}
}
