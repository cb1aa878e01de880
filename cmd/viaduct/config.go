package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/viaduct-soap/viaduct/configs"
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
				return printJSON(s, values)
			}
			for _, v := range values {
				if v.Default && !o.all {
					continue
				}
				if _, err := fmt.Fprintln(s.out, v); err != nil {
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

func newConfigDiff(s streams) *cobra.Command {
	var o configOptions
	c := &cobra.Command{
		Use:   "diff OLD.config NEW.config",
		Short: "Print what a reload with another file would change",
		Long: `Diff compares the effective configurations of two files: + is new, - is gone,
~ has another value. Places and the order of things do not count, nor whether a
default is written. The exit code is 1 when there is a difference.`,
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
				err = printJSON(s, changes)
			} else {
				for _, x := range changes {
					if _, err = fmt.Fprintln(s.out, x); err != nil {
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
