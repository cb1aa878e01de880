package assemble_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// TestBuild_relaxed: SECURITY.md promises that what lowers its promises is said
// at start.
func TestBuild_relaxed(t *testing.T) {
	t.Parallel()
	plain := parts{
		endpoints: `<endpoint name="in" address="http://a/" ` + basic + " " + twoWay + `/>`,
		client:    `<endpoint name="back" address="http://b/" ` + basic + ` contract="*"/>`,
	}
	open := plain
	open.settings = "xml: {splitValue: join}\nhttp: {minRate: 0}\nlimits: {allowRaise: true}\n"
	p, err := build(open, assemble.Options{NoAdmin: true})
	require.NoError(t, err)
	said := fmt.Sprint(p.Notices())
	for _, setting := range []string{"xml.splitValue", "http.minRate", "limits.allowRaise"} {
		assert.Contains(t, said, setting+" relaxes a rule")
	}
	p, err = build(plain, assemble.Options{NoAdmin: true})
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprint(p.Notices()), "relaxes")
}
