package soap

import (
	"bytes"
	"slices"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// outerTag is a start tag of Envelope, Header or Body that is written anew.
type outerTag struct {
	out      []byte // what goes in front of the closing bracket
	encoding []byte // value of SOAP's encodingStyle with its quotes, nil without one
}

// keep appends the attributes of a start tag as they were written: xml:lang, an
// id that something refers to. SOAP's own stay behind, and so do declarations,
// which are written by scope. declare adds the declaration of each prefix, where
// the tag has none.
func (t *outerTag) keep(tag []byte, envelope string, space func(prefix []byte) []byte, declare bool) {
	rest := tag[1+len(rawName(tag)):]
	var declared [][]byte
	for {
		a, ok := cutAttribute(&rest)
		if !ok {
			return
		}
		prefix, local, qualified := bytes.Cut(a.name, []byte(":"))
		switch {
		case string(a.name) == "xmlns", qualified && string(prefix) == "xmlns":
			continue
		case !qualified, string(prefix) == "xml":
		default:
			ns := space(prefix)
			if string(ns) == envelope {
				if string(local) == attrEncoding {
					t.encoding = a.value
				}
				continue
			}
			if declare && !slices.ContainsFunc(declared, func(p []byte) bool { return bytes.Equal(p, prefix) }) {
				t.out = appendDecl(t.out, xmltext.Decl{Prefix: prefix, Space: ns})
				declared = append(declared, prefix)
			}
		}
		t.out = append(append(append(append(t.out, ' '), a.name...), '='), a.value...)
	}
}

// attribute is an attribute as written, the value with its quotes.
type attribute struct{ name, value []byte }

// cutAttribute takes the next attribute off what follows the name in a start tag
// that was scanned before.
func cutAttribute(rest *[]byte) (a attribute, ok bool) {
	p := bytes.TrimLeft(*rest, " \t\r\n")
	eq := bytes.IndexByte(p, '=')
	if eq < 0 || p[0] == '/' || p[0] == '>' {
		return a, false
	}
	a.name = trimRight(p[:eq])
	p = bytes.TrimLeft(p[eq+1:], " \t\r\n")
	end := bytes.IndexByte(p[1:], p[0]) + 2
	a.value, *rest = p[:end], p[end:]
	return a, true
}

// outermost finds a prefix among declarations as the first element sees it that
// declares any.
func outermost(scope []xmltext.Decl) func([]byte) []byte {
	return func(prefix []byte) []byte {
		for _, d := range scope {
			if bytes.Equal(d.Prefix, prefix) {
				return d.Space
			}
		}
		return nil
	}
}

// innermost finds a prefix as the last element sees it.
func innermost(scope []xmltext.Decl) func([]byte) []byte {
	return func(prefix []byte) []byte {
		for _, d := range slices.Backward(scope) {
			if bytes.Equal(d.Prefix, prefix) {
				return d.Space
			}
		}
		return nil
	}
}

// outer makes the start tags of the frame out of those of the base.
func (f *frame) outer(e *Envelope) {
	from := e.Version.Envelope.Namespace()
	scope := e.outer
	if e.header.Empty() {
		scope = e.inner
	}
	root := outerTag{out: f.pre[:len(f.pre)-1]}
	root.keep(e.root.Of(e.head), from, outermost(scope), true)
	f.pre = append(root.out, '>')
	if !e.header.Empty() {
		var tag outerTag
		tag.keep(e.header.Of(e.head)[:max(e.content.Start-e.header.Start, 0)], from, innermost(e.outer), false)
		f.opening = appendScope(f.opening[:len(f.opening)-1], e.outer, from, func(prefix []byte) bool {
			return mentions(tag.out, prefix) || e.mentions(prefix)
		})
		f.opening = append(append(f.opening, tag.out...), '>')
	}
	body := outerTag{encoding: root.encoding}
	body.keep(e.bodyTag.Of(e.head), from, innermost(e.inner), f.fault)
	f.body = f.body[:len(f.body)-1]
	if !f.fault {
		f.body = appendScope(f.body, e.inner, from, func(prefix []byte) bool {
			return e.listsPrefixes() || mentions(body.out, prefix) || e.body.mentions(prefix)
		})
	}
	f.body = append(append(f.body, body.out...), '>')
	f.encoding = body.encoding
}

// appendScope adds declarations to a start tag, of each prefix the innermost.
// Those of the namespace that the envelope no longer has are left out where
// nothing below uses them: some peers, gSOAP for one, take a message for the other
// version because its namespace is declared anywhere in it. A default namespace
// is used by names that do not show it, and stays.
func appendScope(tag []byte, scope []xmltext.Decl, from string, used func(prefix []byte) bool) []byte {
	for i, d := range scope {
		if hidden(d.Prefix, scope[i+1:]) || string(d.Space) == from && len(d.Prefix) > 0 && !used(d.Prefix) {
			continue
		}
		tag = appendDecl(tag, d)
	}
	return tag
}

// encode says on the first child of Body how its values are encoded. SOAP 1.1
// says so on Envelope or Body, as WCF does there; SOAP 1.2 Part 1, 5.1.1 allows
// it on the child only. Where the child did not arrive yet, nothing is said.
func (f *frame) encode(e *Envelope) {
	e.body.mu.Lock()
	defer e.body.mu.Unlock()
	first, err := e.body.prefix()
	if err != nil || e.body.state == Empty {
		return
	}
	name, known := firstChild(first)
	if !known || len(name) == 0 {
		return
	}
	// name is a view of first.
	at := cap(first) - cap(name) + len(name)
	if bytes.Contains(rawTag(first[at:]), []byte(attrEncoding)) {
		return // it says so itself
	}
	f.body = append(f.body, first[:at]...)
	f.body = append(append(f.body, ' '), f.encodingStyle(SOAP12, f.encoding)...)
	f.skip = int64(at)
}

// rawTag returns what is there of a start tag behind its name.
func rawTag(p []byte) []byte {
	quote := byte(0)
	for i, c := range p {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return p[:i]
		}
	}
	return p
}

// encodingStyle returns the attribute in another version; value has its quotes.
// The encoding itself stays what it is, so that its URI does too.
func (f *frame) encodingStyle(to EnvelopeVersion, value []byte) []byte {
	quote, list := value[:1], bytes.Fields(value[1:len(value)-1])
	uri := []byte{}
	switch {
	case len(list) == 0 && to == SOAP12:
		uri = []byte(noEncoding12)
	case len(list) > 0 && (to == SOAP12 || string(list[0]) != noEncoding12):
		uri = list[0] // SOAP 1.1 lists the most specific first; SOAP 1.2 takes one
	}
	out := append([]byte(f.prefix), ":"+attrEncoding+"="...)
	return append(append(append(out, quote...), uri...), quote...)
}
