package upstream_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/upstream"
)

func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := upstream.Log(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	log(upstream.Event{Backend: "orders", What: upstream.Opening, Text: "5 failures within 30s; open for 15s"})
	log(upstream.Event{Backend: "orders", What: upstream.Closing, Text: "its probe was answered"})
	assert.Equal(t, `level=WARN msg="back end changed" endpoint=orders change=opened why="5 failures within 30s; open for 15s"
level=INFO msg="back end changed" endpoint=orders change=closed why="its probe was answered"
`, out.String())
}
