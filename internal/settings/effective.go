package settings

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// EffectiveValue is one setting as it counts.
type EffectiveValue struct {
	Path    string // sockets[0].address
	Value   string // "(not shown)" for a secret
	Default bool   // not written anywhere
	Pos     source.Pos
}

// Effective gives everything that the file, flags and variables say, and the
// defaults of the settings of the process, sorted by path.
func (s *Settings) Effective() []EffectiveValue {
	var out []EffectiveValue
	written := map[string]bool{}
	var walk func(n *yaml.Node, path, row string)
	walk = func(n *yaml.Node, path, row string) {
		switch n.Kind { //nolint:exhaustive // the reader has refused the rest
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				key := n.Content[i].Value
				walk(n.Content[i+1], group{path: path}.join(key), group{path: row}.join(key))
			}
		case yaml.SequenceNode:
			for i, c := range n.Content {
				walk(c, fmt.Sprintf("%s[%d]", path, i), row+"[]")
			}
		case yaml.ScalarNode:
			if _, _, over := s.overrides.lookup(rowOf(row)); over {
				return
			}
			written[row] = true
			out = append(out, EffectiveValue{Path: path, Value: shown(row, n.Value), Pos: source.Pos{File: s.Name, Line: n.Line, Column: n.Column}})
		}
	}
	if s.root != nil {
		walk(s.root, "", "")
	}
	for i := range table {
		r := &table[i]
		if !r.Process || written[r.Name] || r.Type == "group" {
			continue
		}
		v := EffectiveValue{Path: r.Name, Value: cmp.Or(r.Default, r.Auto), Default: true}
		if text, where, ok := s.overrides.lookup(r); ok {
			v = EffectiveValue{Path: r.Name, Value: shown(r.Name, text), Pos: source.Pos{File: where}}
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b EffectiveValue) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// rowOf finds the row of a setting; a Row without name where there is none, as
// for an item of a list of words.
func rowOf(name string) *Row {
	for i := range table {
		if table[i].Name == name {
			return &table[i]
		}
	}
	return &Row{}
}

// shown is a value, unless it is a secret.
func shown(name, value string) string {
	if rowOf(name).Type == "secret" {
		return "(not shown)"
	}
	return value
}
