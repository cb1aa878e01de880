package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is all that was measured.
type report struct {
	b           *bench
	quick       bool
	comparisons []*comparison
	latency     *comparison
	streams     *streamMemory
	idle        *idleResult
}

func (r *report) add(c *comparison) { r.comparisons = append(r.comparisons, c) }

func kilobytes(octets int) string {
	if octets%1024 != 0 {
		return fmt.Sprintf("%.1f kB", float64(octets)/1024)
	}
	return fmt.Sprintf("%d kB", octets/1024)
}

// markdown writes everything; columns are padded so that a terminal shows them too.
func (r *report) markdown(ctx context.Context) string {
	var w strings.Builder
	r.machine(ctx, &w)
	for _, c := range r.comparisons {
		r.table(&w, c)
	}
	if r.latency != nil {
		r.table(&w, r.latency)
	}
	r.contenders(&w)
	r.streamText(&w)
	r.targets(&w)
	return w.String()
}

func (r *report) machine(ctx context.Context, w *strings.Builder) {
	fmt.Fprintf(w, "%d cores (%s), %s, %s, %s.\n", runtime.NumCPU(), cpuModel(), output(ctx, "uname", "-sr"), runtime.Version(), time.Now().Format(time.DateOnly))
	fmt.Fprintf(w, "%d keep-alive connections; median of %d interleaved rounds of %v each after %v of warm-up; load, back end and proxy share the cores.\n", r.b.conns, r.b.rounds, r.b.run, r.b.warm)
	if r.quick {
		w.WriteString("This was a quick run: its numbers are rough.\n")
	}
	if !r.b.counting {
		fmt.Fprintf(w, "Instructions were not counted: %s.\n", r.b.noCount)
	}
	w.WriteString("Routing by an HTTP field is no scenario: filters of WCF see none.\n\n")
}

func (r *report) table(w *strings.Builder, c *comparison) {
	fmt.Fprintf(w, "**%s**\n\n", c.title)
	rows := [][]string{{"proxy", "req/s", "× nginx", "CPU µs", "× nginx", "p50 µs", "p99 µs"}}
	if r.b.counting {
		rows[0] = append(rows[0], "instructions")
	}
	nginx := c.find("nginx")
	for _, x := range c.rows {
		if len(x.samples) == 0 {
			rows = append(rows, append([]string{x.proxy.name, "failed"}, make([]string, len(rows[0])-2)...))
			continue
		}
		ratio := func(of func(sample) float64) string {
			if nginx == nil || of(x.samples[0]) == 0 || nginx.median(of) == 0 {
				return "–"
			}
			return fmt.Sprintf("%.2f", x.median(of)/nginx.median(of))
		}
		cpu := "–"
		if x.proxy.proc != nil {
			cpu = fmt.Sprintf("%.1f", x.median(cpuOf)/1e3)
		}
		line := []string{
			x.proxy.name, fmt.Sprintf("%.0f", x.median(rateOf)), ratio(rateOf), cpu, ratio(cpuOf),
			fmt.Sprintf("%.0f", x.median(p50Of)/1e3), fmt.Sprintf("%.0f", x.median(p99Of)/1e3),
		}
		if r.b.counting {
			line = append(line, fmt.Sprintf("%.0f", x.median(instructionsOf)))
		}
		rows = append(rows, line)
	}
	grid(w, rows)
	for _, x := range c.rows {
		if x.failed != "" {
			fmt.Fprintf(w, "%s: %s\n\n", x.proxy.name, x.failed)
		}
	}
}

// grid writes a Markdown table with padded columns.
func grid(w *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, line := range rows {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for n, line := range rows {
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				w.WriteString("| " + cell + pad + " |")
			} else {
				w.WriteString(" " + pad + cell + " |")
			}
		}
		w.WriteString("\n")
		if n == 0 {
			for i, width := range widths {
				w.WriteString(map[bool]string{true: "|", false: ""}[i == 0] + strings.Repeat("-", width+1) + map[bool]string{true: "-", false: ":"}[i == 0] + "|")
			}
			w.WriteString("\n")
		}
	}
	w.WriteString("\n")
}

func (r *report) contenders(w *strings.Builder) {
	for _, x := range r.b.running {
		fmt.Fprintf(w, "- %s: %s\n", x.name, x.about)
	}
	if len(r.b.running) > 0 {
		w.WriteString("\n")
	}
}

func (r *report) streamText(w *strings.Builder) {
	if s := r.streams; s != nil {
		fmt.Fprintf(w, "Streams: %d at once of %d MiB, half up, half down, half chunked, every octet compared, slow readers on both sides: %d MiB in %.1f s; resident memory %.1f MiB idle, %.1f MiB at its peak.\n",
			s.Streams, s.size>>20, s.Octets>>20, s.Elapsed.Seconds(), mib(s.idle), mib(s.peak))
		if s.err != nil {
			fmt.Fprintf(w, "Streams failed: %v\n", s.err)
		}
		w.WriteString("\n")
	}
	if i := r.idle; i != nil {
		fmt.Fprintf(w, "Idle connections: %d more of them, each after one message, cost %.1f kB of resident memory each, %.1f kB after others worked for a while.\n", i.connections, float64(i.each)/1e3, float64(i.later)/1e3)
		if i.err != nil {
			fmt.Fprintf(w, "Idle connections failed: %v\n", i.err)
		}
		w.WriteString("\n")
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// targets compares with section 7 of the design.
func (r *report) targets(w *strings.Builder) {
	rows := [][]string{{"target", "wanted", "measured", ""}}
	judge := func(what string, value, limit float64, unit string) {
		verdict := "met"
		if value > limit {
			verdict = "missed"
		}
		rows = append(rows, []string{what, fmt.Sprintf("<= %g%s", limit, unit), fmt.Sprintf("%.2f%s", value, unit), verdict})
	}
	for _, c := range r.comparisons {
		of := func(what, other string, by func(sample) float64, limit float64) {
			a, b := c.find("viaduct"), c.find(other)
			if a == nil || b == nil || b.median(by) == 0 {
				return
			}
			judge(fmt.Sprintf("%s: %s of viaduct / %s", c.title, what, other), a.median(by)/b.median(by), limit, "")
		}
		if c.size == 1024 {
			of("CPU", "nginx", cpuOf, 3)
			of("CPU", "reverseproxy", cpuOf, 0.7)
		}
		if c.size == 102400 {
			of("CPU", "nginx", cpuOf, 1.5)
		}
		if r.b.counting {
			of("instructions", "viaduct-all", instructionsOf, 1.05)
		} else {
			of("CPU", "viaduct-all", cpuOf, 1.05) // a stand-in, with the noise of a time
		}
	}
	if s := r.streams; s != nil && s.err == nil {
		judge("streams: memory above idle", mib(s.peak-s.idle), 64, " MiB")
	}
	if i := r.idle; i != nil && i.err == nil {
		judge("idle connection", float64(i.each)/1e3, 20, " kB")
	}
	if len(rows) > 1 {
		grid(w, rows)
	}
}

// failure joins what went wrong; a missed target is not among it.
func (r *report) failure() error {
	var errs []error
	all := r.comparisons
	if r.latency != nil {
		all = append(slices.Clip(all), r.latency)
	}
	for _, c := range all {
		for _, x := range c.rows {
			if x.failed != "" {
				errs = append(errs, fmt.Errorf("%s, %s: %s", c.title, x.proxy.name, x.failed))
			}
		}
	}
	if r.streams != nil && r.streams.err != nil {
		errs = append(errs, fmt.Errorf("streams: %w", r.streams.err))
	}
	if r.idle != nil && r.idle.err != nil {
		errs = append(errs, fmt.Errorf("idle: %w", r.idle.err))
	}
	return errors.Join(errs...)
}

func output(ctx context.Context, args ...string) string {
	b, _ := exec.CommandContext(ctx, args[0], args[1:]...).Output()
	return strings.TrimSpace(string(b))
}

func cpuModel() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.SplitSeq(string(b), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

const markBegin, markEnd = "<!-- bench: begin -->\n", "<!-- bench: end -->\n"

// insert replaces what stands between the marks of a file, or the whole file.
func insert(path, text string) error {
	text = markBegin + text + markEnd
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	head, rest, ok := strings.Cut(string(old), markBegin)
	_, tail, ended := strings.Cut(rest, markEnd)
	if ok && ended {
		text = head + text + tail
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
