package endpoint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Table chooses among the endpoints of one listener. It is immutable; Select may
// run at the same time, each with an Input of its own.
type Table struct {
	endpoints []*Endpoint
	mode      AddressFilterMode
	addresses []filter.Filter // of the endpoints, in their order
	filters   *filter.Table[*Endpoint]
}

// NewTable builds the table of endpoints that share a listen URI. All errors
// come at once, each with its place (dispatch 5.2): endpoints with different
// bindings, and endpoints with one address and an action in common.
func NewTable(endpoints []*Endpoint, m AddressFilterMode) (*Table, error) {
	t := &Table{endpoints: slices.Clone(endpoints), mode: m}
	errs := t.check()
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
func (t *Table) check() (errs []error) {
	taken := map[place]*Endpoint{}
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
		errs = append(errs, t.checkPair(e)...)
		errs = append(errs, t.take(taken, e)...)
	}
	return errs
}

// checkPair compares what all endpoints of a listener have to agree on with the
// first of them.
func (t *Table) checkPair(e *Endpoint) (errs []error) {
	first := t.endpoints[0]
	if e.Address != nil && first.Address != nil && !e.Address.Identity.Equal(first.Address.Identity) {
		errs = append(errs, fmt.Errorf("%s: endpoint %s listens at %s with another identity than endpoint %s (%s); "+
			"endpoints that share a listen URI need the same identity", e.Pos, e.label(), e.Listen(), first.label(), first.Pos))
	}
	if first.Contract != nil && e.Contract.Session != first.Contract.Session &&
		(e.Contract.Session|first.Contract.Session) == SessionRequired|SessionNotAllowed {
		errs = append(errs, fmt.Errorf("%s: endpoint %s and endpoint %s (%s) share a listen URI, and one contract requires sessions that the other "+
			"forbids; give one another address", e.Pos, e.label(), first.label(), first.Pos))
	}
	return errs
}

// place is what only one endpoint of a listener may have.
type place struct {
	address string
	action  addressing.Action
}

// take notes the places of an endpoint and returns the first that is taken.
func (t *Table) take(taken map[place]*Endpoint, e *Endpoint) []error {
	keys := []string{""} // with mode Any addresses make no difference
	if t.mode != Any {
		keys = addressKeys(e)
	}
	for i := range e.Contract.Operations {
		o := &e.Contract.Operations[i]
		if !o.Initiating {
			continue
		}
		for _, key := range keys {
			at := place{key, o.Action}
			if first, ok := taken[at]; ok && first != e {
				return []error{fmt.Errorf("%s: endpoint %s takes action %q, and so does endpoint %s (%s) at the same address; "+
					"give one another address or contract", e.Pos, e.label(), o.Action, first.label(), first.Pos)}
			}
			taken[at] = e
		}
	}
	return nil
}

// addressKeys are equal for equal addresses (dispatch 1.4), one for each alias.
func addressKeys(e *Endpoint) []string {
	a := e.Address
	if a == nil {
		return []string{""}
	}
	forms := make([]string, len(a.Headers))
	for i, h := range a.Headers {
		forms[i] = h.Canonical()
	}
	slices.Sort(forms)
	headers := strings.Join(forms, "")
	var keys []string
	for _, u := range e.uris() {
		keys = append(keys, string(uritable.AddressEquality.AppendKey(nil, u))+headers)
	}
	return keys
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
	e := &NoMatchError{ActionPresent: in.Properties.Has(addressing.KindAction), table: t}
	to, err := in.Properties.To()
	if err != nil {
		return err
	}
	if !to.IsZero() {
		e.To, e.to = to.String(), to
	}
	if e.Action, err = in.Properties.Action(); err != nil {
		return err
	}
	for i, f := range t.addresses {
		ok, err := f.Match(in)
		if err != nil {
			return err
		}
		ep := t.endpoints[i]
		switch {
		case ok:
			e.AddressMatched = true
			e.matched = append(e.matched, ep)
		case e.headers == "" && ep.Address != nil && len(ep.Address.Headers) > 0 && t.at(ep, to):
			e.headers = fmt.Sprintf("endpoint %s: %s", ep.label(), f.Explain(in))
		}
	}
	return e
}

// at reports whether To alone would do for an endpoint.
func (t *Table) at(e *Endpoint, to uritable.URI) bool {
	c := e.compare(t.mode)
	return !to.IsZero() && slices.ContainsFunc(e.uris(), func(u uritable.URI) bool { return c.Equal(u, to) })
}

// Explain tells for every endpoint whether the message matches and where it
// first differs.
func (t *Table) Explain(in *filter.Input) []filter.Explanation[*Endpoint] {
	return t.filters.Explain(in)
}
