package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// TextOptions shape what people read.
type TextOptions struct {
	Color bool // terminal colours
	All   bool // also settings that are honoured, or equal to their default
}

// Text writes reports for people, one behind the other.
func Text(w io.Writer, reports []*assemble.Report, o TextOptions) error {
	out := bufio.NewWriter(w)
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(out)
		}
		t := &texter{w: out, o: o}
		t.report(r)
	}
	if len(reports) > 1 {
		t := &texter{w: out, o: o}
		t.total(reports)
	}
	return out.Flush()
}

type texter struct {
	w *bufio.Writer
	o TextOptions
}

// colours of outcomes and effects.
const (
	red    = "31"
	yellow = "33"
	green  = "32"
	grey   = "90"
	bold   = "1"
)

func (t *texter) paint(color, s string) string {
	if !t.o.Color || s == "" {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func outcomeColor(o assemble.Outcome) string {
	switch o {
	case assemble.Runs:
		return green
	case assemble.Decide:
		return yellow
	case assemble.Cannot:
		return red
	default:
		return grey
	}
}

func (t *texter) report(r *assemble.Report) {
	title := r.File
	if r.Settings != "" {
		title += " with " + r.Settings
	}
	fmt.Fprintln(t.w, t.paint(bold, title))
	t.summary(r)
	t.services(r)
	t.findings(r)
}

// summary is the first thing that is read: what runs, what needs a decision,
// what cannot run.
func (t *texter) summary(r *assemble.Report) {
	n := outcomes(r)
	if len(r.Services) == 0 {
		fmt.Fprintln(t.w, "  declares no service")
	}
	for _, o := range []assemble.Outcome{assemble.Runs, assemble.Decide, assemble.Cannot, assemble.Unused} {
		if n[o] > 0 {
			fmt.Fprintf(t.w, "  %s %s\n", t.paint(outcomeColor(o), fmt.Sprintf("%-17s", o)), count(n[o], "endpoint"))
		}
	}
	c := Count(r)
	fmt.Fprintf(t.w, "  %-17s %d honoured, %d equal to the default, %d passed through, %d without effect, %d refused, %d unused\n",
		"settings", c[configs.Honoured], c[configs.Default], c[configs.PassedThrough], c[configs.NoEffect]+c[configs.Warning],
		c[configs.Refused]+c[configs.Unconsumed], c[configs.Unused])
}

func outcomes(r *assemble.Report) map[assemble.Outcome]int {
	n := map[assemble.Outcome]int{}
	for _, s := range r.Services {
		for _, e := range s.Endpoints {
			n[e.Outcome]++
		}
		if len(s.Endpoints) == 0 {
			n[s.Outcome]++
		}
	}
	return n
}

// Count tells how many findings have each effect.
func Count(r *assemble.Report) map[configs.Effect]int {
	n := map[configs.Effect]int{}
	for _, f := range r.Findings {
		n[f.Effect]++
	}
	return n
}

func (t *texter) services(r *assemble.Report) {
	for _, s := range r.Services {
		fmt.Fprintf(t.w, "\n  service %s %s", s.Name, t.paint(grey, "("+s.Pos.String()+")"))
		if s.As != "" {
			fmt.Fprintf(t.w, ": %s", s.As)
		}
		fmt.Fprintln(t.w)
		for _, e := range s.Endpoints {
			fmt.Fprintf(t.w, "    %s %s  %s  %s %s\n", t.paint(outcomeColor(e.Outcome), fmt.Sprintf("%-17s", e.Outcome)),
				e.Name, e.Address, e.Binding, t.paint(grey, "("+e.Pos.String()+")"))
		}
		if len(s.Endpoints) == 0 {
			fmt.Fprintf(t.w, "    %s no endpoint\n", t.paint(outcomeColor(s.Outcome), fmt.Sprintf("%-17s", s.Outcome)))
		}
	}
}

func (t *texter) findings(r *assemble.Report) {
	first := true
	for _, f := range r.Findings {
		if !t.o.All && (f.Effect == configs.Honoured || f.Effect == configs.Default) {
			continue
		}
		if first {
			fmt.Fprintln(t.w)
			first = false
		}
		t.finding(f)
	}
}

func (t *texter) finding(f assemble.Finding) {
	word, color := label(f)
	text := f.Text
	if text == "" {
		text = f.Path
	}
	fmt.Fprintf(t.w, "%s: %s: %s", f.Pos, t.paint(color, word), text)
	if f.Code != "" {
		fmt.Fprintf(t.w, " %s", t.paint(grey, "["+f.Code+"]"))
	}
	fmt.Fprintln(t.w)
	if f.Remedy != "" {
		fmt.Fprintln(t.w, "    viaduct.yaml:")
		for line := range strings.Lines(strings.TrimRight(f.Remedy, "\n") + "\n") {
			fmt.Fprint(t.w, "      ", line)
		}
	}
}

// label is how a finding is announced, and its colour.
func label(f assemble.Finding) (word, color string) {
	switch {
	case f.Stops:
		return string(f.Effect), red
	case f.Effect == configs.Honoured || f.Effect == configs.Default:
		return string(f.Effect), green
	case f.Effect == configs.Warning || f.Effect == configs.Refused || f.Effect == configs.PassedThrough:
		return string(f.Effect), yellow
	default:
		return string(f.Effect), grey
	}
}

func (t *texter) total(reports []*assemble.Report) {
	good := 0
	for _, r := range reports {
		if r.OK() {
			good++
		}
	}
	fmt.Fprintf(t.w, "\n%s: %d would start as they are\n", count(len(reports), "file"), good)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
