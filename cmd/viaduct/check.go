package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/report"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// checkOptions are the flags of check.
type checkOptions struct {
	format  string
	explain string
	strict  bool
	all     bool
	build   buildOptions
	load    configs.LoadOptions
}

func newCheck(s streams) *cobra.Command {
	var o checkOptions
	c := &cobra.Command{
		Use:   "check FILE.config|DIR",
		Short: "Say what becomes of every setting of a configuration",
		Long: `Check builds what serve would build, without opening a socket, and tells the
verdict on each element and attribute with its place: honoured, passed through,
without effect, refused and why. It says first what runs, what needs a decision
and what cannot run; each finding that settings would resolve gives the lines for
viaduct.yaml.

For a directory it looks at each configuration file in and below it that declares
system.serviceModel. The exit code is 1 when serve would refuse to start, or when
something could not be read.

The flags of serve that stand for settings are flags of check too.`,
		Example: `  viaduct check web.config
  viaduct check --format sarif . > viaduct.sarif
  viaduct check --explain ConfigInvalidBindingName`,
		Args: func(c *cobra.Command, args []string) error {
			if o.explain != "" {
				return exactly(0, "no file beside --explain")(c, args)
			}
			return exactly(1, "one configuration file or directory")(c, args)
		},
	}
	f := c.Flags()
	f.String("settings", "", "settings file; default: viaduct.yaml beside FILE.config (VIADUCT_SETTINGS)")
	f.StringVar(&o.format, "format", "text", "text, json or sarif")
	f.StringVar(&o.explain, "explain", "", "explain the code of a finding")
	f.BoolVar(&o.strict, "strict", false, "also refuse what has no effect and what is only a warning")
	f.BoolVar(&o.all, "all", false, "list settings that are honoured or equal to their default too")
	o.build.flags(f)
	loadFlags(f, &o.load)
	hiddenSettingFlags(f)
	c.RunE = func(c *cobra.Command, args []string) error {
		if o.explain != "" {
			return explainCode(s.out, o.explain)
		}
		return check(c, s, args[0], &o)
	}
	return c
}

var formats = []string{"text", "json", "sarif"}

func check(c *cobra.Command, s streams, name string, o *checkOptions) error {
	if !slices.Contains(formats, o.format) {
		return usageError{fmt.Errorf("--format %s: use one of %s", o.format, strings.Join(formats, ", "))}
	}
	files, err := configFiles(name)
	if err != nil {
		return err
	}
	overrides, err := settings.NewOverrides(c.Flags())
	if err != nil {
		return err
	}
	for _, err := range files.unread {
		fmt.Fprintf(s.err, "viaduct: passed over: %s\n", report.Visible(err.Error()))
	}
	good := len(files.unread) == 0
	reports := make([]*assemble.Report, 0, len(files.names))
	for _, file := range files.names {
		r, err := checkFile(file, overrides, o)
		if err != nil {
			return err
		}
		if o.strict {
			r.Strict()
		}
		good = good && r.OK()
		reports = append(reports, r)
	}
	if err := printReports(s, reports, o); err != nil {
		return err
	}
	if !good {
		return errFindings
	}
	return nil
}

// errFindings ends a command with exit code 1 when everything was said already.
var errFindings = errors.New("")

func printReports(s streams, reports []*assemble.Report, o *checkOptions) error {
	switch o.format {
	case "json":
		return report.JSON(s.out, reports)
	case "sarif":
		return report.SARIF(s.out, version, reports)
	default:
		return report.Text(s.out, reports, report.TextOptions{Color: colored(s.out), All: o.all})
	}
}

func checkFile(file string, overrides settings.Overrides, o *checkOptions) (*assemble.Report, error) {
	name, err := settings.Find(overrides, file)
	if err != nil {
		return nil, err
	}
	f, set, wrong := readBoth(file, name, overrides, o.load)
	b := o.build.options()
	b.Load = func() (*configs.File, *settings.Settings, error) { return loadBoth(file, name, overrides, o.load) }
	r := assemble.Check(f, set, wrong, b)
	r.File = file
	if name != "" {
		r.Settings = name
	}
	return r, nil
}

func explainCode(w io.Writer, code string) error {
	c, ok := report.Explain(code)
	if !ok {
		return usageError{fmt.Errorf("no code %q; \"viaduct check FILE\" gives the code of each finding in brackets behind it", code)}
	}
	_, err := fmt.Fprintf(w, "%s: %s\n\n%s\n\nWhat to do: %s\n", c.Code, c.Title, c.Explanation, c.Remedy)
	return err
}

// colored reports whether w is a terminal that wants colours (NO_COLOR).
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
