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
	name    string
	at      map[string]string // addressing: host:port
	waiting []func(*testing.T)
}

// addr returns where a version is spoken.
func (s *service) addr(v version) string { return s.at[v.addressing] }

// url returns the address of the endpoint for a version.
func (s *service) url(v version) string { return "http://" + s.addr(v) + "/" + v.name }

// startServices starts all services at the same time.
func startServices(t *testing.T) map[string]*service {
	t.Helper()
	all := map[string]*service{}
	for _, name := range services {
		if reason := missing(name); reason != "" {
			t.Log("left out: " + reason)
			continue
		}
		all[name] = launch(t, name)
	}
	for _, s := range all {
		s.awaitListening(t)
	}
	return all
}

// startService starts a service, waits until it listens, and ends it with the
// test.
func startService(t *testing.T, name string) *service {
	t.Helper()
	s := launch(t, name)
	s.awaitListening(t)
	return s
}

// launch starts the processes of a service. Those of gSOAP speak one kind of
// addressing each.
func launch(t *testing.T, name string) *service {
	t.Helper()
	s := &service{name: name, at: map[string]string{}}
	ctx, cancel := context.WithTimeout(context.Background(), serviceLife)
	t.Cleanup(cancel)
	counts := t.TempDir()
	addr := ""
	for _, addressing := range []string{"", "1.0", "2004"} {
		if addr != "" && name != "gsoap" {
			s.at[addressing] = addr
			continue
		}
		addr = testbed.FreeAddr(t)
		s.at[addressing] = addr
		_, port, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		var cmd *exec.Cmd
		switch name {
		case "mono":
			cmd = exec.CommandContext(ctx, "mono", installed(t, "mono", "Service.exe"), port)
		case "node-soap":
			cmd = exec.CommandContext(ctx, "node", sourceOf(t, "nodesoap", "service.js"), sourceOf(t, "interop.wsdl"), port)
		case "php":
			cmd = exec.CommandContext(ctx, "php", "-q", "-S", addr, sourceOf(t, "php", "service.php"))
		case "gsoap":
			cmd = exec.CommandContext(ctx, installed(t, "gsoap", gsoapBuild(addressing), "service"), port)
		default:
			require.Fail(t, "no such service", name)
		}
		cmd.Env = append(os.Environ(), "VIADUCT_PEERS="+installed(t), "VIADUCT_WSDL="+sourceOf(t, "interop.wsdl"), "VIADUCT_COUNTS="+counts)
		s.waiting = append(s.waiting, start(t, cmd, name != "php"))
	}
	return s
}

// awaitListening waits until all processes of a service listen.
func (s *service) awaitListening(t *testing.T) {
	t.Helper()
	for _, wait := range s.waiting {
		wait(t)
	}
	for _, addr := range s.at {
		require.Eventually(t, func() bool { return listens(t.Context(), addr) }, patience, 20*time.Millisecond, "%s does not listen on %s", s.name, addr)
	}
}

// start runs a command until the test ends. says tells that it prints "ready";
// what start returns waits for that.
func start(t *testing.T, cmd *exec.Cmd, says bool) func(*testing.T) {
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
	return func(t *testing.T) {
		t.Helper()
		if !says {
			return
		}
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
	sum := 0
	asked := map[string]bool{}
	for _, addr := range s.at {
		if !asked[addr] {
			asked[addr] = true
			sum += countAt(t, addr, key)
		}
	}
	return sum
}

func countAt(t assert.TestingT, addr, key string) int {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(key)) // a Builder takes everything
	body := fmt.Sprintf(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+
		`<Count xmlns="%s"><key>%s</key></Count></s:Body></s:Envelope>`, namespace, escaped.String())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, answer, err := post(ctx, "http://"+addr+"/basic", "text/xml; charset=utf-8", namespace+"/Count", body)
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
