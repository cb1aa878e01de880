package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// logBuffer bounds the log lines that wait for their sink, in octets.
const logBuffer = 4 << 20

func newServe(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve FILE.config",
		Short: "Host what a configuration declares until SIGTERM",
		Long: `Serve opens the sockets of FILE.config and handles messages until SIGTERM,
SIGINT or SIGHUP; then it takes no more, delivers what it has accepted, lets
exchanges in progress end, and exits. A second signal ends it at once. It prints
"ready" when all sockets are open. The log goes to standard error.

What a WCF file has no words for stands in viaduct.yaml beside it, or in the file
that --settings or VIADUCT_SETTINGS names. The other flags, and the variables
named with them, go before that file.`,
		Example: `  viaduct serve web.config
  viaduct serve web.config --settings production.yaml
  VIADUCT_LOG_FORMAT=json viaduct serve web.config`,
		Args: exactly(1, "one configuration file"),
	}
	c.Flags().String("settings", "", "settings file; default: viaduct.yaml beside FILE.config (VIADUCT_SETTINGS)")
	settingFlags(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		return serve(c.Context(), s, args[0], c.Flags())
	}
	return c
}

// settingFlags adds a flag for each setting that one may override.
func settingFlags(f *pflag.FlagSet) {
	for _, r := range settings.Reference() {
		if name := r.Flag(); name != "" {
			f.String(name, "", flagText(r))
		}
	}
}

// flagText explains a setting: what it means, what it may be, what it is unless
// it is given, and the variable of the same meaning.
func flagText(r settings.Row) string {
	text := strings.TrimSuffix(r.Meaning, ".")
	if len(r.Values) > 0 && !strings.Contains(text, r.Values[0]+":") {
		text += ": " + strings.Join(r.Values, ", ")
	}
	if d := cmp.Or(r.Default, r.Auto); d != "" {
		text += "; default: " + d
	}
	return text + " (" + r.Env() + ")"
}

func serve(ctx context.Context, s streams, file string, flags *pflag.FlagSet) error {
	overrides, err := settings.NewOverrides(flags)
	if err != nil {
		return err
	}
	name, err := settings.Find(overrides, file)
	if err != nil {
		return err
	}
	f, wrong := configs.LoadFile(file)
	set, err := settings.Load(name, overrides)
	if err := assemble.Join(wrong, err); err != nil {
		return err
	}
	w := admin.NewLogWriter(s.err, logBuffer)
	defer func() { _ = w.Close() }() // it never fails
	log := slog.New(logHandler(set, w))
	p, err := assemble.Build(f, set, assemble.Options{Log: log, AccessLog: w, LogDropped: w.Dropped})
	if err != nil {
		return err
	}
	for _, n := range p.Notices() {
		log.Warn("notice", "at", n.Pos.String(), "text", n.Text)
	}
	return p.Run(ctx, func() {
		for _, a := range p.Addresses() {
			log.Info("listening", "address", a)
		}
		_, _ = fmt.Fprintln(s.out, "ready") // who does not read it does not miss it
	})
}

func logHandler(set *settings.Settings, w io.Writer) slog.Handler {
	o := &slog.HandlerOptions{Level: set.LogLevel()}
	if set.Log.Format.Get() == "json" {
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewTextHandler(w, o)
}
