package hostile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// webConfig is a routing service with an endpoint for each version, a big one, a
// streamed one and one over TLS, and an echo service; with xpath also a filter that
// looks at everything three times over.
func webConfig(g *rig, xpath bool) string {
	filter, entry, headers := "", "", "true"
	if xpath {
		filter = `<filter name="wide" filterType="XPath" filterData="//*[//*[//*]]" />`
		entry = `<add filterName="wide" endpointName="back11" priority="3" />`
		headers = "false"
	}
	return strings.NewReplacer("XPATHFILTER", filter, "XPATHENTRY", entry, "ONHEADERS", headers, "FRONT", g.front, "SECURE", g.secure, "BACK", g.back.addr).Replace(`<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <system.serviceModel>
    <services>
      <service name="System.ServiceModel.Routing.RoutingService" behaviorConfiguration="router">
        <endpoint name="s11" address="http://FRONT/s11" binding="basicHttpBinding"
                  contract="System.ServiceModel.Routing.IRequestReplyRouter" />
        <endpoint name="s12" address="http://FRONT/s12" binding="wsHttpBinding" bindingConfiguration="plain"
                  contract="System.ServiceModel.Routing.IRequestReplyRouter" />
        <endpoint name="big11" address="http://FRONT/big11" binding="basicHttpBinding" bindingConfiguration="big"
                  contract="System.ServiceModel.Routing.IRequestReplyRouter" />
        <endpoint name="stream11" address="http://FRONT/stream11" binding="basicHttpBinding" bindingConfiguration="streamed"
                  contract="System.ServiceModel.Routing.IRequestReplyRouter" />
        <endpoint name="t11" address="https://SECURE/t11" binding="basicHttpBinding" bindingConfiguration="secure"
                  contract="System.ServiceModel.Routing.IRequestReplyRouter" />
      </service>
      <service name="Contoso.Echo">
        <endpoint name="echo11" address="http://FRONT/echo11" binding="basicHttpBinding" contract="Contoso.IEcho" />
        <endpoint name="echo12" address="http://FRONT/echo12" binding="wsHttpBinding" bindingConfiguration="plain" contract="Contoso.IEcho" />
      </service>
    </services>
    <behaviors>
      <serviceBehaviors>
        <behavior name="router">
          <routing filterTableName="table" routeOnHeadersOnly="ONHEADERS" soapProcessingEnabled="true" />
        </behavior>
      </serviceBehaviors>
    </behaviors>
    <bindings>
      <basicHttpBinding>
        <binding name="big" maxReceivedMessageSize="67108864" maxBufferSize="67108864" />
        <binding name="secure"><security mode="Transport" /></binding>
        <binding name="streamed" maxReceivedMessageSize="67108864" transferMode="Streamed" />
      </basicHttpBinding>
      <wsHttpBinding>
        <binding name="plain"><security mode="None" /></binding>
      </wsHttpBinding>
    </bindings>
    <client>
      <endpoint name="back11" address="http://BACK/back11" binding="basicHttpBinding" contract="*" />
      <endpoint name="stream" address="http://BACK/stream11" binding="basicHttpBinding" bindingConfiguration="streamed" contract="*" />
      <endpoint name="special11" address="http://BACK/special11" binding="basicHttpBinding" contract="*" />
      <endpoint name="back12" address="http://BACK/back12" binding="wsHttpBinding" bindingConfiguration="plain" contract="*" />
      <endpoint name="special12" address="http://BACK/special12" binding="wsHttpBinding" bindingConfiguration="plain" contract="*" />
    </client>
    <routing>
      <filters>XPATHFILTER
        <filter name="all" filterType="MatchAll" />
        <filter name="with12" filterType="EndpointName" filterData="s12" />
        <filter name="streamed" filterType="EndpointName" filterData="stream11" />
        <filter name="with11" filterType="EndpointName" filterData="s11" />
        <filter name="action-escaped" filterType="Action" filterData="urn:%61" />
        <filter name="action-lettered" filterType="Action" filterData="urn:orders/A" />
        <filter name="escaped" filterType="And" filter1="with11" filter2="action-escaped" />
        <filter name="lettered" filterType="And" filter1="with12" filter2="action-lettered" />
      </filters>
      <filterTables>
        <filterTable name="table">XPATHENTRY
          <add filterName="escaped" endpointName="special11" priority="2" />
          <add filterName="lettered" endpointName="special12" priority="2" />
          <add filterName="with12" endpointName="back12" priority="1" />
          <add filterName="streamed" endpointName="stream" priority="1" />
          <add filterName="all" endpointName="back11" priority="0" />
        </filterTable>
      </filterTables>
    </routing>
  </system.serviceModel>
</configuration>
`)
}

// baseSettings bind the echo service, the admin address and the TLS socket.
func baseSettings(g *rig, certificate, key string) string {
	return `admin:
  address: ` + g.admin + `
sockets:
- address: ` + g.secure + `
  scheme: https
  tls:
    certificate: ` + certificate + `
    key: ` + key + `
services:
- name: Contoso.Echo
  builtin: echo
`
}

// writeCertificate makes a certificate for this run.
func writeCertificate(t *testing.T, dir string) (certificate, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	require.NoError(t, err)
	der, err := x509.MarshalECPrivateKey(k)
	require.NoError(t, err)
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return file
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "EC PRIVATE KEY", der)
}
