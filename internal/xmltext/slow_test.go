package xmltext_test

import (
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// slow is the oracle of the fuzz tests: XML 1.0 and its namespaces by recursive
// descent over the whole document, rule by rule, without regard to speed. It
// shares no code with the scanner.
type slow struct {
	in     []rune
	at     int
	limits xmltext.Limits
	events []string
}

// reject ends the descent.
type reject string

// slowRead gives the events of doc, or why it is no document.
func slowRead(doc []byte, l xmltext.Limits) (events []string, why string) {
	if !utf8.Valid(doc) {
		return nil, "not UTF-8"
	}
	p := &slow{in: []rune(string(doc)), limits: l.Defaults()}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case reject:
			events, why = nil, string(r)
		default:
			panic(r)
		}
	}()
	for _, r := range p.in {
		p.must(slowChar(r), "character")
	}
	p.document()
	return p.events, ""
}

func slowChar(r rune) bool {
	return r == 9 || r == 10 || r == 13 || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}

func (p *slow) must(ok bool, what string) {
	if !ok {
		panic(reject(fmt.Sprintf("%s at character %d", what, p.at)))
	}
}

func (p *slow) emit(format string, args ...any) {
	p.events = append(p.events, fmt.Sprintf(format, args...))
}

func (p *slow) sees(s string) bool {
	r := []rune(s)
	return len(p.in)-p.at >= len(r) && string(p.in[p.at:p.at+len(r)]) == s
}

func (p *slow) take(s string) bool {
	if p.sees(s) {
		p.at += len([]rune(s))
		return true
	}
	return false
}

func (p *slow) next() rune {
	p.must(p.at < len(p.in), "end of document")
	p.at++
	return p.in[p.at-1]
}

func (p *slow) until(end string) string {
	from := p.at
	for !p.sees(end) {
		p.next()
	}
	s := string(p.in[from:p.at])
	p.take(end)
	return s
}

func (p *slow) blanks() (n int) {
	for p.at < len(p.in) && strings.ContainsRune(" \t\r\n", p.in[p.at]) {
		p.at++
		n++
	}
	return n
}

func (p *slow) document() {
	if p.sees("<?xml") {
		p.declaration()
	}
	p.misc()
	p.must(p.at < len(p.in) && p.sees("<"), "root element")
	p.element(1, map[string]string{"": "", "xml": "http://www.w3.org/XML/1998/namespace"}, 0)
	p.misc()
	p.must(p.at == len(p.in), "end of document")
}

func (p *slow) misc() {
	for {
		p.blanks()
		if !p.sees("<!--") {
			return
		}
		p.comment()
	}
}

func (p *slow) declaration() {
	from := p.at
	p.take("<?xml")
	p.must(p.blanks() > 0 && p.pseudo("version") == "1.0", "version")
	n := p.blanks()
	if p.sees("encoding") {
		p.must(n > 0 && strings.EqualFold(p.pseudo("encoding"), "utf-8"), "encoding")
		n = p.blanks()
	}
	if p.sees("standalone") {
		p.must(n > 0, "blank")
		v := p.pseudo("standalone")
		p.must(v == "yes" || v == "no", "standalone")
		p.blanks()
	}
	p.must(p.take("?>") && p.at-from <= 256, "end of the XML declaration")
	p.emit("declaration")
}

func (p *slow) pseudo(name string) string {
	p.must(p.take(name), name)
	p.blanks()
	p.must(p.take("="), "equals sign")
	p.blanks()
	q := p.next()
	p.must(q == '"' || q == '\'', "quote")
	return p.until(string(q))
}

func (p *slow) comment() {
	p.take("<!--")
	text := p.until("--")
	p.must(p.take(">"), "-- in a comment")
	p.emit("comment %q", text)
}

func slowNameStart(r rune) bool {
	in := func(lo, hi rune) bool { return r >= lo && r <= hi }
	return in('A', 'Z') || r == '_' || in('a', 'z') || in(0xC0, 0xD6) || in(0xD8, 0xF6) || in(0xF8, 0x2FF) ||
		in(0x370, 0x37D) || in(0x37F, 0x1FFF) || in(0x200C, 0x200D) || in(0x2070, 0x218F) || in(0x2C00, 0x2FEF) ||
		in(0x3001, 0xD7FF) || in(0xF900, 0xFDCF) || in(0xFDF0, 0xFFFD) || in(0x10000, 0xEFFFF)
}

func slowNameChar(r rune) bool {
	in := func(lo, hi rune) bool { return r >= lo && r <= hi }
	return slowNameStart(r) || r == '-' || r == '.' || in('0', '9') || r == 0xB7 || in(0x300, 0x36F) || in(0x203F, 0x2040)
}

func (p *slow) ncname() string {
	from := p.at
	p.must(slowNameStart(p.next()), "name")
	for p.at < len(p.in) && slowNameChar(p.in[p.at]) {
		p.at++
	}
	return string(p.in[from:p.at])
}

func (p *slow) qname() (prefix, local, raw string) {
	local = p.ncname()
	raw = local
	if p.take(":") {
		prefix, local = local, p.ncname()
		raw = prefix + ":" + local
	}
	p.must(len(raw) <= p.limits.Name, "length of a name")
	return prefix, local, raw
}

type slowAttr struct{ prefix, local, value string }

func (p *slow) element(depth int, scope map[string]string, inForce int) {
	from := p.at
	p.must(p.take("<"), "start tag")
	p.must(depth <= p.limits.Depth, "depth")
	prefix, local, raw := p.qname()
	var attrs []slowAttr
	scope = maps.Clone(scope)
	declared := map[string]bool{}
	for {
		n := p.blanks()
		if p.sees(">") || p.sees("/>") {
			break
		}
		p.must(n > 0, "blank before an attribute")
		a := p.attribute()
		switch {
		case a.prefix == "" && a.local == "xmlns":
			p.bind(scope, declared, "", a.value)
		case a.prefix == "xmlns":
			p.bind(scope, declared, a.local, a.value)
		default:
			attrs = append(attrs, a)
		}
	}
	inForce += len(declared)
	p.must(len(declared) <= p.limits.Declarations && inForce <= p.limits.Scope, "declarations")
	p.must(len(attrs) <= p.limits.Attributes, "attributes")
	line := fmt.Sprintf("start %d %s", depth, p.expand(scope, prefix, local, false))
	seen := map[string]bool{}
	for _, a := range attrs {
		name := p.expand(scope, a.prefix, a.local, true)
		p.must(!seen[name], "attribute twice")
		seen[name] = true
		line += fmt.Sprintf(" %s=%q", name, a.value)
	}
	empty := p.take("/>")
	p.must(empty || p.take(">"), "end of a start tag")
	p.must(len(string(p.in[from:p.at])) <= p.limits.StartTag, "length of a start tag")
	if p.emit("%s empty=%v", line, empty); empty {
		return
	}
	p.content(depth, scope, inForce)
	from = p.at
	p.must(p.take("</"+raw), "end tag")
	p.blanks()
	p.must(p.take(">"), "end of an end tag")
	p.must(len(string(p.in[from:p.at])) <= p.limits.StartTag, "length of an end tag")
	p.emit("end %d %s", depth, p.expand(scope, prefix, local, false))
}

func (p *slow) content(depth int, scope map[string]string, inForce int) {
	for {
		switch {
		case p.sees("</"):
			return
		case p.sees("<!--"):
			p.comment()
		case p.take("<![CDATA["):
			p.emit("cdata %q", slowLines(p.until("]]>")))
		case p.sees("<"):
			p.element(depth+1, scope, inForce)
		default:
			text := ""
			for !p.sees("<") {
				p.must(!p.sees("]]>"), "]]> in text")
				text += p.char('\n')
			}
			p.emit("text %q", text)
		}
	}
}

// char takes one character, line end or reference; a line end counts as blank.
func (p *slow) char(blank rune) string {
	switch r := p.next(); r {
	case '&':
		return p.reference()
	case '\r':
		p.take("\n")
		return string(blank)
	default:
		return string(r)
	}
}

func (p *slow) reference() string {
	name := p.until(";")
	if c, ok := map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}[name]; ok {
		return c
	}
	digits, ok := strings.CutPrefix(name, "#")
	base, set := 10, "0123456789"
	if hex, x := strings.CutPrefix(digits, "x"); x {
		digits, base, set = hex, 16, "0123456789abcdefABCDEF"
	}
	p.must(ok && digits != "" && len(digits) <= 7 && strings.Trim(digits, set) == "", "reference")
	var v rune
	for _, d := range strings.ToLower(digits) {
		v = v*rune(base) + rune(strings.IndexRune(set, d))
	}
	p.must(v > 0 && v <= 0x10FFFF && (v < 0x20 || slowChar(v)), "character reference")
	return string(v)
}

func slowLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func (p *slow) attribute() (a slowAttr) {
	a.prefix, a.local, _ = p.qname()
	p.blanks()
	p.must(p.take("="), "equals sign")
	p.blanks()
	q := p.next()
	p.must(q == '"' || q == '\'', "quote")
	for !p.take(string(q)) {
		p.must(!p.sees("<"), "< in an attribute value")
		if p.sees("\t") || p.sees("\n") {
			p.next()
			a.value += " "
			continue
		}
		a.value += p.char(' ')
	}
	return a
}

func (p *slow) bind(scope map[string]string, declared map[string]bool, prefix, space string) {
	const xmlns = "http://www.w3.org/2000/xmlns/"
	p.must(!declared[prefix], "declaration twice")
	declared[prefix] = true
	p.must(prefix != "xmlns" && space != xmlns, "use of xmlns")
	p.must((prefix == "xml") == (space == "http://www.w3.org/XML/1998/namespace"), "use of xml")
	p.must(prefix == "" || space != "", "prefix without a namespace")
	scope[prefix] = space
}

func (p *slow) expand(scope map[string]string, prefix, local string, attr bool) string {
	if attr && prefix == "" {
		return "{}" + local
	}
	space, ok := scope[prefix]
	p.must(ok && prefix != "xmlns", "prefix "+prefix)
	return "{" + space + "}" + local
}
