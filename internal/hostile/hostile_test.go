package hostile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows lists all of them.
func rows() []row {
	return slices.Concat(
		doctypeRows(), referenceRows(), depthRows(), tagRows(), prefixRows(), toRows(),
		encodingRows(), characterRows(), truncatedRows(), trickleRows(),
		structureRows(), headerRows(), actionRows(), unknownRows(), wideRows(),
		framingRows(), targetRows(), fieldRows(), codingRows(), expectRows(), methodRows(), slowRows(),
		answerRows(), poisonRows(), http2Rows(), dosRows(),
	)
}

// rigs are the programs that run side by side, with their settings.
func rigs() map[string]string {
	return map[string]string{
		"head":      "xml:\n  check: head\n",
		"structure": "xml:\n  check: structure\n",
		"full":      "xml:\n  check: full\n",
		"slow":      "xml:\n  check: head\n",
		"http2":     "xml:\n  check: head\n",
		"xpath":     "xml:\n  check: head\nfilter:\n  time: 50ms\n",
		"crowd":     "xml:\n  check: head\n",
		"memory":    "xml:\n  check: head\nlimits:\n  messageMemory: 16777216\n  spool: 0\n",
	}
}

// waiting are the rows that cannot run yet.
var waiting = map[string]string{ //nolint:gochecknoglobals // A constant.
	"H-081": "waits for access rules",
}

func TestRows_complete(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, r := range rows() {
		listed[r.id] = true
	}
	for _, part := range []struct {
		format   string
		from, to int
	}{{"H-%03d", 1, 82}, {"H-%03d", 147, 170}, {"T-DOS-%02d", 1, 3}} {
		for n := part.from; n <= part.to; n++ {
			id := fmt.Sprintf(part.format, n)
			if why, ok := waiting[id]; ok {
				t.Logf("%s is not run: it %s", id, why)
				continue
			}
			assert.True(t, listed[id], "row %s is in no table", id)
			delete(listed, id)
		}
	}
	assert.Empty(t, listed, "rows of no such id")
}

func TestRows(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the hostile inputs take half a minute; run them without -short")
	}
	bin := build(t)
	byRig := map[string][]row{}
	for _, r := range rows() {
		if r.rigs == "" {
			r.rigs = "head"
		}
		for name := range strings.FieldsSeq(r.rigs) {
			byRig[name] = append(byRig[name], r)
		}
	}
	for name, settings := range rigs() {
		require.NotEmpty(t, byRig[name], name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := start(t, bin, settings)
			for i := range byRig[name] {
				r := &byRig[name][i]
				t.Run(strings.TrimSuffix(r.id+"/"+r.name, "/"), func(t *testing.T) { //nolint:paralleltest // One back end records for all rows of a rig.
					if r.play != nil {
						r.play(t, g)
						g.fence(t)
						return
					}
					r.run(t, g)
				})
			}
			g.settled(t, 64<<20)
		})
	}
}
