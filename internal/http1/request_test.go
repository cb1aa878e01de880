package http1_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

const empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

func TestWriteRequest(t *testing.T) {
	t.Parallel()
	big := payload(40_000)
	for _, tc := range []struct {
		name string
		req  *http1.Request
		want string
	}{
		{"GET", get(), "GET / HTTP/1.1\r\nHost: test.example\r\n\r\n"},
		{"POST without a body", post("/", nil), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 0\r\n\r\n"},
		{"empty body", post("/", held("")), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 0\r\n\r\n"},
		{"held", post("/a?b", held("abc"), http1.Field{Name: "SOAPAction", Value: `""`}), "POST /a?b HTTP/1.1\r\nHost: test.example\r\nSOAPAction: \"\"\r\nContent-Length: 3\r\n\r\nabc"},
		{"held, large", post("/", held(big)), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 40000\r\n\r\n" + big},
		{"sized stream", post("/", streamed("abc")), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 3\r\n\r\nabc"},
		{"sized stream in steps", post("/", &text{octets: "abc", size: 3, streamed: true, step: 2}), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 3\r\n\r\nabc"},
		{"sized empty stream", post("/", streamed("")), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 0\r\n\r\n"},
		{"chunked", post("/", &text{octets: "abc", size: -1, streamed: true, step: 2}), "POST / HTTP/1.1\r\nHost: test.example\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"},
		{"chunked, large", post("/", unsized(big)), "POST / HTTP/1.1\r\nHost: test.example\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n" + big + "\r\n0\r\n\r\n"},
		{"chunked, empty", post("/", unsized("")), "POST / HTTP/1.1\r\nHost: test.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"held without a size", post("/", &text{octets: "abc", size: -1}), "POST / HTTP/1.1\r\nHost: test.example\r\nContent-Length: 3\r\n\r\nabc"},
		{"close, host", &http1.Request{Method: "GET", Path: "/", Host: "[::1]:8080", Close: true}, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n"},
		{"OPTIONS *", &http1.Request{Method: "OPTIONS", Path: "*"}, "OPTIONS * HTTP/1.1\r\nHost: test.example\r\n\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := play(t, empty, tc.req, false)
			require.NoError(t, o.err)
			assert.Equal(t, tc.want, o.wrote)
		})
	}
}

// TestWriteRequest_refused: nothing leaves when a part of the head is invalid.
func TestWriteRequest_refused(t *testing.T) {
	t.Parallel()
	field := func(name, value string) *http1.Request {
		return post("/", nil, http1.Field{Name: "A", Value: "b"}, http1.Field{Name: name, Value: value})
	}
	for _, tc := range []struct {
		name   string
		req    *http1.Request
		reason refusal.Reason
	}{
		{"T-HTTP-04 CR LF in value", field("B", "c\r\nD: e"), refusal.HTTPHeader},
		{"NUL in value", field("B", "c\x00"), refusal.HTTPHeader},
		{"blank in name", field("B C", "d"), refusal.HTTPHeader},
		{"H-147 Content-Length", field("content-length", "4"), refusal.HTTPHeader},
		{"H-147 Transfer-Encoding", field("Transfer-Encoding", "chunked"), refusal.HTTPHeader},
		{"T-HTTP-08 Content_Length", field("Content_Length", "4"), refusal.HTTPHeader},
		{"T-HTTP-08 transfer_encoding", field("transfer_encoding", "chunked"), refusal.HTTPHeader},
		{"Host", field("Host", "a"), refusal.HTTPHeader},
		{"Connection", field("Connection", "a"), refusal.HTTPHeader},
		{"Keep-Alive", field("Keep-Alive", "a"), refusal.HTTPHeader},
		{"T-HTTP-06 Expect", field("Expect", "100-continue"), refusal.HTTPHeader},
		{"Upgrade", field("Upgrade", "websocket"), refusal.HTTPHeader},
		{"Trailer", field("Trailer", "a"), refusal.HTTPHeader},
		{"TE", field("TE", "trailers"), refusal.HTTPHeader},
		{"HTTP2-Settings", field("HTTP2-Settings", "a"), refusal.HTTPHeader},
		{"Proxy-Connection", field("Proxy-Connection", "a"), refusal.HTTPHeader},
		{"Proxy-Authorization", field("Proxy-Authorization", "a"), refusal.HTTPHeader},
		{"method", &http1.Request{Method: "GE T", Path: "/"}, refusal.HTTPHeader},
		{"no method", &http1.Request{Path: "/"}, refusal.HTTPHeader},
		{"CONNECT", &http1.Request{Method: "CONNECT", Path: "/"}, refusal.HTTPMethod},
		{"path with blank", &http1.Request{Method: "GET", Path: "/a b"}, refusal.HTTPTarget},
		{"path with LF", &http1.Request{Method: "GET", Path: "/a\nb"}, refusal.HTTPTarget},
		{"T-HTTP-03 fragment", &http1.Request{Method: "GET", Path: "/a#b"}, refusal.HTTPTarget},
		{"absolute path", &http1.Request{Method: "GET", Path: "http://a/"}, refusal.HTTPTarget},
		{"POST *", &http1.Request{Method: "POST", Path: "*"}, refusal.HTTPTarget},
		{"host with user", &http1.Request{Method: "GET", Path: "/", Host: "u@x"}, refusal.HTTPHeader},
		{"host with path", &http1.Request{Method: "GET", Path: "/", Host: "x/y"}, refusal.HTTPHeader},
		{"host with LF", &http1.Request{Method: "GET", Path: "/", Host: "x\ny"}, refusal.HTTPHeader},
		{"held differs from size", post("/", &text{octets: "abc", size: 4}), refusal.Internal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := play(t, empty, tc.req, false)
			e, is := errors.AsType[*http1.Error](o.err)
			require.True(t, is, "%v", o.err)
			assert.Equal(t, http1.StageRequest, e.Stage)
			assert.Equal(t, tc.reason, e.Reason)
			assert.Zero(t, e.Sent)
			assert.Empty(t, o.wrote)
			assert.Zero(t, o.stats.Dialed, "no connection was asked for")
		})
	}
}

// TestWriteRequest_cut: a body that breaks off is never completed (T-HTTP-02,
// H-151: late violation).
func TestWriteRequest_cut(t *testing.T) {
	t.Parallel()
	broken := refusal.New(refusal.XMLMalformed, 5, "broken")
	for _, tc := range []struct {
		name   string
		body   *text
		want   error
		reason refusal.Reason
		sees   string
	}{
		{"H-151 chunked", &text{octets: "abcde", size: -1, streamed: true, fail: broken}, broken, refusal.XMLMalformed, "5\r\nabcde\r\n"},
		{"sized", &text{octets: "abc", size: 5, streamed: true, fail: broken}, broken, refusal.XMLMalformed, "abc"},
		{"error behind the last octet", &text{octets: "abc", size: 3, streamed: true, fail: io.ErrNoProgress}, io.ErrNoProgress, refusal.ClientGone, ""},
		{"too short", &text{octets: "abc", size: 5, streamed: true}, http1.ErrBodySize, refusal.Internal, "abc"},
		{"too long", &text{octets: "abcdef", size: 5, streamed: true}, http1.ErrBodySize, refusal.Internal, ""},
		{"too long, in steps", &text{octets: "abcdef", size: 5, streamed: true, step: 4}, http1.ErrBodySize, refusal.Internal, "abcd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan string, 1)
			p := listen(t, nil, func(c netConn) {
				all, _ := io.ReadAll(c)
				_, body, _ := strings.Cut(string(all), "\r\n\r\n")
				seen <- body
			})
			pool := p.pool(t, http1.Options{})
			_, _, err := exchange(t, pool, post("/", tc.body))
			e, is := errors.AsType[*http1.Error](err)
			require.True(t, is, "%v", err)
			assert.Equal(t, http1.StageWrite, e.Stage)
			assert.Equal(t, tc.reason, e.Reason)
			require.ErrorIs(t, err, tc.want)
			body := <-seen
			if tc.sees != "" {
				assert.Equal(t, tc.sees, body)
				assert.Positive(t, e.Sent)
			}
			assert.NotContains(t, body, "0\r\n\r\n")
			assert.Zero(t, pool.Stats().Open)
		})
	}
}

type panicking struct{}

func (panicking) Size() (int64, bool)              { return 0, false }
func (panicking) WriteTo(io.Writer) (int64, error) { panic("boom") }

// TestWriteRequest_panic: T-DOS-03.
func TestWriteRequest_panic(t *testing.T) {
	t.Parallel()
	pool := listen(t, nil, answering(empty)).pool(t, http1.Options{})
	_, _, err := exchange(t, pool, post("/", panicking{}))
	require.ErrorContains(t, err, "boom")
	assert.Equal(t, refusal.Internal, refusal.Of(err))
	_, _, err = exchange(t, pool, post("/", nil))
	require.NoError(t, err)
}
