package http1_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

// canned is a connection whose peer has already said everything.
type canned struct {
	in io.Reader

	mu  sync.Mutex
	out bytes.Buffer
}

var _ net.Conn = (*canned)(nil)

func (c *canned) Read(p []byte) (int, error) { return c.in.Read(p) }

func (c *canned) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *canned) written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

func (*canned) Close() error                     { return nil }
func (*canned) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*canned) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (*canned) SetDeadline(time.Time) error      { return nil }
func (*canned) SetReadDeadline(time.Time) error  { return nil }
func (*canned) SetWriteDeadline(time.Time) error { return nil }

// outcome is everything a caller can see of one exchange.
type outcome struct {
	resp  *http1.Response
	body  string
	err   error
	stats http1.Stats
	wrote string
}

// play runs one exchange against canned octets.
func play(tb testing.TB, answer string, r *http1.Request, slow bool) outcome {
	tb.Helper()
	var in io.Reader = bytes.NewReader([]byte(answer))
	if slow {
		in = iotest.OneByteReader(in)
	}
	c := &canned{in: in}
	pool := http1.NewPool(http1.Target{Address: "test.example:80"}, http1.Options{
		Dial: func(context.Context, string, string) (net.Conn, error) { return c, nil },
	})
	defer pool.Close()
	var o outcome
	o.resp, o.err = pool.Do(context.Background(), r)
	if o.err == nil {
		var body []byte
		body, o.err = io.ReadAll(o.resp.Body)
		o.body = string(body)
		_ = o.resp.Body.Close()
	}
	o.stats, o.wrote = pool.Stats(), c.written()
	return o
}

func get() *http1.Request { return &http1.Request{Method: "GET", Path: "/"} }
