package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plainService is a file with one service for which nothing stands.
const plainService = `<configuration><system.serviceModel>
  <services><service name="Contoso.Orders"><endpoint name="in" address="http://localhost:8000/orders" binding="basicHttpBinding" contract="Contoso.IOrders"/></service></services>
</system.serviceModel></configuration>`

func writeFile(t *testing.T, text string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

// TestCheck_directory: what cannot be read is told and makes the exit code 1;
// the rest is checked.
func TestCheck_directory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, plainService, dir, "web.config")
	writeFile(t, "services: [{name: Contoso.Orders, builtin: echo}]", dir, "viaduct.yaml")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.config"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(dir, "dangling.config")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "device.config")))
	code, out, errs := cli(t.Context(), "", "check", dir)
	assert.Equal(t, exitDone, code, errs)
	assert.Contains(t, out, "web.config with ")
	assert.Contains(t, out, "starts ")
	assert.Empty(t, errs, "what is no file is none")

	closed := filepath.Join(dir, "closed")
	require.NoError(t, os.Mkdir(closed, 0))
	if _, err := os.ReadDir(closed); err == nil {
		t.Log("this user may read everything: the closed directory is not tried")
		return
	}
	code, out, errs = cli(t.Context(), "", "check", dir)
	assert.Equal(t, exitFailure, code)
	assert.Contains(t, errs, "passed over: "+closed+": permission denied")
	assert.Contains(t, out, "starts ")
}

// TestCheck_hostileFiles: any octets give a report, and never a crash.
func TestCheck_hostileFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":         "",
		"zeros":         strings.Repeat("\x00", 5000),
		"an executable": "\x7fELF\x02\x01\x01\x00\xff\xfe<system.serviceModel",
		"half a mark":   "\xff",
		"utf-16 odd":    "\xff\xfe<\x00c\x00o",
		"deep":          strings.Repeat("<a>", 100_000),
		"long name":     "<" + strings.Repeat("a", 1<<20) + "/>",
		"entities":      `<!DOCTYPE a [<!ENTITY b "c">]><configuration>&b;</configuration>`,
		"giant":         "<configuration>" + strings.Repeat(" ", 16<<20) + "</configuration>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := writeFile(t, text, dir, "web.config")
			for _, args := range [][]string{
				{"check", file},
				{"check", "--format", "sarif", file},
				{"init", file, "-o", "-"},
				{"config", "show", file},
				{"config", "diff", file, file},
				{"serve", file},
				{"explain", file, "--via", "http://localhost/"},
			} {
				code, out, errs := cli(t.Context(), "", args...)
				assert.Equal(t, exitFailure, code, "%v: %.500s", args, errs)
				assert.Contains(t, out+errs, "web.config", "%v", args)
				assert.NotContains(t, out+errs, "defect", "%v", args)
			}
			code, _, errs := cli(t.Context(), "", "init", file)
			assert.Equal(t, exitFailure, code)
			assert.Contains(t, errs, "none were written")
			assert.NoFileExists(t, filepath.Join(dir, "viaduct.yaml"))
		})
	}
}

// TestCheck_sarif: the document has what SARIF 2.1.0 requires (3.13 to 3.33).
func TestCheck_sarif(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, plainService, dir, "web.config")
	writeFile(t, strings.Replace(plainService, "contract=", "colour=\"red\" contract=", 1), dir, "b", "app.config")
	writeFile(t, "nothing", dir, "c", "web.config") // does not name the section
	code, out, errs := cli(t.Context(), "", "check", "--format", "sarif", dir)
	assert.Equal(t, exitFailure, code, errs)
	var doc struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string `json:"name"`
					Rules []struct {
						ID               string         `json:"id"`
						ShortDescription map[string]any `json:"shortDescription"`
					} `json:"rules"`
				} `json:"driver"`
			} `json:"tool"`
			Results []struct {
				RuleID  string `json:"ruleId"`
				Level   string `json:"level"`
				Message struct {
					Text string `json:"text"`
				} `json:"message"`
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct {
							URI string `json:"uri"`
						} `json:"artifactLocation"`
						Region struct {
							StartLine   int `json:"startLine"`
							StartColumn int `json:"startColumn"`
						} `json:"region"`
					} `json:"physicalLocation"`
				} `json:"locations"`
			} `json:"results"`
		} `json:"runs"`
	}
	d := json.NewDecoder(strings.NewReader(out))
	require.NoError(t, d.Decode(&doc))
	assert.False(t, d.More(), "one document")
	assert.Equal(t, "2.1.0", doc.Version)
	assert.Contains(t, doc.Schema, "sarif-schema-2.1.0.json")
	require.Len(t, doc.Runs, 1)
	run := doc.Runs[0]
	assert.Equal(t, "viaduct", run.Tool.Driver.Name)
	rules := map[string]bool{}
	for _, r := range run.Tool.Driver.Rules {
		assert.False(t, rules[r.ID], "rule %s stands once", r.ID)
		assert.NotEmpty(t, r.ShortDescription["text"], r.ID)
		rules[r.ID] = true
	}
	uris := map[string]bool{}
	require.NotEmpty(t, run.Results)
	for _, r := range run.Results {
		assert.True(t, rules[r.RuleID], "rule %s is explained", r.RuleID)
		assert.Contains(t, []string{"none", "note", "warning", "error"}, r.Level)
		assert.NotEmpty(t, r.Message.Text)
		require.NotEmpty(t, r.Locations, r.Message.Text)
		at := r.Locations[0].PhysicalLocation
		assert.NotContains(t, at.ArtifactLocation.URI, " ")
		assert.Positive(t, at.Region.StartLine)
		assert.Positive(t, at.Region.StartColumn)
		uris[filepath.Base(at.ArtifactLocation.URI)] = true
	}
	assert.Equal(t, map[string]bool{"web.config": true, "app.config": true}, uris)
}

// TestCheck_color: only a terminal gets colours, and NO_COLOR is obeyed.
func TestCheck_color(t *testing.T) {
	file := writeFile(t, plainService, t.TempDir(), "web.config")
	_, out, _ := cli(t.Context(), "", "check", file)
	assert.NotContains(t, out, "\x1b", "a pipe")
	terminal, err := os.OpenFile("/dev/null", os.O_WRONLY, 0) // a character device, as a terminal is
	if err != nil {
		t.Skipf("no character device: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	assert.True(t, colored(terminal))
	t.Setenv("TERM", "dumb")
	assert.False(t, colored(terminal))
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	assert.False(t, colored(terminal))
}

// TestConfig_json: the JSON forms name the same things as the text.
func TestConfig_json(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := writeFile(t, plainService, dir, "web.config")
	next := writeFile(t, strings.Replace(plainService, "8000", "8001", 1), dir, "next", "web.config")
	code, out, errs := cli(t.Context(), "", "config", "show", "--format", "json", old)
	require.Equal(t, exitDone, code, errs)
	var values []jsonValue
	require.NoError(t, json.Unmarshal([]byte(out), &values))
	found := map[string]jsonValue{}
	for _, v := range values {
		found[v.Path] = v
	}
	const path = "services/service[Contoso.Orders]/endpoint[in]/@address"
	assert.Equal(t, jsonValue{Path: path, Value: "http://localhost:8000/orders", At: &jsonPlace{old, 2, 64}}, found[path])
	assert.Equal(t, jsonValue{Path: "viaduct.yaml/wsa.maxHops", Value: "8", Default: true}, found["viaduct.yaml/wsa.maxHops"])

	code, out, errs = cli(t.Context(), "", "config", "diff", "--format", "json", old, next)
	require.Equal(t, exitFailure, code, errs)
	var changes []jsonChange
	require.NoError(t, json.Unmarshal([]byte(out), &changes))
	require.Len(t, changes, 1)
	assert.Equal(t, "http://localhost:8000/orders", changes[0].Old.Value)
	assert.Equal(t, "http://localhost:8001/orders", changes[0].New.Value)
	assert.Equal(t, next, changes[0].New.At.File)
}
