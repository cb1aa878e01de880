//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// encryption is the element that xmlsec1 fills and puts in the place of what it
// encrypts.
const encryption = `<x:EncryptedData xmlns:x="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">
  <x:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>
  <ds:KeyInfo xmlns:ds="` + signature + `"><x:EncryptedKey>
    <x:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"/>
    <x:CipherData><x:CipherValue/></x:CipherData>
  </x:EncryptedKey></ds:KeyInfo>
  <x:CipherData><x:CipherValue/></x:CipherData>
</x:EncryptedData>
`

// protect makes a message for an address with these parts signed, and then the
// child of Body encrypted.
func protect(t *testing.T, k keys, to string, signed ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	in, how, out := filepath.Join(dir, "signed.xml"), filepath.Join(dir, "how.xml"), filepath.Join(dir, "protected.xml")
	require.NoError(t, os.WriteFile(in, sign(t, k, to, signed...), 0o600))
	require.NoError(t, os.WriteFile(how, []byte(encryption), 0o600))
	said, err := tool(t, "xmlsec1", "--encrypt", "--pubkey-cert-pem", k.cert, "--session-key", "aes-256",
		"--xml-data", in, "--node-name", namespace+":Echo", "--output", out, how)
	require.NoError(t, err, said)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	require.NotContains(t, string(b), "<e:Echo")
	return b
}

// reveal decrypts a message and checks its signature.
func reveal(t *testing.T, k keys, message []byte) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "protected.xml"), filepath.Join(dir, "signed.xml")
	require.NoError(t, os.WriteFile(in, message, 0o600))
	said, err := tool(t, "xmlsec1", "--decrypt", "--privkey-pem", k.key, "--output", out, in)
	require.NoError(t, err, "%s\n%s", said, message)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Contains(t, string(b), "<![CDATA[<kept/>]]>")
	verify(t, k, b)
}

// secured is a file whose endpoint has wsHttpBinding as it is by default: with
// security of messages, that nobody but the two ends can check.
var secured = template.Must(template.New("web.config").Parse(`<?xml version="1.0"?>
<configuration>
  <system.serviceModel>
    <services>
      <service name="{{if .Router}}System.ServiceModel.Routing.RoutingService" behaviorConfiguration="router{{else}}Payroll.Runs{{end}}">
        <endpoint name="front" address="http://@front@/secured" binding="wsHttpBinding"
                  contract="{{if .Router}}System.ServiceModel.Routing.IRequestReplyRouter{{else}}Payroll.IRuns{{end}}" />
      </service>
    </services>
    <client>
      <endpoint name="behind" address="{{.Back}}" binding="wsHttpBinding"{{if .Other}} bindingConfiguration="other"{{end}} contract="*" />
    </client>
    <bindings>
      <wsHttpBinding>
        <binding name="other">{{.Other}}</binding>
      </wsHttpBinding>
    </bindings>{{if .Router}}
    <routing>
      <filters>
        <filter name="all" filterType="MatchAll" />
      </filters>
      <filterTables>
        <filterTable name="table">
          <add filterName="all" endpointName="behind" />
        </filterTable>
      </filterTables>
    </routing>
    <behaviors>
      <serviceBehaviors>
        <behavior name="router">
          <routing filterTableName="table" routeOnHeadersOnly="true" />
        </behavior>
      </serviceBehaviors>
    </behaviors>{{end}}
  </system.serviceModel>
</configuration>
`))

// passing are the file and the settings for one way to hand messages on.
type passing struct {
	Router bool   // else a service that is forwarded
	Back   string // address of the destination
	Other  string // content of the destination's binding; empty: the default
}

func (p passing) files(t *testing.T) (config, settings string) {
	t.Helper()
	var web strings.Builder
	require.NoError(t, secured.Execute(&web, p))
	settings = "admin:\n  address: \"@admin@\"\n"
	if !p.Router {
		settings += "services:\n  - name: Payroll.Runs\n    forward: behind\n"
	}
	return web.String(), settings
}

// TestSigned_passedThrough sends messages that are signed and encrypted to
// endpoints with security of messages. The two ends see each other's octets.
func TestSigned_passedThrough(t *testing.T) {
	k := newKeys(t)
	for _, router := range []bool{true, false} {
		t.Run(fmt.Sprintf("router=%t", router), func(t *testing.T) {
			t.Parallel()
			answer := protect(t, k, wsa10+"/anonymous", "body", "action", "to")
			back := testbed.NewBackend(t, testbed.BackendOptions{Script: func(*testbed.Received) testbed.Answer {
				return testbed.Answer{Octets: fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)}
			}})
			config, settings := passing{Router: router, Back: back.URL() + "behind"}.files(t)
			viaduct := testbed.Start(t, config, settings)
			sent := protect(t, k, "http://"+viaduct.Addr("front")+"/secured", "body", "action", "id", "to")
			reveal(t, k, sent)
			status, got, err := post(t.Context(), "http://"+viaduct.Addr("front")+"/secured", "application/soap+xml; charset=utf-8", "", string(sent))
			require.NoError(t, err)
			require.Equal(t, 200, status, "%s", got)
			assert.Equal(t, string(answer), string(got), "the answer")
			seen := received(t, back).Body
			assert.Equal(t, string(sent), string(seen), "the request")
			reveal(t, k, seen)

			said, err := tool(t, testbed.Build(t), "check", "--all", filepath.Join(viaduct.Dir, "web.config"))
			require.NoError(t, err, said)
			for _, name := range []string{"front", "behind"} {
				assert.Regexp(t, `passed through: endpoint "`+name+`": wsHttpBinding: .*octet for octet`, said)
			}
		})
	}
}

// TestSigned_otherSecurity: what cannot pass through is not served, nor is any of
// it served without its security.
func TestSigned_otherSecurity(t *testing.T) {
	for name, other := range map[string]string{
		"none":        `<security mode="None" />`,
		"transport":   `<security mode="Transport" />`,
		"certificate": `<security mode="Message"><message clientCredentialType="Certificate" /></security>`,
	} {
		for _, router := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, router=%t", name, router), func(t *testing.T) {
				t.Parallel()
				scheme := "http"
				if name == "transport" {
					scheme = "https"
				}
				config, settings := passing{Router: router, Back: scheme + "://127.0.0.1:9/behind", Other: other}.files(t)
				dir := t.TempDir()
				for file, text := range map[string]string{"web.config": config, "viaduct.yaml": settings} {
					for _, place := range []string{"@front@", "@admin@"} {
						text = strings.ReplaceAll(text, place, testbed.FreeAddr(t))
					}
					require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
				}
				for _, command := range []string{"check", "serve"} {
					said, err := tool(t, testbed.Build(t), command, filepath.Join(dir, "web.config"))
					require.Error(t, err, "%s:\n%s", command, said)
					assert.Contains(t, said, "security of messages", command)
					assert.Contains(t, said, "asks for another", command)
				}
			})
		}
	}
}
