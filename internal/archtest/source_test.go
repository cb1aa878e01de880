package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the import path of the module, with the slash behind it.
const module = "github.com/viaduct-soap/viaduct/"

var root = filepath.Join("..", "..")

// file is one parsed Go file of the module.
type file struct {
	name    string // path from the root, with slashes
	pkg     string // folder from the root, with slashes
	test    bool   // ends in _test.go
	lines   int
	imports []string // packages of this module, from the root
	set     *token.FileSet
	ast     *ast.File
}

var load = sync.OnceValues(func() ([]file, error) {
	var files []file
	err := walk(".go", func(name string, src []byte) error {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		one := file{
			name: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(string(src), "\n"), set: set, ast: f,
		}
		for _, spec := range f.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if dep, inside := strings.CutPrefix(target, module); inside {
				one.imports = append(one.imports, dep)
			}
		}
		files = append(files, one)
		return nil
	})
	return files, err
})

// sources returns the Go files of the module, whatever their build tags.
func sources(t *testing.T) []file {
	t.Helper()
	files, err := load()
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// walk reads the files of the module with that ending. Hidden folders, test
// data and nested modules are not of the module.
func walk(ending string, see func(name string, src []byte) error) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p != root && foreign(p, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ending) {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return see(filepath.ToSlash(rel), src)
	})
}

func foreign(dir, name string) bool {
	if strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "node_modules"}, name) {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
