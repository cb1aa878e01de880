package configs_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/source"
)

func TestBinding_ClientCertificate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, content string
		want          bool
	}{
		{"basicHttpBinding", `<security mode="Transport"><transport clientCredentialType="Certificate"/></security>`, true},
		{"basicHttpBinding", `<security mode="Transport"/>`, false},
		{"basicHttpBinding", `<security mode="None"><transport clientCredentialType="Certificate"/></security>`, false},
		{"basicHttpBinding", `<security mode="TransportWithMessageCredential"><transport clientCredentialType="Certificate"/></security>`, false},
		{"wsHttpBinding", `<security mode="Transport"><transport clientCredentialType="Certificate"/></security>`, true},
		{"customBinding", `<textMessageEncoding/><httpsTransport requireClientCertificate="true"/>`, true},
		{"customBinding", `<textMessageEncoding/><httpsTransport/>`, false},
	} {
		f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel><bindings><`+c.kind+`><binding name="b">`+c.content+
			`</binding></`+c.kind+`></bindings></system.serviceModel></configuration>`))
		require.NoError(t, err)
		assert.Equal(t, c.want, f.Bindings[0].ClientCertificate(), "%s %s", c.kind, c.content)
	}
	assert.False(t, (*configs.Binding)(nil).ClientCertificate())
}

// TestCertificateReference_Settle: what the settings stand for is mapped, and
// says where they do.
func TestCertificateReference_Settle(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<client><endpoint name="d" address="https://d/" binding="basicHttpsBinding" contract="*">
<identity><certificateReference findValue="x" storeName="Root"/></identity></endpoint></client>
</system.serviceModel></configuration>`))
	require.NoError(t, err)
	(*configs.CertificateReference)(nil).Settle(source.Pos{})
	f.Client[0].Identity.Reference.Settle(source.Pos{File: "v.yaml", Line: 3, Column: 5})
	found := f.Findings()
	for _, name := range []string{"findValue", "storeName"} {
		i := slices.IndexFunc(found, func(x configs.Finding) bool {
			return x.Path == "client/endpoint[d]/identity/certificateReference/@"+name
		})
		require.GreaterOrEqual(t, i, 0, name)
		assert.Equal(t, configs.Mapped, found[i].Effect)
		assert.Contains(t, found[i].Text, "the settings stand for it (v.yaml:3:5)")
	}
}
