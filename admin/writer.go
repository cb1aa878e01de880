package admin

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// flushEvery is how long a log line may wait for company.
const flushEvery = 100 * time.Millisecond

// LogWriter writes in batches from a goroutine of its own. When the sink is
// slower than the log, lines are dropped and counted: traffic never waits for a
// disk (threats T-LOG-03).
type LogWriter struct {
	sink    io.Writer
	max     int
	dropped atomic.Int64
	wake    chan struct{}
	stop    chan struct{}
	done    chan struct{}
	spare   []byte // owned by run

	mu      sync.Mutex // guards the rest
	pending []byte
	closed  bool
}

// NewLogWriter returns a writer that holds at most max octets. Close ends it.
func NewLogWriter(sink io.Writer, max int) *LogWriter {
	w := &LogWriter{sink: sink, max: max, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// Write takes a line or drops it. It never fails and, until Close, never waits
// for the sink; after Close it writes straight to it, so that the last words of
// a process are not lost.
func (w *LogWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	if w.closed {
		defer w.mu.Unlock()
		return w.sink.Write(p)
	}
	if len(w.pending)+len(p) > w.max {
		w.mu.Unlock()
		w.dropped.Add(1)
		return len(p), nil
	}
	first := len(w.pending) == 0
	w.pending = append(w.pending, p...)
	w.mu.Unlock()
	if first {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
	return len(p), nil
}

// Dropped returns the number of lines that were dropped.
func (w *LogWriter) Dropped() int64 { return w.dropped.Load() }

// Close writes what is pending and ends the goroutine. It never fails, and a
// second call does nothing.
func (w *LogWriter) Close() error {
	w.mu.Lock()
	again := w.closed
	w.closed = true
	w.mu.Unlock()
	if !again {
		close(w.stop)
	}
	<-w.done
	return nil
}

func (w *LogWriter) run() {
	defer close(w.done)
	t := time.NewTimer(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-w.wake:
		case <-w.stop:
			w.flush()
			return
		}
		t.Reset(flushEvery)
		select {
		case <-t.C:
		case <-w.stop:
			w.flush()
			return
		}
		w.flush()
	}
}

func (w *LogWriter) flush() {
	w.mu.Lock()
	out := w.pending
	w.pending = w.spare[:0]
	w.mu.Unlock()
	if len(out) > 0 {
		_, _ = w.sink.Write(out) // a full disk must not stop traffic; the sink is the only place to complain
	}
	w.spare = out
}
