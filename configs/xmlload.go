package configs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Limits of one file (spec threats 3.1, T-CFG-07).
const (
	maxFileSize = 16 << 20
	maxDepth    = 128
	maxSources  = 64 // files that configSource may bring in
)

// document is one XML file as a tree, with the place of everything in it.
type document struct {
	name     string
	root     *etree.Element
	pos      map[*etree.Element]source.Pos
	attrs    map[*etree.Element][]source.Pos // of element.Attr, in order
	text     map[*etree.Element]source.Pos   // first text that is not blank
	comments []Comment

	level int                               // of its directory below that of the outermost file; -1 = above all
	open  func(name string) ([]byte, error) // reads a file of its directory, for configSource; nil = refused
}

// loader is the state of one pass over a file. etree's own reader gives no
// positions, collapses duplicate attributes and lets trailing junk pass.
type loader struct {
	doc   *document
	data  []byte // UTF-8, without byte order mark
	lines []int  // offset of each line's start
	stack []*etree.Element
	tags  []xml.Name
	errs  Errors

	broken bool // what follows the error cannot be understood
}

var errStop = errors.New("configs: stop")

// parseXML reads a file. With errors it gives a document all the same, unless
// what stands behind the first one cannot be understood.
func parseXML(name string, data []byte) (*document, Errors) {
	if len(data) > maxFileSize {
		return nil, Errors{{Pos: source.Pos{File: name, Line: 1, Column: 1}, Code: "file-too-large", Text: "the file is larger than 16 MiB"}}
	}
	text, charset, err := toUTF8(data)
	if err != nil {
		return nil, Errors{{Pos: source.Pos{File: name, Line: 1, Column: 1}, Code: "unreadable-encoding", Text: err.Error()}}
	}
	l := &loader{
		data: text,
		doc: &document{
			name: name, pos: map[*etree.Element]source.Pos{}, attrs: map[*etree.Element][]source.Pos{},
			text: map[*etree.Element]source.Pos{},
		},
	}
	l.lines = append(l.lines, 0)
	for i, c := range text {
		if c == '\n' {
			l.lines = append(l.lines, i+1)
		}
	}
	l.run(charset)
	l.errs.sort()
	if l.broken {
		return nil, l.errs
	}
	return l.doc, l.errs
}

// at turns an offset into a position.
func (l *loader) at(offset int) source.Pos {
	i := sort.SearchInts(l.lines, offset+1) - 1
	return source.Pos{File: l.doc.name, Line: i + 1, Column: offset - l.lines[i] + 1}
}

// fail reports what makes the rest of the file meaningless.
func (l *loader) fail(offset int, format string, args ...any) {
	l.broken = true
	l.errs = append(l.errs, &Error{Pos: l.at(offset), Code: "malformed-xml", Text: fmt.Sprintf(format, args...)})
}

// wrong reports an error behind which reading goes on.
func (l *loader) wrong(at source.Pos, path, code, format string, args ...any) {
	l.errs = append(l.errs, &Error{Pos: at, Path: path, Code: code, Text: fmt.Sprintf(format, args...)})
}

func (l *loader) run(charset string) {
	d := xml.NewDecoder(bytes.NewReader(l.data))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		return decodeDeclared(label, charset, r)
	}
	if !declaredUTF8(l.data, charset) {
		// The declaration names a single-octet code page: decode it first, so
		// that offsets count in what is read.
		text, err := latin1(l.data)
		if err != nil {
			l.fail(0, "%v", err)
			return
		}
		l.data = text
		d = xml.NewDecoder(bytes.NewReader(text))
		d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	}
	for {
		start := int(d.InputOffset())
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = l.token(tok, start, int(d.InputOffset()))
		} else {
			l.fail(min(int(d.InputOffset()), max(len(l.data)-1, 0)), "not well-formed XML: %s", syntaxText(err))
			return
		}
		if errors.Is(err, errStop) {
			return
		}
	}
	switch {
	case len(l.stack) > 0:
		top := l.stack[len(l.stack)-1]
		l.broken = true
		l.wrong(l.doc.pos[top], "", "malformed-xml", "element %s has no end tag", top.FullTag())
	case l.doc.root == nil:
		l.fail(0, "the file holds no element; Viaduct reads the XML configuration of a .NET application (web.config, app.config)")
	}
}

func (l *loader) token(tok xml.Token, start, end int) error {
	switch t := tok.(type) {
	case xml.StartElement:
		return l.startElement(t, start, end)
	case xml.EndElement:
		return l.endElement(t, start)
	case xml.CharData:
		return l.charData(t, start)
	case xml.Comment:
		l.doc.comments = append(l.doc.comments, Comment{Pos: l.at(start), Text: string(t)})
	case xml.Directive:
		l.wrong(l.at(start), "", "document-type", "a document type declaration (<!DOCTYPE) is refused; remove it and write the values in full")
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") && start > 0 {
			l.fail(start, "the XML declaration must be the very first thing in the file; remove what stands before it")
			return errStop
		}
	}
	return nil
}

func (l *loader) startElement(t xml.StartElement, start, end int) error {
	e := etree.NewElement(fullName(t.Name))
	l.doc.pos[e] = l.at(start)
	switch {
	case len(l.stack) >= maxDepth:
		l.fail(start, "elements are nested more than %d deep", maxDepth)
		return errStop
	case len(l.stack) > 0:
		l.stack[len(l.stack)-1].AddChild(e)
	case l.doc.root != nil:
		l.fail(start, "a second root element %s; a configuration has one, <configuration>", e.FullTag())
		return errStop
	default:
		l.doc.root = e
	}
	at := attrOffsets(l.data[start:end])
	seen := make(map[xml.Name]source.Pos, len(t.Attr))
	for i, a := range t.Attr {
		p := l.at(start)
		if i < len(at) {
			p = l.at(start + at[i])
		}
		if first, dup := seen[a.Name]; dup {
			l.wrong(p, e.FullTag()+"/@"+fullName(a.Name), "duplicate-attribute",
				"attribute %s stands twice on one element, first at %v; keep one", fullName(a.Name), first)
			continue
		}
		seen[a.Name] = p
		e.Attr = append(e.Attr, etree.Attr{Space: a.Name.Space, Key: a.Name.Local, Value: a.Value})
		l.doc.attrs[e] = append(l.doc.attrs[e], p)
	}
	l.stack = append(l.stack, e)
	l.tags = append(l.tags, t.Name)
	return nil
}

func (l *loader) endElement(t xml.EndElement, start int) error {
	if len(l.stack) == 0 {
		l.fail(start, "end tag %s without a start tag", fullName(t.Name))
		return errStop
	}
	n := len(l.stack) - 1
	if l.tags[n] != t.Name {
		l.fail(start, "end tag %s does not match start tag %s at %v", fullName(t.Name), fullName(l.tags[n]), l.doc.pos[l.stack[n]])
		return errStop
	}
	l.stack, l.tags = l.stack[:n], l.tags[:n]
	return nil
}

func (l *loader) charData(t xml.CharData, start int) error {
	text := string(t)
	blank := strings.TrimSpace(text) == ""
	if len(l.stack) == 0 {
		if blank {
			return nil
		}
		l.fail(start, "text outside of the root element")
		return errStop
	}
	top := l.stack[len(l.stack)-1]
	top.CreateText(text)
	if _, known := l.doc.text[top]; !known && !blank {
		// Point at the first character, not at the line break before it.
		lead := 0
		for start+lead < len(l.data) && strings.IndexByte(" \t\r\n", l.data[start+lead]) >= 0 {
			lead++
		}
		l.doc.text[top] = l.at(start + lead)
	}
	return nil
}

func fullName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// attrOffsets finds where each attribute begins in the octets of a start tag
// that the decoder has accepted.
func attrOffsets(tag []byte) []int {
	var out []int
	i := 1
	for i < len(tag) && !isBlank(tag[i]) && tag[i] != '>' && tag[i] != '/' {
		i++
	}
	for {
		for i < len(tag) && isBlank(tag[i]) {
			i++
		}
		if i >= len(tag) || tag[i] == '>' || tag[i] == '/' {
			return out
		}
		out = append(out, i)
		q := bytes.IndexAny(tag[i:], `"'`)
		if q < 0 {
			return out
		}
		i += q
		closing := bytes.IndexByte(tag[i+1:], tag[i])
		if closing < 0 {
			return out
		}
		i += closing + 2
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// syntaxText is the decoder's complaint without anything that it quotes from
// the file: a quoted piece may be part of a password.
func syntaxText(err error) string {
	var s *xml.SyntaxError
	if !errors.As(err, &s) {
		return "the encoding cannot be read"
	}
	for _, known := range []struct{ prefix, text string }{
		{"invalid character entity", "an & that begins no known reference; write &amp;"},
		{"illegal character code", "a character that XML does not allow"},
		{"invalid UTF-8", "octets that are not UTF-8; save the file as UTF-8 or declare its encoding"},
		{"unescaped <", "a < inside an attribute value; write &lt;"},
		{"unquoted or missing attribute", "an attribute value without quotation marks"},
		{"attribute name without", "an attribute without a value"},
		{"unexpected EOF", "the file ends inside an element"},
		{"invalid characters between", "an end tag that is not closed"},
		{"unescaped ]]>", "the characters ]]> in text; write ]]&gt;"},
	} {
		if strings.HasPrefix(s.Msg, known.prefix) {
			return known.text
		}
	}
	return "a tag, comment or reference is not closed or not spelled correctly"
}
