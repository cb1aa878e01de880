package assemble

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// client finds a client endpoint that a setting names.
func (b *builder) client(name settings.Value[string], path string) (*configs.Endpoint, error) {
	clients := map[string]bool{}
	for _, c := range b.file.Client {
		if c.Name.Peek() == name.Get() {
			return c, nil
		}
		clients[c.Name.Peek()] = true
	}
	return nil, &settings.Error{Pos: name.Pos, Path: path, Text: fmt.Sprintf(
		"no client endpoint %q in %s; it has %s. Name one of system.serviceModel/client", name.Get(), b.file.Name, list(clients))}
}

// members builds a destination that stands for others (endpoints[].members).
// Rules for HTTP fields and repeatable actions of the group hold for each member,
// beside its own.
func (b *builder) members(e *configs.Endpoint, t *target, processing bool) (*routing.Destination, error) {
	b.ownedByMembers(t)
	if t.handedOn {
		return nil, spreads(t.set.Members[0].Pos, "members", t.name)
	}
	b.notice(t.set.Members[0].Pos, fmt.Sprintf("endpoint %q (%s) stands for its members: messages go to their addresses, not to its own", t.name, e.Pos()))
	rules, err := fieldRules(t.set.Rules)
	if err != nil {
		return nil, err
	}
	d := routing.Destination{
		Name: t.name, Pos: t.pos, Pass: pass(t.set, routing.Routing), Deadline: t.set.Deadline.Get(), Repeatable: actions(t.set.Repeatable),
	}
	var backs []*upstream.Backend
	for _, name := range t.set.Members {
		m, err := b.member(t, name, processing)
		if err != nil {
			return nil, err
		}
		own := *m
		own.Pass = union(append([]string(nil), m.Pass...), d.Pass)
		own.Rules = append(append([]routing.FieldRule(nil), rules...), m.Rules...)
		own.Repeatable = maps.Clone(m.Repeatable)
		maps.Copy(own.Repeatable, d.Repeatable)
		d.Members = append(d.Members, &own)
		d.Pass = union(d.Pass, own.Pass)
		backs = append(backs, m.Backend)
	}
	wrong := func(err error) error {
		return &settings.Error{Pos: t.set.Members[0].Pos, Path: "endpoints[].members", Text: err.Error()}
	}
	policy, _ := upstream.ParsePolicy(t.set.Balance.Get()) // the settings have checked the word
	if d.Group, err = upstream.NewGroup(t.name, policy, backs...); err != nil {
		return nil, wrong(err)
	}
	if h := t.set.Hash; h != nil {
		if d.Key, err = b.key(h); err != nil {
			return nil, err
		}
	}
	done, err := routing.NewGroup(d)
	if err != nil {
		return nil, wrong(err)
	}
	return done, nil
}

// member builds one member of a group.
func (b *builder) member(t *target, name settings.Value[string], processing bool) (*routing.Destination, error) {
	c, err := b.client(name, "endpoints[].members[]")
	if err != nil {
		return nil, err
	}
	if set := b.endpointSettings(name.Get()); len(set.Members) > 0 {
		return nil, &settings.Error{Pos: name.Pos, Path: "endpoints[].members[]", Text: fmt.Sprintf(
			"member %q of %q stands for others itself; name its members instead", name.Get(), t.name)}
	}
	if passes(c.Binding) {
		return nil, spreads(name.Pos, "members[]", name.Get())
	}
	return b.destination(c, processing)
}

// spreads refuses what would send messages of one secured conversation to several
// services (wcf-config 4.3).
func spreads(at source.Pos, setting, name string) error {
	return &settings.Error{Pos: at, Path: "endpoints[]." + setting, Text: fmt.Sprintf(
		"messages of endpoint %q are secured for one destination, which must be the only one; remove %s, or change its security", name, strings.TrimSuffix(setting, "[]"))}
}

// ownedByMembers refuses settings of a group that belong to its members.
func (b *builder) ownedByMembers(t *target) {
	s := &t.set
	for _, x := range []struct {
		is   bool
		at   source.Pos
		name string
	}{
		{s.Mode.Written(), s.Mode.Pos, "mode"},
		{s.Proxy.Written(), s.Proxy.Pos, "proxy"},
		{s.TLS != nil, s.Pos, "tls"},
		{s.Limits.Concurrent.Written(), s.Limits.Concurrent.Pos, "limits"},
		{s.Breaker != nil, s.Pos, "breaker"},
		{s.Eject != nil, s.Pos, "eject"},
		{s.Health != nil, s.Pos, "health"},
		{s.Weight.Written(), s.Weight.Pos, "weight"},
	} {
		if x.is {
			b.wrong(x.at, "endpoints[]."+x.name, fmt.Sprintf("%s belongs to each member, and %q stands for %s; write it there", x.name, t.name, names(s.Members)))
		}
	}
}

func names(list []settings.Value[string]) string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, v.Get())
	}
	return strings.Join(out, ", ")
}

// key makes what a group hashes (endpoints[].hash).
func (b *builder) key(h *settings.Hash) (func(*binding.Request) (string, bool), error) {
	if h.Field.Written() {
		name := h.Field.Get()
		return func(req *binding.Request) (string, bool) {
			v := req.HTTP.Get(name)
			return v, v != ""
		}, nil
	}
	e, err := xpath.Compile(h.XPath.Get(), b.namespaces())
	if err != nil {
		return nil, &settings.Error{Pos: h.XPath.Pos, Path: "endpoints[].hash.xpath", Text: err.Error()}
	}
	budget := b.filterBudget()
	return func(req *binding.Request) (string, bool) {
		v, err := e.Eval(message(req, e.Body()), budget())
		if err != nil {
			return "", false
		}
		if n, set := v.Nodes(); set && n == 0 {
			return "", false
		}
		key := v.String()
		return key, key != ""
	}, nil
}

// hashes adds to a table what the groups of a destination look at.
func (b *builder) hashes(out *routes, d *routing.Destination) {
	if d.Group == nil {
		return
	}
	set := b.endpointSettings(d.Name)
	if set.Hash == nil {
		return
	}
	if set.Hash.Field.Written() {
		out.pass = union(out.pass, []string{set.Hash.Field.Get()})
	} else if e, err := xpath.Compile(set.Hash.XPath.Get(), b.namespaces()); err == nil && e.Body() {
		out.reads = true
	}
}

// message is what an expression sees of a message whose body is held.
func message(req *binding.Request, body bool) *xpath.Message {
	m := &xpath.Message{Head: req.Envelope.Head(), Limits: req.Envelope.Limits()}
	if to, err := req.Properties.To(); err == nil {
		m.To = to.String()
	}
	if a, err := req.Properties.Action(); err == nil {
		m.Action = string(a)
	}
	if body {
		m.Body = heldBody{req.Envelope}
	}
	return m
}

// heldBody gives what follows the head of a message.
type heldBody struct{ env *soap.Envelope }

// AppendRest implements [xpath.Source].
func (h heldBody) AppendRest(dst []byte) ([]byte, error) {
	r, err := h.env.Body.Open(soap.Rest)
	if err != nil {
		return dst, err
	}
	defer func() { _ = r.Close() }() // a held body has nothing to fail with
	rest, err := io.ReadAll(r)
	return append(dst, rest...), err
}

// holding holds the body of each message before its handler chooses by it.
func holding(next binding.Handler) binding.Handler {
	return binding.HandlerFunc(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		if err := req.Envelope.Body.Hold(ctx, 0); err != nil {
			req.Release()
			return nil, err
		}
		return next.Handle(ctx, req)
	})
}

// namespaces are the prefixes of the file's namespaceTable.
func (b *builder) namespaces() xpath.Namespaces {
	ns := xpath.Namespaces{}
	for _, n := range b.file.Namespaces {
		ns[n.Prefix.Get()] = n.Namespace.Get()
	}
	return ns
}

// filterBudget bounds what expressions cost for one message (filter.visits,
// filter.time).
func (b *builder) filterBudget() func() xpath.Budget {
	visits, most := int(b.settings.Filter.Visits.Get()), b.settings.Filter.Time.Get()
	if most <= 0 {
		return func() xpath.Budget { return xpath.Budget{Visits: visits} }
	}
	return func() xpath.Budget {
		end := time.Now().Add(most)
		return xpath.Budget{Visits: visits, Done: func() bool { return time.Now().After(end) }}
	}
}
