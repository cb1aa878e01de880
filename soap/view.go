package soap

import (
	"bytes"
	"io"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// closingRoom is how many octets at the end of a body are looked at for the
// closing tags before the body is walked instead.
const closingRoom = 4 << 10

// findEnd finds the end of Content in a body that is whole: by the closing tags
// at its end, else by walking through it. The caller holds mu.
func (b *Body) findEnd() error {
	if b.end >= 0 {
		return nil
	}
	tail, err := b.tail(closingRoom)
	if err != nil {
		return err
	}
	if n, ok := b.env.closing(tail); ok {
		b.end = b.size - int64(n)
		return nil
	}
	return b.check(CheckStructure)
}

// tail returns the last octets of a whole body, n at most.
func (b *Body) tail(n int64) ([]byte, error) {
	n = min(n, b.size)
	if b.spool != nil {
		p := make([]byte, n)
		if _, err := io.ReadFull(b.spool.Section(b.size-n, n), p); err != nil {
			return nil, spoolFailed(err)
		}
		return p, nil
	}
	last := b.parts[len(b.parts)-1]
	if int64(len(last)) >= n {
		return last[int64(len(last))-n:], nil
	}
	p := make([]byte, n)
	at := n
	for i := len(b.parts) - 1; at > 0; i-- {
		part := b.parts[i]
		k := min(at, int64(len(part)))
		copy(p[at-k:at], part[int64(len(part))-k:])
		at -= k
	}
	return p, nil
}

// closing tells how many octets the end tags of Body and Envelope take at the
// end of tail. They carry the prefixes of the start tags, or a reader that
// counts elements is needed.
func (e *Envelope) closing(tail []byte) (n int, ok bool) {
	rest, ok := cutEndTag(tail, e.rootName.Of(e.head))
	if !ok {
		return 0, false
	}
	rest, ok = cutEndTag(rest, e.bodyName.Of(e.head))
	return len(tail) - len(rest), ok
}

// cutEndTag cuts the end tag of name, and blanks around it, from the end of p.
func cutEndTag(p, name []byte) (_ []byte, ok bool) {
	p = trimRight(p)
	if len(p) == 0 || p[len(p)-1] != '>' {
		return p, false
	}
	p, ok = bytes.CutSuffix(trimRight(p[:len(p)-1]), name)
	if !ok {
		return p, false
	}
	return bytes.CutSuffix(p, []byte("</"))
}

func trimRight(p []byte) []byte {
	for len(p) > 0 && isBlank(p[len(p)-1]) {
		p = p[:len(p)-1]
	}
	return p
}

// check starts the walk, or raises its level, and shows it what is kept. For a
// whole body the verdict is final; an arriving one goes on in take.
func (b *Body) check(level Check) error {
	if level == CheckHead || b.walking && b.checked >= level {
		return nil
	}
	b.walking, b.checked = true, level
	b.walk.Reset(&b.env.scanner, walkLevel(level))
	mark := 0
	if b.env.Version.Envelope == EnvelopeNone {
		mark = b.env.scan.prolog // elsewhere it belongs to the head
	}
	for i, p := range b.parts {
		if i == 0 {
			p = p[mark:]
		}
		if _, err := b.walk.Write(p); err != nil {
			return err
		}
	}
	if b.spool != nil {
		if _, err := buf.Copy(&b.walk, b.spool.Section(int64(mark), b.size-int64(mark))); err != nil {
			return err
		}
	}
	if b.state > Spooled {
		return nil
	}
	if err := b.walk.Close(); err != nil {
		return err
	}
	b.walked()
	return nil
}

// walked takes the end of Content from the walk of a body that is whole.
func (b *Body) walked() {
	if !b.walking || b.end >= 0 {
		return
	}
	if end, ok := b.walk.BodyEnd(); ok {
		b.end = end
	}
}

func walkLevel(c Check) xmltext.Level {
	switch c {
	case CheckWellFormed:
		return xmltext.WellFormed
	case CheckStructure:
		return xmltext.Structure
	default:
		return xmltext.Head
	}
}

// scratchSize is the memory of a contentReader.
const scratchSize = 32 << 10

// contentReader reads the children of Body from an arriving body, whose walk
// finds the end. It reads on to the end of the message before it says io.EOF,
// so that a violation behind Body still ends what is made from the content.
type contentReader struct {
	src     *arrivingReader
	lease   *buf.Lease
	scratch []byte
	from    int   // first octet of scratch not given yet
	safe    int   // octets before it belong to Content for certain
	to      int   // octets in scratch
	off     int64 // offset of scratch[0] in Rest
	err     error
}

func newContentReader(src *arrivingReader) *contentReader {
	c := &contentReader{src: src, lease: buf.NewLease(nil)}
	c.scratch, _ = c.lease.Segment(scratchSize) // no budget, no error
	return c
}

func (c *contentReader) Read(p []byte) (int, error) {
	for c.from == c.safe && c.err == nil {
		c.err = c.fill()
	}
	if c.from == c.safe {
		return 0, c.err
	}
	n := copy(p, c.scratch[c.from:c.safe])
	c.from += n
	return n, nil
}

// fill reads more and decides how much of it is content.
func (c *contentReader) fill() error {
	copy(c.scratch, c.scratch[c.from:c.to])
	c.off += int64(c.from)
	c.to -= c.from
	c.from, c.safe = 0, 0
	if c.to == len(c.scratch) {
		return refusal.New(refusal.XMLStartTag, -1, "the end tag of Body is too long")
	}
	n, err := c.src.Read(c.scratch[c.to:])
	c.to += n
	b := c.src.body
	if end, ok := b.bodyEnd(); ok {
		c.safe = int(min(max(end-c.off, 0), int64(c.to)))
		if c.safe == 0 {
			c.from, c.off, c.to = 0, c.off+int64(c.to), 0
		}
		return err
	}
	if err == io.EOF {
		return early(c.off + int64(c.to))
	}
	c.safe = c.to - couldClose(c.scratch[:c.to], b.env.bodyName.Of(b.env.head))
	return err
}

// bodyEnd returns the length of Content as soon as it is known.
func (b *Body) bodyEnd() (int64, bool) {
	if b.end >= 0 {
		return b.end, true
	}
	return b.walk.BodyEnd()
}

// couldClose tells how many octets at the end of p may be the beginning of the
// end tag of name.
func couldClose(p, name []byte) int {
	at := bytes.LastIndexByte(p, '<')
	if at < 0 {
		return 0
	}
	tag := p[at:]
	if len(tag) == 1 {
		return 1
	}
	if tag[1] != '/' {
		return 0
	}
	local := tag[2:]
	if len(local) <= len(name) {
		if !bytes.HasPrefix(name, local) {
			return 0
		}
		return len(tag)
	}
	if !bytes.HasPrefix(local, name) || !isBlanks(local[len(name):]) {
		return 0
	}
	return len(tag)
}

// Close closes the body's reader and returns the scratch memory.
func (c *contentReader) Close() error {
	if c.src.closed {
		return nil
	}
	c.lease.Release()
	c.scratch, c.err, c.from, c.safe = nil, io.ErrClosedPipe, 0, 0
	return c.src.Close()
}

// length returns the length of a view.
func (b *Body) length(v View) (int64, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v == Rest {
		return max(b.size, 0), b.size >= 0
	}
	if b.state <= Spooled && b.findEnd() != nil {
		return 0, false
	}
	return max(b.end, 0), b.end >= 0
}
