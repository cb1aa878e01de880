package assemble_test

import (
	"errors"
	"fmt"
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

// fixed gives the names of the parts an address.
var fixed = strings.NewReplacer("@front@", "127.0.0.1:8000", "@back@", "127.0.0.1:8101")

// TestBuild_refuses: whatever stops a start names its place and what to do.
func TestBuild_refuses(t *testing.T) {
	t.Parallel()
	const in11 = `<endpoint name="in" address="http://@front@/router" ` + basic + " " + twoWay + `/>`
	const in12 = `<endpoint name="new" address="http://@front@/ws" ` + ws + " " + twoWay + `/>`
	const back12 = `<endpoint name="back12" address="http://@back@/orders12" ` + ws + ` contract="*"/>`
	const back11 = `<endpoint name="back" address="http://@back@/orders" ` + basic + ` contract="*"/>`
	const unbridged = "endpoints: [{name: back12, mode: forward-signed}]"
	for _, c := range []struct {
		name string
		p    parts
		want []string // lines of the error, each by its beginning or a part; none: it builds
	}{
		{name: "nothing wrong"},
		{
			name: "nothing stands for a service",
			p:    parts{services: `<service name="Contoso.Orders"><endpoint address="http://@front@/o" ` + basic + ` contract="C"/></service>`},
			want: []string{`web.config:6:22: nothing stands for service "Contoso.Orders"; add to viaduct.yaml:`, "services:", "- name: Contoso.Orders", "forward: NAME-OF-A-CLIENT-ENDPOINT"},
		},
		{
			name: "another version", p: parts{bindings: wsNone, client: back12, table: `<add filterName="all" endpointName="back12"/>`, settings: unbridged},
			want: []string{
				`web.config:19:4: filter "all" sends messages of endpoint "in" (web.config:5:4, Soap11) to endpoint "back12" (web.config:14:3, Soap12WSAddressing10): routing: the message versions`,
				"mode forward-signed changes nothing of a message; give both sides one version, or keep them apart with an EndpointName filter",
			},
		},
		{
			name: "another version in a backup list", p: parts{
				bindings: wsNone, client: back11 + back12,
				table: `<add filterName="all" endpointName="back" backupList="b"/>`, backups: `<backupList name="b"><add endpointName="back12"/></backupList>`,
				settings: unbridged,
			},
			want: []string{`to endpoint "back12"`},
		},
		{
			name: "mixed fronts that an EndpointName filter keeps apart", p: parts{
				bindings: wsNone, endpoints: in11 + in12, client: back11 + back12,
				filters: `<filter name="old" filterType="EndpointName" filterData="in"/><filter name="new" filterType="EndpointName" filterData="new"/>
					<filter name="a" filterType="Action" filterData="urn:a"/><filter name="old a" filterType="And" filter1="a" filter2="old"/>
					<filter name="never" filterType="And" filter1="old" filter2="new"/>`,
				table: `<add filterName="old" endpointName="back"/><add filterName="new" endpointName="back12"/>
					<add filterName="old a" endpointName="back" priority="1"/><add filterName="never" endpointName="back" priority="2"/>`,
			},
		},
		{
			name: "mixed fronts and a fallback that the other never reaches", p: parts{
				bindings: wsNone, endpoints: in11 + in12, client: back11 + back12,
				filters: `<filter name="all" filterType="MatchAll"/><filter name="new" filterType="EndpointName" filterData="new"/>`,
				table:   `<add filterName="all" endpointName="back"/><add filterName="new" endpointName="back12" priority="1"/>`,
			},
		},
		{
			name: "mixed fronts that nothing keeps apart", p: parts{
				bindings: wsNone, endpoints: in11 + in12, client: back11 + back12,
				filters:  `<filter name="all" filterType="MatchAll"/><filter name="new" filterType="EndpointName" filterData="new"/>`,
				table:    `<add filterName="all" endpointName="back" priority="1"/><add filterName="new" endpointName="back12" priority="1"/>`,
				settings: "endpoints: [{name: back, mode: forward-signed}]",
			},
			want: []string{`filter "all" sends messages of endpoint "new" (`},
		},
		{
			name: "two routes of one priority", p: parts{filters: `<filter name="all" filterType="MatchAll"/><filter name="too" filterType="MatchAll"/>`, table: `<add filterName="all" endpointName="back"/>
				<add filterName="too" endpointName="back"/>`},
			want: []string{`web.config:20:5: filter "too" and filter "all" (web.config:19:4) both match at priority 0. Give one a higher priority`},
		},
		{
			name: "two routes of one priority, one-way", p: parts{
				endpoints: `<endpoint name="in" address="http://@front@/router" ` + basic + " " + oneWay + `/>`,
				filters:   `<filter name="all" filterType="MatchAll"/><filter name="too" filterType="MatchAll"/>`, table: `<add filterName="all" endpointName="back"/><add filterName="too" endpointName="back"/>`,
			},
		},
		{
			name: "two bindings at one address", p: parts{bindings: wsNone, endpoints: in11 + `<endpoint name="new" address="http://@front@/ROUTER/" ` + ws + " " + twoWay + `/>`},
			want: []string{`endpoint "new" and endpoint "in" (web.config:5:4) listen at`, "with different bindings; give them one binding configuration"},
		},
		{
			name: "two services at one address", p: parts{
				services: `<service name="Echo"><endpoint name="e" address="http://@front@/router" ` + basic + ` contract="C"/></service>`,
				settings: "services: [{name: Echo, builtin: echo}]",
			},
			want: []string{`web.config:6:34: endpoint "e" listens at http://127.0.0.1:8000/router, and so does endpoint "in" (web.config:5:4) of another service; give one of them another address`},
		},
		{
			name: "one endpoint twice", p: parts{endpoints: in11 + strings.Replace(strings.Replace(in11, `"in"`, `"again"`, 1), "IRequestReplyRouter", "ISimplexDatagramRouter", 1)},
			want: []string{`endpoint "again" takes action "*", and so does endpoint "in" (web.config:5:4) at the same address`},
		},
		{
			name: "https without a certificate", p: parts{
				endpoints: strings.Replace(frontB, "http:", "https:", 1), bindings: `<basicHttpBinding><binding name="b"><security mode="Transport"/></binding></basicHttpBinding>`,
			},
			want: []string{`web.config:5:24: endpoint "in" listens at https://127.0.0.1:8000/router and needs a certificate; add to viaduct.yaml:`, "tls: {certificate: FILE.pem, key: FILE.pem}"},
		},
		{
			name: "http where the settings have https", p: parts{
				endpoints: in11 + strings.Replace(strings.Replace(frontB, "http:", "https:", 1), `"in"`, `"secure"`, 1),
				bindings:  `<basicHttpBinding><binding name="b"><security mode="Transport"/></binding></basicHttpBinding>`,
				settings:  `sockets: [{address: "127.0.0.1:8000", scheme: https, tls: {certificate: nofile.pem, key: nofile.pem}}]`,
			},
			want: []string{`endpoint "secure" needs https at 127.0.0.1:8000, where 127.0.0.1:8000 (web.config:5:4) speaks http; give one of them another port`},
		},
		{
			name: "a scheme that the binding does not have", p: parts{client: strings.Replace(back11, "http:", "https:", 1)},
			want: []string{`client endpoint "back": basicHttpBinding needs a http address, not https://`},
		},
		{
			name: "clientVia without addressing", p: parts{
				client:            strings.Replace(back11, "<endpoint", `<endpoint behaviorConfiguration="v"`, 1),
				endpointBehaviors: `<behavior name="v"><clientVia viaUri="http://other/"/></behavior>`,
			},
			want: []string{`client endpoint "back": basicHttpBinding has no WS-Addressing, so that the address cannot travel in the message; remove clientVia`},
		},
		{
			name: "a session over HTTP", p: parts{endpoints: strings.Replace(in11, "IRequestReplyRouter", "IDuplexSessionRouter", 1)},
			want: []string{"web.config:5:"},
		},
		{
			name: "settings that name nothing", p: parts{settings: "services:\n  - {name: Echo, builtin: echo}\nendpoints:\n  - {name: front}\n"},
			want: []string{
				`viaduct.yaml:2:12: no service "Echo" in web.config; it has System.ServiceModel.Routing.RoutingService`,
				`viaduct.yaml:4:12: no endpoint "front" in web.config; it has back, in`,
			},
		},
		{
			name: "settings at the wrong end", p: parts{settings: "endpoints:\n  - {name: in, mode: forward-signed, repeatable: [urn:a], tls: {}, proxy: \"http://p:1\"}\n  - {name: back, accept: after-delivery}\n"},
			want: []string{
				`mode belongs to a client endpoint, and "in" is a service endpoint`, "repeatable belongs", "tls belongs", "proxy belongs",
				`viaduct.yaml:3:26: accept belongs to a service endpoint, and "back" is a client endpoint`,
			},
		},
		{
			name: "fields that do not pass", p: parts{settings: "endpoints: [{name: back, http: {pass: [X-Mine, Transfer_Encoding, x-forwarded-for]}}]"},
			want: []string{"Transfer_Encoding cannot be passed on", "x-forwarded-for cannot be passed on"},
		},
		{
			name: "forward to nowhere", p: parts{
				services: `<service name="S"><endpoint name="s" address="http://@front@/s" ` + basic + ` contract="C"/></service>`,
				settings: "services: [{name: S, forward: nowhere}]",
			},
			want: []string{`no client endpoint "nowhere" in web.config; it has back. Name one of system.serviceModel/client, or a URL`},
		},
		{
			name: "forward to another version", p: parts{
				bindings: wsNone, services: `<service name="S"><endpoint name="s" address="http://@front@/s" ` + ws + ` contract="C"/></service>`,
				settings: "services: [{name: S, forward: back}]\nendpoints: [{name: back, mode: forward-signed}]",
			},
			want: []string{`endpoint "s" (web.config:6:31) takes Soap12WSAddressing10 and endpoint "back" (web.config:14:3) takes Soap11: routing: the message versions`},
		},
		{
			name: "roots that are none", p: parts{
				bindings: `<basicHttpBinding><binding name="b"><security mode="Transport"/></binding></basicHttpBinding>`,
				client:   strings.Replace(backB, "http:", "https:", 1), settings: "clients: {tls: {roots: refuse_test.go}}",
			},
			want: []string{"viaduct.yaml:1:24: refuse_test.go: no certificate in PEM form in this file"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := try(c.p)
			if len(c.want) == 0 {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			for _, want := range c.want {
				assert.Contains(t, err.Error(), want)
			}
			lines := strings.Split(err.Error(), "\n")
			assert.Regexp(t, `^(web\.config|viaduct\.yaml):\d+:\d+: `, lines[0])
		})
	}
}

func try(p parts) error {
	f, err := configs.Parse("web.config", []byte(fixed.Replace(p.config())))
	if err != nil {
		return err
	}
	s, err := settings.Parse("viaduct.yaml", []byte(fixed.Replace(p.settings)), settings.Overrides{})
	if err != nil {
		return err
	}
	_, err = assemble.Build(f, s, assemble.Options{})
	return err
}

// TestBuild_allAtOnce: everything that is wrong is said, once, in the order of
// the files.
func TestBuild_allAtOnce(t *testing.T) {
	t.Parallel()
	err := try(parts{
		settings: "endpoints: [{name: nobody}]",
		services: `<service name="One"><endpoint address="http://@front@/1" ` + basic + ` contract="C"/></service>
			<service name="Two"><endpoint address="http://@front@/2" ` + basic + ` contract="C"/></service>`,
		client: `<endpoint name="a" address="https://a/" ` + basic + ` contract="*"/><endpoint name="b" address="https://b/" ` + basic + ` contract="*"/>`,
		table:  `<add filterName="all" endpointName="a" backupList="l"/><add filterName="all" endpointName="b"/>`, backups: `<backupList name="l"><add endpointName="b"/></backupList>`,
	})
	var all assemble.Errors
	require.ErrorAs(t, err, &all)
	var begin []string
	for _, e := range all {
		begin = append(begin, strings.SplitN(e.Error(), ": ", 2)[0])
	}
	assert.Equal(t, []string{"viaduct.yaml:1:20", "web.config:6:22", "web.config:7:13", "web.config:15:22", "web.config:15:103"}, begin, "%v", err)
	var one *configs.Error
	require.ErrorAs(t, err, &one)
	var other *settings.Error
	require.ErrorAs(t, err, &other)
}

func TestJoin(t *testing.T) {
	t.Parallel()
	require.NoError(t, assemble.Join(nil, errors.Join()))
	err := assemble.Join(errors.New("b.config:2:1: late"), errors.Join(errors.New("a.config:10:1: early"), errors.New("whole"), errors.New("b.config:2:1: late")))
	assert.EqualError(t, err, "whole\na.config:10:1: early\nb.config:2:1: late")
}

// corpus holds public WCF samples; it is no part of the project.
const corpus = "../../../shared/data/configs"

// TestBuild_corpus: no file of the wild makes the builder panic or complain
// without a place.
func TestBuild_corpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpus, "*"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("the corpus %s is not here", corpus)
	}
	built := 0
	for _, name := range files {
		f, err := configs.LoadFile(name)
		if err != nil {
			continue // package configs is tested with them
		}
		var yaml strings.Builder
		for i, svc := range f.Services {
			if i == 0 {
				yaml.WriteString("services:\n")
			}
			if svc.Name.Peek() != configs.RoutingService {
				fmt.Fprintf(&yaml, "  - {name: %q, builtin: echo}\n", svc.Name.Peek())
			}
		}
		s, err := settings.Parse("viaduct.yaml", []byte(yaml.String()), settings.Overrides{})
		if !assert.NoError(t, err, name) {
			continue
		}
		_, err = assemble.Build(f, s, assemble.Options{})
		if err == nil {
			built++
			continue
		}
		var all assemble.Errors
		if !assert.ErrorAs(t, err, &all, name) {
			continue
		}
		for _, e := range all {
			assert.True(t, strings.HasPrefix(e.Error(), name), "%s: %v", name, e)
		}
	}
	assert.NotZero(t, built)
	t.Logf("%d of %d files build with an echo for each service", built, len(files))
}

// TestBuild_samples: the samples of package configs are served.
func TestBuild_samples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../configs/samples/*.config")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			f, err := configs.LoadFile(name)
			require.NoError(t, err)
			set := strings.TrimSuffix(name, ".config") + ".yaml"
			if _, err := os.Stat(set); err != nil {
				set = ""
			}
			s, err := settings.Load(set, settings.Overrides{})
			require.NoError(t, err)
			p, err := assemble.Build(f, s, assemble.Options{})
			require.NoError(t, err)
			for _, n := range p.Notices() {
				assert.Contains(t, n.Text, `service "Contoso.Legacy"`, "the settings say that it is unused")
			}
			assert.NotEmpty(t, p.Addresses())
		})
	}
}
