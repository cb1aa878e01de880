package admin

import (
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
)

// longest is the most octets of a value that comes from a message and goes to a
// log (threats T-LOG-01).
const longest = 1024

// AccessLogOptions shape an access log. The zero value writes text.
type AccessLogOptions struct {
	JSON  bool
	Level slog.Level // records below are left out; exchanges are Info, refusals Warn
	// Now tells the time of a record; nil is time.Now. The zero time is left out.
	Now func() time.Time
}

// AccessLog writes one line for each finished exchange, in the form of slog's
// handlers.
type AccessLog struct {
	w io.Writer
	o AccessLogOptions
}

// NewAccessLog returns an access log that writes each line with one Write to w.
func NewAccessLog(w io.Writer, o AccessLogOptions) *AccessLog {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &AccessLog{w: w, o: o}
}

// Observe writes the record of x.
func (a *AccessLog) Observe(x *binding.Exchange) {
	level := slog.LevelInfo
	if x.Reason != "" {
		level = slog.LevelWarn
	}
	a.write(level, "exchange", func(r *record) {
		r.string("via", x.Via)
		r.address("peer", x.Peer.Address)
		r.int("status", int64(x.Status))
		if x.Request != nil {
			r.decided(x.Request)
		}
		r.int("in", x.In)
		r.int("out", x.Out)
		r.duration("took", x.Duration)
		if x.Reason != "" {
			if x.ID != "" {
				r.string("id", x.ID)
			}
			r.string("reason", string(x.Reason))
		}
		if x.Err != nil {
			r.string("error", x.Err.Error())
		}
	})
}

// Delivered writes the record of a one-way message that was delivered after it
// had been accepted. Those that were lost are logged where they are lost.
func (a *AccessLog) Delivered(q *binding.Request, took time.Duration) {
	a.write(slog.LevelInfo, "one-way message delivered", func(r *record) {
		r.string("via", q.Via.String())
		r.address("peer", q.Peer.Address)
		r.decided(q)
		r.duration("took", took)
	})
}

func (a *AccessLog) write(level slog.Level, msg string, fill func(*record)) {
	if level < a.o.Level {
		return
	}
	r, _ := records.Get().(*record)
	defer records.Put(r)
	r.json = a.o.JSON
	r.begin(a.o.Now(), level, msg)
	fill(r)
	_, _ = a.w.Write(r.end()) // traffic does not wait for its log, nor fail with it
}

// decided writes what became of a message.
func (r *record) decided(q *binding.Request) {
	action, _ := q.Properties.Action() // of two, the first: the refusal says the rest
	if action == "" {
		action = q.Action
	}
	r.string("action", string(action))
	r.string("endpoint", q.Endpoint)
	n := len(q.Decision.Attempts)
	if n == 0 {
		return
	}
	last := &q.Decision.Attempts[n-1]
	r.string("route", q.Decision.Route.Name)
	r.string("to", last.Endpoint)
	r.int("attempts", int64(n))
	r.string("delivery", last.Delivery.String())
	r.duration("upstream", last.Took)
}

// cut bounds a value that comes from a message.
func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "..."
}
