package configs

import (
	"fmt"
	"net/url"
	"strings"
)

// AbsoluteAddress is the endpoint's address against the base address of its
// binding's scheme (spec wcf-config 2.4). It consumes address and the base
// address. The error is *Error (SFxEndpointNoMatchingScheme and others).
func (ep *Endpoint) AbsoluteAddress() (string, error) { return ep.absolute(ep.Address) }

// AbsoluteListenURI is where the endpoint listens: listenUri resolved as the
// address is, or the address where there is none. It consumes both.
func (ep *Endpoint) AbsoluteListenURI() (string, error) {
	if ep.ListenURI.Get() == "" {
		return ep.absolute(ep.Address)
	}
	return ep.absolute(ep.ListenURI)
}

func (ep *Endpoint) absolute(v Value[string]) (string, error) {
	text := v.Get()
	if _, _, ok := absolute(text); ok {
		return text, nil
	}
	if ep.Service == nil || ep.Binding == nil {
		return "", v.Error("", ep.label()+": the address must be absolute; write scheme, host and path")
	}
	scheme := ep.Binding.Scheme()
	var schemes []string
	for _, b := range ep.Service.BaseAddresses {
		s, _, ok := absolute(b.Address.Peek())
		if ok && s == scheme {
			return resolveAddress(b, v, ep)
		}
		schemes = append(schemes, s)
	}
	have := "the service has no base address"
	if len(schemes) > 0 {
		have = "the service has base addresses for " + strings.Join(schemes, ", ")
	}
	return "", v.Error("SFxEndpointNoMatchingScheme", fmt.Sprintf(
		"%s: address %s is relative and needs a base address for scheme %s; %s; add one to host/baseAddresses, or write the address in full",
		ep.label(), quote(text), scheme, have))
}

// resolveAddress strips every slash and backslash from the front of the
// relative text, so that "/mex" is "mex", and resolves by RFC 3986, 5.2.
func resolveAddress(base *BaseAddress, v Value[string], ep *Endpoint) (string, error) {
	b := base.Address.Get()
	rel := strings.TrimLeft(v.Peek(), `/\`)
	if rel == "" {
		return b, nil
	}
	if !strings.HasSuffix(b, "/") {
		b += "/"
	}
	if !strings.ContainsAny(rel, "?#%") && !strings.Contains("/"+rel, "/.") {
		return b + rel, nil // octet for octet, also with a host such as *
	}
	u, err := url.Parse(b)
	if err != nil {
		return "", base.Address.Error("BaseAddressMustBeAbsolute", ep.label()+": the base address is no URI")
	}
	r, err := url.Parse(rel)
	if err != nil {
		return "", v.Error("", ep.label()+": the address is no URI reference")
	}
	return u.ResolveReference(r).String(), nil
}
