package assemble_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

const hostFile = `<configuration><system.applicationHost><sites>
 <site name="Shop" id="2">
  <application path="/"><virtualDirectory path="/" physicalPath="C:\inetpub\shop"/></application>
  <application path="/orders" enabledProtocols="http"><virtualDirectory path="/" physicalPath="C:\inetpub\shop\orders"/></application>
  <bindings>
   <binding protocol="http" bindingInformation="*:18080:shop.example"/>
   <binding protocol="net.tcp" bindingInformation="808:*"/>
  </bindings>
 </site>
</sites></system.applicationHost></configuration>`

const hostedFile = `<configuration><system.serviceModel>
 <services><service name="Contoso.Orders"><endpoint address="" binding="basicHttpBinding" contract="Contoso.IOrders"/></service></services>
 <serviceHostingEnvironment><serviceActivations><add relativeAddress="o.svc" service="Contoso.Orders"/></serviceActivations></serviceHostingEnvironment>
</system.serviceModel></configuration>`

// TestLoadOptions_applicationHost: the site may stand in the configuration of
// IIS itself.
func TestLoadOptions_applicationHost(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ hosting, address, err string }{
		"site":        {"site: shop", "http://shop.example:18080/o.svc", ""},
		"application": {"site: Shop, application: /orders", "http://shop.example:18080/orders/o.svc", ""},
		"no site":     {"site: Store", "", `hosting.site|viaduct.yaml:1:`},
		"no such":     {"site: Shop, application: /returns", "", `site "Shop" has no application /returns`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			web, host := filepath.Join(dir, "web.config"), filepath.Join(dir, "applicationHost.config")
			require.NoError(t, os.WriteFile(web, []byte(hostedFile), 0o600))
			require.NoError(t, os.WriteFile(host, []byte(hostFile), 0o600))
			s, err := settings.Parse("viaduct.yaml", []byte("hosting: {applicationHost: '"+host+"', "+x.hosting+"}\nservices: [{name: Contoso.Orders, builtin: echo}]"), settings.Overrides{})
			require.NoError(t, err)
			o, err := assemble.LoadOptions(s, configs.LoadOptions{})
			if x.err != "" {
				_, text, _ := strings.Cut("|"+x.err, "|")
				require.Error(t, err)
				assert.Contains(t, err.Error(), text[strings.LastIndexByte(text, '|')+1:])
				return
			}
			require.NoError(t, err)
			f, err := configs.LoadFileWith(web, o)
			require.NoError(t, err)
			r := assemble.Check(f, s, nil, assemble.Options{NoAdmin: true})
			require.True(t, r.OK(), "%+v", r.Findings)
			assert.Equal(t, x.address, r.Services[0].Endpoints[0].Address)
		})
	}
}
