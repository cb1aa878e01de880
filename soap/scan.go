package soap

import (
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// headScan is where the scan of a head stands between two reads.
type headScan struct {
	stage  headStage
	prolog int // octets of a byte order mark

	declaration xmltext.Span     // the XML declaration, empty without one
	encoding    xmltext.Encoding // in which the message arrived
}

type headStage uint8

const (
	beforeEnvelope headStage = iota
	beforeHeader             // inside Envelope
	inHeader
	inBlock
	afterHeader
)

// scanHead reads tokens until the start tag of Body, or until octets lack.
func (e *Envelope) scanHead() (done bool, err error) {
	for {
		kind, err := e.scanner.Next(e.buffer[:e.filled], e.ended)
		if err != nil {
			return false, e.emptyOr(err)
		}
		switch kind {
		case xmltext.More:
			if e.ended {
				return false, e.emptyOr(early(int64(e.filled)))
			}
			return false, e.headerRoom(e.scanner.Offset())
		case xmltext.StartTag:
			if done, err = e.startTag(); done || err != nil {
				return done, err
			}
		case xmltext.EndTag:
			if err = e.endTag(); err != nil {
				return false, err
			}
		case xmltext.Text, xmltext.CDATA:
			if err = e.text(kind); err != nil {
				return false, err
			}
		case xmltext.Declaration:
			e.scan.declaration = e.scanner.Token()
		case xmltext.End:
			return false, structure(e.filled, "no Body")
		default: // comments
		}
	}
}

// emptyOr names an empty message by its own reason (H-056).
func (e *Envelope) emptyOr(err error) error {
	if e.ended && e.scan.stage == beforeEnvelope && isBlanks(e.buffer[min(e.scan.prolog, e.filled):e.filled]) {
		return &refusal.Error{Reason: refusal.SOAPEmpty, Offset: 0, Detail: "the message is empty", Err: err}
	}
	return err
}

// headerRoom checks that the octets of Header up to at are within the limit.
func (e *Envelope) headerRoom(at int) error {
	if e.scan.stage != inHeader && e.scan.stage != inBlock || at-e.content.Start <= e.opts.Limits.Header {
		return nil
	}
	return refusal.Newf(refusal.XMLHeaderSize, int64(at), "Header holds more than %d octets", e.opts.Limits.Header)
}

func structure(at int, detail string) error {
	return refusal.New(refusal.SOAPStructure, int64(at), detail)
}

func (e *Envelope) startTag() (done bool, err error) {
	switch e.scan.stage {
	case beforeEnvelope:
		return false, e.startEnvelope()
	case beforeHeader, afterHeader:
		return e.startChild()
	case inHeader:
		return false, e.startBlock()
	default:
		return false, e.headerRoom(e.scanner.Token().End)
	}
}

func (e *Envelope) startEnvelope() error {
	name, tag := e.scanner.Name(), e.scanner.Token()
	want := e.Version.Envelope.Namespace()
	if string(name.Space) != want {
		return refusal.Newf(refusal.SOAPVersion, int64(tag.Start), "the root is {%s}%s, not an envelope in %s",
			cut(name.Space, 256), cut(name.Local, 256), want)
	}
	if string(name.Local) != "Envelope" {
		return structure(tag.Start, "the root is no Envelope")
	}
	if e.scanner.Empty() {
		return structure(tag.Start, "Envelope without a Body")
	}
	e.root = tag
	e.rootName = e.tagName()
	e.header = xmltext.Span{Start: tag.End, End: tag.End}
	e.content = e.header
	e.scan.stage = beforeHeader
	return nil
}

// startChild takes a child of Envelope: Header once at most, then Body.
func (e *Envelope) startChild() (done bool, err error) {
	name, tag := e.scanner.Name(), e.scanner.Token()
	space := e.Version.Envelope.Namespace()
	switch {
	case name.Is(space, "Body"):
		e.bodyTag, e.bodyName = tag, e.tagName()
		e.bodyOpen = !e.scanner.Empty()
		return true, nil
	case name.Is(space, "Header") && e.scan.stage == beforeHeader:
		e.header = tag
		e.content = xmltext.Span{Start: tag.End, End: tag.End}
		e.scan.stage = inHeader
		if e.scanner.Empty() {
			e.scan.stage = afterHeader
		} else {
			e.outer = append(e.outer, e.scanner.Scope()...)
		}
		return false, nil
	case name.Is(space, "Header"):
		return false, structure(tag.Start, "a second Header")
	}
	return false, structure(tag.Start, "an element beside Header and Body")
}

func (e *Envelope) startBlock() error {
	tag := e.scanner.Token()
	if len(e.blocks) >= e.opts.Limits.Blocks {
		return refusal.Newf(refusal.SOAPHeaders, int64(tag.Start), "more than %d header blocks", e.opts.Limits.Blocks)
	}
	b := Block{Element: tag, StartTag: tag, Content: xmltext.Span{Start: tag.End, End: tag.End}}
	raw := e.tagName()
	b.local = raw
	if p := len(e.scanner.Prefix()); p > 0 {
		b.local.Start += p + 1
	}
	b.Name.Space = e.scanner.Name().Space // stays until the scanner's next Reset
	if len(e.scanner.Attrs()) > 0 {
		if err := e.attributes(&b); err != nil {
			return err
		}
	}
	e.blocks = append(e.blocks, b)
	if !e.scanner.Empty() {
		e.scan.stage = inBlock
	}
	return e.headerRoom(tag.End)
}

func (e *Envelope) endTag() error {
	tag := e.scanner.Token()
	switch e.scan.stage {
	case inBlock:
		if e.scanner.Depth() == 2 {
			b := &e.blocks[len(e.blocks)-1]
			b.Element.End, b.Content.End = tag.End, tag.Start
			e.scan.stage = inHeader
		}
		return e.headerRoom(tag.End)
	case inHeader:
		e.header.End, e.content.End = tag.End, tag.Start
		e.scan.stage = afterHeader
		return nil
	default:
		return structure(tag.Start, "no Body")
	}
}

// text lets blanks stand between the elements of the envelope, and nothing else.
func (e *Envelope) text(kind xmltext.Kind) error {
	at := e.scanner.Token()
	if e.scan.stage != inBlock && (kind == xmltext.CDATA || !isBlanks(at.Of(e.buffer))) {
		return structure(at.Start, "text between the elements of the envelope")
	}
	return e.headerRoom(at.End)
}

// tagName returns the raw name of the tag just scanned.
func (e *Envelope) tagName() xmltext.Span {
	at := e.scanner.Token().Start + 1
	return xmltext.Span{Start: at, End: at + len(e.scanner.RawName())}
}

// finishHead fixes what could move while the head was read.
func (e *Envelope) finishHead() {
	e.head = e.buffer[:e.bodyTag.End:e.bodyTag.End]
	for i := range e.blocks {
		e.blocks[i].Name.Local = e.blocks[i].local.Of(e.head)
	}
	e.inner = append(e.inner, e.scanner.Scope()...)
}
