package assemble

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// socket is one address to listen on, with the port that endpoint addresses
// have for it.
type socket struct {
	address string
	scheme  string
	port    int // of endpoint addresses
	tls     *tls.Config
	pos     source.Pos
	names   []string // of the listeners behind it
}

// socket finds the socket of a listener, or adds one: the settings name sockets
// by scheme and port, and an endpoint that finds none there opens what its
// address says (docs/decisions/003).
func (b *builder) socket(g *group, l *binding.Listener) error {
	scheme, port := g.uri.Scheme(), g.uri.Port()
	found := false
	for i := range b.settings.Sockets {
		s := &b.settings.Sockets[i]
		if s.Scheme.Get() != scheme || socketPort(s) != port {
			continue
		}
		found = true
		if err := b.configured(s, port, l); err != nil {
			return err
		}
	}
	if found {
		return nil
	}
	if scheme != "http" {
		return g.first.Address.Error("", fmt.Sprintf(
			"endpoint %q listens at %s and needs a certificate; add to viaduct.yaml:\n  sockets:\n    - address: \":%d\"\n      scheme: %s\n      tls: {certificate: FILE.pem, key: FILE.pem}",
			g.first.EffectiveName(), g.uri, port, scheme))
	}
	address := net.JoinHostPort(interfaceOf(g.uri, g.binding.HostMode), strconv.Itoa(port))
	b.addSocket(socket{address: address, scheme: scheme, port: port, pos: l.Pos}, l)
	return nil
}

func (b *builder) configured(s *settings.Socket, port int, l *binding.Listener) error {
	add := socket{address: s.Address.Get(), scheme: s.Scheme.Get(), port: port, pos: s.Pos}
	if i := b.find(add.address); i >= 0 {
		b.sockets[i].names = append(b.sockets[i].names, l.Name)
		return nil
	}
	if add.scheme == "https" {
		cert, err := tls.LoadX509KeyPair(s.TLS.Certificate.Get(), s.TLS.Key.Get())
		if err != nil {
			return &settings.Error{Pos: s.TLS.Certificate.Pos, Path: "sockets[].tls.certificate", Text: err.Error()}
		}
		add.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}}
	}
	b.addSocket(add, l)
	return nil
}

func (b *builder) find(address string) int {
	return slices.IndexFunc(b.sockets, func(s *socket) bool { return s.address == address })
}

// addSocket adds a socket unless one that is there covers it: all interfaces
// cover each single one.
func (b *builder) addSocket(s socket, l *binding.Listener) {
	host, port, _ := net.SplitHostPort(s.address) // was joined by us, or checked by the settings
	all := net.JoinHostPort("", port)
	if host == "" {
		b.sockets = slices.DeleteFunc(b.sockets, func(o *socket) bool {
			covered := strings.HasSuffix(o.address, ":"+port) && o.tls == nil && s.tls == nil
			if covered {
				s.names = append(s.names, o.names...)
			}
			return covered
		})
	}
	for _, a := range []string{s.address, all} {
		if i := b.find(a); i >= 0 {
			b.sockets[i].names = append(b.sockets[i].names, l.Name)
			return
		}
	}
	s.names = append(s.names, l.Name)
	b.sockets = append(b.sockets, &s)
}

func socketPort(s *settings.Socket) int {
	_, port, err := net.SplitHostPort(s.Address.Get())
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

// interfaceOf returns the interface that a listen address asks for: loopback
// for a loopback name, the address where the host is one, else all.
func interfaceOf(u uritable.URI, mode uritable.Mode) string {
	host := u.Hostname()
	a, err := netip.ParseAddr(host)
	switch {
	case strings.EqualFold(host, "localhost"):
		return "127.0.0.1"
	case err == nil && (a.IsLoopback() || mode == uritable.Exact):
		return host
	default:
		return ""
	}
}

// canonical sorts field names in the spelling of net/http, without repeats.
func canonical(names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, canonicalName(n))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// canonicalName spells a field name as net/http keeps it.
func canonicalName(s string) string {
	b := []byte(strings.ToLower(s))
	upper := true
	for i, c := range b {
		if upper && 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
		upper = c == '-'
	}
	return string(b)
}
