package assemble

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/egress"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// callbacks is what a process knows of addresses that messages name: its own
// sockets, which none of them may lead to, and what came of answers.
type callbacks struct {
	own                       atomic.Pointer[map[string]netip.AddrPort] // by the address that was to be opened
	delivered, failed, denied atomic.Uint64
}

// bound notes the sockets of a configuration: added were opened for it, and the
// admin address comes behind them the first time. p.mu is held, or Run begins.
func (p *Program) bound(g *generation, added []front, listeners []net.Listener) {
	own := map[string]netip.AddrPort{}
	if was := p.callbacks.own.Load(); was != nil {
		for _, f := range g.fronts {
			if a, kept := (*was)[f.socket.address]; kept {
				own[f.socket.address] = a
			}
		}
		if a, kept := (*was)[p.adminAddr]; kept {
			own[p.adminAddr] = a
		}
	}
	for i, l := range listeners {
		name := p.adminAddr
		if i < len(added) {
			name = added[i].socket.address
		}
		if a, err := netip.ParseAddrPort(l.Addr().String()); err == nil {
			own[name] = a
		}
	}
	p.callbacks.own.Store(&own)
}

// self reports whether an address leads to a socket of this process.
func (c *callbacks) self(to netip.AddrPort) bool {
	own := c.own.Load()
	return own != nil && egress.Sockets(slices.Collect(maps.Values(*own)), local)(to)
}

// local reports whether an address is one of this machine. Where the machine does
// not tell, every address is.
func local(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, x := range all {
		if p, err := netip.ParsePrefix(x.String()); err == nil && p.Addr().Unmap() == a.Unmap() {
			return true
		}
	}
	return false
}

// policy decides where addresses that come out of messages may lead.
func (b *builder) policy() *egress.Policy {
	p := &egress.Policy{AllowSelf: b.settings.Egress.AllowSelf.Get(), Self: b.callbacks.self}
	for _, r := range b.settings.Egress.Allow {
		p.Allow = append(p.Allow, r.Get())
	}
	return p
}

// guard tells policies apart: connections are shared by those who may open them.
func (b *builder) guard() string {
	rules := make([]string, 0, len(b.settings.Egress.Allow)+1)
	rules = append(rules, "guarded "+strconv.FormatBool(b.settings.Egress.AllowSelf.Get()))
	for _, r := range b.settings.Egress.Allow {
		rules = append(rules, r.Get().String())
	}
	return strings.Join(rules, " ")
}

// outside sends messages to addresses that messages name: those that a list of
// the settings covers, through the egress policy.
type outside struct {
	targets *egress.Targets
	pools   map[string]*http1.Pool // by scheme and authority
	options httpchan.ChannelOptions
}

// outside returns nil for an empty list. bind says how messages are written.
func (b *builder) outside(list []settings.Value[egress.Prefix], bind *binding.Binding) (*outside, error) {
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // documented
	}
	o := &outside{pools: map[string]*http1.Pool{}, options: httpchan.ChannelOptions{
		Encoder: textxml.New(bind.Version, bind.Charset), Limits: bind.Limits, Budget: b.budget,
	}}
	var prefixes []egress.Prefix
	for _, p := range list {
		prefixes = append(prefixes, p.Get())
		u, err := uritable.Parse(p.Get().String())
		if err != nil {
			return nil, &settings.Error{Pos: p.Pos, Path: "wsa", Text: err.Error()}
		}
		if o.pools[spotOf(u)], err = b.guardedPool(u, bind); err != nil {
			return nil, err
		}
	}
	o.targets = egress.NewTargets(prefixes...)
	return o, nil
}

// spotOf names what a connection leads to.
func spotOf(u uritable.URI) string {
	return u.Scheme() + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), strconv.Itoa(u.Port()))
}

// guardedPool returns connections that the egress policy watches. They take no
// proxy: it would resolve names where the policy does not see it.
func (b *builder) guardedPool(u uritable.URI, bind *binding.Binding) (*http1.Pool, error) {
	way, err := b.trust(b.settings.Clients.TLS)
	if err != nil {
		return nil, err
	}
	key := poolKey{
		scheme: u.Scheme(), address: net.JoinHostPort(u.Hostname(), strconv.Itoa(u.Port())), guard: b.guard(),
		open: bind.Timeouts.Open, close: bind.Timeouts.Close,
	}
	way.mark(b, &key)
	if p := cmp.Or(b.pools[key], b.shared(key)); p != nil {
		b.pools[key] = p
		return p, nil
	}
	target := http1.Target{Address: key.address}
	if key.scheme == "https" {
		t, err := way.tls()
		if err != nil {
			return nil, err
		}
		target.TLS = t
	}
	policy, dialer := b.policy(), &net.Dialer{}
	p := http1.NewPool(target, http1.Options{
		DialTimeout: key.open, MinRate: int(minRate(b.settings.HTTP.MinRate.Get())), Grace: max(b.settings.HTTP.MinRateAfter.Get(), 1),
		Trial: b.options.Trial,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return policy.DialContext(ctx, dialer, network, address)
		},
	})
	b.pools[key] = p
	return p, nil
}

// channel returns the channel to an address that a message names. The error is a
// refusal dial.denied.
func (o *outside) channel(to uritable.URI, setting string) (*httpchan.Channel, error) {
	pool := o.pools[spotOf(to)]
	if pool == nil || !o.targets.Match(to) {
		return nil, refusal.Newf(refusal.DialDenied, -1, "%s is not covered by %s", soap.Echo(to.String()), setting)
	}
	c := o.options
	c.Via, c.Pool = to, pool
	return httpchan.NewChannel(c), nil
}

// courier delivers answers of one listener (wsa.replyTargets).
type courier struct {
	*outside

	within time.Duration // sendTimeout of the listener's binding
	counts *callbacks
}

var _ hosting.Deliverer = (*courier)(nil)

// Deliver implements [hosting.Deliverer]: one attempt, whose answer only says
// that the message arrived.
func (c *courier) Deliver(ctx context.Context, d *soap.Draft, a addressing.Action, target *addressing.EndpointAddress) error {
	err := c.deliver(ctx, d, a, target)
	_, denied := errors.AsType[*egress.DeniedError](err)
	switch {
	case err == nil:
		c.counts.delivered.Add(1)
	case denied || refusal.Of(err) == refusal.DialDenied:
		c.counts.denied.Add(1)
	default:
		c.counts.failed.Add(1)
	}
	return err
}

func (c *courier) deliver(ctx context.Context, d *soap.Draft, a addressing.Action, target *addressing.EndpointAddress) error {
	channel, err := c.channel(target.URI, "wsa.replyTargets")
	if err != nil {
		d.Close()
		return err
	}
	out := &binding.Outgoing{Draft: d, Action: a}
	if c.within > 0 {
		out.Deadline = time.Now().Add(c.within)
	}
	in, err := channel.Request(ctx, out)
	if in != nil {
		in.Release()
	}
	return err
}

// replies are what a listener delivers answers with; nil, and nil, where the
// settings list no address.
func (b *builder) replies(bind *binding.Binding) (hosting.Deliverer, *addressing.ReplyTargets, error) {
	list := b.settings.WSA.ReplyTargets
	o, err := b.outside(list, bind)
	if err != nil || o == nil {
		return nil, nil, err
	}
	var prefixes []uritable.URI
	for _, p := range list {
		u, err := uritable.Parse(p.Get().String())
		if err != nil {
			return nil, nil, &settings.Error{Pos: p.Pos, Path: "wsa.replyTargets[]", Text: err.Error()}
		}
		prefixes = append(prefixes, u)
	}
	targets, err := addressing.NewReplyTargets(prefixes)
	if err != nil {
		return nil, nil, &settings.Error{Pos: list[0].Pos, Path: "wsa.replyTargets", Text: err.Error()}
	}
	return &courier{outside: o, within: bind.Timeouts.Send, counts: b.callbacks}, targets, nil
}

// dialTo returns what finds the address of a message whose binding leaves it to
// the message: manualAddressing without WS-Addressing (dispatch 6). That would be
// an open proxy, so that a list of addresses has to be there (T-WSA-02).
func (b *builder) dialTo(t *target) (func(uritable.URI) (binding.RequestChannel, error), error) {
	if !t.binding.ManualAddressing || t.binding.Version.Addressing != soap.AddressingNone {
		return nil, nil //nolint:nilnil // the usual case: a configured address
	}
	o, err := b.outside(b.settings.WSA.DialTo, t.binding)
	if err != nil {
		return nil, err
	}
	if o == nil {
		err := t.fail("", fmt.Sprintf(
			"client endpoint %q: manualAddressing without WS-Addressing sends a message to the address that it names itself; remove manualAddressing, or say which addresses that may be", t.name))
		err.Remedy = "wsa:\n  dialTo: [URL]   # each covers what is below its path\n"
		return nil, err
	}
	o.options.NoDecompression, o.options.Close = t.binding.NoDecompression, !t.binding.KeepAlive
	return func(to uritable.URI) (binding.RequestChannel, error) {
		c, err := o.channel(to, "wsa.dialTo")
		if err != nil {
			return nil, err
		}
		return c, nil
	}, nil
}
