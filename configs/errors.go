package configs

import (
	"errors"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Error is one thing that is wrong in a configuration file.
//
// Its text never holds the value of an attribute that may be a secret.
type Error struct {
	Pos  source.Pos // where; never zero for an error found in a file
	Path string     // element path from system.serviceModel on, with "/@name" for an attribute
	Code string     // identifier of the WCF message, e.g. ConfigInvalidBindingName; "" where WCF has none
	Text string     // what is wrong and what to do
	// Remedy is what to add to viaduct.yaml, in its syntax and ready to paste; ""
	// where only the file itself can be changed.
	Remedy string
}

// Error gives "file:line:column: text", and the remedy behind it.
func (e *Error) Error() string {
	text := e.Pos.String() + ": " + e.Text
	if e.Remedy != "" {
		text += "; add to viaduct.yaml:\n  " + strings.ReplaceAll(strings.TrimRight(e.Remedy, "\n"), "\n", "\n  ")
	}
	return text
}

// Errors is every error of one configuration, sorted by position. errors.As
// finds an *Error in it.
type Errors []*Error

// Error gives one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, x := range e {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors, as errors.Join does.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, x := range e {
		out[i] = x
	}
	return out
}

// Join sorts errors by position and returns them as one, or nil when there is
// none. An error that is neither *Error nor Errors stands behind the others.
func Join(errs ...error) error {
	var known Errors
	var rest []error
	for _, err := range errs {
		var one *Error
		var many Errors
		switch {
		case err == nil:
		case errors.As(err, &many):
			known = append(known, many...)
		case errors.As(err, &one):
			known = append(known, one)
		default:
			rest = append(rest, err)
		}
	}
	known.sort()
	switch {
	case len(rest) > 0 && len(known) > 0:
		return errors.Join(append([]error{known}, rest...)...)
	case len(rest) > 0:
		return errors.Join(rest...)
	case len(known) > 0:
		return known
	}
	return nil
}

// once drops repetitions: a service that IIS starts at two paths is resolved
// twice.
func (e Errors) once() Errors {
	seen := make(map[Error]bool, len(e))
	return slices.DeleteFunc(e, func(x *Error) bool {
		again := seen[*x]
		seen[*x] = true
		return again
	})
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int { return a.Pos.Compare(b.Pos) })
}
