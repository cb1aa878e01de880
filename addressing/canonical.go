package addressing

import (
	"bytes"
	"slices"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// AppendCanonical appends the comparable form of a header (dispatch 2.2): two
// headers match when their forms are equal. Prefixes, the order of attributes,
// namespace declarations, IsReferenceParameter, wsu:Id, comments and text of
// blanks alone do not count, everything else does: SOAP attributes, case, blanks
// in text. CDATA is text. Scope holds the declarations in force around the
// element, innermost last.
func AppendCanonical(dst, element []byte, scope []xmltext.Decl) ([]byte, error) {
	c := canonicaliser{out: dst}
	err := c.run(element, scope)
	return c.out, err
}

type canonicaliser struct {
	scanner      xmltext.Scanner
	out          []byte
	text         []byte
	space, local string // name of the root
	bare         bool   // there is an element name in no namespace
	marked       bool   // the root has the attribute IsReferenceParameter
	attrs        []string
}

func (c *canonicaliser) run(element []byte, scope []xmltext.Decl) error {
	doc := fragment(element, scope)
	c.scanner.Reset(fragmentLimits())
	for {
		kind, err := c.scanner.Next(doc, true)
		if err != nil {
			return err
		}
		switch kind {
		case xmltext.StartTag:
			if c.scanner.Depth() == 1 && !c.scanner.Empty() {
				continue // the wrapper
			}
			c.flush()
			if err := c.start(doc); err != nil {
				return err
			}
			if c.scanner.Empty() {
				c.out = append(c.out, "</>"...)
			}
		case xmltext.EndTag:
			if c.scanner.Depth() == 0 {
				continue
			}
			c.flush()
			c.out = append(c.out, "</>"...)
		case xmltext.Text, xmltext.CDATA:
			if c.scanner.Depth() > 1 {
				if c.text, err = xmltext.AppendValue(c.text, c.scanner.Token().Of(doc)); err != nil {
					return err
				}
			}
		case xmltext.More, xmltext.End:
			return nil
		case xmltext.Comment, xmltext.Declaration:
		}
	}
}

// flush writes the text since the last tag, unless it is blanks alone.
func (c *canonicaliser) flush() {
	if len(bytes.Trim(c.text, " \t\r\n")) > 0 {
		c.out = xmltext.AppendEscaped(c.out, string(c.text))
	}
	c.text = c.text[:0]
}

func (c *canonicaliser) start(doc []byte) error {
	n := c.scanner.Name()
	root := c.local == ""
	if root {
		c.space, c.local = string(n.Space), string(n.Local)
	}
	c.bare = c.bare || len(n.Space) == 0
	c.out = append(c.out, '<')
	c.out = appendName(c.out, n)
	c.attrs = c.attrs[:0]
	for _, a := range c.scanner.Attrs() {
		if a.Name.Is(wsa10NS, isReferenceParameter) {
			c.marked = c.marked || root
			continue
		}
		if a.Name.Is(wsuNS, "Id") {
			continue
		}
		value, err := xmltext.AppendAttrValue(nil, a.Raw.Of(doc))
		if err != nil {
			return err
		}
		if isQName(a.Name) {
			value = c.resolve(value)
		}
		text := appendName([]byte{' '}, a.Name)
		text = append(text, `="`...)
		text = xmltext.AppendEscapedAttr(text, string(value))
		c.attrs = append(c.attrs, string(append(text, '"')))
	}
	slices.Sort(c.attrs)
	for _, a := range c.attrs {
		c.out = append(c.out, a...)
	}
	c.out = append(c.out, '>')
	return nil
}

// isQName names the attributes whose values WCF resolves.
func isQName(n xmltext.Name) bool {
	return n.Is(xsiNS, "type") || n.Is(serNS, "ItemType") || n.Is(serNS, "FactoryType")
}

// resolve replaces the prefix of a QName by its namespace; a value whose prefix
// is not declared stays.
func (c *canonicaliser) resolve(value []byte) []byte {
	q := bytes.Trim(value, " \t\r\n")
	prefix, local, ok := bytes.Cut(q, []byte(":"))
	if !ok {
		prefix, local = nil, q
	}
	space, bound := c.scanner.Lookup(prefix)
	if !bound && ok {
		return value
	}
	return appendName(nil, xmltext.Name{Space: space, Local: local})
}

func appendName(dst []byte, n xmltext.Name) []byte {
	dst = append(dst, '{')
	dst = append(dst, n.Space...)
	dst = append(dst, '}')
	return append(dst, n.Local...)
}
