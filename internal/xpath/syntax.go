package xpath

import (
	"fmt"
	"strings"
)

// Limits of an expression (threats T-SOAP-07). Nesting counts parentheses,
// arguments and predicates and bounds the recursion of parser and evaluator.
const (
	maxText       = 4096
	maxSteps      = 64
	maxPredicates = 16
	maxNesting    = 128
)

// SyntaxError says where an expression is wrong and what to do about it.
type SyntaxError struct {
	Offset int    // octets from the start of the expression
	Text   string // for people
}

// Error returns the text and the place, counted in octets from 1.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at octet %d of the expression)", e.Text, e.Offset+1)
}

func wrong(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Text: fmt.Sprintf(format, args...)}
}

// Namespaces binds prefixes to namespaces, beside the predefined ones.
type Namespaces map[string]string

// Namespaces that the engine knows by itself.
const (
	spaceSOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
	spaceSOAP12 = "http://www.w3.org/2003/05/soap-envelope"
	spaceWSA10  = "http://www.w3.org/2005/08/addressing"
	spaceWSA04  = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	spaceSM     = "http://schemas.microsoft.com/serviceModel/2004/05/xpathfunctions"
	spaceXML    = "http://www.w3.org/XML/1998/namespace"
)

// predefined are the prefixes of dispatch 3.6, and the one of XML.
var predefined = map[string]string{
	"s11": spaceSOAP11, "s12": spaceSOAP12, "wsa10": spaceWSA10, "wsaAugust2004": spaceWSA04, "sm": spaceSM,
	"tempuri": "http://tempuri.org/", "ser": "http://schemas.microsoft.com/2003/10/Serialization/", "xml": spaceXML,
}

// resolve returns the namespace of a prefix; the message's own declarations do
// not count (XPath 1.0, 1).
func (p *parser) resolve(prefix string, at int) (string, error) {
	if space, ok := p.spaces[prefix]; ok {
		return space, nil
	}
	if space, ok := predefined[prefix]; ok {
		return space, nil
	}
	return "", wrong(at, "unknown prefix %q; declare it in the namespaceTable: <add prefix=%q namespace=\"...\"/>", prefix, prefix)
}

// expand gives a QName its namespace; without a prefix it has none.
func (p *parser) expand(name string, at int) (qname, error) {
	prefix, local, ok := strings.Cut(name, ":")
	if !ok {
		return qname{local: name}, nil
	}
	space, err := p.resolve(prefix, at)
	return qname{space, local}, err
}
