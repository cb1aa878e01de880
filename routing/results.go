package routing

import (
	"encoding/json"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/internal/infoset"
)

// Difference is what a mirror found in one pair of answers. It is a line of the
// file of differences, and an entry of the page. It may hold what the messages
// say.
type Difference struct {
	Time        time.Time            `json:"time"`
	Endpoint    string               `json:"endpoint"` // that answered the client
	Mirror      string               `json:"mirror"`   // that got the copy
	Action      string               `json:"action,omitempty"`
	MessageID   string               `json:"message_id,omitempty"`
	First       string               `json:"first"`  // of endpoint: reply, fault or accepted
	Second      string               `json:"second"` // of mirror: likewise, or failed and why
	Differences []infoset.Difference `json:"differences,omitempty"`
	Problem     string               `json:"problem,omitempty"` // why two answers of one kind were not compared
}

// DifferenceWriter keeps differences. Write is called from many goroutines.
type DifferenceWriter interface{ Write(d Difference) error }

// JSONLines writes each difference as a line of JSON.
type JSONLines struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

// NewJSONLines returns a writer of lines to w, one Write for each line.
func NewJSONLines(w io.Writer) *JSONLines { return &JSONLines{w: w} }

// Write implements [DifferenceWriter].
func (j *JSONLines) Write(d Difference) error {
	line, err := json.Marshal(d)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.w.Write(append(line, '\n'))
	return err
}

// MirrorResults are what came of the copies of one endpoint's messages. They
// outlive configurations.
type MirrorResults struct {
	copied, failed, same, different, uncompared, dropped, lost atomic.Uint64

	progress atomic.Int64
	keep     int

	mu   sync.Mutex // guards the rest
	w    DifferenceWriter
	last []Difference // oldest first, keep at most
}

// MirrorCounts count copies. All but InProgress only grow.
type MirrorCounts struct {
	InProgress int64  `json:"in_progress"`
	Copied     uint64 `json:"copied"`     // sent
	Failed     uint64 `json:"failed"`     // of them: no answer
	Same       uint64 `json:"same"`       // of them: compared, no difference
	Different  uint64 `json:"different"`  // of them: compared, and a failure against an answer
	Uncompared uint64 `json:"uncompared"` // of them: too long, streamed or unreadable
	Dropped    uint64 `json:"dropped"`    // not sent: too many in progress, or the body was not kept
	Lost       uint64 `json:"lost"`       // differences that could not be written
}

// NewMirrorResults returns results that remember the last keep differences.
func NewMirrorResults(keep int) *MirrorResults { return &MirrorResults{keep: keep} }

// SetWriter puts another writer in force, nil for none.
func (r *MirrorResults) SetWriter(w DifferenceWriter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w = w
}

// Last returns the last differences, the newest first.
func (r *MirrorResults) Last() []Difference {
	r.mu.Lock()
	list := slices.Clone(r.last)
	r.mu.Unlock()
	slices.Reverse(list)
	return list
}

// Counts returns the counts now.
func (r *MirrorResults) Counts() MirrorCounts {
	return MirrorCounts{
		InProgress: r.progress.Load(),
		Copied:     r.copied.Load(), Failed: r.failed.Load(), Same: r.same.Load(), Different: r.different.Load(),
		Uncompared: r.uncompared.Load(), Dropped: r.dropped.Load(), Lost: r.lost.Load(),
	}
}

// record keeps a difference.
func (r *MirrorResults) record(d Difference) {
	r.mu.Lock()
	w := r.w
	if r.keep > 0 {
		if len(r.last) == r.keep {
			r.last = slices.Delete(r.last, 0, 1)
		}
		r.last = append(r.last, d)
	}
	r.mu.Unlock()
	if w != nil && w.Write(d) != nil {
		r.lost.Add(1)
	}
}
