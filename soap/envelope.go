package soap

import (
	"bytes"
	"sync"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// An Envelope is a message as it was received. Apart from the state of its Body
// it never changes, so it may be read from many goroutines.
//
// Everything that its methods return is a view of memory that belongs to the
// envelope and dies with the last reference: clone what has to live longer.
type Envelope struct {
	Version  Version // envelope version as found, addressing version as the listener says
	Verbatim bool    // head and body are the octets as received: no UTF-16 was re-coded
	Body     *Body   // never nil

	head     []byte
	root     xmltext.Span // start tag of Envelope
	header   xmltext.Span // Header element; without one, the place where it would stand
	content  xmltext.Span // what stands between the tags of Header
	bodyTag  xmltext.Span // start tag of Body
	rootName xmltext.Span // raw name of Envelope, prefix included
	bodyName xmltext.Span // raw name of Body
	bodyOpen bool         // Body has a start tag of its own, not an empty-element tag
	blocks   []Block
	marks    []mark
	outer    []xmltext.Decl // in force at the blocks
	inner    []xmltext.Decl // in force at the children of Body

	buffer  []byte // the lease's head: message head and the first octets of the body
	filled  int    // octets in buffer
	ended   bool   // buffer holds the end of the message
	opts    DecodeOptions
	in      intake
	scan    headScan
	scanner xmltext.Scanner
	lease   buf.Lease
	body    Body
}

var envelopes sync.Pool

func newEnvelope() *Envelope {
	e, ok := envelopes.Get().(*Envelope)
	if !ok {
		e = &Envelope{}
	}
	e.Body = &e.body
	e.body.env = e
	return e
}

// Retain adds a reference.
func (e *Envelope) Retain() { e.lease.Retain() }

// Release takes a reference away. The last one returns the memory and, where
// DecodeOptions.Done is set, calls it.
func (e *Envelope) Release() {
	if !e.lease.Release() {
		return
	}
	e.body.clear()
	done := e.opts.Done
	e.clear()
	if done != nil {
		done()
	}
}

// clear makes e ready for another message. What views of it show from now on
// is undefined; in checked builds it is never used again.
func (e *Envelope) clear() {
	if buf.Checked {
		e.head, e.buffer = nil, nil
		return
	}
	e.Version, e.Verbatim = Version{}, false
	e.head, e.buffer, e.filled, e.ended = nil, nil, 0, false
	e.root, e.header, e.content, e.bodyTag = xmltext.Span{}, xmltext.Span{}, xmltext.Span{}, xmltext.Span{}
	e.rootName, e.bodyName, e.bodyOpen = xmltext.Span{}, xmltext.Span{}, false
	e.blocks, e.marks = e.blocks[:0], e.marks[:0]
	e.outer, e.inner = e.outer[:0], e.inner[:0]
	e.opts, e.in, e.scan = DecodeOptions{}, intake{}, headScan{}
	envelopes.Put(e)
}

// Head returns the octets up to the end of the start tag of Body. It is empty
// for EnvelopeNone.
func (e *Envelope) Head() []byte { return e.head }

// Blocks returns the children of Header in document order.
func (e *Envelope) Blocks() []Block { return e.blocks }

// HeaderSpan returns the Header element as a span of Head. Without a Header it
// is empty and stands where one would be inserted.
func (e *Envelope) HeaderSpan() xmltext.Span { return e.header }

// Octets returns the length of the whole message in UTF-8.
func (e *Envelope) Octets() (n int64, known bool) {
	n, known = e.body.Size()
	return n + int64(len(e.head)), known
}

// Value appends the text of a block to dst: references are resolved, CDATA is
// joined, comments are left out. Where nothing has to be decoded the result is
// a view of the head instead, and dst is not used. A child element is an error.
func (e *Envelope) Value(b *Block, dst []byte) ([]byte, error) {
	raw := b.Content.Of(e.head)
	if xmltext.IsPlain(raw) {
		return raw, nil
	}
	return xmltext.AppendValue(dst, raw)
}

// SplitValue tells whether a comment stands inside the content of a block
// (processing instructions are refused by Decode). What that means is for the
// reader of the value to say: the first text alone is never the value.
func (e *Envelope) SplitValue(b *Block) bool {
	raw := b.Content.Of(e.head)
	if bytes.IndexByte(raw, '<') < 0 {
		return false
	}
	comment, _ := xmltext.HasMarkup(raw)
	return comment
}

// Scope returns the namespace declarations in force around a block, innermost
// last; those on the block's own tag are not among them. Reference parameters
// and QNames that leave their message need them.
func (e *Envelope) Scope(*Block) []xmltext.Decl { return e.outer }

// BodyScope returns the declarations in force for the children of Body,
// innermost last.
func (e *Envelope) BodyScope() []xmltext.Decl { return e.inner }

// Charge moves the octets held for the message to another budget, as when the
// endpoint and with it the endpoint's share is known (message model, 10). The
// error is a *refusal.Error with limit.memory.
func (e *Envelope) Charge(b *buf.Budget) error {
	if err := e.lease.Charge(b); err != nil {
		return noMemory(err)
	}
	return nil
}
