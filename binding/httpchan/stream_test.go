package httpchan_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// streaming is a listener that holds nothing above 64 KiB.
func streaming(h binding.HandlerFunc) *binding.Listener {
	l := listener(h)
	l.Limits.Message = 64 << 20
	l.Needs.Streamed = true
	return l
}

const (
	opened = `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body><a>`
	closed = `</a></s:Body></s:Envelope>`
)

// long is a message that is not held.
var long = opened + strings.Repeat("x", 200<<10) + closed

// The answer begins before the request has ended, and both go on (message
// model, rule 7 of section 6): what is sent comes back while more is sent.
func TestFront_fullDuplex(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(streaming(echo)), httpchan.FrontOptions{})
	request, more := io.Pipe()
	defer func() { _ = more.Close() }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/s", request)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	go func() { _, _ = io.WriteString(more, long[:100<<10]) }()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err, "the head of the answer is here, the request is not over")
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, 200, resp.StatusCode)
	assert.EqualValues(t, -1, resp.ContentLength)
	got := make([]byte, 100<<10)
	_, err = io.ReadFull(resp.Body, got)
	require.NoError(t, err)
	assert.Equal(t, long[:100<<10], string(got))
	for _, part := range []string{long[100<<10 : 150<<10], long[150<<10:]} {
		go func() { _, _ = io.WriteString(more, part) }()
		got := make([]byte, len(part))
		_, err = io.ReadFull(resp.Body, got)
		require.NoError(t, err)
		assert.Equal(t, part, string(got))
	}
	require.NoError(t, more.Close())
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Empty(t, rest)
}

// A body that may be sent again is arriving too: net/http must not read what is
// left of it before it writes the answer.
func TestFront_windowed(t *testing.T) {
	t.Parallel()
	l := streaming(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		assert.Equal(t, soap.Windowed, req.Envelope.Body.State())
		d := soap.NewDraft(req.Envelope)
		req.Release()
		return &binding.Reply{Draft: d}, nil
	})
	l.Needs.Replay = true
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	c := dial(t, address)
	for range 2 {
		r, err := c.Exchange([]byte(posting(long)), patience)
		require.NoError(t, err)
		assert.Equal(t, long, string(r.Body))
	}
}

func TestFront_knownLength(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(streaming(echo)), httpchan.FrontOptions{})
	r, err := dial(t, address).Exchange([]byte(posting(long)), patience)
	require.NoError(t, err)
	assert.Equal(t, itoa(len(long)), r.Fields.Get("Content-Length"), "a length that was known stays")
	assert.Equal(t, long, string(r.Body))
}

// failing gives the octets and then the error.
func failing(octets string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(octets), readerFunc(func([]byte) (int, error) { return 0, err }))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// lateFailure answers with a message whose source breaks off.
func lateFailure(t *testing.T, size int64, err error) binding.HandlerFunc {
	t.Helper()
	return func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		req.Release()
		env, derr := soap.Decode(ctx, failing(long[:120<<10], err), soap.DecodeOptions{
			Version: soap.Soap11, Size: size, Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{Streamed: true},
		})
		if derr != nil {
			return nil, derr
		}
		defer env.Release()
		return &binding.Reply{Draft: soap.NewDraft(env)}, nil
	}
}

func TestFront_lateFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, version string
		size          int64
	}{
		{"chunked", "HTTP/1.1", -1},
		{"with a length", "HTTP/1.1", int64(len(long))},
		{"HTTP/1.0, which ends with the connection", "HTTP/1.0", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan binding.Exchange, 1)
			l := streaming(lateFailure(t, c.size, refusal.New(refusal.UpstreamFailed, -1, "cut")))
			l.Observe = func(x *binding.Exchange) { seen <- *x }
			l.Fault = func(*binding.Request, error) *binding.Reply { t.Error("too late for a fault"); return nil }
			_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
			conn := dial(t, address)
			_, err := conn.Exchange([]byte(strings.Replace(posting(good), "HTTP/1.1", c.version, 1)), patience)
			require.Error(t, err, "never a completed message")
			x := <-seen
			assert.Equal(t, refusal.UpstreamFailed, x.Reason)
			assert.Equal(t, 200, x.Status)
			assert.Positive(t, x.Out)
		})
	}
}

func TestFront_lateFailure_panic(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(streaming(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		reply, err := lateFailure(t, -1, errors.New("x"))(ctx, req)
		if err == nil {
			reply.Close = func() { panic("after the head") }
		}
		return reply, err
	})), httpchan.FrontOptions{})
	_, err := dial(t, address).Exchange([]byte(posting(good)), patience)
	require.Error(t, err)
}

// A streamed request whose framing breaks ends in an error of the body, which is
// the client's.
func TestFront_brokenRequest(t *testing.T) {
	t.Parallel()
	l := streaming(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		defer req.Release()
		r, err := req.Envelope.Body.Open(soap.Rest)
		if err != nil {
			return nil, err
		}
		defer func() { _ = r.Close() }()
		_, err = io.Copy(io.Discard, r)
		return nil, err
	})
	seen := make(chan binding.Exchange, 1)
	l.Observe = func(x *binding.Exchange) { seen <- *x }
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	head := "POST /s HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
	body := "15F90\r\n" + long[:0x15F90] + "\r\n"

	r, err := dial(t, address).Exchange([]byte(head+body+"0x1\r\nx\r\n0\r\n\r\n"), patience)
	require.NoError(t, err)
	assert.Equal(t, 400, r.Status)
	assert.True(t, r.Close)
	assert.Equal(t, refusal.HTTPSmuggle, (<-seen).Reason)

	c := dial(t, address)
	require.NoError(t, c.Send([]byte(head+body)))
	c.Close()
	x := <-seen
	assert.Equal(t, refusal.ClientGone, x.Reason)
	assert.Zero(t, x.Status, "nobody was there to be told")
}

// Parts of an answer of unknown length leave as they come.
func TestFront_flush(t *testing.T) {
	t.Parallel()
	source, more := io.Pipe()
	_, address := serve(t, everywhere(streaming(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		req.Release()
		env, err := soap.Decode(ctx, source, soap.DecodeOptions{
			Version: soap.Soap11, Size: -1, Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{Streamed: true},
		})
		if err != nil {
			return nil, err
		}
		defer env.Release()
		return &binding.Reply{Draft: soap.NewDraft(env)}, nil
	})), httpchan.FrontOptions{})
	c := dialRaw(t, address)
	_, err := io.WriteString(c, posting(good))
	require.NoError(t, err)
	go func() { _, _ = io.WriteString(more, long[:100<<10]) }()
	br := bufio.NewReader(c)
	resp, err := http.ReadResponse(br, nil)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	for at := 0; at < len(long); {
		end := min(at+100<<10, len(long))
		if at > 0 {
			part := long[at:end]
			go func() { _, _ = io.WriteString(more, part) }()
		}
		got := make([]byte, end-at)
		_, err := io.ReadFull(resp.Body, got)
		require.NoError(t, err)
		require.True(t, bytes.Equal([]byte(long[at:end]), got))
		at = end
	}
	require.NoError(t, more.Close())
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
}
