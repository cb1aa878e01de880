package soap

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Limits bounds what one message may cost (threats 3.1). A zero field is the
// default in its comment.
type Limits struct {
	Message int64          // octets of the message, after decompression; 65536; size.message
	Spool   int64          // octets of the message in a spool file; 0 = none; limit.memory
	Header  int            // octets between the tags of Header; 65536; xml.header_size
	Blocks  int            // header blocks; 256; soap.headers
	XML     xmltext.Limits // see there
}

// Defaults returns l with the defaults in the place of zeros.
func (l Limits) Defaults() Limits {
	if l.Message <= 0 {
		l.Message = 64 << 10
	}
	if l.Header <= 0 {
		l.Header = 64 << 10
	}
	if l.Blocks <= 0 {
		l.Blocks = 256
	}
	l.XML = l.XML.Defaults()
	return l
}

// Check says how much of a message is checked (xml.check; threats 3.2).
type Check uint8

// Levels of checking.
const (
	CheckHead       Check = iota // everything up to the start tag of Body
	CheckStructure               // the structure walk to the end of the message
	CheckWellFormed              // every rule of XML to the end of the message
)

// Needs says what has to be done with a message, before it is read.
type Needs struct {
	Replay   bool  // the body is read more than once: backups, multicast, early Accept
	View     View  // deepest view that anyone will open
	Check    Check // of an arriving body the verdict comes while it is read
	Sized    bool  // the outgoing length has to be known
	Streamed bool  // the transfer mode is streamed: length or view alone hold nothing
}

// DecodeOptions says how a message is read.
type DecodeOptions struct {
	Version Version     // the envelope has to have this version
	Charset string      // parameter of the media type; empty: detect
	Size    int64       // octets that the reader gives, -1 when unknown
	Limits  Limits      // of this message
	Needs   Needs       // of this message
	Budget  *buf.Budget // what is held counts here; nil: no limit
	Done    func()      // called once, when the last reference is gone; may be nil
}

// held and heldBuffered are how long a message may be to be held in any case
// (message model 3): a slow sender then costs a back end nothing, and the whole
// message leaves in one write. Where the transfer mode is buffered twice as much
// is held: measured at 100 kB, the stream costs more than the memory
// (docs/decisions/006).
const (
	held         = 64 << 10
	heldBuffered = 128 << 10
)

// held returns how long the message may be to be held in any case.
func (o *DecodeOptions) held() int64 {
	if o.Needs.Streamed {
		return held
	}
	return heldBuffered
}

// firstRead is how much memory is taken for a message of unknown length.
const firstRead = 4 << 10

// Decode reads a message as far as o asks: at least the head, and all of it if
// it is short. The octets are kept as they are; UTF-16 becomes UTF-8.
//
// A message that is refused gives a *refusal.Error; an error of r comes back
// wrapped, with io.ErrUnexpectedEOF meaning a message that ends early
// (xml.malformed). Nothing is held then, and o.Done has been called. The
// envelope has one reference. While its body is arriving r is read through it,
// so r has to live until the last reference is gone.
func Decode(ctx context.Context, r io.Reader, o DecodeOptions) (*Envelope, error) {
	e := newEnvelope()
	e.lease.Init(o.Budget)
	e.opts = o
	e.opts.Limits = o.Limits.Defaults()
	e.in = intake{r: r, size: o.Size, limit: e.opts.Limits.Message}
	if err := e.decode(ctx); err != nil {
		e.Release()
		return nil, err
	}
	return e, nil
}

func (e *Envelope) decode(ctx context.Context) error {
	if limit := e.opts.Limits.Message; e.opts.Size > limit {
		return tooLong(limit)
	}
	e.Version, e.Verbatim = e.opts.Version, true
	e.body.src = &e.in
	e.scanner.Reset(e.opts.Limits.XML)
	if err := e.first(ctx); err != nil {
		return err
	}
	read := e.readHead
	if e.Version.Envelope == EnvelopeNone {
		read = e.readMark
	}
	if err := read(ctx); err != nil {
		return err
	}
	e.body.start(e.buffer[len(e.head):e.filled], e.buffer[e.filled:])
	return e.body.settle(ctx, e.opts.Needs)
}

// first takes the buffer and reads into it once.
func (e *Envelope) first(ctx context.Context) error {
	size := int64(firstRead)
	if e.opts.Size >= 0 {
		size = max(e.opts.Size, 1)
		if size > e.opts.held() {
			size = held // it is not held whole anyway
		}
	}
	return e.fill(ctx, int(size))
}

// fill reads more octets into the buffer, which is made size octets long if it
// is shorter.
func (e *Envelope) fill(ctx context.Context, size int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	if len(e.buffer) < size {
		b, err := e.lease.Head(size, e.filled)
		if err != nil {
			return noMemory(err)
		}
		e.buffer = b
	}
	n, err := e.body.src.Read(e.buffer[e.filled:])
	e.filled += n
	if err != nil && err != io.EOF {
		return err
	}
	e.ended = err == io.EOF || e.Verbatim && e.in.err == io.EOF
	return nil
}

// more is fill for a buffer that may be full.
func (e *Envelope) more(ctx context.Context) error {
	size := len(e.buffer)
	if e.filled == size {
		size *= 4
	}
	return e.fill(ctx, size)
}

// detect finds the encoding, and replaces UTF-16 by UTF-8 from the first octet
// on. What is left of a byte order mark belongs to the head.
func (e *Envelope) detect(ctx context.Context) error {
	for {
		enc, bom, ok, err := xmltext.Detect(e.buffer[:e.filled], e.opts.Charset, e.ended)
		switch {
		case err != nil:
			return err
		case !ok:
			if err := e.more(ctx); err != nil {
				return err
			}
		case enc == xmltext.UTF8:
			e.skip(bom)
			return nil
		default:
			return e.transcode(ctx, enc)
		}
	}
}

func (e *Envelope) transcode(ctx context.Context, enc xmltext.Encoding) error {
	begin := bytes.Clone(e.buffer[:e.filled])
	e.body.src = xmltext.Transcode(io.MultiReader(bytes.NewReader(begin), &e.in), enc)
	e.Verbatim, e.filled, e.ended = false, 0, false
	e.scanner.SetEncoding(enc)
	e.scan.encoding = enc
	return e.fill(ctx, len(e.buffer))
}

// readMark reads the byte order mark of a message without an envelope, which is
// text in UTF-8 or else nothing that Viaduct looks into.
func (e *Envelope) readMark(ctx context.Context) error {
	const mark = "\xEF\xBB\xBF"
	for e.filled < len(mark) && !e.ended {
		if err := e.more(ctx); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(e.buffer[:e.filled], []byte(mark)) {
		e.skip(len(mark))
	}
	return nil
}

func (e *Envelope) skip(mark int) {
	e.scanner.Skip(mark)
	e.scan.prolog = mark
}

// readHead scans until the start tag of Body, reading on where octets lack.
func (e *Envelope) readHead(ctx context.Context) error {
	if err := e.detect(ctx); err != nil {
		return err
	}
	l := &e.opts.Limits
	// Room for Header, for the two start tags around it, and for comments.
	longest := l.Header + 2*l.XML.StartTag + 4<<10
	for {
		done, err := e.scanHead()
		if err != nil {
			return err
		}
		if done {
			e.finishHead()
			return nil
		}
		if e.filled > longest {
			return refusal.Newf(refusal.XMLHeaderSize, int64(longest), "no Body within %d octets", longest)
		}
		if err := e.more(ctx); err != nil {
			return err
		}
	}
}
