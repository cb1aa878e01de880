package configs

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/source"
)

func TestSchema_rows(t *testing.T) {
	t.Parallel()
	verdicts := []Verdict{VerdictHonour, VerdictNoEffect, VerdictRefuse, VerdictNotYet, VerdictNotYetSetting}
	seen := map[string]bool{}
	for _, r := range Schema() {
		id := r.Path + "/@" + r.Attribute
		assert.False(t, seen[id], "%s stands twice", id)
		seen[id] = true
		assert.Contains(t, verdicts, r.Verdict, id)
		assert.NotEmpty(t, r.Section, id)
		for _, v := range r.Served {
			if len(r.Values) > 0 {
				assert.Contains(t, r.Values, v, id)
			}
		}
		if r.Verdict != VerdictHonour {
			assert.NotEmpty(t, r.Note, "%s has verdict %s and does not say why", id, r.Verdict)
		}
	}
	assert.Greater(t, len(seen), 250)
}

func TestSchema_defaults(t *testing.T) {
	t.Parallel()
	var walk func(e *element)
	walk = func(e *element) {
		for i := range e.attrs {
			if a := &e.attrs[i]; a.def != "" {
				_, err := a.parse(a.def)
				require.NoError(t, err, "%s/@%s", e.name, a.name)
			}
		}
		for _, c := range e.children {
			walk(c)
		}
	}
	for _, e := range []*element{schemaServiceModel, schemaWeb, schemaWebServer} {
		walk(e)
	}
}

// TestModel_attributes fails for a field whose name in the schema is misspelled
// or whose type is another one: such a Value would be empty for ever.
func TestModel_attributes(t *testing.T) {
	t.Parallel()
	b := &binder{doc: &document{}}
	m := &modeler{b: b, f: &File{}}
	build := func(row *element) *Element { return b.implied(row, source.Pos{}) }
	all := func(row *element) *Element { // every child, written or not
		e := build(row)
		for _, c := range row.children {
			if e.child(c.name) == nil {
				x := build(c)
				x.parent = e
				e.children = append(e.children, x)
			}
		}
		return e
	}
	ep := all(schemaEndpoint)
	for _, c := range ep.child("identity").row.children {
		ep.child("identity").children = append(ep.child("identity").children, build(c))
	}
	ep.children = append(ep.children[:0], ep.child("identity"))
	kinds := map[string]*Binding{}
	for _, kind := range []string{"basicHttpBinding", "wsHttpBinding"} {
		kinds[kind] = m.binding(kind, build(schemaBindings.lookup(kind).children[0]))
	}
	text := build(&textEncoding)
	custom := struct{ MessageVersion, WriteEncoding Value[string] }{
		value[string](text, "messageVersion"), value[string](text, "writeEncoding"),
	}
	https := transportOf(build(kindCustom.children[0].lookup("httpsTransport")))
	sb := serviceBehaviorOf(all(serviceBehavior))
	eb := endpointBehaviorOf(all(endpointBehavior))
	missing := map[string][]string{
		"basicHttpBinding": {
			"TransactionFlow", "AuthenticationScheme", "KeepAliveEnabled", "DecompressionEnabled", "ManualAddressing", "RequestInitTimeout",
			"RequireClientCert",
		},
		"wsHttpBinding": {
			"MaxBufferSize", "TransferMode", "AuthenticationScheme", "KeepAliveEnabled", "DecompressionEnabled", "ManualAddressing",
			"RequestInitTimeout", "RequireClientCert",
		},
	}
	for kind, x := range kinds {
		assert.ElementsMatch(t, missing[kind], unbound(*x), kind)
		assert.Empty(t, unbound(*x.Security))
		assert.Empty(t, unbound(*x.ReaderQuotas))
	}
	assert.Equal(t, []string(nil), unbound(https))
	assert.Empty(t, unbound(custom))
	assert.Empty(t, unbound(*m.endpoint(ep, &Service{})))
	for _, x := range []any{*sb, *sb.Debug, *sb.Metadata, *sb.Throttling, *sb.Routing, *eb} {
		assert.Empty(t, unbound(x), "%T", x)
	}
}

// unbound names the fields of a model struct that are Values without an
// attribute, or of another type than their row.
func unbound(x any) []string {
	var out []string
	v := reflect.ValueOf(x)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out = append(out, unbound(v.Field(i).Interface())...)
			continue
		}
		if !strings.HasPrefix(f.Type.Name(), "Value[") {
			continue
		}
		a := v.Field(i).FieldByName("a")
		if a.IsNil() {
			out = append(out, f.Name)
			continue
		}
		typ := valueType(a.Elem().FieldByName("row").Elem().FieldByName("typ").Uint())
		want := map[valueType]string{
			tBool: "Value[bool]", tInt: "Value[int64]", tTimeSpan: "Value[time.Duration]", tFlags: "Value[[]string]",
		}[typ]
		if want == "" {
			want = "Value[string]"
		}
		if f.Type.Name() != want {
			out = append(out, fmt.Sprintf("%s: %s is no %s", f.Name, f.Type.Name(), typ))
		}
	}
	return out
}
