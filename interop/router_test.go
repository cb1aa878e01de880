//go:build interop

package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// route is one endpoint of a router and where it leads.
type route struct {
	Name    string  // of the endpoint, and its path
	Version version // of the endpoint
	Back    version // of the targets; zero: the same
	OneWay  bool    // ISimplexDatagramRouter
	Targets []string
	Mode    string // of the targets; "" = not set
}

// TargetVersion returns the version of the targets.
func (r route) TargetVersion() version {
	if r.Back.name == "" {
		return r.Version
	}
	return r.Back
}

// config is a web.config as a WCF service has it: an EndpointName filter leads
// from each endpoint to its first target, the others are its backup list.
var config = template.Must(template.New("web.config").Funcs(template.FuncMap{"binding": bindingAttributes}).Parse(`<?xml version="1.0"?>
<configuration>
  <system.serviceModel>
    <services>
      <service name="System.ServiceModel.Routing.RoutingService" behaviorConfiguration="router">
        <host>
          <baseAddresses>
            <add baseAddress="http://@front@/" />
          </baseAddresses>
        </host>{{range .}}
        <endpoint name="{{.Name}}" address="{{.Name}}" {{binding .Version}}
                  contract="System.ServiceModel.Routing.{{if .OneWay}}ISimplexDatagramRouter{{else}}IRequestReplyRouter{{end}}" />{{end}}
      </service>
    </services>
    <client>{{range $r := .}}{{range $i, $url := .Targets}}
      <endpoint name="to-{{$r.Name}}-{{$i}}" address="{{$url}}" {{binding $r.TargetVersion}} contract="*" />{{end}}{{end}}
    </client>
    <bindings>
      <basicHttpBinding>
        <binding name="basic" maxReceivedMessageSize="8388608" maxBufferSize="8388608" />
      </basicHttpBinding>
      <wsHttpBinding>
        <binding name="ws" maxReceivedMessageSize="8388608">
          <security mode="None" />
        </binding>
      </wsHttpBinding>
      <customBinding>
        <binding name="soap12">
          <textMessageEncoding messageVersion="Soap12" />
          <httpTransport maxReceivedMessageSize="8388608" maxBufferSize="8388608" />
        </binding>
        <binding name="addr11">
          <textMessageEncoding messageVersion="Soap11WSAddressing10" />
          <httpTransport maxReceivedMessageSize="8388608" maxBufferSize="8388608" />
        </binding>
        <binding name="aug11">
          <textMessageEncoding messageVersion="Soap11WSAddressingAugust2004" />
          <httpTransport maxReceivedMessageSize="8388608" maxBufferSize="8388608" />
        </binding>
        <binding name="aug12">
          <textMessageEncoding messageVersion="Soap12WSAddressingAugust2004" />
          <httpTransport maxReceivedMessageSize="8388608" maxBufferSize="8388608" />
        </binding>
      </customBinding>
    </bindings>
    <routing>
      <filters>{{range .}}
        <filter name="at-{{.Name}}" filterType="EndpointName" filterData="{{.Name}}" />{{end}}
      </filters>
      <filterTables>
        <filterTable name="table">{{range .}}
          <add filterName="at-{{.Name}}" endpointName="to-{{.Name}}-0"{{if gt (len .Targets) 1}} backupList="behind-{{.Name}}"{{end}} />{{end}}
        </filterTable>
      </filterTables>
      <backupLists>{{range $r := .}}{{if gt (len .Targets) 1}}
        <backupList name="behind-{{.Name}}">{{range $i, $url := .Targets}}{{if $i}}
          <add endpointName="to-{{$r.Name}}-{{$i}}" />{{end}}{{end}}
        </backupList>{{end}}{{end}}
      </backupLists>
    </routing>
    <behaviors>
      <serviceBehaviors>
        <behavior name="router">
          <routing filterTableName="table" />
        </behavior>
      </serviceBehaviors>
    </behaviors>
  </system.serviceModel>
</configuration>
`))

func bindingAttributes(v version) string {
	kind := map[string]string{"basic": "basicHttpBinding", "ws": "wsHttpBinding"}[v.name]
	if kind == "" {
		kind = "customBinding"
	}
	return `binding="` + kind + `" bindingConfiguration="` + v.name + `"`
}

// router is a running viaduct.
type router struct{ *testbed.Program }

// url returns the address of an endpoint.
func (r router) url(name string) string { return "http://" + r.Addr("front") + "/" + name }

// startRouter writes the files for these routes and serves them.
func startRouter(t *testing.T, routes ...route) router {
	t.Helper()
	var web strings.Builder
	require.NoError(t, config.Execute(&web, routes))
	var settings strings.Builder
	settings.WriteString("admin:\n  address: \"@admin@\"\n")
	if slices.ContainsFunc(routes, func(r route) bool { return r.Mode != "" }) {
		settings.WriteString("endpoints:\n")
	}
	for _, r := range routes {
		for i := range r.Targets {
			if r.Mode != "" {
				fmt.Fprintf(&settings, "  - name: to-%s-%d\n    mode: %s\n", r.Name, i, r.Mode)
			}
		}
	}
	return router{testbed.Start(t, web.String(), settings.String())}
}
