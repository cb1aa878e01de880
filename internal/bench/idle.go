package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// idleResult is the cost of open connections without a message on them.
type idleResult struct {
	connections int
	each        int64 // octets
	later       int64 // octets, after other connections worked: the collector keeps room then
	err         error
}

// idle opens connections that each carry one message and then rest.
func (b *bench) idle(ctx context.Context, n int) idleResult {
	r := idleResult{connections: n}
	x, err := b.fresh(ctx, headerTable("answer"))
	if err != nil {
		r.err = err
		return r
	}
	defer x.proc.kill()
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	more := func(n int) error {
		for range n {
			c, err := b.one(ctx, x, len(open))
			if err != nil {
				return fmt.Errorf("connection %d: %w", len(open), err)
			}
			open = append(open, c)
		}
		return nil
	}
	if r.err = more(100); r.err == nil {
		r.err = b.work(ctx, x)
	}
	if r.err != nil {
		return r
	}
	before := x.proc.rss()
	b.progress("idle: opening %d connections", n)
	if r.err = more(n); r.err != nil {
		return r
	}
	wait(ctx, 2*time.Second)
	r.each = (x.proc.rss() - before) / int64(n)
	r.err = b.work(ctx, x)
	r.later = (x.proc.rss() - before) / int64(n)
	return r
}

// work sends messages over one connection, and lets the process rest then.
func (b *bench) work(ctx context.Context, x *proxy) error {
	var result loadResult
	err := b.runRole(ctx, &result, nil, "-role=load", "-addr="+x.addr, "-path="+x.path, "-conns=1", "-warm=0s", "-run=3s", "-rate=2000")
	if err == nil && result.Wrong > 0 {
		err = errors.New(result.Error)
	}
	wait(ctx, 2*time.Second)
	return err
}

// one opens a connection and sends a message on it. The sources are spread over
// the loopback range, since Viaduct bounds the connections of one address.
func (b *bench) one(ctx context.Context, x *proxy, number int) (net.Conn, error) {
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+number/500))}}
	c, err := d.DialContext(ctx, "tcp", x.addr)
	if err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // an open TCP connection takes deadlines
	req, want := newRequest(x.addr, x.path, 1024), newAnswer()
	req.number(uint64(number))
	want.set(req.octets[req.ids[0]:req.ids[0]+17], req.sum)
	if _, err = c.Write(req.octets); err == nil {
		err = compare(newWire(c), want.octets[want.body:])
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, c.SetDeadline(time.Time{})
}

// fresh starts a Viaduct of its own for one measurement.
func (b *bench) fresh(ctx context.Context, section string) (*proxy, error) {
	x := &proxy{name: "viaduct", path: "/bench", start: func(ctx context.Context, b *bench, addr string) (*process, error) {
		return b.startViaduct(ctx, addr, section)
	}}
	return x, x.run(ctx, b)
}

// streamMemory is what the streams took.
type streamMemory struct {
	streamResult
	size       int64
	idle, peak int64 // resident octets
	err        error
}

// streams sends 32 streams through a fresh Viaduct and watches its memory.
func (b *bench) streams(ctx context.Context, n int, size int64) streamMemory {
	m := streamMemory{size: size}
	x, err := b.fresh(ctx, matchAllTable("stream"))
	if err != nil {
		m.err = err
		return m
	}
	defer x.proc.kill()
	wait(ctx, time.Second)
	m.idle = x.proc.rss()
	b.progress("streams: %d of %d MiB each", n, size>>20)
	watch, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { // joined below
		defer close(watched)
		for watch.Err() == nil {
			m.peak = max(m.peak, x.proc.rss())
			wait(watch, 100*time.Millisecond)
		}
	}()
	limit, cancel := context.WithTimeout(ctx, b.streamTime)
	defer cancel()
	m.err = b.runRole(limit, &m.streamResult, nil, "-role=streams", "-addr="+x.addr, "-path=/stream",
		"-conns="+strconv.Itoa(n), "-octets="+strconv.FormatInt(size, 10))
	stop()
	<-watched
	if m.err == nil && len(m.Errors) > 0 {
		m.err = errors.New(strings.Join(m.Errors, "\n"))
	}
	return m
}
