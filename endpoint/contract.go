package endpoint

import (
	"errors"
	"fmt"
	"slices"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// SessionMode says whether a contract wants a session.
type SessionMode uint8

// Session modes. The zero value is WCF's default.
const (
	SessionAllowed SessionMode = iota
	SessionRequired
	SessionNotAllowed
)

// Contract says which messages an endpoint takes and what answers them.
type Contract struct {
	Name       string // as the configuration names it, or "*"
	Operations []Operation
	Session    SessionMode
}

// Operation is one exchange of a contract.
type Operation struct {
	Name        string
	Action      addressing.Action // addressing.AnyAction takes every message
	ReplyAction addressing.Action // "" or "*": whatever the answer says
	OneWay      bool
	Either      bool // without a contract: the peer decides whether there is an answer
	Initiating  bool // may be the first message of a session; WCF's default is true
}

// Shape returns the exchange that the operation asks for.
func (o *Operation) Shape() binding.Shape {
	switch {
	case o.Either:
		return binding.Either
	case o.OneWay:
		return binding.OneWay
	default:
		return binding.RequestReply
	}
}

// NewContract returns a contract of operations that a settings file or a WSDL
// lists: each may be the first message of a session, and one without a name is
// called by its action. A reply without ReplyAction says its own, else the
// request's action with "Response" behind it. The error is that of Check.
func NewContract(name string, operations []Operation) (*Contract, error) {
	c := &Contract{Name: name, Operations: slices.Clone(operations)}
	for i := range c.Operations {
		o := &c.Operations[i]
		o.Initiating = true
		if o.Name == "" {
			o.Name = string(o.Action)
		}
	}
	return c, c.Check()
}

// AnyContract is the contract "*": every message, the peer decides on the shape
// (design D7).
func AnyContract() *Contract {
	return &Contract{Name: "*", Operations: []Operation{{Name: "*", Action: addressing.AnyAction, Either: true, Initiating: true}}}
}

// routers are the contracts of WCF's routing service (dispatch 8.5).
const routers = "System.ServiceModel.Routing."

// RouterContract returns the router contract that a configuration file names, as
// in System.ServiceModel.Routing.IRequestReplyRouter; false for other names.
func RouterContract(name string) (*Contract, bool) {
	process := Operation{Name: "ProcessMessage", Action: addressing.AnyAction, OneWay: true, Initiating: true}
	c := &Contract{Name: name}
	switch name {
	case routers + "ISimplexDatagramRouter":
		c.Operations = []Operation{process}
	case routers + "ISimplexSessionRouter", routers + "IDuplexSessionRouter":
		c.Session = SessionRequired
		c.Operations = []Operation{process}
	case routers + "IRequestReplyRouter":
		c.Operations = []Operation{{
			Name: "ProcessRequest", Action: addressing.AnyAction, ReplyAction: addressing.AnyAction, Initiating: true,
		}}
	default:
		return nil, false
	}
	return c, true
}

// IsRouter reports whether the contract is one of the routing service.
func (c *Contract) IsRouter() bool {
	_, ok := RouterContract(c.Name)
	return ok
}

// Shape returns the shape that all operations share, else Either.
func (c *Contract) Shape() binding.Shape {
	if len(c.Operations) == 0 {
		return binding.Either
	}
	shape := c.Operations[0].Shape()
	for i := range c.Operations {
		if c.Operations[i].Shape() != shape {
			return binding.Either
		}
	}
	return shape
}

// Filter returns the default contract filter and its priority (dispatch 5.3):
// the actions of the initiating operations at priority 1, every message at 0
// when one of them has the action "*", no message when none is initiating.
func (c *Contract) Filter() (f filter.Filter, priority int) {
	var actions []addressing.Action
	for i := range c.Operations {
		o := &c.Operations[i]
		if !o.Initiating {
			continue
		}
		if o.Action == addressing.AnyAction {
			return filter.MatchAll{}, 0
		}
		actions = append(actions, o.Action)
	}
	byAction, err := filter.NewAction(actions...)
	if err != nil {
		return filter.MatchNone{}, 1
	}
	return byAction, 1
}

// Operation finds the operation of an action: the exact one, else that for every
// action. The error is an *[UnhandledActionError].
func (c *Contract) Operation(a addressing.Action) (*Operation, error) {
	var any *Operation
	for i := range c.Operations {
		switch o := &c.Operations[i]; {
		case o.Action == addressing.AnyAction:
			any = o
		case o.Action == a:
			return o, nil
		}
	}
	if any == nil {
		return nil, &UnhandledActionError{Contract: c.Name, Action: a}
	}
	return any, nil
}

// Check returns what makes the contract unusable, nil otherwise.
func (c *Contract) Check() error {
	var errs []error
	if len(c.Operations) == 0 {
		errs = append(errs, fmt.Errorf("contract %q has no operation; add one", c.Name))
	}
	seen := map[addressing.Action]string{}
	for _, o := range c.Operations {
		if o.Action == "" {
			errs = append(errs, fmt.Errorf("contract %q: operation %q has no action; add one, or * for every action", c.Name, o.Name))
		}
		if o.OneWay && o.ReplyAction != "" {
			errs = append(errs, fmt.Errorf("contract %q: operation %q is one-way and has a reply action; remove one of them", c.Name, o.Name))
		}
		if first, ok := seen[o.Action]; ok {
			errs = append(errs, fmt.Errorf("contract %q: operations %q and %q have the same action %q; give each its own",
				c.Name, first, o.Name, o.Action))
		}
		seen[o.Action] = o.Name
	}
	return errors.Join(errs...)
}

// CheckSessions returns why endpoints of the contract cannot use a binding that
// has no sessions, nil when they can. kind names the binding.
func (c *Contract) CheckSessions(kind string) error {
	if c.Session != SessionRequired {
		return nil
	}
	instead := "a contract without sessions"
	switch c.Name {
	case routers + "ISimplexSessionRouter":
		instead = "ISimplexDatagramRouter"
	case routers + "IDuplexSessionRouter":
		instead = "IRequestReplyRouter, or ISimplexDatagramRouter for one-way messages"
	}
	return fmt.Errorf("contract %s needs sessions, and %s has none; it waits for netTcpBinding, netNamedPipeBinding and for wsHttpBinding "+
		"with reliable or secure sessions, which this version does not serve. Use %s", c.Name, kind, instead)
}

// UnhandledActionError says that the selected endpoint has no operation for an
// action. It gives the fault FT-03.
type UnhandledActionError struct {
	Contract string
	Action   addressing.Action
}

func (e *UnhandledActionError) Error() string {
	return fmt.Sprintf("contract %q has no operation for action %q", e.Contract, e.Action)
}

// Unwrap returns the refusal that counters and logs see.
func (e *UnhandledActionError) Unwrap() error { return refusal.New(refusal.WSAAction, -1, "") }

// Fault returns the fault FT-03.
func (e *UnhandledActionError) Fault(v soap.Version) *soap.Fault {
	return addressing.OperationNotSupported(v.Addressing, e.Action)
}
