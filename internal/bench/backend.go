package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"time"
)

// Paths of the back end.
const (
	pathAnswer = "/answer" // a short answer with the id and a checksum
	pathStream = "/stream" // a stream up or down, see stream.go
)

// serveBackend is the role "backend": an HTTP service that costs as little as
// Go allows, one goroutine for each connection and no net/http.
func serveBackend(ctx context.Context, addr string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go func() { // ends with its connection, at the latest with the process
			if err := answerAll(c); err != nil {
				fmt.Fprintln(os.Stderr, "back end:", err)
			}
			_ = c.Close()
		}()
	}
}

// answerAll serves one connection to its end.
func answerAll(c net.Conn) error {
	w, a := newWire(c), newAnswer()
	scratch := make([]byte, 0, 4096)
	for {
		head, err := w.head()
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if bytes.HasPrefix(head, []byte("POST "+pathStream)) {
			if err := streamAnswer(w); err != nil {
				return fmt.Errorf("stream: %w", err)
			}
			continue
		}
		if err := sumUp(w, a, scratch); err != nil {
			return err
		}
		if _, err := c.Write(a.octets); err != nil {
			return err
		}
	}
}

// sumUp reads a body to its end and puts its id and checksum into the answer.
func sumUp(w *wire, a *answer, scratch []byte) error {
	var sum uint32
	var id [17]byte
	found := false
	scratch = scratch[:0]
	for {
		p, err := w.next()
		if errors.Is(err, io.EOF) {
			a.set(id[:], sum)
			return nil
		}
		if err != nil {
			return err
		}
		if !found {
			if len(scratch) > 0 { // the mark may lie across two pieces
				scratch = append(scratch, p...)
				p = scratch
			}
			i := bytes.Index(p, []byte(bodyMark))
			if i < len(id) {
				if len(scratch) == 0 {
					scratch = append(scratch, p...)
				}
				continue
			}
			copy(id[:], p[i-len(id):i])
			p, found = p[i+len(bodyMark):], true
		}
		sum = crc32.Update(sum, castagnoli, p)
	}
}

// pace slows a reader down to a rate.
type pace struct {
	rate  float64 // octets per second; 0 = no limit
	start time.Time
	timer *time.Timer
}

func newPace(rate float64) *pace {
	return &pace{rate: rate, start: time.Now(), timer: time.NewTimer(0)}
}

// wait returns when done octets are due.
func (p *pace) wait(done int64) {
	if p.rate <= 0 {
		return
	}
	due := time.Duration(float64(done) / p.rate * float64(time.Second))
	if ahead := due - time.Since(p.start); ahead > 5*time.Millisecond {
		p.timer.Reset(ahead)
		<-p.timer.C
	}
}
