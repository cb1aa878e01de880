package httpchan

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// FrontOptions shape a front. The zero value is usable.
type FrontOptions struct {
	TLS *tls.Config // nil: plain HTTP
	// Port is the port that listeners of this socket have in their addresses, which
	// may be another than the socket's. It takes the place of the port in the Host
	// field. 0: the port of the Host field counts.
	Port int
	Log  *slog.Logger
	// HeadTimeout bounds the reading of a request head; default 10 s.
	HeadTimeout time.Duration
	// IdleTimeout ends a connection on which no request comes; default 120 s.
	IdleTimeout time.Duration
	// MinRate is the least number of octets per second that a peer has to send
	// or take once Grace has passed; default 240, negative for none.
	MinRate int64
	// Grace is the time before MinRate counts; default 5 s.
	Grace time.Duration
	// MaxConnections bounds the connections of this front; 0 means no bound.
	MaxConnections int
	// MaxPerAddress bounds the connections of one source address; 0 means no bound.
	MaxPerAddress int
	// CloseAfterChunked ends an HTTP/1.1 connection with each chunked request, for
	// sockets behind a trusted hop that shares its connections among clients.
	CloseAfterChunked bool
	// HideReason leaves the reason out of X-Viaduct-Error (errors.disclose=none).
	HideReason bool
	// Refused is told of connections and requests that never became an exchange.
	Refused func(refusal.Reason)
	// Pages answers what is not a message: metadata, help. May be nil.
	Pages http.Handler
}

func (o *FrontOptions) setDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HeadTimeout == 0 {
		o.HeadTimeout = 10 * time.Second
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 120 * time.Second
	}
	if o.MinRate == 0 {
		o.MinRate = 240
	}
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	if o.Refused == nil {
		o.Refused = func(refusal.Reason) {}
	}
}

// Front serves HTTP on one socket, once.
type Front struct {
	dispatcher binding.Dispatcher
	scheme     string
	port       string // ":80", or empty
	options    FrontOptions
	server     *http.Server
	ids        *idSource
	lifetime   context.Context //nolint:containedctx // of handlers; set by Serve
	draining   atomic.Bool
	cutting    atomic.Bool
	done       chan struct{} // closed when no connection is left
	once       sync.Once     // closes done

	tls    atomic.Pointer[tls.Config] // in force; see RenewTLS
	policy atomic.Int64               // counts RenewTLS

	mu            sync.Mutex // guards the rest
	conns         map[*conn]struct{}
	sources       map[string]int
	leaving, told []net.Conn // refused; closed by the sweeper when it comes the second time
}

// NewFront returns a front that hands messages to the listeners of d. It opens
// nothing.
func NewFront(d binding.Dispatcher, o FrontOptions) *Front {
	o.setDefaults()
	f := &Front{
		dispatcher: d, scheme: "http", options: o, ids: newIDSource(),
		done: make(chan struct{}), conns: map[*conn]struct{}{}, sources: map[string]int{},
	}
	serving := o.TLS
	if o.TLS != nil {
		f.scheme = "https"
		f.tls.Store(o.TLS)
		serving = o.TLS.Clone()
		serving.GetConfigForClient = f.negotiate
	}
	if o.Port > 0 {
		f.port = ":" + strconv.Itoa(o.Port)
	}
	f.server = &http.Server{ //nolint:gosec // the sweeper bounds the reading of heads
		Handler:        http.HandlerFunc(f.serveHTTP),
		MaxHeaderBytes: 64<<10 - 4096, // net/http adds its own slack of 4096
		ErrorLog:       log.New(io.Discard, "", 0),
		ConnContext:    connContext,
		ConnState:      connState,
		TLSConfig:      serving,
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: 100},
		// "OPTIONS *" is answered like every other method that is not served.
		DisableGeneralOptionsHandler: true,
	}
	if o.TLS != nil {
		// HTTP/2 needs a GOAWAY before the end; the sweeper cannot send one.
		f.server.IdleTimeout = o.IdleTimeout
		if o.MinRate > 0 {
			f.server.HTTP2.WriteByteTimeout = 2 * o.Grace
		}
	}
	return f
}

type connKey struct{}

func connContext(ctx context.Context, nc net.Conn) context.Context {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	return context.WithValue(ctx, connKey{}, nc)
}

func connState(nc net.Conn, s http.ConnState) {
	t, secure := nc.(*tls.Conn)
	if secure {
		nc = t.NetConn()
	}
	if c, ok := nc.(*conn); ok {
		c.state(t, s)
	}
}

// Serve accepts connections on l until Shutdown or Close, and returns nil once
// they are done; after a Shutdown that ran out of time that takes a Close. The
// end of ctx is a Close. No connection is left when Serve returns; handlers may
// be, where they were cut.
func (f *Front) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var sweeper sync.WaitGroup
	sweeper.Go(func() { f.sweep(ctx) })
	defer sweeper.Wait()
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = f.Close() })()
	f.lifetime = context.WithoutCancel(ctx)
	f.server.BaseContext = func(net.Listener) context.Context { return ctx }
	source := &connSource{Listener: l, front: f}
	var err error
	if f.options.TLS != nil {
		err = f.server.ServeTLS(source, "", "")
	} else {
		err = f.server.Serve(source)
	}
	if errors.Is(err, http.ErrServerClosed) {
		<-f.done
		return nil
	}
	_ = f.Close() // the listener's error says more
	return fmt.Errorf("serve %s: %w", l.Addr(), err)
}

// Shutdown stops accepting, lets exchanges end and closes idle connections. It
// returns the context's error when they did not end in time; Close cuts them.
func (f *Front) Shutdown(ctx context.Context) error {
	f.draining.Store(true)
	f.dismiss()
	if err := f.server.Shutdown(ctx); err != nil {
		return err
	}
	f.finished()
	return nil
}

// dismiss ends connections that have not sent the first octet of a request:
// net/http would wait five seconds for those that never did.
func (f *Front) dismiss() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.conns {
		if !c.multiplexed.Load() && c.phase.CompareAndSwap(int32(idle), int32(over)) {
			_ = c.SetReadDeadline(time.Now())
		}
	}
}

// Close cuts every connection.
func (f *Front) Close() error {
	f.draining.Store(true)
	f.cutting.Store(true)
	defer f.finished()
	return f.server.Close()
}

// finished lets Serve return.
func (f *Front) finished() {
	f.once.Do(func() { close(f.done) })
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, nc := range append(f.told, f.leaving...) {
		_ = nc.Close() // refused already
	}
	f.told, f.leaving = nil, nil
}

// Connections returns the number of open connections.
func (f *Front) Connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// connSource wraps accepted connections and refuses those over the limits.
type connSource struct {
	net.Listener
	front *Front
}

func (s *connSource) Accept() (net.Conn, error) {
	for {
		nc, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c, ok := s.front.admit(nc); ok {
			return c, nil
		}
		s.front.turnAway(nc)
	}
}

// mostLeaving bounds the connections that are refused and not closed yet.
const mostLeaving = 256

// turnAway refuses a connection. It is closed by the sweeper, a moment later:
// the client has sent something by then, and closing a connection with unread
// octets may lose the answer.
func (f *Front) turnAway(nc net.Conn) {
	c := &conn{Conn: nc, front: f}
	// The socket buffer of a new connection takes this without waiting.
	c.refuse("HTTP/1.1 503 Service Unavailable", refusal.LimitConnections, "Retry-After: 1\r\n")
	_ = c.CloseWrite() // a client that cannot be told sees the end
	f.mu.Lock()
	keep := len(f.leaving) < mostLeaving && !f.cutting.Load()
	if keep {
		f.leaving = append(f.leaving, nc)
	}
	f.mu.Unlock()
	if !keep {
		_ = nc.Close() // likewise
	}
}

func (f *Front) admit(nc net.Conn) (*conn, bool) {
	c := newConn(nc, f)
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.options.MaxConnections; m > 0 && len(f.conns) >= m {
		return nil, false
	}
	if m := f.options.MaxPerAddress; m > 0 && f.sources[c.source] >= m {
		return nil, false
	}
	f.conns[c] = struct{}{}
	f.sources[c.source]++
	return c, true
}

func (f *Front) forget(c *conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, c)
	if f.sources[c.source]--; f.sources[c.source] <= 0 {
		delete(f.sources, c.source)
	}
}
