package xpath

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// Message is what is evaluated. The octets stay the caller's; they are read only
// during the call.
type Message struct {
	Head   []byte         // UTF-8, up to the end of the start tag of Body; empty without an envelope
	Body   Source         // what follows Head; nil: only headers may be read
	Limits xmltext.Limits // under which the message was decoded

	To, Action string            // what sm:to() and sm:action() give where the message has no such header
	Data       map[string]string // what sm:correlation-data() knows
	Now        func() time.Time  // for sm:utc-now(); nil: it gives NaN
}

// Source gives what follows the head of a message.
type Source interface {
	// AppendRest appends the octets behind Head to dst, all of them up to the end
	// of the message, as UTF-8.
	AppendRest(dst []byte) ([]byte, error)
}

// ErrBody is returned where an expression may read the body and the message gives
// only headers: set routeOnHeadersOnly to false (dispatch 3.6, XP-04).
var ErrBody = errors.New("xpath: an expression reads the body of a message of which only headers may be read; set routeOnHeadersOnly to false")

type nodeKind uint8

const (
	nodeRoot nodeKind = iota
	nodeElement
	nodeText
	nodeComment
)

// node is a node of the document; its index is its place in document order. Octets
// are offsets in the message.
type node struct {
	kind        nodeKind
	prefix      uint16 // octets of the prefix
	nameLen     uint16 // octets of the name with prefix and colon
	nAttrs      uint16
	parent      int32
	last        int32 // index behind the last descendant
	start       int32 // of the markup or the text
	inner, stop int32 // content of an element, octets of text or comment
	name        int32 // id of the name in the plan, 0 when nobody asks for it
	space       int32 // index in run.spaces
	attrs       int32 // index in run.attrs
	scope       int32 // index in run.decls of the innermost declaration
}

type attr struct {
	name, space int32 // as in node
	local       []byte
	prefix      []byte
	raw         xmltext.Span
}

// spaceRef is a namespace of the message with its id in the plan, 0 when nobody
// asks for it.
type spaceRef struct {
	text []byte
	id   int32
}

// decl is a namespace declaration; outer is the one that was in force before it.
type decl struct {
	prefix, space []byte
	outer         int32
}

// level is an open element, or one that was just read.
type level struct {
	from, to int32 // states, in run.active
	node     int32 // -1 while nobody needs it
	start    int32
	inner    int32
	nameLen  uint16
	prefix   uint16
	name     int32
	space    int32
	scope    int32
	decls    int32 // declarations in force
	full     bool  // everything below is read by the rules of the scanner
	text     bool  // its text is kept
	ask      bool  // its value decides something
	skim     bool  // only elements with wanted names below it matter
}

// What is in force everywhere (Namespaces in XML 1.0, 3).
var xmlPrefix, xmlSpace = []byte("xml"), []byte(spaceXML)

const maxDocument = math.MaxInt32

// load reads the message: its nodes as far as the plan needs them, and the
// results of simple expressions.
func (r *run) load() error {
	data, whole := r.m.Head, false
	if r.plan.body || len(data) == 0 {
		if r.m.Body == nil && r.plan.body {
			return ErrBody
		}
		if r.m.Body != nil {
			var err error
			if r.buf, err = r.m.Body.AppendRest(append(r.buf[:0], data...)); err != nil {
				return err
			}
			data, whole = r.buf, true
		}
	}
	if len(data) > maxDocument {
		return refusal.New(refusal.FilterBudget, -1, "the message is too long for an expression")
	}
	r.data, r.whole = data, whole
	start := prolog(data)
	r.keep = r.plan.full || r.plan.fullHead
	r.nodes = append(r.nodes[:0], node{inner: int32(start), stop: int32(len(data)), scope: -1})
	r.spaces = append(r.spaces[:0], spaceRef{id: r.plan.spaceID(nil)})
	r.decls = append(r.decls[:0], decl{prefix: xmlPrefix, space: xmlSpace, outer: -1})
	r.active = append(r.active[:0], 0)
	if l := r.plan.states[0].loop; l >= 0 {
		r.active = append(r.active, l)
	}
	r.levels = append(r.levels[:0], level{to: int32(len(r.active)), full: r.plan.states[0].value})
	r.scan.Reset(r.m.Limits)
	r.scan.Skip(start)
	if len(data) == 0 {
		r.nodes[0].last = 1
		return nil
	}
	err := r.tokens()
	for i := range r.levels {
		if n := r.levels[i].node; n >= 0 {
			r.nodes[n].last, r.nodes[n].stop = int32(len(r.nodes)), int32(len(data))
		}
	}
	return err
}

// prolog returns the length of a byte order mark and an XML declaration: whoever
// decoded the message has read them, and may have changed its encoding since.
func prolog(data []byte) int {
	n := 0
	if bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")) {
		n = 3
	}
	if d := data[n:]; bytes.HasPrefix(d, []byte("<?xml")) {
		if end := bytes.Index(d, []byte("?>")); end > 0 {
			n += end + 2
		}
	}
	return n
}

// tokens reads to the end of the data.
func (r *run) tokens() error {
	for count := 0; ; count++ {
		if count&4095 == 4095 && r.late() {
			return r.err
		}
		if r.levels[len(r.levels)-1].skim {
			found, err := r.skim()
			if err != nil {
				return err
			}
			if found {
				continue
			}
		}
		kind, err := r.scan.Next(r.data, r.whole)
		if err != nil {
			return err
		}
		switch kind {
		case xmltext.StartTag:
			if _, err := r.startTag(); err != nil {
				return err
			}
		case xmltext.EndTag:
			r.endTag(int32(r.scan.Token().Start))
		case xmltext.Text, xmltext.CDATA, xmltext.Comment:
			if r.keep || r.levels[len(r.levels)-1].text {
				r.leaf(kind)
			}
		case xmltext.More, xmltext.End:
			return nil
		case xmltext.Declaration:
		}
	}
}

// skim passes over the rest of an element up to the next wanted one below it, and
// reads the start tags that lead there.
func (r *run) skim() (found bool, err error) {
	r.open, err = r.scan.SkipTo(r.data, &r.plan.wanted, r.open[:0])
	if err != nil {
		return false, err
	}
	for _, at := range r.open {
		r.scan.Seek(at)
		if _, err := r.scan.Next(r.data, true); err != nil {
			return false, err
		}
		if skipped, err := r.startTag(); skipped || err != nil {
			return true, err
		}
	}
	return len(r.open) > 0, nil
}

// startTag follows the states into an element. Skipped means that nothing inside
// matters and the scanner stands before the end tag.
func (r *run) startTag() (skipped bool, err error) {
	s, p := &r.scan, r.plan
	name, tok := s.Name(), s.Token()
	up := &r.levels[len(r.levels)-1]
	l := level{from: int32(len(r.active)), node: -1, start: int32(tok.Start), inner: int32(tok.End), scope: up.scope, decls: up.decls, full: up.full}
	l.space = r.space(name.Space)
	l.name = p.nameID(r.spaces[l.space].id, name.Local)
	l.nameLen, l.prefix = uint16(len(s.RawName())), uint16(len(s.Prefix()))
	keep, live, skim := r.keep, false, r.whole
	for i := up.from; i < up.to; i++ {
		st := &p.states[r.active[i]]
		if st.self {
			r.active = append(r.active, r.active[i])
			keep = keep || st.keep
		}
		if l.name > 0 {
			if to := st.next(l.name); to >= 0 {
				r.enter(to)
			}
		}
		for _, e := range st.any {
			if e.name < 0 || e.name == r.spaces[l.space].id {
				r.enter(e.to)
			}
		}
	}
	l.to = int32(len(r.active))
	for _, i := range r.active[l.from:] {
		st := &p.states[i]
		live, skim = live || st.live || st.self, skim && len(st.any) == 0 && !(st.self && st.keep)
		if st.self {
			continue
		}
		keep = keep || st.keep
		l.text, l.full = l.text || st.text, l.full || st.value
		if st.ask != nil {
			l.ask = true
			r.hit(st.ask.exist)
		}
	}
	if p.scopes {
		r.declare(&l)
	}
	r.levels = append(r.levels, l)
	if keep {
		r.node(len(r.levels) - 1)
	}
	body := len(r.levels) == 3 && isBody(name) && len(r.m.Head) > 0
	if body && !p.full {
		r.keep = false
	}
	switch {
	case s.Empty():
		r.endTag(l.inner)
	case r.keep || live || l.text || l.full:
		r.levels[len(r.levels)-1].skim = skim && !r.keep && !l.text && !l.full
	case r.whole, len(r.levels) > 2 && !body: // else the data ends before the element
		return true, s.SkipContent(r.data)
	}
	return false, nil
}

func isBody(n xmltext.Name) bool {
	return string(n.Local) == "Body" && (string(n.Space) == spaceSOAP12 || string(n.Space) == spaceSOAP11)
}

// enter makes a state active, and with it the one that stands for descendants.
func (r *run) enter(to int32) {
	r.active = append(r.active, to)
	if l := r.plan.states[to].loop; l >= 0 {
		if !slices.Contains(r.active[r.levels[len(r.levels)-1].to:], l) {
			r.active = append(r.active, l)
		}
	}
}

// node makes a node of an open element, and of those around it.
func (r *run) node(i int) int32 {
	l := &r.levels[i]
	if l.node >= 0 {
		return l.node
	}
	parent := r.node(i - 1)
	l = &r.levels[i]
	l.node = int32(len(r.nodes))
	n := node{
		kind: nodeElement, prefix: l.prefix, nameLen: l.nameLen, parent: parent, start: l.start, inner: l.inner,
		name: l.name, space: l.space, attrs: int32(len(r.attrs)), scope: l.scope, last: l.node + 1,
	}
	if r.plan.attrs && i == len(r.levels)-1 {
		for _, a := range r.scan.Attrs() {
			x := attr{local: a.Name.Local, prefix: a.Prefix, raw: a.Raw}
			x.space = r.space(a.Name.Space)
			x.name = r.plan.nameID(r.spaces[x.space].id, x.local)
			r.attrs = append(r.attrs, x)
			n.nAttrs++
		}
	}
	r.nodes = append(r.nodes, n)
	return l.node
}

func (r *run) endTag(at int32) {
	l := &r.levels[len(r.levels)-1]
	if l.node >= 0 {
		r.nodes[l.node].stop, r.nodes[l.node].last = at, int32(len(r.nodes))
	}
	if l.ask {
		r.answer(l, at)
	}
	r.active = r.active[:l.from]
	r.levels = r.levels[:len(r.levels)-1]
}

// leaf keeps text or a comment. Text and CDATA beside each other are one node
// (XPath 1.0, 5.7); without a character there is none.
func (r *run) leaf(kind xmltext.Kind) {
	const emptyCDATA = len("<![CDATA[]]>")
	tok := r.scan.Token()
	parent := r.node(len(r.levels) - 1)
	if kind != xmltext.Comment {
		if n := &r.nodes[len(r.nodes)-1]; n.kind == nodeText && n.parent == parent && int(n.stop) == tok.Start {
			n.stop = int32(tok.End)
			return
		}
		if kind == xmltext.CDATA && tok.Len() == emptyCDATA {
			return
		}
	}
	n := node{kind: nodeText, parent: parent, last: int32(len(r.nodes)) + 1, start: int32(tok.Start), inner: int32(tok.Start), stop: int32(tok.End), scope: -1}
	if kind == xmltext.Comment {
		n.kind = nodeComment
		n.inner, n.stop = n.inner+int32(len("<!--")), n.stop-int32(len("-->"))
	}
	r.nodes = append(r.nodes, n)
}

// recent is how many namespaces are compared before another entry is made: a
// message that declares one on each element must not cost more than it is long.
const recent = 8

// space returns the index of a namespace in r.spaces. The scanner gives the same
// memory for the same declaration.
func (r *run) space(b []byte) int32 {
	if len(b) == 0 {
		return 0
	}
	for i := len(r.spaces) - 1; i > 0 && i >= len(r.spaces)-recent; i-- {
		if t := r.spaces[i].text; &t[0] == &b[0] && len(t) == len(b) {
			return int32(i)
		}
	}
	r.spaces = append(r.spaces, spaceRef{b, r.plan.spaceID(b)})
	return int32(len(r.spaces) - 1)
}

// declare notes the declarations of the tag that was just read.
func (r *run) declare(l *level) {
	scope := r.scan.Scope()
	for _, d := range scope[min(int(l.decls), len(scope)):] {
		r.decls = append(r.decls, decl{d.Prefix, d.Space, l.scope})
		l.scope = int32(len(r.decls) - 1)
	}
	l.decls = int32(len(scope))
}
