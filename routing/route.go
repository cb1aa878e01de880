package routing

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Mode says what a destination may change of a message.
type Mode uint8

// Modes.
const (
	// Routing rewrites To and drops what is meant for the router, as WCF does.
	Routing Mode = iota
	// ForwardSigned changes nothing: only the connection is another.
	ForwardSigned
)

func (m Mode) String() string { return [...]string{"routing", "forward-signed"}[m] }

// Destination is a client endpoint that messages are sent to.
type Destination struct {
	Name    string
	Pos     source.Pos
	Address *addressing.EndpointAddress
	Binding *binding.Binding
	Channel binding.RequestChannel
	Mode    Mode
	// ProcessMessages is soapProcessing's switch: without it a request gets To
	// and the address headers, and nothing else changes (dispatch 8.7).
	ProcessMessages bool
	// Pass names the HTTP fields of the request that travel on.
	Pass []string
	// Trusted are networks of proxies whose X-Forwarded-For and -Proto are
	// continued. Those of other clients are replaced.
	Trusted []netip.Prefix
	// Rules change the HTTP fields of requests after all else is written there.
	Rules []FieldRule
	// Repeatable lists actions that may be sent again after an unknown delivery.
	Repeatable map[addressing.Action]bool
	// Deadline bounds all attempts of a route that begins here; 0: only each
	// attempt is bounded, by the binding's sendTimeout.
	Deadline time.Duration
	// Backend holds limits, breaker and state; nil: none of it is configured. A
	// member of a group has one.
	Backend *upstream.Backend
	// Members and Group make the destination stand for others, see [NewGroup]; it
	// has neither address nor channel of its own then.
	Members []*Destination
	Group   *upstream.Group
	// Key gives what the group hashes, false for a message that has none; nil when
	// the group does not hash.
	Key func(*binding.Request) (string, bool)
	// Mirror gets a copy of each message that was answered here; nil: none.
	Mirror *Mirror

	// Dynamic gives the channel to the address that a message names: with
	// manualAddressing and without WS-Addressing WCF sends there, not to Address
	// (dispatch 6; threats T-WSA-02). nil: Channel.
	Dynamic func(to uritable.URI) (binding.RequestChannel, error)

	outbound *addressing.Outbound
	via      string
}

// NewDestination completes d. via is where its messages go. The error says that
// the address cannot be written in the binding's version.
func NewDestination(d Destination, via string) (*Destination, error) {
	var err error
	if d.outbound, err = addressing.NewOutbound(d.Address, d.Binding.Version); err != nil {
		return nil, err
	}
	d.via = via
	return &d, nil
}

func (d *Destination) deadline(now time.Time) time.Time {
	if t := d.Binding.Timeouts.Send; t > 0 {
		return now.Add(t)
	}
	return time.Time{}
}

// repeats reports whether the message's action is declared repeatable.
func (d *Destination) repeats(req *binding.Request) bool {
	if len(d.Repeatable) == 0 {
		return false
	}
	action, _ := req.Properties.Action() // a doubled one has failed before
	return d.Repeatable[action]
}

// Route is an entry of a filter table: destinations in the order in which they
// are tried.
type Route struct {
	Filter       string
	Priority     int
	Pos          source.Pos
	Destinations []*Destination // the entry's own endpoint, then its backup list
	Backups      bool           // a backup list is named: attempts of unknown delivery are repeated

	choice binding.Choice
}

// Replays reports whether a message of the route may have to be read more than
// once: the listener needs soap.Needs.Replay then.
func (r *Route) Replays() bool {
	if len(r.Destinations) > 1 {
		return true
	}
	return slices.ContainsFunc(r.Destinations, func(d *Destination) bool {
		return len(d.Repeatable) > 0 || d.Mirror != nil || len(d.Members) > 1 ||
			slices.ContainsFunc(d.Members, func(m *Destination) bool { return len(m.Repeatable) > 0 || m.Mirror != nil })
	})
}

// NewRoute completes r.
func NewRoute(r Route) *Route {
	r.choice = binding.Choice{Name: r.Filter, Pos: r.Pos, Why: "priority " + strconv.Itoa(r.Priority)}
	return &r
}
