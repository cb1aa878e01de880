package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

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
		Long: `Serve opens the sockets of FILE.config and handles messages until SIGTERM
or SIGINT; then it takes no more, delivers what it has accepted, lets exchanges
in progress end, and exits. A second signal ends it at once. It prints "ready"
when all sockets are open. The log goes to standard error.

SIGHUP reads the files again and puts them in force without closing a connection;
a set with an error changes nothing, and the log says what is wrong.

What a WCF file has no words for stands in viaduct.yaml beside it, or in the file
that --settings or VIADUCT_SETTINGS names. The other flags, and the variables
named with them, go before that file.`,
		Example: `  viaduct serve web.config
  viaduct serve web.config --settings production.yaml
  VIADUCT_LOG_FORMAT=json viaduct serve web.config`,
		Args: exactly(1, "one configuration file"),
	}
	var b buildOptions
	var l configs.LoadOptions
	b.flags(c.Flags())
	loadFlags(c.Flags(), &l)
	c.Flags().String("settings", "", "settings file; default: viaduct.yaml beside FILE.config (VIADUCT_SETTINGS)")
	settingFlags(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		return serve(c.Context(), s, args[0], c.Flags(), b.options(), l)
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

// hiddenSettingFlags adds them for a command whose own flags they would bury.
func hiddenSettingFlags(f *pflag.FlagSet) {
	settingFlags(f)
	for _, r := range settings.Reference() {
		if name := r.Flag(); name != "" {
			f.Lookup(name).Hidden = true
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

func serve(ctx context.Context, s streams, file string, flags *pflag.FlagSet, o assemble.Options, l configs.LoadOptions) error {
	overrides, err := settings.NewOverrides(flags)
	if err != nil {
		return err
	}
	name, err := settings.Find(overrides, file)
	if err != nil {
		return err
	}
	load := func() (*configs.File, *settings.Settings, error) { return loadBoth(file, name, overrides, l) }
	f, set, err := load()
	if err != nil {
		return err
	}
	w := admin.NewLogWriter(s.err, logBuffer)
	defer func() { _ = w.Close() }() // it never fails
	log := slog.New(logHandler(set, w))
	o.Log, o.AccessLog, o.LogDropped, o.Load, o.Version = log, w, w.Dropped, load, version
	p, err := assemble.Build(f, set, o)
	if err != nil {
		return err
	}
	notices(log, p.Notices())
	hangup := make(chan os.Signal, 1)
	notifyReload(hangup)
	defer signal.Stop(hangup)
	var reloads sync.WaitGroup
	defer reloads.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reloads.Go(func() { reloadOn(ctx, hangup, log, p) })
	return p.Run(ctx, func() {
		for _, a := range p.Addresses() {
			log.Info("listening", "address", a)
		}
		_, _ = fmt.Fprintln(s.out, "ready") // who does not read it does not miss it
	})
}

// loadBoth reads the WCF file and its settings; the error names what is wrong in
// either.
func loadBoth(file, name string, o settings.Overrides, l configs.LoadOptions) (*configs.File, *settings.Settings, error) {
	if err := isFile(file); err != nil {
		return nil, nil, err
	}
	f, set, wrong := readBoth(file, name, o, l)
	if wrong != nil {
		return nil, nil, wrong
	}
	return f, set, nil
}

// readBoth is loadBoth that gives what it could read beside the errors. Either
// may be nil.
func readBoth(file, name string, o settings.Overrides, l configs.LoadOptions) (*configs.File, *settings.Settings, error) {
	set, err := settings.Load(name, o)
	if err == nil {
		l, err = assemble.LoadOptions(set, l)
	}
	f, wrong := configs.LoadFileWith(file, l)
	return f, set, assemble.Join(wrong, err)
}

// quiet is how long no signal may come before the files are read: whoever writes
// several of them, or signals in a loop, gets one reload (threats T-CFG-06).
const quiet = 250 * time.Millisecond

// reloadOn puts the files in force anew after each signal, until ctx ends. A bad
// set changes nothing.
func reloadOn(ctx context.Context, hangup <-chan os.Signal, log *slog.Logger, p *assemble.Program) {
	wait := time.NewTimer(quiet)
	wait.Stop()
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			wait.Reset(quiet)
		case <-wait.C:
			if changes, err := p.ReloadFiles(ctx); err == nil {
				notices(log, changes.Notices)
			}
		}
	}
}

func notices(log *slog.Logger, list []assemble.Notice) {
	for _, n := range list {
		log.Warn("notice", "at", n.Pos.String(), "text", n.Text)
	}
}

func logHandler(set *settings.Settings, w io.Writer) slog.Handler {
	o := &slog.HandlerOptions{Level: set.LogLevel()}
	if set.Log.Format.Get() == "json" {
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewTextHandler(w, o)
}
