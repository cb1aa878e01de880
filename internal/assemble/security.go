package assemble

import (
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// overrideSecurity puts the operator's security in the place of the file's
// (bindings[] of the settings).
func (b *builder) overrideSecurity() {
	if len(b.settings.Bindings) == 0 {
		return
	}
	used, there := map[string][]*configs.Binding{}, map[string]bool{}
	for _, c := range b.usedBindings() {
		name := bindingName(c)
		used[name], there[name] = append(used[name], c), true
	}
	for i := range b.settings.Bindings {
		set := &b.settings.Bindings[i]
		found := used[strings.TrimSuffix(set.Name.Get(), "/")]
		for _, c := range found {
			b.override(c, set)
		}
		if len(found) == 0 {
			b.wrong(set.Name.Pos, "bindings[].name", fmt.Sprintf("no endpoint in %s has the binding %q; they have %s", b.file.Name, set.Name.Get(), list(there)))
		}
	}
}

func (b *builder) override(c *configs.Binding, set *settings.Binding) {
	mode := set.Security.Get()
	wrong := func(text string) {
		b.wrong(set.Security.Pos, "bindings[].security", fmt.Sprintf("%s: %s", bindingName(c), text))
	}
	switch {
	case c.Security == nil:
		wrong("this kind of binding has no security to override; change the file")
	case mode == "pass" && !c.Security.Passable():
		wrong("its security is none that could pass through; remove the line")
	case mode == "pass":
		// What may pass through does so anyway; the line says that it is meant.
	default:
		was := c.Protection()
		if err := c.Security.Override(mode, set.Security.Pos); err != nil {
			wrong(err.Error())
			return
		}
		if was != configs.ProtectNone && string(was) != mode {
			b.relax(set.Security.Pos, "bindings[].security", fmt.Sprintf("%s asks for security %s in the file, and has %s", bindingName(c), was, mode))
		}
	}
}

// bindingName names a binding as the settings do.
func bindingName(c *configs.Binding) string {
	if name := c.Name.Peek(); name != "" {
		return c.Kind + "/" + name
	}
	return c.Kind
}

// usedBindings are the bindings of all endpoints.
func (b *builder) usedBindings() []*configs.Binding {
	var out []*configs.Binding
	seen := map[*configs.Binding]bool{}
	add := func(e *configs.Endpoint) {
		if c := e.Binding; c != nil && !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	for _, s := range b.file.Services {
		for _, e := range s.Endpoints {
			add(e)
		}
	}
	for _, e := range b.file.Client {
		add(e)
	}
	return out
}

// passes reports whether a binding has security of messages that two other ends
// check: such messages travel octet for octet.
func passes(c *configs.Binding) bool { return c.Served() && c.Security.Passable() }

// passThrough lets the security of e's messages pass where they have one way
// only, to a destination that asks for the same (wcf-config 4.3). Otherwise the
// endpoint cannot be served: a conversation that is secured by keys must not be
// spread, and Viaduct cannot check what it has no keys for.
func (b *builder) passThrough(c *configs.Service, e *configs.Endpoint, destinations []*configs.Binding, what string) {
	if !passes(e.Binding) {
		return
	}
	name := bindingName(e.Binding)
	refuse := func(why string) {
		err := e.Error("security-not-served", fmt.Sprintf("endpoint %q: %s asks for security of messages (%s), which passes through to one destination with the same security; %s",
			e.EffectiveName(), name, e.Binding.Protection(), why))
		err.Remedy = fmt.Sprintf("bindings:\n  - name: %s\n    security: Transport   # or None: clients must change with it\n", name)
		b.kept[e] = true
		b.failFor(c, e, err)
	}
	switch {
	case len(destinations) == 0:
		refuse(what)
	case len(destinations) > 1:
		refuse("its messages may go to several: keep one route for it, by an EndpointName filter, without a backup list")
	case destinations[0].MessageSecurity() != e.Binding.MessageSecurity():
		refuse(fmt.Sprintf("%s (%s) asks for another: give both the same binding configuration", bindingName(destinations[0]), destinations[0].Pos()))
	default:
		e.Binding.Security.PassThrough()
		destinations[0].Security.PassThrough()
	}
}

// told reports whether a finding about message security concerns only endpoints
// of which passThrough has said why they are not served: one reason is enough.
func (b *builder) told(f configs.Finding) bool {
	if len(b.kept) == 0 || !strings.Contains(f.Path, "/security") {
		return false
	}
	services, endpoints := b.file.Affected(f)
	for _, c := range services {
		if !slices.ContainsFunc(c.Endpoints, func(e *configs.Endpoint) bool { return b.kept[e] }) {
			return false
		}
	}
	for _, e := range endpoints {
		if !slices.Contains(services, e.Service) && !b.kept[e] {
			return false
		}
	}
	return len(services)+len(endpoints) > 0
}

// secured is passThrough for the endpoints of a routing service.
func (b *builder) secured(c *configs.Service, lines []line) {
	for _, e := range c.Endpoints {
		if b.left(e) || !passes(e.Binding) {
			continue
		}
		var to []*configs.Endpoint
		for _, l := range lines {
			if !reaches(l.entry.Filter, e.EffectiveName()) {
				continue
			}
			to = append(to, l.entry.Endpoint)
			if l.entry.Backup != nil {
				for _, x := range l.entry.Backup.Entries {
					to = append(to, x.Endpoint)
				}
			}
		}
		b.passThrough(c, e, destinationBindings(to), "no route takes its messages")
	}
}

// destinationBindings are the bindings of different endpoints: two endpoints
// with one binding are two ways.
func destinationBindings(to []*configs.Endpoint) []*configs.Binding {
	var out []*configs.Binding
	var seen []*configs.Endpoint
	for _, e := range to {
		if !slices.Contains(seen, e) {
			seen = append(seen, e)
			out = append(out, e.Binding)
		}
	}
	return out
}
