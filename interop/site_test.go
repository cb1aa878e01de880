//go:build interop

package interop

import (
	"encoding/xml"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// site is a copy of a configuration file whose addresses lie on free ports of
// this machine, with a back end for what its services forward.
type site struct {
	dir       string
	back      *testbed.Backend
	hosted    string // host:port of services that IIS would host
	endpoints []siteEndpoint
	others    []string // bindings of endpoints that are not called
	ports     map[string]string
}

// siteEndpoint is one endpoint to call.
type siteEndpoint struct {
	service, url string
	version      version
}

// wcf is as much of a configuration file as says where its endpoints are.
type wcf struct {
	Services []struct {
		Name  string `xml:"name,attr"`
		Bases []struct {
			Address string `xml:"baseAddress,attr"`
		} `xml:"host>baseAddresses>add"`
		Endpoints []struct {
			Address string `xml:"address,attr"`
			Binding string `xml:"binding,attr"`
			Config  string `xml:"bindingConfiguration,attr"`
			Kind    string `xml:"kind,attr"`
		} `xml:"endpoint"`
	} `xml:"system.serviceModel>services>service"`
	Custom []struct {
		Name string `xml:"name,attr"`
		Text *struct {
			Version string `xml:"messageVersion,attr"`
		} `xml:"textMessageEncoding"`
		HTTP *struct{} `xml:"httpTransport"`
	} `xml:"system.serviceModel>bindings>customBinding>binding"`
}

var (
	inService = regexp.MustCompile(`(?s)<services>.*</services>`)
	inClient  = regexp.MustCompile(`(?s)<client>.*</client>`)
	authority = regexp.MustCompile(`"(https?|net\.tcp)://([^/":]+)(?::(\d+))?`)
	siteLine  = regexp.MustCompile(`(https?) [^\s:"']*:(\d+):`)
)

// newSite copies a file and moves its addresses to free ports of 127.0.0.1.
func newSite(t *testing.T, file string) *site {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	s := &site{dir: t.TempDir(), ports: map[string]string{}, hosted: testbed.FreeAddr(t)}
	s.back = testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
		return testbed.Answer{Make: answerText}
	}})
	text := inService.ReplaceAllStringFunc(string(b), func(part string) string {
		return authority.ReplaceAllStringFunc(part, func(a string) string { return s.moved(t, a) })
	})
	text = inClient.ReplaceAllStringFunc(text, func(part string) string {
		return authority.ReplaceAllString(part, `"http://`+s.back.Addr())
	})
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "web.config"), []byte(text), 0o600))
	var f wcf
	if err := xml.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &f); err != nil {
		t.Skip("this test does not read the file: " + err.Error()) // UTF-16 for example
	}
	s.find(t, f)
	return s
}

// moved gives an address another port, the same for the same one.
func (s *site) moved(t *testing.T, address string) string {
	t.Helper()
	m := authority.FindStringSubmatch(address)
	key := m[1] + ":" + m[3]
	if s.ports[key] == "" {
		s.ports[key] = testbed.FreeAddr(t)
	}
	return `"` + m[1] + "://" + s.ports[key]
}

// find lists the endpoints to call. Services without a base address get an .svc
// file.
func (s *site) find(t *testing.T, f wcf) {
	t.Helper()
	for i, service := range f.Services {
		base, svc := "", fmt.Sprintf("s%d.svc", i)
		for _, b := range service.Bases {
			if strings.HasPrefix(b.Address, "http:") {
				base = b.Address
			}
		}
		if len(service.Bases) == 0 {
			base = "http://" + s.hosted + "/" + svc
		}
		for _, e := range service.Endpoints {
			v, ok := f.version(e.Binding, e.Config)
			absolute := strings.Contains(e.Address, "://")
			if !ok || e.Kind != "" || base == "" && !absolute || absolute && !strings.HasPrefix(e.Address, "http:") {
				s.others = append(s.others, e.Binding+e.Kind)
				continue
			}
			url := e.Address
			switch {
			case absolute:
			case strings.Trim(url, "/") == "":
				url = base
			default:
				url = strings.TrimSuffix(base, "/") + "/" + strings.TrimLeft(url, "/")
			}
			s.endpoints = append(s.endpoints, siteEndpoint{service.Name, url, v})
		}
		if len(service.Bases) == 0 {
			text := fmt.Sprintf("<%%@ ServiceHost Language=\"C#\" Service=%q %%>\n", service.Name)
			require.NoError(t, os.WriteFile(filepath.Join(s.dir, svc), []byte(text), 0o600))
		}
	}
}

// version tells what an HTTP binding with text encoding speaks.
func (f wcf) version(binding, config string) (version, bool) {
	switch binding {
	case "basicHttpBinding":
		return basic, true
	case "wsHttpBinding", "ws2007HttpBinding":
		return ws, true
	case "customBinding":
		for _, c := range f.Custom {
			if c.Name != config || c.Text == nil || c.HTTP == nil {
				continue
			}
			switch c.Text.Version {
			case "Soap11":
				return basic, true
			case "Soap12":
				return plain12, true
			case "Soap11WSAddressing10":
				return addr11, true
			case "Soap12WSAddressing10", "Default", "":
				return ws, true
			case "Soap11WSAddressingAugust2004":
				return aug11, true
			case "Soap12WSAddressingAugust2004":
				return aug12, true
			}
		}
	}
	return version{}, false
}

// settle does what the operator does after init: ports of site bindings and
// addresses of destinations, which no file can tell, are filled in.
func (s *site) settle(t *testing.T) {
	t.Helper()
	name := filepath.Join(s.dir, "viaduct.yaml")
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	t.Logf("init proposes:\n%s", b)
	host, port, err := net.SplitHostPort(s.hosted)
	require.NoError(t, err)
	b = siteLine.ReplaceAll(b, []byte("http "+host+":"+port+":"))
	var all map[string]any
	require.NoError(t, yaml.Unmarshal(b, &all))
	services, _ := all["services"].([]any)
	for _, one := range services {
		service, ok := one.(map[string]any)
		require.True(t, ok)
		if to, ok := service["forward"].(string); ok && strings.Contains(to, "://") {
			service["forward"] = s.back.URL() + "service"
		}
	}
	b, err = yaml.Marshal(all)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, b, 0o600))
}

// serve runs the program until the test ends and waits until it is ready.
func (s *site) serve(t *testing.T) {
	t.Helper()
	admin := testbed.FreeAddr(t)
	cmd := exec.Command(testbed.Build(t), "serve", "web.config", "--admin-address", admin)
	cmd.Dir = s.dir
	log := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		if t.Failed() {
			t.Logf("log of viaduct:\n%s", log)
		}
	})
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		if resp, err := client.Get("http://" + admin + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case <-done:
			require.Fail(t, "viaduct serve ended before it was ready", "%s", log)
		case <-deadline:
			require.Fail(t, "viaduct serve is not ready")
		}
	}
}

// answerText answers a request in its version with the text that it carries.
func answerText(r *testbed.Received) []byte {
	text := string(r.Body)
	mediaType, space := "text/xml; charset=utf-8", "http://schemas.xmlsoap.org/soap/envelope/"
	if strings.Contains(text, soap12) {
		mediaType, space = "application/soap+xml; charset=utf-8", soap12
	}
	header := ""
	for _, wsa := range []string{wsa10, "http://schemas.xmlsoap.org/ws/2004/08/addressing"} {
		if strings.Contains(text, wsa) {
			header = fmt.Sprintf(`<s:Header><a:Action xmlns:a="%s" s:mustUnderstand="1">%s/EchoResponse</a:Action></s:Header>`, wsa, namespace)
		}
	}
	var sent struct {
		Text string `xml:"Body>Echo>text"`
	}
	_ = xml.Unmarshal(r.Body, &sent) // without a text the client misses it
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(sent.Text)) // a Builder takes everything
	body := fmt.Sprintf(`<s:Envelope xmlns:s="%s">%s<s:Body><EchoResponse xmlns="%s"><result>%s</result></EchoResponse></s:Body></s:Envelope>`,
		space, header, namespace, escaped.String())
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", mediaType, len(body), body)
}
