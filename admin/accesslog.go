package admin

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
)

// longest is the most octets of a value that comes from a message and goes to a
// log (threats T-LOG-01).
const longest = 1024

// AccessLog writes one record for each finished exchange.
type AccessLog struct{ log *slog.Logger }

// NewAccessLog returns an access log that writes to l.
func NewAccessLog(l *slog.Logger) *AccessLog { return &AccessLog{log: l} }

// Observe writes the record of x.
func (a *AccessLog) Observe(x *binding.Exchange) {
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("via", cut(x.Via)),
		slog.String("peer", x.Peer.Address.String()),
		slog.Int("status", x.Status))
	if x.Request != nil {
		attrs = decided(attrs, x.Request)
	}
	attrs = append(attrs, slog.Int64("in", x.In), slog.Int64("out", x.Out), slog.Duration("took", x.Duration))
	level := slog.LevelInfo
	if x.Reason != "" {
		level = slog.LevelWarn
		if x.ID != "" {
			attrs = append(attrs, slog.String("id", x.ID))
		}
		attrs = append(attrs, slog.String("reason", string(x.Reason)))
	}
	if x.Err != nil {
		attrs = append(attrs, slog.String("error", cut(x.Err.Error())))
	}
	a.write(level, "exchange", attrs)
}

// write hands the record to the handler itself: where in the source a line of
// the access log comes from is of no interest, and finding it out costs more
// than the rest of the record.
func (a *AccessLog) write(level slog.Level, msg string, attrs []slog.Attr) {
	ctx, h := context.Background(), a.log.Handler()
	if !h.Enabled(ctx, level) {
		return
	}
	r := slog.NewRecord(time.Now(), level, msg, 0)
	r.AddAttrs(attrs...)
	_ = h.Handle(ctx, r) // traffic does not wait for its log, nor fail with it
}

// Delivered writes the record of a one-way message that was delivered after it
// had been accepted. Those that were lost are logged where they are lost.
func (a *AccessLog) Delivered(r *binding.Request, took time.Duration) {
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("via", cut(r.Via.String())), slog.String("peer", r.Peer.Address.String()))
	attrs = append(decided(attrs, r), slog.Duration("took", took))
	a.write(slog.LevelInfo, "one-way message delivered", attrs)
}

// decided appends what became of a message.
func decided(attrs []slog.Attr, r *binding.Request) []slog.Attr {
	action, _ := r.Properties.Action() // of two, the first: the refusal says the rest
	if action == "" {
		action = r.Action
	}
	attrs = append(attrs, slog.String("action", cut(string(action))), slog.String("endpoint", r.Endpoint))
	n := len(r.Decision.Attempts)
	if n == 0 {
		return attrs
	}
	last := &r.Decision.Attempts[n-1]
	return append(attrs,
		slog.String("route", r.Decision.Route.Name),
		slog.String("to", last.Endpoint),
		slog.Int("attempts", n),
		slog.String("delivery", last.Delivery.String()),
		slog.Duration("upstream", last.Took))
}

// cut bounds a value that comes from a message. The handlers of slog quote what
// would act on a terminal or begin a line.
func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "..."
}
