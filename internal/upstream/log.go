package upstream

import (
	"context"
	"log/slog"
)

// Log returns a function that logs each change of a back end's state: a warning
// where it takes fewer messages from then on, else a piece of information. It is
// meant for [NewRegistry].
func Log(l *slog.Logger) func(Event) {
	return func(e Event) {
		level := slog.LevelInfo
		switch e.What {
		case Ejection, Opening, Sickening:
			level = slog.LevelWarn
		case Closing, Recovery, Manual:
		}
		l.Log(context.Background(), level, "back end changed", "endpoint", e.Backend, "change", string(e.What), "why", e.Text)
	}
}
