package addressing

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// element is a tree of XML for the checks of this file.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     string
	children []*element
	scope    map[string]string
}

func parseXML(t *testing.T, text string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	root := &element{scope: map[string]string{}}
	open := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			require.Len(t, root.children, 1)
			return root.children[0]
		}
		require.NoError(t, err, text)
		top := open[len(open)-1]
		switch k := token.(type) {
		case xml.StartElement:
			e := &element{name: k.Name, scope: maps.Clone(top.scope)}
			for _, a := range k.Attr {
				switch {
				case a.Name.Space == "xmlns":
					e.scope[a.Name.Local] = a.Value
				case a.Name.Space == "" && a.Name.Local == "xmlns":
					e.scope[""] = a.Value
				default:
					e.attrs = append(e.attrs, a)
				}
			}
			top.children = append(top.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(k)
		}
	}
}

// qname resolves the text of an element or attribute as xs:QName.
func (e *element) qname(text string) (xml.Name, error) {
	prefix, local, ok := strings.Cut(text, ":")
	if !ok {
		return xml.Name{Space: e.scope[""], Local: text}, nil
	}
	ns, bound := e.scope[prefix]
	if !bound {
		return xml.Name{}, fmt.Errorf("prefix of %q is not bound", text)
	}
	return xml.Name{Space: ns, Local: local}, nil
}

func (e *element) attr(space, local string) string {
	for _, a := range e.attrs {
		if a.Name.Space == space && a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// take takes the next child, where it has this name.
func take(rest *[]*element, space, local string) *element {
	if len(*rest) == 0 || (*rest)[0].name != (xml.Name{Space: space, Local: local}) {
		return nil
	}
	e := (*rest)[0]
	*rest = (*rest)[1:]
	return e
}

// checkFaultXML checks a fault message as the schemas of SOAP 1.1, SOAP 1.2 and
// WS-Addressing have it, and the rules around them.
func checkFaultXML(text string, root *element, v soap.Version) error {
	ns := v.Envelope.Namespace()
	rest := root.children
	if root.name != (xml.Name{Space: ns, Local: "Envelope"}) {
		return fmt.Errorf("root is %v in %s", root.name, text)
	}
	if h := take(&rest, ns, "Header"); h != nil {
		for _, b := range h.children {
			if err := checkBlock(b, v); err != nil {
				return err
			}
		}
	}
	body := take(&rest, ns, "Body")
	if body == nil || len(rest) > 0 || len(body.children) != 1 || body.children[0].name != (xml.Name{Space: ns, Local: "Fault"}) {
		return errors.New("no Fault alone in Body")
	}
	if v.Envelope == soap.SOAP11 {
		return checkFault11(body.children[0])
	}
	return checkFault12(body.children[0])
}

func checkFault11(f *element) error {
	rest := f.children
	code := take(&rest, "", "faultcode")
	if code == nil {
		return errors.New("no faultcode")
	}
	if _, err := code.qname(code.text); err != nil {
		return err
	}
	if take(&rest, "", "faultstring") == nil {
		return errors.New("no faultstring")
	}
	take(&rest, "", "faultactor")
	if d := take(&rest, "", "detail"); d != nil {
		if err := checkDetail(d); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%v behind the fault's parts", rest[0].name)
	}
	return nil
}

func checkFault12(f *element) error {
	const ns = soap.Namespace12
	rest := f.children
	code := take(&rest, ns, "Code")
	for level := 0; code != nil; level++ {
		parts := code.children
		value := take(&parts, ns, "Value")
		if value == nil {
			return errors.New("no Value")
		}
		q, err := value.qname(value.text)
		if err != nil {
			return err
		}
		if codes := []string{"Sender", "Receiver", "MustUnderstand", "VersionMismatch", "DataEncodingUnknown"}; level == 0 &&
			(q.Space != ns || !slices.Contains(codes, q.Local)) {
			return fmt.Errorf("code %v", q)
		}
		code = take(&parts, ns, "Subcode")
		if len(parts) > 0 {
			return errors.New("more than Value and Subcode")
		}
	}
	reason := take(&rest, ns, "Reason")
	if reason == nil || len(reason.children) == 0 {
		return errors.New("no Reason with a Text")
	}
	var langs []string
	for _, text := range reason.children {
		lang := text.attr("http://www.w3.org/XML/1998/namespace", "lang")
		if text.name.Local != "Text" || lang == "" || slices.Contains(langs, lang) {
			return errors.New("Text without a language of its own")
		}
		langs = append(langs, lang)
	}
	take(&rest, ns, "Node")
	take(&rest, ns, "Role")
	if d := take(&rest, ns, "Detail"); d != nil {
		if err := checkDetail(d); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%v behind the fault's parts", rest[0].name)
	}
	return nil
}

func checkDetail(d *element) error {
	for _, c := range d.children {
		if err := checkProblem(c); err != nil {
			return err
		}
	}
	return nil
}

// checkBlock checks a header block of a fault message.
func checkBlock(b *element, v soap.Version) error {
	wsa := v.Addressing.Namespace()
	switch b.name {
	case xml.Name{Space: wsa, Local: "Action"}, xml.Name{Space: wsa, Local: "RelatesTo"}, xml.Name{Space: wsa, Local: "To"}:
		_, err := uritable.Parse(b.text)
		return err
	case xml.Name{Space: wsa10NS, Local: faultDetail}:
		if v != soap.Soap11WSAddressing10 {
			return fmt.Errorf("FaultDetail in %v", v)
		}
		return checkDetail(b)
	case xml.Name{Space: soap.Namespace12, Local: "NotUnderstood"}:
		if v.Envelope != soap.SOAP12 {
			return errors.New("NotUnderstood in SOAP 1.1")
		}
		_, err := b.qname(b.attr("", "qname"))
		return err
	default:
		return fmt.Errorf("header %v", b.name)
	}
}

// checkProblem checks an element of fault detail, if it is one of addressing.
func checkProblem(e *element) error {
	if e.name.Space == wsa2004NS && e.name.Local != "RetryAfter" {
		return fmt.Errorf("2004/08 has no %s", e.name.Local)
	}
	if e.name.Space != wsa10NS && e.name.Space != wsa2004NS {
		return nil
	}
	switch e.name.Local {
	case "ProblemHeaderQName":
		q, err := e.qname(e.text)
		if err == nil && q.Space != wsa10NS {
			err = fmt.Errorf("problem header %v", q)
		}
		return err
	case "ProblemIRI":
		return nil
	case "ProblemAction":
		rest := e.children
		take(&rest, wsa10NS, "Action")
		take(&rest, wsa10NS, "SoapAction")
		if len(rest) > 0 {
			return fmt.Errorf("%v in ProblemAction", rest[0].name)
		}
		return nil
	case "RetryAfter":
		_, err := strconv.ParseUint(e.text, 10, 64)
		return err
	default:
		return fmt.Errorf("detail %v", e.name)
	}
}
