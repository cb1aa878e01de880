package addressing

import "github.com/viaduct-soap/viaduct/internal/uritable"

// KnownOptions is what a listener's configuration says about the values that
// its messages may carry.
type KnownOptions struct {
	Addresses []uritable.URI // of endpoints and filters
	Actions   []Action       // of contracts and filters

	// JoinSplitValues accepts comments inside addressing values and joins the
	// text around them, as WCF does (xml.splitValue=join). Default: refuse.
	JoinSplitValues bool
	// RefuseOtherVersion refuses messages that also carry headers of the other
	// WS-Addressing version (wsa.otherVersion=refuse). Default: they are
	// ordinary headers.
	RefuseOtherVersion bool
}

// Known is the immutable set of configured addresses and actions. A value of a
// message that equals one of them is returned as the configured one: it is not
// parsed or copied, and it outlives the message. A nil *Known is empty.
type Known struct {
	addresses   map[string]uritable.URI
	actions     map[string]Action
	join        bool
	refuseOther bool
}

// NewKnown builds the set.
func NewKnown(o KnownOptions) *Known {
	k := &Known{
		addresses:   make(map[string]uritable.URI, len(o.Addresses)),
		actions:     make(map[string]Action, len(o.Actions)),
		join:        o.JoinSplitValues,
		refuseOther: o.RefuseOtherVersion,
	}
	for _, u := range o.Addresses {
		u = u.WithoutUserInfo()
		k.addresses[u.String()] = u
	}
	for _, a := range o.Actions {
		k.actions[string(a)] = a
	}
	return k
}

// action returns the configured action that b spells, or a copy.
func (k *Known) action(b []byte) Action {
	if k != nil {
		if a, ok := k.actions[string(b)]; ok {
			return a
		}
	}
	return Action(b)
}

// address returns the configured address that b spells, or parses it.
func (k *Known) address(b []byte) (uritable.URI, error) {
	if k != nil {
		if u, ok := k.addresses[string(b)]; ok {
			return u, nil
		}
	}
	return uritable.ParseBytes(b)
}
