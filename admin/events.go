package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Bounds of the live view.
const (
	mostWatchers = 16
	batch        = 50                     // decisions of one event
	pause        = 250 * time.Millisecond // between two events: a person reads no faster
	beat         = 15 * time.Second       // between signs of life
	patience     = 10 * time.Second       // for a watcher to take an event
)

// events answers GET /decisions/events with server-sent events. A watcher reads
// from the ring at its own pace: one that falls behind is told how many it
// missed, one that takes nothing is cut, and traffic waits for none.
func (c *console) events(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		answerError(w, http.StatusBadRequest, err)
		return
	}
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		if n, err := strconv.ParseUint(id, 10, 64); err == nil {
			q.After = n
		}
	}
	if c.decisions == nil {
		text(w, http.StatusNotFound, "decisions are not kept: admin.decisions is 0")
		return
	}
	wake, end, ok := c.decisions.watch()
	if !ok {
		w.Header().Set("Retry-After", "60")
		text(w, http.StatusServiceUnavailable, "too many watch already; close one of the pages")
		return
	}
	defer end()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // a watcher stays longer than a request may take; not every writer has deadlines
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	s := stream{w: w, control: control}
	if s.send(": watching\n\n") != nil {
		return
	}
	c.follow(r, &s, q, wake)
}

// follow sends what comes until the watcher goes or the server shuts down.
func (c *console) follow(r *http.Request, s *stream, q query, wake <-chan struct{}) {
	wait := time.NewTicker(beat)
	defer wait.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		list, next, missed := c.decisions.since(q, batch)
		if len(list) > 0 || missed > 0 {
			if s.event(list, next, missed) != nil {
				return
			}
		}
		q.After = next
		rest.Reset(pause)
		select {
		case <-rest.C:
		case <-r.Context().Done():
			return
		case <-c.stop:
			return
		}
		if len(list) == batch {
			continue // there is more
		}
		select {
		case <-wake:
		case <-wait.C:
			if s.send(": alive\n\n") != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-c.stop:
			return
		}
	}
}

// stream is an answer that goes on.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *stream) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(patience)) // where the writer has deadlines
	if _, err := s.w.Write([]byte(text)); err != nil {       //nolint:gosec // an event stream with nosniff holds no markup
		return err
	}
	return s.control.Flush()
}

func (s *stream) event(list []Decided, next, missed uint64) error {
	data, err := json.Marshal(DecisionsAnswer{Decisions: some(list), Next: next, Missed: missed})
	if err != nil {
		return err
	}
	return s.send(fmt.Sprintf("id: %d\nevent: decisions\ndata: %s\n\n", next, data))
}
