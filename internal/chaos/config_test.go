package chaos

import (
	"fmt"
	"strings"
	"testing"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// destination is a client endpoint behind a filter for the action urn:chaos:NAME.
type destination struct {
	name     string
	url      string
	streamed bool
	backups  []string // names of other destinations
}

func action(name string) string { return "urn:chaos:" + name }

const configHead = `<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <system.serviceModel>
    <services>
      <service name="System.ServiceModel.Routing.RoutingService" behaviorConfiguration="router">
        <host><baseAddresses><add baseAddress="http://@front@/"/><add baseAddress="https://@secure@/"/></baseAddresses></host>
        <endpoint address="ask" binding="basicHttpBinding" bindingConfiguration="plain" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="ask"/>
        <endpoint address="tell" binding="basicHttpBinding" bindingConfiguration="plain" contract="System.ServiceModel.Routing.ISimplexDatagramRouter" name="tell"/>
        <endpoint address="ask" binding="basicHttpBinding" bindingConfiguration="secure" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="askSecure"/>
        <endpoint address="tell" binding="basicHttpBinding" bindingConfiguration="secure" contract="System.ServiceModel.Routing.ISimplexDatagramRouter" name="tellSecure"/>
        <endpoint address="stream" binding="basicHttpBinding" bindingConfiguration="streamed" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="stream"/>
      </service>
    </services>
    <behaviors>
      <serviceBehaviors>
        <behavior name="router">
          <routing filterTableName="table" routeOnHeadersOnly="true"/>
          <serviceThrottling maxConcurrentCalls="256" maxConcurrentSessions="256" maxConcurrentInstances="256"/>
        </behavior>
      </serviceBehaviors>
    </behaviors>
    <bindings>
      <basicHttpBinding>
        <binding name="plain" maxReceivedMessageSize="2000000" sendTimeout="00:00:10"/>
        <binding name="hasty" maxReceivedMessageSize="2000000" sendTimeout="00:00:01"/>
        <binding name="secure" maxReceivedMessageSize="2000000" sendTimeout="00:00:10"><security mode="Transport"/></binding>
        <binding name="streamed" maxReceivedMessageSize="2000000" sendTimeout="00:00:10" transferMode="Streamed"/>
      </basicHttpBinding>
    </bindings>
    <client>
`

// config writes a router with one filter for each destination.
func config(destinations []destination) string {
	var w, filters, table, lists strings.Builder
	w.WriteString(configHead)
	for _, d := range destinations {
		binding := "plain"
		switch {
		case strings.HasPrefix(d.url, "https:"):
			binding = "secure"
		case d.streamed:
			binding = "streamed"
		case d.name == "silent":
			binding = "hasty"
		}
		fmt.Fprintf(&w, "      <endpoint name=%q address=%q binding=\"basicHttpBinding\" bindingConfiguration=%q contract=\"*\"/>\n", d.name, d.url, binding)
		fmt.Fprintf(&filters, "        <filter name=%q filterType=\"Action\" filterData=%q/>\n", d.name, action(d.name))
		backup := ""
		if len(d.backups) > 0 {
			backup = fmt.Sprintf(" backupList=%q", d.name)
			fmt.Fprintf(&lists, "        <backupList name=%q>\n", d.name)
			for _, b := range d.backups {
				fmt.Fprintf(&lists, "          <add endpointName=%q/>\n", b)
			}
			lists.WriteString("        </backupList>\n")
		}
		fmt.Fprintf(&table, "          <add filterName=%q endpointName=%q%s/>\n", d.name, d.name, backup)
	}
	fmt.Fprintf(&w, "    </client>\n    <routing>\n      <filters>\n%s      </filters>\n      <filterTables>\n        <filterTable name=\"table\">\n%s        </filterTable>\n      </filterTables>\n", filters.String(), table.String())
	if lists.Len() > 0 {
		fmt.Fprintf(&w, "      <backupLists>\n%s      </backupLists>\n", lists.String())
	}
	w.WriteString("    </routing>\n  </system.serviceModel>\n</configuration>\n")
	return w.String()
}

const settings = `admin:
  address: "@admin@"
sockets:
  - address: "@secure@"
    scheme: https
    tls:
      certificate: %[1]q
      key: %[2]q
clients:
  tls:
    roots: %[1]q
`

// start runs Viaduct in front of the destinations. The certificate is its own
// and the only one that it trusts.
func start(t *testing.T, destinations []destination, certificate *testbed.Certificate) *testbed.Program {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and starts the program: not with -short")
	}
	file, key := certificate.Files(t)
	return testbed.Start(t, config(destinations), fmt.Sprintf(settings, file, key))
}

// request builds a SOAP 1.1 request for a destination.
func request(p *testbed.Program, path, name, id string, size int, chunked bool) []byte {
	m := testbed.Message{Action: action(name), ID: id, Size: size}
	return m.Request(p.Addr("front"), path, chunked)
}
