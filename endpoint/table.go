package endpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// Table chooses among the endpoints of one listener. It is immutable; Select may
// run at the same time, each with an Input of its own.
type Table struct {
	endpoints []*Endpoint
	addresses []filter.Filter
	filters   *filter.Table[*Endpoint]
}

// NewTable builds the table of endpoints that share a listen URI. All errors
// come at once, each with its place (dispatch 5.2): endpoints with different
// bindings, and endpoints with one address and an action in common.
func NewTable(endpoints []*Endpoint, m AddressFilterMode) (*Table, error) {
	t := &Table{endpoints: slices.Clone(endpoints)}
	errs := t.check(m)
	entries := make([]filter.Entry[*Endpoint], 0, len(endpoints))
	for _, e := range endpoints {
		if e.Contract == nil {
			continue
		}
		byAddress, err := e.AddressFilter(m)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		byContract, priority := e.Contract.Filter()
		t.addresses = append(t.addresses, byAddress)
		entries = append(entries, filter.Entry[*Endpoint]{
			Name: e.label(), Filter: both(byAddress, byContract), Priority: priority, Value: e, Pos: e.Pos,
		})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var err error
	t.filters, err = filter.NewTable(entries)
	return t, err
}

// both joins address and contract filter. One that matches everything is left
// out, so that the table can look the other up.
func both(byAddress, byContract filter.Filter) filter.Filter {
	if _, ok := byContract.(filter.MatchAll); ok {
		return byAddress
	}
	if _, ok := byAddress.(filter.MatchAll); ok {
		return byContract
	}
	return filter.NewAnd("address", byAddress, "contract", byContract)
}

// check finds endpoints that cannot share a listener.
func (t *Table) check(m AddressFilterMode) (errs []error) {
	type key struct {
		address string
		action  addressing.Action
	}
	taken := map[key]*Endpoint{}
	for _, e := range t.endpoints {
		if e.Contract == nil {
			errs = append(errs, fmt.Errorf("%s: endpoint %s has no contract; name one", e.Pos, e.label()))
			continue
		}
		if first := t.endpoints[0]; e.Binding != first.Binding {
			errs = append(errs, fmt.Errorf("%s: endpoint %s listens at %s with another binding than endpoint %s (%s); "+
				"endpoints that share a listen URI need the same binding and bindingConfiguration",
				e.Pos, e.label(), e.Listen(), first.label(), first.Pos))
		}
		k := key{address: addressKey(e.Address)}
		if m == Any { // then addresses make no difference
			k.address = ""
		}
		for i := range e.Contract.Operations {
			o := &e.Contract.Operations[i]
			if !o.Initiating {
				continue
			}
			k.action = o.Action
			if first, ok := taken[k]; ok {
				errs = append(errs, fmt.Errorf("%s: endpoint %s takes action %q, and so does endpoint %s (%s) at the same address; "+
					"give one another address or contract", e.Pos, e.label(), o.Action, first.label(), first.Pos))
				break
			}
			taken[k] = e
		}
	}
	return errs
}

// addressKey is equal for equal addresses (dispatch 1.4).
func addressKey(a *addressing.EndpointAddress) string {
	if a == nil {
		return ""
	}
	forms := make([]string, len(a.Headers))
	for i, h := range a.Headers {
		forms[i] = h.Canonical()
	}
	slices.Sort(forms)
	return string(uritable.AddressEquality.AppendKey(nil, a.URI)) + strings.Join(forms, "")
}

// Endpoints returns the endpoints in their order. They must not be changed.
func (t *Table) Endpoints() []*Endpoint { return t.endpoints }

// Select returns the endpoint for a message. Errors: *[NoMatchError],
// *filter.MultipleMatchesError (FT-12), or that of a header which occurs twice
// and had to be read (*addressing.CardinalityError). A match allocates nothing
// unless addresses bear headers.
func (t *Table) Select(in *filter.Input) (*Endpoint, error) {
	entry, err := t.filters.Match(in)
	if err == nil {
		return entry.Value, nil
	}
	if errors.Is(err, filter.ErrNoMatch) {
		return nil, t.noMatch(in)
	}
	return nil, err
}

// noMatch finds out which half did not match.
func (t *Table) noMatch(in *filter.Input) error {
	e := &NoMatchError{ActionPresent: in.Properties.Has(addressing.KindAction)}
	to, err := in.Properties.To()
	if err != nil {
		return err
	}
	if !to.IsZero() {
		e.To = to.String()
	}
	if e.Action, err = in.Properties.Action(); err != nil {
		return err
	}
	for _, f := range t.addresses {
		ok, err := f.Match(in)
		if err != nil {
			return err
		}
		e.AddressMatched = e.AddressMatched || ok
	}
	return e
}

// Explain tells for every endpoint whether the message matches and where it
// first differs.
func (t *Table) Explain(in *filter.Input) []filter.Explanation[*Endpoint] {
	return t.filters.Explain(in)
}

// NoMatchError says that no endpoint takes a message. It gives FT-01 when no
// address matched, else FT-02, or FT-04 and FT-05 where the message has no
// Action header.
type NoMatchError struct {
	To             string // "" when absent
	Action         addressing.Action
	ActionPresent  bool // there is an Action header
	AddressMatched bool // the address filter of some endpoint matched
}

func (e *NoMatchError) Error() string {
	if e.AddressMatched {
		return fmt.Sprintf("no endpoint at this address takes action %q", soap.Echo(string(e.Action)))
	}
	return fmt.Sprintf("no endpoint has the address %q", soap.Echo(e.To))
}

// Unwrap returns the refusal that counters and logs see.
func (e *NoMatchError) Unwrap() error {
	if e.AddressMatched {
		return refusal.New(refusal.WSAAction, -1, "")
	}
	return refusal.New(refusal.WSAUnreachable, -1, "")
}

// Fault returns the fault for the client.
func (e *NoMatchError) Fault(v soap.Version) *soap.Fault {
	switch {
	case !e.AddressMatched:
		return addressing.DestinationUnreachable(v.Addressing, e.To)
	case !e.ActionPresent && v.Addressing != soap.AddressingNone:
		return addressing.HeaderRequired(v, addressing.KindAction)
	default:
		return addressing.ActionNotSupported(v.Addressing, e.Action)
	}
}
