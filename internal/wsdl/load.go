package wsdl

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf16"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Limits of what one contract is read from (threats 3.1, metadata).
const (
	maxSize  = 16 << 20 // octets of all files together
	maxFiles = 256
	maxDepth = 128 // of elements
)

// Error is one thing that is wrong in a WSDL file, with the remedy.
type Error struct {
	Pos  source.Pos
	Text string
}

// Error gives "file:line:column: text".
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Text }

// file is one XML file as a tree, with the place of its elements.
type file struct {
	name string
	root *etree.Element
	pos  map[*etree.Element]source.Pos
}

// loader is the state of one pass over a file. etree's own reader gives no
// positions and lets duplicate attributes and trailing text pass.
type loader struct {
	out   *file
	data  []byte
	lines []int // offset of each line's start
	stack []*etree.Element
	tags  []xml.Name
}

func parseXML(name string, data []byte) (*file, error) {
	text, err := decode(data)
	l := &loader{data: text, lines: []int{0}, out: &file{name: name, pos: map[*etree.Element]source.Pos{}}}
	if err != nil {
		return nil, &Error{source.Pos{File: name, Line: 1, Column: 1}, err.Error()}
	}
	for i, c := range text {
		if c == '\n' {
			l.lines = append(l.lines, i+1)
		}
	}
	if err := l.run(); err != nil {
		return nil, err
	}
	return l.out, nil
}

func (l *loader) at(offset int) source.Pos {
	i := sort.SearchInts(l.lines, offset+1) - 1
	return source.Pos{File: l.out.name, Line: i + 1, Column: offset - l.lines[i] + 1}
}

func (l *loader) fail(offset int, format string, args ...any) error {
	return &Error{l.at(offset), fmt.Sprintf(format, args...)}
}

func (l *loader) run() error {
	d := xml.NewDecoder(bytes.NewReader(l.data))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "utf-8", "utf-16", "us-ascii", "ascii":
			return r, nil // UTF-16 was decoded by its byte order mark
		}
		return nil, errors.New("the encoding is not read")
	}
	for {
		start := int(d.InputOffset())
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// The decoder's words may quote the file and are left out.
			return l.fail(min(int(d.InputOffset()), max(len(l.data)-1, 0)), "not well-formed XML in UTF-8 or UTF-16")
		}
		if err := l.token(token, start); err != nil {
			return err
		}
	}
	switch {
	case len(l.stack) > 0:
		top := l.stack[len(l.stack)-1]
		return &Error{l.out.pos[top], fmt.Sprintf("element %s has no end tag", top.FullTag())}
	case l.out.root == nil:
		return l.fail(0, "the file holds no element; a WSDL 1.1 file has one, definitions")
	}
	return nil
}

func (l *loader) token(token xml.Token, start int) error {
	switch t := token.(type) {
	case xml.StartElement:
		return l.startElement(t, start)
	case xml.EndElement:
		n := len(l.stack) - 1
		if n < 0 || l.tags[n] != t.Name {
			return l.fail(start, "end tag %s without its start tag", fullName(t.Name))
		}
		l.stack, l.tags = l.stack[:n], l.tags[:n]
	case xml.CharData:
		if len(l.stack) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return l.fail(start, "text outside of the root element")
		}
	case xml.Directive:
		return l.fail(start, "a document type declaration (<!DOCTYPE) is refused; remove it")
	}
	return nil
}

func (l *loader) startElement(t xml.StartElement, start int) error {
	e := etree.NewElement(fullName(t.Name))
	switch {
	case len(l.stack) >= maxDepth:
		return l.fail(start, "elements are nested more than %d deep", maxDepth)
	case len(l.stack) > 0:
		l.stack[len(l.stack)-1].AddChild(e)
	case l.out.root != nil:
		return l.fail(start, "a second root element %s", e.FullTag())
	default:
		l.out.root = e
	}
	l.out.pos[e] = l.at(start)
	seen := make(map[xml.Name]bool, len(t.Attr))
	for _, a := range t.Attr {
		if seen[a.Name] {
			return l.fail(start, "attribute %s stands twice on element %s", fullName(a.Name), e.FullTag())
		}
		seen[a.Name] = true
		e.Attr = append(e.Attr, etree.Attr{Space: a.Name.Space, Key: a.Name.Local, Value: a.Value})
	}
	l.stack, l.tags = append(l.stack, e), append(l.tags, t.Name)
	return nil
}

func fullName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// decode removes a byte order mark and decodes UTF-16.
func decode(b []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:], nil
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		order = binary.BigEndian
	case len(b) >= 2 && (b[0] == 0 || b[1] == 0):
		return nil, errors.New("this looks like UTF-16 without a byte order mark; save the file as UTF-8")
	default:
		return b, nil
	}
	b = b[2:]
	if len(b)%2 != 0 {
		return nil, errors.New("the UTF-16 text ends in the middle of a character")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	text := []byte(string(utf16.Decode(units)))
	if bytes.Contains(text, []byte("\ufffd")) {
		return nil, errors.New("the UTF-16 text holds half a character; save the file as UTF-8")
	}
	return text, nil
}
