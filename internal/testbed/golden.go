package testbed

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden sections of txtar files")

// Section is one file of an archive.
type Section struct {
	Name string
	Data []byte
}

// Golden is an archive in txtar form: a comment, then sections that begin with
// a line "-- NAME --". A section's data ends with a line feed; one is added
// where it is missing.
type Golden struct {
	Comment  []byte
	Sections []Section
	changed  bool
}

// RunGoldens runs a sub-test for each archive that matches pattern. With
// -update the sections given to Check are rewritten.
func RunGoldens(t *testing.T, pattern string, run func(t *testing.T, g *Golden)) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, names, "no file matches %s", pattern)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			g := ParseGolden(data)
			run(t, g)
			if g.changed {
				require.NoError(t, os.WriteFile(name, g.Format(), 0o644))
			}
		})
	}
}

// ParseGolden reads an archive. Every input is one: what does not begin a
// section belongs to the section before it, or to the comment.
func ParseGolden(data []byte) *Golden {
	g := &Golden{}
	into := &g.Comment
	for len(data) > 0 {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line = data[:i+1]
		}
		data = data[len(line):]
		if name, ok := sectionName(line); ok {
			g.Sections = append(g.Sections, Section{Name: name})
			into = &g.Sections[len(g.Sections)-1].Data
			continue
		}
		*into = append(*into, line...)
	}
	return g
}

func sectionName(line []byte) (string, bool) {
	s := strings.TrimRight(string(line), "\r\n")
	if !strings.HasPrefix(s, "-- ") || !strings.HasSuffix(s, " --") || len(s) < len("-- x --") {
		return "", false
	}
	name := strings.TrimSpace(s[3 : len(s)-3])
	return name, name != ""
}

// Format writes the archive.
func (g *Golden) Format() []byte {
	b := endLine(bytes.Clone(g.Comment))
	for _, s := range g.Sections {
		b = append(b, "-- "+s.Name+" --\n"...)
		b = endLine(append(b, s.Data...))
	}
	return b
}

func endLine(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] != '\n' {
		b = append(b, '\n')
	}
	return b
}

// Get returns a section, or nil.
func (g *Golden) Get(name string) []byte {
	for _, s := range g.Sections {
		if s.Name == name {
			return s.Data
		}
	}
	return nil
}

// Has tells whether there is such a section.
func (g *Golden) Has(name string) bool {
	for _, s := range g.Sections {
		if s.Name == name {
			return true
		}
	}
	return false
}

// Check compares got with a section, or sets the section under -update.
func (g *Golden) Check(t *testing.T, name string, got []byte) {
	t.Helper()
	got = endLine(bytes.Clone(got))
	if !*update {
		assert.Equal(t, string(g.Get(name)), string(got), "section %s; -update rewrites it", name)
		return
	}
	if g.Has(name) && bytes.Equal(g.Get(name), got) {
		return
	}
	g.changed = true
	for i := range g.Sections {
		if g.Sections[i].Name == name {
			g.Sections[i].Data = got
			return
		}
	}
	g.Sections = append(g.Sections, Section{Name: name, Data: got})
}
