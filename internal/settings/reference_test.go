package settings

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReference_rows(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Reference() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			assert.True(t, strings.HasSuffix(r.Meaning, "."), "the meaning is a sentence")
			assert.Equal(t, r.Type == "enum", len(r.Values) > 0)
			assert.NotContains(t, later, r.Name)
			if r.Process {
				assert.NotContains(t, r.Name, "[", "overrides are for process scalars")
				assert.True(t, strings.HasPrefix(r.Env(), "VIADUCT_"))
			}
		})
		assert.False(t, seen[r.Name], "%s stands twice", r.Name)
		seen[r.Name] = true
		if i := strings.LastIndexByte(r.Name, '.'); i > 0 {
			assert.True(t, seen[strings.TrimSuffix(r.Name[:i], "[]")], "the group of %s stands before it", r.Name)
		}
	}
	for _, name := range append(slices.Clone(later), pending...) {
		name, _, _ = strings.Cut(name, "=")
		assert.Equal(t, slices.Contains(pending, name) || strings.Contains(name, "profile"), seen[name], "%s is known, or not", name)
	}
	assert.Equal(t, "VIADUCT_LIMITS_MESSAGE_MEMORY", row("limits.messageMemory").Env())
	assert.Equal(t, "limits-message-memory", row("limits.messageMemory").Flag())
}

func TestReference_defaults(t *testing.T) {
	t.Parallel()
	for i := range table {
		r := &table[i]
		if r.Default == "" {
			continue
		}
		var err error
		switch r.Type {
		case "bool":
			_, err = parseBool(r, r.Default)
		case "int", "size":
			_, err = parseNumber(r, r.Default)
		case "percent":
			_, err = parseNumber(r, r.Default)
		case "duration":
			_, err = parseDuration(r, r.Default)
		default:
			_, err = parseText(r, r.Default)
		}
		require.NoError(t, err, r.Name)
	}
}

// TestReference_everySettingIsRead sets every scalar of the table and looks for
// it in the structure: a row that nothing reads would be lost silently.
func TestReference_everySettingIsRead(t *testing.T) {
	t.Parallel()
	read := namesRead()
	for _, row := range table {
		if row.Type == "group" || row.Type == "list" {
			continue
		}
		assert.True(t, read[row.Name], "no code reads %s", row.Name)
	}
}

// namesRead parses documents that hold every setting, and gives the names of
// those whose values arrived.
func namesRead() map[string]bool {
	read := map[string]bool{}
	for way := range 3 {
		doc := everything(way)
		s, err := Parse("s", []byte(doc), Overrides{})
		if err != nil {
			panic(err)
		}
		lines := strings.Split(doc, "\n")
		walk(reflect.ValueOf(*s), func(line int) {
			if _, name, ok := strings.Cut(lines[line-1], "# "); ok {
				read[name] = true
			}
		})
	}
	return read
}

// everything writes the table as a document, one scalar a line, each with its
// name as a comment; of alternatives the one whose turn it is.
func everything(way int) string {
	var b strings.Builder
	open := map[string]bool{}
	for i := range table {
		r := &table[i]
		if left(r, way) {
			continue
		}
		depth := strings.Count(r.Name, ".")
		parts := strings.Split(r.Name, ".")
		key := parts[len(parts)-1]
		indent := strings.Repeat("    ", depth)
		if depth > 0 && strings.HasSuffix(parts[depth-1], "[]") && !open[strings.Join(parts[:depth], ".")] {
			open[strings.Join(parts[:depth], ".")] = true
			indent = indent[:len(indent)-2] + "- "
		}
		b.WriteString(indent + strings.TrimSuffix(key, "[]") + ":")
		switch r.Type {
		case "group", "list":
		default:
			b.WriteString(" " + example(r) + " # " + r.Name)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// parent is the group that a setting stands in.
func (g group) parent() string {
	i := strings.LastIndexByte(g.path, '.')
	return g.path[:max(i, 0)]
}

// left reports whether a row is left out because another alternative has its
// turn, or because it belongs to one.
func left(r *Row, way int) bool {
	if r.Name == "contracts[].portType" {
		return way%2 == 1
	}
	for name := r.Name; name != ""; name = strings.TrimSuffix((group{path: name}).parent(), "[]") {
		self := row(name)
		if !self.OneOf {
			continue
		}
		var ways []string
		for _, key := range keysOf(group{path: name}.parent()) {
			if full := (group{path: group{path: name}.parent()}).join(key); row(full).OneOf {
				ways = append(ways, full)
			}
		}
		if ways[way%len(ways)] != name {
			return true
		}
	}
	return false
}

func example(r *Row) string {
	switch {
	case r.Name == "sockets[].scheme":
		return "https"
	case r.Name == "services[].unused", r.Name == "endpoints[].health.tcp", r.Name == "endpoints[].mirror.compare":
		return "true"
	case r.Name == "endpoints[].balance":
		return "hash"
	case r.Name == "endpoints[].mirror.to":
		return "other"
	case len(r.Values) > 0:
		return r.Values[0]
	}
	switch r.Type {
	case "bool":
		return "false"
	case "int", "size", "percent":
		return strconv.FormatInt(cmp.Or(r.Max, 9999999), 10)
	case "duration":
		return "7s"
	case "address":
		return `":7"`
	case "url":
		return "http://p:1"
	case "list of networks", "list of targets":
		return "10.0.0.0/8"
	case "list of prefixes":
		return "https://h/p/"
	case "list of uris":
		return "urn:u"
	case "list of sites":
		return `"http *:80:"`
	case "path":
		return "/p"
	case "secret":
		return "env:NAME"
	}
	return "word"
}

// walk calls found for the line of every Value that came from the file.
func walk(v reflect.Value, found func(line int)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), found)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), found)
		}
	case reflect.Struct:
		switch x := v.Interface().(type) {
		case interface{ line() int }:
			if n := x.line(); n > 0 {
				found(n)
			}
			return
		case time.Time:
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), found)
			}
		}
	default:
	}
}

func (v Value[T]) line() int {
	if v.Origin == FromFile {
		return v.Pos.Line
	}
	return 0
}
