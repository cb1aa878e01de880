package filter

import (
	"errors"
	"fmt"
	"slices"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// AddressOptions says what an address filter compares beside the path.
type AddressOptions struct {
	IncludeHost bool // compare the host, of a prefix filter the port too; WCF's default is not to
	IgnorePort  bool // EndpointAddress only: do not compare the port (dispatch 9.4)
}

// ErrNoAddress is returned for an address filter without an address.
var ErrNoAddress = errors.New("filter: an address filter needs an absolute address")

// EndpointAddress matches messages to one address (dispatch 3.2): To has its
// scheme, port and path, the path without regard to case, and the message bears
// the address's headers.
type EndpointAddress struct {
	address *addressing.EndpointAddress
	compare uritable.Comparison
	headers headerSet
}

// NewEndpointAddress returns the filter. The only error is [ErrNoAddress].
func NewEndpointAddress(a *addressing.EndpointAddress, o AddressOptions) (*EndpointAddress, error) {
	if a == nil || a.URI.IsZero() {
		return nil, ErrNoAddress
	}
	return &EndpointAddress{
		address: a,
		compare: uritable.Comparison{Host: o.IncludeHost, IgnorePort: o.IgnorePort, FoldPath: true},
		headers: newHeaderSet(a.Headers),
	}, nil
}

// Match compares To, then the headers. A message without To never matches.
func (f *EndpointAddress) Match(in *Input) (bool, error) {
	to, err := in.Properties.To()
	if err != nil || to.IsZero() || !f.compare.Equal(f.address.URI, to) {
		return false, err
	}
	return f.headers.match(in)
}

// Explain tells the first part of To that differs, or the header.
func (f *EndpointAddress) Explain(in *Input) string {
	to, text := toOf(in, f.address.URI)
	if text != "" {
		return text
	}
	if d := f.compare.Diff(f.address.URI, to); d.Part != "" {
		return fmt.Sprintf("To %s: %s; %s would match", to, d, f.address.URI)
	}
	return f.headers.explain(in)
}

func (f *EndpointAddress) String() string { return "EndpointAddress " + f.address.URI.String() }

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
	address *addressing.EndpointAddress
	mode    uritable.Mode
	table   *uritable.Table[struct{}]
	headers headerSet
}

// NewPrefixEndpointAddress returns the filter; IgnorePort has no meaning. The
// only error is [ErrNoAddress].
func NewPrefixEndpointAddress(a *addressing.EndpointAddress, o AddressOptions) (*PrefixEndpointAddress, error) {
	if a == nil || a.URI.IsZero() {
		return nil, ErrNoAddress
	}
	f := &PrefixEndpointAddress{
		address: a,
		mode:    uritable.StrongWildcard,
		table:   uritable.NewTable[struct{}](uritable.Options{}),
		headers: newHeaderSet(a.Headers),
	}
	if o.IncludeHost {
		f.mode = uritable.Exact
	}
	return f, f.table.Add(a.URI, f.mode, struct{}{}, "")
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
	to, text := toOf(in, f.address.URI)
	if text != "" {
		return text
	}
	if f.table.Lookup(to, f.mode) != nil {
		return f.headers.explain(in)
	}
	c := uritable.Comparison{Host: f.mode == uritable.Exact, IgnorePort: f.mode != uritable.Exact, FoldPath: true}
	d := c.Diff(f.address.URI, to)
	if d.Part == "" { // equal once unescaped, and prefixes compare escaped segments
		return fmt.Sprintf("To %s: percent codes differ; %s and what is below it would match", to, f.address.URI)
	}
	return fmt.Sprintf("To %s: %s; %s and what is below it would match", to, d, f.address.URI)
}

func (f *PrefixEndpointAddress) String() string {
	return "PrefixEndpointAddress " + f.address.URI.String()
}

// headerSet is the headers that a message has to bear (dispatch 2.3).
type headerSet []addressing.Header

func newHeaderSet(headers []addressing.Header) headerSet { return slices.Clone(headers) }

// match reports whether every required header is satisfied by a block of its
// own. Surplus blocks never hurt.
func (s headerSet) match(in *Input) (bool, error) {
	if len(s) == 0 {
		return true, nil
	}
	missing, err := s.missing(in)
	return missing < 0, err
}

// missing returns the first requirement that no block satisfies, -1 for none.
func (s headerSet) missing(in *Input) (int, error) {
	satisfied := make([]bool, len(s))
	for i := range in.Envelope.Blocks() {
		if !s.names(in, i) || !considered(in, i) {
			continue
		}
		form, err := in.form(i)
		if err != nil {
			return 0, err
		}
		for k, h := range s {
			if !satisfied[k] && h.Canonical() == form {
				satisfied[k] = true
				break
			}
		}
	}
	return slices.Index(satisfied, false), nil
}

// names reports whether some requirement has the name of the block.
func (s headerSet) names(in *Input, block int) bool {
	n := in.Envelope.Blocks()[block].Name
	return slices.ContainsFunc(s, func(h addressing.Header) bool { return n.Is(h.Space, h.Local) })
}

// considered reports whether a block can be an address header: in WS-Addressing
// 1.0 only one that is marked as a reference parameter.
func considered(in *Input, block int) bool {
	return in.Envelope.Version.Addressing != soap.Addressing10 || in.Envelope.Blocks()[block].RefParam
}

// form returns the comparable form of a block.
func (in *Input) form(block int) (string, error) {
	blocks := in.Envelope.Blocks()
	if in.forms == nil {
		in.forms = make([]string, len(blocks))
	}
	if in.forms[block] == "" {
		b := &blocks[block]
		form, err := addressing.AppendCanonical(nil, b.Element.Of(in.Envelope.Head()), in.Envelope.Scope(b))
		if err != nil {
			return "", err
		}
		in.forms[block] = string(form)
	}
	return in.forms[block], nil
}

// explain tells the first requirement that is not satisfied and how near the
// message comes.
func (s headerSet) explain(in *Input) string {
	if len(s) == 0 {
		return matched
	}
	missing, err := s.missing(in)
	if err != nil {
		return err.Error()
	}
	if missing < 0 {
		return matched
	}
	want := s[missing]
	name := fmt.Sprintf("header %s (%s)", want.Local, want.Space)
	answer := "no " + name
	for i, b := range in.Envelope.Blocks() {
		if !b.Name.Is(want.Space, want.Local) {
			continue
		}
		if !considered(in, i) {
			answer = name + " is not marked IsReferenceParameter"
			continue
		}
		form, err := in.form(i)
		if err != nil {
			return err.Error()
		}
		if form == want.Canonical() {
			return name + " does not occur often enough"
		}
		return name + " " + difference(want.Canonical(), form)
	}
	return fmt.Sprintf("%s; %s would match", answer, want.Element())
}
