package archtest

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// maxFile and maxFunction are the bounds of the house style, in lines.
const (
	maxFile     = 500
	maxFunction = 80
)

// TestManual_packageComment wants "Package name ..." (or, for a program,
// "Command name ...") in doc.go.
func TestManual_packageComment(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		name := f.ast.Name.Name
		start := "Package " + name + " "
		if name == "main" {
			start = "Command " + f.pkg[strings.LastIndexByte(f.pkg, '/')+1:] + " "
		}
		said[f.pkg] = said[f.pkg] || (f.ast.Doc != nil && strings.HasPrefix(f.ast.Doc.Text(), start))
	}
	for _, pkg := range slices.Sorted(maps.Keys(said)) {
		assert.True(t, said[pkg], "package %s has no package comment; say in doc.go what it is, which specification it obeys and what it does not do", pkg)
	}
}

// TestManual_examples wants an Example that is run in every public package.
func TestManual_examples(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, f := range sources(t) {
		public := f.ast.Name.Name != "main" && !strings.HasPrefix(f.pkg, "internal/") && !slices.Contains(testOnly, f.pkg)
		if !public {
			continue
		}
		shown[f.pkg] = shown[f.pkg] || (f.test && hasExample(f.ast))
	}
	for _, pkg := range slices.Sorted(maps.Keys(shown)) {
		assert.True(t, shown[pkg], "package %s has no Example with an Output comment; show there how it is used", pkg)
	}
}

func hasExample(f *ast.File) bool {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Example") {
			continue
		}
		for _, c := range f.Comments {
			inside := fn.Body.Pos() < c.Pos() && c.Pos() < fn.Body.End()
			text := strings.ToLower(c.Text())
			if inside && (strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:")) {
				return true
			}
		}
	}
	return false
}

func TestManual_fileLength(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		assert.LessOrEqual(t, f.lines, maxFile, "%s has %d lines; split it by noun", f.name, f.lines)
	}
}

// TestManual_functionLength leaves tests alone: a test tells one story.
func TestManual_functionLength(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1
			assert.LessOrEqual(t, n, maxFunction, "%s: func %s has %d lines; give its steps names", f.set.Position(fn.Pos()), fn.Name.Name, n)
		}
	}
}
