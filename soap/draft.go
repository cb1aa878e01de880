package soap

import (
	"io"
	"slices"
	"sync"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// A Draft is a message to be sent: the octets of a received message with edits
// of its head, or a message of Viaduct's own. Each attempt to send makes its own
// draft. What was received is never changed, and what has no edit leaves as it
// came, octet for octet.
//
// A draft belongs to one goroutine at a time. It holds a reference to its base
// until Close.
type Draft struct{ *draft } // nil after Close; what it points to is used again

// draft is the memory of a Draft.
type draft struct {
	base    *Envelope // nil for a message of Viaduct's own
	version Version
	edits   []edit   // at most one for each block, ascending
	added   [][]byte // behind the last block
	frame   *frame   // outer elements written anew; nil: those of the base
	content []byte   // children of Body, when own
	own     bool     // the body is content, not that of the base

	planned bool     // pieces are up to date
	pieces  [][]byte // the head as it will be written
	opening []byte   // start tag of a Header that the base does not have
	closing []byte   // its end tag
}

var drafts sync.Pool

func newDraft(v Version) *Draft {
	d, ok := drafts.Get().(*draft)
	if !ok {
		d = &draft{}
	}
	d.version = v
	return &Draft{d}
}

// edit replaces a block; an empty element removes it.
type edit struct {
	block   int
	element []byte
}

// NewDraft returns a draft that is base until it is edited. It takes a
// reference of its own to base.
func NewDraft(base *Envelope) *Draft {
	base.Retain()
	d := newDraft(base.Version)
	d.base = base
	return d
}

// NewMessage returns a draft without a base: an envelope of version v with body
// as the children of Body. Body is XML with its own namespace declarations and
// is not copied. For EnvelopeNone body is the whole message.
func NewMessage(v Version, body []byte) *Draft {
	d := newDraft(v)
	d.content, d.own = body, true
	if v.Envelope != EnvelopeNone {
		d.frame = newFrame(v.Envelope, ownPrefix)
	}
	return d
}

// Version returns the version that the message will have.
func (d *Draft) Version() Version { return d.version }

// Base returns the message that the draft was made from, or nil. It lives as
// long as the draft.
func (d *Draft) Base() *Envelope { return d.base }

// Remove takes out the block with this index in the Blocks of the base. Its
// declarations go with it; nothing else can depend on them. Blanks around it
// stay.
func (d *Draft) Remove(block int) { d.edit(block, nil) }

// Replace puts element in the place of a block. The element declares every
// prefix that it uses; the octets are not copied and must not change until
// Close. A later edit of the same block counts.
func (d *Draft) Replace(block int, element []byte) { d.edit(block, element) }

// Append adds element as the last block, with the same duties as Replace: in
// particular it declares the prefix of its SOAP attributes. A Header that is
// missing is written. Messages without an envelope have no blocks; there Append
// has no effect.
func (d *Draft) Append(element []byte) {
	if d.version.Envelope == EnvelopeNone {
		return
	}
	d.added = append(d.added, element)
	d.planned = false
}

func (d *Draft) edit(block int, element []byte) {
	d.planned = false
	at := len(d.edits)
	for at > 0 && d.edits[at-1].block >= block {
		at--
	}
	if at < len(d.edits) && d.edits[at].block == block {
		d.edits[at].element = element
		return
	}
	d.edits = append(d.edits, edit{})
	copy(d.edits[at+1:], d.edits[at:])
	d.edits[at] = edit{block: block, element: element}
}

// Touched returns the spans of the base's head that the message does not take
// over as they are, in order: what a check of signatures has to look at. An
// appended block is an empty span where it goes. Of a message that is bridged
// they are the start tags of Envelope, Header and Body, and the SOAP attributes
// of the blocks that go on.
func (d *Draft) Touched() []xmltext.Span {
	switch {
	case d.base == nil:
		return nil
	case d.frame != nil:
		return d.reframed()
	}
	spans := make([]xmltext.Span, 0, len(d.edits)+1)
	for _, e := range d.edits {
		spans = append(spans, d.base.blocks[e.block].Element)
	}
	if len(d.added) > 0 {
		at := d.base.content.End
		spans = append(spans, xmltext.Span{Start: at, End: at})
	}
	return spans
}

// reframed is Touched where the outer elements are written anew.
func (d *Draft) reframed() []xmltext.Span {
	e, edits, marks := d.base, d.edits, d.base.marks
	spans := []xmltext.Span{e.root}
	if !e.header.Empty() {
		spans = append(spans, xmltext.Span{Start: e.header.Start, End: e.content.Start})
	}
	for i := range e.blocks {
		edited := len(edits) > 0 && edits[0].block == i
		if edited {
			spans = append(spans, e.blocks[i].Element)
			edits = edits[1:]
		}
		for ; len(marks) > 0 && marks[0].block == i; marks = marks[1:] {
			if !edited {
				spans = append(spans, marks[0].attribute)
			}
		}
	}
	if len(d.added) > 0 {
		spans = append(spans, xmltext.Span{Start: e.content.End, End: e.content.End})
	}
	return append(spans, e.bodyTag)
}

// Rebuilt reports whether the outer elements of the base are written anew, as
// between versions of the envelope.
func (d *Draft) Rebuilt() bool { return d.base != nil && d.frame != nil }

// skip is how much of the content is written with the head.
func (d *Draft) skip() int64 {
	if d.frame != nil {
		return d.frame.skip
	}
	return 0
}

// view is the view of the base's body that the draft writes.
func (d *Draft) view() View {
	if d.frame != nil {
		return Content
	}
	return Rest
}

// tail is what follows the body.
func (d *Draft) tail() []byte {
	if d.frame != nil {
		return d.frame.post
	}
	return nil
}

// Size returns the length of the message. It is known where the length of the
// body is: for same-version drafts of a message with a length, and of every
// message that is whole.
func (d *Draft) Size() (int64, bool) {
	n, known := int64(len(d.content)), true
	if !d.own {
		n, known = d.base.body.length(d.view())
		n = max(n-d.skip(), 0)
	}
	for _, p := range d.plan() {
		n += int64(len(p))
	}
	return n + int64(len(d.tail())), known
}

// Segments appends the whole message to dst as slices, for one vectored write.
// ok is false when the body is not in memory; then dst is returned as it was.
// The slices are valid until Close and must not be changed.
func (d *Draft) Segments(dst [][]byte) (_ [][]byte, ok bool) {
	n := len(dst)
	dst = append(dst, d.plan()...)
	if d.own {
		dst = piece(dst, d.content)
	} else {
		m := len(dst)
		if dst, ok = d.base.body.segments(dst, d.view()); !ok {
			return dst[:n], false
		}
		if skip := d.skip(); skip > 0 {
			dst[m] = dst[m][skip:]
		}
	}
	return piece(dst, d.tail()), true
}

// WriteTo writes the message. The body of an arriving message is consumed. An
// error from the body, a late violation among them, comes as a *buf.ReadError
// around it, one of w as it is.
func (d *Draft) WriteTo(w io.Writer) (total int64, err error) {
	if all, ok := d.Segments(nil); ok {
		for _, p := range all {
			n, err := w.Write(p)
			total += int64(n)
			if err != nil {
				return total, err
			}
		}
		return total, nil
	}
	// Opened first: without a body not even the head leaves.
	body, err := d.base.body.Open(d.view())
	if err != nil {
		return 0, &buf.ReadError{Err: err}
	}
	defer func() { _ = body.Close() }() // a reader's Close does not fail
	if skip := d.skip(); skip > 0 {
		if _, err := io.CopyN(io.Discard, body, skip); err != nil {
			return 0, &buf.ReadError{Err: err}
		}
	}
	if total, err = d.start(w, body); err != nil {
		return total, err
	}
	m, err := buf.Copy(w, body)
	if total += m; err != nil {
		return total, err
	}
	if tail := d.tail(); len(tail) > 0 {
		n, werr := w.Write(tail)
		total, err = total+int64(n), werr
	}
	return total, err
}

// start writes the head, and with it what is kept of the body where w takes
// several slices at once.
func (d *Draft) start(w io.Writer, body io.Reader) (int64, error) {
	if v, ok := w.(interface{ WriteVector([][]byte) (int64, error) }); ok {
		list := slices.Clone(d.plan())
		if a, ok := body.(*arrivingReader); ok {
			list = a.first(list)
		}
		return v.WriteVector(list)
	}
	head := make([]byte, 0, 4<<10)
	for _, p := range d.plan() {
		head = append(head, p...)
	}
	n, err := w.Write(head)
	return int64(n), err
}

// Close releases the base. A second Close does nothing; any other use of the
// draft after it is a defect, and panics.
func (d *Draft) Close() {
	old := d.draft
	if old == nil {
		return
	}
	d.draft = nil
	if old.base != nil {
		old.base.Release()
	}
	clear(old.edits)
	clear(old.added)
	clear(old.pieces)
	*old = draft{edits: old.edits[:0], added: old.added[:0], pieces: old.pieces[:0]}
	if !buf.Checked {
		drafts.Put(old)
	}
}

// plan returns the head as pieces.
func (d *Draft) plan() [][]byte {
	if d.planned {
		return d.pieces
	}
	if d.frame != nil {
		d.pieces = d.framed(d.pieces[:0])
	} else if d.base != nil {
		d.pieces = d.spliced(d.pieces[:0])
	}
	d.planned = true
	if buf.Checked {
		if err := d.prove(); err != nil {
			panic("soap: " + err.Error())
		}
	}
	return d.pieces
}

func piece(dst [][]byte, p []byte) [][]byte {
	if len(p) == 0 {
		return dst
	}
	return append(dst, p)
}
