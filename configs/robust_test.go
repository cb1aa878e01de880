package configs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/iis"
)

// Files that the names of configuration files sweep up are named for what they
// are.
func TestParse_strangers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, code, want string }{
		{"packages.config", `<packages><package id="x"/></packages>`, "Config_file_doesnt_have_root_configuration", "this is a list of NuGet packages (packages.config), not a configuration of a service"},
		{"project", `<Project Sdk="x"/>`, "Config_file_doesnt_have_root_configuration", "this is a project of MSBuild"},
		{"cluster", `<ClusterManifest xmlns="http://schemas.microsoft.com/2011/01/fabric"/>`, "Config_file_doesnt_have_root_configuration", "Service Fabric"},
		{"wsdl", `<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"/>`, "Config_file_doesnt_have_root_configuration", "this is a WSDL file"},
		{"part", `<bindings/>`, "Config_file_doesnt_have_root_configuration", "this is a part of a configuration, which another file names in configSource"},
		{"case", `<Configuration/>`, "Config_file_doesnt_have_root_configuration", "names are case-sensitive"},
		{"NuGet.config", `<configuration><packageSources/></configuration>`, "not-a-service-configuration", "this is a configuration of NuGet"},
		{"applicationHost.config", `<configuration><system.applicationHost/></configuration>`, "not-a-service-configuration", "the configuration of IIS"},
		{"transform", `<configuration xmlns:t="http://schemas.microsoft.com/XML-Document-Transform"/>`, "transform-file", "apply it to its web.config first"},
		{"prefix", `<c:configuration xmlns:c="urn:x"/>`, "Config_file_doesnt_have_root_configuration", "the root element is c:configuration"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := configs.Parse("w", []byte(tt.in))
			require.ErrorContains(t, err, tt.want)
			var e *configs.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.code, e.Code)
			require.NotNil(t, f, "a report is possible all the same")
			assert.NotPanics(t, func() { f.Findings(); f.Effective() })
		})
	}
	f, err := configs.Parse("w", []byte(`<configuration><appSettings/></configuration>`))
	require.NoError(t, err)
	require.Len(t, f.Findings(), 1)
	assert.Equal(t, "no-service-model", f.Findings()[0].Code)
}

// One error does not hide another, and the file is there for a report.
func TestParse_everyError(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(`<?xml version="1.0"?><?pi x?>
<!DOCTYPE configuration>
<configuration><?pi y?><!-- a -->
<system.serviceModel><!-- b -->
<client a="1" a="2"><endpoint <!-- no -->name="c" address="http://c/" binding="basicHttpBinding" contract="*"/></client>
</system.serviceModel></configuration>`))
	require.Error(t, err, "a comment in a tag")
	require.NotNil(t, f)
	f, err = configs.Parse("w", []byte(`<?xml version="1.0"?><?pi x?>
<!DOCTYPE configuration>
<configuration><?pi y?><!-- a -->
<system.serviceModel><!-- b -->
<client a="1" a="2"><endpoint name="c" address="http://c/" binding="basicHttpBinding" contract="*"><![CDATA[ text ]]></endpoint></client>
<bindings><basicHttpBinding><binding name="x" sendTimeout="never"><?pi z?></binding></basicHttpBinding></bindings>
<behaviors><endpointBehaviors><behavior name="b"><![CDATA[ not read ]]><clientVia viaUri="http://v/"/> text </behavior></endpointBehaviors></behaviors>
</system.serviceModel></configuration>`))
	var codes []string
	var errs configs.Errors
	require.ErrorAs(t, err, &errs)
	for _, e := range errs {
		codes = append(codes, fmt.Sprint(e.Pos.Line, " ", e.Code))
	}
	assert.Equal(t, []string{
		"2 document-type", "5 Config_base_unrecognized_attribute", "5 duplicate-attribute", "5 Config_base_section_invalid_content", "6 Config_base_value_invalid",
	}, codes)
	require.Len(t, f.Client, 1)
	assert.Equal(t, "http://c/", f.Client[0].Address.Peek())
	assert.Len(t, f.Comments, 2)
}

// The chain ends at the root: neither files above it nor links out of it are
// read (T-CFG-01).
func TestLoadFileWith_root(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	client := func(name string) string {
		return `<configuration><system.serviceModel><client><endpoint name="` + name +
			`" address="http://c/" binding="basicHttpBinding" contract="*"/></client></system.serviceModel></configuration>`
	}
	put("web.config", client("outside"))
	put("site/Web.config", client("site"))
	put("else/web.config", client("linked"))
	main := put("site/app/web.config", client("app"))
	names := func(o configs.LoadOptions) []string {
		f, err := configs.LoadFileWith(main, o)
		require.NoError(t, err)
		var out []string
		for _, ep := range f.Client {
			out = append(out, ep.Name.Peek())
		}
		return out
	}
	assert.Equal(t, []string{"app"}, names(configs.LoadOptions{}))
	assert.Equal(t, []string{"site", "app"}, names(configs.LoadOptions{Root: filepath.Join(dir, "site")}))
	assert.Equal(t, []string{"outside", "site", "app"}, names(configs.LoadOptions{Root: dir}))
	assert.Equal(t, []string{"outside", "app"}, names(configs.LoadOptions{Parents: []string{filepath.Join(dir, "web.config")}}))
	_, err := configs.LoadFileWith(main, configs.LoadOptions{Root: filepath.Join(dir, "else")})
	require.ErrorContains(t, err, "the file does not lie in the directory given as root")
	_, err = configs.LoadFileWith(main, configs.LoadOptions{Parents: []string{filepath.Join(dir, "none.config")}})
	require.ErrorContains(t, err, "none.config: cannot read the file")

	require.NoError(t, os.Remove(filepath.Join(dir, "site", "Web.config")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "else", "web.config"), filepath.Join(dir, "site", "web.config")))
	_, err = configs.LoadFileWith(main, configs.LoadOptions{Root: filepath.Join(dir, "site")})
	require.ErrorContains(t, err, "cannot read the file")
}

func TestFindings_remedy(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<extensions><behaviorExtensions><add name="audit" type="A, B"/></behaviorExtensions></extensions>
<behaviors><endpointBehaviors><behavior><audit/></behavior></endpointBehaviors></behaviors>
<serviceHostingEnvironment><serviceActivations><add relativeAddress="a.svc" service="S"/></serviceActivations></serviceHostingEnvironment>
<client><endpoint name="c" address="http://c/" binding="basicHttpBinding" contract="*"/></client>
</system.serviceModel></configuration>`))
	require.NoError(t, err)
	endpoint(f.Client[0])
	remedies := map[string]string{}
	for _, x := range f.Findings() {
		assert.NotEmpty(t, x.Code, "%v %s", x.Pos, x.Path)
		if x.Remedy != "" {
			remedies[x.Code] = x.Remedy
		}
	}
	assert.Equal(t, "acknowledge:\n  - \"audit\"\n", remedies["third-party-extension"])
	assert.True(t, strings.HasPrefix(remedies["hosting-unknown"], "hosting:\n  bindings:"))
	require.ErrorContains(t, f.Err(), "add to viaduct.yaml:\n  acknowledge:\n    - \"audit\"")
}

func TestFindings_remedySecurity(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<client><endpoint name="c" address="http://c/" binding="wsHttpBinding" contract="*"/></client>`: `"wsHttpBinding"`,
		`<client><endpoint name="c" address="http://c/" binding="wsHttpBinding" bindingConfiguration="b" contract="*"/></client>
<bindings><wsHttpBinding><binding name="b"><security mode="Message"/></binding></wsHttpBinding></bindings>`: `"wsHttpBinding/b"`,
	} {
		f, err := configs.Parse("w", []byte("<configuration><system.serviceModel>"+in+"</system.serviceModel></configuration>"))
		require.NoError(t, err)
		endpoint(f.Client[0])
		var remedies []string
		for _, x := range f.Findings() {
			if x.Code == "security-not-served" {
				remedies = append(remedies, x.Remedy)
			}
		}
		assert.Contains(t, remedies, "bindings:\n  - name: "+want+"\n    security: pass   # or Transport, None\n")
	}
}

func TestEffective(t *testing.T) {
	t.Parallel()
	parse := func(more string) []configs.EffectiveValue {
		f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<bindings><basicHttpBinding><binding name="b" sendTimeout="00:00:05" openTimeout="00:01:00" allowCookies="False"/></basicHttpBinding></bindings>
<client>`+more+`</client>
<behaviors><serviceBehaviors><behavior><serviceCredentials><x password="hunter2"/></serviceCredentials></behavior></serviceBehaviors></behaviors>
</system.serviceModel></configuration>`))
		_ = err // serviceCredentials may know no x
		return f.Effective()
	}
	old := parse("")
	values := map[string]configs.EffectiveValue{}
	for _, v := range old {
		assert.Empty(t, values[v.Path].Path, v.Path)
		values[v.Path] = v
		assert.NotContains(t, v.String(), "hunter2")
		assert.NotZero(t, v.Pos.Line, v.Path)
	}
	const b = "bindings/basicHttpBinding/binding[b]/@"
	assert.Equal(t, "w:2:47", values[b+"sendTimeout"].Pos.String())
	assert.False(t, values[b+"sendTimeout"].Default)
	assert.True(t, values[b+"openTimeout"].Default, "written, and equal to the default")
	assert.True(t, values[b+"allowCookies"].Default)
	assert.True(t, values[b+"closeTimeout"].Default, "not written")
	assert.Empty(t, configs.Diff(old, parse("")))
	changes := configs.Diff(old, parse(`<endpoint name="c" address="http://c/" binding="basicHttpBinding" contract="*"/>`))
	require.NotEmpty(t, changes)
	for _, c := range changes {
		assert.True(t, strings.HasPrefix(c.String(), "+ client/endpoint[c]"), c.String())
	}
	assert.True(t, strings.HasPrefix(configs.Diff(parse(`<endpoint name="c"/>`), old)[0].String(), "- client/endpoint[c]"))
	changes = configs.Diff(parse(`<endpoint name="c" address="http://a/"/>`), parse(`<endpoint name="c" address="http://b/"/>`))
	require.Len(t, changes, 1)
	assert.Equal(t, "~ client/endpoint[c]/@address: http://b/ at w:3:28, was http://a/ at w:3:28", changes[0].String())
}

func TestParseSites(t *testing.T) {
	t.Parallel()
	const host = `<configuration><system.applicationHost><sites>
<site name="Edge" id="1">
  <application path="/" applicationPool="P"><virtualDirectory path="/" physicalPath="%SystemDrive%\inetpub\edge"/></application>
  <application path="/shop" enabledProtocols="http, net.tcp"><virtualDirectory path="/v" physicalPath="C:\v"/><virtualDirectory path="/" physicalPath="C:\sites\shop"/></application>
  <bindings><binding protocol="HTTP" bindingInformation="*:80:"/><binding protocol="https" bindingInformation="*:443:edge.example"/>
    <binding protocol="net.tcp" bindingInformation="808:*"/><binding protocol="ftp" bindingInformation="*:21:"/></bindings>
</site>
<applicationDefaults enabledProtocols="http,net.pipe"/>
</sites></system.applicationHost></configuration>`
	sites, err := configs.ParseSites("a", []byte(host), "machine")
	require.NoError(t, err)
	require.Len(t, sites, 1)
	var texts []string
	for _, b := range sites[0].Bindings {
		texts = append(texts, b.String())
	}
	assert.Equal(t, []string{"http *:80:", "https *:443:edge.example", "net.tcp 808:*"}, texts)
	assert.Equal(t, "a:5:13", sites[0].Bindings[0].Pos.String())
	require.Len(t, sites[0].Applications, 2)
	assert.Equal(t, []string{"http", "net.pipe"}, sites[0].Applications[0].Protocols)
	assert.Equal(t, []string{"http", "net.tcp"}, sites[0].Applications[1].Protocols)
	for _, tt := range []struct{ ask, path string }{{"edge", "/"}, {`D:\Sites\shop`, "/shop"}, {"/inetpub/edge/", "/"}} {
		_, a, ok := configs.Site(sites, tt.ask)
		assert.True(t, ok, tt.ask)
		assert.Equal(t, tt.path, a.Path, tt.ask)
	}
	_, _, ok := configs.Site(sites, "nowhere")
	assert.False(t, ok)
	_, err = configs.ParseSites("a", []byte(strings.Replace(host, "*:80:", "80:", 1)), "machine")
	require.ErrorContains(t, err, "a:5:13: site \"Edge\": binding \"80:\" of http has 2 parts and needs ip:port:host")
	_, err = configs.ParseSites("a", []byte("<configuration/>"), "machine")
	require.ErrorContains(t, err, "there is no system.applicationHost/sites")
	_, err = configs.LoadSites(filepath.Join(t.TempDir(), "none"), "machine")
	require.ErrorContains(t, err, "cannot read the file")
}

// A parent with nothing around it says what it says alone.
func TestLoadWith_generated(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		text := []byte(strings.Join(write(generate(seed)), "\n"))
		empty := []byte("<configuration/>")
		load := func(outer, inner []byte) []configs.EffectiveValue {
			f, _ := configs.LoadWith(fstest.MapFS{"w/web.config": {Data: inner}, "web.config": {Data: outer}}, "w/web.config",
				configs.LoadOptions{Parents: []string{"web.config"}, ChildApplication: true})
			return f.Effective()
		}
		alone, _ := configs.Parse("w", text)
		for _, c := range configs.Diff(alone.Effective(), load(text, empty)) {
			assert.Fail(t, "as a parent", "seed %d: %v", seed, c)
		}
		for _, c := range configs.Diff(alone.Effective(), load(empty, text)) {
			assert.Fail(t, "as a child", "seed %d: %v", seed, c)
		}
	}
}

func TestEndpoint_effectiveName(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel><services><service name="S">
<endpoint address="http://h/1" binding="basicHttpBinding" contract="N.IOne"/>
<endpoint address="http://h/2" binding="basicHttpBinding" bindingName="Shared" contract="N.ITwo"/>
<endpoint address="http://h/3" binding="ws2007HttpBinding" contract="IThree"/>
<endpoint address="http://h/4" name="own" binding="basicHttpBinding" contract="N.IFour"/>
</service></services></system.serviceModel></configuration>`))
	require.NoError(t, err)
	var names []string
	for _, ep := range f.Services[0].Endpoints {
		names = append(names, ep.EffectiveName())
	}
	assert.Equal(t, []string{"Shared_IOne", "Shared_ITwo", "WS2007HttpBinding_IThree", "own"}, names)
}

// Options that make no sense together crash nothing.
func FuzzLoadWith(f *testing.F) {
	f.Add([]byte(`<configuration><location path="a"><system.serviceModel/></location></configuration>`), []byte(`<configuration/>`), "a", true)
	f.Add([]byte(`<configuration><system.serviceModel><client><clear/></client></system.serviceModel></configuration>`),
		[]byte(`<configuration><location path="app/x" allowOverride="false"><system.serviceModel><client/></system.serviceModel></location></configuration>`), "x", false)
	f.Fuzz(func(t *testing.T, inner, outer []byte, location string, child bool) {
		b, err := iis.ParseText("http *:80:", "machine")
		require.NoError(t, err)
		o := configs.LoadOptions{Parents: []string{"web.config"}, Location: location, ChildApplication: child, IIS: &configs.IIS{Bindings: []iis.Binding{b}}}
		file, err := configs.LoadWith(fstest.MapFS{"app/web.config": {Data: inner}, "web.config": {Data: outer}}, "app/web.config", o)
		require.NotNil(t, file)
		file.Effective()
		if err == nil {
			assemble(file)
		}
		for _, x := range file.Findings() {
			if x.Pos.Line == 0 || x.Code == "" {
				t.Fatalf("a finding without place or code: %+v", x)
			}
		}
	})
}
