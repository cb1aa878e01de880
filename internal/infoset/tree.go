package infoset

import (
	"bytes"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// node is an element. What is ignored, and what says nothing, is not in it.
type node struct {
	space, local string
	attrs        []attr // by namespace and name
	children     []*node
	// text is all character data together; in an element with children, where it
	// is not blank, with a NUL for each child.
	text string
}

type attr struct{ space, local, value string }

// Namespaces in which values hold QNames.
const (
	xsi      = "http://www.w3.org/2001/XMLSchema-instance"
	soap11   = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12   = "http://www.w3.org/2003/05/soap-envelope"
	encoding = "http://schemas.xmlsoap.org/soap/encoding/"
)

// builder makes the tree of one document.
type builder struct {
	data   []byte
	scan   xmltext.Scanner
	ignore []Path
	open   []frame
	root   *node
}

// frame is an element that is open.
type frame struct {
	n       *node // nil: ignored
	reached []reached
	text    []byte
	within  bool           // it has child elements, ignored ones too
	qname   bool           // its text is a QName
	scope   []xmltext.Decl // in force, when the text is one
}

// parse reads a document.
func parse(data []byte, ignore []Path) (*node, error) {
	b := &builder{data: data, ignore: ignore}
	b.scan.Reset(xmltext.Limits{})
	if bytes.HasPrefix(data, []byte("\ufeff")) {
		b.scan.Skip(3)
	}
	for {
		kind, err := b.scan.Next(data, true)
		if err != nil {
			return nil, err
		}
		switch kind {
		case xmltext.StartTag:
			err = b.start()
		case xmltext.EndTag:
			b.end()
		case xmltext.Text, xmltext.CDATA:
			err = b.characters()
		case xmltext.End:
			return b.root, nil
		default: // comments and the declaration say nothing
		}
		if err != nil {
			return nil, err
		}
	}
}

func (b *builder) start() error {
	name := b.scan.Name()
	local := string(name.Local)
	f := frame{reached: make([]reached, len(b.ignore))}
	parent := b.parent()
	ignored := parent != nil && parent.n == nil
	for i := range b.ignore {
		from := reached(1)
		if parent != nil {
			from = parent.reached[i]
		}
		f.reached[i] = b.ignore[i].descend(from, local, false)
		ignored = ignored || b.ignore[i].ends(f.reached[i])
	}
	if parent != nil {
		parent.within = true
	}
	if !ignored {
		f.n = &node{space: string(name.Space), local: local}
		if err := b.attributes(&f); err != nil {
			return err
		}
		if f.qname = f.qname || b.faultCode(f.n); f.qname {
			f.scope = slices.Clone(b.scan.Scope())
		}
		if parent != nil {
			parent.n.children = append(parent.n.children, f.n)
			parent.text = append(parent.text, 0)
		} else {
			b.root = f.n
		}
	}
	b.open = append(b.open, f)
	if b.scan.Empty() {
		b.end()
	}
	return nil
}

// parent returns the innermost open element, nil before the root.
func (b *builder) parent() *frame {
	if len(b.open) == 0 {
		return nil
	}
	return &b.open[len(b.open)-1]
}

// attributes adds those that are not ignored.
func (b *builder) attributes(f *frame) error {
	for _, a := range b.scan.Attrs() {
		local := string(a.Name.Local)
		if b.ignoresAttr(f, local) {
			continue
		}
		value, err := xmltext.AppendAttrValue(nil, a.Raw.Of(b.data))
		if err != nil {
			return err
		}
		x := attr{space: string(a.Name.Space), local: local, value: string(value)}
		switch {
		case x.space == xsi && local == "type":
			x.value = resolve(x.value, b.scan.Scope())
			f.qname = x.value == "{http://www.w3.org/2001/XMLSchema}QName"
		case x.space == encoding && local == "arrayType":
			x.value = resolve(x.value, b.scan.Scope())
		}
		f.n.attrs = append(f.n.attrs, x)
	}
	slices.SortFunc(f.n.attrs, func(a, b attr) int { return compareNames(a.space, a.local, b.space, b.local) })
	return nil
}

func (b *builder) ignoresAttr(f *frame, local string) bool {
	for i := range b.ignore {
		if p := &b.ignore[i]; p.ends(p.descend(f.reached[i], local, true)) {
			return true
		}
	}
	return false
}

// faultCode reports whether an element holds the code of a fault (SOAP 1.1, 4.4;
// SOAP 1.2 Part 1, 5.4.1).
func (b *builder) faultCode(n *node) bool {
	parent := b.parent()
	if parent == nil {
		return false
	}
	return n.space == "" && n.local == "faultcode" && parent.n.space == soap11 ||
		n.space == soap12 && n.local == "Value" && (parent.n.local == "Code" || parent.n.local == "Subcode")
}

func (b *builder) characters() error {
	f := &b.open[len(b.open)-1]
	if f.n == nil {
		return nil
	}
	var err error
	f.text, err = xmltext.AppendValue(f.text, b.scan.Token().Of(b.data))
	return err
}

func (b *builder) end() {
	f := &b.open[len(b.open)-1]
	if n := f.n; n != nil {
		switch {
		case f.within && blank(f.text): // white space between elements
		case f.qname:
			n.text = resolve(strings.TrimSpace(string(f.text)), f.scope)
		default:
			n.text = string(f.text)
		}
	}
	b.open = b.open[:len(b.open)-1]
}

// resolve writes a QName with its namespace, or leaves a value that is none. An
// array type keeps its brackets.
func resolve(value string, scope []xmltext.Decl) string {
	value = strings.TrimSpace(value)
	prefix, local, ok := strings.Cut(value, ":")
	if !ok {
		prefix, local = "", value
	}
	for _, d := range slices.Backward(scope) {
		if string(d.Prefix) == prefix {
			return "{" + string(d.Space) + "}" + local
		}
	}
	if prefix == "" {
		return "{}" + local
	}
	return value
}

func blank(b []byte) bool { return len(bytes.Trim(b, " \t\r\n\x00")) == 0 }

func compareNames(spaceA, localA, spaceB, localB string) int {
	if c := strings.Compare(spaceA, spaceB); c != 0 {
		return c
	}
	return strings.Compare(localA, localB)
}
