package addressing

import (
	"bytes"
	"strconv"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// fragmentLimits are those of elements that were accepted as part of a message
// or of a file already, with room for the element that fragment adds.
func fragmentLimits() xmltext.Limits {
	return xmltext.Limits{Depth: 1024, Attributes: 4096, Declarations: 4096, Scope: 8192, Name: 1 << 16, StartTag: 1 << 24}
}

// wrapper is the element that fragment puts around another; its depth is 1.
const wrapper = "v"

// fragment makes a document of an element: an element around it declares what
// is in force there.
func fragment(element []byte, scope []xmltext.Decl) []byte {
	doc := make([]byte, 0, len(element)+64*len(scope)+16)
	doc = append(doc, '<')
	doc = append(doc, wrapper...)
	for i := range scope {
		if inForce(scope, i) {
			doc = appendDecl(doc, scope[i].Prefix, scope[i].Space)
		}
	}
	doc = append(doc, '>')
	doc = append(doc, element...)
	return append(doc, "</"+wrapper+">"...)
}

// inForce reports whether the declaration is not hidden by a later one.
func inForce(scope []xmltext.Decl, i int) bool {
	if string(scope[i].Prefix) == "xml" {
		return false
	}
	for _, later := range scope[i+1:] {
		if bytes.Equal(later.Prefix, scope[i].Prefix) {
			return false
		}
	}
	return true
}

func appendDecl(dst, prefix, space []byte) []byte {
	dst = append(dst, " xmlns"...)
	if len(prefix) > 0 {
		dst = append(dst, ':')
		dst = append(dst, prefix...)
	}
	dst = append(dst, `="`...)
	dst = xmltext.AppendEscapedAttr(dst, string(space))
	return append(dst, '"')
}

// selfContained returns a copy of an element that declares what it uses of
// scope. Prefixes may stand in values too, so every prefix whose name and colon
// occur in the element counts as used. When bare is true, the element holds
// names in no namespace, and they are kept there.
func selfContained(element []byte, scope []xmltext.Decl, bare bool) []byte {
	end := nameEnd(element)
	declared := declarations(element)
	out := make([]byte, 0, len(element)+128)
	out = append(out, element[:end]...)
	hasDefault := declared[""]
	for i, d := range scope {
		if !inForce(scope, i) || declared[string(d.Prefix)] {
			continue
		}
		if len(d.Prefix) == 0 {
			if len(d.Space) > 0 {
				hasDefault = true
				out = appendDecl(out, nil, d.Space)
			}
			continue
		}
		if bytes.Contains(element, append(bytes.Clone(d.Prefix), ':')) {
			out = appendDecl(out, d.Prefix, d.Space)
		}
	}
	if bare && !hasDefault {
		out = appendDecl(out, nil, nil)
	}
	return append(out, element[end:]...)
}

// nameEnd returns the end of the name in the start tag of an element.
func nameEnd(element []byte) int {
	if n := bytes.IndexAny(element, " \t\r\n/>"); n >= 0 {
		return n
	}
	return len(element)
}

// declarations returns the prefixes that the start tag of a well-formed element
// declares, "" for the default namespace.
func declarations(element []byte) map[string]bool {
	declared := map[string]bool{}
	rest := element[nameEnd(element):]
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		eq := bytes.IndexByte(rest, '=')
		if len(rest) == 0 || rest[0] == '>' || rest[0] == '/' || eq < 0 {
			return declared
		}
		name := bytes.TrimRight(rest[:eq], " \t\r\n")
		if string(name) == "xmlns" {
			declared[""] = true
		} else if p, ok := bytes.CutPrefix(name, []byte("xmlns:")); ok {
			declared[string(p)] = true
		}
		value := bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(value) == 0 {
			return declared
		}
		closing := bytes.IndexByte(value[1:], value[0])
		if closing < 0 {
			return declared
		}
		rest = value[closing+2:]
	}
}

// marked returns an element as a message of WS-Addressing 1.0 carries it: with
// the attribute IsReferenceParameter.
func marked(element []byte) []byte {
	prefix := freshPrefix(element)
	end := nameEnd(element)
	out := make([]byte, 0, len(element)+96)
	out = append(out, element[:end]...)
	out = appendDecl(out, []byte(prefix), []byte(wsa10NS))
	out = append(out, ' ')
	out = append(out, prefix...)
	out = append(out, ":"+isReferenceParameter+`="true"`...)
	return append(out, element[end:]...)
}

// freshPrefix returns a prefix that the element does not mention.
func freshPrefix(element []byte) string {
	for n := 0; ; n++ {
		prefix := "wsa"
		if n > 0 {
			prefix += strconv.Itoa(n)
		}
		if !bytes.Contains(element, []byte(prefix)) {
			return prefix
		}
	}
}
