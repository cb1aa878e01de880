package configs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
)

const everything = `<configuration>
<appSettings>
  <add key="other" value="canary-other"/>
  <add key="Microsoft.ServiceBus.ConnectionString" value="Endpoint=sb://ns/;canary"/>
</appSettings>
<system.diagnostics>
  <sources>
    <source name="System.ServiceModel.MessageLogging" switchValue="information, ActivityTracing"><listeners><add name="xml"/></listeners></source>
    <source name="System.Net" switchValue="Verbose"><listeners><add name="xml"/></listeners></source>
  </sources>
  <sharedListeners><add name="xml" type="System.Diagnostics.XmlWriterTraceListener" initializeData="C:\logs\a.svclog"/></sharedListeners>
  <trace autoflush="true"/>
</system.diagnostics>
<system.serviceModel>
  <diagnostics><messageLogging logEntireMessage="true" maxMessagesToLog="-1"><filters>
    <add nodeQuota="10" xmlns:o="urn:o"> //o:Order </add>
  </filters></messageLogging><endToEndTracing propagateActivity="true"/></diagnostics>
  <behaviors>
    <serviceBehaviors><behavior name="s">
      <serviceMetadata httpGetEnabled="true" httpGetUrl="meta" policyVersion="Policy15"/>
      <serviceCredentials>
        <serviceCertificate findValue="CN=edge" storeName="Root" x509FindType="FindBySubjectName"/>
        <clientCertificate><authentication certificateValidationMode="PeerTrust"/></clientCertificate>
        <userNameAuthentication userNamePasswordValidationMode="Custom" cachedLogonTokenLifetime="00:01:00"/>
        <issuedTokenAuthentication><allowedAudienceUris><add allowedAudienceUri="urn:a"/></allowedAudienceUris></issuedTokenAuthentication>
      </serviceCredentials>
      <serviceAuthorization><authorizationPolicies><add policyType="A.B, C"/></authorizationPolicies></serviceAuthorization>
      <useRequestHeadersForMetadataAddress><defaultPorts><add scheme="http" port="81"/></defaultPorts></useRequestHeadersForMetadataAddress>
    </behavior></serviceBehaviors>
    <endpointBehaviors><behavior name="e">
      <clientCredentials><clientCertificate findValue="CN=me"/><serviceCertificate>
        <scopedCertificates><add targetUri="http://d/" findValue="CN=d"/></scopedCertificates>
        <sslCertificateAuthentication certificateValidationMode="None"/></serviceCertificate></clientCredentials>
      <transportClientEndpointBehavior><tokenProvider><sharedAccessSignature keyName="k" key="canary-key"/></tokenProvider></transportClientEndpointBehavior>
    </behavior></endpointBehaviors>
  </behaviors>
  <bindings>
    <netTcpBinding><binding name="t" maxConnections="7"><security><transport sslProtocols="Tls12"/></security></binding></netTcpBinding>
    <netHttpBinding><binding name="n"><webSocketSettings transportUsage="Always" keepAliveInterval="-00:00:00.001"/></binding></netHttpBinding>
    <netTcpRelayBinding><binding name="r" connectionMode="Hybrid"><security relayClientAuthenticationType="None"/></binding></netTcpRelayBinding>
    <customBinding><binding name="c"><binaryMessageEncoding compressionFormat="GZip"/><sslStreamSecurity requireClientCertificate="true"/>
      <tcpTransport><connectionPoolSettings leaseTimeout="00:01:00"/></tcpTransport></binding></customBinding>
  </bindings>
  <client>
    <endpoint name="relay" address="sb://ns/x" binding="netTcpRelayBinding" bindingConfiguration="r" behaviorConfiguration="e" contract="*"/>
    <endpoint name="plain" address="http://d/" binding="basicHttpBinding" behaviorConfiguration="e" contract="*"/>
  </client>
  <serviceHostingEnvironment><serviceActivations><add relativeAddress="a.svc" service="S"/></serviceActivations></serviceHostingEnvironment>
</system.serviceModel></configuration>`

// TestFile_everything reads what later constructors need from the model.
func TestFile_everything(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(everything))
	require.NoError(t, err)
	bindings := map[string]*configs.Binding{}
	for _, b := range f.Bindings {
		bindings[b.Name.Peek()] = b
	}
	assert.Equal(t, int64(7), bindings["t"].MaxConnections.Peek())
	assert.Equal(t, []string{"Tls12"}, bindings["t"].Security.SSLProtocols.Peek())
	assert.Equal(t, "Windows", bindings["t"].Security.ClientCredential.Peek())
	assert.Equal(t, "Always", bindings["n"].WebSocket.Usage.Peek())
	assert.Equal(t, "soap", bindings["n"].WebSocket.SubProtocol.Peek())
	assert.Equal(t, -time.Millisecond, bindings["n"].WebSocket.KeepAliveInterval.Peek())
	assert.Equal(t, "Hybrid", bindings["r"].Relay.ConnectionMode.Peek())
	assert.Equal(t, "None", bindings["r"].Security.RelayCredential.Peek())
	c := bindings["c"]
	require.Len(t, c.Elements, 3)
	assert.Equal(t, "GZip", c.Elements[0].Compression.Peek())
	assert.True(t, c.Elements[1].RequireClientCert.Peek())
	assert.Equal(t, time.Minute, c.ConnectionPool.LeaseTimeout.Peek())
	assert.Equal(t, "net.tcp", c.Scheme())

	s := f.ServiceBehaviors[0]
	assert.Equal(t, "meta", s.Metadata.HTTPURL.Peek())
	assert.Equal(t, "Policy15", s.Metadata.PolicyVersion.Peek())
	assert.Equal(t, "CN=edge", s.Credentials.Certificate.FindValue.Peek())
	assert.Equal(t, "LocalMachine", s.Credentials.Certificate.Location.Peek())
	assert.Equal(t, "PeerTrust", s.Credentials.ClientValidation.Mode.Peek())
	assert.Equal(t, time.Minute, s.Credentials.UserName.CachedFor.Peek())
	assert.Equal(t, "urn:a", s.Credentials.AllowedAudiences[0].Peek())
	assert.Equal(t, "A.B, C", s.Authorization.Policies[0].Peek())
	assert.Equal(t, int64(81), s.UseRequestHeaders.DefaultPorts[0].Port.Peek())
	e := f.EndpointBehaviors[0]
	assert.Equal(t, "CurrentUser", e.Credentials.Client.Location.Peek())
	assert.Equal(t, "None", e.Credentials.TLS.Mode.Peek())
	assert.Equal(t, "http://d/", e.Credentials.Scoped[0].TargetURI.Peek())
	assert.Equal(t, "canary-key", e.Relay.Key.Peek())

	l := f.Diagnostics.Logging
	assert.True(t, l.EntireMessage.Peek())
	assert.Equal(t, "//o:Order", l.Filters[0].XPath)
	assert.Equal(t, "urn:o", l.Filters[0].Namespaces["o"])
	assert.Equal(t, int64(10), l.Filters[0].NodeQuota.Peek())
	assert.True(t, f.Diagnostics.Tracing.PropagateActivity.Peek())
	require.Len(t, f.Tracing.Sources, 1, "sources of others are none of Viaduct's business")
	assert.Equal(t, []string{"Information", "ActivityTracing"}, f.Tracing.Sources[0].Switch.Peek())
	assert.Equal(t, `C:\logs\a.svclog`, f.Tracing.Sources[0].Listeners[0].InitializeData.Peek())
	assert.True(t, f.Tracing.AutoFlush.Peek())
	assert.Equal(t, "Endpoint=sb://ns/;canary", f.ServiceBus.Peek())
	assert.Equal(t, "a.svc", f.Hosting.Activations[0].RelativeAddress.Peek())

	for _, ep := range f.Client {
		endpoint(ep)
	}
	for _, x := range f.Findings() {
		assert.NotContains(t, x.Text, "canary", "%v %s", x.Pos, x.Path)
	}
}

// Credentials count only where a served endpoint has security that needs them.
func TestCredentials_demanded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, binding string
		stops         bool
	}{
		{"plain", `<binding name="b"/>`, false},
		{"TLS", `<binding name="b"><security mode="Transport"/></binding>`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<client><endpoint name="d" address="http://d/" binding="basicHttpBinding" bindingConfiguration="b" behaviorConfiguration="e" contract="*"/></client>
<bindings><basicHttpBinding>`+c.binding+`</basicHttpBinding></bindings>
<behaviors><endpointBehaviors><behavior name="e"><clientCredentials><serviceCertificate>
<sslCertificateAuthentication certificateValidationMode="PeerTrust"/></serviceCertificate></clientCredentials></behavior></endpointBehaviors></behaviors>
</system.serviceModel></configuration>`))
			require.NoError(t, err)
			endpoint(f.Client[0])
			if c.stops {
				require.ErrorContains(t, f.Err(), "certificateValidationMode")
				return
			}
			require.NoError(t, f.Err())
		})
	}
}
