package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type object = map[string]any

// TestSchema: docs/viaduct.schema.json says what the table says. After a change
// run go test ./internal/settings -update.
func TestSchema(t *testing.T) {
	t.Parallel()
	same(t, schemaFile, schemaText(t))
}

func schemaText(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(schema()))
	return b.Bytes()
}

func schema() object {
	s := groupSchema("")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "Settings of Viaduct (viaduct.yaml)"
	return s
}

// groupSchema is the schema of a mapping. A key without a value stands for an
// empty mapping, where nothing is required.
func groupSchema(path string) object {
	properties := object{}
	var required []string
	var ways []any
	for _, key := range keysOf(path) {
		r := row(group{path: path}.join(key))
		properties[key] = rowSchema(r)
		if r.Required {
			required = append(required, key)
		}
		if r.OneOf {
			ways = append(ways, object{"required": []string{key}})
		}
	}
	out := object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if required != nil || ways != nil {
		out["type"] = "object"
	}
	if required != nil {
		out["required"] = required
	}
	if ways != nil {
		out["oneOf"] = ways
	}
	return out
}

func rowSchema(r *Row) object {
	var out object
	switch item, isList := strings.CutPrefix(r.Type, "list of "); {
	case isList:
		one := valueSchema(r, item)
		out = object{"anyOf": []any{one, object{"type": []string{"array", "null"}, "items": one}}}
	case r.Type == "group":
		out = groupSchema(r.Name)
	case r.Type == "list":
		out = object{"type": []string{"array", "null"}, "items": groupSchema(r.Name + "[]")}
	default:
		out = valueSchema(r, r.Type)
	}
	out["description"] = r.Meaning
	if r.Default != "" {
		out["default"] = typed(r)
	}
	return out
}

// valueSchema is the schema of one value.
func valueSchema(r *Row, kind string) object {
	pattern := func(p string) object { return object{"type": "string", "pattern": p} }
	whole := object{"type": "integer", "minimum": r.Min}
	switch kind {
	case "bool":
		return object{"type": "boolean"}
	case "enum":
		return object{"enum": r.Values}
	case "int", "percent":
		if r.Max > 0 {
			whole["maximum"] = r.Max
		}
		return whole
	case "size":
		return object{"anyOf": []any{whole, pattern(`^[0-9]+ *([kKMGT]i?B|B)?$`)}}
	case "duration":
		return object{"anyOf": []any{pattern(`^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`), object{"const": 0}}}
	case "address":
		if r.Process {
			return pattern(`^$|:[0-9]{1,5}$`)
		}
		return pattern(`:[0-9]{1,5}$`)
	case "url", "prefixes":
		return pattern(`^[hH][tT][tT][pP][sS]?://`)
	case "secret":
		return pattern(`^(file|env):.`)
	case "sites":
		return pattern(`^[hH][tT][tT][pP][sS]? .*:[0-9]+:[^:]*$`)
	case "path":
		return pattern(`^/`)
	case "string", "name", "strings", "names":
		return object{"type": []string{"string", "number", "boolean"}} // a name or action may look like another type
	default:
		return object{"type": "string", "minLength": 1}
	}
}

// typed gives the default as JSON has it.
func typed(r *Row) any {
	switch r.Type {
	case "bool":
		return r.Default == "true"
	case "int", "size", "percent":
		if n, err := strconv.ParseInt(r.Default, 10, 64); err == nil {
			return n
		}
	}
	return r.Default
}

// TestSchema_samples: what the reader takes the schema takes, and what the
// schema refuses the reader refuses.
func TestSchema_samples(t *testing.T) {
	t.Parallel()
	d := json.NewDecoder(bytes.NewReader(schemaText(t)))
	d.DisallowUnknownFields() // a keyword that this test does not know
	s := &node{}
	require.NoError(t, d.Decode(s))
	good := samples(t)
	for name, text := range examples {
		good["example "+name] = text
	}
	for way := range 3 {
		good[fmt.Sprint("everything ", way)] = everything(way)
	}
	for i, text := range PendingSamples() {
		good[fmt.Sprint("pending ", i)] = text
	}
	for name, text := range good {
		_, err := Parse(name, []byte(text), Overrides{})
		require.NoError(t, err, name)
		assert.NoError(t, s.validate(load(t, text), "$"), "%s\n%s", name, text)
	}
	for _, text := range []string{
		"lgo: {}",
		"log: {lvel: info}",
		"log: {level: loud}",
		"log: {access: 'yes'}",
		"log: info",
		"log: [a]",
		"sockets: {address: ':1'}",
		"sockets: [{scheme: http}]",
		"sockets: [{address: 8000}]",
		"services: [{name: a}]",
		"services: [{name: a, builtin: echo, unused: true}]",
		"contracts: [{name: a, operations: [{name: b}]}]",
		"endpoints: [{name: a, health: {interval: 1s}}]",
		"endpoints: [{name: a, weight: 0}]",
		"endpoints: [{name: a, eject: {most: 101}}]",
		"endpoints: [{name: a, deadline: 5}]",
		"soap: {headers: -1}",
		"limits: {spool: 1 Megabyte}",
		"admin: {token: secret}",
		"wsa: {replyTargets: [callback.example]}",
		"hosting: {bindings: ['net.tcp 808:*']}",
		"trustedProxies: {a: b}",
	} {
		_, err := Parse("s", []byte(text), Overrides{})
		require.Error(t, err, text)
		assert.Error(t, s.validate(load(t, text), "$"), text)
	}
}

func load(t *testing.T, text string) any {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(text), &v), text)
	return v
}

// node is a schema with the keywords that this one uses.
type node struct {
	Type       words            `json:"type"`
	Enum       []any            `json:"enum"`
	Const      *float64         `json:"const"`
	Minimum    *float64         `json:"minimum"`
	Maximum    *float64         `json:"maximum"`
	Pattern    string           `json:"pattern"`
	MinLength  int              `json:"minLength"`
	AnyOf      []*node          `json:"anyOf"`
	OneOf      []*node          `json:"oneOf"`
	Properties map[string]*node `json:"properties"`
	Additional *bool            `json:"additionalProperties"`
	Required   []string         `json:"required"`
	Items      *node            `json:"items"`

	Schema      string `json:"$schema"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Default     any    `json:"default"`
}

// words is one word or several.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// validate checks a value against a schema.
func (s *node) validate(v any, at string) error {
	n, isNumber := number(v)
	text, isText := v.(string)
	for keyword, wrong := range map[string]bool{
		"type":      len(s.Type) > 0 && !slices.ContainsFunc(s.Type, func(name string) bool { return hasType(v, name) }),
		"enum":      s.Enum != nil && !slices.Contains(s.Enum, v),
		"const":     s.Const != nil && (!isNumber || n != *s.Const),
		"minimum":   s.Minimum != nil && isNumber && n < *s.Minimum,
		"maximum":   s.Maximum != nil && isNumber && n > *s.Maximum,
		"minLength": isText && len(text) < s.MinLength,
		"pattern":   s.Pattern != "" && isText && !regexp.MustCompile(s.Pattern).MatchString(text),
		"anyOf":     s.AnyOf != nil && holding(s.AnyOf, v) == 0,
		"oneOf":     s.OneOf != nil && holding(s.OneOf, v) != 1,
	} {
		if wrong {
			return fmt.Errorf("%s: %s does not hold for %v", at, keyword, v)
		}
	}
	return s.inside(v, at)
}

// holding counts the schemas that hold for a value.
func holding(list []*node, v any) int {
	n := 0
	for _, s := range list {
		if s.validate(v, "") == nil {
			n++
		}
	}
	return n
}

// inside checks what stands in a mapping or a list.
func (s *node) inside(v any, at string) error {
	if list, ok := v.([]any); ok && s.Items != nil {
		for i, value := range list {
			if err := s.Items.validate(value, at+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	}
	m, ok := v.(object)
	if !ok {
		return nil
	}
	for key, value := range m {
		p, known := s.Properties[key]
		if !known && s.Additional != nil && !*s.Additional {
			return fmt.Errorf("%s: unknown key %s", at, key)
		}
		if known {
			if err := p.validate(value, at+"."+key); err != nil {
				return err
			}
		}
	}
	for _, key := range s.Required {
		if _, there := m[key]; !there {
			return fmt.Errorf("%s: %s is missing", at, key)
		}
	}
	return nil
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func hasType(v any, name string) bool {
	n, isNumber := number(v)
	switch v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case []any:
		return name == "array"
	case object:
		return name == "object"
	}
	return isNumber && (name == "number" || name == "integer" && n == math.Trunc(n))
}
