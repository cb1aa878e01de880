package hostile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// passage says what the back end must have seen.
type passage uint8

const (
	nothing  passage = iota // no request
	same                    // the body, octet for octet
	spliced                 // Body and all behind it octet for octet, the rest as then says
	cut                     // no complete request
	anything                // then says
)

// outcome is what a row states.
type outcome struct {
	status int            // 0: the connection is cut without an answer
	reason refusal.Reason // in X-Viaduct-Error of an empty answer, and in the metric
	fault  string         // local name of the fault's code or first subcode
	closed bool           // the connection must be closed behind the answer
	back   passage
	then   func(t *testing.T, x *exchange) // further
}

// row is one hostile input.
type row struct {
	id, name string
	rigs     string // names of the rigs it runs on, separated by blanks; default "head"
	send     func() *request
	answer   script // of the back end; default good
	early    script // of the back end, before it reads the body
	want     outcome
	play     func(t *testing.T, g *rig) // instead of everything above
}

// exchange is what came of a row.
type exchange struct {
	rig    *rig
	req    *request
	resp   *answer       // nil: cut without an answer
	rest   *bufio.Reader // behind the answer
	conn   net.Conn
	seen   []*seen
	before samples
	cpu    int64 // of the program, before the row
	fence  int   // upstream connection of the good message that followed
}

// answer is one response, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	close  bool // it says that the connection is closed
}

// readAnswer reads the answer to a request with the method.
func readAnswer(r *bufio.Reader, method string) (*answer, error) {
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return nil, err
	}
	defer hangUp(resp.Body)
	a := &answer{status: resp.StatusCode, header: resp.Header, close: resp.Close}
	a.body, err = io.ReadAll(resp.Body)
	return a, err
}

// hangUp closes what has nothing to say any more.
func hangUp(c io.Closer) { _ = c.Close() }

// limitOfRow ends every read and write of a row.
const limitOfRow = 20 * time.Second

// refused is the outcome of a message that gets a status and no envelope.
func refused(status int, r refusal.Reason) outcome { return outcome{status: status, reason: r} }

// late is the outcome of what is found after octets may have gone on.
func late(r refusal.Reason) outcome {
	return outcome{status: http.StatusBadRequest, reason: r, back: cut}
}

func pass() outcome { return outcome{status: http.StatusOK, back: same} }

// run sends the row and compares what comes of it.
func (w *row) run(t *testing.T, g *rig) {
	t.Helper()
	g.back.reset(w.answer, w.early)
	x := &exchange{rig: g, req: w.send(), before: g.metrics(t), cpu: g.cpu()}
	_, port, err := net.SplitHostPort(g.front)
	require.NoError(t, err)
	x.req.body = bytes.ReplaceAll(x.req.body, []byte("example:PORT"), []byte("example:"+port))
	x.roundTrip(t)
	defer hangUp(x.conn)
	x.fence = g.fence(t)
	x.seen = g.back.withoutFence()
	x.compare(t, &w.want)
	if w.want.then != nil {
		w.want.then(t, x)
	}
	if t.Failed() {
		t.Logf("sent %.300q", bytes.Join(x.req.octets(), nil))
		for _, s := range x.seen {
			t.Logf("back end: %q complete=%v %.300q", s.line, s.complete, s.body)
		}
		if x.resp != nil {
			t.Logf("answer %v %.500q", x.resp.header, x.resp.body)
		}
		t.Logf("fence on connection %d; log: %s", x.fence, g.tail())
	}
}

// roundTrip writes the request and reads one answer.
func (x *exchange) roundTrip(t *testing.T) {
	t.Helper()
	c, err := net.DialTimeout("tcp", x.rig.front, 5*time.Second)
	require.NoError(t, err, "the process is alive")
	require.NoError(t, c.SetDeadline(time.Now().Add(limitOfRow)))
	x.conn, x.rest = c, bufio.NewReader(c)
	over := make(chan struct{})
	defer close(over)
	go write(c, x.req, over)
	x.resp, err = readAnswer(x.rest, x.req.method)
	if err != nil {
		var timeout net.Error
		require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "no answer\n%s", x.rig.tail())
		x.resp = nil
	}
}

// write sends the request until over: a refused one is not written to its end,
// and the answer tells why a write fails.
func write(c net.Conn, r *request, over <-chan struct{}) {
	for i, p := range r.octets() {
		if i > 0 && r.pause > 0 {
			select {
			case <-time.After(r.pause):
			case <-over:
				return
			}
		}
		if _, err := c.Write(p); err != nil {
			return
		}
	}
}

func (x *exchange) compare(t *testing.T, want *outcome) {
	t.Helper()
	if want.status == 0 {
		assert.Nil(t, x.resp, "the connection is cut")
	} else if assert.NotNil(t, x.resp, "the connection is cut") {
		assert.Equal(t, want.status, x.resp.status)
		if want.fault != "" {
			assert.True(t, faultCode(x.resp.body, want.fault), "fault %s in %s", want.fault, x.resp.body)
			assert.LessOrEqual(t, len(x.resp.body), 16<<10)
		}
		x.compareReason(t, want)
	}
	if want.closed {
		_, err := x.rest.ReadByte()
		assert.Error(t, err, "the connection is closed")
		var timeout net.Error
		assert.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the connection is closed")
	}
	x.comparePassage(t, want.back)
}

func (x *exchange) compareReason(t *testing.T, want *outcome) {
	t.Helper()
	got := x.resp.header.Get("X-Viaduct-Error")
	if want.reason == "" {
		return
	}
	if want.fault == "" {
		assert.Empty(t, x.resp.body)
		reason, id, ok := strings.Cut(got, "; id=")
		assert.True(t, ok && id != "", "X-Viaduct-Error: %q", got)
		assert.Equal(t, string(want.reason), reason)
	}
	// The exchange is counted a moment after its answer was written.
	counted := func() bool {
		return x.rig.metrics(t).refused(string(want.reason)) > x.before.refused(string(want.reason))
	}
	assert.True(t, counted() || assert.Eventually(t, counted, 2*time.Second, 20*time.Millisecond),
		"viaduct_refused_total of %s", want.reason)
}

func (x *exchange) comparePassage(t *testing.T, want passage) {
	t.Helper()
	switch want {
	case nothing:
		assert.Empty(t, x.seen, "the back end saw nothing")
	case cut:
		for _, s := range x.seen {
			assert.False(t, s.complete, "the back end got a completed message")
		}
	case same:
		if s := x.one(t); s != nil {
			assert.Equal(t, clip(x.req.body), clip(s.body))
			assert.True(t, bytes.Equal(x.req.body, s.body), "octet for octet")
		}
	case spliced:
		if s := x.one(t); s != nil {
			assert.Equal(t, clip(fromBody(x.req.body)), clip(fromBody(s.body)))
			assert.True(t, bytes.Equal(fromBody(x.req.body), fromBody(s.body)), "octet for octet")
		}
	case anything:
	}
}

// one returns the one complete request that the back end must have seen.
func (x *exchange) one(t *testing.T) *seen {
	t.Helper()
	if !assert.Len(t, x.seen, 1, "requests at the back end") || !assert.True(t, x.seen[0].complete) {
		return nil
	}
	return x.seen[0]
}

// clip shortens what a failure prints.
func clip(b []byte) string { return string(b[:min(len(b), 2000)]) }

func fromBody(b []byte) []byte {
	if i := bytes.LastIndex(b, []byte("<s:Body")); i >= 0 {
		return b[i:]
	}
	return nil
}

// faultCode looks for a code by its local name, in both versions.
func faultCode(b []byte, local string) bool {
	s := string(b)
	return strings.Contains(s, "Fault") && (strings.Contains(s, ":"+local+"<") || strings.Contains(s, ">"+local+"<"))
}

// fenceAction marks the request that follows each row.
const fenceAction = `"urn:fence"`

// fence sends a good request on a new connection: the process lives, and what
// it sent to the back end before has arrived there. It returns the number of
// the upstream connection that carried it.
func (g *rig) fence(t *testing.T) int {
	t.Helper()
	g.back.mu.Lock()
	g.back.answer, g.back.early = nil, nil
	g.back.mu.Unlock()
	x := &exchange{rig: g, req: post11(base11()).set("SOAPAction", fenceAction)}
	x.roundTrip(t)
	defer hangUp(x.conn)
	require.NotNil(t, x.resp, "a good message after the row\n%s", g.tail())
	require.Equal(t, http.StatusOK, x.resp.status, "a good message after the row\n%s\n%s", x.resp.header, g.tail())
	for _, s := range g.back.requests() {
		if s.head.Get("Soapaction") == fenceAction {
			_, want := reply(s)
			require.Equal(t, string(want), string(x.resp.body))
			return s.conn
		}
	}
	require.Fail(t, "the back end did not see the good message")
	return 0
}
