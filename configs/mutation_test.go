package configs_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// everyMutation runs all mutations of all files instead of a sample.
const everyMutation = "VIADUCT_ALL_MUTATIONS"

// node is an element of a file that is written with one tag or attribute on a
// line, so that a mutation moves no line and a line names what it is about.
type node struct {
	name       string
	attrs      []xml.Attr
	kids       []*node
	parent     *node
	text       string
	start, end int // lines, from 1
}

// Any change of a file shows: as another effective value, or as an error or a
// finding at the place of the change. What equals the default is listed as such.
func TestMutations(t *testing.T) {
	t.Parallel()
	all := os.Getenv(everyMutation) != ""
	files := map[string]*node{}
	golden, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	for _, name := range golden {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		files[filepath.Base(name)] = parseNode(testbed.ParseGolden(data).Get("web.config"))
	}
	entries, err := os.ReadDir(corpus)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(corpus, e.Name()))
		require.NoError(t, err)
		files[e.Name()] = parseNode(data)
	}
	for seed := range uint64(60) {
		files[fmt.Sprintf("generated-%d", seed)] = generate(seed)
	}
	count := 0
	for name, root := range files {
		if root == nil || root.name != "configuration" {
			continue // no file whose content could change
		}
		most := 12
		if all {
			most = 1 << 30
		}
		count += mutateFile(t, name, root, most)
	}
	t.Logf("%d files, %d mutations; all of them with %s=1", len(files), count, everyMutation)
}

func mutateFile(t *testing.T, name string, root *node, most int) int {
	t.Helper()
	lines := write(root)
	before := look(lines)
	var list []mutation
	root.walk(func(n *node) {
		if n.served() && !before.lost(n) {
			list = append(list, mutations(n)...)
		}
	})
	seed := rand.New(rand.NewPCG(7, uint64(len(lines))))
	seed.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	list = list[:min(most, len(list))]
	for _, m := range list {
		after := look(m.apply(slices.Clone(lines)))
		if why := compare(before, after, m); why != "" {
			assert.Fail(t, why, "%s: %s\n%s", name, m, strings.Join(lines[m.n.start-1:min(m.n.end, m.n.start+12)], "\n"))
		}
	}
	return len(list)
}

// seen is everything that reading a file gives, by line.
type seen struct {
	lines  map[string]int
	values map[int][]configs.EffectiveValue
	wrong  map[int]bool // lines with an error about a name or a whole item
}

// unread are parts of the codes of errors after which an element was left alone.
var unread = []string{
	"unrecognized", "Duplicate", "already", "repeated", "unique", "ource", "NotFound", "ElementName", "BehaviorType", "unsupported",
}

func look(lines []string) seen {
	s := seen{lines: map[string]int{}, values: map[int][]configs.EffectiveValue{}, wrong: map[int]bool{}}
	f, err := configs.Parse("w", []byte(strings.Join(lines, "\n")))
	if errs, ok := errors.AsType[configs.Errors](err); ok {
		for _, e := range errs {
			s.lines[fmt.Sprintf("%d error %s %s %s", e.Pos.Line, e.Path, e.Code, e.Text)] = e.Pos.Line
			if slices.ContainsFunc(unread, func(part string) bool { return strings.Contains(e.Code, part) }) {
				s.wrong[e.Pos.Line] = true
			}
		}
	}
	if f == nil {
		return s
	}
	for _, x := range f.Findings() {
		s.lines[fmt.Sprintf("%d finding %s %s %s", x.Pos.Line, x.Path, x.Effect, x.Text)] = x.Pos.Line
		if x.Code == "removed-item" {
			s.wrong[x.Pos.Line] = true
		}
	}
	for _, v := range f.Effective() {
		s.lines[fmt.Sprintf("%d value %s %s", v.Pos.Line, v.Path, v.Value)] = v.Pos.Line
		s.values[v.Pos.Line] = append(s.values[v.Pos.Line], v)
	}
	return s
}

// lost reports whether an element is in an error already, so that what stands in
// it was not read.
func (s seen) lost(n *node) bool {
	for x := n; x != nil; x = x.parent {
		encrypted := slices.ContainsFunc(x.attrs, func(a xml.Attr) bool { return a.Name.Local == "configProtectionProvider" })
		if s.wrong[x.start] || encrypted {
			return true
		}
	}
	return false
}

// isDefault reports whether a value at the line is listed as the default.
func (s seen) isDefault(line int) bool {
	return slices.ContainsFunc(s.values[line], func(v configs.EffectiveValue) bool { return v.Default && strings.Contains(v.Path, "/@") })
}

func (s seen) hidden(line int) bool {
	return slices.ContainsFunc(s.values[line], func(v configs.EffectiveValue) bool { return strings.HasPrefix(v.Value, "(not shown") })
}

// compare says what is wrong; "" = the mutation shows where it should.
func compare(before, after seen, m mutation) string {
	gone, came, here := 0, 0, false
	for x, line := range before.lines {
		if _, ok := after.lines[x]; !ok {
			gone++
			here = here || line >= m.n.start && line <= m.n.end
		}
	}
	for x, line := range after.lines {
		if _, ok := before.lines[x]; !ok {
			came++
			here = here || line >= m.n.start && line <= m.n.end
		}
	}
	switch {
	case gone+came == 0 && m.silent(before, after):
		return ""
	case gone+came == 0:
		return "the mutation does not show"
	case m.what == "remove" || m.what == "move" || m.n.name == "clear" || m.n.name == "remove":
		return "" // what referred to it says so
	case !here:
		return "the mutation shows, but not at its place"
	}
	return ""
}

// silent tells the mutations that may change nothing.
func (m mutation) silent(before, after seen) bool {
	line := m.n.start + 1 + m.attr
	switch {
	case m.attr >= 0 && before.isDefault(line):
		return true // removed, or written in another way: listed as the default before
	case m.attr >= 0 && (before.hidden(line) || before.wrong[line]):
		return true // a secret, or an attribute that is in an error already
	case m.n.parent.name == "filters" && slices.ContainsFunc(m.n.parent.kids, func(k *node) bool { return k != m.n && slices.Equal(k.attrs, m.n.attrs) }):
		return true // the file has an exact repetition already
	case m.what == "duplicate" && slices.Contains([]string{"filter", "add", "filterTable", "backupList"}, m.n.name):
		return slices.Contains([]string{"filters", "filterTable", "filterTables", "backupLists", "namespaceTable"}, m.n.parent.name) // an exact repetition (1.4)
	case m.n.name == "clear":
		return true // nothing stands before it
	}
	return false
}

type mutation struct {
	n     *node
	attr  int // index of the attribute; -1 = the element
	what  string
	value string
}

func (m mutation) String() string {
	s := m.what + " " + m.n.name
	if m.attr >= 0 {
		s += "/@" + m.n.attrs[m.attr].Name.Local + " " + m.value
	}
	return fmt.Sprintf("%s at line %d", s, m.n.start)
}

func mutations(n *node) []mutation {
	var out []mutation
	for _, what := range []string{"rename", "remove", "duplicate"} {
		out = append(out, mutation{n, -1, what, ""})
	}
	if n.parent.served() {
		out = append(out, mutation{n, -1, "move", ""})
	}
	for i, a := range n.attrs {
		if a.Name.Local == "xmlns" || strings.HasPrefix(a.Name.Local, "xmlns:") || strings.HasPrefix(a.Name.Local, "lock") || a.Name.Local == "configSource" {
			continue // names nothing, or an error whatever it says
		}
		for _, what := range []string{"rename", "remove", "duplicate"} {
			out = append(out, mutation{n, i, what, ""})
		}
		for _, v := range []string{"wrong\u2603", a.Value + "1", other(a.Value)} {
			if v != a.Value {
				out = append(out, mutation{n, i, "set", v})
			}
		}
	}
	return out
}

// other is a value that is often legal where the first one is.
func other(v string) string {
	switch strings.ToLower(v) {
	case "true":
		return "false"
	case "false":
		return "true"
	case "none":
		return "Transport"
	case "transport", "message":
		return "None"
	case "":
		return "x"
	}
	if strings.Count(v, ":") == 2 {
		return "00:00:17"
	}
	if strings.Trim(v, "0123456789") == "" {
		return "4242"
	}
	return "x" + v
}

// apply changes the lines and moves none.
func (m mutation) apply(lines []string) []string {
	n := m.n
	if m.attr >= 0 {
		i, a := n.start+m.attr, n.attrs[m.attr]
		switch m.what {
		case "rename":
			lines[i] = attrText(a.Name.Local+"Q", a.Value)
		case "remove":
			lines[i] = ""
		case "duplicate":
			lines[i] += " " + lines[i]
		case "set":
			lines[i] = attrText(a.Name.Local, m.value)
		}
		return lines
	}
	whole := strings.Join(lines[n.start-1:n.end], " ")
	switch m.what {
	case "rename":
		lines[n.start-1] = strings.Replace(lines[n.start-1], "<"+n.name, "<"+n.name+"Q", 1)
		lines[n.end-1] = "</" + n.name + "Q>"
	case "duplicate":
		lines[n.end-1] += whole
	case "remove", "move":
		for i := n.start - 1; i < n.end; i++ {
			lines[i] = ""
		}
		if m.what == "move" {
			lines[n.parent.end-1] += whole
		}
	}
	return lines
}

// served: the element is below what Viaduct reads whole.
func (n *node) served() bool {
	return n != nil && n.parent != nil && (n.parent.name == "system.serviceModel" && n.parent.parent != nil && n.parent.parent.name == "configuration" || n.parent.served())
}

func (n *node) walk(f func(*node)) {
	f(n)
	for _, k := range n.kids {
		k.walk(f)
	}
}

func parseNode(data []byte) *node {
	data = []byte(strings.TrimPrefix(string(data), "\xef\xbb\xbf"))
	d := xml.NewDecoder(strings.NewReader(string(data)))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var root, top *node
	for {
		tok, err := d.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) && top == nil {
				return root
			}
			return nil
		}
		switch x := tok.(type) {
		case xml.StartElement:
			n := &node{name: full(x.Name), parent: top}
			for _, a := range x.Attr {
				n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: full(a.Name)}, Value: a.Value})
			}
			if top == nil {
				root = n
			} else {
				top.kids = append(top.kids, n)
			}
			top = n
		case xml.EndElement:
			if top == nil {
				return nil
			}
			top = top.parent
		case xml.CharData:
			if top != nil {
				top.text += strings.TrimSpace(string(x))
			}
		}
	}
}

func full(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func attrText(name, value string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(value))
	return " " + name + `="` + b.String() + `"`
}

// write gives the lines of a file: start tag, each attribute, content, end tag.
func write(root *node) []string {
	var lines []string
	var put func(n *node)
	put = func(n *node) {
		lines = append(lines, "<"+n.name)
		n.start = len(lines)
		for _, a := range n.attrs {
			lines = append(lines, attrText(a.Name.Local, a.Value))
		}
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(n.text))
		lines = append(lines, ">"+b.String())
		for _, k := range n.kids {
			put(k)
		}
		lines = append(lines, "</"+n.name+">")
		n.end = len(lines)
	}
	put(root)
	return lines
}

// generate makes a file out of the schema: any elements, any attributes, any
// legal values. Nothing in it need fit together.
func generate(seed uint64) *node {
	r := rand.New(rand.NewPCG(seed, 11))
	root := &node{name: "configuration"}
	at := map[string]*node{"": root}
	id := 0
	for _, row := range configs.Schema() {
		if row.Attribute == "" {
			dir, name := "", row.Path
			if i := strings.LastIndexByte(row.Path, '/'); i >= 0 {
				dir, name = row.Path[:i], row.Path[i+1:]
			}
			parent := at[dir]
			delete(at, row.Path)
			if parent == nil || dir != "" && r.IntN(100) < 60 || !strings.HasPrefix(row.Path, "system.serviceModel") {
				continue
			}
			n := &node{name: name, parent: parent}
			parent.kids = append(parent.kids, n)
			at[row.Path] = n
			continue
		}
		n := at[row.Path]
		if n == nil || !row.Required && r.IntN(100) < 40 {
			continue
		}
		id++
		n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: row.Attribute}, Value: legal(r, row, id)})
	}
	return root
}

func legal(r *rand.Rand, row configs.Row, id int) string {
	switch {
	case row.Default != "" && r.IntN(3) == 0:
		return row.Default
	case len(row.Values) > 0:
		return row.Values[r.IntN(len(row.Values))]
	}
	switch row.Type {
	case "bool":
		return []string{"true", "False"}[r.IntN(2)]
	case "int":
		return fmt.Sprint(max(row.Min, 1) + int64(r.IntN(60)))
	case "TimeSpan":
		return fmt.Sprintf("00:00:%02d", 1+r.IntN(58))
	case "Uri":
		return fmt.Sprintf("http://h%d/", id)
	case "Encoding":
		return "utf-16"
	}
	if row.Default != "" {
		return row.Default
	}
	return fmt.Sprintf("n%d", id)
}
