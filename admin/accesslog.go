package admin

import (
	"context"
	"log/slog"
	"strings"

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
	if r := x.Request; r != nil {
		action, _ := r.Properties.Action() // of two, the first: the refusal says the rest
		if action == "" {
			action = r.Action
		}
		attrs = append(attrs,
			slog.String("action", cut(string(action))),
			slog.String("endpoint", r.Endpoint))
		if n := len(r.Decision.Attempts); n > 0 {
			last := &r.Decision.Attempts[n-1]
			attrs = append(attrs,
				slog.String("route", r.Decision.Route.Name),
				slog.String("to", last.Endpoint),
				slog.Int("attempts", n),
				slog.String("delivery", last.Delivery.String()),
				slog.Duration("upstream", last.Took))
		}
	}
	attrs = append(attrs, slog.Int64("in", x.In), slog.Int64("out", x.Out), slog.Duration("took", x.Duration))
	level := slog.LevelInfo
	if x.Reason != "" {
		attrs = append(attrs, slog.String("id", x.ID), slog.String("reason", string(x.Reason)))
		level = slog.LevelWarn
	}
	if x.Err != nil {
		attrs = append(attrs, slog.String("error", cut(x.Err.Error())))
	}
	a.log.LogAttrs(context.Background(), level, "exchange", attrs...)
}

func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "..."
}
