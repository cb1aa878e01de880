package assemble

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// Errors is everything that is wrong with a configuration and its settings,
// sorted by position. errors.As finds *configs.Error and *settings.Error in it.
type Errors []error

// Error gives one line, or more where a remedy takes more, for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors, as errors.Join does.
func (e Errors) Unwrap() []error { return e }

// subjectError is an error with what a setting would name to resolve it.
type subjectError struct {
	error
	subject string
}

// Unwrap gives the error itself.
func (e subjectError) Unwrap() error { return e.error }

// Join returns the errors, whatever they were joined by, as one sorted [Errors]
// without repeats; nil when there is none.
func Join(errs ...error) error {
	var all Errors
	for _, err := range errs {
		all = flatten(all, err)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b error) int { return place(a).Compare(place(b)) })
	return slices.CompactFunc(all, func(a, b error) bool { return a.Error() == b.Error() })
}

func flatten(all Errors, err error) Errors {
	if err == nil {
		return all
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			all = flatten(all, one)
		}
		return all
	}
	return append(all, err)
}

// position begins an error of the packages below, which know where an object
// comes from and not what a configuration is.
var position = regexp.MustCompile(`^(\S+?):(\d+):(\d+): `)

// place returns where an error is. Those without a place stand first: they
// concern the file as a whole.
func place(err error) source.Pos {
	if e, ok := errors.AsType[*configs.Error](err); ok {
		return e.Pos
	}
	if e, ok := errors.AsType[*settings.Error](err); ok {
		return e.Pos
	}
	m := position.FindStringSubmatch(err.Error())
	if m == nil {
		return source.Pos{}
	}
	line, _ := strconv.Atoi(m[2]) // digits
	column, _ := strconv.Atoi(m[3])
	return source.Pos{File: m[1], Line: line, Column: column}
}
