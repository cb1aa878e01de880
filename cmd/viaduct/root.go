package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes (design, section 5).
const (
	exitDone    = 0
	exitFailure = 1
	exitUsage   = 2
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// usageError is a mistake on the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	ctx, stop := withSignals(ctx)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(s.err, "viaduct:", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(s.err, "Run \"viaduct help\" for the commands and their flags.")
		return exitUsage
	}
	return exitFailure
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "viaduct",
		Short: "Run the XML configuration of a WCF service without Windows",
		Long: `Viaduct hosts the endpoints that a web.config or app.config declares, receives
SOAP messages, chooses the endpoint and hands each message on.

Start with "viaduct demo", then "viaduct serve web.config".`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newServe(s), newCall(s), newDemo(s), newVersion(s))
	return root
}

// exactly is cobra.ExactArgs with the exit code of a usage error.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s takes %s; see \"viaduct help %s\"", c.Name(), what, c.Name())}
		}
		return nil
	}
}
