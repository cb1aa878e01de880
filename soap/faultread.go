package soap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// ErrNotFault is returned by ReadFault for a message that is none.
var ErrNotFault = errors.New("soap: the message is no fault")

// peekRoom is how much of a body is looked at for the first child.
const peekRoom = 4 << 10

// IsFault tells whether the first child of Body is the Fault of the envelope's
// version. Of an arriving body it looks at the octets that came so far; known is
// false where they do not tell.
func IsFault(e *Envelope) (fault, known bool) {
	e.body.mu.Lock()
	defer e.body.mu.Unlock()
	return e.body.peek()
}

// peek is IsFault for a caller that holds mu.
func (b *Body) peek() (fault, known bool) {
	e := b.env
	whole := b.state <= Spooled
	if e.Version.Envelope == EnvelopeNone || b.state == Empty {
		return false, true
	}
	first, err := b.prefix()
	if err != nil {
		return false, false
	}
	name, known := firstChild(first)
	if !known {
		return false, whole
	}
	if !bytes.Equal(name[bytes.IndexByte(name, ':')+1:], []byte("Fault")) {
		return false, true
	}
	// A candidate: its prefix may be declared anywhere.
	text := append(bytes.Clone(e.head), first...)
	var s xmltext.Scanner
	s.Reset(e.opts.Limits.XML)
	s.SetEncoding(e.scan.encoding)
	s.Skip(e.scan.prolog)
	for {
		k, err := s.Next(text, false)
		switch {
		case err != nil:
			return false, true
		case k == xmltext.More:
			return false, whole
		case k == xmltext.StartTag && s.Token().Start >= len(e.head):
			return s.Name().Is(e.Version.Envelope.Namespace(), "Fault"), true
		}
	}
}

// prefix returns the first octets of Rest that are there, in one piece.
func (b *Body) prefix() ([]byte, error) {
	if b.spool != nil {
		p := make([]byte, min(peekRoom, b.size))
		_, err := io.ReadFull(b.spool.Section(0, b.size), p)
		return p, err
	}
	if len(b.parts) == 0 {
		return nil, nil
	}
	if len(b.parts) == 1 || len(b.parts[0]) >= peekRoom {
		return b.parts[0], nil
	}
	var p []byte
	for _, part := range b.parts {
		p = append(p, part[:min(len(part), peekRoom)]...)
		if len(p) >= peekRoom {
			break
		}
	}
	return p, nil
}

// firstChild returns the raw name of the first element in p, empty where text or
// an end tag comes first. known is false when p ends before.
func firstChild(p []byte) (name []byte, known bool) {
	for {
		for len(p) > 0 && isBlank(p[0]) {
			p = p[1:]
		}
		if rest, ok := bytes.CutPrefix(p, []byte("<!--")); ok {
			_, after, found := bytes.Cut(rest, []byte("-->"))
			if !found {
				return nil, false
			}
			p = after
			continue
		}
		if len(p) < len("<!--") {
			return nil, len(p) > 0 && p[0] != '<'
		}
		if p[0] != '<' || p[1] == '/' || p[1] == '!' || p[1] == '?' {
			return nil, true
		}
		name = rawName(p)
		return name, len(name)+1 < len(p)
	}
}

// ReadFault reads the fault that a message is. It holds the body, so that the
// message can still be forwarded. What it returns is a copy and outlives the
// message; its texts are not shortened when it is sent on. The error is
// ErrNotFault, one of Body.Hold, or a *refusal.Error for a fault that is broken.
func ReadFault(ctx context.Context, e *Envelope) (*Fault, error) {
	if err := e.body.Hold(ctx, 0); err != nil {
		return nil, err
	}
	return readFault(e)
}

func readFault(e *Envelope) (*Fault, error) {
	if fault, _ := IsFault(e); !fault {
		return nil, ErrNotFault
	}
	text, err := e.octets()
	if err != nil {
		return nil, err
	}
	p := faultParser{data: text, version: e.Version.Envelope, from: len(e.head), fault: &Fault{relayed: true}}
	p.scan.Reset(e.opts.Limits.XML)
	p.scan.SetEncoding(e.scan.encoding)
	p.scan.Skip(e.scan.prolog)
	if err := p.run(); err != nil {
		return nil, err
	}
	if len(p.fault.Texts) == 1 {
		p.fault.Texts = nil
	}
	return p.fault, nil
}

// octets returns a message that is whole in one piece.
func (e *Envelope) octets() ([]byte, error) {
	b := &e.body
	if b.spool == nil && len(b.parts) == 1 {
		return e.buffer[:len(e.head)+len(b.parts[0])], nil
	}
	r, err := b.Open(Rest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // a reader's Close does not fail
	rest, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read fault: %w", err)
	}
	return append(bytes.Clone(e.head), rest...), nil
}

// faultParser reads a Fault element. Depths count Envelope as 1.
type faultParser struct {
	scan    xmltext.Scanner
	data    []byte
	version EnvelopeVersion
	from    int // where the content of Body begins
	fault   *Fault

	child string // name of the child of Fault that is open
	leaf  int    // depth of the open element whose text is wanted, or 0
	text  []byte
	name  QName // of the text, if it is one
	lang  string

	outer []xmltext.Decl // in force inside Detail
	own   []xmltext.Decl // declared by the child of Detail that is open
	start int            // of that child, or of the content of Detail
	inner int            // start of the content of Detail
	kept  []byte         // attributes of Detail
}

const (
	depthFault = 3
	depthPart  = 4 // Code, Reason, faultcode, ...
)

func (p *faultParser) run() error {
	for {
		k, err := p.scan.Next(p.data, true)
		if err != nil {
			return err
		}
		if k != xmltext.End && k != xmltext.More && p.scan.Token().Start < p.from {
			continue // headers
		}
		switch k {
		case xmltext.StartTag:
			depth := p.scan.Depth()
			if p.scan.Empty() {
				depth++
			}
			p.open(depth)
			if p.scan.Empty() {
				err = p.close(depth)
			}
		case xmltext.EndTag:
			depth := p.scan.Depth() + 1
			if depth == depthFault {
				return nil
			}
			err = p.close(depth)
		case xmltext.Text, xmltext.CDATA:
			err = p.chars()
		case xmltext.End, xmltext.More:
			return nil
		default:
		}
		if err != nil {
			return err
		}
	}
}

func (p *faultParser) open(depth int) {
	local := string(p.scan.Name().Local)
	if depth == depthPart {
		p.child = local
	}
	switch {
	case depth < depthPart:
	case depth == depthPart && (local == "Detail" || local == "detail"):
		p.outer = append(p.outer[:0], p.scan.Scope()...)
		p.start = p.scan.Token().End
		p.inner = p.start
		p.attributes()
	case depth == depthPart+1 && p.inDetail():
		p.start = p.scan.Token().Start
		p.own = append(p.own[:0], p.scan.Scope()[len(p.outer):]...)
	case p.isLeaf(local, depth):
		p.leaf, p.text, p.name, p.lang = depth, p.text[:0], QName{}, p.language()
	}
}

func (p *faultParser) inDetail() bool { return p.child == "Detail" || p.child == "detail" }

func (p *faultParser) isLeaf(local string, depth int) bool {
	if p.leaf > 0 {
		return false
	}
	if depth == depthPart {
		switch local {
		case "faultcode", "faultstring", "faultactor", "Node", "Role":
			return true
		}
		return false
	}
	return p.child == "Code" && local == "Value" || p.child == "Reason" && local == "Text" && depth == depthPart+1
}

func (p *faultParser) language() string {
	for _, a := range p.scan.Attrs() {
		if a.Name.Is(namespaceXML, "lang") {
			return string(a.Raw.Of(p.data))
		}
	}
	return ""
}

// chars takes text of a leaf. A QName is resolved here, while the declarations
// of its element are in force.
func (p *faultParser) chars() (err error) {
	if p.leaf == 0 || p.scan.Depth() != p.leaf {
		return nil
	}
	if p.text, err = xmltext.AppendValue(p.text, p.scan.Token().Of(p.data)); err != nil {
		return err
	}
	if p.child != "Code" && p.child != "faultcode" {
		return nil
	}
	prefix, local, ok := strings.Cut(strings.Trim(string(p.text), " \t\r\n"), ":")
	if !ok {
		prefix, local = "", prefix
	}
	space, _ := p.scan.Lookup([]byte(prefix))
	p.name = QName{string(space), local}
	return nil
}

func (p *faultParser) close(depth int) error {
	f := p.fault
	if p.inDetail() {
		p.closeDetail(depth)
		return nil
	}
	if depth != p.leaf {
		return nil
	}
	p.leaf = 0
	text := string(p.text)
	switch p.child {
	case "Code":
		return p.code12(depth)
	case "faultcode":
		p.code11()
	case "Reason", "faultstring":
		f.Texts = append(f.Texts, Text{p.lang, text})
		// The first text counts, unless a later one is in English.
		if f.Reason == "" || strings.HasPrefix(p.lang, "en") && !strings.HasPrefix(f.Lang, "en") {
			f.Reason, f.Lang = text, p.lang
		}
	case "Node":
		f.Node = text
	case "Role":
		f.Role = text
	case "faultactor":
		// It names who failed (SOAP 1.1, 4.4), which is Node; WCF reads it as both.
		f.Role, f.Node = text, text
	}
	return nil
}

// attributes keeps those of Detail that are not SOAP's, for where its content goes
// on as it is.
func (p *faultParser) attributes() {
	p.kept = p.kept[:0]
	for _, a := range p.scan.Attrs() {
		if string(a.Name.Space) == p.version.Namespace() {
			continue
		}
		p.kept = append(p.kept, ' ')
		if len(a.Prefix) > 0 {
			p.kept = append(append(p.kept, a.Prefix...), ':')
		}
		p.kept = append(append(p.kept, a.Name.Local...), '=')
		p.kept = append(p.kept, p.data[a.Raw.Start-1:a.Raw.End+1]...)
	}
}

// detailTag makes what the start tag of Detail has to say where its content goes
// on as it is: the declarations in force that appendScope would keep, and the
// attributes.
func (p *faultParser) detailTag(raw []byte) {
	f := p.fault
	f.bare = true
	for i, d := range p.outer {
		if !hidden(d.Prefix, p.outer[i+1:]) {
			f.bare = f.bare && (len(d.Prefix) > 0 || len(d.Space) == 0)
		}
	}
	f.tag = appendScope(f.tag[:0], p.outer, p.version.Namespace(), func(prefix []byte) bool {
		return mentions(raw, prefix) || mentions(p.kept, prefix)
	})
	f.tag = append(f.tag, p.kept...)
}

// closeDetail makes children of Detail stand alone. Text counts where there are
// no children.
func (p *faultParser) closeDetail(depth int) {
	if depth == depthPart {
		raw := []byte{}
		if !p.scan.Empty() {
			raw = p.data[p.inner:p.scan.Token().Start]
		}
		if len(p.fault.Detail) == 0 && !isBlanks(raw) {
			p.fault.Detail = bytes.Clone(raw)
		}
		p.fault.inner = append([]byte{}, raw...)
		p.detailTag(raw)
	}
	if depth != depthPart+1 {
		return
	}
	element := p.data[p.start:p.scan.Token().End]
	at := 1 + len(rawName(element))
	out := append(p.fault.Detail, element[:at]...)
	for i, d := range p.outer {
		if hidden(d.Prefix, p.outer[i+1:]) || hidden(d.Prefix, p.own) {
			continue
		}
		if len(d.Prefix) == 0 || mentions(element, d.Prefix) {
			out = appendDecl(out, d)
		}
	}
	p.fault.Detail = append(out, element[at:]...)
}

// code12 takes a Value of Code or of a Subcode, which lies a level deeper each.
func (p *faultParser) code12(depth int) error {
	if depth > depthPart+1 {
		if p.name.Local != "" {
			p.fault.Subcodes = append(p.fault.Subcodes, p.name)
		}
		return nil
	}
	for c := Receiver; c <= DataEncodingUnknown; c++ {
		// Mono leaves the prefix of the standard codes out.
		if p.name.Local == c.String() && (p.name.Space == Namespace12 || p.name.Space == "") {
			p.fault.Code = c
			return nil
		}
	}
	return refusal.Newf(refusal.SOAPStructure, -1, "fault code %q", Echo(p.name.Local))
}

// code11 takes a faultcode. Peers also write the standard codes without a
// namespace, and with dots behind (SOAP 1.1, 4.4.1); any other name is what
// SOAP 1.2 calls a subcode.
func (p *faultParser) code11() {
	f := p.fault
	if p.name.Local == "" {
		return
	}
	if p.name.Space == Namespace12 { // a peer that mixes the versions
		for c := Receiver; c <= DataEncodingUnknown; c++ {
			if p.name.Local == c.String() {
				f.Code = c
				return
			}
		}
	}
	standard, _, dotted := strings.Cut(p.name.Local, ".")
	if p.name.Space == Namespace11 || p.name.Space == "" {
		for c := Receiver; c <= VersionMismatch; c++ {
			if standard == c.name11() {
				f.Code = c
				if dotted {
					f.Subcodes = []QName{p.name}
				}
				return
			}
		}
	}
	f.Subcodes = []QName{p.name}
	f.Code = Sender
	if p.name.Local == InternalServiceFault || p.name.Local == "EndpointUnavailable" {
		f.Code = Receiver // dispatch 5.4 and 7.5
	}
}
