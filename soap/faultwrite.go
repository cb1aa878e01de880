package soap

import (
	"cmp"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// FaultDraft returns f as a message of version v. Its headers are the Headers of
// f; the addressing headers of an answer are appended by the caller. A fault of
// Viaduct's own takes MaxFault octets at most: Detail is left out if need be,
// then headers from the last on.
func FaultDraft(f *Fault, v Version) *Draft {
	d := NewMessage(v, nil)
	if v.Envelope == EnvelopeNone {
		return d
	}
	d.content = f.element(v, ownPrefix)
	size := len(d.content)
	for _, p := range [...][]byte{d.frame.pre, d.frame.opening, d.frame.closing, d.frame.body, d.frame.post} {
		size += len(p)
	}
	for _, h := range f.Headers {
		if size += len(h); size > MaxFault-addressingRoom && !f.relayed {
			break
		}
		d.Append(h)
	}
	return d
}

// addressingRoom is left for the addressing headers of a fault.
const addressingRoom = 2 << 10

// element writes the Fault element, with prefix bound to the envelope's
// namespace around it and no default namespace.
func (f *Fault) element(v Version, prefix string) []byte {
	w := faultWriter{prefix: prefix, version: v.Envelope}
	write := func(f *Fault) []byte {
		w.out = make([]byte, 0, 512+len(f.Detail))
		if w.version == SOAP11 {
			w.fault11(f)
		} else {
			w.fault12(f)
		}
		return w.out
	}
	out := write(f)
	if f.relayed || len(out) <= MaxFault/2 {
		return out
	}
	// One element of two may be long: what is left fits with the headers.
	short := *f
	short.Detail, short.Texts = nil, nil
	short.Reason, short.Node, short.Role = Echo(f.Reason), Echo(f.Node), Echo(f.Role)
	short.Subcodes = nil
	for _, q := range f.Subcodes {
		if len(q.Space)+len(q.Local) <= 2*MaxEcho && len(short.Subcodes) < 4 {
			short.Subcodes = append(short.Subcodes, q)
		}
	}
	return write(&short)
}

// faultWriter writes one Fault element.
type faultWriter struct {
	out     []byte
	prefix  string
	version EnvelopeVersion
}

// fault11 writes SOAP 1.1, 4.4, as WCF does: the first subcode, where there is
// one, takes the place of the code Client or Server (dispatch 5.4). Detail about headers must not
// be in the body (SOAP 1.1, 4.4); a fault that brings headers has it there.
func (w *faultWriter) fault11(f *Fault) {
	w.open("Fault")
	w.raw("<faultcode")
	if q := f.first(); q.Local != "" {
		w.qname(q)
	} else {
		w.qname(QName{Namespace11, f.Code.name11()})
	}
	w.raw("</faultcode><faultstring")
	w.reason(f)
	w.raw("</faultstring>")
	if actor := cmp.Or(f.Role, f.Node); actor != "" {
		w.raw("<faultactor>")
		w.text(actor)
		w.raw("</faultactor>")
	}
	switch {
	case len(f.Headers) > 0:
	case f.inner != nil && f.bare: // the element itself has no namespace
		w.verbatim("detail", f)
	case len(f.Detail) > 0:
		w.raw("<detail>")
		w.out = append(w.out, f.Detail...)
		w.raw("</detail>")
	case f.inner != nil:
		w.raw("<detail/>")
	}
	w.end("Fault")
}

// fault12 writes SOAP 1.2 Part 1, 5.4.
func (w *faultWriter) fault12(f *Fault) {
	w.open("Fault")
	w.open("Code")
	w.value(QName{Namespace12, f.Code.String()})
	depth := 0
	for _, q := range f.Subcodes {
		if xmltext.IsNCName([]byte(q.Local)) {
			w.open("Subcode")
			w.value(q)
			depth++
		}
	}
	for range depth {
		w.end("Subcode")
	}
	w.end("Code")
	w.open("Reason")
	if len(f.Texts) == 0 {
		w.raw("<" + w.prefix + ":Text")
		w.reason(f)
		w.end("Text")
	}
	for _, t := range f.Texts {
		w.raw("<" + w.prefix + ":Text")
		w.reason(&Fault{Reason: t.Text, Lang: t.Lang})
		w.end("Text")
	}
	w.end("Reason")
	w.optional("Node", f.Node)
	w.optional("Role", f.Role)
	switch {
	case f.inner != nil:
		w.verbatim(w.prefix+":Detail", f)
	case len(f.Detail) > 0:
		w.open("Detail")
		w.out = append(w.out, f.Detail...)
		w.end("Detail")
	}
	w.end("Fault")
}

// verbatim writes the detail of a fault that was read, octet for octet: what was
// in force around it is declared on the element.
func (w *faultWriter) verbatim(name string, f *Fault) {
	w.raw("<" + name)
	w.out = append(w.out, f.tag...)
	w.raw(">")
	w.out = append(w.out, f.inner...)
	w.raw("</" + name + ">")
}

// first returns the subcode that stands for the code in SOAP 1.1, or nothing. A
// code that says what to do with the message is never hidden by one.
func (f *Fault) first() QName {
	if f.Code == MustUnderstand || f.Code == VersionMismatch {
		return QName{}
	}
	if len(f.Subcodes) > 0 && xmltext.IsNCName([]byte(f.Subcodes[0].Local)) {
		return f.Subcodes[0]
	}
	return QName{}
}

func (w *faultWriter) raw(s string)  { w.out = append(w.out, s...) }
func (w *faultWriter) text(s string) { w.out = xmltext.AppendEscaped(w.out, printable(s)) }
func (w *faultWriter) open(local string) {
	w.raw("<" + w.prefix + ":" + local + ">")
}

func (w *faultWriter) end(local string) {
	w.raw("</" + w.prefix + ":" + local + ">")
}

func (w *faultWriter) optional(local, text string) {
	if text == "" {
		return
	}
	w.open(local)
	w.text(text)
	w.end(local)
}

func (w *faultWriter) value(q QName) {
	w.raw("<" + w.prefix + ":Value")
	w.qname(q)
	w.end("Value")
}

// qname closes a start tag, with the declaration that the name needs, and writes
// the name.
func (w *faultWriter) qname(q QName) {
	switch q.Space {
	case "":
		w.raw(">")
	case w.version.Namespace():
		w.raw(">" + w.prefix + ":")
	default:
		w.raw(` xmlns:a="`)
		w.out = xmltext.AppendEscapedAttr(w.out, printable(q.Space))
		w.raw(`">a:`)
	}
	w.text(q.Local)
}

// reason closes a start tag with the language and writes the text.
func (w *faultWriter) reason(f *Fault) {
	lang := f.Lang
	if lang == "" {
		lang = defaultLang
	}
	w.raw(` xml:lang="`)
	w.out = xmltext.AppendEscapedAttr(w.out, printable(lang))
	w.raw(`">`)
	w.text(f.Reason)
}
