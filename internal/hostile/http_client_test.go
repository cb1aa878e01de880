package hostile

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// answered is the outcome of a bad answer: the client gets a fault, and the
// connection that the answer came on carries nothing any more.
func answered(r refusal.Reason) outcome {
	return outcome{status: 500, reason: r, fault: "InternalServiceFault", back: same, then: notReused}
}

func notReused(t *testing.T, x *exchange) {
	t.Helper()
	if assert.NotEmpty(t, x.seen) {
		assert.NotEqual(t, x.seen[0].conn, x.fence, "the connection carried the next message")
	}
}

// with is a good answer under another head; body is chunked when it says so.
func with(status string, fields ...string) script {
	return says(func(s *seen) string {
		ct, body := reply(s)
		head := "HTTP/1.1 " + status + "\r\nContent-Type: " + ct + "\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n"
		return strings.ReplaceAll(head, "LENGTH", strconv.Itoa(len(body))) + string(body)
	})
}

// chunkLine is a chunked good answer whose chunk line ends as the caller says.
func chunkLine(end string) script {
	return says(func(s *seen) string {
		ct, body := reply(s)
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x%s%s\r\n0\r\n\r\n",
			ct, len(body), end, body)
	})
}

// interim is a good answer behind n interim ones.
func interim(n int, status string) script {
	return says(func(s *seen) string {
		return strings.Repeat("HTTP/1.1 "+status+"\r\nLink: </a>\r\n\r\n", n) + string(goodOctets(s))
	})
}

func answerRows() []row {
	framing, informational := refusal.UpstreamFraming, refusal.Upstream1xx
	return []row{
		{id: "H-165", name: "two lengths", send: good11(), answer: with("200 OK", "Content-Length: LENGTH", "Content-Length: 1"), want: answered(framing)},
		{id: "H-165", name: "length and chunked", send: good11(), answer: with("200 OK", "Content-Length: LENGTH", "Transfer-Encoding: chunked"), want: answered(framing)},
		{id: "H-165", name: "bare LF", send: good11(), answer: chunkLine("\n"), want: answered(framing)},
		{id: "H-165", name: "chunked", send: good11(), answer: chunkLine("\r\n"), want: pass()},
		{id: "H-166", name: "nine 103", send: good11(), answer: interim(9, "103 Early Hints"), want: answered(informational)},
		{id: "H-166", name: "eight 103", send: good11(), answer: interim(8, "103 Early Hints"), want: pass()},
		{id: "H-166", name: "101", send: good11(), answer: interim(1, "101 Switching Protocols"), want: answered(informational)},
	}
}

// twice is a good answer followed by one that nobody asked for.
func twice(w net.Conn, s *seen) bool {
	poison := strings.Replace(string(goodOctets(s)), "Placed", "Poison", 1)
	_, err := w.Write(append(goodOctets(s), poison...))
	return err == nil
}

// surplus writes octets to the connection of the row while it is idle. The row's
// own fence went through it or not; from now on it must carry nothing.
func surplus(t *testing.T, x *exchange) {
	t.Helper()
	s := x.one(t)
	if s == nil {
		return
	}
	c := x.rig.back.conn(x.fence)
	require.NotNil(t, c, "the pooled connection is open")
	poison := strings.Replace(string(goodOctets(s)), "Placed", "Poison", 1)
	_, err := io.WriteString(c, poison)
	require.NoError(t, err)
	x.rig.back.reset(nil, nil)
	assert.NotEqual(t, x.fence, x.rig.fence(t), "the connection carried the next message")
}

func poisonRows() []row {
	first := outcome{status: 200, back: same, then: func(t *testing.T, x *exchange) {
		t.Helper()
		notReused(t, x)
		assert.NotContains(t, string(x.resp.body), "Poison")
		const poisoned = "viaduct_upstream_poisoned_total"
		assert.InDelta(t, x.before.value(poisoned)+1, x.rig.metrics(t).value(poisoned), 0.1)
	}}
	return []row{
		{id: "H-167", name: "two answers", send: good11(), answer: twice, want: first},
		{id: "H-167", name: "idle", send: good11(), want: outcome{status: 200, back: same, then: surplus}},
		{id: "H-168", send: uploading, early: early413, want: outcome{
			status: 500, fault: "InternalServiceFault", back: anything, then: notReused,
		}},
		{id: "H-169", send: good11(), answer: challenge, want: outcome{
			status: 500, fault: "InternalServiceFault", back: anything, then: notReused,
		}},
	}
}

// uploading is a message that is still on its way when the answer comes.
func uploading() *request {
	m := base11()
	m.body = `<o:Place xmlns:o="urn:orders">` + strings.Repeat("x", 8<<20) + `</o:Place>`
	return post11(m).to("/stream11")
}

// early413 answers before it has read the body, which it then leaves unread.
func early413(w net.Conn, _ *seen) bool {
	_, _ = io.WriteString(w, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
	// For a while nothing is read, so that the upload cannot end; then until the
	// other side gives the connection up.
	<-time.After(500 * time.Millisecond)
	_, _ = io.Copy(io.Discard, w)
	return false
}

// challenge binds the connection to whoever answers it.
func challenge(w net.Conn, _ *seen) bool {
	_, err := io.WriteString(w, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n")
	return err == nil
}
