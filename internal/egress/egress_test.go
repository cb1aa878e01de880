package egress_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/egress"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

func rules(tb testing.TB, list ...string) []egress.Rule {
	tb.Helper()
	var out []egress.Rule
	for _, s := range list {
		r, err := egress.ParseRule(s)
		require.NoError(tb, err, s)
		out = append(out, r)
	}
	return out
}

func ExamplePolicy_Check() {
	allow, _ := egress.ParseRule("orders.example")
	p := &egress.Policy{Allow: []egress.Rule{allow}}
	fmt.Println(p.Check("orders.example", netip.MustParseAddrPort("10.1.2.3:80")))
	fmt.Println(p.Check("orders.example", netip.MustParseAddrPort("[::ffff:169.254.169.254]:80")))
	// Output:
	// <nil>
	// orders.example leads to 169.254.169.254:80, which is closed (metadata service) unless egress.allow opens it
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		want    egress.Class
	}{
		{"192.0.2.1", egress.Public},
		{"2001:db8::1", egress.Public},
		{"10.0.0.1", egress.Private},
		{"172.31.255.255", egress.Private},
		{"172.32.0.0", egress.Public},
		{"192.168.1.1", egress.Private},
		{"100.64.0.1", egress.Private},
		{"fd12:3456::1", egress.Private},
		{"127.0.0.1", egress.Loopback},
		{"127.255.255.254", egress.Loopback},
		{"::1", egress.Loopback},
		{"::ffff:127.0.0.1", egress.Loopback},
		{"::127.0.0.1", egress.Loopback},
		{"64:ff9b::127.0.0.1", egress.Loopback},
		{"2002:7f00:1::", egress.Loopback},
		{"169.254.1.1", egress.LinkLocal},
		{"fe80::1", egress.LinkLocal},
		{"fe80::1%eth0", egress.LinkLocal},
		{"64:ff9b::169.254.1.1", egress.LinkLocal},
		{"169.254.169.254", egress.Metadata},
		{"::ffff:169.254.169.254", egress.Metadata},
		{"64:ff9b::a9fe:a9fe", egress.Metadata},
		{"fd00:ec2::254", egress.Metadata},
		{"100.100.100.200", egress.Metadata},
		{"168.63.129.16", egress.Metadata},
		{"224.0.0.1", egress.Multicast},
		{"239.255.255.250", egress.Multicast},
		{"ff02::1", egress.Multicast},
		{"0.0.0.0", egress.Unspecified},
		{"0.1.2.3", egress.Unspecified},
		{"::", egress.Unspecified},
		{"::ffff:0.0.0.0", egress.Unspecified},
		{"64:ff9b::10.0.0.1", egress.Private},
		{"255.255.255.255", egress.Reserved},
		{"240.0.0.1", egress.Reserved},
		{"fec0::1", egress.Reserved},
		{"64:ff9b:1::1", egress.Reserved},
	} {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, egress.Classify(netip.MustParseAddr(c.address)))
		})
	}
	assert.Equal(t, egress.Unspecified, egress.Classify(netip.Addr{}))
}

func TestPolicy_Check(t *testing.T) {
	t.Parallel()
	own := egress.Sockets([]netip.AddrPort{netip.MustParseAddrPort("[::]:8000"), netip.MustParseAddrPort("10.0.0.7:9090")},
		func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.7") })
	for _, c := range []struct {
		name, host, to string
		allow          []string
		allowSelf      bool
		want           string // class of the denial, "" = allowed
	}{
		{name: "public", host: "h.example", to: "192.0.2.1:80"},
		{name: "private", host: "h.example", to: "10.1.2.3:80"},
		{name: "loopback", host: "h.example", to: "127.0.0.1:80", want: "loopback"},
		{name: "loopback listed", host: "127.0.0.1", to: "127.0.0.1:80", allow: []string{"127.0.0.0/8"}},
		{name: "loopback listed with port", host: "127.0.0.1", to: "127.0.0.1:80", allow: []string{"127.0.0.1:80"}},
		{name: "other port", host: "127.0.0.1", to: "127.0.0.1:81", allow: []string{"127.0.0.1:80"}, want: "loopback"},
		{name: "mapped, listed as IPv4", host: "x", to: "[::ffff:127.0.0.1]:80", allow: []string{"127.0.0.1"}},
		{name: "listed mapped", host: "x", to: "127.0.0.1:80", allow: []string{"[::ffff:127.0.0.1]:80"}},
		{name: "localhost listed", host: "LOCALHOST.", to: "[::1]:80", allow: []string{"localhost"}},
		{name: "name listed does not open loopback", host: "h.example", to: "127.0.0.1:80", allow: []string{"h.example"}, want: "loopback"},
		{name: "name listed does not open metadata", host: "h.example", to: "169.254.169.254:80", allow: []string{"h.example:80"}, want: "metadata service"},
		{name: "network opens metadata", host: "h.example", to: "169.254.169.254:80", allow: []string{"169.254.169.254"}},
		{name: "link-local", host: "x", to: "[fe80::1%eth0]:80", want: "link-local"},
		{name: "multicast", host: "x", to: "224.0.0.1:80", want: "multicast"},
		{name: "unspecified", host: "x", to: "0.0.0.0:80", want: "unspecified"},
		{name: "reserved", host: "x", to: "255.255.255.255:80", want: "reserved"},
		{name: "own socket on every interface", host: "x", to: "192.0.2.7:8000", want: "own socket"},
		{name: "own port elsewhere", host: "x", to: "192.0.2.8:8000"},
		{name: "own socket on one", host: "x", to: "10.0.0.7:9090", want: "own socket"},
		{name: "own socket, listed", host: "x", to: "127.0.0.1:8000", allow: []string{"127.0.0.1"}, want: "own socket"},
		{name: "own socket, allowed", host: "x", to: "10.0.0.7:9090", allowSelf: true},
		{name: "own socket through the unspecified address", host: "x", to: "0.0.0.0:9090", allow: []string{"0.0.0.0/0"}, want: "own socket"},
		{name: "allowSelf opens no range", host: "x", to: "127.0.0.1:8000", allowSelf: true, want: "loopback"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			p := &egress.Policy{Allow: rules(t, c.allow...), AllowSelf: c.allowSelf, Self: own}
			p.Observe = func(class egress.Class, allowed bool) {
				seen++
				assert.Equal(t, c.want == "", allowed)
				if !allowed {
					assert.Equal(t, c.want, class.String())
				}
			}
			err := p.Check(c.host, netip.MustParseAddrPort(c.to))
			assert.Equal(t, 1, seen)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			denied, ok := errors.AsType[*egress.DeniedError](err)
			require.True(t, ok)
			assert.Equal(t, c.want, denied.Class.String())
			assert.Equal(t, refusal.DialDenied, refusal.Of(err))
		})
	}
}

// TestPolicy_DialContext: the address that is dialled is judged, whatever the
// name was.
func TestPolicy_DialContext(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	address := l.Addr().String()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)

	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1"} {
		_, err = (&egress.Policy{}).DialContext(t.Context(), &net.Dialer{}, "tcp", net.JoinHostPort(host, port))
		require.Error(t, err)
		denied, ok := errors.AsType[*egress.DeniedError](err)
		require.True(t, ok, "%s: %v", host, err)
		assert.Equal(t, host, denied.Host)
		assert.Equal(t, refusal.DialDenied, refusal.Of(err))
	}

	var controls atomic.Int32
	d := &net.Dialer{Control: func(string, string, syscall.RawConn) error { controls.Add(1); return nil }}
	p := &egress.Policy{Allow: rules(t, "127.0.0.1")}
	c, err := p.DialContext(t.Context(), d, "tcp", address)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	d = &net.Dialer{ControlContext: func(context.Context, string, string, syscall.RawConn) error { controls.Add(1); return nil }}
	c, err = p.DialContext(t.Context(), d, "tcp", address)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	assert.EqualValues(t, 2, controls.Load())

	_, err = p.DialContext(t.Context(), d, "udp", address)
	require.ErrorContains(t, err, "is not TCP")
	_, err = p.DialContext(t.Context(), d, "tcp", "no-port")
	require.Error(t, err)
}

func TestParseRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.3", "10.1.2.3"},
		{"10.1.2.3:80", "10.1.2.3:80"},
		{"::1", "::1"},
		{"[::1]:80", "[::1]:80"},
		{"[fd00::1]", "fd00::1"},
		{"fd00::/8", "fd00::/8"},
		{"Orders.Example.", "orders.example"},
		{"orders.example:8443", "orders.example:8443"},
		{"my_host", "my_host"},
		{"", ""},
		{"10.0.0.0/40", ""},
		{"::ffff:10.0.0.0/104", ""},
		{"fe80::1%eth0", ""},
		{"orders.example:0", ""},
		{"orders.example:+1", ""},
		{"orders.example:99999", ""},
		{"*.example", ""},
		{"10.1.2", ""},
		{"0x7f000001", ""},
		{"http://orders.example", ""},
		{"orders..example", ""},
		{"orders example", ""},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			r, err := egress.ParseRule(c.in)
			if c.want == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, r.String())
		})
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	var list []egress.Prefix
	for _, s := range []string{"https://callback.example/replies/", "https://callback.example/replies", "http://10.0.0.1:8080", "https://h.example:8443/A/B"} {
		p, err := egress.ParsePrefix(s)
		require.NoError(t, err, s)
		list = append(list, p)
	}
	targets := egress.NewTargets(list...)
	for _, c := range []struct {
		address string
		want    bool
	}{
		{"https://callback.example/replies", true},
		{"https://callback.example/replies/", true},
		{"https://CALLBACK.example:443/replies/a?b=c", true},
		{"https://callback.example/repliesX", false},
		{"https://callback.example/Replies/a", false},
		{"https://callback.example/", false},
		{"https://callback.example/replies/../admin", false},
		{"https://callback.example/x/../replies/a", true},
		{"http://callback.example/replies/", false},
		{"https://callback.example:444/replies/", false},
		{"https://callback.example.evil.example/replies/", false},
		{"https://callback.example@evil.example/replies/", false},
		{"https://user@callback.example/replies/", false},
		{"http://10.0.0.1:8080/any/path", true},
		{"http://10.0.0.1/any/path", false},
		{"https://h.example:8443/A/B/c", true},
		{"https://h.example:8443/A%2FB/c", false},
		{"https://h.example:8443/A", false},
		{"urn:callback.example:replies", false},
	} {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			u, err := uritable.Parse(c.address)
			require.NoError(t, err)
			assert.Equal(t, c.want, targets.Match(u))
		})
	}
	assert.False(t, (*egress.Targets)(nil).Match(uritable.URI{}))
	u, err := uritable.Parse("http://h/")
	require.NoError(t, err)
	assert.False(t, egress.NewTargets().Match(u))
}

func TestParsePrefix_errors(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "/replies", "callback.example", "ftp://h/", "urn:a", "http://u:canary@h/", "http://h/?a", "http://h/#a", "http://h:99999/"} {
		_, err := egress.ParsePrefix(in)
		require.Error(t, err, in)
		assert.NotContains(t, err.Error(), "canary")
	}
}

// FuzzParseRule: what is read is written so that it reads the same, and no rule
// opens anything special unless it names a network or address there.
func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "[::1]:80", "orders.example:8443", "localhost", "::ffff:1.2.3.4", "1.2.3.4.5", "a:b:c"} {
		f.Add(s)
	}
	metadata := netip.MustParseAddrPort("169.254.169.254:80")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := egress.ParseRule(s)
		if err != nil {
			return
		}
		again, err := egress.ParseRule(r.String())
		if err != nil || again != r {
			t.Fatalf("%q is written %q and read as %v, %v", s, r, again, err)
		}
		_, notName := netip.ParseAddr(s)
		if p := (&egress.Policy{Allow: []egress.Rule{r}}); notName != nil && p.Check(s, metadata) == nil {
			if _, err := netip.ParsePrefix(r.String()); err != nil {
				if _, err := netip.ParseAddrPort(r.String()); err != nil {
					if _, err := netip.ParseAddr(r.String()); err != nil {
						t.Fatalf("%q opens %s", s, metadata)
					}
				}
			}
		}
	})
}

func BenchmarkPolicy_Check(b *testing.B) {
	p := &egress.Policy{Allow: rules(b, "10.0.0.0/8", "orders.example", "127.0.0.1:80")}
	to := netip.MustParseAddrPort("192.0.2.1:443")
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Check("orders.example", to); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTargets_Match(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("prefixes=%d", n), func(b *testing.B) {
			var list []egress.Prefix
			for i := range n {
				p, err := egress.ParsePrefix(fmt.Sprintf("https://h%d.example/replies/", i))
				require.NoError(b, err)
				list = append(list, p)
			}
			targets := egress.NewTargets(list...)
			u, err := uritable.Parse("https://h0.example/replies/a/b/c")
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if !targets.Match(u) {
					b.Fatal("no match")
				}
			}
		})
	}
}
