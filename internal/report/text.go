package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
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
	fmt.Fprintln(t.w, t.paint(bold, oneLine(title)))
	t.summary(r)
	t.services(r)
	t.findings(r)
}

// summary is the first thing that is read: whether serve would start, what runs,
// what needs a decision, what cannot run.
func (t *texter) summary(r *assemble.Report) {
	stops := 0
	for _, f := range r.Findings {
		if f.Stops {
			stops++
		}
	}
	if stops > 0 {
		fmt.Fprintf(t.w, "  %s %s\n", t.paint(red, fmt.Sprintf("%-17s", "does not start")), count(stops, "finding")+" to resolve")
	} else {
		fmt.Fprintf(t.w, "  %s with this configuration\n", t.paint(green, fmt.Sprintf("%-17s", "starts")))
	}
	n := outcomes(r)
	for _, o := range []assemble.Outcome{assemble.Runs, assemble.Decide, assemble.Cannot, assemble.Unused} {
		if n[o] > 0 {
			fmt.Fprintf(t.w, "  %s %s\n", t.paint(outcomeColor(o), fmt.Sprintf("%-17s", o)), count(n[o], "endpoint"))
		}
	}
	if len(r.Services) == 0 {
		fmt.Fprintln(t.w, "  declares no service")
	}
	c := Count(r)
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{
		{c[configs.Honoured], "honoured"},
		{c[configs.Default], "equal to the default"},
		{c[configs.Mapped], "mapped"},
		{c[configs.PassedThrough], "passed through"},
		{c[configs.NoEffect], "without effect"},
		{c[configs.Warning], "with a warning"},
		{c[configs.Refused] + c[configs.Unconsumed], "refused"},
		{c[configs.Unused], "unused"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(t.w, "  %-17s %s\n", "settings", strings.Join(parts, ", "))
	}
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
		fmt.Fprintf(t.w, "\n  service %s %s", oneLine(s.Name), t.paint(grey, "("+oneLine(s.Pos.String())+")"))
		if s.As != "" {
			fmt.Fprintf(t.w, ": %s", oneLine(s.As))
		}
		fmt.Fprintln(t.w)
		for _, e := range s.Endpoints {
			fmt.Fprintf(t.w, "    %s %s  %s  %s %s\n", t.paint(outcomeColor(e.Outcome), fmt.Sprintf("%-17s", e.Outcome)),
				oneLine(e.Name), address(e.Address), oneLine(e.Binding), t.paint(grey, "("+oneLine(e.Pos.String())+")"))
		}
		if len(s.Endpoints) == 0 {
			fmt.Fprintf(t.w, "    %s no endpoint\n", t.paint(outcomeColor(s.Outcome), fmt.Sprintf("%-17s", s.Outcome)))
		}
	}
}

// address shows one that is relative to something unknown in quotation marks.
func address(a string) string {
	if !strings.Contains(a, ":") {
		return strconv.Quote(a)
	}
	return oneLine(a)
}

func (t *texter) findings(r *assemble.Report) {
	first, later := true, 0
	undecided := slices.ContainsFunc(r.Services, func(s assemble.ServiceReport) bool {
		return s.As == "" && (s.Outcome == assemble.Decide || s.Outcome == assemble.Cannot)
	})
	for _, f := range r.Findings {
		switch {
		case t.o.All:
		case f.Effect == configs.Honoured || f.Effect == configs.Default:
			continue
		case f.Effect == configs.Unused && undecided:
			later++
			continue
		}
		if first {
			fmt.Fprintln(t.w)
			first = false
		}
		t.finding(f)
	}
	if later > 0 {
		fmt.Fprintf(t.w, "\n%s unused as long as services need a decision; --all lists them\n", count(later, "element")+verb(later))
	}
}

func (t *texter) finding(f assemble.Finding) {
	word, color := label(f)
	text := f.Text
	if text == "" {
		text = f.Path
	}
	if f.Pos.File != "" || f.Pos.Line > 0 {
		fmt.Fprintf(t.w, "%s: ", oneLine(f.Pos.String()))
	}
	fmt.Fprintf(t.w, "%s: %s", t.paint(color, word), oneLine(text))
	if f.Code != "" {
		fmt.Fprintf(t.w, " %s", t.paint(grey, "["+f.Code+"]"))
	}
	fmt.Fprintln(t.w)
	if f.Remedy != "" {
		fmt.Fprintln(t.w, "    viaduct.yaml:")
		for line := range strings.Lines(strings.TrimRight(Visible(f.Remedy), "\n") + "\n") {
			fmt.Fprint(t.w, "      ", line)
		}
	}
}

func verb(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// label is how a finding is announced, and its colour.
func label(f assemble.Finding) (word, color string) {
	switch {
	case f.Stops && f.Effect != configs.Refused && f.Effect != configs.Unconsumed:
		return string(f.Effect) + ", refused by --strict", red
	case f.Stops:
		return string(f.Effect), red
	case f.Effect == configs.Refused:
		return "refused, and left out", yellow // the rest starts without it
	case f.Effect == configs.Honoured || f.Effect == configs.Default:
		return string(f.Effect), green
	case f.Effect == configs.Warning || f.Effect == configs.PassedThrough:
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
