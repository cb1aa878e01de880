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
	"sync"
	"sync/atomic"
	"time"
)

// loadOptions are the flags of the role "load".
type loadOptions struct {
	addr, path string
	conns      int
	size       int
	warm, run  time.Duration
	rate       float64 // messages per second; 0 = closed loop
	most       int64   // messages at most
}

// loadResult is what the load generator prints as JSON.
type loadResult struct {
	Messages int64         `json:"messages"`
	Elapsed  time.Duration `json:"elapsed"`
	P50      time.Duration `json:"p50"`
	P99      time.Duration `json:"p99"`
	Max      time.Duration `json:"max"`
	Wrong    int64         `json:"wrong"` // answers that differ, and broken connections
	Error    string        `json:"error"` // the first of them
}

// load is the state that all connections share.
type load struct {
	loadOptions
	base    *request
	next    atomic.Uint64 // number of the next message
	start   time.Time     // end of the warm-up
	wrong   atomic.Int64
	failure atomic.Pointer[error]
}

// runLoad is the role "load". Its output has the line "start" when the warm-up
// is over, "stop" when the time is over, and the result.
func runLoad(ctx context.Context, o loadOptions, out *os.File) error {
	l := &load{loadOptions: o, base: newRequest(o.addr, o.path, o.size), start: time.Now().Add(o.warm)}
	ctx, cancel := context.WithDeadline(ctx, l.start.Add(o.run))
	defer cancel()
	histograms := make([]*histogram, o.conns)
	var wg sync.WaitGroup
	for i := range o.conns {
		histograms[i] = &histogram{}
		wg.Go(func() {
			if err := l.connection(ctx, i, histograms[i]); err != nil {
				l.wrong.Add(1)
				l.failure.CompareAndSwap(nil, &err)
			}
		})
	}
	wait(ctx, time.Until(l.start))
	_, _ = out.WriteString("start\n") // a driver that is gone kills this process
	wait(ctx, time.Until(l.start.Add(o.run)))
	_, _ = out.WriteString("stop\n")
	stopped := time.Now()
	wg.Wait()
	sum := &histogram{}
	for _, h := range histograms {
		sum.merge(h)
	}
	r := loadResult{
		Messages: int64(sum.total), Elapsed: stopped.Sub(l.start), Wrong: l.wrong.Load(),
		P50: sum.quantile(0.50), P99: sum.quantile(0.99), Max: sum.quantile(1 - 1e-9),
	}
	if err := l.failure.Load(); err != nil {
		r.Error = (*err).Error()
	}
	return json.NewEncoder(out).Encode(r)
}

// connection sends messages one after the other until the time is over.
func (l *load) connection(ctx context.Context, number int, h *histogram) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	req, want, w := l.base.clone(), newAnswer(), newWire(c)
	expected := want.octets[want.body:]
	began := l.start.Add(-l.warm)
	for i := 0; ; i++ {
		begin := time.Now()
		if l.rate > 0 { // open loop: the schedule counts, not when it was kept
			due := time.Duration((float64(i)*float64(l.conns) + float64(number)) / l.rate * float64(time.Second))
			begin = began.Add(due)
			wait(ctx, time.Until(begin))
		}
		n := l.next.Add(1)
		if ctx.Err() != nil || int64(n) > l.most {
			return nil
		}
		req.number(n)
		want.set(req.octets[req.ids[0]:req.ids[0]+17], req.sum)
		if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			return err
		}
		if _, err := c.Write(req.octets); err != nil {
			return fmt.Errorf("request %d: %w", n, err)
		}
		if err := compare(w, expected); err != nil {
			return fmt.Errorf("answer to request %d: %w", n, err)
		}
		if now := time.Now(); !begin.Before(l.start) && ctx.Err() == nil {
			h.add(now.Sub(begin))
		}
	}
}

// compare reads one answer and compares it octet by octet.
func compare(w *wire, expected []byte) error {
	head, err := w.head()
	if err != nil {
		return unexpected(err)
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 200")) {
		line, _, _ := bytes.Cut(head, []byte("\r\n"))
		return fmt.Errorf("status line %q", line)
	}
	at := 0
	for {
		p, err := w.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(expected[at:], p) {
			same := 0
			for same < len(p) && at+same < len(expected) && p[same] == expected[at+same] {
				same++
			}
			return fmt.Errorf("body differs from octet %d on: %q", at+same, p[same:min(len(p), same+200)])
		}
		at += len(p)
	}
	if at != len(expected) {
		return fmt.Errorf("body of %d octets instead of %d", at, len(expected))
	}
	return nil
}

// wait lets d pass unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
