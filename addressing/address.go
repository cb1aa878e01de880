package addressing

import (
	"errors"
	"slices"

	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// EndpointAddress says where messages for an endpoint go: a URI, headers that a
// message to it carries, and who answers there. One type serves configuration,
// WSDL and references in messages. It is immutable once it is shared.
type EndpointAddress struct {
	URI      uritable.URI
	Headers  []Header  // address headers, in order; duplicates count
	Identity *Identity // nil: none

	// What only a round trip needs.
	Metadata   []Element // content of Metadata
	Extensions []Element // of other namespaces, without the identity
	PSP        []Element // PortType, ServiceName and policies of 2004/08
}

// Element is an element kept verbatim. XML declares all prefixes that it uses.
type Element struct {
	Space, Local string
	XML          []byte
}

// ErrNoURI is returned for an address without a URI: give it an absolute one.
var ErrNoURI = errors.New("addressing: an endpoint address needs an absolute URI")

// New returns an address. The URI has to be absolute.
func New(u uritable.URI, headers ...Header) (*EndpointAddress, error) {
	if u.IsZero() {
		return nil, ErrNoURI
	}
	return &EndpointAddress{URI: u, Headers: headers}, nil
}

// IsAnonymous reports whether the address stands for "back on this channel".
// Only the version-neutral URI does: that of a version is replaced by it when a
// reference is read, and is an ordinary URI elsewhere (dispatch 1.2).
func (a *EndpointAddress) IsAnonymous() bool { return a != nil && a.URI == anonymousURI }

// IsNone reports whether messages to the address are to be dropped.
func (a *EndpointAddress) IsNone() bool { return a != nil && a.URI == noneURI }

// IsTrivial reports whether the address says nothing: absent, or anonymous
// without headers, identity or anything else (dispatch 7.3).
func (a *EndpointAddress) IsTrivial() bool {
	return a == nil || a == trivial || a.IsAnonymous() && len(a.Headers) == 0 && a.Identity == nil &&
		len(a.Metadata) == 0 && len(a.Extensions) == 0 && len(a.PSP) == 0
}

// Equal compares as WCF does (dispatch 1.4): URI with host, port and the case of
// the path, identity, and the headers as a multiset of their comparable forms.
// What only a round trip needs is ignored.
func (a *EndpointAddress) Equal(b *EndpointAddress) bool {
	if !uritable.AddressEquality.Equal(a.URI, b.URI) || !a.Identity.Equal(b.Identity) || len(a.Headers) != len(b.Headers) {
		return false
	}
	x, y := comparableForms(a.Headers), comparableForms(b.Headers)
	return slices.Equal(x, y)
}

func comparableForms(headers []Header) []string {
	forms := make([]string, len(headers))
	for i, h := range headers {
		forms[i] = h.canonical
	}
	slices.Sort(forms)
	return forms
}

// String returns the URI.
func (a *EndpointAddress) String() string { return a.URI.String() }

// Header is an address header: a header that every message to an address
// carries, on the wire a reference parameter.
type Header struct {
	Space, Local string
	// Property marks a ReferenceProperty of 2004/08, which stays one there.
	Property bool

	element   []byte
	canonical string
	marked    bool // the element has the attribute IsReferenceParameter
}

// NewHeader reads a header from one element. Scope holds the declarations in
// force around it, innermost last; nil when the element declares all it uses.
func NewHeader(element []byte, scope []xmltext.Decl) (Header, error) {
	var c canonicaliser
	if err := c.run(element, scope); err != nil {
		return Header{}, err
	}
	return Header{
		Space: c.space, Local: c.local,
		element:   selfContained(element, scope, c.bare),
		canonical: string(c.out),
		marked:    c.marked,
	}, nil
}

// Element returns the header's element, which declares all prefixes it uses.
func (h Header) Element() []byte { return h.element }

// Canonical returns the form by which headers are compared; see
// [AppendCanonical].
func (h Header) Canonical() string { return h.canonical }
