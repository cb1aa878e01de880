package testbed

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BackendOptions configure a Backend; the zero value is plain HTTP with usual
// answers.
type BackendOptions struct {
	TLS      *tls.Config  // nil: plain
	Listener net.Listener // nil: a free port of 127.0.0.1
	Script   Script       // nil: the zero Answer for every request
	Forget   bool         // count ids, but keep no requests
}

// Backend is an HTTP/1.1 service over raw TCP that records what it received,
// octet for octet.
type Backend struct {
	listener net.Listener
	options  BackendOptions
	ctx      context.Context // ends with Close; stops delays
	cancel   context.CancelFunc
	wg       sync.WaitGroup

	mu          sync.Mutex // guards all below
	script      Script
	connections int
	open        map[net.Conn]struct{}
	received    []*Received
	delivered   map[string]int
	problems    []error
	changed     chan struct{} // closed and replaced at each delivery
}

// NewBackend starts a back end that is closed at the end of the test.
func NewBackend(tb testing.TB, o BackendOptions) *Backend {
	tb.Helper()
	l := o.Listener
	if l == nil {
		var err error
		l, err = (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
		require.NoError(tb, err)
	}
	b := &Backend{
		listener: l, options: o, script: o.Script,
		open: map[net.Conn]struct{}{}, delivered: map[string]int{}, changed: make(chan struct{}),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.wg.Go(b.accept)
	tb.Cleanup(b.Close)
	return b
}

// Addr returns host and port.
func (b *Backend) Addr() string { return b.listener.Addr().String() }

// URL returns the address with scheme http or https, and a slash.
func (b *Backend) URL() string {
	if b.options.TLS != nil {
		return "https://" + b.Addr() + "/"
	}
	return "http://" + b.Addr() + "/"
}

// Close cuts all connections and waits for their goroutines.
func (b *Backend) Close() {
	b.cancel()
	_ = b.listener.Close()
	b.CloseConnections()
	b.wg.Wait()
}

// CloseConnections cuts all connections; new ones are taken.
func (b *Backend) CloseConnections() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.open {
		_ = c.Close()
	}
}

// SetScript replaces the script for requests to come; nil is the default.
func (b *Backend) SetScript(s Script) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script = s
}

// Connections returns how many connections were accepted so far.
func (b *Backend) Connections() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.connections
}

// Received returns the requests so far, the broken ones too.
func (b *Backend) Received() []*Received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*Received(nil), b.received...)
}

// Deliveries returns how often a whole request with this id arrived.
func (b *Backend) Deliveries(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.delivered[id]
}

// Delivered returns the count of whole requests by id.
func (b *Backend) Delivered() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.delivered)
}

// Problems returns what was wrong with requests that did not simply end early.
func (b *Backend) Problems() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]error(nil), b.problems...)
}

// Await waits until ok holds, looking after each delivery, or ctx ends.
func (b *Backend) Await(ctx context.Context, ok func() bool) error {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *Backend) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		n := b.connections
		b.connections++
		b.open[c] = struct{}{}
		b.mu.Unlock()
		if b.ctx.Err() != nil { // accepted while Close cut the others
			_ = c.Close()
		}
		b.wg.Go(func() {
			b.serve(c, n)
			b.mu.Lock()
			delete(b.open, c)
			b.mu.Unlock()
			_ = c.Close()
		})
	}
}

// serve answers the requests of one connection, one after the other.
func (b *Backend) serve(raw net.Conn, number int) {
	conn := raw
	if b.options.TLS != nil {
		conn = tls.Server(raw, b.options.TLS)
	}
	br := bufio.NewReader(conn)
	for seq := 0; ; seq++ {
		r := &Received{Connection: number, Sequence: seq}
		c := &recorder{r: br, buf: &bytes.Buffer{}}
		if !b.exchange(conn, raw, r, c) {
			return
		}
	}
}

// exchange reads one request and answers it; it reports whether another may follow.
func (b *Backend) exchange(conn, raw net.Conn, r *Received, c *recorder) bool {
	if err := r.readHead(c); err != nil {
		b.broken(r, c, err)
		return false
	}
	b.mu.Lock()
	script := b.script
	b.mu.Unlock()
	var a Answer
	if script != nil {
		a = script(r)
	}
	if a.Early && !b.write(conn, raw, r, a) {
		return false
	}
	if err := r.readBody(c); err != nil {
		b.broken(r, c, err)
		return false
	}
	r.Octets, r.Complete, r.MessageID = c.buf.Bytes(), true, FindMessageID(r.Body)
	b.record(r, nil)
	if a.Silent {
		return true
	}
	return a.Early || b.write(conn, raw, r, a)
}

func (b *Backend) broken(r *Received, c *recorder, err error) {
	if c.buf.Len() == 0 {
		return // the connection ended between two requests
	}
	r.Octets, r.MessageID = c.buf.Bytes(), FindMessageID(r.Body)
	var netErr net.Error
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &netErr) {
		err = nil // cut: what a record without Complete says
	}
	b.record(r, err)
}

func (b *Backend) record(r *Received, problem error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.options.Forget {
		b.received = append(b.received, r)
	}
	if r.Complete {
		b.delivered[r.MessageID]++
	}
	if problem != nil {
		b.problems = append(b.problems, problem)
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// write sends the answer and reports whether the connection stays usable.
func (b *Backend) write(conn, raw net.Conn, r *Received, a Answer) bool {
	if !b.wait(a.Delay) {
		return false
	}
	out := a.Octets
	if a.Make != nil {
		out = a.Make(r)
	} else if out == nil {
		out = Reply(r)
	}
	cut := a.End == CutAfter || a.End == ResetAfter
	if cut {
		out = out[:min(a.After, len(out))]
	} else {
		out = append(slices.Clip(out), a.Extra...)
	}
	if !b.send(conn, out, a.Pause) || a.End == KeepOpen {
		return a.End == KeepOpen
	}
	if a.End == ResetAfter {
		setLinger(raw)
	}
	return false // serve's caller closes the connection
}

func (b *Backend) send(conn net.Conn, out []byte, pause time.Duration) bool {
	if pause == 0 {
		_, err := conn.Write(out)
		return err == nil
	}
	for i := range out {
		if _, err := conn.Write(out[i : i+1]); err != nil || !b.wait(pause) {
			return false
		}
	}
	return true
}

// wait lets d pass, unless the back end is closed meanwhile.
func (b *Backend) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.ctx.Done():
		return false
	}
}

// setLinger makes the next Close send RST (SO_LINGER 0).
func setLinger(c net.Conn) {
	if t, ok := c.(interface{ SetLinger(seconds int) error }); ok {
		_ = t.SetLinger(0)
	}
}
