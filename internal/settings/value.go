package settings

import (
	"errors"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Origin says who set a value.
type Origin string

// Origins.
const (
	FromDefault  Origin = "default"
	FromFile     Origin = "file"
	FromOverride Origin = "override" // a flag or a VIADUCT_ variable
)

// Value is one setting.
type Value[T any] struct {
	v      T
	Pos    source.Pos // of the value in the file; zero unless Origin is FromFile
	Origin Origin     // "" in a zero Value
}

// Get returns the value, or the default where the setting is not written.
func (v Value[T]) Get() T { return v.v }

// Written reports whether the file, a flag or a variable sets the value.
func (v Value[T]) Written() bool { return v.Origin == FromFile || v.Origin == FromOverride }

// Error is one thing that is wrong in the settings. Its text never quotes a
// value that may be a secret.
type Error struct {
	Pos  source.Pos
	Path string // name of the setting as in Reference, without list indices
	Text string // what is wrong and what to do
}

// Error gives "file:line:column: text", or the text alone for an override.
func (e *Error) Error() string {
	if e.Pos.IsZero() {
		return e.Text
	}
	return e.Pos.String() + ": " + e.Text
}

// Errors is everything that is wrong, sorted by position.
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

func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int { return a.Pos.Compare(b.Pos) })
	return e
}

// ErrNotFound is returned by Find for a file that was named and does not exist.
// Name another one with --settings or VIADUCT_SETTINGS.
var ErrNotFound = errors.New("settings: no such file")
