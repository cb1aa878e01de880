package xpath

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"
)

// function is a function of the core library or of WCF. Exactly the member for its
// result is set.
type function struct {
	result      kind
	least, most int // arguments

	nodes      bool // every argument must be a node-set
	positional bool // depends on the context's position or size
	reads      bool // reads the values of nodes it is given; without arguments, of the context node
	near       bool // goes from a node to its surroundings
	attrs      bool // reads attributes

	where   region // of the nodes it returns
	element string // Header or Body, which it returns
	header  string // local name of the addressing headers that it reads or returns
	prop    int    // 1 + index in run.props

	boolean func(*run, *term, context) bool
	number  func(*run, *term, context) float64
	text    func(*run, *term, context) []byte
	set     func(*run, *term, context)
}

// many stands for any number of arguments.
const many = 1 << 10

func (f *function) arguments() string {
	switch {
	case f.most == 0:
		return "no arguments"
	case f.most == many:
		return fmt.Sprintf("%d or more arguments", f.least)
	case f.least == f.most && f.least == 1:
		return "1 argument"
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

// coreFunctions is the core function library (XPath 1.0, 4).
var coreFunctions = map[string]*function{
	"last": {result: isNumber, positional: true, number: func(_ *run, _ *term, c context) float64 { return float64(c.size) }},
	"position": {
		result: isNumber, positional: true,
		number: func(_ *run, _ *term, c context) float64 { return float64(c.pos) },
	},
	"count": {result: isNumber, least: 1, most: 1, nodes: true, number: count},
	"id":    {result: isNodes, least: 1, most: 1, reads: true, set: noNodes},
	"local-name": {
		result: isString, most: 1, nodes: true,
		text: func(r *run, t *term, c context) []byte { return r.nameOf(t, c, partLocal) },
	},
	"namespace-uri": {
		result: isString, most: 1, nodes: true,
		text: func(r *run, t *term, c context) []byte { return r.nameOf(t, c, partSpace) },
	},
	"name": {
		result: isString, most: 1, nodes: true,
		text: func(r *run, t *term, c context) []byte { return r.nameOf(t, c, partRaw) },
	},
	"string":           {result: isString, most: 1, reads: true, text: argument},
	"concat":           {result: isString, least: 2, most: many, reads: true, text: concat},
	"starts-with":      {result: isBoolean, least: 2, most: 2, reads: true, boolean: onTexts(bytes.HasPrefix)},
	"contains":         {result: isBoolean, least: 2, most: 2, reads: true, boolean: onTexts(bytes.Contains)},
	"substring-before": {result: isString, least: 2, most: 2, reads: true, text: substringBefore},
	"substring-after":  {result: isString, least: 2, most: 2, reads: true, text: substringAfter},
	"substring":        {result: isString, least: 2, most: 3, reads: true, text: substring},
	"string-length": {
		result: isNumber, most: 1, reads: true,
		number: func(r *run, t *term, c context) float64 { return float64(utf8.RuneCount(argument(r, t, c))) },
	},
	"normalize-space": {result: isString, most: 1, reads: true, text: normalizeSpace},
	"translate":       {result: isString, least: 3, most: 3, reads: true, text: translate},
	"boolean": {
		result: isBoolean, least: 1, most: 1,
		boolean: func(r *run, t *term, c context) bool { return r.boolean(t.args[0], c) },
	},
	"not": {
		result: isBoolean, least: 1, most: 1,
		boolean: func(r *run, t *term, c context) bool { return !r.boolean(t.args[0], c) },
	},
	"true":  {result: isBoolean, boolean: func(*run, *term, context) bool { return true }},
	"false": {result: isBoolean, boolean: func(*run, *term, context) bool { return false }},
	"lang":  {result: isBoolean, least: 1, most: 1, reads: true, near: true, attrs: true, boolean: lang},
	"number": {
		result: isNumber, most: 1, reads: true,
		number: func(r *run, t *term, c context) float64 {
			if len(t.args) == 1 {
				return r.number(t.args[0], c)
			}
			return toNumber(r.stringOf(c.node))
		},
	},
	"sum":     {result: isNumber, least: 1, most: 1, nodes: true, reads: true, number: sum},
	"floor":   {result: isNumber, least: 1, most: 1, reads: true, number: onNumber(math.Floor)},
	"ceiling": {result: isNumber, least: 1, most: 1, reads: true, number: onNumber(math.Ceil)},
	"round":   {result: isNumber, least: 1, most: 1, reads: true, number: onNumber(round)},
}

// argument returns the first argument as a string, or the context node's value.
func argument(r *run, t *term, c context) []byte {
	if len(t.args) == 0 {
		return r.stringOf(c.node)
	}
	return r.string(t.args[0], c)
}

func onTexts(f func(a, b []byte) bool) func(*run, *term, context) bool {
	return func(r *run, t *term, c context) bool { return f(r.string(t.args[0], c), r.string(t.args[1], c)) }
}

func onNumber(f func(float64) float64) func(*run, *term, context) float64 {
	return func(r *run, t *term, c context) float64 { return f(r.number(t.args[0], c)) }
}

func count(r *run, t *term, c context) float64 {
	base := r.set(t.args[0], c)
	n := len(r.refs) - base
	r.refs = r.refs[:base]
	return float64(n)
}

// noNodes is id(): there is no DTD that could declare an attribute as an ID.
func noNodes(*run, *term, context) {}

func sum(r *run, t *term, c context) float64 {
	base := r.set(t.args[0], c)
	total := 0.0
	for i := base; i < len(r.refs); i++ {
		mark := len(r.text)
		total += toNumber(r.stringOf(r.refs[i]))
		r.text = r.text[:mark]
	}
	r.refs = r.refs[:base]
	return total
}

// round is round() of XPath 1.0, 4.4: halves go up, and the sign of zero stays.
func round(n float64) float64 {
	f := math.Floor(n)
	if n-f >= 0.5 {
		f++
	}
	if f == 0 && math.Signbit(n) {
		return math.Copysign(0, -1)
	}
	return f
}

type namePart uint8

const (
	partLocal namePart = iota
	partSpace
	partRaw
)

func (r *run) nameOf(t *term, c context, part namePart) []byte {
	if len(t.args) == 0 {
		return r.namePart(c.node, part)
	}
	base := r.set(t.args[0], c)
	var name []byte
	if len(r.refs) > base {
		name = r.namePart(r.refs[base], part)
	}
	r.refs = r.refs[:base]
	return name
}

// namePart returns a part of a node's name; only elements, attributes and
// namespace nodes have one.
func (r *run) namePart(n ref, part namePart) []byte {
	if n.sub() >= firstAttr {
		a := r.attrOf(n)
		switch {
		case part == partSpace:
			return r.spaces[a.space].text
		case part == partLocal || a.prefix == nil:
			return a.local
		}
		return r.made(append(append(append(r.text, a.prefix...), ':'), a.local...), nil)
	}
	if n.sub() >= firstScope {
		if part == partSpace {
			return nil
		}
		return r.decls[n.sub()-firstScope].prefix
	}
	x := &r.nodes[n.index()]
	if x.kind != nodeElement {
		return nil
	}
	raw := r.data[x.start+1 : x.start+1+int32(x.nameLen)]
	switch {
	case part == partSpace:
		return r.spaces[x.space].text
	case part == partLocal && x.prefix > 0:
		return raw[x.prefix+1:]
	}
	return raw
}

func concat(r *run, t *term, c context) []byte {
	var parts [8][]byte
	list := parts[:0]
	for _, x := range t.args {
		list = append(list, r.string(x, c))
	}
	text, n := r.text, 0
	for _, p := range list {
		text = append(text, p...)
		n += len(p)
	}
	if !r.visit(1 + n/32) {
		return nil
	}
	return r.made(text, nil)
}

func substringBefore(r *run, t *term, c context) []byte {
	s, sep := r.string(t.args[0], c), r.string(t.args[1], c)
	before, _, ok := bytes.Cut(s, sep)
	if !ok {
		return nil
	}
	return before
}

func substringAfter(r *run, t *term, c context) []byte {
	s, sep := r.string(t.args[0], c), r.string(t.args[1], c)
	_, after, _ := bytes.Cut(s, sep)
	return after
}

// substring counts characters from 1; NaN and infinities behave as comparisons
// with them do (XPath 1.0, 4.2).
func substring(r *run, t *term, c context) []byte {
	s := r.string(t.args[0], c)
	first, end := round(r.number(t.args[1], c)), math.Inf(1)
	if len(t.args) == 3 {
		end = first + round(r.number(t.args[2], c))
	}
	from, to := -1, 0
	for i, pos := 0, 1.0; i < len(s); pos++ {
		_, n := utf8.DecodeRune(s[i:])
		if pos >= first && pos < end {
			if from < 0 {
				from = i
			}
			to = i + n
		}
		i += n
	}
	if from < 0 {
		return nil
	}
	return s[from:to]
}

func normalizeSpace(r *run, t *term, c context) []byte {
	s := trim(argument(r, t, c))
	plain := true
	for i := 1; i < len(s) && plain; i++ {
		plain = !blank(s[i]) || s[i] == ' ' && s[i-1] != ' '
	}
	if plain {
		return s
	}
	text := r.text
	for i, b := range s {
		switch {
		case !blank(b):
			text = append(text, b)
		case !blank(s[i-1]):
			text = append(text, ' ')
		}
	}
	return r.made(text, nil)
}

func translate(r *run, t *term, c context) []byte {
	s, from, to := r.string(t.args[0], c), []rune(string(r.string(t.args[1], c))), []rune(string(r.string(t.args[2], c)))
	if !r.visit(1 + len(s)*(1+len(from)/32)/32) {
		return nil
	}
	text := r.text
	for _, x := range string(s) {
		at := -1
		for i, f := range from {
			if f == x {
				at = i
				break
			}
		}
		switch {
		case at < 0:
			text = utf8.AppendRune(text, x)
		case at < len(to):
			text = utf8.AppendRune(text, to[at])
		}
	}
	return r.made(text, nil)
}

// lang compares xml:lang of the nearest ancestor, without regard to the case of
// ASCII letters, up to a hyphen (XPath 1.0, 4.3).
func lang(r *run, t *term, c context) bool {
	want := r.string(t.args[0], c)
	for i := c.node.index(); r.visit(1); i = r.nodes[i].parent {
		for k := range int32(r.nodes[i].nAttrs) {
			a := &r.attrs[r.nodes[i].attrs+k]
			if string(a.local) != "lang" || string(r.spaces[a.space].text) != spaceXML {
				continue
			}
			have := r.stringOf(nodeRef(i) | firstAttr + ref(k))
			return len(have) >= len(want) && bytes.EqualFold(have[:len(want)], want) &&
				(len(have) == len(want) || have[len(want)] == '-')
		}
		if i == 0 {
			return false
		}
	}
	return false
}
