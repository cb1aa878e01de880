package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// maxFileSize bounds the settings file; spec threats 3.1 allows 16 MiB, and no
// honest file of this kind comes near one.
const maxFileSize = 1 << 20

// Load reads the settings file at name. An empty name gives the defaults.
// Overrides may be nil. All errors are given at once as Errors, sorted by
// position; the Settings are then nil. A setting that nothing serves yet is an
// error here; Parse leaves it to Unbuilt.
func Load(name string, o Overrides) (*Settings, error) {
	var data []byte
	if name != "" {
		f, err := os.Open(name)
		if err != nil {
			return nil, Errors{{Pos: source.Pos{File: name}, Text: "cannot read the settings: " + plain(err)}}
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("not a regular file")
		}
		if err == nil {
			data, err = io.ReadAll(io.LimitReader(f, maxFileSize+1))
		}
		if err != nil {
			return nil, Errors{{Pos: source.Pos{File: name}, Text: "cannot read the settings: " + plain(err)}}
		}
	}
	s, err := Parse(name, data, o)
	if err != nil {
		return nil, err
	}
	if unbuilt := s.Unbuilt(); len(unbuilt) > 0 {
		return nil, unbuilt
	}
	return s, nil
}

func plain(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// Parse is Load for settings in memory; name stands in positions.
func Parse(name string, data []byte, o Overrides) (*Settings, error) {
	r := &reader{name: name, overrides: o}
	root := r.document(data)
	s := &Settings{Name: name, root: root, overrides: o}
	if len(r.errs) == 0 {
		r.settings(s, group{path: "", keys: r.mapping(root, "")})
	}
	if len(r.errs) > 0 {
		return nil, r.errs.sorted()
	}
	return s, nil
}

// reader walks the nodes of one file against the table.
type reader struct {
	name      string
	overrides Overrides
	errs      Errors
	unbuilt   Errors // what is written and pending
}

// group is one mapping of the file, or nothing where it is not written.
type group struct {
	path string // as in Reference
	node *yaml.Node
	keys map[string]*yaml.Node
}

// has reports whether a key is written.
func (g group) has(key string) bool {
	_, ok := g.keys[key]
	return ok
}

func (g group) join(key string) string {
	if g.path == "" {
		return key
	}
	return g.path + "." + key
}

func (r *reader) at(n *yaml.Node) source.Pos {
	if n == nil {
		return source.Pos{File: r.name}
	}
	return source.Pos{File: r.name, Line: n.Line, Column: n.Column}
}

func (r *reader) fail(n *yaml.Node, path, format string, args ...any) {
	r.errs = append(r.errs, &Error{Pos: r.at(n), Path: path, Text: fmt.Sprintf(format, args...)})
}

// document gives the root mapping, or nil for an empty file.
func (r *reader) document(data []byte) *yaml.Node {
	if len(data) > maxFileSize {
		r.fail(nil, "", "the settings are larger than 1 MiB")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	err := d.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		r.errs = append(r.errs, syntaxError(r.name, err))
		return nil
	}
	var second yaml.Node
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		r.fail(nil, "", "the settings are one YAML document; remove what stands behind the second ---")
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil
	}
	return doc.Content[0]
}

// syntaxError keeps the line that yaml names, and drops what it may quote.
func syntaxError(name string, err error) *Error {
	p := source.Pos{File: name}
	text := err.Error()
	if i := strings.Index(text, "line "); i >= 0 {
		_, _ = fmt.Sscanf(text[i:], "line %d", &p.Line)
	}
	return &Error{Pos: p, Text: "not well-formed YAML; look at indentation (spaces, no tabs), colons and quotation marks near this line"}
}

func isNull(n *yaml.Node) bool { return n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// mapping checks the keys of a group against the table.
func (r *reader) mapping(n *yaml.Node, path string) map[string]*yaml.Node {
	if isNull(n) {
		if n != nil {
			r.complete(n, path, nil)
		}
		return nil
	}
	what := path
	if what == "" {
		what = "the settings"
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, path, "%s: write keys and values (key: value)%s", what, aliasHint(n))
		return nil
	}
	known := keysOf(path)
	out := make(map[string]*yaml.Node, len(n.Content)/2)
	lines := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		full := group{path: path}.join(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, path, "%s: a key is a plain word", what)
		case slices.Contains(later, full):
			r.fail(key, full, "%s is known and not served yet; remove it", full)
		case !slices.Contains(known, key.Value):
			r.fail(key, full, "%s: unknown setting %s%s", what, quoteKey(key.Value), didYouMean(key.Value, known))
		case lines[key.Value] > 0:
			r.fail(key, full, "%s stands twice, first in line %d; keep one", full, lines[key.Value])
		default:
			lines[key.Value] = key.Line
			out[key.Value] = val
			r.pending(key, val, full)
		}
	}
	r.complete(n, path, out)
	return out
}

// pending notes what no code consumes yet.
func (r *reader) pending(key, val *yaml.Node, full string) {
	if slices.Contains(pending, full) || val.Kind == yaml.ScalarNode && slices.Contains(pending, full+"="+val.Value) {
		r.unbuilt = append(r.unbuilt, &Error{Pos: r.at(key), Path: full, Text: full + " is not built yet in this version; remove it"})
	}
}

// complete checks that what is required is there, and of alternatives one.
func (r *reader) complete(n *yaml.Node, path string, keys map[string]*yaml.Node) {
	g := group{path: path, node: n, keys: keys}
	var ways []string
	written, failed := 0, r.failed(g)
	for _, key := range keysOf(path) {
		full := g.join(key)
		rw := row(full)
		if rw.Required && !g.has(key) && !failed {
			r.fail(n, full, "%s is missing and required", full)
		}
		if rw.OneOf {
			ways = append(ways, key)
			if g.has(key) {
				written++
			}
		}
	}
	if len(ways) == 0 || written == 1 || r.failed(g) {
		return
	}
	what := path
	if name := keys["name"]; name != nil && strings.HasSuffix(path, "s[]") {
		what = strings.TrimSuffix(path, "s[]") + " " + quoteKey(name.Value)
	}
	r.fail(n, path, "%s: write exactly one of %s", what, spoken(ways))
}

// failed reports whether an error was found inside of a group already: it may be
// the reason why something is missing.
func (r *reader) failed(g group) bool {
	for _, e := range r.errs {
		if strings.HasPrefix(e.Path, g.path) && e.Pos.Line >= g.node.Line {
			return true
		}
	}
	return false
}

// spoken lists words for people: a, b and c.
func spoken(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func aliasHint(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		return "; anchors and aliases are not read"
	}
	return ""
}

// keysOf gives the names that may stand in a group, in the table's order.
func keysOf(path string) []string { return inGroup[path] }

func row(path string) *Row {
	if r, ok := byName[path]; ok {
		return r
	}
	return &Row{Name: path, Type: "string"}
}

// sub is a group inside a group.
func (r *reader) sub(g group, key string) group {
	path := g.join(key)
	n := g.keys[key]
	return group{path: path, node: n, keys: r.mapping(n, path)}
}

// items gives the entries of a list of groups.
func (r *reader) items(g group, key string) []group {
	path := g.join(key)
	n := g.keys[key]
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, path, "%s: write a list (- name: ...)%s", path, aliasHint(n))
		return nil
	}
	out := make([]group, 0, len(n.Content))
	for _, item := range n.Content {
		if isNull(item) {
			r.fail(item, path, "%s: an empty entry; remove the dash", path)
			continue
		}
		out = append(out, group{path: path + "[]", node: item, keys: r.mapping(item, path+"[]")})
	}
	return out
}
