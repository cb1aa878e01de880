package egress

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Rule is one entry of egress.allow. The zero Rule opens nothing.
type Rule struct {
	network netip.Prefix
	host    string // lower case, without a trailing dot; "" where network is meant
	port    uint16 // 0 = every port
}

// errRule says what a rule looks like.
var errRule = errors.New("use a network (10.0.0.0/8), an address (10.1.2.3, [fd00::1]:8443), or a host name (orders.example, orders.example:8443)")

// ParseRule reads a network, an address or a host name, the latter two with or
// without a port.
func ParseRule(s string) (Rule, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		if err != nil || p.Addr().Is4In6() {
			return Rule{}, errRule
		}
		return Rule{network: p.Masked()}, nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return addressRule(a, 0)
	}
	r := Rule{}
	host := s
	if h, p, err := net.SplitHostPort(s); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 || p[0] == '+' {
			return Rule{}, errors.New("the port is a number from 1 to 65535")
		}
		host, r.port = h, uint16(n)
		if a, err := netip.ParseAddr(host); err == nil {
			return addressRule(a, r.port)
		}
	}
	r.host = hostKey(host)
	if !isHostName(r.host) {
		return Rule{}, errRule
	}
	return r, nil
}

func addressRule(a netip.Addr, port uint16) (Rule, error) {
	if a.Zone() != "" {
		return Rule{}, errors.New("an address with a zone (%) is refused; leave the zone out")
	}
	a = a.Unmap()
	return Rule{network: netip.PrefixFrom(a, a.BitLen()), port: port}, nil
}

// String gives the rule as it would be written.
func (r Rule) String() string {
	s := r.host
	if r.network.IsValid() {
		s = r.network.String()
		if r.network.IsSingleIP() {
			s = r.network.Addr().String()
		}
	}
	if r.port == 0 {
		return s
	}
	return net.JoinHostPort(s, strconv.Itoa(int(r.port)))
}

// opens reports whether the rule opens an address of a class that was reached
// under a host name.
func (r Rule) opens(host string, to netip.AddrPort, c Class) bool {
	switch {
	case r.port != 0 && r.port != to.Port():
		return false
	case r.network.IsValid():
		return r.network.Contains(to.Addr())
	case r.host == "" || r.host != host:
		return false
	case c == Loopback:
		// Whoever answers for another name must not lead to this machine.
		return host == "localhost" || strings.HasSuffix(host, ".localhost")
	default:
		return c == Public || c == Private
	}
}

func hostKey(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

// isHostName accepts letters, digits, hyphens and underscores between dots. A
// name whose last label is a number would be read as an address by some.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return false
		}
		for _, c := range []byte(l) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	_, err := strconv.ParseUint(labels[len(labels)-1], 0, 64)
	return err != nil
}
