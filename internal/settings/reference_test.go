package settings

import (
	"reflect"
	"slices"
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
	for _, service := range []string{"services[].unused", "services[].builtin", "services[].forward"} {
		doc := everything(service)
		s, err := Parse("s", []byte(doc), Overrides{})
		if err != nil {
			continue
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
// name as a comment; of the three ways to stand in for a service all but one
// are left out.
func everything(service string) string {
	var b strings.Builder
	ways := []string{"services[].builtin", "services[].forward", "services[].unused"}
	open := map[string]bool{}
	for i := range table {
		r := &table[i]
		if slices.Contains(ways, r.Name) && r.Name != service {
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
		b.WriteString(indent + key + ":")
		switch r.Type {
		case "group", "list":
		default:
			b.WriteString(" " + example(r) + " # " + r.Name)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func example(r *Row) string {
	switch {
	case r.Name == "sockets[].scheme":
		return "https"
	case r.Name == "services[].unused":
		return "true"
	case len(r.Values) > 0:
		return r.Values[0]
	}
	switch r.Type {
	case "bool":
		return "false"
	case "int", "size":
		return "9999999"
	case "duration":
		return "7s"
	case "address":
		return `":7"`
	case "url":
		return "http://p:1"
	case "list of cidr":
		return "10.0.0.0/8"
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
