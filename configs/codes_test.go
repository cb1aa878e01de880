package configs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
)

// Each code that the sources of configs and of internal/iis write is explained,
// and each explanation is of a code that they can give.
func TestCodes_complete(t *testing.T) {
	t.Parallel()
	known := map[string]configs.CodeInfo{}
	for _, c := range configs.Codes() {
		assert.Empty(t, known[c.Code].Code, "twice")
		assert.NotEmpty(t, c.Title, c.Code)
		assert.NotEmpty(t, c.Explanation, c.Code)
		assert.NotEmpty(t, c.Remedy, c.Code)
		known[c.Code] = c
	}
	for code, where := range emitted(t) {
		assert.NotEmpty(t, known[code].Code, "%s gives code %s, which Codes does not explain", where, code)
	}
	for _, r := range configs.Schema() {
		if r.Code != "" {
			assert.NotEmpty(t, known[r.Code].Code, "%s/@%s: %s", r.Path, r.Attribute, r.Code)
		}
	}
	c, ok := configs.Explain("PLACEHOLDER-HOST")
	assert.True(t, ok)
	assert.Equal(t, "placeholder-host", c.Code)
	_, ok = configs.Explain("none")
	assert.False(t, ok)
}

var codeLike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// emitted gives the codes that stand in calls of fail, wrong, refuse, missing
// and Error, and in Code fields.
func emitted(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range []string{".", "../internal/iis"} {
		files, err := fs.Glob(os.DirFS(dir), "*.go")
		require.NoError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "codes") {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, filepath.Join(dir, name), nil, 0)
			require.NoError(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				for _, x := range codeExprs(n) {
					l, ok := x.(*ast.BasicLit)
					if !ok || l.Kind != token.STRING {
						continue
					}
					code, err := strconv.Unquote(l.Value)
					require.NoError(t, err)
					assert.NotEmpty(t, code, "%s: a code is missing", set.Position(l.Pos()))
					out[code] = set.Position(l.Pos()).String()
				}
				return true
			})
		}
	}
	return out
}

func codeExprs(n ast.Node) []ast.Expr {
	switch x := n.(type) {
	case *ast.KeyValueExpr:
		if k, ok := x.Key.(*ast.Ident); ok && k.Name == "Code" {
			return []ast.Expr{x.Value}
		}
	case *ast.CallExpr:
		name := ""
		switch f := x.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		at, known := map[string][]int{
			"fail": {0, 2}, "wrong": {0}, "refuse": {0}, "missing": {2}, "Error": {0}, "refuseUsed": {3},
		}[name]
		if !known {
			return nil
		}
		if name == "fail" && len(x.Args) > 3 {
			at = []int{2}
		}
		var out []ast.Expr
		for _, i := range at {
			if i < len(x.Args) {
				if l, ok := x.Args[i].(*ast.BasicLit); ok && (codeLike.MatchString(strings.Trim(l.Value, `"`)) || l.Value == `""`) {
					out = append(out, l)
				}
			}
		}
		return out
	}
	return nil
}
