//go:build interop

package interop

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const (
	secext    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	utility   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	signature = "http://www.w3.org/2000/09/xmldsig#"
	wsa10     = "http://www.w3.org/2005/08/addressing"
	soap12    = "http://www.w3.org/2003/05/soap-envelope"
)

// unsigned is the message that xmlsec1 fills: its digests and its signature
// are empty. The white space and prefixes are there to be kept.
var unsigned = template.Must(template.New("unsigned.xml").Parse(`<env:Envelope xmlns:env="` + soap12 + `" xmlns:wsa="` + wsa10 + `" xmlns:u="` + utility + `">
  <env:Header>
    <wsa:Action  env:mustUnderstand='true' u:Id="action">http://viaduct.example/interop/Echo</wsa:Action>
    <wsa:MessageID u:Id="id">urn:uuid:5d3a7d1c-57c2-4b0e-9f64-0b5b3a1f5f10</wsa:MessageID>
    <wsa:To u:Id="to" env:mustUnderstand="1">{{.To}}</wsa:To>
    <o:Security xmlns:o="` + secext + `" env:mustUnderstand="1">
      <ds:Signature xmlns:ds="` + signature + `">
        <ds:SignedInfo>
          <ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
          <ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>{{range .Signed}}
          <ds:Reference URI="#{{.}}">
            <ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
            <ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
            <ds:DigestValue/>
          </ds:Reference>{{end}}
        </ds:SignedInfo>
        <ds:SignatureValue/>
      </ds:Signature>
    </o:Security>
  </env:Header>
  <env:Body u:Id="body"><e:Echo xmlns:e="` + namespace + `"><e:text>Grüße
	an 漢字 und 𝄞 &lt;&amp;&gt; <![CDATA[<kept/>]]><!-- kept --></e:text></e:Echo></env:Body>
</env:Envelope>
`))

// keys are a key and its certificate, made for one test.
type keys struct{ key, cert string }

func newKeys(t *testing.T) keys {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048) // XML Signature knows no Ed25519
	require.NoError(t, err)
	shape := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "interop"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, shape, shape, &private.PublicKey, private)
	require.NoError(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	dir := t.TempDir()
	k := keys{key: filepath.Join(dir, "key.pem"), cert: filepath.Join(dir, "cert.pem")}
	require.NoError(t, os.WriteFile(k.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	require.NoError(t, os.WriteFile(k.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600))
	return k
}

// tool runs a program that ends by itself.
func tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return string(out), err
}

// ids tells xmlsec1 which attributes are ids; without a schema it cannot know.
func ids(args ...string) []string {
	for _, name := range []string{
		wsa10 + ":Action", wsa10 + ":MessageID", wsa10 + ":To", soap12 + ":Body",
		"http://schemas.xmlsoap.org/soap/envelope/:Body", utility + ":Timestamp",
	} {
		args = append(args, "--id-attr:Id", name)
	}
	return args
}

// sign makes a message for an address with these parts signed.
func sign(t *testing.T, k keys, to string, signed ...string) []byte {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, unsigned.Execute(&text, map[string]any{"To": to, "Signed": signed}))
	dir := t.TempDir()
	in, out := filepath.Join(dir, "unsigned.xml"), filepath.Join(dir, "signed.xml")
	require.NoError(t, os.WriteFile(in, text.Bytes(), 0o600))
	said, err := tool(t, "xmlsec1", append(ids("--sign", "--privkey-pem", k.key, "--output", out), in)...)
	require.NoError(t, err, said)
	b, err := os.ReadFile(out)
	require.NoError(t, err)
	return b
}

// verify lets xmlsec1 check the octets that a back end received.
func verify(t *testing.T, k keys, message []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "received.xml")
	require.NoError(t, os.WriteFile(file, message, 0o600))
	said, err := tool(t, "xmlsec1", append(ids("--verify", "--pubkey-cert-pem", k.cert), file)...)
	assert.NoError(t, err, "%s\n%s", said, message)
}

// The modes of a destination, as the settings name them.
const (
	routing       = "routing"
	forwardSigned = "forward-signed"
)

// received returns the one message that came to a back end.
func received(t *testing.T, b *testbed.Backend) *testbed.Received {
	t.Helper()
	all := b.Received()
	require.Len(t, all, 1)
	require.True(t, all[0].Complete)
	return all[0]
}

// TestSigned_xmlsec sends messages signed by xmlsec1. They verify behind
// Viaduct unless a signed part had to change; then they are refused with the
// name of the reference, and nothing is sent.
func TestSigned_xmlsec(t *testing.T) {
	k := newKeys(t)
	for _, c := range []struct {
		name    string
		mode    string
		signed  []string
		refused string // the reference that would break
	}{
		{"routing, To not signed", routing, []string{"body", "action", "id"}, ""},
		{"forward-signed, To not signed", forwardSigned, []string{"body", "action", "id"}, ""},
		{"forward-signed, To signed", forwardSigned, []string{"body", "to"}, ""},
		{"routing, To signed", routing, []string{"body", "to"}, "#to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			back := testbed.NewBackend(t, testbed.BackendOptions{})
			viaduct := startRouter(t, route{Name: "signed", Version: ws, Targets: []string{back.URL() + "service"}, Mode: c.mode})
			sent := sign(t, k, viaduct.url("signed"), c.signed...)
			verify(t, k, sent)
			status, answer, err := post(t.Context(), viaduct.url("signed"), "application/soap+xml; charset=utf-8", "", string(sent))
			require.NoError(t, err)
			if c.refused != "" {
				assert.Equal(t, 500, status, "%s", answer)
				assert.Contains(t, string(answer), "<s:Fault>")
				assert.Eventually(t, func() bool { return strings.Contains(viaduct.Log(), c.refused) },
					patience, 20*time.Millisecond, "the log does not name %s:\n%s", c.refused, viaduct.Log())
				assert.Empty(t, back.Received())
				return
			}
			require.Equal(t, 200, status, "%s", answer)
			got := received(t, back).Body
			verify(t, k, got)
			if c.mode == routing {
				assert.Contains(t, string(got), ">"+back.URL()+"service<", "To was not rewritten")
			} else {
				assert.Equal(t, string(sent), string(got), "octets changed in mode forward-signed")
			}
		})
	}
}

// echo answers every request as the sample service answers Echo.
func echo(version string) testbed.Script {
	mediaType, space := "text/xml; charset=utf-8", "http://schemas.xmlsoap.org/soap/envelope/"
	if version == "1.2" {
		mediaType, space = "application/soap+xml; charset=utf-8", soap12
	}
	body := fmt.Sprintf(`<s:Envelope xmlns:s="%s"><s:Body><EchoResponse xmlns="%s"><result>heard</result></EchoResponse></s:Body></s:Envelope>`, space, namespace)
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", mediaType, len(body), body)
	return func(*testbed.Received) testbed.Answer { return testbed.Answer{Octets: answer} }
}

// TestSigned_nodeSOAP sends messages that node-soap signs (body and timestamp,
// with a certificate).
func TestSigned_nodeSOAP(t *testing.T) {
	k := newKeys(t)
	for _, v := range []version{basic, plain12} {
		for _, m := range []string{routing, forwardSigned} {
			t.Run(v.name+", "+m, func(t *testing.T) {
				t.Parallel()
				back := testbed.NewBackend(t, testbed.BackendOptions{Script: echo(v.soap)})
				viaduct := startRouter(t, route{
					Name: "signed", Version: v, Targets: []string{back.URL() + "service"}, Mode: m,
				})
				got := run(t, "node-soap", job{
					URL: viaduct.url("signed"), Version: v.soap, Key: k.key, Cert: k.cert,
					Calls: []call{{Operation: "Echo", Args: map[string]any{"text": mixed}}},
				})
				assert.Equal(t, "heard", got[0].text(t))
				verify(t, k, received(t, back).Body)
			})
		}
	}
}
