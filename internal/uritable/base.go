package uritable

import (
	"errors"
	"fmt"
	"strings"
)

// IsRelative reports whether an address of a configuration file has no scheme,
// and so needs a base address. The empty address is relative.
func IsRelative(address string) bool {
	for i := range len(address) {
		switch c := address[i]; {
		case c == ':':
			return i == 0
		case lower(c) >= 'a' && lower(c) <= 'z', i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return true
		}
	}
	return true
}

// Resolve combines a base address with an address as WCF does (dispatch 9.1):
// every leading slash and backslash of a relative address is dropped, so that
// "/b" stays under the base. An absolute address is used as it is.
func Resolve(base URI, address string) (URI, error) {
	address = strings.Trim(address, " \t\r\n")
	if !IsRelative(address) {
		return Parse(address)
	}
	address = strings.TrimLeft(address, `/\`)
	if address == "" {
		return base, nil
	}
	if base.IsZero() || !base.authority {
		return URI{}, errors.New("a relative address needs a base address with a host")
	}
	root := base.text[:base.pathEnd]
	if !strings.HasSuffix(root, "/") {
		root += "/"
	}
	return Parse(root + address)
}

// Bases are the base addresses of one service, at most one for each scheme.
type Bases []URI

// NewBases checks base addresses (dispatch 9.1): absolute, with a host, without
// user information, query and fragment, and each scheme once.
func NewBases(addresses ...string) (Bases, error) {
	bases := make(Bases, 0, len(addresses))
	for _, a := range addresses {
		u, err := Parse(a)
		if err != nil {
			return nil, fmt.Errorf("base address: %w", err)
		}
		switch {
		case !u.authority || u.Host() == "":
			return nil, fmt.Errorf("base address %s has no host", u)
		case u.UserInfo() != "", u.queryEnd > u.pathEnd, u.Fragment() != "":
			return nil, fmt.Errorf("base address %s has user information, query or fragment; remove it", u)
		}
		if first, ok := bases.ForScheme(u.Scheme()); ok {
			return nil, fmt.Errorf("base address %s: the service has one for scheme %s already, %s; keep one, or set "+
				"multipleSiteBindingsEnabled or baseAddressPrefixFilters", u, u.Scheme(), first)
		}
		bases = append(bases, u)
	}
	return bases, nil
}

// ForScheme returns the base address of a scheme.
func (b Bases) ForScheme(scheme string) (URI, bool) {
	for _, u := range b {
		if u.Scheme() == scheme {
			return u, true
		}
	}
	return URI{}, false
}

// Resolve combines an address with the base address of the binding's scheme.
func (b Bases) Resolve(scheme, address string) (URI, error) {
	base, ok := b.ForScheme(scheme)
	if !ok && IsRelative(strings.Trim(address, " \t\r\n")) {
		schemes := make([]string, len(b))
		for i, u := range b {
			schemes[i] = u.Scheme()
		}
		return URI{}, fmt.Errorf("address %q is relative and there is no base address for scheme %s, only for [%s]; "+
			"add one or write the address whole", address, scheme, strings.Join(schemes, " "))
	}
	return Resolve(base, address)
}

// ReplaceWildcardHost puts the machine's name in the place of a host written as
// '*' right after "://", as WCF does for self-hosted base addresses (BAS-09).
func ReplaceWildcardHost(address, machine string) string {
	const mark = "://*"
	i := strings.Index(address, mark)
	if i < 0 {
		return address
	}
	end := i + len(mark)
	if end < len(address) && address[end] != ':' && address[end] != '/' {
		return address
	}
	return address[:end-1] + machine + address[end:]
}
