package http1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

// envelope is a body whose octets are at hand.
type envelope string

func (e envelope) Size() (int64, bool) { return int64(len(e)), true }

func (e envelope) Segments(dst [][]byte) ([][]byte, bool) { return append(dst, []byte(e)), true }

func (e envelope) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, string(e))
	return int64(n), err
}

// A pool serves one target; the error of a failed exchange tells how much of the
// request was taken.
func ExamplePool_Do() {
	target, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := target.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		if r, _ := request(bufio.NewReader(c)); r != nil {
			_, _ = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
		}
	}()

	pool := http1.NewPool(http1.Target{Address: target.Addr().String()}, http1.Options{})
	defer pool.Close()
	req := &http1.Request{
		Method: "POST",
		Path:   "/orders",
		Fields: []http1.Field{{Name: "Content-Type", Value: "text/xml; charset=utf-8"}},
		Body:   envelope("<s:Envelope/>"),
	}
	resp, err := pool.Do(context.Background(), req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	fmt.Println(resp.Status, resp.Reason)
	<-served
	_ = target.Close()

	_, err = pool.Do(context.Background(), req)
	if e, ok := errors.AsType[*http1.Error](err); ok {
		fmt.Println(e.Stage, e.Sent)
	}
	// Output:
	// 202 Accepted
	// dial 0
}
