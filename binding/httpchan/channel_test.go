package httpchan_test

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// channel is a channel to address with a pool of its own.
func channel(tb testing.TB, address string, edit ...func(*httpchan.ChannelOptions)) (*httpchan.Channel, *http1.Pool) {
	tb.Helper()
	via, err := uritable.Parse("http://" + address + "/back?x=y")
	require.NoError(tb, err)
	pool := http1.NewPool(http1.Target{Address: address}, http1.Options{})
	tb.Cleanup(pool.Close)
	o := httpchan.ChannelOptions{Via: via, Pool: pool, Encoder: textxml.New(soap.Soap11, binding.UTF8), Limits: soap.Limits{Message: 64 << 10}}
	for _, e := range edit {
		e(&o)
	}
	return httpchan.NewChannel(o), pool
}

// decoded reads a message from r. Who gets it releases it.
func decoded(tb testing.TB, r io.Reader, size int64, n soap.Needs) *soap.Envelope {
	tb.Helper()
	e, err := soap.Decode(tb.Context(), r, soap.DecodeOptions{Version: soap.Soap11, Size: size, Limits: soap.Limits{Message: 64 << 20}, Needs: n})
	require.NoError(tb, err)
	return e
}

// message is a draft of a message that is held.
func message(tb testing.TB, octets string) *soap.Draft {
	tb.Helper()
	e := decoded(tb, strings.NewReader(octets), int64(len(octets)), soap.Needs{Replay: true})
	defer e.Release()
	return soap.NewDraft(e)
}

// failed returns the *SendError that err is.
func failed(tb testing.TB, err error) *binding.SendError {
	tb.Helper()
	require.Error(tb, err)
	var e *binding.SendError
	require.ErrorAs(tb, err, &e)
	return e
}

// whole returns the octets of an answer.
func whole(tb testing.TB, in *binding.Incoming) string {
	tb.Helper()
	d := soap.NewDraft(in.Envelope)
	defer d.Close()
	var w bytes.Buffer
	_, err := d.WriteTo(&w)
	require.NoError(tb, err)
	return w.String()
}

func script(octets string, end ...testbed.End) testbed.Script {
	a := testbed.Answer{Octets: []byte(octets)}
	if len(end) > 0 {
		a.End = end[0]
	}
	return func(*testbed.Received) testbed.Answer { return a }
}

// reply is an HTTP answer.
func reply(status int, body string, lines ...string) string {
	head := fmt.Sprintf("HTTP/1.1 %d Word\r\nContent-Length: %d\r\n", status, len(body))
	return head + strings.Join(append(lines, "", body), "\r\n")
}

const typed = "Content-Type: text/xml; charset=utf-8"

func TestChannel_Request(t *testing.T) {
	t.Parallel()
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: script(reply(200, good, typed, "X-A: 1", "x-a: 2", "X-B: 3"))})
	c, pool := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.Pass = []string{"X-A"} })
	for range 2 {
		in, err := c.Request(t.Context(), &binding.Outgoing{
			Draft: message(t, good), Action: "urn:a b", HTTP: binding.HTTPFields{{Name: "X-C", Value: "4"}}, Deadline: time.Now().Add(patience),
		})
		require.NoError(t, err)
		assert.Equal(t, 200, in.Status)
		assert.Equal(t, binding.HTTPFields{{Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}}[0].Value, in.HTTP[0].Value)
		assert.Len(t, in.HTTP, 2)
		assert.Equal(t, good, whole(t, in))
		in.Release()
	}
	require.NoError(t, c.Close())
	assert.Equal(t, 1, b.Connections(), "the connection serves again")
	assert.EqualValues(t, 1, pool.Stats().Reused)
	r := b.Received()[0]
	assert.Equal(t, "POST /back?x=y HTTP/1.1\r\nHost: "+b.Addr()+"\r\nContent-Type: text/xml; charset=utf-8\r\n"+
		"SOAPAction: \"urn:a%20b\"\r\nX-C: 4\r\nContent-Length: "+itoa(len(good))+"\r\n\r\n"+good, string(r.Octets))
}

// TestChannel_classify: what status, content type and body make of an answer
// (wire formats 10.4, dispatch 8.8).
func TestChannel_classify(t *testing.T) {
	t.Parallel()
	const html = "Content-Type: text/html"
	const refused = `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>`
	chunked := func(status int, body string, lines ...string) string {
		s := fmt.Sprintf("HTTP/1.1 %d\r\nTransfer-Encoding: chunked\r\n%s", status, strings.Join(append(lines, "", ""), "\r\n"))
		if body != "" {
			s += fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
		}
		return s + "0\r\n\r\n"
	}
	for _, c := range []struct {
		name, answer string
		want         string // the message, if it is not good
		accepted     bool
		kind         binding.Kind
		reason       refusal.Reason
		text         string
		used         bool // the connection serves again
	}{
		{name: "message", answer: reply(200, good, typed), used: true},
		{name: "fault", answer: reply(500, good, typed), used: true},
		{name: "message in 202", answer: reply(202, good, typed), used: true},
		{name: "chunked message", answer: chunked(200, good, typed), used: true},
		{name: "202", answer: reply(202, ""), accepted: true, used: true},
		{name: "202 with a type", answer: reply(202, "", typed), accepted: true, used: true},
		{name: "200 without a body, as Mono", answer: reply(200, ""), accepted: true, used: true},
		{name: "empty chunks", answer: chunked(200, ""), accepted: true, used: true},
		{name: "empty chunks with a type", answer: chunked(200, "", typed), accepted: true, used: true},
		{name: "204", answer: "HTTP/1.1 204 No\r\n\r\n", accepted: true, used: true},
		{name: "page", answer: reply(200, "<html/>", html), kind: binding.Protocol, reason: refusal.UpstreamMalformed, text: "text/html", used: true},
		{name: "no type", answer: reply(200, good), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "other version", answer: reply(200, good, "Content-Type: application/soap+xml"), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "error page", answer: reply(500, "<html/>", html), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "empty 500", answer: reply(500, ""), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "400 with a fault, as gSOAP", answer: reply(400, refused, typed), want: refused, used: true},
		{name: "400 with a fault, chunked", answer: chunked(400, refused, typed), want: refused, used: true},
		{name: "400 with a message", answer: reply(400, good, typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, text: "a status that carries no message", used: true},
		{name: "400 with a fault of another namespace", answer: reply(400, opened+`<Fault/>`+closed, typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "400 with a long message", answer: reply(400, opened+strings.Repeat("x", 32<<10)+closed, typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, text: "a status that carries no message", used: true},
		{name: "400 with a page", answer: reply(400, "<html/>", html), kind: binding.Protocol, reason: refusal.UpstreamMalformed, text: "a status that carries no message", used: true},
		{name: "400 with a fault that has no type", answer: reply(400, refused), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "400 with no XML", answer: reply(400, "bad request", typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "empty 400", answer: reply(400, ""), kind: binding.Protocol, reason: refusal.UpstreamMalformed, text: "a status that carries no message", used: true},
		{name: "empty 400 with a type", answer: reply(400, "", typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "redirect", answer: reply(302, "", "Location: /x"), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "401", answer: reply(401, ""), kind: binding.Security, reason: refusal.UpstreamFailed, used: true},
		{name: "403", answer: reply(403, "no", html), kind: binding.Security, reason: refusal.UpstreamFailed, used: true},
		{name: "404", answer: reply(404, ""), kind: binding.NotFound, reason: refusal.UpstreamFailed, used: true},
		{name: "413", answer: reply(413, ""), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "415", answer: reply(415, ""), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "503", answer: reply(503, good, typed), kind: binding.Busy, reason: refusal.UpstreamFailed, used: true},
		{name: "504", answer: reply(504, ""), kind: binding.Timeout, reason: refusal.UpstreamFailed, used: true},
		{name: "long error page", answer: reply(500, strings.Repeat("x", 300<<10), html), kind: binding.Protocol, reason: refusal.UpstreamMalformed},
		{name: "no XML", answer: reply(200, "hello", typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "DTD", answer: reply(200, "<!DOCTYPE a>"+good, typed), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "T-SOAP-12 too big", answer: reply(200, opened+strings.Repeat("x", 65<<10)+closed, typed), kind: binding.Communication, reason: refusal.UpstreamTooBig},
		{name: "too big, chunked", answer: chunked(200, opened+strings.Repeat("x", 65<<10)+closed, typed), kind: binding.Communication, reason: refusal.UpstreamTooBig},
		{name: "unknown coding", answer: reply(200, good, typed, "Content-Encoding: br"), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "broken gzip", answer: reply(200, good, typed, "Content-Encoding: gzip"), kind: binding.Protocol, reason: refusal.UpstreamMalformed, used: true},
		{name: "H-165 two lengths", answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", kind: binding.Protocol, reason: refusal.UpstreamFraming},
		{name: "H-166 interim answers", answer: strings.Repeat("HTTP/1.1 103 Early\r\n\r\n", 9), kind: binding.Protocol, reason: refusal.Upstream1xx},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: script(c.answer)})
			ch, pool := channel(t, b.Addr())
			in, err := ch.Request(t.Context(), &binding.Outgoing{Draft: message(t, good), Deadline: time.Now().Add(patience)})
			switch {
			case c.reason != "":
				e := failed(t, err)
				assert.Equal(t, c.kind, e.Kind)
				assert.Equal(t, binding.Answered, e.Delivery)
				assert.Equal(t, c.reason, e.Reason)
				assert.Contains(t, e.Error(), c.text)
			case c.accepted:
				require.NoError(t, err)
				assert.Nil(t, in)
			default:
				require.NoError(t, err)
				assert.Equal(t, cmp.Or(c.want, good), whole(t, in))
				in.Release()
			}
			assert.Equal(t, c.used, pool.Stats().Idle == 1, "%+v", pool.Stats())
		})
	}
}

func gzipped(tb testing.TB, text string) string {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, text)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return out.String()
}

func TestChannel_coding(t *testing.T) {
	t.Parallel()
	pack := func(w interface {
		io.Writer
		Close() error
	}, out *bytes.Buffer, text string,
	) string {
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return out.String()
	}
	deflater := func(out io.Writer) *flate.Writer {
		w, err := flate.NewWriter(out, 6)
		require.NoError(t, err)
		return w
	}
	var b, c bytes.Buffer
	zipped, bomb := gzipped(t, good), gzipped(t, opened+strings.Repeat("x", 10<<20)+closed)
	zlibbed := pack(zlib.NewWriter(&b), &b, good)
	raw := pack(deflater(&c), &c, good)
	for _, k := range []struct {
		name, coding, body string
		reason             refusal.Reason
	}{
		{name: "gzip", coding: "gzip", body: zipped},
		{name: "x-gzip", coding: "X-GZip", body: zipped},
		{name: "zlib", coding: "deflate", body: zlibbed},
		{name: "raw deflate, as WCF", coding: "Deflate", body: raw},
		{name: "identity", coding: "identity", body: good},
		{name: "two members", coding: "gzip", body: gzipped(t, good[:50]) + gzipped(t, good[50:])},
		{name: "octets behind", coding: "deflate", body: raw + "x", reason: refusal.UpstreamMalformed},
		{name: "octets behind gzip", coding: "gzip", body: zipped + "xx", reason: refusal.UpstreamMalformed},
		{name: "cut", coding: "gzip", body: zipped[:len(zipped)-9], reason: refusal.UpstreamMalformed},
		{name: "H-159 bomb", coding: "gzip", body: bomb, reason: refusal.UpstreamTooBig},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			back := testbed.NewBackend(t, testbed.BackendOptions{Script: script(reply(200, k.body, typed, "Content-Encoding: "+k.coding))})
			ch, pool := channel(t, back.Addr())
			in, err := ch.Request(t.Context(), &binding.Outgoing{Draft: message(t, good)})
			if k.reason != "" {
				assert.Equal(t, k.reason, failed(t, err).Reason)
			} else {
				require.NoError(t, err)
				assert.Equal(t, good, whole(t, in))
				in.Release()
				assert.Equal(t, 1, pool.Stats().Idle, "read to its end")
			}

			_, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{})
			r, err := dial(t, address).Exchange([]byte(posting(k.body, "Content-Encoding: "+k.coding)), patience)
			require.NoError(t, err)
			switch k.reason {
			case "":
				assert.Equal(t, good, string(r.Body))
			case refusal.UpstreamTooBig:
				assert.Equal(t, 413, r.Status)
			default:
				assert.Equal(t, 400, r.Status)
			}
		})
	}
}

func TestChannel_noDecompression(t *testing.T) {
	t.Parallel()
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: script(reply(200, good, typed, "Content-Encoding: gzip"))})
	c, _ := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.NoDecompression = true })
	_, err := c.Request(t.Context(), &binding.Outgoing{Draft: message(t, good)})
	assert.Equal(t, binding.Protocol, failed(t, err).Kind)
}

func TestChannel_Close(t *testing.T) {
	t.Parallel()
	b := testbed.NewBackend(t, testbed.BackendOptions{})
	c, pool := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.Close = true })
	in, err := c.Request(t.Context(), &binding.Outgoing{Draft: message(t, good)})
	require.NoError(t, err)
	in.Release()
	assert.Equal(t, "close", b.Received()[0].Get("Connection"))
	assert.Zero(t, pool.Stats().Open)
}

// The connection of an answer that is still arriving is held until the last
// reference is gone (message model 6).
func TestChannel_leases(t *testing.T) {
	t.Parallel()
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: script(reply(200, long, typed))})
	c, pool := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.Limits.Message = 1 << 20 })
	in, err := c.Request(t.Context(), &binding.Outgoing{Draft: message(t, good)})
	require.NoError(t, err)
	require.Equal(t, soap.Once, in.Envelope.Body.State())
	d := soap.NewDraft(in.Envelope)
	in.Release()
	assert.Equal(t, http1.Stats{Open: 1, Dialed: 1}, pool.Stats(), "in use")
	var w bytes.Buffer
	_, err = d.WriteTo(&w)
	require.NoError(t, err)
	assert.Equal(t, long, w.String())
	d.Close()
	assert.Equal(t, 1, pool.Stats().Idle)

	in, err = c.Request(t.Context(), &binding.Outgoing{Draft: message(t, good)})
	require.NoError(t, err)
	in.Release()
	assert.Zero(t, pool.Stats().Open, "an answer that nobody read costs the connection")
}

// An answer that breaks off is the peer's failure, not a malformed message.
func TestChannel_answerCut(t *testing.T) {
	t.Parallel()
	octets := reply(200, long, typed)
	at := strings.Index(octets, opened)
	for name, after := range map[string]int{"in the head of the message": at + 20, "in the body": len(octets) - 100<<10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
				return testbed.Answer{Octets: []byte(octets), End: testbed.CutAfter, After: after}
			}})
			c, _ := channel(t, b.Addr(), func(o *httpchan.ChannelOptions) { o.Limits.Message = 1 << 20 })
			in, err := c.Request(t.Context(), &binding.Outgoing{Draft: message(t, good)})
			if after < len(octets)/2 {
				e := failed(t, err)
				assert.Equal(t, binding.Aborted, e.Kind)
				assert.Equal(t, binding.Unknown, e.Delivery)
				assert.Equal(t, refusal.UpstreamFailed, e.Reason)
				return
			}
			require.NoError(t, err)
			d := soap.NewDraft(in.Envelope)
			in.Release()
			defer d.Close()
			_, err = d.WriteTo(io.Discard)
			var source *buf.ReadError
			require.ErrorAs(t, err, &source)
			assert.Equal(t, refusal.UpstreamFailed, refusal.Of(err))
		})
	}
}

// A client whose message breaks off is to blame for what follows, never the peer.
func TestChannel_sourceError(t *testing.T) {
	t.Parallel()
	mine := errors.New("the client is gone")
	for _, early := range []bool{false, true} {
		t.Run(fmt.Sprintf("early=%t", early), func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
				return testbed.Answer{Octets: []byte("HTTP/1.1 200 OK\r\n" + typed + "\r\nContent-Length: 50000\r\n\r\n<s:Env"), Early: early}
			}})
			c, _ := channel(t, b.Addr())
			gate := make(chan struct{})
			var n atomic.Int32
			source := failing(long[:150<<10], mine)
			if early {
				source = io.MultiReader(strings.NewReader(long[:150<<10]), readerFunc(func([]byte) (int, error) {
					if n.Add(1) == 1 {
						<-gate
					}
					return 0, mine
				}))
				time.AfterFunc(20*time.Millisecond, func() { close(gate) })
			}
			e := decoded(t, source, -1, soap.Needs{Streamed: true})
			d := soap.NewDraft(e)
			e.Release()
			_, err := c.Request(t.Context(), &binding.Outgoing{Draft: d, Deadline: time.Now().Add(patience)})
			f := failed(t, err)
			assert.Equal(t, binding.Other, f.Kind)
			assert.Equal(t, binding.Unknown, f.Delivery)
			assert.Empty(t, f.Reason)
			require.ErrorIs(t, err, mine)
			require.Eventually(t, func() bool { return len(b.Received()) == 1 }, patience, time.Millisecond)
			assert.False(t, b.Received()[0].Complete, "the back end sees a cut, never an end")
		})
	}
}

func TestChannel_encodeError(t *testing.T) {
	t.Parallel()
	c, _ := channel(t, "127.0.0.1:1", func(o *httpchan.ChannelOptions) { o.Encoder = unable{o.Encoder} })
	d := message(t, good)
	defer d.Close()
	_, err := c.Request(t.Context(), &binding.Outgoing{Draft: d})
	e := failed(t, err)
	assert.Equal(t, binding.NotDelivered, e.Delivery)
	assert.Equal(t, refusal.WSSWouldBreak, e.Reason)
}

// unable is an encoder that refuses.
type unable struct{ binding.Encoder }

func (unable) Encode(*soap.Draft, binding.EncodeOptions) (binding.Encoded, error) {
	return nil, refusal.New(refusal.WSSWouldBreak, -1, "")
}

func TestChannel_cancelled(t *testing.T) {
	t.Parallel()
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer { return testbed.Answer{Silent: true} }})
	c, _ := channel(t, b.Addr())
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_ = b.Await(ctx, func() bool { return len(b.Received()) == 1 })
		cancel()
	}()
	_, err := c.Request(ctx, &binding.Outgoing{Draft: message(t, good)})
	e := failed(t, err)
	assert.Equal(t, binding.Unknown, e.Delivery)
	require.ErrorIs(t, err, context.Canceled)
}
