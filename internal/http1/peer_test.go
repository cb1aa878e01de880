package http1_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is a scripted server: every accepted connection runs its script.
type peer struct {
	address string
	mu      sync.Mutex
	conns   []net.Conn
	work    sync.WaitGroup
}

// listen starts a peer on loopback that ends with the test.
func listen(tb testing.TB, config *tls.Config, script func(c net.Conn)) *peer {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &peer{address: l.Addr().String()}
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				c = tls.Server(c, config)
			}
			p.mu.Lock()
			p.conns = append(p.conns, c)
			p.mu.Unlock()
			p.work.Go(func() {
				defer func() { _ = c.Close() }()
				script(c)
			})
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

// accepted is the number of connections so far.
func (p *peer) accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// request reads one whole request; nil at the end of the connection.
func request(br *bufio.Reader) (*http.Request, []byte) {
	r, err := http.ReadRequest(br)
	if err != nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil
	}
	return r, body
}

// answering gives a script that answers every request with raw octets.
func answering(raw ...string) func(net.Conn) {
	return func(c net.Conn) {
		br := bufio.NewReader(c)
		for {
			if r, _ := request(br); r == nil {
				return
			}
			for _, s := range raw {
				if _, err := io.WriteString(c, s); err != nil {
					return
				}
			}
		}
	}
}

// pool makes a pool for p that ends with the test.
func (p *peer) pool(tb testing.TB, o http1.Options) *http1.Pool {
	tb.Helper()
	pool := http1.NewPool(http1.Target{Address: p.address}, o)
	tb.Cleanup(pool.Close)
	return pool
}

// serve listens with or without TLS and makes a pool for it.
func serve(tb testing.TB, secure bool, script func(net.Conn)) (*peer, *http1.Pool) {
	tb.Helper()
	if !secure {
		p := listen(tb, nil, script)
		return p, p.pool(tb, http1.Options{})
	}
	server, client := identity(tb)
	p := listen(tb, server, script)
	pool := http1.NewPool(http1.Target{Address: p.address, TLS: client}, http1.Options{})
	tb.Cleanup(pool.Close)
	return p, pool
}

// identity makes a certificate for 127.0.0.1 and a client that trusts it.
func identity(tb testing.TB) (server, client *tls.Config) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:     []string{"target.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(tb, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12},
		&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// text is a held body, or one that must be written by WriteTo.
type text struct {
	octets   string
	size     int64 // announced; -1: unknown
	streamed bool
	step     int // octets per Write; 0: all at once
	fail     error
	aborted  chan struct{}
	once     *sync.Once
}

func held(s string) *text     { return &text{octets: s, size: int64(len(s))} }
func streamed(s string) *text { return &text{octets: s, size: int64(len(s)), streamed: true} }
func unsized(s string) *text  { return &text{octets: s, size: -1, streamed: true} }

// gated blocks before its last octet until Abort, as a slow client does.
func gated(s string) *text {
	b := streamed(s)
	b.aborted, b.once = make(chan struct{}), new(sync.Once)
	return b
}

func (b *text) Size() (int64, bool) { return max(b.size, 0), b.size >= 0 }

func (b *text) Segments(dst [][]byte) ([][]byte, bool) {
	if b.streamed {
		return dst, false
	}
	half := len(b.octets) / 2
	return append(dst, []byte(b.octets[:half]), []byte(b.octets[half:])), true
}

func (b *text) WriteTo(w io.Writer) (int64, error) {
	var n int64
	rest := []byte(b.octets)
	for len(rest) > 0 {
		k := len(rest)
		if b.step > 0 {
			k = min(k, b.step)
		}
		if b.aborted != nil && k == len(rest) {
			m, err := w.Write(rest[:k-1])
			n += int64(m)
			if err != nil {
				return n, err
			}
			<-b.aborted
			return n, io.ErrClosedPipe
		}
		m, err := w.Write(rest[:k])
		n += int64(m)
		if err != nil {
			return n, err
		}
		rest = rest[k:]
	}
	return n, b.fail
}

// waiting is text whose source can be interrupted.
type waiting struct{ *text }

func (b waiting) Abort() { b.once.Do(func() { close(b.aborted) }) }

func post(path string, body http1.Body, fields ...http1.Field) *http1.Request {
	return &http1.Request{Method: "POST", Path: path, Fields: fields, Body: body}
}

// exchange runs one request and reads its whole answer.
func exchange(tb testing.TB, p *http1.Pool, r *http1.Request) (*http1.Response, string, error) {
	tb.Helper()
	ctx, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	resp, err := p.Do(ctx, r)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(tb, resp.Body.Close())
	return resp, string(body), err
}

func payload(n int) string { return strings.Repeat("0123456789abcdef", n/16+1)[:n] }
