package iis

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Error is a rule of hosting that was broken.
type Error struct {
	Code string // identifier of the WCF message, e.g. Hosting_MisformattedBinding
	Text string // what is wrong and what to do
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

func fail(code, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Binding is one address of a site (spec wcf-config 9).
type Binding struct {
	Scheme string        // http, https, net.tcp, net.pipe, net.msmq or msmq.formatname
	Host   string        // lower case; the name of the machine where the binding names none
	Port   int           // -1 where the scheme has none
	Mode   uritable.Mode // how Host is meant: a binding without one takes any host
	Pos    source.Pos    // of the binding; zero when it is not from a file
}

// kinds are the protocols with the number of parts of their binding information
// and the default port.
var kinds = map[string]struct{ parts, port int }{
	"http": {3, 80}, "https": {3, 443}, "net.tcp": {2, 808},
	"net.pipe": {1, -1}, "net.msmq": {1, -1}, "msmq.formatname": {1, -1},
}

// ParseBinding reads the binding information of a protocol, such as "*:80:shop"
// of http (dispatch 9.3). Its address of a network card is not used, as in WCF.
// machine is the name that stands where there is no host. The error is *Error:
// Hosting_MisformattedBinding, Hosting_MisformattedPort or
// Hosting_NotSupportedProtocol.
func ParseBinding(protocol, information, machine string) (Binding, error) {
	scheme := strings.ToLower(strings.TrimSpace(protocol))
	kind, known := kinds[scheme]
	if !known {
		return Binding{}, fail("Hosting_NotSupportedProtocol",
			"protocol %q cannot host a service; use http, https, net.tcp, net.pipe, net.msmq or msmq.formatname", protocol)
	}
	parts := split(strings.TrimSpace(information))
	if len(parts) != kind.parts {
		return Binding{}, fail("Hosting_MisformattedBinding", "binding %q of %s has %d parts and needs %s",
			information, scheme, len(parts), [...]string{"", "host", "port:host", "ip:port:host"}[kind.parts])
	}
	b := Binding{Scheme: scheme, Port: kind.port}
	if kind.parts > 1 {
		text := parts[len(parts)-2]
		n, err := strconv.ParseUint(cmp.Or(text, strconv.Itoa(kind.port)), 10, 16)
		if err != nil {
			return Binding{}, fail("Hosting_MisformattedPort", "binding %q of %s: %q is no port; use a number up to 65535", information, scheme, text)
		}
		b.Port = int(n)
	}
	switch host := parts[len(parts)-1]; host {
	case "", "*":
		b.Host, b.Mode = machine, uritable.WeakWildcard
	case "+":
		b.Host, b.Mode = machine, uritable.StrongWildcard
	default:
		b.Host, b.Mode = host, uritable.Exact
	}
	b.Host = strings.ToLower(b.Host)
	return b, nil
}

// split cuts binding information at colons outside of brackets.
func split(s string) []string {
	var out []string
	start, depth := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ':' && depth <= 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// ParseText reads a binding as the settings write it: protocol, blank, binding
// information ("http *:80:").
func ParseText(text, machine string) (Binding, error) {
	protocol, information, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok {
		return Binding{}, fail("Hosting_MisformattedBinding", `binding %q has no blank; write protocol and binding information, such as "http *:80:"`, text)
	}
	return ParseBinding(protocol, information, machine)
}

// String gives protocol and binding information, which ParseText reads.
func (b Binding) String() string {
	host := b.Host
	switch b.Mode {
	case uritable.WeakWildcard:
		host = ""
	case uritable.StrongWildcard:
		host = "+"
	case uritable.Exact:
	}
	switch {
	case b.Scheme == "http", b.Scheme == "https":
		return fmt.Sprintf("%s *:%d:%s", b.Scheme, b.Port, host)
	case b.Port >= 0:
		return fmt.Sprintf("%s %d:%s", b.Scheme, b.Port, cmp.Or(host, "*"))
	}
	return b.Scheme + " " + cmp.Or(host, "*")
}

// Address is the URI of a path of this binding; a default port is left out.
func (b Binding) Address(path string) (uritable.URI, error) {
	host := b.Host
	if b.Port >= 0 && b.Port != kinds[b.Scheme].port {
		host = net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(b.Port))
	}
	u, err := uritable.Parse(b.Scheme + "://" + host + "/" + strings.TrimPrefix(path, "/"))
	if err != nil {
		return uritable.URI{}, fail("Hosting_MisformattedBinding", "binding %s: %v", b, err)
	}
	return u, nil
}

// same reports whether two bindings differ in nothing that WCF looks at.
func (b Binding) same(c Binding) bool {
	return b.Scheme == c.Scheme && b.Host == c.Host && b.Port == c.Port && b.Mode == c.Mode
}

// Collapse drops the bindings that differ from an earlier one in their network
// card only (dispatch 9.3).
func Collapse(bindings []Binding) []Binding {
	var out []Binding
	for _, b := range bindings {
		if !slices.ContainsFunc(out, b.same) {
			out = append(out, b)
		}
	}
	return out
}

// Choose finds the site binding of a request, or of a listen URI (dispatch 9.2):
// scheme and port must be equal; then a strong wildcard, the exact host and a weak
// wildcard are asked for, in this order.
func Choose(bindings []Binding, u uritable.URI) (Binding, bool) {
	for _, mode := range []uritable.Mode{uritable.StrongWildcard, uritable.Exact, uritable.WeakWildcard} {
		for _, b := range bindings {
			if b.Mode == mode && b.Scheme == u.Scheme() && b.Port == u.Port() && (mode != uritable.Exact || b.Host == u.Host()) {
				return b, true
			}
		}
	}
	return Binding{}, false
}

// IsBaseOf reports whether u lies below a base address: scheme, port, host only
// in mode Exact, and the path by whole unescaped segments without case
// (dispatch 9.2).
func IsBaseOf(base uritable.URI, mode uritable.Mode, u uritable.URI) bool {
	if base.Scheme() != u.Scheme() || base.Port() != u.Port() || mode == uritable.Exact && base.Host() != u.Host() {
		return false
	}
	return Below(string(base.AppendUnescapedPath(nil)), string(u.AppendUnescapedPath(nil)))
}
