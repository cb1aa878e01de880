package configs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSchema_rows(t *testing.T) {
	t.Parallel()
	verdicts := []Verdict{VerdictHonour, VerdictNoEffect, VerdictRefuse, VerdictNotYet, VerdictNotYetSetting, VerdictPass}
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
	for _, e := range schemaRoots {
		walk(e)
	}
}
