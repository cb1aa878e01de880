package http1_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

const ok = "HTTP/1.1 200 OK\r\n"

// good are answers that are read.
var good = []struct {
	name, answer, method, body string
	status                     int
	size                       int64
	close, surplus             bool
}{
	{name: "sized", answer: ok + "Content-Length: 3\r\n\r\nabc", status: 200, size: 3, body: "abc"},
	{name: "same length twice", answer: ok + "Content-Length: 3\r\ncontent-length:3\r\n\r\nabc", status: 200, size: 3, body: "abc"},
	{name: "no reason, no blank", answer: "HTTP/1.1 202\r\nContent-Length: 0\r\n\r\n", status: 202},
	{name: "empty reason", answer: "HTTP/1.1 202 \r\nContent-Length: 0\r\n\r\n", status: 202},
	{name: "chunked", answer: ok + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n00A;x=y\r\n0123456789\r\n0\r\n\r\n", status: 200, size: -1, body: "abc0123456789"},
	{name: "chunked, padded size", answer: ok + "Transfer-Encoding: chunked\r\n\r\n3  \r\nabc\r\n0\r\n\r\n", status: 200, size: -1, body: "abc"},
	{name: "trailers dropped", answer: ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Auth-User: root\r\nContent-Length: 5\r\n\r\n", status: 200, size: -1, body: "a"},
	{name: "to the end", answer: ok + "\r\nabc", status: 200, size: -1, body: "abc", close: true},
	{name: "HTTP/1.0 to the end", answer: "HTTP/1.0 200 OK\r\n\r\nabc", status: 200, size: -1, body: "abc", close: true},
	{name: "HTTP/1.0 sized", answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc", status: 200, size: 3, body: "abc", close: true},
	{name: "close", answer: ok + "Connection: foo , CLOSE\r\nContent-Length: 1\r\n\r\na", status: 200, size: 1, body: "a", close: true},
	{name: "204", answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
	{name: "204 with length 0", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", status: 204},
	{name: "304 with length", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", status: 304},
	{name: "HEAD with length", method: "HEAD", answer: ok + "Content-Length: 9\r\n\r\n", status: 200},
	{name: "HEAD chunked", method: "HEAD", answer: ok + "Transfer-Encoding: chunked\r\n\r\n", status: 200},
	{name: "eight interim", answer: strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", 8) + ok + "Content-Length: 1\r\n\r\na", status: 200, size: 1, body: "a"},
	{name: "T-HTTP-06 two responses to one request", answer: ok + "Content-Length: 1\r\n\r\na" + ok + "Content-Length: 1\r\n\r\nb", status: 200, size: 1, body: "a", surplus: true},
	{name: "T-HTTP-06 octets behind chunked", answer: ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nX", status: 200, size: -1, body: "a", surplus: true},
	{name: "T-HTTP-06 body for HEAD", method: "HEAD", answer: ok + "Content-Length: 1\r\n\r\na", status: 200, surplus: true},
	{name: "obs-text", answer: ok + "X: \xe9\r\nContent-Length: 0\r\n\r\n", status: 200},
	{name: "64 KiB of reason but one", answer: "HTTP/1.1 200 " + strings.Repeat("a", 65_000) + "\r\nContent-Length: 0\r\n\r\n", status: 200},
}

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	for _, tc := range good {
		for _, slow := range []bool{false, true} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				r := get()
				if tc.method != "" {
					r.Method = tc.method
				}
				o := play(t, tc.answer, r, slow)
				require.NoError(t, o.err)
				assert.Equal(t, tc.status, o.resp.Status)
				assert.Equal(t, tc.size, o.resp.Size)
				assert.Equal(t, tc.body, o.body)
				assert.Equal(t, tc.close, o.resp.Close)
				assert.False(t, o.resp.Early)
				if !slow { // octet by octet, what follows is not there yet
					assert.Equal(t, tc.surplus, o.stats.Poisoned == 1)
					assert.Equal(t, !tc.close && !tc.surplus, o.stats.Idle == 1, "kept for another exchange")
				}
			})
		}
	}
}

const chunkedHead = ok + "Transfer-Encoding: chunked\r\n\r\n"

// hostile are answers that are refused or broken, by the names of the catalogue.
var hostile = []struct {
	name, answer string
	stage        http1.Stage
	reason       refusal.Reason
}{
	{"H-165 two Content-Length", ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", http1.StageHead, refusal.UpstreamFraming},
	{"H-165 CL and TE", ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-165 chunk line with bare LF", chunkedHead + "3\nabc\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"H-165 length list", ok + "Content-Length: 3, 3\r\n\r\nabc", http1.StageHead, refusal.UpstreamFraming},
	{"H-149 length with sign", ok + "Content-Length: +3\r\n\r\nabc", http1.StageHead, refusal.UpstreamFraming},
	{"H-149 empty length", ok + "Content-Length: \r\n\r\nabc", http1.StageHead, refusal.UpstreamFraming},
	{"H-149 huge length", ok + "Content-Length: 9223372036854775808\r\n\r\nabc", http1.StageHead, refusal.UpstreamFraming},
	{"H-148 TE identity", ok + "Transfer-Encoding: identity\r\n\r\nabc", http1.StageHead, refusal.UpstreamFraming},
	{"H-148 TE xchunked", ok + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-148 TE gzip, chunked", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-148 TE with parameter", ok + "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-148 TE twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-151 0x1", chunkedHead + "0x1\r\na\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"H-151 17 F's", chunkedHead + strings.Repeat("F", 17) + "\r\na", http1.StageBody, refusal.UpstreamFraming},
	{"H-151 16 F's", chunkedHead + strings.Repeat("F", 16) + "\r\na", http1.StageBody, refusal.UpstreamFraming},
	{"H-151 bare LF mid-body", chunkedHead + "1\r\na\r\n1\nb\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 LF after data", chunkedHead + "1\r\na\n1\r\nb\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 no CRLF after data", chunkedHead + "1\r\nab\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 extension of 65", chunkedHead + "1;" + strings.Repeat("e", 64) + "\r\na\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 endless extension", chunkedHead + "1;" + strings.Repeat("e", 1<<20), http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 extension with CR", chunkedHead + "1;a\rb\r\na\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 extension without ;", chunkedHead + "1 x\r\na\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 extension flood", chunkedHead + strings.Repeat("1;"+strings.Repeat("e", 60)+"\r\na\r\n", 1000), http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 empty size", chunkedHead + "\r\na\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-02 negative size", chunkedHead + "-1\r\na\r\n0\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"trailer folded", chunkedHead + "0\r\nA: b\r\n c\r\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"trailer with bare LF", chunkedHead + "0\r\nA: b\n\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"10 000 trailers", chunkedHead + "0\r\n" + strings.Repeat("A: b\r\n", 10_000) + "\r\n", http1.StageBody, refusal.UpstreamFraming},
	{"T-HTTP-13 64 KiB reason", "HTTP/1.1 200 " + strings.Repeat("a", 64<<10) + "\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"T-HTTP-13 endless line", ok + "A: " + strings.Repeat("a", 1<<20), http1.StageHead, refusal.UpstreamFraming},
	{"T-HTTP-13 10 000 lines", ok + strings.Repeat("A: b\r\n", 10_000) + "\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"T-HTTP-13 lines over several heads", strings.Repeat("HTTP/1.1 103 E\r\n"+strings.Repeat("A: b\r\n", 30)+"\r\n", 4) + ok + "\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-166 nine 103", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 9) + ok + "Content-Length: 0\r\n\r\n", http1.StageHead, refusal.Upstream1xx},
	{"H-166 endless 100", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000), http1.StageHead, refusal.Upstream1xx},
	{"H-166 unasked 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", http1.StageHead, refusal.Upstream1xx},
	{"body with 103", "HTTP/1.1 103 E\r\nContent-Length: 3\r\n\r\nabc" + ok + "\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"body with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", http1.StageHead, refusal.UpstreamFraming},
	{"obs-fold", ok + "A: b\r\n c\r\nContent-Length: 0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"fold before the first field", ok + " A: b\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"bare LF in the head", ok + "A: b\nContent-Length: 0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"bare LF after the status", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"LF first", "\nHTTP/1.1 200 OK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"bare CR in a value", ok + "A: b\rc\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-150 NUL in a value", ok + "A: b\x00c\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"H-150 blank before colon", ok + "Content-Length : 1\r\n\r\na", http1.StageHead, refusal.UpstreamFraming},
	{"H-150 empty name", ok + ": 1\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"no colon", ok + "Content-Length 1\r\n\r\na", http1.StageHead, refusal.UpstreamFraming},
	{"HTTP/2 status line", "HTTP/2 200\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"two digits", "HTTP/1.1 20 OK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"four digits", "HTTP/1.1 2000 OK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"status 099", "HTTP/1.1 099 OK\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"another protocol", "SSH-2.0-OpenSSH_9.0\r\n\r\n", http1.StageHead, refusal.UpstreamFraming},
	{"nothing", "", http1.StageWait, refusal.UpstreamFailed},
	{"cut in the status line", "HTTP/1.1 2", http1.StageHead, refusal.UpstreamFailed},
	{"cut in the head", ok + "Content-Length: 3\r\n", http1.StageHead, refusal.UpstreamFailed},
	{"cut behind an interim head", "HTTP/1.1 100 Continue\r\n\r\n", http1.StageHead, refusal.UpstreamFailed},
	{"cut in a sized body", ok + "Content-Length: 3\r\n\r\nab", http1.StageBody, refusal.UpstreamFailed},
	{"cut in a chunk", chunkedHead + "3\r\nab", http1.StageBody, refusal.UpstreamFailed},
	{"cut in a chunk line", chunkedHead + "3\r\nabc\r\n1", http1.StageBody, refusal.UpstreamFailed},
	{"cut before the last chunk", chunkedHead + "3\r\nabc\r\n", http1.StageBody, refusal.UpstreamFailed},
	{"cut in the trailers", chunkedHead + "3\r\nabc\r\n0\r\n", http1.StageBody, refusal.UpstreamFailed},
}

func TestReadAnswer_hostile(t *testing.T) {
	t.Parallel()
	for _, tc := range hostile {
		for _, slow := range []bool{false, true} {
			if slow && len(tc.answer) > 100<<10 {
				continue // one octet per call is the same rule, only longer
			}
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				o := play(t, tc.answer, get(), slow)
				e, is := errors.AsType[*http1.Error](o.err)
				require.True(t, is, "%v", o.err)
				assert.Equal(t, tc.stage, e.Stage, "%v", e)
				assert.Equal(t, tc.reason, e.Reason, "%v", e)
				assert.Equal(t, int64(len(o.wrote)), e.Sent)
				assert.Zero(t, o.stats.Open, "connection is gone")
			})
		}
	}
}

// FuzzReadAnswer holds the reader against net/http's: what it accepts, net/http
// accepts too, with the same status, fields, body and rest.
func FuzzReadAnswer(f *testing.F) {
	for _, tc := range good {
		f.Add(tc.answer, tc.method == "HEAD")
	}
	for _, tc := range hostile {
		if len(tc.answer) < 4096 {
			f.Add(tc.answer, false)
		}
	}
	f.Fuzz(func(t *testing.T, answer string, head bool) {
		r := get()
		if head {
			r.Method = "HEAD"
		}
		o := play(t, answer, r, false)
		if slow := play(t, answer, r, true); (slow.err == nil) != (o.err == nil) || slow.body != o.body {
			t.Fatalf("at once %q %v, by octet %q %v", o.body, o.err, slow.body, slow.err)
		}
		if o.err != nil {
			return
		}
		br := bufio.NewReader(strings.NewReader(answer))
		for {
			want, err := http.ReadResponse(br, &http.Request{Method: r.Method})
			require.NoError(t, err)
			body, err := io.ReadAll(want.Body)
			require.NoError(t, err)
			require.NoError(t, want.Body.Close())
			if want.StatusCode < 200 {
				continue
			}
			require.Equal(t, want.StatusCode, o.resp.Status)
			require.Equal(t, string(body), o.body)
			compareFields(t, want.Header, o.resp.Fields)
			rest, _ := io.ReadAll(br)
			require.Equal(t, len(rest) > 0, o.stats.Poisoned == 1, "rest %q", rest)
			return
		}
	})
}

func compareFields(t *testing.T, want http.Header, got http1.Fields) {
	t.Helper()
	h := http.Header{}
	for f := range got.All() {
		h.Add(f.Name, f.Value)
	}
	for _, framing := range []string{"Content-Length", "Transfer-Encoding", "Trailer", "Connection"} {
		h.Del(framing)
		want.Del(framing) // net/http edits these
	}
	require.Equal(t, want, h)
}
