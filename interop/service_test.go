//go:build interop

package interop

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const (
	namespace   = "http://viaduct.example/interop"
	serviceLife = 10 * time.Minute // ends a service that nobody ended
	patience    = 20 * time.Second // for a start, or for a one-way message to arrive
)

// service is a running foreign service.
type service struct {
	name string // mono, php or node-soap
	addr string
	soap string // path of its SOAP 1.1 endpoint without addressing
}

// url returns the address of one endpoint.
func (s *service) url(path string) string { return "http://" + s.addr + "/" + path }

// startService starts a service, waits until it listens, and ends it with the
// test.
func startService(t *testing.T, name string) *service {
	t.Helper()
	addr := testbed.FreeAddr(t)
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), serviceLife)
	t.Cleanup(cancel)
	s := &service{name: name, addr: addr, soap: "soap11"}
	var cmd *exec.Cmd
	switch name {
	case "mono":
		s.soap = "basic"
		cmd = exec.CommandContext(ctx, "mono", installed(t, "mono", "Service.exe"), port)
	case "node-soap":
		cmd = exec.CommandContext(ctx, "node", sourceOf(t, "nodesoap", "service.js"), sourceOf(t, "interop.wsdl"), port)
	case "php":
		cmd = exec.CommandContext(ctx, "php", "-q", "-S", addr, sourceOf(t, "php", "service.php"))
	default:
		require.Fail(t, "no such service", name)
	}
	cmd.Env = append(os.Environ(), "VIADUCT_PEERS="+installed(t), "VIADUCT_WSDL="+sourceOf(t, "interop.wsdl"), "VIADUCT_COUNTS="+t.TempDir())
	start(t, cmd, name != "php")
	require.Eventually(t, func() bool { return listens(ctx, addr) }, patience, 20*time.Millisecond, "%s does not listen on %s", name, addr)
	return s
}

// start runs a command until the test ends. says waits for the line "ready".
func start(t *testing.T, cmd *exec.Cmd, says bool) {
	t.Helper()
	log := &strings.Builder{}
	cmd.Stderr = log
	in, err := cmd.StdinPipe() // kept open: its end ends the service
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", cmd.Path, log)
		}
	})
	if says {
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err, "%s ended before it was ready", cmd.Path)
		require.Equal(t, "ready\n", line)
	}
}

func listens(ctx context.Context, addr string) bool {
	c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// count asks a service, not through Viaduct, how often it saw a key.
func (s *service) count(t assert.TestingT, key string) int {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(key)) // a Builder takes everything
	body := fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+
		`<Count xmlns="%s"><key>%s</key></Count></s:Body></s:Envelope>`, namespace, escaped.String())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, answer, err := post(ctx, s.url(s.soap), "text/xml; charset=utf-8", namespace+"/Count", body)
	if !assert.NoError(t, err) || !assert.Equal(t, http.StatusOK, status, "%s", answer) {
		return -1
	}
	var reply struct {
		Result int `xml:"Body>CountResponse>result"`
	}
	assert.NoError(t, xml.Unmarshal(answer, &reply))
	return reply.Result
}

// awaitCount waits until a service saw a key that often.
func (s *service) awaitCount(t *testing.T, key string, want int) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, want, s.count(c, key))
	}, patience, 50*time.Millisecond, "%s did not see %q as often as it should", s.name, key)
}

// post sends one message on a connection of its own.
func post(ctx context.Context, url, mediaType, action, body string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	if action != "" {
		req.Header.Set("SOAPAction", `"`+action+`"`)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode, answer, err
}
