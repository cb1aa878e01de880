package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/report"
	"github.com/viaduct-soap/viaduct/internal/source"
)

func at(line, column int) source.Pos {
	return source.Pos{File: "web.config", Line: line, Column: column}
}

// sample has a finding of each effect.
func sample() *assemble.Report {
	r := &assemble.Report{
		File: "web.config", Settings: "viaduct.yaml",
		Services: []assemble.ServiceReport{
			{Name: "S", Pos: at(2, 3), As: "builtin echo", Outcome: assemble.Runs, Endpoints: []assemble.EndpointReport{
				{Name: "in", Pos: at(3, 5), Address: "http://h/", Binding: "basicHttpBinding", Contract: "C", Outcome: assemble.Runs},
				{Name: "tcp", Pos: at(4, 5), Address: "tcp", Binding: "netTcpBinding", Contract: "C", Outcome: assemble.Cannot},
			}},
			{Name: "Empty", Pos: at(5, 3), As: "not served", Outcome: assemble.Unused},
		},
	}
	for i, e := range []configs.Effect{
		configs.Honoured, configs.Default, configs.NoEffect, configs.Refused, configs.PassedThrough, configs.Mapped, configs.Unconsumed, configs.Unused, configs.Warning,
	} {
		r.Findings = append(r.Findings, assemble.Finding{
			Pos: at(10+i, 1), Path: "a/@b", Effect: e, Code: "code-" + string(e), Text: "text of " + string(e), Stops: e == configs.Refused || e == configs.Unconsumed,
		})
	}
	r.Findings[3].Remedy, r.Findings[3].Scope = "services:\n  - name: S\n", configs.ScopeService
	return r
}

func text(t *testing.T, o report.TextOptions, r ...*assemble.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, r, o))
	return b.String()
}

func TestText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `web.config with viaduct.yaml
  does not start    2 findings to resolve
  runs              1 endpoint
  cannot run        1 endpoint
  not served        1 endpoint
  settings          1 honoured, 1 equal to the default, 1 mapped, 1 passed through, 1 without effect, 1 with a warning, 2 refused, 1 unused

  service S (web.config:2:3): builtin echo
    runs              in  http://h/  basicHttpBinding (web.config:3:5)
    cannot run        tcp  "tcp"  netTcpBinding (web.config:4:5)

  service Empty (web.config:5:3): not served
    not served        no endpoint

web.config:12:1: no effect: text of no effect [code-no effect]
web.config:13:1: refused: text of refused [code-refused]
    viaduct.yaml:
      services:
        - name: S
web.config:14:1: passed through: text of passed through [code-passed through]
web.config:15:1: mapped: text of mapped [code-mapped]
web.config:16:1: unconsumed: text of unconsumed [code-unconsumed]
web.config:17:1: unused: text of unused [code-unused]
web.config:18:1: warning: text of warning [code-warning]
`, text(t, report.TextOptions{}, sample()))
}

func TestText_options(t *testing.T) {
	t.Parallel()
	all := text(t, report.TextOptions{All: true}, sample())
	assert.Contains(t, all, "web.config:10:1: honoured: text of honoured")
	assert.Contains(t, all, "web.config:11:1: default: text of default")

	plain, color := text(t, report.TextOptions{}, sample()), text(t, report.TextOptions{Color: true}, sample())
	assert.NotContains(t, plain, "\x1b")
	assert.Contains(t, color, "\x1b[31mrefused\x1b[0m: ")
	assert.Contains(t, color, "\x1b[32mruns             \x1b[0m ", "colours do not move columns")
	for _, c := range []string{"0", "1", "31", "32", "33", "90"} {
		color = strings.ReplaceAll(color, "\x1b["+c+"m", "")
	}
	assert.Equal(t, plain, color, "colours add nothing but themselves")
}

// TestText_undecided: what is unused says little while a service needs a decision.
func TestText_undecided(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Services[0].As, r.Services[0].Outcome = "", assemble.Decide
	short := text(t, report.TextOptions{}, r)
	assert.NotContains(t, short, "unused: text")
	assert.Contains(t, short, "\n1 element is unused as long as services need a decision; --all lists them\n")
	assert.Contains(t, text(t, report.TextOptions{All: true}, r), "unused: text of unused")
}

func TestText_strict(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Findings = append(r.Findings, assemble.Finding{Pos: at(30, 1), Effect: configs.Refused, Scope: configs.ScopeSetting, Text: "later"})
	assert.Contains(t, text(t, report.TextOptions{}, r), "web.config:30:1: refused, and left out: later\n")
	r.Strict()
	strict := text(t, report.TextOptions{}, r)
	assert.Contains(t, strict, "does not start    5 findings")
	assert.Contains(t, strict, "no effect, refused by --strict: ")
	assert.Contains(t, strict, "warning, refused by --strict: ")
	assert.Contains(t, strict, "web.config:30:1: refused: later\n")
}

func TestText_several(t *testing.T) {
	t.Parallel()
	good := &assemble.Report{File: "b.config"}
	assert.True(t, strings.HasSuffix(text(t, report.TextOptions{}, sample(), good), "\n2 files: 1 would start as they are\n"))
	assert.Equal(t, "b.config\n  starts            with this configuration\n  declares no service\n", text(t, report.TextOptions{}, good))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.NoError(t, report.JSON(&b, []*assemble.Report{sample(), {File: "empty.config"}}))
	var doc struct {
		Version int
		Files   []struct {
			File, Settings string
			Starts         bool
			Counts         map[string]int
			Services       []struct {
				Name, As, Outcome string
				Endpoints         []struct{ Name, Address, Outcome string }
			}
			Findings []struct {
				At struct {
					File         string
					Line, Column int
				}
				Effect, Scope, Code, Text, Path, Remedy string
				Stops                                   bool
			}
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	assert.Equal(t, 1, doc.Version)
	require.Len(t, doc.Files, 2)
	f := doc.Files[0]
	assert.False(t, f.Starts)
	assert.Equal(t, 1, f.Counts["unused"])
	assert.Equal(t, "cannot run", f.Services[0].Endpoints[1].Outcome)
	require.Len(t, f.Findings, 9, "every finding")
	assert.Equal(t, "service", f.Findings[3].Scope)
	assert.Equal(t, "services:\n  - name: S\n", f.Findings[3].Remedy)
	assert.True(t, f.Findings[3].Stops)
	assert.Equal(t, 13, f.Findings[3].At.Line)
	assert.True(t, doc.Files[1].Starts)
	assert.Contains(t, b.String(), `"services": []`, "lists are never null")
	assert.NotContains(t, b.String(), "null")
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Findings = append(r.Findings, assemble.Finding{Effect: configs.Refused, Code: "SERVICE-UNBOUND", Text: "nowhere", Stops: true})
	var b bytes.Buffer
	require.NoError(t, report.SARIF(&b, "1.2.3", []*assemble.Report{r}))
	var doc struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Version string
					Rules   []struct {
						ID   string
						Help struct{ Text string }
					}
				}
			}
			Results []struct {
				RuleID, Level string
				Message       struct{ Text string }
				Locations     []any
			}
		}
	}
	require.NoError(t, json.Unmarshal(b.Bytes(), &doc))
	run := doc.Runs[0]
	assert.Equal(t, "2.1.0", doc.Version)
	assert.Equal(t, "1.2.3", run.Tool.Driver.Version)
	levels := map[string]string{}
	for _, x := range run.Results {
		levels[x.RuleID] = x.Level
	}
	assert.Equal(t, map[string]string{
		"code-no effect": "note", "code-refused": "error", "code-passed through": "warning", "code-mapped": "warning", "code-unconsumed": "error",
		"code-unused": "note", "code-warning": "warning", "SERVICE-UNBOUND": "error",
	}, levels, "what is honoured, or equal to the default, is no result")
	assert.Empty(t, run.Results[len(run.Results)-1].Locations, "it has no place")
	assert.Len(t, run.Tool.Driver.Rules, len(levels))
	assert.Contains(t, run.Results[1].Message.Text, "Add to viaduct.yaml:\nservices:")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, code := range []string{assemble.CodeUnbound, "Service-Unbound", "malformed-xml", "honoured"} {
		c, ok := report.Explain(code)
		assert.True(t, ok, code)
		assert.NotEmpty(t, c.Title)
		assert.NotEmpty(t, c.Remedy)
	}
	_, ok := report.Explain("nonsense")
	assert.False(t, ok)
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "",
		"plain ä 漢\n\tend":  "plain ä 漢\n\tend",
		"\x1b[31mred":       `\x1b[31mred`,
		"\u009b31m":         `\u009b31m`,
		"a\u202eb\u2066":    `a\u202eb\u2066`,
		"\xff\xfe":          `\xff\xfe`,
		"\r\x00\x07\u0085x": `\r\x00\a\u0085x`,
		"\ufffd is printed": "\ufffd is printed",
	} {
		assert.Equal(t, want, report.Visible(in), "%q", in)
	}
}

// failing is a writer whose pipe is closed.
type failing struct{}

var errClosed = errors.New("closed")

func (failing) Write([]byte) (int, error) { return 0, errClosed }

func TestWriters_error(t *testing.T) {
	t.Parallel()
	r := []*assemble.Report{sample()}
	assert.ErrorIs(t, report.Text(failing{}, r, report.TextOptions{}), errClosed)
	assert.ErrorIs(t, report.JSON(failing{}, r), errClosed)
	assert.ErrorIs(t, report.SARIF(failing{}, "", r), errClosed)
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b[0m", "\xff", "\u202e", "漢\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := report.Visible(s)
		assert.Equal(t, v, report.Visible(v), "what is visible stays")
		assert.NotContains(t, v, "\x1b")
		assert.NotContains(t, v, "\r")
	})
}
