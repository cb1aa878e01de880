package assemble_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// try sends a message over a connection of its own; 0 where the handshake fails.
func (x *program) try(own *testbed.Certificate, server *testbed.Certificate) int {
	config := server.Client()
	if own != nil {
		config.Certificates = []tls.Certificate{own.Certificate}
	}
	c, err := testbed.Dial(x.tb.Context(), x.addrs["front"], config)
	if err != nil {
		return 0
	}
	defer c.Close()
	r, err := c.Exchange(testbed.Message{}.Request(x.addrs["front"], "/router", false), wait)
	if err != nil {
		return 0
	}
	return r.Status
}

// secureSocket is a socket of the settings; clients may be nil.
func secureSocket(tb testing.TB, own, clients *testbed.Certificate) string {
	tb.Helper()
	file, key := own.Files(tb)
	more := ""
	if clients != nil {
		authorities, _ := clients.Files(tb)
		more = fmt.Sprintf(", clientAuthorities: %q", authorities)
	}
	return fmt.Sprintf("sockets:\n  - address: \"@front@\"\n    scheme: https\n    tls: {certificate: %q, key: %q%s}\n", file, key, more)
}

func validates(attributes string) string {
	return `<serviceCredentials><clientCertificate><authentication ` + attributes + `/></clientCertificate></serviceCredentials>`
}

// TestListening_clientCertificate: only clients with a certificate of the
// authorities get in.
func TestListening_clientCertificate(t *testing.T) {
	t.Parallel()
	server, client, stranger := testbed.NewCertificate(t), testbed.NewCertificate(t), testbed.NewCertificate(t)
	for _, binding := range []string{"basicHttpBinding", "customBinding"} {
		t.Run(binding, func(t *testing.T) {
			t.Parallel()
			b := backend(t)
			x := start(t, parts{
				endpoints: strings.Replace(frontC, "basicHttpBinding", binding, 1), bindings: transports, settings: secureSocket(t, server, client),
				behavior: validates(`revocationMode="NoCheck"`),
			}, map[string]*testbed.Backend{"back": b})
			assert.Equal(t, 200, x.try(client, server))
			assert.Zero(t, x.try(nil, server))
			assert.Zero(t, x.try(stranger, server))
			assert.Len(t, b.Received(), 1)
			assert.NotContains(t, fmt.Sprint(x.Notices()), "revocationMode")
		})
	}
}

func TestHonour_sslFlags(t *testing.T) {
	t.Parallel()
	server, client := testbed.NewCertificate(t), testbed.NewCertificate(t)
	web := func(flags string) string {
		return `<system.webServer><security><access sslFlags="` + flags + `"/></security></system.webServer>`
	}
	secure := strings.Replace(frontB, "http:", "https:", 1)
	for flags, want := range map[string]int{"None": 200, "Ssl": 200, "Ssl, SslNegotiateCert": 200, "Ssl, SslNegotiateCert, SslRequireCert": 0} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			clients := client
			if want == 200 {
				clients = nil
			}
			x := start(t, parts{web: web(flags), endpoints: secure, bindings: transports, settings: secureSocket(t, server, clients)}, map[string]*testbed.Backend{"back": backend(t)})
			assert.Equal(t, want, x.try(nil, server))
			assert.Equal(t, 200, x.try(client, server))
		})
	}
}

// TestReload_demand: a connection from before the demand for a certificate does
// not get around it.
func TestReload_demand(t *testing.T) {
	t.Parallel()
	server, client := testbed.NewCertificate(t), testbed.NewCertificate(t)
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	b := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		entered <- struct{}{}
		<-leave
		return testbed.Answer{}
	}})
	x := start(t, parts{
		endpoints: strings.Replace(frontB, "http:", "https:", 1), bindings: transports, settings: secureSocket(t, server, nil),
	}, map[string]*testbed.Backend{"back": b})
	c := x.dial("front", server.Client())
	defer c.Close()
	request := testbed.Message{}.Request(x.addrs["front"], "/router", false)
	require.NoError(t, c.Send(request))
	<-entered
	_, err := x.reload(parts{endpoints: frontC, bindings: transports, settings: secureSocket(t, server, client)})
	require.NoError(t, err)
	close(leave)
	r, err := c.Receive(wait)
	require.NoError(t, err)
	require.Equal(t, 200, r.Status, "what had begun ends")
	if r, err := c.Exchange(request, wait); err == nil {
		assert.Equal(t, 503, r.Status)
	}
	assert.Len(t, b.Received(), 1)
	assert.Equal(t, 200, x.try(client, server))
	assert.Zero(t, x.try(nil, server))
}

// TestReload_demandHTTP2: streams of an older connection are refused.
func TestReload_demandHTTP2(t *testing.T) {
	t.Parallel()
	server, client := testbed.NewCertificate(t), testbed.NewCertificate(t)
	x := start(t, parts{
		endpoints: strings.Replace(frontB, "http:", "https:", 1), bindings: transports, settings: secureSocket(t, server, nil),
	}, map[string]*testbed.Backend{"back": backend(t)})
	transport := &http.Transport{TLSClientConfig: server.Client(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	post := func() (status int, reason string) {
		m := testbed.Message{}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+x.addrs["front"]+"/router", bytes.NewReader(m.Envelope()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", m.ContentType())
		req.Header.Set("Soapaction", `"urn:a"`)
		answer, err := transport.RoundTrip(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, 2, answer.ProtoMajor)
		return answer.StatusCode, answer.Header.Get("X-Viaduct-Error")
	}
	status, _ := post()
	require.Equal(t, 200, status)
	_, err := x.reload(parts{endpoints: frontC, bindings: transports, settings: secureSocket(t, server, client)})
	require.NoError(t, err)
	status, reason := post()
	assert.Equal(t, 503, status)
	assert.Contains(t, reason, "draining")
}
