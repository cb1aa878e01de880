package soap

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// spliced appends the base's head with the edits in it.
func (d *Draft) spliced(dst [][]byte) [][]byte {
	e := d.base
	at := 0
	if !e.Verbatim {
		// The declaration names an encoding that is gone.
		dst = piece(dst, e.head[:e.scan.declaration.Start])
		at = e.scan.declaration.End
	}
	for _, ed := range d.edits {
		span := e.blocks[ed.block].Element
		dst = piece(dst, e.head[at:span.Start])
		dst = piece(dst, ed.element)
		at = span.End
	}
	if len(d.added) > 0 {
		dst, at = d.appended(dst, at)
	}
	return piece(dst, e.head[at:])
}

// appended appends the head from at on and the added blocks, up to where the
// head goes on as it is. An appended block leaves the start tags of Envelope
// and Body alone: a declaration there would change the canonical form of what
// is signed.
func (d *Draft) appended(dst [][]byte, at int) (_ [][]byte, next int) {
	e := d.base
	header := e.header.Of(e.head)
	next = e.content.End
	switch {
	case e.header.Empty():
		name := []byte("Header")
		if i := bytes.IndexByte(e.rootName.Of(e.head), ':'); i >= 0 {
			name = append(bytes.Clone(e.rootName.Of(e.head)[:i+1]), name...)
		}
		d.opening, d.closing = tags(name)
		dst = piece(dst, e.head[at:next])
	case bytes.HasSuffix(header, []byte("/>")) && e.content.Start == e.header.End:
		_, d.closing = tags(rawName(header))
		d.opening = []byte{'>'}
		dst = piece(dst, e.head[at:e.header.End-len("/>")])
		next = e.header.End
	default:
		d.opening, d.closing = nil, nil
		dst = piece(dst, e.head[at:next])
	}
	dst = piece(dst, d.opening)
	for _, p := range d.added {
		dst = piece(dst, p)
	}
	return piece(dst, d.closing), next
}

// tags returns the start tag and the end tag of name.
func tags(name []byte) (start, end []byte) {
	start = append(append([]byte{'<'}, name...), '>')
	end = append(append([]byte("</"), name...), '>')
	return start, end
}

// rawName returns the name of a start tag as written.
func rawName(tag []byte) []byte {
	end := 1
	for end < len(tag) && !isBlank(tag[end]) && tag[end] != '/' && tag[end] != '>' {
		end++
	}
	return tag[1:end]
}

// prove scans the head that the draft writes, and tells where it differs from
// the base in more than the edits (T-XML-18). Built with the tag leasecheck
// every draft is proved; otherwise only tests call it.
func (d *Draft) prove() error {
	if d.version.Envelope == EnvelopeNone {
		return nil
	}
	got, err := scanBytes(bytes.Join(d.pieces, nil), d.version)
	if err != nil {
		return fmt.Errorf("draft cannot be read: %w", err)
	}
	want := d.wanted()
	if len(got.blocks) != len(want) {
		return fmt.Errorf("draft has %d blocks, not %d", len(got.blocks), len(want))
	}
	for i, w := range want {
		b := &got.blocks[i]
		if w.element != nil && !bytes.Equal(b.Element.Of(got.head), w.element) {
			return fmt.Errorf("block %d of the draft is %q, not %q", i, b.Element.Of(got.head), w.element)
		}
		if o := w.block; o != nil && (b.MustUnderstand != o.MustUnderstand || string(b.Name.Local) != string(o.Name.Local) ||
			string(b.Name.Space) != string(o.Name.Space)) {
			return fmt.Errorf("block %d of the draft has lost its meaning", i)
		}
	}
	if d.frame != nil {
		return nil
	}
	e := d.base
	if !bytes.Equal(e.root.Of(e.head), got.root.Of(got.head)) || !bytes.Equal(e.bodyTag.Of(e.head), got.bodyTag.Of(got.head)) {
		return errors.New("the outer elements of the draft have changed")
	}
	return nil
}

// wanted is a block that the draft has to have: its octets, if they are to be
// the same, and the block that it stands for.
type wanted struct {
	element []byte
	block   *Block
}

func (d *Draft) wanted() []wanted {
	var out []wanted
	edits := d.edits
	if d.base != nil {
		for i := range d.base.blocks {
			b := &d.base.blocks[i]
			switch {
			case len(edits) > 0 && edits[0].block == i:
				if len(edits[0].element) > 0 {
					out = append(out, wanted{element: edits[0].element})
				}
				edits = edits[1:]
			case d.frame != nil:
				out = append(out, wanted{block: b})
			default:
				out = append(out, wanted{element: b.Element.Of(d.base.head), block: b})
			}
		}
	}
	for _, p := range d.added {
		out = append(out, wanted{element: p})
	}
	return out
}

// scanBytes reads a head that is whole in memory, without limits of its own.
func scanBytes(head []byte, v Version) (*Envelope, error) {
	const much = 1 << 30
	e := &Envelope{Version: v, Verbatim: true, buffer: head, filled: len(head)}
	e.Body = &e.body
	e.body.env = e
	e.opts.Limits = Limits{Header: much, Blocks: much, XML: xmltext.Limits{
		Depth: much, Attributes: much, Declarations: much, Scope: much, Name: much, StartTag: much,
	}}
	e.scanner.Reset(e.opts.Limits.XML)
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		e.skip(3)
	}
	done, err := e.scanHead()
	if err == nil && !done {
		err = early(int64(len(head)))
	}
	if err != nil {
		return nil, err
	}
	e.finishHead()
	return e, nil
}
