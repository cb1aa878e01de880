package testbed

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const timeout = 5 * time.Second

func connect(t *testing.T, addr string, config *tls.Config) *Client {
	t.Helper()
	c, err := Dial(t.Context(), addr, config)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestBackend_answers(t *testing.T) {
	t.Parallel()
	certificate := NewCertificate(t)
	for _, secure := range []bool{false, true} {
		for _, chunked := range []bool{false, true} {
			name := map[bool]string{false: "plain", true: "tls"}[secure] + map[bool]string{false: "/sized", true: "/chunked"}[chunked]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var o BackendOptions
				var config *tls.Config
				if secure {
					o.TLS, config = certificate.Server(), certificate.Client()
				}
				if chunked {
					o.Script = func(*Received) Answer { return Answer{Make: ChunkedReply} }
				}
				b := NewBackend(t, o)
				c := connect(t, b.Addr(), config)
				for range 2 {
					id := NewMessageID()
					request := Message{ID: id, Version: SOAP12, Addressing: Addressing10, Action: "urn:ask"}.Request(b.Addr(), "/x", chunked)
					got, err := c.Exchange(request, timeout)
					require.NoError(t, err)
					assert.Equal(t, 200, got.Status)
					assert.Equal(t, id, got.MessageID)
					assert.Equal(t, chunked, got.Chunked)
					assert.Contains(t, string(got.Body), NamespaceSOAP12)
					assert.Contains(t, string(got.Body), NamespaceWSA10)
					assert.Equal(t, 1, b.Deliveries(id))
					last := b.Received()[len(b.Received())-1]
					assert.Equal(t, string(request), string(last.Octets))
					assert.Equal(t, chunked, last.Chunked)
					assert.Equal(t, 1, last.Count("content-type"))
				}
				assert.Equal(t, 1, b.Connections())
				assert.Empty(t, b.Problems())
				assert.Len(t, b.Delivered(), 2)
			})
		}
	}
}

func TestBackend_scripts(t *testing.T) {
	t.Parallel()
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd")
	for _, tt := range []struct {
		name    string
		answer  Answer
		body    string // "" means: no whole answer
		surplus int
		again   bool // a second request on the connection is answered
	}{
		{name: "octets", answer: Answer{Octets: answer}, body: "abcd", again: true},
		{name: "delay", answer: Answer{Octets: answer, Delay: 10 * time.Millisecond}, body: "abcd", again: true},
		{name: "slow", answer: Answer{Octets: answer, Pause: time.Microsecond}, body: "abcd", again: true},
		{name: "early", answer: Answer{Octets: answer, Early: true}, body: "abcd", again: true},
		{name: "extra", answer: Answer{Octets: answer, Extra: []byte("HTTP")}, body: "abcd", surplus: 4},
		{name: "close", answer: Answer{Octets: answer, End: CloseAfter}, body: "abcd"},
		{name: "cut in the body", answer: Answer{Octets: answer, End: CutAfter, After: len(answer) - 1}},
		{name: "cut in the head", answer: Answer{Octets: answer, End: CutAfter, After: 5}},
		{name: "reset", answer: Answer{Octets: answer, End: ResetAfter, After: 0}},
		{name: "silent", answer: Answer{Silent: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := NewBackend(t, BackendOptions{Script: func(*Received) Answer { return tt.answer }})
			c := connect(t, b.Addr(), nil)
			limit := timeout
			if tt.answer.Silent {
				limit = 20 * time.Millisecond
			}
			got, err := c.Exchange(Message{}.Request("h", "/", false), limit)
			if tt.body == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.body, string(got.Body))
			assert.Equal(t, tt.surplus, c.Surplus())
			if tt.again {
				_, err = c.Exchange(Message{}.Request("h", "/", true), timeout)
				require.NoError(t, err)
			}
		})
	}
}

func TestBackend_partialRequest(t *testing.T) {
	t.Parallel()
	b := NewBackend(t, BackendOptions{})
	id := NewMessageID()
	request := Message{ID: id}.Request("h", "/", false)
	c := connect(t, b.Addr(), nil)
	require.NoError(t, c.Send(request[:len(request)-1]))
	require.NoError(t, c.CloseWrite())
	require.NoError(t, b.Await(t.Context(), func() bool { return len(b.Received()) == 1 }))
	r := b.Received()[0]
	assert.False(t, r.Complete)
	assert.Equal(t, id, r.MessageID)
	assert.Equal(t, string(request[:len(request)-1]), string(r.Octets))
	assert.Zero(t, b.Deliveries(id))
	assert.Empty(t, b.Problems())
}

func TestBackend_problems(t *testing.T) {
	t.Parallel()
	for name, octets := range map[string]string{
		"bare line feed": "POST / HTTP/1.1\nHost: h\r\n\r\n",
		"version":        "POST / HTTP/1.0\r\n\r\n",
		"field":          "POST / HTTP/1.1\r\nHost\r\n\r\n",
		"two framings":   "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"chunk size":     "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"chunk end":      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := NewBackend(t, BackendOptions{})
			require.NoError(t, connect(t, b.Addr(), nil).Send([]byte(octets)))
			require.NoError(t, b.Await(t.Context(), func() bool { return len(b.Problems()) == 1 }))
		})
	}
}
