package routing

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/source"
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
	// Repeatable lists actions that may be sent again after an unknown delivery.
	Repeatable map[addressing.Action]bool

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

// Route is an entry of a filter table: destinations in the order in which they
// are tried.
type Route struct {
	Filter       string
	Priority     int
	Pos          source.Pos
	Destinations []*Destination // the entry's own endpoint, then its backup list
	Backups      bool           // a backup list is named: attempts of unknown delivery are repeated

	why string
}

// NewRoute completes r.
func NewRoute(r Route) *Route {
	r.why = "priority " + strconv.Itoa(r.Priority)
	return &r
}
