package httpchan_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

const good = `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body><a/></s:Body></s:Envelope>`

// post is a request with these lines in the place of the usual ones.
func post(body string, lines ...string) string {
	head := "POST /s HTTP/1.1\r\nHost: front.example\r\n"
	if len(lines) == 0 {
		lines = []string{"Content-Type: text/xml; charset=utf-8", `SOAPAction: "urn:a"`}
	}
	return head + strings.Join(lines, "\r\n") + "\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

// posting is post with the usual lines and more.
func posting(body string, more ...string) string {
	return post(body, append([]string{"Content-Type: text/xml; charset=utf-8", `SOAPAction: "urn:a"`}, more...)...)
}

func TestFront_refusals(t *testing.T) {
	t.Parallel()
	l := listener(echo)
	d := dispatch(func(via uritable.URI) *binding.Listener {
		if strings.HasPrefix(via.Path(), "/s") {
			return l
		}
		return nil
	})
	_, address := serve(t, d, httpchan.FrontOptions{})
	raw := func(line string, more ...string) string {
		return strings.Join(append([]string{line, "Host: front.example"}, more...), "\r\n") + "\r\n\r\n"
	}
	manyLines := strings.Repeat("X-A: b\r\n", 100) + "X-B: c"
	for _, c := range []struct {
		name, send string
		status     int
		reason     refusal.Reason
		close      bool
	}{
		{name: "unknown path", send: strings.Replace(posting(good), "/s", "/t", 1), status: 404, reason: refusal.HTTPPath},
		{name: "GET", send: raw("GET /s?wsdl HTTP/1.1"), status: 405, reason: refusal.HTTPMethod},
		{name: "GET elsewhere", send: raw("GET /t HTTP/1.1"), status: 405, reason: refusal.HTTPMethod},
		{name: "H-170 TRACE", send: raw("TRACE /s HTTP/1.1"), status: 405, reason: refusal.HTTPMethod},
		{name: "H-170 CONNECT", send: raw("CONNECT a:1 HTTP/1.1"), status: 405, reason: refusal.HTTPMethod},
		{name: "OPTIONS", send: raw("OPTIONS * HTTP/1.1"), status: 405, reason: refusal.HTTPMethod},
		{name: "H-152 fragment", send: raw("GET /a#b HTTP/1.1"), status: 400, reason: refusal.HTTPTarget},
		{name: "H-152 asterisk", send: strings.Replace(posting(good), "/s", "*", 1), status: 400, reason: refusal.HTTPTarget},
		{name: "authority form", send: strings.Replace(posting(good), "/s", "front.example:80", 1), status: 400, reason: refusal.HTTPTarget},
		{name: "long target", send: strings.Replace(posting(good), "/s", "/s?"+strings.Repeat("x", 9000), 1), status: 414, reason: refusal.HTTPTarget},
		{name: "many lines", send: posting(good, manyLines), status: 431, reason: refusal.HTTPHeader},
		{name: "H-152 version", send: strings.Replace(posting(good), "1.1", "1.2", 1), status: 505, reason: refusal.HTTPVersion, close: true},
		{name: "H-074 two SOAPAction", send: posting(good, `SOAPAction: "urn:a"`), status: 400, reason: refusal.HTTPDuplicate},
		{name: "H-164 two types", send: posting(good, "Content-Type: text/xml"), status: 400, reason: refusal.HTTPDuplicate},
		{name: "two codings", send: posting(good, "Content-Encoding: gzip", "Content-Encoding: gzip"), status: 400, reason: refusal.HTTPDuplicate},
		{name: "H-164 no type", send: post(good, "X-A: b"), status: 415, reason: refusal.HTTPContentType},
		{name: "other type", send: post(good, "Content-Type: application/soap+xml; charset=utf-8"), status: 415, reason: refusal.HTTPContentType},
		{name: "H-159 two layers", send: posting(good, "Content-Encoding: gzip, gzip"), status: 415, reason: refusal.HTTPContentType},
		{name: "unknown coding", send: posting(good, "Content-Encoding: br"), status: 415, reason: refusal.HTTPContentType},
		{name: "no gzip inside", send: posting(good, "Content-Encoding: gzip"), status: 400, reason: refusal.XMLEncoding},
		{name: "no body", send: posting(""), status: 400, reason: refusal.SOAPEmpty},
		{name: "H-075 action", send: post(good, "Content-Type: text/xml", `SOAPAction: "urn:a%0d%0aX: y"`), status: 400, reason: refusal.HTTPHeader},
		{name: "no XML", send: posting("hello"), status: 400, reason: refusal.XMLMalformed},
		{name: "other envelope", send: posting(strings.Replace(good, soap.Namespace11, soap.Namespace12, 1)), status: 400, reason: refusal.SOAPVersion},
		{name: "H-163 too big", send: posting(strings.Repeat("x", 65<<10), "Expect: 100-continue"), status: 413, reason: refusal.SizeMessage, close: true},
		{name: "H-163 expectation", send: posting(good, "Expect: foo"), status: 417, reason: refusal.HTTPExpect, close: true},
		{name: "H-148 transfer coding", send: raw("POST /s HTTP/1.1", "Transfer-Encoding: xchunked"), status: 501, reason: refusal.HTTPSmuggle, close: true},
		{name: "H-149 two lengths", send: raw("POST /s HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), status: 400, reason: refusal.HTTPHeader, close: true},
		{name: "H-153 no Host", send: "POST /s HTTP/1.1\r\n\r\n", status: 400, reason: refusal.HTTPHeader, close: true},
		{name: "no HTTP", send: "hello\r\n\r\n", status: 400, reason: refusal.HTTPHeader, close: true},
		{name: "long head", send: raw("POST /s HTTP/1.1", "X-A: "+strings.Repeat("x", 70<<10)), status: 431, reason: refusal.HTTPHeader, close: true},
		{name: "H-151 broken chunk", send: chunks("0x1\r\nx\r\n0\r\n\r\n"), status: 400, reason: refusal.HTTPSmuggle, close: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, address)
			r, err := conn.Exchange([]byte(c.send), patience)
			require.NoError(t, err)
			assert.Equal(t, c.status, r.Status)
			assert.Empty(t, r.Body)
			assert.Regexp(t, `^`+strings.ReplaceAll(string(c.reason), ".", `\.`)+`; id=[0-9a-f]{8}-[0-9a-z]+$`, r.Fields.Get("X-Viaduct-Error"))
			assert.Equal(t, "0", r.Fields.Get("Content-Length"))
			assert.Equal(t, c.close, r.Close)
			if c.status == 405 {
				assert.Equal(t, "POST", r.Fields.Get("Allow"))
			}
			if !c.close { // the connection has taken no harm
				r, err = conn.Exchange([]byte(posting(good)), patience)
				require.NoError(t, err)
				assert.Equal(t, 200, r.Status)
			}
		})
	}
}

// chunks is a chunked request whose body begins well and goes on like that.
func chunks(tail string) string {
	return "POST /s HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"10\r\n" + good[:16] + "\r\n" + tail
}

func TestFront_HEAD(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, "http://"+address+"/s", http.NoBody)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Do(req)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
	assert.Equal(t, "POST", r.Header.Get("Allow"))
}

func TestFront_answers(t *testing.T) {
	t.Parallel()
	own := func(*binding.Request) *soap.Draft { return soap.NewMessage(soap.Soap11, []byte("<b/>")) }
	faulty := &binding.Reply{Fault: true, Reason: refusal.FilterNoMatch, Err: errors.New("nothing matches")}
	for _, c := range []struct {
		name   string
		reply  *binding.Reply
		draft  func(*binding.Request) *soap.Draft
		err    error
		status int
		fields map[string]string
		body   string
	}{
		{name: "one-way", status: 202, fields: map[string]string{"Content-Length": "0", "X-Viaduct-Error": ""}},
		{name: "message", reply: &binding.Reply{}, draft: own, status: 200, body: "<b/>", fields: map[string]string{
			"Content-Type": "text/xml; charset=utf-8", "X-Content-Type-Options": "", "Soapaction": "",
		}},
		{name: "a service's fault", reply: &binding.Reply{Fault: true}, draft: own, status: 500, body: "<b/>", fields: map[string]string{"X-Viaduct-Error": ""}},
		{name: "Viaduct's fault", reply: faulty, draft: own, status: 500, body: "<b/>", fields: map[string]string{"X-Content-Type-Options": "nosniff"}},
		{name: "status and fields", reply: &binding.Reply{Status: 401, HTTP: binding.HTTPFields{
			{Name: "WWW-Authenticate", Value: "NTLM"}, {Name: "Connection", Value: "x"}, {Name: "Content-Length", Value: "7"}, {Name: "transfer-encoding", Value: "chunked"},
		}}, status: 401, fields: map[string]string{"Www-Authenticate": "NTLM", "Content-Length": "0"}},
		{name: "busy", reply: &binding.Reply{Status: 503, HTTP: binding.HTTPFields{{Name: "Retry-After", Value: "1"}}}, draft: own, status: 503, body: "<b/>", fields: map[string]string{"Retry-After": "1"}},
		{name: "refused with a status", err: refusal.New(refusal.HTTPHeader, -1, ""), status: 400},
		{name: "nobody wants an answer", err: refusal.New(refusal.WSANone, -1, ""), status: 202, fields: map[string]string{"X-Viaduct-Error": ""}},
		{name: "without Fault", err: refusal.New(refusal.FilterNoMatch, -1, ""), status: 500},
		{name: "not classified", err: errors.New("oh"), status: 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var closed atomic.Int32
			_, address := serve(t, everywhere(listener(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
				defer req.Release()
				if c.reply == nil || c.err != nil {
					return nil, c.err
				}
				reply := *c.reply
				reply.Close = func() { closed.Add(1) }
				if c.draft != nil {
					reply.Draft = c.draft(req)
				}
				return &reply, nil
			})), httpchan.FrontOptions{})
			r, err := dial(t, address).Exchange([]byte(posting(good)), patience)
			require.NoError(t, err)
			assert.Equal(t, c.status, r.Status)
			assert.Contains(t, string(r.Body), c.body)
			for name, value := range c.fields {
				assert.Equal(t, value, r.Fields.Get(name), name)
			}
			if c.reply != nil {
				assert.EqualValues(t, 1, closed.Load())
				assert.Equal(t, c.reply.Reason != "", r.Fields.Get("X-Viaduct-Error") != "")
			}
		})
	}
}

func TestFront_HideReason(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(nil), httpchan.FrontOptions{HideReason: true})
	r, err := dial(t, address).Exchange([]byte(posting(good)), patience)
	require.NoError(t, err)
	assert.Equal(t, 404, r.Status)
	assert.Regexp(t, `^id=`, r.Fields.Get("X-Viaduct-Error"))
	r, err = dial(t, address).Exchange([]byte("GARBAGE\r\n\r\n"), patience)
	require.NoError(t, err)
	assert.Regexp(t, `^id=`, r.Fields.Get("X-Viaduct-Error"))
}

func TestFront_request(t *testing.T) {
	t.Parallel()
	got := make(chan *binding.Request, 1)
	l := listener(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		got <- req.Detach()
		req.Release()
		return nil, nil //nolint:nilnil // the documented outcome "accepted"
	})
	l.Pass = []string{"X-A", "X-B"}
	seen := make(chan binding.Exchange, 1)
	l.Observe = func(x *binding.Exchange) { seen <- *x }
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	send := post(good, "Content-Type: text/xml", `SOAPAction: "urn:a%20b"`, "x-a: 1", "X-A: 2", "X_B: forged", "Connection: X-A, SOAPAction",
		"Viaduct-Hops: 2", "Viaduct-Hops: 5", "X-HTTP-Method-Override: GET")
	r, err := dial(t, address).Exchange([]byte(send), patience)
	require.NoError(t, err)
	assert.Equal(t, 202, r.Status)
	req := <-got
	defer req.Release()
	assert.EqualValues(t, "urn:a b", req.Action)
	assert.Equal(t, binding.HTTPFields{{Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}}, req.HTTP)
	assert.Equal(t, 5, req.Hops)
	assert.True(t, req.Peer.Address.Addr().IsLoopback())
	assert.False(t, req.Peer.TLS)
	x := <-seen
	assert.Equal(t, 202, x.Status)
	assert.EqualValues(t, len(good), x.In)
	assert.Zero(t, x.Out)
	assert.Equal(t, "http://front.example/s", x.Via)
	assert.Empty(t, x.Reason)
}

func TestFront_hops_unclear(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"x", "-1", "99999999999999999999", "1, 2"} {
		hops := make(chan int, 1)
		_, address := serve(t, everywhere(listener(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
			hops <- req.Hops
			return accept(ctx, req)
		})), httpchan.FrontOptions{})
		_, err := dial(t, address).Exchange([]byte(posting(good, "Viaduct-Hops: "+value)), patience)
		require.NoError(t, err)
		assert.Greater(t, <-hops, 1000, "%q is never trusted to be low", value)
	}
}

func TestFront_panic(t *testing.T) {
	t.Parallel()
	var left atomic.Int32
	l := listener(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		defer req.Release()
		if req.Action == "urn:panic" {
			panic("injected")
		}
		return &binding.Reply{Draft: soap.NewDraft(req.Envelope)}, nil
	})
	l.Admit = func(context.Context) (func(), error) { return func() { left.Add(1) }, nil }
	var reason atomic.Value
	l.Observe = func(x *binding.Exchange) { reason.Store(x.Reason) }
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	other := dial(t, address)
	r, err := other.Exchange([]byte(posting(good)), patience)
	require.NoError(t, err)
	require.Equal(t, 200, r.Status)
	r, err = dial(t, address).Exchange([]byte(strings.Replace(posting(good), "urn:a", "urn:panic", 1)), patience)
	require.NoError(t, err)
	assert.Equal(t, 500, r.Status)
	assert.Regexp(t, `^internal; id=`, r.Fields.Get("X-Viaduct-Error"))
	assert.Equal(t, refusal.Internal, reason.Load())
	r, err = other.Exchange([]byte(posting(good)), patience)
	require.NoError(t, err)
	assert.Equal(t, 200, r.Status, "others are unaffected (T-DOS-03)")
	assert.EqualValues(t, 3, left.Load(), "no place is lost")
}

func TestFront_Admit(t *testing.T) {
	t.Parallel()
	l := listener(echo)
	l.Admit = func(context.Context) (func(), error) { return nil, refusal.New(refusal.LimitCalls, -1, "") }
	l.Fault = func(req *binding.Request, err error) *binding.Reply {
		assert.Nil(t, req, "nothing was decoded")
		return &binding.Reply{Status: 503, Reason: refusal.Of(err), Draft: soap.NewMessage(soap.Soap11, []byte("<busy/>"))}
	}
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	r, err := dial(t, address).Exchange([]byte(posting(good)), patience)
	require.NoError(t, err)
	assert.Equal(t, 503, r.Status)
	assert.Contains(t, string(r.Body), "<busy/>")
	assert.Regexp(t, `^limit\.calls; id=`, r.Fields.Get("X-Viaduct-Error"))
}

func TestFront_Admit_givenBack(t *testing.T) {
	t.Parallel()
	for _, body := range []string{good, "no XML"} {
		left := make(chan struct{}, 2)
		l := listener(echo)
		l.Admit = func(context.Context) (func(), error) { return func() { left <- struct{}{} }, nil }
		_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
		_, err := dial(t, address).Exchange([]byte(posting(body)), patience)
		require.NoError(t, err)
		<-left
		assert.Empty(t, left, "once")
	}
}

func TestFront_Pages(t *testing.T) {
	t.Parallel()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Method + " " + r.URL.RawQuery)) })
	_, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{Pages: pages})
	c := dial(t, address)
	r, err := c.Exchange([]byte("GET /s?wsdl HTTP/1.1\r\nHost: a\r\n\r\n"), patience)
	require.NoError(t, err)
	assert.Equal(t, "GET wsdl", string(r.Body))
	r, err = c.Exchange([]byte("PUT /s HTTP/1.1\r\nHost: a\r\n\r\n"), patience)
	require.NoError(t, err)
	assert.Equal(t, 405, r.Status)
}

func TestFront_HTTP10(t *testing.T) {
	t.Parallel()
	via := make(chan string, 1)
	l := listener(echo)
	_, address := serve(t, dispatch(func(u uritable.URI) *binding.Listener {
		via <- u.String()
		return l
	}), httpchan.FrontOptions{})
	send := strings.Replace(posting(good, "Connection: keep-alive"), "1.1\r\nHost: front.example", "1.0", 1)
	r, err := dial(t, address).Exchange([]byte(send), patience)
	require.NoError(t, err)
	assert.Equal(t, 200, r.Status)
	assert.Equal(t, good, string(r.Body))
	assert.True(t, r.Close, "a Transfer-Encoding would be hidden (T-HTTP-01)")
	assert.Equal(t, "http://"+address+"/s", <-via, "without Host it is the address of the connection")
}

func TestFront_KeepAlive(t *testing.T) {
	t.Parallel()
	l := listener(echo)
	l.Binding.KeepAlive = false
	_, address := serve(t, everywhere(l), httpchan.FrontOptions{})
	r, err := dial(t, address).Exchange([]byte(posting(good)), patience)
	require.NoError(t, err)
	assert.True(t, r.Close)
}

// Behind a hop that shares its connections among clients a chunked request ends
// the connection (T-HTTP-01).
func TestFront_closeAfterChunked(t *testing.T) {
	t.Parallel()
	chunked := strings.Replace(posting(good, "Transfer-Encoding: chunked"), good, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good), 1)
	chunked = strings.Replace(chunked, fmt.Sprintf("Content-Length: %d\r\n", len(good)), "", 1)
	for _, behind := range []bool{false, true} {
		_, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{CloseAfterChunked: behind})
		c := dial(t, address)
		r, err := c.Exchange([]byte(posting(good)), patience)
		require.NoError(t, err)
		assert.False(t, r.Close, "a sized request never does")
		r, err = c.Exchange([]byte(chunked), patience)
		require.NoError(t, err)
		assert.Equal(t, 200, r.Status)
		assert.Equal(t, good, string(r.Body))
		assert.Equal(t, behind, r.Close)
	}
}

// The client sends more than is read of it, and still gets to read the refusal:
// a close with unread octets would have reset the connection.
func TestFront_refusal_outlivesBody(t *testing.T) {
	t.Parallel()
	_, address := serve(t, everywhere(listener(echo)), httpchan.FrontOptions{})
	for _, body := range []string{strings.Repeat("x", 200<<10), strings.Repeat("x", 900<<10)} {
		c := dial(t, address)
		require.NoError(t, c.Send([]byte(posting(body))))
		r, err := c.Receive(patience)
		require.NoError(t, err)
		assert.Equal(t, 413, r.Status)
	}
}
