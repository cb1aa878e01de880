package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

// rawEcho answers each request with a body of the same size, with as little work
// as possible: the benchmark is about the client.
func rawEcho(c net.Conn) {
	br := bufio.NewReaderSize(c, 64<<10)
	scratch := make([]byte, 64<<10)
	var answer []byte
	for {
		length := 0
		for {
			line, err := br.ReadSlice('\n')
			if err != nil {
				return
			}
			if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(v)))
			}
			if len(line) == 2 {
				break
			}
		}
		for left := length; left > 0; {
			n, err := br.Read(scratch[:min(left, len(scratch))])
			if err != nil {
				return
			}
			left -= n
		}
		if answer == nil {
			answer = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"+
				"Server: raw\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: %d\r\n\r\n%s", length, payload(length))
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

type segment []byte

func (s segment) Size() (int64, bool)                    { return int64(len(s)), true }
func (s segment) Segments(dst [][]byte) ([][]byte, bool) { return append(dst, s), true }
func (s segment) WriteTo(w io.Writer) (int64, error)     { n, err := w.Write(s); return int64(n), err }

// BenchmarkDo compares the client with http.Transport against the same server.
// The process's processor time includes that server.
func BenchmarkDo(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10} {
		body := []byte(payload(size))
		b.Run(fmt.Sprintf("client=http1/size=%d", size), func(b *testing.B) {
			pool := listen(b, nil, rawEcho).pool(b, http1.Options{})
			req := post("/service", segment(body), http1.Field{Name: "Content-Type", Value: "text/xml; charset=utf-8"},
				http1.Field{Name: "SOAPAction", Value: `"urn:a"`})
			parallel(b, size, func(scratch []byte) error {
				resp, err := pool.Do(context.Background(), req)
				if err != nil {
					return err
				}
				err = drain(resp.Body, scratch, size)
				_ = resp.Body.Close()
				return err
			})
		})
		b.Run(fmt.Sprintf("client=net.http/size=%d", size), func(b *testing.B) {
			url := "http://" + listen(b, nil, rawEcho).address + "/service"
			tr := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
			b.Cleanup(tr.CloseIdleConnections)
			parallel(b, size, func(scratch []byte) error {
				req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
				if err != nil {
					return err
				}
				req.Header.Set("Content-Type", "text/xml; charset=utf-8")
				req.Header.Set("Soapaction", `"urn:a"`)
				resp, err := tr.RoundTrip(req)
				if err != nil {
					return err
				}
				err = drain(resp.Body, scratch, size)
				_ = resp.Body.Close()
				return err
			})
		})
	}
}

// BenchmarkFloor is the least that an exchange can cost: one write, one read.
func BenchmarkFloor(b *testing.B) {
	for _, size := range []int{1 << 10, 100 << 10} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			address := listen(b, nil, rawEcho).address
			head := fmt.Sprintf("POST /service HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", size)
			message := []byte(head + payload(size))
			free := make(chan net.Conn, 64)
			for range cap(free) {
				c, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
				if err != nil {
					b.Fatal(err)
				}
				free <- c
			}
			parallel(b, size, func(scratch []byte) error {
				c := <-free
				defer func() { free <- c }()
				if _, err := c.Write(message); err != nil {
					return err
				}
				for got := 0; got < size; {
					n, err := c.Read(scratch)
					if err != nil {
						return err
					}
					if got == 0 {
						got -= bytes.Index(scratch[:n], []byte("\r\n\r\n")) + 4
					}
					got += n
				}
				return nil
			})
		})
	}
}

// parallel runs f on 64 goroutines and reports the processor time per call.
func parallel(b *testing.B, size int, f func(scratch []byte) error) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(size))
	b.SetParallelism(32)
	b.ResetTimer()
	before := cpu()
	b.RunParallel(func(pb *testing.PB) {
		scratch := make([]byte, 64<<10)
		for pb.Next() {
			if err := f(scratch); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((cpu()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func drain(r io.Reader, scratch []byte, want int) error {
	got := 0
	for {
		n, err := r.Read(scratch)
		got += n
		if err == io.EOF && got == want {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%d of %d octets: %w", got, want, err)
		}
	}
}
