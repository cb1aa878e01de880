package hosting

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/filter"
	"github.com/viaduct-soap/viaduct/soap"
)

// tells reports whether a client is told why nothing matched. Only the address
// of its connection counts: what a message or an HTTP field claims would let any
// client ask for the addresses of the service.
func (d *Dispatch) tells(p binding.Peer) bool {
	if len(d.ExplainTo) == 0 || !p.Address.IsValid() {
		return false
	}
	a := p.Address.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(d.ExplainTo, func(n netip.Prefix) bool { return n.Contains(a) })
}

// explained adds to the reason of a fault what is known of its cause.
func explained(f *soap.Fault, req *binding.Request, err error) *soap.Fault {
	text := explanation(req, err)
	if text == "" {
		return f
	}
	with := *f
	with.Reason += " " + capped(text)
	return &with
}

func explanation(req *binding.Request, err error) string {
	if no, ok := errors.AsType[*endpoint.NoMatchError](err); ok {
		return no.Explain()
	}
	if two, ok := errors.AsType[*filter.MultipleMatchesError](err); ok {
		return two.Text()
	}
	if errors.Is(err, filter.ErrNoMatch) {
		return filters(req.Decision.Filters)
	}
	return attempts(&req.Decision)
}

// filters tells why each filter of a table did not match.
func filters(list []binding.Candidate) string {
	var b strings.Builder
	b.WriteString("No filter of the table matches:")
	for _, c := range list {
		if b.Len() > mostExplained {
			break
		}
		b.WriteString(" " + c.Name + ": " + c.Text + ".")
	}
	return b.String()
}

// attempts tells how far each attempt came. Their errors and addresses are left
// out: they may quote what a back end sent, and the log has them.
func attempts(d *binding.Decision) string {
	var b strings.Builder
	for i := range d.Attempts {
		a := &d.Attempts[i]
		fmt.Fprintf(&b, " Attempt %d, endpoint %q: %s", i+1, a.Endpoint, a.Delivery)
		if a.Status != 0 {
			fmt.Fprintf(&b, ", HTTP %d", a.Status)
		}
		if a.Err != nil {
			fmt.Fprintf(&b, ", %s", a.Kind)
		}
		b.WriteByte('.')
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("Route %q.%s", d.Route.Name, b.String())
}

// mostExplained is how many octets an explanation adds to a fault, which may
// have 16 KiB at most (threats 3.1).
const mostExplained = 4 << 10

func capped(s string) string {
	if len(s) <= mostExplained {
		return s
	}
	n := mostExplained
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}
