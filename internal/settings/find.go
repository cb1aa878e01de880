package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// FileName is the name under which the settings file is looked for.
const FileName = "viaduct.yaml"

// Overrides are what flags and variables say. The zero Overrides says nothing.
type Overrides struct{ v *viper.Viper }

// NewOverrides binds the VIADUCT_ variables of Reference and those of the flags
// that it names (Row.Flag) and that were set. Flags go before variables. flags
// may be nil.
func NewOverrides(flags *pflag.FlagSet) (Overrides, error) {
	v := viper.New()
	if err := v.BindEnv("settings", "VIADUCT_SETTINGS"); err != nil {
		return Overrides{}, fmt.Errorf("bind VIADUCT_SETTINGS: %w", err)
	}
	bind := func(key, flag string) error {
		if flags == nil || flags.Lookup(flag) == nil || !flags.Lookup(flag).Changed {
			return nil
		}
		return v.BindPFlag(key, flags.Lookup(flag))
	}
	if err := bind("settings", "settings"); err != nil {
		return Overrides{}, fmt.Errorf("bind --settings: %w", err)
	}
	for i := range table {
		rw := &table[i]
		if !rw.Process {
			continue
		}
		if err := v.BindEnv(rw.Name, rw.Env()); err != nil {
			return Overrides{}, fmt.Errorf("bind %s: %w", rw.Env(), err)
		}
		if err := bind(rw.Name, rw.Flag()); err != nil {
			return Overrides{}, fmt.Errorf("bind --%s: %w", rw.Flag(), err)
		}
	}
	return Overrides{v: v}, nil
}

// lookup gives the overriding text and how messages name its source.
func (o Overrides) lookup(rw *Row) (text, where string, ok bool) {
	if o.v == nil || !rw.Process || !o.v.IsSet(rw.Name) {
		return "", "", false
	}
	return o.v.GetString(rw.Name), "--" + rw.Flag() + " or " + rw.Env(), true
}

// Find gives the settings file: the one that --settings or VIADUCT_SETTINGS
// names, else viaduct.yaml beside the WCF file, else viaduct.yaml in the working
// directory. It gives "" when there is none, and ErrNotFound when a named file
// does not exist.
func Find(o Overrides, configFile string) (string, error) {
	if o.v != nil {
		if name := o.v.GetString("settings"); name != "" {
			if !isFile(name) {
				return "", fmt.Errorf("%w: %s", ErrNotFound, name)
			}
			return name, nil
		}
	}
	places := []string{FileName}
	if configFile != "" {
		places = []string{filepath.Join(filepath.Dir(configFile), FileName), FileName}
	}
	for _, name := range places {
		if isFile(name) {
			return name, nil
		}
	}
	return "", nil
}

func isFile(name string) bool {
	info, err := os.Stat(strings.TrimSpace(name))
	return err == nil && info.Mode().IsRegular()
}
