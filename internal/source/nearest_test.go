package source_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/source"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"security", "readerQuotas", "name"}
	for in, want := range map[string]string{
		"sekurity": "security", "Security": "security", "securiti": "security", "securit": "security", "securityy": "security",
		"naem": "name", "x": "", "quotas": "", "": "",
	} {
		assert.Equal(t, want, source.Nearest(in, known), in)
	}
}
