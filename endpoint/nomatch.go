package endpoint

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// NoMatchError says that no endpoint takes a message. It gives FT-01 when no
// address matched, else FT-02, or FT-04 and FT-05 where the message has no
// Action header. It knows the endpoints that there are and compares when asked.
type NoMatchError struct {
	To             string // "" when absent
	Action         addressing.Action
	ActionPresent  bool // there is an Action header
	AddressMatched bool // the address filter of some endpoint matched

	table   *Table
	to      uritable.URI
	matched []*Endpoint // whose address matched
	headers string      // how the headers differ where To alone matched
}

// Error tells the first difference from the endpoint that comes nearest, for
// the log.
func (e *NoMatchError) Error() string {
	text := fmt.Sprintf("no endpoint has the address %q", soap.Echo(e.To))
	if e.AddressMatched {
		text = fmt.Sprintf("no endpoint at this address takes action %q", soap.Echo(string(e.Action)))
	}
	if d := e.Difference(); d != "" {
		return text + ": " + d
	}
	return text
}

// Unwrap returns the refusal that counters and logs see.
func (e *NoMatchError) Unwrap() error {
	if e.AddressMatched {
		return refusal.New(refusal.WSAAction, -1, "")
	}
	return refusal.New(refusal.WSAUnreachable, -1, "")
}

// Fault returns the fault for the client.
func (e *NoMatchError) Fault(v soap.Version) *soap.Fault {
	switch {
	case !e.AddressMatched:
		return addressing.DestinationUnreachable(v.Addressing, e.To)
	case !e.ActionPresent && v.Addressing != soap.AddressingNone:
		return addressing.HeaderRequired(v, addressing.KindAction)
	default:
		return addressing.ActionNotSupported(v.Addressing, e.Action)
	}
}

// Difference tells where the message first differs from the endpoint that comes
// nearest to it, as in
//
//	To http://h:8000/ordres differs from endpoint "orders" http://h:8000/orders
//	in the path at character 18: "re" against "er"
//
// "" when there is no endpoint to compare with.
func (e *NoMatchError) Difference() string {
	switch {
	case e.table == nil:
		return ""
	case e.AddressMatched:
		return e.actionDifference()
	case e.headers != "":
		return e.headers
	case e.to.IsZero():
		return "the message has no To"
	default:
		return e.toDifference()
	}
}

func (e *NoMatchError) toDifference() string {
	var best *Endpoint
	var want uritable.URI
	least := 0
	for _, ep := range e.table.endpoints {
		c := ep.compare(e.table.mode)
		for _, u := range ep.uris() {
			if n := c.Distance(u, e.to); best == nil || n < least {
				best, want, least = ep, u, n
			}
		}
	}
	if best == nil {
		return ""
	}
	where := "in percent codes, which a prefix compares as they are written"
	if d := best.compare(e.table.mode).Diff(want, e.to); d.Part != "" {
		where = d.Where()
	}
	return fmt.Sprintf("To %s differs from endpoint %s %s", soap.Echo(e.To), best.at(want), where)
}

// at names an endpoint and one of its addresses.
func (e *Endpoint) at(u uritable.URI) string {
	switch {
	case e.Name == "":
		return e.label()
	case e.Address != nil && u != e.Address.URI:
		return fmt.Sprintf("%s (alias) %s", e.label(), u)
	default:
		return fmt.Sprintf("%s %s", e.label(), u)
	}
}

// actionDifference compares with the actions of the endpoints whose address
// matched.
func (e *NoMatchError) actionDifference() string {
	var best *Endpoint
	var want string
	least := 0
	have := string(e.Action)
	for _, ep := range e.matched {
		for i := range ep.Contract.Operations {
			o := &ep.Contract.Operations[i]
			if !o.Initiating {
				continue
			}
			x, y, _ := middle(string(o.Action), have)
			if n := max(len(x), len(y)); best == nil || n < least {
				best, want, least = ep, string(o.Action), n
			}
		}
	}
	switch {
	case best == nil:
		return "no operation of the endpoints here may be the first"
	case have == "":
		return fmt.Sprintf("the message has neither a header Action nor an action of the transport; endpoint %s takes %q", best.label(), want)
	case strings.EqualFold(want, have):
		return fmt.Sprintf("action %q differs from %q of endpoint %s only in upper and lower case", soap.Echo(have), want, best.label())
	default:
		x, y, at := middle(want, have)
		return fmt.Sprintf("action %q differs from %q of endpoint %s at character %d: %s against %s",
			soap.Echo(have), want, best.label(), at, quoted(y), quoted(x))
	}
}

// middle returns what differs between the common beginning and the common end of
// two texts, and the character, from 1, at which it begins.
func middle(a, b string) (x, y string, at int) {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && (n < len(a) && !utf8.RuneStart(a[n]) || n < len(b) && !utf8.RuneStart(b[n])) {
		n--
	}
	at = utf8.RuneCountInString(a[:n]) + 1
	a, b = a[n:], b[n:]
	for a != "" && b != "" {
		r, i := utf8.DecodeLastRuneInString(a)
		s, j := utf8.DecodeLastRuneInString(b)
		if r != s || i != j {
			break
		}
		a, b = a[:len(a)-i], b[:len(b)-j]
	}
	return a, b, at
}

func quoted(run string) string {
	if run == "" {
		return "nothing"
	}
	return strconv.Quote(soap.Echo(run))
}

// mostKnown is how many endpoints an explanation lists.
const mostKnown = 20

// Explain tells the difference and what there is: the addresses of all
// endpoints, or the actions of those whose address matched. It is for clients
// that may know (errors.explainTo), and for the operator.
func (e *NoMatchError) Explain() string {
	var b strings.Builder
	b.WriteString(e.Difference())
	if e.table == nil {
		return b.String()
	}
	list, what := e.table.endpoints, "Known addresses"
	if e.AddressMatched {
		list, what = e.matched, "Known actions"
	}
	fmt.Fprintf(&b, ". %s:", what)
	for i, ep := range list {
		if i == mostKnown {
			fmt.Fprintf(&b, " and %d more", len(list)-i)
			break
		}
		if i > 0 {
			b.WriteByte(';')
		}
		if e.AddressMatched {
			fmt.Fprintf(&b, " endpoint %s %s", ep.label(), ep.Contract.actions())
			continue
		}
		fmt.Fprintf(&b, " endpoint %s", ep.known())
	}
	return b.String()
}

// known lists the addresses of an endpoint.
func (e *Endpoint) known() string {
	if e.Address == nil {
		return e.label()
	}
	texts := []string{e.at(e.Address.URI)}
	for _, u := range e.Aliases {
		texts = append(texts, u.String())
	}
	return strings.Join(texts, " or ")
}

// actions lists the actions that the contract takes.
func (c *Contract) actions() string {
	var list []string
	for i := range c.Operations {
		if o := &c.Operations[i]; o.Initiating && len(list) < mostKnown {
			list = append(list, strconv.Quote(string(o.Action)))
		}
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}
