package testbed

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRunGoldens(t *testing.T) {
	t.Parallel()
	RunGoldens(t, "testdata/*.txtar", func(t *testing.T, g *Golden) {
		t.Helper()
		assert.True(t, g.Has("in.txt"))
		assert.False(t, g.Has("other"))
		assert.Nil(t, g.Get("other"))
		g.Check(t, "out.txt", bytes.ToUpper(g.Get("in.txt")))
	})
}

func FuzzParseGolden(f *testing.F) {
	f.Add([]byte("comment\n-- a --\nx\r\ny\n-- b --\n"))
	f.Add([]byte("--  --\n-- a --"))
	f.Fuzz(func(t *testing.T, data []byte) {
		once := ParseGolden(data).Format()
		assert.Equal(t, once, ParseGolden(once).Format())
	})
}
