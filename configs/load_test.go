package configs_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/source"
)

const small = `<configuration><system.serviceModel><client>
  <endpoint name="é" address="http://c/" binding="basicHttpBinding" contract="*"/>
</client></system.serviceModel></configuration>`

func encode16(s string, order binary.ByteOrder) []byte {
	out := make([]byte, 2)
	order.PutUint16(out, 0xfeff)
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, 0, 0)
		order.PutUint16(out[len(out)-2:], u)
	}
	return out
}

func TestParse_encodings(t *testing.T) {
	t.Parallel()
	latin1 := strings.ReplaceAll(small, "é", "\xe9")
	for name, in := range map[string]string{
		"plain":                     small,
		"utf-8 mark":                "\xef\xbb\xbf" + small,
		"utf-8 declared":            `<?xml version="1.0" encoding="utf-8"?>` + small,
		"utf-16 little":             string(encode16(`<?xml version="1.0" encoding="utf-16"?>`+small, binary.LittleEndian)),
		"utf-16 big":                string(encode16(`<?xml version="1.0" encoding="UTF-16"?>`+small, binary.BigEndian)),
		"mark wins over utf-16":     "\xef\xbb\xbf" + `<?xml version="1.0" encoding="utf-16"?>` + small,
		"mark wins over utf-8":      string(encode16(`<?xml version="1.0" encoding="utf-8"?>`+small, binary.LittleEndian)),
		"iso-8859-1":                `<?xml version="1.0" encoding="iso-8859-1"?>` + latin1,
		"windows-1252":              `<?xml version="1.0" encoding="Windows-1252"?>` + latin1,
		"blank lines before":        "\n\n" + small,
		"comment before and behind": "<!-- x -->" + small + "<!-- y -->\n",
		"CRLF":                      strings.ReplaceAll(small, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := configs.Parse("web.config", []byte(in))
			require.NoError(t, err)
			require.Len(t, f.Client, 1)
			assert.Equal(t, "é", f.Client[0].Name.Peek())
			assert.Equal(t, 3, f.Client[0].Pos().Column)
		})
	}
}

func TestParse_notXML(t *testing.T) {
	t.Parallel()
	root := func(s string) string { return "<configuration>\n" + s + "\n</configuration>" }
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "w:1:1: the file holds no element"},
		{"other root", "<packages/>", "w:1:1: the root element is packages, and must be configuration"},
		{"namespace", `<configuration xmlns="urn:x"/>`, "w:1:1: the root element has the namespace"},
		{"doctype", "<!DOCTYPE configuration [<!ENTITY a \"b\">]>\n<configuration/>", "w:1:1: a document type declaration (<!DOCTYPE) is refused"},
		{"late declaration", "\n<?xml version=\"1.0\"?><configuration/>", "w:2:1: the XML declaration must be the very first thing"},
		{"two roots", "<configuration/><configuration/>", "w:1:17: a second root element"},
		{"text behind", "<configuration/>x", "w:1:17: text outside of the root element"},
		{"end tag", root("<a></b>"), "w:2:4: end tag b does not match start tag a at w:2:1"},
		{"no end tag", "<configuration>\n <a>", "w:2:2: element a has no end tag"},
		{"only an end tag", "</configuration>", "w:1:1: end tag configuration without a start tag"},
		{"attribute twice", root(`<a b="1"` + "\n" + ` b="2"/>`), "w:3:2: attribute b stands twice on one element, first at w:2:4"},
		{"entity", root("<a b='&canary;'/>"), "an & that begins no known reference"},
		{"less than", root("<a b='<canary'/>"), "a < inside an attribute value"},
		{"no quotes", root("<a b=canary/>"), "an attribute value without quotation marks"},
		{"control character", root("<a b='\x01'/>"), "a character that XML does not allow"},
		{"not utf-8", root("<a b='\xff'/>"), "octets that are not UTF-8"},
		{"cut", "<configuration><a b='canary", "the file ends inside an element"},
		{"half utf-16", "\xff\xfe<", "w:1:1: the UTF-16 text ends in the middle"},
		{"lone surrogate", "\xff\xfe\x00\xd8", "half a character"},
		{"utf-16 without mark", "<\x00c\x00", "UTF-16 without a byte order mark"},
		{"code page", `<?xml version="1.0" encoding="koi8-r"?><configuration/>`, "the encoding cannot be read"},
		{"windows-1252", "<?xml version='1.0' encoding='windows-1252'?><configuration><a b='\x80'/></configuration>", "save the file as UTF-8"},
		{"depth", strings.Repeat("<configuration>", 200), "elements are nested more than 128 deep"},
		{"size", strings.Repeat(" ", 16<<20+1), "larger than 16 MiB"},
		{"transform", `<configuration xmlns:xdt="http://schemas.microsoft.com/XML-Document-Transform"/>`, "this is a transform file"},
		{"location in location", root("<location><location/></location>"), "a location cannot stand in a location"},
		{"config source in memory", root("<system.serviceModel><client configSource='a'/></system.serviceModel>"), "other files are not read here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := configs.Parse("w", []byte(tt.in))
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "canary")
			var errs configs.Errors
			require.ErrorAs(t, err, &errs)
			var one *configs.Error
			assert.ErrorAs(t, err, &one)
		})
	}
}

// T-CFG-01: what configSource names stays in the directory.
func TestLoadFile_configSource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	site := filepath.Join(dir, "site")
	require.NoError(t, os.Mkdir(site, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret.config"), []byte("<client>canary"), 0o600))
	config := func(source string) string {
		return `<configuration><system.serviceModel><client configSource="` + source + `"/></system.serviceModel></configuration>`
	}
	load := func(source string) error {
		name := filepath.Join(site, "web.config")
		require.NoError(t, os.WriteFile(name, []byte(config(source)), 0o600))
		_, err := configs.LoadFile(name)
		return err
	}
	require.NoError(t, os.WriteFile(filepath.Join(site, "client.config"), []byte("<client/>"), 0o600))
	require.NoError(t, load("client.config"))
	require.NoError(t, os.Mkdir(filepath.Join(site, "d"), 0o755))
	for _, source := range []string{`..\secret.config`, `d\..\..\secret.config`, "d", "none.config", `C:\secret.config`, `\\host\share\x`, " client.config"} {
		err := load(source)
		require.Error(t, err, source)
		assert.NotContains(t, err.Error(), "canary")
		assert.Contains(t, err.Error(), "web.config:1:45:", source)
	}
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(filepath.Join(dir, "secret.config"), filepath.Join(site, "link.config")))
		err := load("link.config")
		require.ErrorContains(t, err, "cannot read the file")
		assert.NotContains(t, err.Error(), "canary")
	}
}

func TestLoadFile_missing(t *testing.T) {
	t.Parallel()
	_, err := configs.LoadFile(filepath.Join(t.TempDir(), "none.config"))
	require.ErrorContains(t, err, "none.config: cannot read the file: no such file")
	_, err = configs.LoadFile(t.TempDir() + "/")
	require.Error(t, err)
	_, err = configs.Load(fstest.MapFS{"d": {Mode: os.ModeDir}}, "d")
	require.ErrorContains(t, err, "not a regular file")
}

// T-CFG-02: no value of a file comes back in an error or a finding where it may
// be a secret.
func TestParse_canary(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	in := fmt.Sprintf(`<configuration>
  <connectionStrings><add name="x" connectionString="Password=%[1]s"/></connectionStrings>
  <appSettings><add key="k" value="%[1]s"/></appSettings>
  <system.serviceModel>
    <client>
      <endpoint name="a" address="http://user:%[1]s@host/" binding="basicHttpBinding" contract="*" password="%[1]s"/>
      <endpoint name="b" address="http://user:%[1]s@host/&#1;" binding="x;Password=%[1]s" contract="*"/>
    </client>
    <behaviors><endpointBehaviors><behavior name="s">
      <transportClientEndpointBehavior><tokenProvider><sharedAccessSignature keyName="k" key="%[1]s"/></tokenProvider></transportClientEndpointBehavior>
    </behavior></endpointBehaviors>
    <serviceBehaviors><behavior><serviceCredentials><x secret="%[1]s"/></serviceCredentials>%[1]s</behavior></serviceBehaviors></behaviors>
    <services><service name="S"><host><baseAddresses><add baseAddress="rel?SharedAccessKey=%[1]s"/></baseAddresses></host>
      <endpoint binding="basicHttpBinding" bindingConfiguration="secret-%[1]s" contract="C"/></service></services>
    <routing><filters><filter name="f" filterType="token=%[1]s"/></filters></routing>
    <bindings>%[1]s</bindings>
  </system.serviceModel>
</configuration>`, canary)
	check := func(f *configs.File, err error) {
		out := fmt.Sprintf("%v %+v %#v", err, err, err)
		if f != nil {
			assemble(f)
			out += fmt.Sprintf("%+v %v %v", f.Findings(), f.Err(), configs.Dump(f))
		}
		assert.NotContains(t, out, canary)
	}
	_, err := configs.Parse("w", []byte(in))
	require.Error(t, err)
	check(nil, err)
	check(configs.Parse("w", []byte(strings.ReplaceAll(in, "&#1;", ""))))
	check(configs.Parse("w", []byte(in[:strings.LastIndex(in, canary)+3])))
}

func TestEndpoint_absoluteAddress(t *testing.T) {
	t.Parallel()
	machine, err := os.Hostname()
	require.NoError(t, err)
	for _, tt := range []struct{ base, address, want string }{
		{"http://h:8000/r", "", "http://h:8000/r"},
		{"http://h/r", "mex", "http://h/r/mex"},
		{"http://h/r/", "mex", "http://h/r/mex"},
		{"http://h/r", "/mex", "http://h/r/mex"},
		{"http://h/r", `\/\mex`, "http://h/r/mex"},
		{"http://h/r", "../x", "http://h/x"},
		{"http://h/r", "a?b=c", "http://h/r/a?b=c"},
		{"http://*:8000/r", "a b", "http://MACHINE:8000/r/a%20b"}, // BAS-09
		{"http://h/r", "http://*:8000/x", "http://MACHINE:8000/x"},
		{"http://h/r", "urn:Stuff", "urn:Stuff"},
		{"HTTP://h/r", "x", "http://h/r/x"},
		{"http://h/r", "net.tcp://o/x", "net.tcp://o/x"},
	} {
		tt.want = strings.Replace(tt.want, "MACHINE", strings.ToLower(machine), 1)
		t.Run(tt.base+" "+tt.address, func(t *testing.T) {
			t.Parallel()
			f, err := configs.Parse("w", fmt.Appendf(nil, `<configuration><system.serviceModel><services><service name="S">
<host><baseAddresses><add baseAddress="%s"/></baseAddresses></host><endpoint address="%s" binding="basicHttpBinding" contract="C"/>
</service></services></system.serviceModel></configuration>`, tt.base, tt.address))
			require.NoError(t, err)
			got, err := f.Services[0].Endpoints[0].AbsoluteAddress()
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			listen, err := f.Services[0].Endpoints[0].AbsoluteListenURI()
			require.NoError(t, err)
			assert.Equal(t, tt.want, listen)
		})
	}
}

func TestEndpoint_noBaseAddress(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel><services><service name="S">
<host><baseAddresses><add baseAddress="https://h/"/></baseAddresses></host>
<endpoint address="x" binding="basicHttpBinding" contract="C"/></service></services></system.serviceModel></configuration>`))
	require.NoError(t, err)
	_, err = f.Services[0].Endpoints[0].AbsoluteAddress()
	var e *configs.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "SFxEndpointNoMatchingScheme", e.Code)
	assert.Equal(t, source.Pos{File: "w", Line: 3, Column: 11}, e.Pos)
	assert.Contains(t, e.Text, "needs a base address for scheme http; the service has base addresses for https")
}

func TestFile_verdicts(t *testing.T) {
	t.Parallel()
	load := func() *configs.File {
		f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<client><endpoint name="c" address="http://c/" binding="basicHttpBinding" bindingConfiguration="b" contract="*"><headers><h:K xmlns:h="urn:h">1</h:K></headers></endpoint></client>
<bindings><basicHttpBinding><binding name="b" sendTimeout="00:00:05" openTimeout="00:01:00" maxBufferPoolSize="1" allowCookies="true"/></basicHttpBinding></bindings>
</system.serviceModel></configuration>`))
		require.NoError(t, err)
		return f
	}
	effects := func(f *configs.File) map[string]configs.Effect {
		out := map[string]configs.Effect{}
		for _, x := range f.Findings() {
			out[x.Path[strings.LastIndexAny(x.Path, "/")+1:]] = x.Effect
		}
		return out
	}

	f := load()
	require.NoError(t, f.Err(), "nothing is used, so nothing is lost")
	assert.Equal(t, map[string]configs.Effect{"endpoint[c]": configs.Unused, "binding[b]": configs.Unused}, effects(f))

	f.Client[0].Use()
	assert.Equal(t, map[string]configs.Effect{
		"@name": configs.Honoured, "@address": configs.Unconsumed, "@binding": configs.Honoured, "@bindingConfiguration": configs.Honoured,
		"@contract": configs.Unconsumed, "headers": configs.Unconsumed, "@sendTimeout": configs.Unconsumed, "@openTimeout": configs.Default,
		"@maxBufferPoolSize": configs.NoEffect, "@allowCookies": configs.Refused,
	}, effects(f))
	require.ErrorContains(t, f.Err(), `w:3:115: binding "b": allowCookies "true" is not served (false is)`)
	require.ErrorContains(t, f.Err(), `w:3:47: binding "b": sendTimeout is known, but nothing in this program used it`)
	assert.Len(t, f.Unconsumed(), 4)

	endpoint(f.Client[0])
	assert.Empty(t, f.Unconsumed())
	require.Error(t, f.Err(), "a value that is not served is refused, also where it was consumed")

	h := f.Client[0].Headers()
	require.Len(t, h, 1)
	assert.Equal(t, "urn:h", h[0].Space)
	assert.Equal(t, "K", h[0].Local)
	assert.Equal(t, `<h:K xmlns:h="urn:h">1</h:K>`, string(h[0].XML))
	assert.Equal(t, source.Pos{File: "w", Line: 2, Column: 122}, h[0].Pos)
}

func TestFile_acknowledge(t *testing.T) {
	t.Parallel()
	f, err := configs.Parse("w", []byte(`<configuration><system.serviceModel>
<extensions><behaviorExtensions><add name="audit" type="A, B"/></behaviorExtensions></extensions>
<behaviors><endpointBehaviors><behavior><audit anything="goes"><x/></audit></behavior></endpointBehaviors></behaviors>
<client><endpoint name="c" address="http://c/" binding="basicHttpBinding" contract="*"/></client>
</system.serviceModel></configuration>`))
	require.NoError(t, err)
	endpoint(f.Client[0])
	require.ErrorContains(t, f.Err(), "w:3:41: unnamed behavior: audit: it is code of a third party")
	assert.False(t, f.Acknowledge("other"))
	assert.True(t, f.Acknowledge("audit"))
	require.NoError(t, f.Err())
}

func TestJoin(t *testing.T) {
	t.Parallel()
	require.NoError(t, configs.Join(nil, nil))
	a := &configs.Error{Pos: source.Pos{File: "w", Line: 2}, Text: "second"}
	b := &configs.Error{Pos: source.Pos{File: "w", Line: 1}, Text: "first"}
	assert.Equal(t, "w:1: first\nw:2: second", configs.Join(configs.Errors{a}, nil, b).Error())
	assert.ErrorIs(t, configs.Join(a, os.ErrNotExist), os.ErrNotExist)
}
