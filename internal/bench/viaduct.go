package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// viaductConfig is what a RoutingService in front of one back end looks like.
// %[1]s is Viaduct's address, %[2]s the back end's, %[3]s the routing section.
const viaductConfig = `<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <system.serviceModel>
    <services>
      <service name="System.ServiceModel.Routing.RoutingService" behaviorConfiguration="router">
        <host><baseAddresses><add baseAddress="http://%[1]s/"/></baseAddresses></host>
        <endpoint address="bench" binding="wsHttpBinding" bindingConfiguration="plain" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="bench"/>
        <endpoint address="stream" binding="customBinding" bindingConfiguration="streamed" contract="System.ServiceModel.Routing.IRequestReplyRouter" name="stream"/>
      </service>
    </services>
    <behaviors>
      <serviceBehaviors>
        <behavior name="router">
          <routing filterTableName="table" routeOnHeadersOnly="false"/>
          <serviceThrottling maxConcurrentCalls="1024" maxConcurrentSessions="1024" maxConcurrentInstances="1024"/>
        </behavior>
      </serviceBehaviors>
    </behaviors>
    <bindings>
      <wsHttpBinding>
        <binding name="plain" maxReceivedMessageSize="10000000" sendTimeout="00:01:00" receiveTimeout="00:10:00"><security mode="None"/></binding>
      </wsHttpBinding>
      <customBinding>
        <binding name="streamed" sendTimeout="00:10:00" receiveTimeout="00:10:00">
          <textMessageEncoding messageVersion="Soap12WSAddressing10"/>
          <httpTransport transferMode="Streamed" maxReceivedMessageSize="4294967296" maxBufferSize="65536"/>
        </binding>
      </customBinding>
    </bindings>
    <client>
      <endpoint name="answer" address="http://%[2]s` + pathAnswer + `" binding="wsHttpBinding" bindingConfiguration="plain" contract="*"/>
      <endpoint name="stream" address="http://%[2]s` + pathStream + `" binding="customBinding" bindingConfiguration="streamed" contract="*"/>
    </client>
    <routing>
%[3]s
    </routing>
  </system.serviceModel>
</configuration>
`

// viaductSettings: the access log goes to standard error, which is a file.
const viaductSettings = `admin:
  address: %[1]s
`

// headerTable has one Action filter for each action; the load uses the last.
func headerTable(to string) string {
	var filters, table strings.Builder
	for i := 1; i <= actions; i++ {
		fmt.Fprintf(&filters, "        <filter name=\"f%d\" filterType=\"Action\" filterData=\"%s%d\"/>\n", i, actionPrefix, i)
		fmt.Fprintf(&table, "          <add filterName=\"f%d\" endpointName=\"%s\"/>\n", i, to)
	}
	return routingSection(filters.String(), table.String())
}

// matchAllTable has one filter that reads nothing.
func matchAllTable(to string) string {
	return routingSection("        <filter name=\"all\" filterType=\"MatchAll\"/>\n", "          <add filterName=\"all\" endpointName=\""+to+"\"/>\n")
}

// bodyTable has as many filters that read the body; the load matches the last,
// and all of it has to be looked at for the others.
func bodyTable(to string) string {
	var filters, table strings.Builder
	for i := 1; i <= actions; i++ {
		expression := fmt.Sprintf("sm:body()//m:none%d", i)
		if i == actions {
			expression = "starts-with(sm:body()/*/m:id, '" + idMark + "')"
		}
		fmt.Fprintf(&filters, "        <filter name=\"f%d\" filterType=\"XPath\" filterData=\"%s\"/>\n", i, expression)
		fmt.Fprintf(&table, "          <add filterName=\"f%d\" endpointName=\"%s\"/>\n", i, to)
	}
	return "      <namespaceTable><add prefix=\"m\" namespace=\"" + testbed.NamespaceTestbed + "\"/></namespaceTable>\n" + routingSection(filters.String(), table.String())
}

func routingSection(filters, table string) string {
	return "      <filters>\n" + filters + "      </filters>\n      <filterTables>\n        <filterTable name=\"table\">\n" +
		table + "        </filterTable>\n      </filterTables>"
}

// viaductStarter returns the start of Viaduct in front of the client endpoint "answer".
func viaductStarter(table func(to string) string) func(context.Context, *bench, string) (*process, error) {
	return func(ctx context.Context, b *bench, addr string) (*process, error) {
		return b.startViaduct(ctx, addr, table("answer"))
	}
}

// startViaduct builds the program, once, and serves a configuration.
func (b *bench) startViaduct(ctx context.Context, addr, section string) (*process, error) {
	if b.viaduct == "" {
		path := filepath.Join(b.dir, "viaduct")
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "./cmd/viaduct")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build ./cmd/viaduct (the working directory must be the module's): %w\n%s", err, out)
		}
		b.viaduct = path
	}
	admin, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	b.instances++
	name := fmt.Sprintf("viaduct-%d", b.instances)
	web, settings := filepath.Join(b.dir, name+".config"), filepath.Join(b.dir, name+".yaml")
	if err := os.WriteFile(web, fmt.Appendf(nil, viaductConfig, addr, b.backend, section), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(settings, fmt.Appendf(nil, viaductSettings, admin), 0o600); err != nil {
		return nil, err
	}
	return start(ctx, b.dir, name, b.viaduct, "serve", web, "--settings", settings)
}
