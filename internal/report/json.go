package report

import (
	"encoding/json"
	"io"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// document is the JSON form. Its version changes with what programs may rely on.
type document struct {
	Version int    `json:"version"`
	Files   []file `json:"files"`
}

type file struct {
	File     string         `json:"file"`
	Settings string         `json:"settings,omitempty"`
	Starts   bool           `json:"starts"`
	Counts   map[string]int `json:"counts"`
	Services []service      `json:"services"`
	Findings []finding      `json:"findings"`
}

type service struct {
	Name      string     `json:"name"`
	At        place      `json:"at"`
	As        string     `json:"as,omitempty"`
	Outcome   string     `json:"outcome"`
	Endpoints []endpoint `json:"endpoints"`
}

type endpoint struct {
	Name     string `json:"name"`
	At       place  `json:"at"`
	Address  string `json:"address"`
	Binding  string `json:"binding"`
	Contract string `json:"contract"`
	Outcome  string `json:"outcome"`
}

type finding struct {
	At     place  `json:"at"`
	Path   string `json:"path,omitempty"`
	Effect string `json:"effect"`
	Scope  string `json:"scope,omitempty"`
	Code   string `json:"code,omitempty"`
	Text   string `json:"text,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	Stops  bool   `json:"stops"`
}

type place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// JSON writes reports as one document, every finding of them.
func JSON(w io.Writer, reports []*assemble.Report) error {
	d := document{Version: 1, Files: make([]file, 0, len(reports))}
	for _, r := range reports {
		d.Files = append(d.Files, jsonFile(r))
	}
	return write(w, d)
}

func write(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func jsonFile(r *assemble.Report) file {
	f := file{
		File: r.File, Settings: r.Settings, Starts: r.OK(), Counts: map[string]int{},
		Services: []service{}, Findings: make([]finding, 0, len(r.Findings)),
	}
	for effect, n := range Count(r) {
		f.Counts[string(effect)] = n
	}
	for _, s := range r.Services {
		x := service{Name: s.Name, At: place(s.Pos), As: s.As, Outcome: string(s.Outcome), Endpoints: []endpoint{}}
		for _, e := range s.Endpoints {
			x.Endpoints = append(x.Endpoints, endpoint{
				Name: e.Name, At: place(e.Pos), Address: e.Address, Binding: e.Binding, Contract: e.Contract, Outcome: string(e.Outcome),
			})
		}
		f.Services = append(f.Services, x)
	}
	for _, x := range r.Findings {
		f.Findings = append(f.Findings, finding{
			At: place(x.Pos), Path: x.Path, Effect: string(x.Effect), Scope: scope(x), Code: x.Code, Text: x.Text, Remedy: x.Remedy, Stops: x.Stops,
		})
	}
	return f
}

func scope(f assemble.Finding) string {
	if f.Effect != configs.Refused {
		return ""
	}
	return string(f.Scope)
}
