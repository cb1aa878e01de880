package soap

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Errors of Body.Open and Body.Hold.
var (
	// ErrSpent means that the body was read and not kept. Ask for it with
	// Needs.Replay, or call Hold before it is opened.
	ErrSpent = errors.New("soap: the body was read already")
	// ErrBusy means that an arriving body has a reader that is not closed yet.
	ErrBusy = errors.New("soap: the body is being read")
)

// State says whether a body can be read (message model, 3).
type State uint8

// States of a body.
const (
	Empty    State = iota // no content; open any number of times
	Held                  // whole, in memory; open any number of times, in parallel
	Spooled               // whole, in a temporary file; likewise
	Windowed              // arriving; open again while all octets that came are kept
	Once                  // arriving; open once
	Spent                 // read
)

// String returns the name of the state.
func (s State) String() string {
	return [...]string{"Empty", "Held", "Spooled", "Windowed", "Once", "Spent"}[s]
}

// Format is the format in which a body arrived.
type Format uint8

// FormatText is XML in UTF-8.
const FormatText Format = 0

// View says which part of the message a reader gives, and in which form.
type View uint8

// Views of a body.
const (
	// Rest is everything behind the start tag of Body, the closing tags
	// included, as it arrived.
	Rest View = iota
	// Content is the children of Body only, as they arrived.
	Content
	// Plain is Content as XML in UTF-8, whatever the format.
	Plain
)

// Body is the part of a message behind the start tag of Body. Its methods may be
// called from many goroutines; a reader belongs to one.
type Body struct {
	env *Envelope

	mu    sync.Mutex // guards the fields below until the body is whole
	state State
	busy  bool     // a reader of an arriving body is open
	parts [][]byte // the first octets of Rest, in memory
	kept  int64    // their length
	size  int64    // of Rest, -1 when unknown
	end   int64    // length of Content, -1 when unknown
	spool *buf.Spool

	// Of an arriving body; only its one reader, or Hold, uses them.
	src     io.Reader
	got     int64  // octets of Rest taken from src
	free    []byte // room behind the last part
	window  int64  // how much of Rest is kept while it is read
	walking bool   // walk has seen what was got
	checked Check  // to which level walk checks
	walk    xmltext.Walk
	inline  [4][]byte
}

// start gives the body its first octets, and the room behind them in the buffer.
func (b *Body) start(first, free []byte) {
	e := b.env
	b.parts = append(b.inline[:0], first)
	b.kept, b.got = int64(len(first)), int64(len(first))
	b.free = free
	b.size, b.end = -1, -1
	b.state = Once
	if !e.bodyOpen && e.Version.Envelope != EnvelopeNone {
		b.end = 0
	}
	switch {
	case e.ended:
		b.whole()
	case e.Verbatim && e.opts.Size >= 0:
		b.size = e.opts.Size - int64(len(e.head))
	}
}

// whole marks a body whose octets are all in memory. The first part is there
// even if it has no octets.
func (b *Body) whole() {
	b.size, b.state = b.got, Held
	b.free = nil
	b.walked()
	switch {
	case b.env.Version.Envelope == EnvelopeNone:
		b.end = b.size
		if b.size == 0 {
			b.state = Empty
		}
	case b.end == 0, len(b.parts[0]) > 1 && b.parts[0][0] == '<' && b.parts[0][1] == '/':
		b.state, b.end = Empty, 0
	}
}

// clear forgets the body of a message that is gone.
func (b *Body) clear() {
	if b.spool != nil {
		_ = b.spool.Close() // nothing can be done about a temporary file that stays
	}
	b.state, b.busy, b.size, b.end, b.spool = Spent, false, -1, -1, nil
	clear(b.inline[:])
	b.parts, b.kept, b.free = nil, 0, nil
	b.src, b.got, b.window = nil, 0, 0
	b.walking, b.checked = false, CheckHead
}

// State returns the state of the body now.
func (b *Body) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Format returns the format in which the body arrived.
func (b *Body) Format() Format { return FormatText }

// Size returns the length of the view Rest. It is known for a body that is
// whole, and for an arriving one whose message came with a length.
func (b *Body) Size() (n int64, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(b.size, 0), b.size >= 0
}

// Open returns a reader of the body that holds a reference to the message until
// it is closed. Close may be called more than once, and from another goroutine
// than Read only after that is done. The error is ErrSpent or ErrBusy where the
// state forbids a reader, or a *refusal.Error where Content cannot be found.
//
// Read gives a *refusal.Error for a late violation: one that was found after the
// first octets were handed out. An io.EOF means that the message was complete
// and passed the checks asked for.
func (b *Body) Open(v View) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case Empty, Held, Spooled:
		return b.openWhole(v)
	case Windowed, Once:
		return b.openArriving(v)
	default:
		return nil, ErrSpent
	}
}

func (b *Body) openWhole(v View) (io.ReadCloser, error) {
	size := b.size
	if v != Rest {
		if err := b.findEnd(); err != nil {
			return nil, err
		}
		size = b.end
	}
	b.env.Retain()
	if b.spool != nil {
		return &spoolReader{SectionReader: b.spool.Section(0, size), env: b.env}, nil
	}
	return &heldReader{env: b.env, parts: b.parts, left: size}, nil
}

func (b *Body) openArriving(v View) (io.ReadCloser, error) {
	if b.busy {
		return nil, ErrBusy
	}
	if v != Rest {
		if err := b.check(CheckStructure); err != nil {
			return nil, err
		}
	}
	if b.state == Once {
		b.state = Spent
	}
	b.busy = true
	b.env.Retain()
	r := &arrivingReader{body: b}
	if v == Rest || b.env.Version.Envelope == EnvelopeNone {
		return r, nil
	}
	return newContentReader(r), nil
}

// segments appends the octets of a view to dst as slices. ok is false when they
// are not all in memory.
func (b *Body) segments(dst [][]byte, v View) (_ [][]byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != Empty && b.state != Held {
		return dst, false
	}
	left := b.size
	if v != Rest {
		if b.findEnd() != nil {
			return dst, false
		}
		left = b.end
	}
	for _, p := range b.parts {
		n := min(left, int64(len(p)))
		if n > 0 {
			dst = append(dst, p[:n:n])
		}
		left -= n
	}
	return dst, true
}

// Hold makes an arriving body replayable, in memory while the budget has room
// and in a spool file above it. Rest may take limit octets, 0 for no limit but
// the message's own; a longer one is refused with size.message. Hold returns
// ErrSpent and ErrBusy as Open does; after any other error the body is spent.
// Other methods wait until it is done.
func (b *Body) Hold(ctx context.Context, limit int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case Empty, Held, Spooled:
		return nil
	case Spent:
		return ErrSpent
	default:
	}
	if b.busy {
		return ErrBusy
	}
	if limit > 0 {
		b.env.in.limit = min(b.env.in.limit, limit+int64(len(b.env.head)))
	}
	return b.hold(ctx)
}
