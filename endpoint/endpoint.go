package endpoint

import (
	"fmt"
	"strconv"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// AddressFilterMode says how the addresses of a service's endpoints are matched
// (dispatch 3.5).
type AddressFilterMode uint8

// Modes. The zero value is WCF's default.
const (
	Exact  AddressFilterMode = iota // To is the address; host not compared
	Prefix                          // To is the address or below it; port not compared either
	Any                             // every To, an absent one too; the mode of routing services
)

// String returns the name that WCF uses.
func (m AddressFilterMode) String() string {
	if int(m) < 3 {
		return [...]string{"Exact", "Prefix", "Any"}[m]
	}
	return "AddressFilterMode(" + strconv.Itoa(int(m)) + ")"
}

// Endpoint is one endpoint of a service or of the client section.
type Endpoint struct {
	Name    string
	Address *addressing.EndpointAddress // nil: none, matches every To
	// Aliases are further addresses that a message may have in To, with the same
	// headers: the public address of an endpoint behind a proxy, for instance.
	Aliases   []uritable.URI
	ListenURI uritable.URI // of a service endpoint; zero: the address
	Binding   *binding.Binding
	Contract  *Contract
	Behaviors Behaviors
	Pos       source.Pos
}

// Behaviors are endpoint behaviours as values; the zero value is WCF's default.
type Behaviors struct {
	// Via is where octets of a client endpoint go (clientVia); zero: the address.
	Via uritable.URI
	// SkipSOAPProcessing is <soapProcessing processMessages="false"/>.
	SkipSOAPProcessing bool
	// IgnorePort drops the port from the address filter of a service endpoint
	// (multipleSiteBindingsEnabled, dispatch 9.4).
	IgnorePort bool
	// CompareHost makes the host of To count; WCF's address filters never look at
	// it, whatever hostNameComparisonMode says (dispatch 3.4).
	CompareHost bool
}

// label names the endpoint for people: many have no name.
func (e *Endpoint) label() string {
	switch {
	case e.Name != "":
		return strconv.Quote(e.Name)
	case e.Address != nil:
		return "at " + e.Address.String()
	default:
		return "without name"
	}
}

// Listen returns where a service endpoint listens.
func (e *Endpoint) Listen() uritable.URI {
	if e.ListenURI.IsZero() && e.Address != nil {
		return e.Address.URI
	}
	return e.ListenURI
}

// Via returns where the octets of a client endpoint go.
func (e *Endpoint) Via() uritable.URI {
	if e.Behaviors.Via.IsZero() && e.Address != nil {
		return e.Address.URI
	}
	return e.Behaviors.Via
}

// CheckClient returns what makes a client endpoint unusable: without addressing
// headers To cannot travel, so address and via have to be the same (VIA-03).
func (e *Endpoint) CheckClient() error {
	if e.Address == nil {
		return fmt.Errorf("%s: client endpoint %s has no address; add one", e.Pos, e.label())
	}
	none := e.Binding != nil && e.Binding.Version.Addressing == soap.AddressingNone
	if none && e.Via() != e.Address.URI {
		return fmt.Errorf("%s: client endpoint %s: via %s is not its address %s, and %s has no addressing headers to carry the address; "+
			"remove clientVia or use a binding with WS-Addressing", e.Pos, e.label(), e.Via(), e.Address, e.Binding.Name())
	}
	return nil
}

// compare is how the address filter of mode m compares, for explanations.
func (e *Endpoint) compare(m AddressFilterMode) uritable.Comparison {
	c := uritable.Comparison{Host: e.Behaviors.CompareHost, IgnorePort: e.Behaviors.IgnorePort, FoldPath: true}
	if m == Prefix {
		c.IgnorePort = !c.Host
	}
	return c
}

// uris returns the address of the endpoint and its aliases.
func (e *Endpoint) uris() []uritable.URI {
	if e.Address == nil {
		return nil
	}
	return append([]uritable.URI{e.Address.URI}, e.Aliases...)
}

// AddressFilter returns the filter of the endpoint's address and its aliases.
func (e *Endpoint) AddressFilter(m AddressFilterMode) (filter.Filter, error) {
	if m == Any || e.Address == nil {
		return filter.MatchAll{}, nil
	}
	o := filter.AddressOptions{IncludeHost: e.Behaviors.CompareHost, IgnorePort: e.Behaviors.IgnorePort, Aliases: e.Aliases}
	var f filter.Filter
	var err error
	if m == Prefix {
		f, err = filter.NewPrefixEndpointAddress(e.Address, o)
	} else {
		f, err = filter.NewEndpointAddress(e.Address, o)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: endpoint %s: %w", e.Pos, e.label(), err)
	}
	return f, nil
}
