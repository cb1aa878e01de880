package settings

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/viaduct-soap/viaduct/internal/testbed" // has the flag -update
)

// The files that are made from the table.
const (
	docsFile   = "../../docs/settings.md"
	schemaFile = "../../docs/viaduct.schema.json"
)

// TestDocs: docs/settings.md says what the table says. After a change run
// go test ./internal/settings -update.
func TestDocs(t *testing.T) {
	t.Parallel()
	same(t, docsFile, docs())
}

// same compares a generated file with the one that is there, or writes it.
func same(t *testing.T, name string, want []byte) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(name, want, 0o644))
	}
	have, err := os.ReadFile(name)
	require.NoError(t, err, "run: go test ./internal/settings -update")
	assert.Equal(t, string(want), string(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n"))), "%s is out of date; run: go test ./internal/settings -update", name)
}

const docsHead = `# Settings

` + "`viaduct.yaml`" + ` says what the WCF file cannot say. This page is made from the table that the program reads the file by
(` + "`go test ./internal/settings -update`" + `), so it lists every setting there is. An unknown key is refused with its position and the
name that was probably meant; all that is wrong is reported at once.

Viaduct reads the file that ` + "`--settings`" + ` or ` + "`VIADUCT_SETTINGS`" + ` names, else ` + "`viaduct.yaml`" + ` beside the WCF file, else in the working
directory. Without a file every setting has its default. Settings of the process have a flag and a variable, shown below; the flag goes
before the variable, and both before the file.

For completion and checks in an editor begin the file with this line and the path to the schema, [viaduct.schema.json](viaduct.schema.json):

` + "```yaml" + `
# yaml-language-server: $schema=viaduct.schema.json
` + "```" + `

| type | what is written |
|---|---|
| size | octets: ` + "`65536`, `64KiB`, `1MiB`" + ` |
| duration | ` + "`500ms`, `5s`, `1m30s`, `2h`" + ` |
| network | ` + "`10.0.0.0/8`, or one address" + ` |
| target | a network, an address or a host name, the latter two also with a port: ` + "`orders.example:8443`" + ` |
| prefix | an http or https URL, which covers everything below its path: ` + "`https://callback.example/replies/`" + ` |
| site | a site binding of IIS, in quotation marks: ` + "`\"http *:80:\"`, `\"https *:443:shop.example\"`" + ` |
| secret | where it stands, never the secret itself: ` + "`file:/run/secrets/token`, `env:NAME`" + ` |
| file | a path, from the working directory |
| list of ... | a YAML list; a single value is a list of one |

`

// docs writes the page.
func docs() []byte {
	var b strings.Builder
	b.WriteString(docsHead)
	rows := Reference()
	for i := range rows {
		r := &rows[i]
		if !strings.Contains(r.Name, ".") {
			if i > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "## %s\n\n%s\n\n```yaml\n%s```\n\n| setting | type | default | meaning |\n|---|---|---|---|\n", r.Name, r.Meaning, examples[r.Name])
			if r.Type == "group" || r.Type == "list" {
				continue
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Name, kind(r), cell(standard(r)), cell(meaning(r)))
	}
	return []byte(b.String())
}

func kind(r *Row) string {
	out := r.Type
	if out == "list" {
		out = "list of groups"
	}
	if len(r.Values) > 0 {
		out = "`" + strings.Join(r.Values, "`, `") + "`"
	}
	switch {
	case r.Max > 0 && r.Type != "enum":
		out += fmt.Sprintf(", %d to %d", r.Min, r.Max)
	case r.Min > 0:
		out += fmt.Sprintf(", at least %d", r.Min)
	}
	return out
}

func standard(r *Row) string {
	switch {
	case r.Required:
		return "required"
	case r.Default != "":
		return "`" + r.Default + "`"
	case r.Type == "group":
		return ""
	}
	return cmp.Or(r.Auto, "none")
}

func meaning(r *Row) string {
	out := r.Meaning
	if r.OneOf {
		out += " One of the alternatives is required."
	}
	if r.Process {
		out += fmt.Sprintf(" `--%s`, `%s`", r.Flag(), r.Env())
	}
	if r.Pending {
		out += " Not built yet: refused."
	}
	return out
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// TestDocs_examples: what the page shows is read, and uses what it is about.
func TestDocs_examples(t *testing.T) {
	t.Parallel()
	top := map[string]bool{}
	for _, r := range Reference() {
		if strings.Contains(r.Name, ".") {
			continue
		}
		top[r.Name] = true
		text := examples[r.Name]
		assert.True(t, strings.HasPrefix(text, r.Name+":"), r.Name)
		_, err := Parse(r.Name, []byte(text), Overrides{})
		require.NoError(t, err, r.Name)
	}
	for name := range examples {
		assert.True(t, top[name], "%s has an example and is no setting", name)
	}
}

// samples are settings files of the repository.
func samples(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := filepath.Glob("../../configs/samples/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		out[name] = string(data)
	}
	return out
}

// examples are shown in the page, one for each entry at the top.
var examples = map[string]string{
	"sockets": `sockets:
  - address: ":8443"
    tls: {certificate: shop.pem, key: shop.key}
  - address: "10.0.0.5:9443"
    tls: {certificate: old.pem, key: old.key, profile: legacy}
`,
	"certificates": `certificates:
  - find: CN=orders.contoso.example
    store: My
    certificate: orders.pem
    key: orders.key
`,
	"hosting": `hosting:
  bindings: ["http *:80:", "https *:443:shop.example"]
  application: /shop
`,
	"services": `services:
  - name: Contoso.Orders
    forward: orders              # a client endpoint of the WCF file
  - name: Contoso.Diagnostics
    builtin: echo
  - name: Contoso.Legacy
    unused: true
`,
	"contracts": `contracts:
  - name: Contoso.IOrders
    wsdl: orders.wsdl
  - name: Contoso.INotify
    operations:
      - {name: Notify, action: "urn:contoso:notify", oneWay: true}
      - {name: Ask, action: "urn:contoso:ask", replyAction: "urn:contoso:answer"}
`,
	"bindings": `bindings:
  - name: wsHttpBinding/plain
    security: pass
`,
	"filters": `filters:
  - type: Contoso.Routing.RoundRobinMessageFilter
    is: round-robin
`,
	"endpoints": `endpoints:
  - name: public                 # a service endpoint
    aliases: [https://shop.example/orders]
  - name: orders                 # a client endpoint that stands for two others
    members: [orders1, orders2]
    balance: least-requests
    deadline: 30s
    repeatable: [urn:contoso:orders/Get]
    http:
      pass: [X-Request-ID]
      rules:
        - {do: set, field: X-Site, value: north}
  - name: orders1
    limits: {concurrent: 64, queue: 16, wait: 2s}
    breaker: {failures: 5, within: 30s, open: 15s}
    eject: {failures: 3, for: 1m}
    health: {url: "http://10.0.0.11/health", interval: 5s}
    mirror: {to: shadow, compare: true, ignore: ["//o:Time"], file: differences.jsonl}
`,
	"clients": `clients:
  tls: {roots: authorities.pem}
  proxy: http://proxy.example:3128
`,
	"egress": `egress:
  allow: [10.20.0.0/16, callback.example]
`,
	"acknowledge":    "acknowledge: [soapLoggerMessageEncoding]\n",
	"trustedProxies": "trustedProxies: [10.0.0.0/8]\n",
	"limits": `limits:
  messageMemory: 256MiB
  spool: 1GiB
`,
	"http": `http:
  minRate: 240
  minRateAfter: 5s
`,
	"soap":   "soap: {headers: 256}\n",
	"xml":    "xml: {check: structure}\n",
	"filter": "filter: {visits: 1000000, time: 50ms}\n",
	"wsa": `wsa:
  replyTargets: [https://callback.example/replies/]
  duplicateMessageID: refuse
`,
	"errors": `errors:
  disclose: reason
  explainTo: [10.1.0.0/16]
`,
	"admin": `admin:
  address: 127.0.0.1:9090
  token: file:/run/secrets/viaduct
`,
	"log": `log:
  level: info
  format: json
`,
}
