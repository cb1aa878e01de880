package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Policy decides about IP addresses. The zero Policy opens public and private
// addresses only. Set its fields before it is shared.
type Policy struct {
	Allow     []Rule                       // egress.allow
	AllowSelf bool                         // egress.allowSelf
	Self      func(to netip.AddrPort) bool // reports own sockets; nil = there are none
	Observe   func(c Class, allowed bool)  // sees each decision, for metrics; may be nil; concurrent
}

// DeniedError says that an address is closed. It is a refusal dial.denied.
type DeniedError struct {
	Host    string // as it was asked for
	Address netip.AddrPort
	Class   Class
}

// Error names the address, why it is closed, and the remedy.
func (e *DeniedError) Error() string {
	setting := "egress.allow"
	if e.Class == Self {
		setting = "egress.allowSelf"
	}
	return fmt.Sprintf("%s leads to %s, which is closed (%s) unless %s opens it", e.Host, e.Address, e.Class, setting)
}

// Unwrap returns the refusal that counters and logs see.
func (e *DeniedError) Unwrap() error { return refusal.New(refusal.DialDenied, -1, "") }

// Check decides about an address that was reached under a host, which is a name
// or the address itself. The error is a *DeniedError.
func (p *Policy) Check(host string, to netip.AddrPort) error {
	to = netip.AddrPortFrom(to.Addr().Unmap().WithZone(""), to.Port())
	class := Classify(to.Addr())
	allowed := class == Public || class == Private
	key := hostKey(host)
	for i := 0; i < len(p.Allow) && !allowed; i++ {
		allowed = p.Allow[i].opens(key, to, class)
	}
	if p.Self != nil && !p.AllowSelf && p.Self(to) {
		class, allowed = Self, false
	}
	if p.Observe != nil {
		p.Observe(class, allowed)
	}
	if !allowed {
		return &DeniedError{Host: host, Address: to, Class: class}
	}
	return nil
}

// DialContext connects to host:port over TCP by way of d. The policy sees each
// address after the name was resolved and before the socket connects, so that it
// judges the address that is used. d.Control and d.ControlContext run after it
// has agreed. The error's chain holds a *DeniedError where the policy refused.
func (p *Policy) DialContext(ctx context.Context, d *net.Dialer, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", address, err)
	}
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, fmt.Errorf("dial %s: network %q is not TCP", address, network)
	}
	guarded := *d
	guarded.Control = nil
	guarded.ControlContext = func(ctx context.Context, network, to string, c syscall.RawConn) error {
		at, err := netip.ParseAddrPort(to)
		if err != nil {
			return errors.New("egress: an address that cannot be judged")
		}
		if err := p.Check(host, at); err != nil {
			return err
		}
		switch {
		case d.ControlContext != nil:
			return d.ControlContext(ctx, network, to, c)
		case d.Control != nil:
			return d.Control(network, to, c)
		}
		return nil
	}
	return guarded.DialContext(ctx, network, address)
}

// Sockets returns a Self for listen addresses, as net.Listener gives them. One
// on every interface is met at each address of this machine, which local
// reports; nil means loopback addresses only.
func Sockets(listening []netip.AddrPort, local func(netip.Addr) bool) func(netip.AddrPort) bool {
	exact := map[netip.AddrPort]bool{}
	everywhere := map[uint16]bool{}
	for _, l := range listening {
		a := l.Addr().Unmap()
		if a.IsUnspecified() {
			everywhere[l.Port()] = true
			continue
		}
		exact[netip.AddrPortFrom(a, l.Port())] = true
	}
	return func(to netip.AddrPort) bool {
		a := to.Addr().Unmap()
		if exact[netip.AddrPortFrom(a, to.Port())] {
			return true
		}
		// Connecting to the unspecified address reaches this machine too.
		if a.IsUnspecified() {
			for own := range exact {
				if own.Port() == to.Port() {
					return true
				}
			}
		}
		return everywhere[to.Port()] && (a.IsLoopback() || a.IsUnspecified() || local != nil && local(a))
	}
}
