package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/report"
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
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take the process's own
	ctx, stop := withSignals(ctx)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	return fail(s.err, err)
}

// fail says what went wrong and returns the exit code. Errors of files stand
// one to a line, as compilers write them.
func fail(w io.Writer, err error) int {
	if errors.Is(err, errFindings) {
		return exitFailure // everything was said
	}
	if many, ok := errors.AsType[assemble.Errors](err); ok {
		fmt.Fprintln(w, report.Visible(many.Error()))
		if len(many) > 1 {
			fmt.Fprintf(w, "viaduct: %d errors\n", len(many))
		}
		return exitFailure
	}
	fmt.Fprintln(w, "viaduct:", report.Visible(err.Error()))
	if _, ok := errors.AsType[usageError](err); ok {
		if !strings.Contains(err.Error(), "viaduct help") {
			fmt.Fprintln(w, "Run \"viaduct help\" for the commands and their flags.")
		}
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

Start with "viaduct demo", then "viaduct check web.config".`,
		SilenceErrors:         true,
		SilenceUsage:          true,
		DisableFlagsInUseLine: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{unknownCommand(c, args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if !c.HasParent() {
			return usageError{err}
		}
		return usageError{fmt.Errorf("%w; see \"%s\"", err, helpOf(c))}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(newHelp(root))
	root.AddCommand(newServe(s), newCheck(s), newInit(s), newExplain(s), newConfig(s), newStatus(s), newReload(s), newCall(s), newDemo(s), newVersion(s))
	return root
}

// newHelp is cobra's help command, with the exit code of a usage error.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command and its flags",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageError{unknownCommand(c, strings.Join(args, " "))}
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// unknownCommand says which commands of c were probably meant.
func unknownCommand(c *cobra.Command, name string) error {
	if c.SuggestionsMinimumDistance <= 0 {
		c.SuggestionsMinimumDistance = 2 // cobra's own default, which it sets too late
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %s?", name, strings.Join(near, " or "))
	}
	return fmt.Errorf("unknown command %q", name)
}

// helpOf is the command line that explains c.
func helpOf(c *cobra.Command) string {
	return strings.Replace(c.CommandPath(), "viaduct", "viaduct help", 1)
}

// exactly is cobra.ExactArgs with the exit code of a usage error.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s takes %s; see \"%s\"", c.Name(), what, helpOf(c))}
		}
		if slices.Contains(args, "") {
			return usageError{fmt.Errorf("%s: the name of a file is empty; see \"%s\"", c.Name(), helpOf(c))}
		}
		return nil
	}
}
