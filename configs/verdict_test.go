package configs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAttributes_verdict gives each attribute a value that is not its default,
// makes its owner used, and looks for the verdict of the specification: before
// and after a constructor consumed it, and where messages pass through.
func TestAttributes_verdict(t *testing.T) {
	t.Parallel()
	for _, r := range specRows(t) {
		if r.name == "." {
			continue
		}
		rows := rowsOf(t, r.path)
		row := rows[len(rows)-1].attribute(r.name)
		if rows[0] == schemaAppSettings && r.name == "key" {
			continue
		}
		f, _ := reads(t, written(rows, r.name, pair(r.name, sample(row))))
		e := elementAt(f, rows)
		a := e.attr(r.name)
		void := false
		for x := e; x != nil; x = x.parent {
			x.used.Store(x.row.owns)
			void = void || x.void != "" || x.mapped
		}
		if void || len(e.owner().users) == 0 && strings.Contains(r.path, "routing/") {
			continue // something else counts, and says so (TestLoadWith_golden)
		}
		if a.row.when != nil {
			relevant, why := a.row.when(e)
			assert.True(t, relevant || why != "", r.id())
			if !relevant {
				x := findingOf(f, a)
				assert.True(t, x.Effect == NoEffect && strings.Contains(x.Text, why) || x.Effect == Default, "%s: %+v", r.id(), x)
				continue
			}
		}
		x := findingOf(f, a)
		consumed := a.consumed.Load()
		switch {
		case a.isDefault():
			assert.Equal(t, Default, x.Effect, r.id())
		case a.passable():
			assert.Equal(t, Refused, x.Effect, r.id())
		case r.verdict == VerdictHonour && a.refused(), r.verdict == VerdictNoEffect && a.refused(), r.verdict == VerdictRefuse, r.verdict == VerdictNotYet:
			assert.True(t, x.Effect == Refused && x.Stops(), "%s: %+v", r.id(), x)
		case r.verdict == VerdictNotYetSetting:
			assert.True(t, x.Effect == Refused && !x.Stops(), "%s: %+v", r.id(), x)
		case r.verdict == VerdictNoEffect:
			assert.Equal(t, NoEffect, x.Effect, r.id())
		case r.verdict == VerdictPass:
			assert.True(t, x.Effect == Refused && x.Stops(), "%s: %+v", r.id(), x)
		case consumed:
			assert.Equal(t, Honoured, x.Effect, r.id())
		default:
			assert.Equal(t, Unconsumed, x.Effect, r.id())
			a.consumed.Store(true)
			assert.Equal(t, Honoured, findingOf(f, a).Effect, r.id())
		}
		if r.verdict == VerdictPass || a.passable() {
			passes(e)
			assert.Equal(t, PassedThrough, findingOf(f, a).Effect, r.id())
		}
	}
}

// passes does what the assembler does for message security.
func passes(e *Element) {
	for x := e; x != nil; x = x.parent {
		if x.name == "security" {
			(&Security{Element: x}).PassThrough()
		}
	}
}

// findingOf is the finding at an attribute, or where the element speaks for it
// the element's.
func findingOf(f *File, a *attr) Finding {
	all := f.Findings()
	for e := a.el; e != nil; e = e.parent {
		want := e.pos
		if e == a.el {
			if i := slices.IndexFunc(all, func(x Finding) bool { return x.Pos == a.at }); i >= 0 {
				return all[i]
			}
		}
		if i := slices.IndexFunc(all, func(x Finding) bool { return x.Pos == want && x.Effect != Unused }); i >= 0 {
			return all[i]
		}
	}
	return Finding{}
}

// TestSchema_proof: every honoured row names a test of this program that changes
// the value and sees the behaviour change.
func TestSchema_proof(t *testing.T) {
	t.Parallel()
	tests := testNames(t)
	for _, r := range Schema() {
		id := r.Path + "/@" + r.Attribute
		if r.Attribute == "" || r.Verdict != VerdictHonour || len(r.Served) == 1 && r.Proof == "" {
			continue // of one value that is served, TestAttributes_verdict sees all others refused
		}
		if r.Proof == "" {
			assert.Fail(t, "no test proves it", id)
			continue
		}
		assert.True(t, tests[r.Proof], "%s names %s, and there is no such test", id, r.Proof)
	}
}

// testNames are the test functions of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	name := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range name.FindAllSubmatch(text, -1) {
			out[string(m[1])] = true
		}
		return err
	})
	require.NoError(t, err)
	return out
}

// TestModel_complete: every attribute that is or will be honoured can be had
// from the model as a Value, and every Value has an attribute of its type.
func TestModel_complete(t *testing.T) {
	t.Parallel()
	reached := map[*attribute]bool{}
	fields := map[string]bool{} // field -> bound at least once
	var walk func(rows []*element)
	walk = func(rows []*element) {
		row := rows[len(rows)-1]
		f, _ := reads(t, written(rows, ""))
		rowOf := map[uintptr]*attr{}
		for _, root := range append(slices.Clone(f.roots), f.implied...) {
			collect(root, rowOf)
		}
		values(reflect.ValueOf(f), rowOf, reached, fields, map[uintptr]bool{})
		for _, c := range row.children {
			walk(append(append([]*element(nil), rows...), c))
		}
	}
	for _, r := range schemaRoots {
		walk([]*element{r})
	}
	for f, bound := range fields {
		assert.True(t, bound, "%s is bound to no attribute", f)
	}
	for _, r := range specRows(t) {
		if r.name == "." || r.verdict == VerdictNoEffect || r.verdict == VerdictRefuse {
			continue
		}
		rows := rowsOf(t, r.path)
		if slices.ContainsFunc(rows, func(e *element) bool { return slices.Contains(textOnly, e.name) }) {
			continue
		}
		if slices.Contains(references, r.name) {
			continue
		}
		assert.True(t, reached[rows[len(rows)-1].attribute(r.name)], "%s is nowhere in the model", r.id())
	}
}

// references are followed by the loader: the model has what they lead to.
var references = []string{
	"behaviorConfiguration", "bindingConfiguration", "endpointConfiguration", "filter1", "filter2", "filterName", "endpointName", "backupList",
}

// textOnly are elements that are compared or refused as a whole.
var textOnly = []string{
	"secureConversationBootstrap", "localClientSettings", "localServiceSettings", "security", "message",
}

func collect(e *Element, out map[uintptr]*attr) {
	for _, a := range e.attrs {
		out[reflect.ValueOf(a).Pointer()] = a
	}
	for _, c := range e.children {
		collect(c, out)
	}
}

func values(v reflect.Value, rowOf map[uintptr]*attr, reached map[*attribute]bool, fields map[string]bool, seen map[uintptr]bool) {
	switch v.Kind() { //nolint:exhaustive // Other kinds hold no Value.
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] || v.Type() == reflect.TypeFor[*Element]() {
			return
		}
		seen[v.Pointer()] = true
		values(v.Elem(), rowOf, reached, fields, seen)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			values(v.Index(i), rowOf, reached, fields, seen)
		}
	case reflect.Struct:
		if strings.HasPrefix(v.Type().Name(), "Value[") {
			if a := rowOf[v.FieldByName("a").Pointer()]; a != nil {
				reached[a.row] = true
			}
			return
		}
		for i := range v.NumField() {
			field, name := v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name
			if !strings.HasPrefix(field.Type().Name(), "Value[") {
				values(field, rowOf, reached, fields, seen)
				continue
			}
			a := rowOf[field.FieldByName("a").Pointer()]
			fields[name] = fields[name] || a != nil
			if a != nil {
				reached[a.row] = true
			}
		}
	}
}
