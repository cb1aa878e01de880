package configs_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
)

// one reads a file with a single binding and a client endpoint that uses it.
func one(t *testing.T, kind, attrs, inside string) (*configs.File, *configs.Binding) {
	t.Helper()
	f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<client><endpoint name="d" address="http://d/" binding="`+kind+`" bindingConfiguration="b" contract="*"/></client>
<bindings><`+kind+`><binding name="b" `+attrs+`>`+inside+`</binding></`+kind+`></bindings>
</system.serviceModel></configuration>`))
	require.NoError(t, err)
	require.Len(t, f.Client, 1)
	f.Client[0].Use()
	return f, f.Client[0].Binding
}

func TestBinding_Protection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, inside string
		want         configs.Protection
		text         bool // has message security
	}{
		{"basicHttpBinding", ``, configs.ProtectNone, false},
		{"basicHttpBinding", `<security mode="TransportCredentialOnly"/>`, configs.ProtectTransport, false},
		{"basicHttpsBinding", ``, configs.ProtectTransport, false},
		{"wsHttpBinding", ``, configs.ProtectMessage, true},
		{"wsHttpBinding", `<security mode="None"/>`, configs.ProtectNone, false},
		{"ws2007HttpBinding", `<security mode="TransportWithMessageCredential"/>`, configs.ProtectWithCredential, true},
		{"netTcpBinding", ``, configs.ProtectTransport, false},
		{"mexHttpsBinding", ``, configs.ProtectTransport, false},
		{"netMsmqBinding", `<security mode="Both"/>`, configs.ProtectMessage, true},
		{"customBinding", `<textMessageEncoding/><httpTransport/>`, configs.ProtectNone, false},
		{"customBinding", `<textMessageEncoding/><httpsTransport/>`, configs.ProtectTransport, false},
		{"customBinding", `<security/><httpTransport/>`, configs.ProtectMessage, true},
		{"customBinding", `<security authenticationMode="UserNameOverTransport"/><httpsTransport/>`, configs.ProtectWithCredential, true},
		{"customBinding", `<binaryMessageEncoding/><sslStreamSecurity/><tcpTransport/>`, configs.ProtectTransport, false},
	} {
		t.Run(c.kind+c.inside, func(t *testing.T) {
			t.Parallel()
			_, b := one(t, c.kind, "", c.inside)
			assert.Equal(t, c.want, b.Protection())
			assert.Equal(t, c.text, b.MessageSecurity() != "", b.MessageSecurity())
		})
	}
}

// Two bindings whose message security is the same have the same text, however
// it is written; any difference shows.
func TestBinding_MessageSecurity(t *testing.T) {
	t.Parallel()
	text := func(kind, inside string) string {
		_, b := one(t, kind, "", inside)
		return b.MessageSecurity()
	}
	plain := text("wsHttpBinding", "")
	assert.Equal(t, plain, text("wsHttpBinding", `<security mode="Message"><message algorithmSuite="Basic256" establishSecurityContext=" TRUE "/></security>`))
	assert.Equal(t, plain, text("wsHttpBinding", `<security><transport clientCredentialType="Certificate"/></security>`), "transport does not matter")
	for _, other := range []string{
		`<security mode="TransportWithMessageCredential"/>`, `<security><message clientCredentialType="UserName"/></security>`,
		`<security><message algorithmSuite="Basic128"/></security>`, `<security><message establishSecurityContext="false"/></security>`,
		`<security><message negotiateServiceCredential="false"/></security>`,
	} {
		assert.NotEqual(t, plain, text("wsHttpBinding", other), other)
	}
	assert.NotEqual(t, plain, text("ws2007HttpBinding", ""), "other versions of the protocols")
	custom := text("customBinding", `<security authenticationMode="MutualCertificate"/><httpTransport/>`)
	assert.Equal(t, custom, text("customBinding",
		`<security authenticationMode="MutualCertificate" defaultAlgorithmSuite="Default"><localClientSettings detectReplays="false"/></security><httpTransport/>`))
	assert.NotEqual(t, custom, text("customBinding", `<security authenticationMode="MutualCertificate" requireDerivedKeys="false"/><httpTransport/>`))
	assert.NotEqual(t, custom, text("customBinding",
		`<security authenticationMode="MutualCertificate"><issuedTokenParameters keySize="128"/></security><httpTransport/>`))
	assert.NotEqual(t,
		text("customBinding", `<security><issuedTokenParameters keySize="256"/></security><httpTransport/>`),
		text("customBinding", `<security><issuedTokenParameters keySize="128"/></security><httpTransport/>`))
}

func TestSecurity_PassThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, inside string }{
		{"wsHttpBinding", ``},
		{"wsHttpBinding", `<security><message clientCredentialType="UserName"/></security>`},
		{"basicHttpBinding", `<security mode="TransportWithMessageCredential"/>`},
		{"customBinding", `<security authenticationMode="MutualCertificate"><localServiceSettings detectReplays="false"/></security><httpTransport/>`},
	} {
		t.Run(c.kind+c.inside, func(t *testing.T) {
			t.Parallel()
			f, b := one(t, c.kind, "", c.inside)
			endpoint(f.Client[0])
			require.Error(t, f.Err(), "refused as it is")
			require.True(t, b.Security.Passable())
			b.Security.PassThrough()
			require.NoError(t, f.Err())
			found := false
			for _, x := range f.Findings() {
				found = found || x.Effect == configs.PassedThrough
				assert.NotEqual(t, configs.Unconsumed, x.Effect, x.Text)
			}
			assert.True(t, found, "and said to pass through")
		})
	}
	t.Run("nothing to pass", func(t *testing.T) {
		t.Parallel()
		f, b := one(t, "basicHttpBinding", "", `<security mode="Transport"><transport clientCredentialType="Windows"/></security>`)
		binding(b)
		assert.False(t, b.Security.Passable())
		b.Security.PassThrough()
		require.Error(t, f.Err(), "credentials of the transport do not pass")
	})
	t.Run("no element", func(t *testing.T) {
		t.Parallel()
		var s *configs.Security
		s.PassThrough()
		assert.False(t, s.Passable())
		var b *configs.Binding
		assert.Equal(t, configs.ProtectNone, b.Protection())
	})
}
