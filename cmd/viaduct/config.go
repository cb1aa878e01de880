package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/report"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

func newConfig(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show the effective configuration, or what two files differ in",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("config has no command %q; use show or diff", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newConfigShow(s), newConfigDiff(s))
	return c
}

// configOptions are the flags of both commands.
type configOptions struct {
	format string
	all    bool
	load   configs.LoadOptions
}

func (o *configOptions) flags(f *pflag.FlagSet) {
	f.String("settings", "", "settings file; default: viaduct.yaml beside FILE.config (VIADUCT_SETTINGS)")
	f.StringVar(&o.format, "format", "text", "text or json")
	loadFlags(f, &o.load)
}

func newConfigShow(s streams) *cobra.Command {
	var o configOptions
	c := &cobra.Command{
		Use:   "show FILE.config",
		Short: "Print every setting that counts, with its value and where it comes from",
		Long: `Show prints the configuration as it counts: after parent files, locations, included
files and defaults, and with the settings file. Each line has the path, the value
and the place that it comes from. Secrets are not shown.`,
		Args: exactly(1, "one configuration file"),
		RunE: func(c *cobra.Command, args []string) error {
			values, err := effective(c, args[0], &o)
			if err != nil {
				return err
			}
			if o.format == "json" {
				list := make([]*jsonValue, len(values))
				for i := range values {
					list[i] = jsonOf(&values[i])
				}
				return printJSON(s, list)
			}
			for i, v := range values {
				if !o.all && (v.Default || container(values, i)) {
					continue
				}
				if _, err := fmt.Fprintln(s.out, report.Visible(v.String())); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "also what equals its default")
	o.flags(c.Flags())
	return c
}

// container reports whether a value is an element that only holds what follows.
func container(values []configs.EffectiveValue, i int) bool {
	return !strings.Contains(values[i].Path, "@") && values[i].Value == "" &&
		slices.ContainsFunc(values[i+1:], func(v configs.EffectiveValue) bool {
			return !v.Default && strings.HasPrefix(v.Path, values[i].Path+"/")
		})
}

// told leaves out of the changes what only follows from others: the defaults of
// something that is new or gone, and elements that only hold what follows.
func told(changes []configs.Change) []configs.Change {
	var out []configs.Change
	for i, c := range changes {
		x := cmp.Or(c.New, c.Old)
		holds := !strings.Contains(c.Path, "@") && x.Value == "" && slices.ContainsFunc(changes[i+1:], func(n configs.Change) bool {
			return strings.HasPrefix(n.Path, c.Path+"/") && (n.New == nil) == (c.New == nil)
		})
		if !holds && (c.Old != nil && c.New != nil || !x.Default) {
			out = append(out, c)
		}
	}
	return out
}

// changeText tells a change on one line.
func changeText(c configs.Change) string {
	at := func(v *configs.EffectiveValue) string {
		if v.Pos.Line == 0 {
			return v.Value + ", the default"
		}
		return v.Value + " at " + v.Pos.String()
	}
	if c.Old == nil || c.New == nil {
		return c.String()
	}
	return fmt.Sprintf("~ %s: %s, was %s", c.Path, at(c.New), at(c.Old))
}

// The JSON forms.
type (
	jsonValue struct {
		Path    string     `json:"path"`
		Value   string     `json:"value"`
		Default bool       `json:"default"`
		At      *jsonPlace `json:"at,omitempty"` // nil: nothing is written
	}
	jsonPlace struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
	jsonChange struct {
		Path string     `json:"path"`
		Old  *jsonValue `json:"old,omitempty"`
		New  *jsonValue `json:"new,omitempty"`
	}
)

func jsonOf(v *configs.EffectiveValue) *jsonValue {
	if v == nil {
		return nil
	}
	x := &jsonValue{Path: v.Path, Value: v.Value, Default: v.Default}
	if v.Pos.Line > 0 {
		x.At = &jsonPlace{File: v.Pos.File, Line: v.Pos.Line, Column: v.Pos.Column}
	}
	return x
}

func newConfigDiff(s streams) *cobra.Command {
	var o configOptions
	c := &cobra.Command{
		Use:   "diff OLD.config NEW.config",
		Short: "Print what a reload with another file would change",
		Long: `Diff compares the effective configurations of two files: + is new, - is gone,
~ has another value. Places and the order of things do not count, nor whether a
default is written; the defaults of what is new or gone stand in the JSON form only. The exit code is 1 when there is a difference.`,
		Args: exactly(2, "two configuration files"),
		RunE: func(c *cobra.Command, args []string) error {
			old, err := effective(c, args[0], &o)
			if err != nil {
				return err
			}
			next, err := effective(c, args[1], &o)
			if err != nil {
				return err
			}
			changes := configs.Diff(old, next)
			if o.format == "json" {
				list := make([]jsonChange, len(changes))
				for i, x := range changes {
					list[i] = jsonChange{Path: x.Path, Old: jsonOf(x.Old), New: jsonOf(x.New)}
				}
				err = printJSON(s, list)
			} else {
				if short := told(changes); len(short) > 0 {
					changes = short
				}
				for _, x := range changes {
					if _, err = fmt.Fprintln(s.out, report.Visible(changeText(x))); err != nil {
						break
					}
				}
			}
			if err == nil && len(changes) > 0 {
				return errFindings
			}
			return err
		},
	}
	o.flags(c.Flags())
	return c
}

// effective reads a file and its settings.
func effective(c *cobra.Command, file string, o *configOptions) ([]configs.EffectiveValue, error) {
	if o.format != "text" && o.format != "json" {
		return nil, usageError{fmt.Errorf("--format %s: use text or json", o.format)}
	}
	overrides, err := settings.NewOverrides(c.Flags())
	if err != nil {
		return nil, err
	}
	name, err := settings.Find(overrides, file)
	if err != nil {
		return nil, err
	}
	f, set, err := loadBoth(file, name, overrides, o.load)
	if err != nil {
		return nil, err
	}
	values := f.Effective()
	for _, v := range set.Effective() {
		values = append(values, configs.EffectiveValue{Path: "viaduct.yaml/" + v.Path, Value: v.Value, Default: v.Default, Pos: v.Pos})
	}
	return values, nil
}

func printJSON(s streams, v any) error {
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
