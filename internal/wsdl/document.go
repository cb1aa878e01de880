package wsdl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Namespaces (dispatch 11).
const (
	nsWSDL   = "http://schemas.xmlsoap.org/wsdl/"
	nsSOAP11 = "http://schemas.xmlsoap.org/wsdl/soap/"
	nsSOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
	nsSchema = "http://www.w3.org/2001/XMLSchema"
	nsWSAM   = "http://www.w3.org/2007/05/addressing/metadata"
	nsWSAW   = "http://www.w3.org/2006/05/addressing/wsdl"
	nsWSA10  = "http://www.w3.org/2005/08/addressing"
	nsWSA    = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
)

// Document is what was read from a WSDL file and its imports.
type Document struct {
	name      string
	contracts []*Contract
	notices   []Notice

	portTypes []declaration
	messages  map[Name]declaration
	bindings  map[Name][]*binding // by port type
}

// declaration is an element with its file.
type declaration struct {
	*etree.Element
	file *file
	name Name
}

func (d declaration) at(e *etree.Element) source.Pos { return d.file.pos[e] }

// binding is how a port type is spoken over SOAP.
type binding struct {
	file       *file
	style      string                    // of operations that name none
	operations map[string]*etree.Element // first of each name
}

func newDocument() *Document {
	return &Document{messages: map[Name]declaration{}, bindings: map[Name][]*binding{}}
}

// add collects the declarations of one definitions element.
func (d *Document) add(f *file) []error {
	if d.name == "" {
		d.name = f.name
	}
	target := f.root.SelectAttrValue("targetNamespace", "")
	var errs []error
	seen := map[string]source.Pos{}
	for _, e := range f.root.ChildElements() {
		if e.NamespaceURI() != nsWSDL {
			continue
		}
		local := e.SelectAttrValue("name", "")
		one := declaration{Element: e, file: f, name: Name{target, local}}
		switch e.Tag {
		case "portType", "message", "binding":
			key := e.Tag + " " + local
			if first, ok := seen[key]; ok {
				errs = append(errs, &Error{f.pos[e], fmt.Sprintf("%s %q stands at %s already; keep one", e.Tag, local, first)})
				continue
			}
			seen[key] = f.pos[e]
		}
		switch e.Tag {
		case "portType":
			d.portTypes = append(d.portTypes, one)
		case "message":
			d.messages[one.name] = one
		case "binding":
			d.binding(one)
		}
	}
	return errs
}

// link makes contracts once all files are read.
func (d *Document) link() []error {
	var errs []error
	for _, p := range d.portTypes {
		c := &Contract{Pos: p.at(p.Element), Name: p.name}
		bindings := d.bindings[p.name]
		seen := map[string]source.Pos{}
		for _, e := range p.ChildElements() {
			if !is(e, nsWSDL, "operation") {
				continue
			}
			name := e.SelectAttrValue("name", "")
			if first, ok := seen[name]; ok {
				errs = append(errs, &Error{p.at(e), fmt.Sprintf("operation %q stands at %s already; give each its own name", name, first)})
				continue
			}
			seen[name] = p.at(e)
			op, ok, err := d.operation(p, e, bindings)
			if err != nil {
				errs = append(errs, err)
			} else if ok {
				c.Operations = append(c.Operations, op)
			}
		}
		d.contracts = append(d.contracts, c)
	}
	slices.SortStableFunc(d.notices, func(a, b Notice) int { return a.Pos.Compare(b.Pos) })
	return errs
}

// binding notes a binding, if it is one of SOAP.
func (d *Document) binding(of declaration) {
	portType, _ := resolve(of.Element, of.SelectAttrValue("type", ""))
	b := &binding{file: of.file, operations: map[string]*etree.Element{}}
	for _, e := range of.ChildElements() {
		switch name := e.SelectAttrValue("name", ""); {
		case soap(e, "binding"):
			b.style = e.SelectAttrValue("style", "document")
		case is(e, nsWSDL, "operation") && b.operations[name] == nil:
			b.operations[name] = e
		}
	}
	if b.style != "" {
		d.bindings[portType] = append(d.bindings[portType], b)
	}
}

// operation reads one operation; false where the service begins it.
func (d *Document) operation(p declaration, e *etree.Element, bindings []*binding) (Operation, bool, error) {
	op := Operation{Pos: p.at(e), Name: e.SelectAttrValue("name", ""), OneWay: true}
	if op.Name == "" {
		return op, false, &Error{op.Pos, "the operation has no name"}
	}
	var input, output *etree.Element
	for _, c := range e.ChildElements() {
		switch {
		case is(c, nsWSDL, "input") && input == nil:
			input = c
		case is(c, nsWSDL, "output"):
			if input == nil {
				d.notices = append(d.notices, Notice{op.Pos, fmt.Sprintf("operation %q is begun by the service (output first) and left out", op.Name)})
				return op, false, nil
			}
			output, op.OneWay = c, false
		}
	}
	if input == nil {
		return op, false, &Error{op.Pos, fmt.Sprintf("operation %q has no input", op.Name)}
	}
	style, rpc := d.bound(&op, bindings)
	op.Action = action(input)
	if op.Action == "" {
		op.Action = op.SOAPAction
	}
	derived := "Request"
	if op.OneWay {
		derived = "" // WSDL 1.1, 2.4.5
	}
	if op.Action == "" {
		op.Action = derive(p.name, input.SelectAttrValue("name", op.Name+derived))
	}
	if output != nil {
		if op.ReplyAction = action(output); op.ReplyAction == "" {
			op.ReplyAction = derive(p.name, output.SelectAttrValue("name", op.Name+"Response"))
		}
	}
	if style == "rpc" {
		op.Element = Name{rpc, op.Name}
		return op, true, nil
	}
	var err error
	op.Element, err = d.element(p, input, bindings, op.Name)
	return op, true, err
}

// bound reads what the SOAP bindings say of an operation: its soapAction, its
// style, and the namespace of an rpc wrapper.
func (d *Document) bound(op *Operation, bindings []*binding) (style, space string) {
	for _, b := range bindings {
		e := b.operations[op.Name]
		if e == nil {
			continue
		}
		own := b.style
		for _, c := range e.ChildElements() {
			if soap(c, "operation") {
				own = c.SelectAttrValue("style", own)
				d.soapAction(op, c.SelectAttrValue("soapAction", ""), b.file.pos[c])
			}
		}
		if style != "" {
			continue // the first binding decides on the form
		}
		style = own
		if body := inputPart(e, "body"); body != nil {
			space = body.SelectAttrValue("namespace", "")
		}
	}
	return style, space
}

func (d *Document) soapAction(op *Operation, text string, at source.Pos) {
	switch text = strings.TrimSpace(text); {
	case text == "" || text == op.SOAPAction:
	case op.SOAPAction == "":
		op.SOAPAction = text
	default:
		d.notices = append(d.notices, Notice{at, fmt.Sprintf("operation %q has another soapAction in another binding; that one is used: %s", op.Name, op.SOAPAction)})
	}
}

// inputPart finds a SOAP element in the input of a bound operation.
func inputPart(operation *etree.Element, name string) *etree.Element {
	for _, in := range operation.ChildElements() {
		if !is(in, nsWSDL, "input") {
			continue
		}
		for _, e := range in.ChildElements() {
			if soap(e, name) {
				return e
			}
		}
	}
	return nil
}

// element finds the first element of a document-style Body: the part that
// soap:body names, else the first part that no soap:header takes.
func (d *Document) element(p declaration, input *etree.Element, bindings []*binding, operation string) (Name, error) {
	ref, ok := resolve(input, input.SelectAttrValue("message", ""))
	message, known := d.messages[ref]
	if !ok || !known {
		return Name{}, &Error{p.at(input), fmt.Sprintf("operation %q: message %q is not declared; import the file that declares it", operation, input.SelectAttrValue("message", ""))}
	}
	body, headers := bodyParts(bindings, operation)
	for _, part := range message.ChildElements() {
		name := part.SelectAttrValue("name", "")
		if !is(part, nsWSDL, "part") || headers[name] || body != nil && !body[name] {
			continue
		}
		text := part.SelectAttrValue("element", "")
		if text == "" {
			return Name{}, nil // a part with a type: its element is not known from here
		}
		n, ok := resolve(part, text)
		if !ok {
			return Name{}, &Error{message.at(part), fmt.Sprintf("part %q: the prefix of %q is not declared", name, text)}
		}
		return n, nil
	}
	return Name{}, nil
}

// bodyParts returns the parts that the first SOAP binding puts into the Body,
// nil for all, and those that it puts into headers.
func bodyParts(bindings []*binding, operation string) (body, headers map[string]bool) {
	headers = map[string]bool{}
	for _, b := range bindings {
		e := b.operations[operation]
		if e == nil {
			continue
		}
		in := inputPart(e, "body")
		if in == nil {
			continue
		}
		if parts := in.SelectAttr("parts"); parts != nil {
			body = map[string]bool{}
			for name := range strings.FieldsSeq(parts.Value) {
				body[name] = true
			}
		}
		for _, h := range in.Parent().ChildElements() {
			if soap(h, "header") {
				headers[h.SelectAttrValue("part", "")] = true
			}
		}
		return body, headers
	}
	return nil, headers
}

// action reads the attribute that names an action, the newest specification
// first.
func action(e *etree.Element) string {
	for _, space := range []string{nsWSAM, nsWSAW, nsWSA10, nsWSA} {
		for i := range e.Attr {
			if a := &e.Attr[i]; a.Key == "Action" && a.Space != "" && namespace(e, a.Space) == space {
				return strings.TrimSpace(a.Value)
			}
		}
	}
	return ""
}

// derive makes the default action (WS-Addressing 1.0 Metadata, 4.4.4).
func derive(portType Name, message string) string {
	delimiter := "/"
	if strings.HasPrefix(strings.ToLower(portType.Space), "urn:") {
		delimiter = ":"
	}
	return strings.TrimSuffix(portType.Space, delimiter) + delimiter + portType.Local + delimiter + message
}

func is(e *etree.Element, space, tag string) bool { return e.Tag == tag && e.NamespaceURI() == space }

func soap(e *etree.Element, tag string) bool { return is(e, nsSOAP11, tag) || is(e, nsSOAP12, tag) }

// resolve reads a qualified name in attribute content.
func resolve(e *etree.Element, text string) (Name, bool) {
	prefix, local, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		prefix, local = "", prefix
	}
	space := namespace(e, prefix)
	return Name{space, local}, local != "" && (prefix == "" || space != "")
}

// namespace finds what a prefix is bound to, "" for the default namespace's
// prefix and for one that is not bound.
func namespace(e *etree.Element, prefix string) string {
	for ; e != nil; e = e.Parent() {
		for i := range e.Attr {
			a := &e.Attr[i]
			if prefix == "" && a.Space == "" && a.Key == "xmlns" || prefix != "" && a.Space == "xmlns" && a.Key == prefix {
				return a.Value
			}
		}
	}
	return ""
}
