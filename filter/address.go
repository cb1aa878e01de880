package filter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// AddressOptions says what an address filter compares beside the path.
type AddressOptions struct {
	IncludeHost bool // compare the host, of a prefix filter the port too; WCF's default is not to
	IgnorePort  bool // EndpointAddress only: do not compare the port (dispatch 9.4)
	// Aliases are further addresses, each as good as the first and with the same
	// headers: the public and the private one of an endpoint. WCF has none.
	Aliases []uritable.URI
}

// ErrNoAddress is returned for an address filter without an address.
var ErrNoAddress = errors.New("filter: an address filter needs an absolute address")

// addresses are the address of a filter and its aliases. It is what filters for
// one address and for prefixes have in common.
type addresses struct {
	uris    []uritable.URI // the address, then the aliases
	headers headerSet
}

func newAddresses(a *addressing.EndpointAddress, o AddressOptions) (addresses, error) {
	if a == nil || a.URI.IsZero() {
		return addresses{}, ErrNoAddress
	}
	list := append(make([]uritable.URI, 0, 1+len(o.Aliases)), a.URI)
	for _, u := range o.Aliases {
		if u.IsZero() {
			return addresses{}, ErrNoAddress
		}
		list = append(list, u)
	}
	return addresses{uris: list, headers: newHeaderSet(a.Headers)}, nil
}

// found says which of the addresses matched, and how the headers stand.
func (a *addresses) found(i int, in *Input) string {
	text := a.headers.explain(in)
	if i > 0 && text == matched {
		return fmt.Sprintf("%s: alias %s", matched, a.uris[i])
	}
	return text
}

// nearest returns the address that comes nearest to u.
func (a *addresses) nearest(c uritable.Comparison, u uritable.URI) uritable.URI {
	best, least := a.uris[0], -1
	for _, x := range a.uris {
		if n := c.Distance(x, u); least < 0 || n < least {
			best, least = x, n
		}
	}
	return best
}

func (a *addresses) String() string {
	texts := make([]string, len(a.uris))
	for i, u := range a.uris {
		texts[i] = u.String()
	}
	return strings.Join(texts, " or ")
}

// EndpointAddress matches messages to one address (dispatch 3.2): To has its
// scheme, port and path, the path without regard to case, and the message bears
// the address's headers.
type EndpointAddress struct {
	addresses
	compare uritable.Comparison
}

// NewEndpointAddress returns the filter. The only error is [ErrNoAddress].
func NewEndpointAddress(a *addressing.EndpointAddress, o AddressOptions) (*EndpointAddress, error) {
	list, err := newAddresses(a, o)
	if err != nil {
		return nil, err
	}
	return &EndpointAddress{list, uritable.Comparison{Host: o.IncludeHost, IgnorePort: o.IgnorePort, FoldPath: true}}, nil
}

// Match compares To, then the headers. A message without To never matches.
func (f *EndpointAddress) Match(in *Input) (bool, error) {
	to, err := in.Properties.To()
	if err != nil || to.IsZero() || f.find(to) < 0 {
		return false, err
	}
	return f.headers.match(in)
}

// find returns which address equals u, -1 for none.
func (f *EndpointAddress) find(u uritable.URI) int {
	for i, x := range f.uris {
		if f.compare.Equal(x, u) {
			return i
		}
	}
	return -1
}

// Explain tells the first part of To that differs from the nearest address, or
// the header.
func (f *EndpointAddress) Explain(in *Input) string {
	to, text := toOf(in, f.uris[0])
	if text != "" {
		return text
	}
	if i := f.find(to); i >= 0 {
		return f.found(i, in)
	}
	want := f.nearest(f.compare, to)
	return fmt.Sprintf("To %s differs %s; %s would match", soap.Echo(to.String()), f.compare.Diff(want, to).Where(), want)
}

func (f *EndpointAddress) String() string { return "EndpointAddress " + f.addresses.String() }

// toOf returns To, or why there is nothing to compare.
func toOf(in *Input, want uritable.URI) (uritable.URI, string) {
	to, err := in.Properties.To()
	switch {
	case err != nil:
		return to, err.Error()
	case to.IsZero():
		return to, fmt.Sprintf("the message has no To; %s would match", want)
	default:
		return to, ""
	}
}

// PrefixEndpointAddress matches messages to an address and everything below it
// by whole path segments (dispatch 3.3). Without IncludeHost neither host nor
// port count. In a table the longest prefix wins.
type PrefixEndpointAddress struct {
	addresses
	mode  uritable.Mode
	table *uritable.Table[int] // index of the address
}

// NewPrefixEndpointAddress returns the filter; IgnorePort has no meaning. The
// only error is [ErrNoAddress].
func NewPrefixEndpointAddress(a *addressing.EndpointAddress, o AddressOptions) (*PrefixEndpointAddress, error) {
	list, err := newAddresses(a, o)
	if err != nil {
		return nil, err
	}
	f := &PrefixEndpointAddress{list, uritable.StrongWildcard, uritable.NewTable[int](uritable.Options{})}
	if o.IncludeHost {
		f.mode = uritable.Exact
	}
	kept := f.uris[:0:0]
	for _, u := range f.uris {
		if f.table.Add(u, f.mode, len(kept), "") == nil { // the only error: it is there already
			kept = append(kept, u)
		}
	}
	f.uris = kept
	return f, nil
}

// Match compares the beginning of To, then the headers.
func (f *PrefixEndpointAddress) Match(in *Input) (bool, error) {
	to, err := in.Properties.To()
	if err != nil || to.IsZero() || f.table.Lookup(to, f.mode) == nil {
		return false, err
	}
	return f.headers.match(in)
}

// Explain tells the first part of To that differs, or the header.
func (f *PrefixEndpointAddress) Explain(in *Input) string {
	to, text := toOf(in, f.uris[0])
	if text != "" {
		return text
	}
	if e := f.table.Lookup(to, f.mode); e != nil {
		return f.found(e.Value, in)
	}
	c := uritable.Comparison{Host: f.mode == uritable.Exact, IgnorePort: f.mode != uritable.Exact, FoldPath: true}
	want := f.nearest(c, to)
	where := "in percent codes, which a prefix compares as they are written"
	if d := c.Diff(want, to); d.Part != "" { // else equal once unescaped, and prefixes compare escaped segments
		where = d.Where()
	}
	return fmt.Sprintf("To %s differs %s; %s and what is below it would match", soap.Echo(to.String()), where, want)
}

func (f *PrefixEndpointAddress) String() string {
	return "PrefixEndpointAddress " + f.addresses.String()
}
