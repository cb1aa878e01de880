package testbed

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Row is a given/then row of a specification: a line of fields between bars,
// the first of which is the id of the row. What the others mean is for the
// package to say whose rows they are.
type Row struct {
	Line   string // for messages
	Fields []string
}

// ID names the row in the specification.
func (r Row) ID() string { return r.Fields[0] }

// Rows are the rows of a file. Several may have one id.
type Rows []Row

// ReadRows reads a file of rows. Empty lines, and lines that begin with '#', are
// none; blanks around a field do not count.
func ReadRows(tb testing.TB, name string) Rows {
	tb.Helper()
	text, err := os.ReadFile(name)
	require.NoError(tb, err)
	var rows Rows
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		require.GreaterOrEqual(tb, len(fields), 4, line)
		rows = append(rows, Row{Line: line, Fields: fields})
	}
	return rows
}

// Complete asserts that no row of a group is missing: "BAS", 1, 3 asks for
// BAS-01, BAS-02 and BAS-03.
func (r Rows) Complete(tb testing.TB, group string, from, to int) {
	tb.Helper()
	for i := from; i <= to; i++ {
		id := fmt.Sprintf("%s-%02d", group, i)
		assert.True(tb, slices.ContainsFunc(r, func(row Row) bool { return row.ID() == id }), "row %s is in no line", id)
	}
}
