package hostile

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Frame types and flags of HTTP/2 (RFC 9113, 6).
const (
	frameData         = 0
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	frameGoAway       = 7
	frameWindow       = 8
	frameContinuation = 9

	flagEnd     = 1 // of the stream; of SETTINGS: acknowledgement
	flagHeaders = 4 // end of the header block
)

// h2 is a client that sends what it is told, frame by frame.
type h2 struct {
	c      net.Conn
	r      *bufio.Reader
	window atomic.Int64 // octets that the connection may still take
	more   chan struct{}
}

// frame is one received frame.
type frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

// dialH2 speaks HTTP/2 to the TLS socket of the program.
func dialH2(t *testing.T, g *rig) *h2 {
	t.Helper()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", g.secure, &tls.Config{
		InsecureSkipVerify: true, // The certificate is one of this run.
		NextProtos:         []string{"h2"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.Equal(t, "h2", c.ConnectionState().NegotiatedProtocol, "the TLS socket offers HTTP/2")
	require.NoError(t, c.SetDeadline(time.Now().Add(limitOfRow)))
	h := &h2{c: c, r: bufio.NewReader(c), more: make(chan struct{}, 1)}
	h.window.Store(65_535)
	_, err = io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, h.write(frameSettings, 0, 0, nil))
	f, err := h.read()
	require.NoError(t, err)
	require.EqualValues(t, frameSettings, f.kind)
	require.NoError(t, h.write(frameSettings, flagEnd, 0, nil))
	return h
}

func (h *h2) write(kind, flags byte, stream uint32, payload []byte) error {
	b := make([]byte, 9, 9+len(payload))
	b[0], b[1], b[2] = byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload))
	b[3], b[4] = kind, flags
	binary.BigEndian.PutUint32(b[5:], stream)
	_, err := h.c.Write(append(b, payload...))
	return err
}

func (h *h2) read() (frame, error) {
	var b [9]byte
	if _, err := io.ReadFull(h.r, b[:]); err != nil {
		return frame{}, err
	}
	f := frame{kind: b[3], flags: b[4], stream: binary.BigEndian.Uint32(b[5:]) & (1<<31 - 1)}
	f.payload = make([]byte, int(b[0])<<16|int(b[1])<<8|int(b[2]))
	_, err := io.ReadFull(h.r, f.payload)
	return f, err
}

// literal appends a field without indexing and without Huffman code (RFC 7541, 6.2.2).
func literal(b []byte, name, value string) []byte {
	b = append(b, 0, byte(len(name)))
	b = append(b, name...)
	b = append(b, byte(len(value)))
	return append(b, value...)
}

// fields is the header block of a POST to the TLS socket.
func (h *h2) fields(more ...string) []byte {
	var b []byte
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "https"},
		{":path", "/t11"},
		{":authority", h.c.RemoteAddr().String()},
		{"content-type", "text/xml; charset=utf-8"},
		{"soapaction", `"urn:orders/Place"`},
	} {
		b = literal(b, f[0], f[1])
	}
	for i := 0; i < len(more); i += 2 {
		b = literal(b, more[i], more[i+1])
	}
	return b
}

// status of a response is the first field of its block: an entry of the static
// table, or a literal that names one.
const status200, status400 = 0x88, 0x8c

// answerTo reads until the stream is answered, reset, or the connection ends.
func (h *h2) answerTo(stream uint32) (frame, error) {
	for {
		f, err := h.read()
		if err != nil {
			return f, err
		}
		if f.kind == frameGoAway || (f.stream == stream && (f.kind == frameHeaders || f.kind == frameReset)) {
			return f, nil
		}
	}
}

func http2Rows() []row {
	bad := func(name string, fields ...string) row {
		return row{id: "H-158", name: name, rigs: "http2", play: func(t *testing.T, g *rig) {
			t.Helper()
			g.back.reset(nil, nil)
			h := dialH2(t, g)
			require.NoError(t, h.write(frameHeaders, flagHeaders, 1, h.fields(fields...)))
			_ = h.write(frameData, flagEnd, 1, []byte(base11().String()))
			f, err := h.answerTo(1)
			if err == nil && f.kind == frameHeaders {
				assert.EqualValues(t, status400, f.payload[0], "refused as a stream error or with 400")
			}
			assert.Empty(t, g.back.requests())
		}}
	}
	good := row{id: "H-158", name: "a good message", rigs: "http2", play: func(t *testing.T, g *rig) {
		t.Helper()
		g.back.reset(nil, nil)
		h := dialH2(t, g)
		require.NoError(t, h.write(frameHeaders, flagHeaders, 1, h.fields()))
		require.NoError(t, h.write(frameData, flagEnd, 1, []byte(base11().String())))
		f, err := h.answerTo(1)
		require.NoError(t, err)
		require.EqualValues(t, frameHeaders, f.kind)
		assert.EqualValues(t, status200, f.payload[0])
		seen := g.back.requests()
		require.Len(t, seen, 1)
		assert.Equal(t, base11().String(), string(seen[0].body))
	}}
	return []row{
		good, bad("CR LF", "x-a", "a\r\nb"), bad("transfer-encoding", "transfer-encoding", "chunked"), bad("connection", "connection", "close"),
		{id: "H-161", rigs: "http2", play: rapidReset},
		{id: "H-162", rigs: "http2", play: continuations},
	}
}

// rapidReset opens 10 000 streams with a whole message each and resets each a
// little later, so that 90 are open at any time. The back end holds each request
// until its connection is given up.
func rapidReset(t *testing.T, g *rig) {
	t.Helper()
	var inFlight, most atomic.Int64
	var mu sync.Mutex
	g.back.reset(func(w net.Conn, _ *seen) bool {
		n := inFlight.Add(1)
		mu.Lock()
		most.Store(max(n, most.Load()))
		mu.Unlock()
		_, _ = w.Read(make([]byte, 1))
		inFlight.Add(-1)
		return false
	}, nil)
	h := dialH2(t, g)
	go h.listen()
	message := []byte(`<s:Envelope xmlns:s="` + soap11 + `"><s:Body><o:Place xmlns:o="urn:orders"/></s:Body></s:Envelope>`)
	const open = 90
	sent := 0
	for ; sent < 10_000 && h.take(len(message)); sent++ {
		stream := uint32(2*sent + 1)
		if h.write(frameHeaders, flagHeaders, stream, h.fields()) != nil ||
			h.write(frameData, flagEnd, stream, message) != nil {
			break
		}
		if sent >= open && h.write(frameReset, 0, stream-2*open, []byte{0, 0, 0, 8}) != nil {
			break
		}
	}
	hangUp(h.c)
	t.Logf("%d streams sent, at most %d requests in flight", sent, most.Load())
	// The back end sees a cut a moment later than the program makes it.
	assert.LessOrEqual(t, most.Load(), int64(100+28))
	// What stands in the socket is still read. Nothing may be left of it in the end.
	number := -1
	assert.Eventually(t, func() bool {
		before := number
		number = len(g.back.requests())
		return inFlight.Load() == 0 && number == before
	}, limitOfRow, 300*time.Millisecond, "resets reach the back end")
}

// listen counts the window of the connection until it ends.
func (h *h2) listen() {
	defer close(h.more)
	for {
		f, err := h.read()
		if err != nil || f.kind == frameGoAway {
			return
		}
		if f.kind == frameWindow && f.stream == 0 {
			h.window.Add(int64(binary.BigEndian.Uint32(f.payload)))
			select {
			case h.more <- struct{}{}:
			default:
			}
		}
	}
}

// take waits until n octets may be sent.
func (h *h2) take(n int) bool {
	for h.window.Load() < int64(n) {
		if _, ok := <-h.more; !ok {
			return false
		}
	}
	h.window.Add(-int64(n))
	return true
}

// continuations sends a header block that never ends.
func continuations(t *testing.T, g *rig) {
	t.Helper()
	g.back.reset(nil, nil)
	h := dialH2(t, g)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, h.r)
	}()
	require.NoError(t, h.write(frameHeaders, 0, 1, h.fields()))
	block := literal(nil, "x-a", string(make([]byte, 100)))
	const limit = 64 << 20
	for sent := 0; ; sent += len(block) {
		if h.write(frameContinuation, 0, 1, block) != nil {
			break
		}
		require.Less(t, sent, limit, "the connection takes header blocks for ever")
	}
	<-closed
	assert.Empty(t, g.back.requests())
}
