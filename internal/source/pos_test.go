package source_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/source"
)

func ExamplePos_String() {
	p := source.Pos{File: "web.config", Line: 41, Column: 13}
	fmt.Printf("%v: unknown filterType\n", p)
	// Output: web.config:41:13: unknown filterType
}

func TestPos_String(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		pos  source.Pos
		want string
	}{
		{"all", source.Pos{File: "a.config", Line: 3, Column: 7}, "a.config:3:7"},
		{"no column", source.Pos{File: "a.config", Line: 3}, "a.config:3"},
		{"file only", source.Pos{File: "a.config"}, "a.config"},
		{"column without line", source.Pos{File: "a.config", Column: 7}, "a.config"},
		{"no file", source.Pos{Line: 3, Column: 7}, "3:7"},
		{"zero", source.Pos{}, "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.pos.String())
			assert.Equal(t, tt.name == "zero", tt.pos.IsZero())
		})
	}
}

func TestPos_Compare(t *testing.T) {
	t.Parallel()
	in := []source.Pos{{File: "b", Line: 1}, {File: "a", Line: 10}, {File: "a", Line: 9, Column: 5}, {File: "a", Line: 9, Column: 4}}
	slices.SortFunc(in, source.Pos.Compare)
	assert.Equal(t, []source.Pos{{File: "a", Line: 9, Column: 4}, {File: "a", Line: 9, Column: 5}, {File: "a", Line: 10}, {File: "b", Line: 1}}, in)
}
