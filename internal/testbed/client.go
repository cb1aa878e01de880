package testbed

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Client is a raw HTTP/1.1 client on one connection. It sends octets as they
// are given and reads one answer at a time.
type Client struct {
	raw  net.Conn
	conn net.Conn
	br   *bufio.Reader
}

// Result is one whole answer.
type Result struct {
	Status    int
	Fields    http.Header
	Body      []byte
	MessageID string // first id in Body
	Chunked   bool
	Close     bool // the answer says that the connection ends
}

// Dial connects to host:port; a nil configuration means plain TCP.
func Dial(ctx context.Context, addr string, config *tls.Config) (*Client, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	conn := raw
	if config != nil {
		conn = tls.Client(raw, config)
	}
	return NewClient(raw, conn), nil
}

// NewClient uses an open connection; raw is what lies below TLS, or conn itself.
func NewClient(raw, conn net.Conn) *Client {
	return &Client{raw: raw, conn: conn, br: bufio.NewReader(conn)}
}

// Send writes the octets in one write.
func (c *Client) Send(b []byte) error {
	_, err := c.conn.Write(b)
	return err
}

// SendSlowly writes one octet at a time with a pause after each.
func (c *Client) SendSlowly(ctx context.Context, b []byte, pause time.Duration) error {
	t := time.NewTicker(pause)
	defer t.Stop()
	for i := range b {
		if _, err := c.conn.Write(b[i : i+1]); err != nil {
			return err
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Receive reads one whole answer; interim answers (1xx) are passed over. Every
// answer that ends before its framing says so is an error.
func (c *Client) Receive(timeout time.Duration) (*Result, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	for {
		resp, err := http.ReadResponse(c.br, &http.Request{Method: http.MethodPost})
		if err != nil {
			return nil, fmt.Errorf("answer: %w", err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("answer %d, after %d octets of its body: %w", resp.StatusCode, len(body), err)
		}
		if resp.StatusCode < 200 {
			continue
		}
		return &Result{
			Status: resp.StatusCode, Fields: resp.Header, Body: body, MessageID: FindMessageID(body),
			Chunked: len(resp.TransferEncoding) > 0, Close: resp.Close,
		}, nil
	}
}

// Exchange sends a request and reads its answer.
func (c *Client) Exchange(request []byte, timeout time.Duration) (*Result, error) {
	if err := c.Send(request); err != nil {
		return nil, err
	}
	return c.Receive(timeout)
}

// Surplus returns the octets that came behind the last answer and are here already.
func (c *Client) Surplus() int { return c.br.Buffered() }

// Close ends the connection with FIN.
func (c *Client) Close() { _ = c.conn.Close() }

// CloseWrite sends FIN (below TLS) and keeps reading.
func (c *Client) CloseWrite() error {
	if t, ok := c.raw.(*net.TCPConn); ok {
		return t.CloseWrite()
	}
	return c.raw.Close()
}

// Reset ends the connection with RST.
func (c *Client) Reset() {
	setLinger(c.raw)
	_ = c.raw.Close()
}
