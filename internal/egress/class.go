package egress

import "net/netip"

// Class is the kind of an IP address.
type Class uint8

// Classes. Public and Private are open, the others are closed (T-SFP-04).
const (
	Public      Class = iota
	Private           // RFC 1918, RFC 4193, RFC 6598: where back ends are
	Loopback          // 127.0.0.0/8, ::1
	LinkLocal         // 169.254.0.0/16, fe80::/10
	Multicast         // 224.0.0.0/4, ff00::/8
	Unspecified       // 0.0.0.0/8, ::
	Metadata          // services of cloud providers outside of the link-local range
	Reserved          // 240.0.0.0/4 with broadcast, deprecated site-local, local NAT64
	Self              // a socket of this process
)

var classNames = [...]string{
	"public", "private", "loopback", "link-local", "multicast", "unspecified", "metadata service", "reserved", "own socket",
}

// String gives the name that messages and metrics show.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Ranges that net/netip has no word for.
var (
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")     // RFC 1122, 3.2.1.3
	shared      = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	reserved    = prefixes("240.0.0.0/4", "192.0.0.0/24", "fec0::/10", "64:ff9b:1::/48", "100::/64")
	metadata    = prefixes("169.254.169.254/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128")
	embedded    = []struct {
		prefix netip.Prefix
		at     int // octet where the IPv4 address begins
	}{
		{netip.MustParsePrefix("64:ff9b::/96"), 12}, // RFC 6052
		{netip.MustParsePrefix("2002::/16"), 2},     // RFC 3056
		{netip.MustParsePrefix("::/96"), 12},        // RFC 4291, 2.5.5.1
	}
)

// Classify says what an address is. An IPv4 address inside an IPv6 one counts
// as what it is: mapped, compatible, 6to4 and NAT64 forms lead to the same host.
func Classify(a netip.Addr) Class {
	a = a.Unmap().WithZone("")
	switch {
	case !a.IsValid() || a.IsUnspecified() || thisNetwork.Contains(a):
		return Unspecified
	case a.IsLoopback():
		return Loopback
	case in(metadata, a):
		return Metadata
	case a.IsLinkLocalUnicast():
		return LinkLocal
	case a.IsMulticast():
		return Multicast
	case in(reserved, a):
		return Reserved
	case a.IsPrivate() || shared.Contains(a):
		return Private
	}
	for _, e := range embedded {
		if e.prefix.Contains(a) {
			b := a.As16()
			return Classify(netip.AddrFrom4([4]byte(b[e.at : e.at+4])))
		}
	}
	return Public
}

func in(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
