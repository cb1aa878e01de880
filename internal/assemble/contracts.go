package assemble

import (
	"cmp"
	"fmt"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/wsdl"
	"github.com/viaduct-soap/viaduct/soap"
)

// contractKey: without addressing an action is what SOAPAction says, which a
// WSDL may spell otherwise than the action of WS-Addressing.
type contractKey struct {
	name string
	bare bool
}

// contract returns the contract of an endpoint: one of the router's, one of the
// settings (design D7), or one that takes every action, because the file names
// contracts and nothing else.
func (b *builder) contract(e *configs.Endpoint, bind *binding.Binding) (*endpoint.Contract, error) {
	name := e.Contract.Get()
	if c, ok := endpoint.RouterContract(name); ok {
		if err := c.CheckSessions(e.BindingKind.Peek()); err != nil {
			return nil, e.Contract.Error("sessions-not-served", fmt.Sprintf("endpoint %q: %v", e.EffectiveName(), err))
		}
		return c, nil
	}
	key := contractKey{name, bind.Version.Addressing == soap.AddressingNone}
	if c, ok := b.contracts[key]; ok {
		return c, nil
	}
	c := endpoint.AnyContract()
	c.Name = name
	for i := range b.settings.Contracts {
		set := &b.settings.Contracts[i]
		if set.Name.Get() != name {
			continue
		}
		var err error
		if c, err = b.declared(set, key); err != nil {
			return nil, err
		}
	}
	b.contracts[key] = c
	return c, nil
}

// declared builds a contract of the settings.
func (b *builder) declared(set *settings.Contract, key contractKey) (*endpoint.Contract, error) {
	wrong := func(at source.Pos, what string, err error) error {
		return &settings.Error{Pos: at, Path: "contracts[]." + what, Text: fmt.Sprintf("contract %q: %v", key.name, err)}
	}
	var ops []endpoint.Operation
	for _, o := range set.Operations {
		ops = append(ops, endpoint.Operation{
			Name: o.Name.Get(), Action: addressing.Action(o.Action.Get()), ReplyAction: addressing.Action(o.ReplyAction.Get()), OneWay: o.OneWay.Get(),
		})
	}
	if file := set.WSDL.Get(); file != "" {
		doc, err := b.document(file)
		if err != nil {
			return nil, wrong(set.WSDL.Pos, "wsdl", err)
		}
		port, err := doc.Contract(set.PortType.Get())
		if err != nil {
			at := set.WSDL.Pos
			if set.PortType.Written() {
				at = set.PortType.Pos
			}
			return nil, wrong(at, "portType", err)
		}
		for _, o := range port.Operations {
			action := o.Action
			if key.bare {
				action = cmp.Or(o.SOAPAction, o.Action)
			}
			ops = append(ops, endpoint.Operation{
				Name: o.Name, Action: addressing.Action(action), ReplyAction: addressing.Action(o.ReplyAction), OneWay: o.OneWay,
			})
		}
	}
	c, err := endpoint.NewContract(key.name, ops)
	if err != nil {
		return nil, wrong(set.Name.Pos, "operations", err)
	}
	return c, nil
}

// document reads a WSDL file, once: bindings with and without addressing, and
// several contracts, may share it.
func (b *builder) document(file string) (*wsdl.Document, error) {
	if d, ok := b.documents[file]; ok {
		return d, nil
	}
	d, err := wsdl.Load(file)
	if err != nil {
		return nil, err
	}
	for _, n := range d.Notices() {
		b.notice(n.Pos, n.Text)
	}
	b.documents[file] = d
	return d, nil
}

// checkContracts refuses contracts that no endpoint has.
func (b *builder) checkContracts() {
	there := map[string]bool{}
	for _, s := range b.file.Services {
		for _, e := range s.Endpoints {
			there[e.Contract.Peek()] = true
		}
	}
	for _, c := range b.settings.Contracts {
		name := c.Name.Get()
		if _, router := endpoint.RouterContract(name); router {
			b.wrong(c.Name.Pos, "contracts[].name", name+" is the routing service's own contract, and takes every action; remove it here")
		} else if !there[name] {
			b.wrong(c.Name.Pos, "contracts[].name", fmt.Sprintf("no endpoint in %s has contract %q; they have %s", b.file.Name, name, list(there)))
		}
	}
}
