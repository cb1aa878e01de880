package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// A stream is one message with a body of a gigabyte. Even ones go up and the
// back end is the slow reader; odd ones come down and the client is. Half of
// each direction is sized, half chunked. The content is a pattern that both
// sides compute from a seed, so that neither stores it.
const (
	patternLength = 65521 // a prime: no period of a buffer hides a lost piece
	streamPiece   = 32 << 10
	streamAction  = actionPrefix + "16"
	streamHead    = `<s:Envelope xmlns:s="` + testbed.NamespaceSOAP12 + `" xmlns:a="` + testbed.NamespaceWSA10 + `"><s:Header>` +
		`<a:Action s:mustUnderstand="1">` + streamAction + `</a:Action></s:Header><s:Body><m:Stream xmlns:m="urn:bench">`
	streamTail = `</m:Stream></s:Body></s:Envelope>`
)

// pattern is twice patternLength of letters, so that every piece of one length
// is a slice of it.
var pattern = func() []byte {
	b := make([]byte, 2*patternLength)
	x := uint32(2463534242)
	for i := range patternLength {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = 'a' + byte(x%26)
	}
	copy(b[patternLength:], b)
	return b
}()

// at returns n octets of the pattern, at most patternLength.
func at(seed, pos int64, n int) []byte {
	i := int((seed*7919 + pos) % patternLength)
	return pattern[i : i+n]
}

// plan is what a request says of its stream, in the first element of the body.
type plan struct {
	Seed, Size int64
	Down       bool
	Chunked    bool
	Rate       float64 // of the slow reader
}

func (p plan) element() string {
	b, _ := json.Marshal(p) // numbers and booleans: no error, no markup
	return "<m:plan>" + string(bytes.ReplaceAll(b, []byte{'"'}, []byte{'\''})) + "</m:plan>"
}

func readPlan(b []byte) (plan, bool) {
	var p plan
	_, b, ok := bytes.Cut(b, []byte("<m:plan>"))
	b, _, ended := bytes.Cut(b, []byte("</m:plan>"))
	if !ok || !ended {
		return p, false
	}
	return p, json.Unmarshal(bytes.ReplaceAll(b, []byte{'\''}, []byte{'"'}), &p) == nil
}

// rates of the slow readers, in octets per second: none, and three others.
var rates = [...]float64{0, 200e6, 120e6, 60e6}

// sendStream writes head, prefix, size octets of pattern and the tail.
func sendStream(c net.Conn, head, prefix string, p plan) error {
	framed := func(b []byte) error {
		if !p.Chunked {
			_, err := c.Write(b)
			return err
		}
		_, err := (&net.Buffers{[]byte(strconv.FormatInt(int64(len(b)), 16) + "\r\n"), b, []byte("\r\n")}).WriteTo(c)
		return err
	}
	length := "Transfer-Encoding: chunked\r\n\r\n"
	if !p.Chunked {
		length = fmt.Sprintf("Content-Length: %d\r\n\r\n", int64(len(prefix)+len(streamTail))+p.Size)
	}
	if _, err := io.WriteString(c, head+length); err != nil {
		return err
	}
	if err := framed([]byte(prefix)); err != nil {
		return err
	}
	for pos := int64(0); pos < p.Size; {
		n := int(min(streamPiece, p.Size-pos))
		if err := framed(at(p.Seed, pos, n)); err != nil {
			return fmt.Errorf("after %d octets: %w", pos, err)
		}
		pos += int64(n)
	}
	if err := framed([]byte(streamTail)); err != nil || !p.Chunked {
		return err
	}
	_, err := io.WriteString(c, "0\r\n\r\n")
	return err
}

// checkStream reads a body whose prefix ends with mark and compares the rest.
func checkStream(w *wire, mark string, prepare func(prefix []byte) (plan, error)) error {
	var prefix []byte
	var p plan
	var slow *pace
	pos, tail := int64(0), 0
	for {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			if slow == nil || pos != p.Size || tail != len(streamTail) {
				return fmt.Errorf("ended after %d octets of %d and %d of the tail", pos, p.Size, tail)
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d octets: %w", pos, err)
		}
		if slow == nil {
			prefix = append(prefix, b...)
			i := bytes.Index(prefix, []byte(mark))
			if i < 0 {
				continue
			}
			b = prefix[i+len(mark):]
			if p, err = prepare(prefix[:i+len(mark)]); err != nil {
				return err
			}
			slow = newPace(p.Rate)
		}
		for len(b) > 0 && pos < p.Size {
			n := int(min(int64(len(b)), p.Size-pos, patternLength))
			if !bytes.Equal(b[:n], at(p.Seed, pos, n)) {
				return fmt.Errorf("differs between octets %d and %d", pos, pos+int64(n))
			}
			b, pos = b[n:], pos+int64(n)
		}
		if !bytes.HasPrefix([]byte(streamTail[tail:]), b) {
			return fmt.Errorf("tail differs: %q", b)
		}
		tail += len(b)
		slow.wait(pos)
	}
}

// streamAnswer is the back end's side: it checks a stream up, or sends one down.
func streamAnswer(w *wire) error {
	var p plan
	err := checkStream(w, "</m:plan>", func(prefix []byte) (plan, error) {
		var ok bool
		if p, ok = readPlan(prefix); !ok {
			return p, fmt.Errorf("no plan in %q", prefix)
		}
		up := p
		if p.Down {
			up.Size = 0
		}
		return up, nil
	})
	if err != nil {
		return err
	}
	if !p.Down {
		p.Size, p.Chunked = 0, false
	}
	return sendStream(w.conn, "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\n", streamHead+"<m:begin/>", p)
}

// streamResult is what the role "streams" prints as JSON.
type streamResult struct {
	Streams int           `json:"streams"`
	Octets  int64         `json:"octets"`
	Elapsed time.Duration `json:"elapsed"`
	Errors  []string      `json:"errors"`
}

// runStreams is the role "streams": n streams at the same time.
func runStreams(ctx context.Context, addr, path string, n int, size int64, out *os.File) error {
	start := time.Now()
	var wg sync.WaitGroup
	var octets atomic.Int64
	failures := make([]string, n)
	for i := range n {
		p := plan{Seed: int64(i + 1), Size: size, Down: i%2 == 1, Chunked: i%4 >= 2, Rate: rates[i/4%len(rates)]}
		wg.Go(func() {
			if err := stream(ctx, addr, path, p); err != nil {
				failures[i] = fmt.Sprintf("stream %d (%+v): %v", i, p, err)
				return
			}
			octets.Add(size)
		})
	}
	wg.Wait()
	r := streamResult{Streams: n, Octets: octets.Load(), Elapsed: time.Since(start)}
	for _, f := range failures {
		if f != "" {
			r.Errors = append(r.Errors, f)
		}
	}
	return json.NewEncoder(out).Encode(r)
}

// stream sends one request and checks its answer.
func stream(ctx context.Context, addr, path string, p plan) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	up, down := p, p
	if p.Down {
		up.Size = 0
	} else {
		down.Size = 0
	}
	sent := make(chan error, 1)
	go func() { // joined below: the answer may come before the request ended
		head := "POST " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/soap+xml; charset=utf-8; action=\"" + streamAction + "\"\r\n"
		sent <- sendStream(c, head, streamHead+p.element(), up)
	}()
	w := newWire(c)
	head, err := w.head()
	if err == nil && !bytes.HasPrefix(head, []byte("HTTP/1.1 200")) {
		err = fmt.Errorf("answer %q", head)
	}
	if err == nil {
		err = checkStream(w, "<m:begin/>", func([]byte) (plan, error) { return down, nil })
	}
	if err != nil {
		_ = c.Close()
		return errors.Join(err, <-sent)
	}
	return <-sent
}
