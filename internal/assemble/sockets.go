package assemble

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/certs"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// socket is one address to listen on, with the port that endpoint addresses
// have for it.
type socket struct {
	address   string
	scheme    string
	port      int // of endpoint addresses
	tls       *tls.Config
	policy    string // tells the content of tls from others
	pos       source.Pos
	listeners []*binding.Listener // behind it, in the order of the file
}

// socket finds the socket of a listener, or adds one: the settings name sockets
// by scheme and port, and an endpoint that finds none there opens what its
// address says (docs/decisions/003).
func (b *builder) socket(g *group, at uritable.URI, l *binding.Listener) error {
	scheme, port := at.Scheme(), at.Port()
	found := false
	for i := range b.settings.Sockets {
		s := &b.settings.Sockets[i]
		if s.Scheme.Get() != scheme || socketPort(s) != port {
			continue
		}
		found = true
		if err := b.configured(g, s, port, l); err != nil {
			return err
		}
	}
	if found {
		return nil
	}
	if scheme != "http" {
		err := g.first.Address.Error(CodeNoCertificate, fmt.Sprintf("endpoint %q listens at %s and needs a certificate", g.first.EffectiveName(), at))
		more := ""
		if g.demand != "" {
			more = ", clientAuthorities: FILE.pem"
		}
		err.Remedy = fmt.Sprintf("sockets:\n  - address: \":%d\"\n    scheme: %s\n    tls: {certificate: FILE.pem, key: FILE.pem%s}\n", port, scheme, more)
		return subjectError{err, strconv.Itoa(port)}
	}
	address := net.JoinHostPort(interfaceOf(at), strconv.Itoa(port))
	return b.addSocket(socket{address: address, scheme: scheme, port: port, pos: l.Pos}, l)
}

func (b *builder) configured(g *group, s *settings.Socket, port int, l *binding.Listener) error {
	if g.demand != "" {
		if err := b.certified(g, s); err != nil {
			return err
		}
	}
	add := socket{address: s.Address.Get(), scheme: s.Scheme.Get(), port: port, pos: s.Pos}
	if add.scheme == "https" && b.find(add.address) < 0 {
		if err := b.protect(&add, s.TLS); err != nil {
			return err
		}
	}
	return b.addSocket(add, l)
}

// protect gives a socket its certificate and TLS profile.
func (b *builder) protect(add *socket, s *settings.SocketTLS) error {
	wrong := func(at source.Pos, setting string, err error) error {
		return &settings.Error{Pos: at, Path: "sockets[].tls." + setting, Text: err.Error()}
	}
	cert, err := certs.Load(s.Certificate.Get(), s.Key.Get())
	if err != nil {
		return wrong(s.Certificate.Pos, "certificate", err)
	}
	var clients *x509.CertPool
	if file := s.ClientAuthorities.Get(); file != "" {
		if clients, err = certs.LoadPool(file); err != nil {
			return wrong(s.ClientAuthorities.Pos, "clientAuthorities", err)
		}
	}
	profile := certs.Profile(s.Profile.Get())
	if add.tls, err = profile.Server(cert, clients); err != nil {
		return wrong(s.Certificate.Pos, "certificate", err)
	}
	for _, w := range cert.Warnings(time.Now()) {
		b.notice(s.Certificate.Pos, "certificate of socket "+add.address+": "+w)
	}
	if profile == certs.Legacy {
		b.relax(s.Profile.Pos, "sockets[].tls.profile", "socket "+add.address+" accepts "+strings.Join(certs.Reopened(), ", ")+"; no profile serves "+strings.Join(certs.Unreachable(), "; "))
	}
	add.policy = strings.Join([]string{
		b.digest(s.Certificate.Get()), b.digest(s.Key.Get()), b.digest(s.ClientAuthorities.Get()), string(profile),
	}, "\x00")
	return nil
}

func (b *builder) find(address string) int {
	return slices.IndexFunc(b.sockets, func(s *socket) bool { return s.address == address })
}

// addSocket adds a socket unless one that is there covers it: all interfaces
// cover each single one. One port speaks one scheme.
func (b *builder) addSocket(s socket, l *binding.Listener) error {
	host, port, _ := net.SplitHostPort(s.address) // was joined by us, or checked by the settings
	if host == "" {
		covered := func(o *socket) bool {
			_, p, _ := net.SplitHostPort(o.address)
			return p == port && o.scheme == s.scheme && o.address != s.address
		}
		for _, o := range b.sockets {
			if covered(o) {
				s.listeners = append(s.listeners, o.listeners...)
				s.tls, s.policy = cmp.Or(s.tls, o.tls), cmp.Or(s.policy, o.policy)
			}
		}
		b.sockets = slices.DeleteFunc(b.sockets, covered)
	}
	for _, a := range []string{s.address, net.JoinHostPort("", port)} {
		i := b.find(a)
		if i < 0 {
			continue
		}
		there := b.sockets[i]
		if there.scheme != s.scheme {
			return fmt.Errorf("%s: endpoint %q needs %s at %s, where %s (%s) speaks %s; give one of them another port, or name both sockets in viaduct.yaml",
				l.Pos, l.Name, s.scheme, s.address, there.address, there.pos, there.scheme)
		}
		there.listeners = append(append(there.listeners, s.listeners...), l)
		return nil
	}
	s.listeners = append(s.listeners, l)
	b.sockets = append(b.sockets, &s)
	return nil
}

// headTime is how long a client may take for a request head: the shortest that a
// binding of the socket says, 0 for the front's own limit.
func (s *socket) headTime() time.Duration {
	shortest := time.Duration(0)
	for _, l := range s.listeners {
		if t := l.Binding.RequestHead; t > 0 && (shortest == 0 || t < shortest) {
			shortest = t
		}
	}
	return shortest
}

// idleTime is how long a connection may stay without a request: the longest
// receiveTimeout behind the socket, 0 for the front's own limit where that is
// shorter (threats 3.1).
func (s *socket) idleTime() time.Duration {
	longest := time.Duration(0)
	for _, l := range s.listeners {
		t := l.Binding.Timeouts.Receive
		if t <= 0 || t >= idleTime {
			return 0
		}
		longest = max(longest, t)
	}
	return longest
}

// idleTime is the idle time of connections that no receiveTimeout makes shorter.
const idleTime = 120 * time.Second

// listenerPass names the fields that handlers of a listener see.
func (b *builder) listenerPass(g *group) []string {
	names := g.pass
	if len(b.settings.TrustedProxies) > 0 {
		names = append(names, "X-Forwarded-For", "X-Forwarded-Proto")
	}
	return canonical(names)
}

// union appends to names what of more is not there yet. The lists are short.
func union[T comparable](names, more []T) []T {
	for _, n := range more {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
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
// for a loopback name, the address where the host is one, else all
// (docs/decisions/003).
func interfaceOf(u uritable.URI) string {
	host := u.Hostname()
	a, err := netip.ParseAddr(host)
	switch {
	case strings.EqualFold(host, "localhost"):
		return "127.0.0.1"
	case err == nil && !a.IsUnspecified():
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
