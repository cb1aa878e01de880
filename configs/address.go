package configs

import (
	"fmt"
	"os"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/uritable"
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
		return uritable.ReplaceWildcardHost(text, machine()), nil
	}
	if ep.Service == nil || ep.Binding == nil {
		return "", v.Error("address-not-absolute", ep.label()+": the address must be absolute; write scheme, host and path")
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
	e := v.Error("SFxEndpointNoMatchingScheme", fmt.Sprintf(
		"%s: address %s is relative and needs a base address for scheme %s; %s; add one to host/baseAddresses, or write the address in full",
		ep.label(), quote(text), scheme, have))
	if len(schemes) == 0 && ep.Service.VirtualPath == "" {
		e.Remedy = remedyHosting // so are services of IIS, which have service files
	}
	return "", e
}

// resolveAddress combines a relative address with a base address as WCF does:
// "/mex" is "mex" (spec wcf-config 2.4).
func resolveAddress(b *BaseAddress, v Value[string], ep *Endpoint) (string, error) {
	base, err := uritable.Parse(uritable.ReplaceWildcardHost(b.Address.Get(), machine()))
	if err != nil {
		return "", b.Address.Error("BaseAddressMustBeAbsolute", fmt.Sprintf("%s: the base address is no URI: %v", ep.label(), err))
	}
	u, err := uritable.Resolve(base, v.Peek())
	if err != nil {
		return "", v.Error("address-invalid", fmt.Sprintf("%s: the address is no URI reference: %v", ep.label(), err))
	}
	return u.String(), nil
}

// machine is what stands for a host written as "*" (spec wcf-config 2.2).
func machine() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "localhost"
	}
	return strings.ToLower(name)
}
