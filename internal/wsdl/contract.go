package wsdl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Name is a qualified name.
type Name struct{ Space, Local string }

// IsZero reports whether there is no name.
func (n Name) IsZero() bool { return n == Name{} }

// String gives {namespace}local, or the local name alone.
func (n Name) String() string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// Contract is a port type.
type Contract struct {
	Pos        source.Pos
	Name       Name
	Operations []Operation
}

// Operation is one exchange of a port type.
type Operation struct {
	Pos  source.Pos
	Name string
	// Action of the request in WS-Addressing: wsam:Action or wsaw:Action of the
	// input, else the soapAction, else the one that WS-Addressing derives.
	Action string
	// ReplyAction is likewise that of the answer; "" where there is none.
	ReplyAction string
	// SOAPAction is that of the first SOAP binding that names one which is not
	// empty: what stands in the SOAPAction field where a binding has no addressing.
	SOAPAction string
	OneWay     bool
	// Element is the first element in the Body of the request; zero for an empty
	// Body, or where no binding and no message part tells.
	Element Name
}

// Notice is something that an operator should know and that stops nothing.
type Notice struct {
	Pos  source.Pos
	Text string
}

// Notices are what was left out or is doubtful.
func (d *Document) Notices() []Notice { return d.notices }

// Contracts returns the port types in the order of the files.
func (d *Document) Contracts() []*Contract { return slices.Clone(d.contracts) }

// Contract returns a port type by its local name or by {namespace}name; "" means
// the only one. The error lists what there is.
func (d *Document) Contract(portType string) (*Contract, error) {
	var found []*Contract
	for _, c := range d.contracts {
		if portType == "" || portType == c.Name.Local || portType == c.Name.String() {
			found = append(found, c)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var names []string
	for _, c := range d.contracts {
		names = append(names, c.Name.Local)
	}
	slices.Sort(names)
	switch {
	case len(d.contracts) == 0:
		return nil, fmt.Errorf("%s has no portType; name the WSDL file that declares the operations", d.name)
	case portType == "":
		return nil, fmt.Errorf("%s has %d port types; write portType: one of %s", d.name, len(names), strings.Join(names, ", "))
	case len(found) == 0:
		return nil, fmt.Errorf("%s has no portType %q; it has %s", d.name, portType, strings.Join(names, ", "))
	default:
		return nil, fmt.Errorf("portType %q stands at %s and at %s; write %q", portType, found[0].Pos, found[1].Pos, found[0].Name.String())
	}
}
