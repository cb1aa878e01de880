package assemble_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// mute accepts connections and says nothing: a TLS handshake with it never ends.
func mute(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var open []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
		}
		for _, c := range open {
			_ = c.Close()
		}
	}()
	tb.Cleanup(func() {
		assert.NoError(tb, l.Close())
		<-done
	})
	return l.Addr().String()
}

// TestHonour_openTimeout: how long a connection to a destination may take.
func TestHonour_openTimeout(t *testing.T) {
	t.Parallel()
	x := start(t, parts{
		client:   strings.NewReplacer("http:", "https:", "@back@", mute(t), `"b"`, `"t"`).Replace(backB),
		bindings: `<basicHttpBinding><binding name="t" openTimeout="00:00:00.3"><security mode="Transport"/></binding></basicHttpBinding>`,
	}, nil)
	begun := time.Now()
	r := x.ask(testbed.Message{})
	took := time.Since(begun)
	assert.Equal(t, 500, r.Status)
	assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "upstream.failed")
	assert.GreaterOrEqual(t, took, 300*time.Millisecond)
	assert.Less(t, took, 10*time.Second, "the default is a minute, and so is sendTimeout")
}

// TestHonour_hostOpenTimeout: how long the sockets of the services may take to
// open.
func TestHonour_hostOpenTimeout(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]time.Duration{"00:00:07": 7 * time.Second, "00:03:00": 3 * time.Minute} {
		var left time.Duration
		p, err := build(parts{
			host:      `<host><timeouts openTimeout="` + setting + `"/></host>`,
			endpoints: `<endpoint name="in" address="http://a/" ` + basic + " " + twoWay + `/>`,
			client:    `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/>`,
		}, assemble.Options{NoAdmin: true, Listen: func(ctx context.Context, _, _ string) (net.Listener, error) {
			end, ok := ctx.Deadline()
			assert.True(t, ok)
			left = time.Until(end)
			return nil, context.DeadlineExceeded
		}})
		require.NoError(t, err)
		require.ErrorIs(t, p.Run(t.Context(), func() { assert.Fail(t, "ready") }), context.DeadlineExceeded)
		assert.InDelta(t, want.Seconds(), left.Seconds(), 2)
	}
}

// TestHonour_closeTimeout: when a reload takes a destination away, messages in
// progress keep its connections for the closeTimeout of its binding.
func TestHonour_closeTimeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		closing string
		cut     bool
	}{{"00:00:00.2", true}, {"00:01:00", false}} {
		t.Run(c.closing, func(t *testing.T) {
			t.Parallel()
			entered, leave := make(chan struct{}), make(chan struct{})
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
				close(entered)
				<-leave
				return testbed.Answer{}
			}})
			host := `<host><timeouts closeTimeout="00:00:00.2"/></host>`
			x := start(t, parts{host: host, client: backB, bindings: binding(`closeTimeout="`+c.closing+`"`, "")}, map[string]*testbed.Backend{"back": b, "other": backend(t)})
			answered := make(chan *testbed.Result, 1)
			go func() { answered <- x.ask(testbed.Message{}) }()
			<-entered
			_, err := x.reload(parts{host: host, client: strings.Replace(backB, "@back@", "@other@", 1), bindings: binding("", "")})
			require.NoError(t, err)
			if !c.cut {
				select {
				case r := <-answered:
					assert.Fail(t, "cut", "%s", r.Body)
				case <-time.After(800 * time.Millisecond):
				}
				close(leave)
				assert.Equal(t, 200, (<-answered).Status)
				return
			}
			r := <-answered
			close(leave)
			assert.Equal(t, 500, r.Status)
			assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "upstream.failed")
		})
	}
}

// begin sends the head of a request and the beginning of its body.
func (x *program) begin(fields string) *testbed.Client {
	x.tb.Helper()
	c := x.dial("front")
	const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body><a>`
	require.NoError(x.tb, c.Send(fmt.Appendf(nil, "POST /router HTTP/1.1\r\nHost: %s\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%x\r\n%s\r\n",
		x.addrs["front"], fields, len(body), body, 70000, strings.Repeat("x", 70000))))
	return c
}

// TestHonour_transferMode: a streamed message travels on while it arrives, a
// buffered one when it is there.
func TestHonour_transferMode(t *testing.T) {
	t.Parallel()
	const rest = `</a></s:Body></s:Envelope>`
	for mode, streamed := range map[string]bool{"Buffered": false, "Streamed": true, "StreamedRequest": true, "StreamedResponse": false} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(r *testbed.Received) testbed.Answer {
				return testbed.Answer{Make: testbed.Reply}
			}})
			sizes := `maxReceivedMessageSize="200000"`
			if mode == "Buffered" {
				sizes += ` maxBufferSize="200000"`
			}
			x := start(t, parts{endpoints: frontB, client: backB, bindings: binding(`transferMode="`+mode+`" `+sizes, "")}, map[string]*testbed.Backend{"back": b})
			c := x.begin(text11)
			defer c.Close()
			if streamed {
				assert.Eventually(t, func() bool { return b.Connections() > 0 }, wait, time.Millisecond, "it is on its way")
			} else {
				time.AfterFunc(300*time.Millisecond, func() {
					assert.Zero(t, b.Connections(), "it waits")
					assert.NoError(t, c.Send([]byte(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(rest), rest))))
				})
			}
			if streamed {
				require.NoError(t, c.Send([]byte(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(rest), rest))))
			}
			r, err := c.Receive(wait)
			require.NoError(t, err)
			assert.Equal(t, 200, r.Status, "%s", r.Body)
		})
	}
}

// TestHonour_maxBufferSize: in streamed modes it bounds what stands before the
// Body.
func TestHonour_maxBufferSize(t *testing.T) {
	t.Parallel()
	body := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` + strings.Repeat("<a>x</a>", 50) + strings.Repeat(" ", 100000) + `</s:Header><s:Body/></s:Envelope>`
	for size, want := range map[string]int{"65536": 400, "150000": 200} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			attributes := `transferMode="Streamed" maxReceivedMessageSize="200000" maxBufferSize="` + size + `"`
			x := start(t, parts{endpoints: frontB, client: backB, bindings: binding(attributes, "")}, map[string]*testbed.Backend{"back": backend(t)})
			r := x.exchange("front", x.post("/router", text11, body))
			assert.Equal(t, want, r.Status)
			if want == 400 {
				assert.Contains(t, r.Fields.Get("X-Viaduct-Error"), "xml.header_size")
			}
		})
	}
}

const (
	custom      = `binding="customBinding" bindingConfiguration="c"`
	customFront = `<endpoint name="in" address="http://@front@/router" ` + custom + " " + twoWay + `/>`
	customBack  = `<endpoint name="back" address="http://@back@/orders" ` + custom + ` contract="*"/>`
)

func customHTTP(attributes string) string {
	return `<customBinding><binding name="c"><textMessageEncoding messageVersion="Soap11"/><httpTransport ` + attributes + `/></binding></customBinding>`
}

// TestHonour_requestInitializationTimeout: how long a client may take for the
// head of a request.
func TestHonour_requestInitializationTimeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attributes string
		cut        bool
	}{{`requestInitializationTimeout="00:00:00.2"`, true}, {"", false}} {
		t.Run("cut "+c.attributes, func(t *testing.T) {
			t.Parallel()
			x := start(t, parts{endpoints: customFront, client: customBack, bindings: customHTTP(c.attributes)}, map[string]*testbed.Backend{"back": backend(t)})
			client := x.dial("front")
			defer client.Close()
			require.NoError(t, client.Send([]byte("POST /router HTTP/1.1\r\nHost: ")))
			longest := 700 * time.Millisecond
			if c.cut {
				longest = wait
			}
			r, err := client.Receive(longest)
			if c.cut {
				assert.True(t, err != nil && !strings.Contains(err.Error(), "timeout") || r != nil && r.Status == 408, "%v", err)
				return
			}
			require.ErrorContains(t, err, "timeout", "it waits on")
		})
	}
}

// TestHonour_decompressionEnabled: whether a compressed answer is read.
func TestHonour_decompressionEnabled(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(testbed.Message{RelatesTo: "urn:x"}.Envelope())
	require.NoError(t, err)
	require.NoError(t, w.Close())
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", packed.Len(), packed.Bytes())
	for attributes, want := range map[string]int{"": 200, `decompressionEnabled="true"`: 200, `decompressionEnabled="false"`: 500} {
		t.Run("with "+attributes, func(t *testing.T) {
			t.Parallel()
			b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer { return testbed.Answer{Octets: answer} }})
			x := start(t, parts{endpoints: customFront, client: customBack, bindings: customHTTP(attributes)}, map[string]*testbed.Backend{"back": b})
			r := x.ask(testbed.Message{})
			assert.Equal(t, want, r.Status, "%s", r.Body)
			require.NoError(t, x.stop())
			if want == 500 {
				assert.Contains(t, x.log.String(), "answer is compressed (gzip), and decompressionEnabled is false")
			}
		})
	}
}

// TestHonour_routeOnHeadersOnly: whether filters may look into the body.
func TestHonour_routeOnHeadersOnly(t *testing.T) {
	t.Parallel()
	p := func(attributes string) parts {
		return parts{
			attributes: attributes, names: `<namespaceTable><add prefix="o" namespace="urn:orders"/></namespaceTable>`,
			client: `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>
				<endpoint name="large" address="http://@large@/orders" ` + basic + ` contract="*"/>`,
			filters: `<filter name="all" filterType="MatchAll"/><filter name="large" filterType="XPath" filterData="//o:Total &gt; 100"/>`,
			table:   `<add filterName="all" endpointName="back"/><add filterName="large" endpointName="large" priority="1"/>`,
		}
	}
	small, large := backend(t), backend(t)
	x := start(t, p(`routeOnHeadersOnly="false"`), map[string]*testbed.Backend{"back": small, "large": large})
	for total, to := range map[string]*testbed.Backend{"99": small, "101": large} {
		seen := len(to.Received())
		r := x.exchange("front", x.post("/router", text11, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><o:Total xmlns:o="urn:orders">`+total+`</o:Total></s:Body></s:Envelope>`))
		require.Equal(t, 200, r.Status, "%s", r.Body)
		assert.Len(t, to.Received(), seen+1, total)
	}
	for _, attributes := range []string{"", `routeOnHeadersOnly="true"`} {
		_, err := x.reload(p(attributes))
		require.ErrorContains(t, err, `filter "large"`)
		require.ErrorContains(t, err, "routeOnHeadersOnly")
	}
}

// TestHonour_listenUriMode: Unique gives an endpoint an address of its own, which
// the log and the report tell, and which a reload keeps.
func TestHonour_listenUriMode(t *testing.T) {
	t.Parallel()
	p := func(mode string) parts {
		q := echo10("", `admin: {address: "@admin@"}`)
		q.services = strings.Replace(q.services, ` contract="IEcho"`, ` contract="IEcho" listenUriMode="`+mode+`"`, 1)
		return q
	}
	x := start(t, p("Unique"), map[string]*testbed.Backend{"back": backend(t)})
	said := regexp.MustCompile(`endpoint "echo" listens at http://[0-9.:]+(/echo/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}), which is another at each start`)
	found := said.FindStringSubmatch(fmt.Sprint(x.Notices()))
	require.Len(t, found, 2, "%v", x.Notices())
	send := func(path string) int {
		return x.exchange("front", to("http://"+x.addrs["front"]+path).Request(x.addrs["front"], path, false)).Status
	}
	assert.Equal(t, 200, send(found[1]))
	assert.Equal(t, 404, send("/echo"), "there only")
	_, text := x.get("/api/status")
	assert.Contains(t, text, found[1])
	_, err := x.reload(p("Unique"))
	require.NoError(t, err)
	assert.Equal(t, 200, send(found[1]), "a reload keeps it")
	_, err = x.reload(p("Explicit"))
	require.NoError(t, err)
	assert.Equal(t, 200, send("/echo"))
	assert.Equal(t, 500, send(found[1]))

	r := verdict(t, p("Unique"), assemble.Options{})
	assert.True(t, r.OK())
	assert.Regexp(t, `/echo/[0-9a-f-]{36}$`, r.Services[1].Endpoints[0].Address)
	var codes []string
	for _, f := range findings(r, "/@listenUriMode") {
		codes = append(codes, f.Code)
	}
	assert.Contains(t, codes, assemble.CodeUnique)
}
