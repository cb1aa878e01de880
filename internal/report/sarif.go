package report

import (
	"cmp"
	"io"
	"path/filepath"
	"slices"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// The parts of SARIF 2.1.0 that a report needs (sections 3.13 to 3.49).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription,omitzero"`
		Help  sarifText `json:"help,omitzero"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
	}
)

// SARIF writes reports as one run of SARIF 2.1.0. What is honoured, or equal to
// its default, is no result.
func SARIF(w io.Writer, version string, reports []*assemble.Report) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "viaduct", Version: version, Rules: []sarifRule{}}},
		Results: []sarifResult{},
	}
	used := map[string]bool{}
	for _, r := range reports {
		for _, f := range r.Findings {
			if f.Effect == configs.Honoured || f.Effect == configs.Default {
				continue
			}
			x := sarifFinding(f)
			used[x.RuleID] = true
			run.Results = append(run.Results, x)
		}
	}
	for id := range used {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(id))
	}
	slices.SortFunc(run.Tool.Driver.Rules, func(a, b sarifRule) int { return cmp.Compare(a.ID, b.ID) })
	return write(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func sarifFinding(f assemble.Finding) sarifResult {
	text := cmp.Or(f.Text, f.Path)
	if f.Remedy != "" {
		text += "\nAdd to viaduct.yaml:\n" + f.Remedy
	}
	r := sarifResult{RuleID: cmp.Or(f.Code, string(f.Effect)), Level: sarifLevel(f), Message: sarifText{text}}
	if f.Pos.File == "" {
		return r
	}
	at := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{filepath.ToSlash(f.Pos.File)}}}
	if f.Pos.Line > 0 {
		at.Physical.Region = &sarifRegion{f.Pos.Line, f.Pos.Column}
	}
	if f.Path != "" {
		at.Logical = []sarifLogical{{f.Path}}
	}
	r.Locations = []sarifLocation{at}
	return r
}

func sarifLevel(f assemble.Finding) string {
	switch {
	case f.Stops:
		return "error"
	case f.Effect == configs.NoEffect || f.Effect == configs.Unused:
		return "note"
	default:
		return "warning"
	}
}

// sarifRuleOf explains a code, or an effect where a finding has no code.
func sarifRuleOf(id string) sarifRule {
	if c, ok := Explain(id); ok {
		return sarifRule{ID: id, Short: sarifText{c.Title}, Full: sarifText{c.Explanation}, Help: sarifText{c.Remedy}}
	}
	return sarifRule{ID: id, Short: sarifText{"setting: " + id}}
}
