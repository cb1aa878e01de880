package routing

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
)

// Fields that Viaduct writes itself. What a client wrote there is never passed
// on as it stands.
const (
	forwardedFor   = "X-Forwarded-For"
	forwardedProto = "X-Forwarded-Proto"
	hopsField      = "Viaduct-Hops"
)

// fields returns the HTTP fields of an attempt: what the destination lets
// through, then what Viaduct says of itself (threats T-HTTP-07, T-HTTP-08).
func (d *Destination) fields(req *binding.Request) binding.HTTPFields {
	out := make(binding.HTTPFields, 0, len(req.HTTP)+3)
	for _, f := range req.HTTP {
		if d.passes(f.Name) && !managed(f.Name) {
			out = append(out, f)
		}
	}
	if from := req.Peer.Address.Addr(); from.IsValid() {
		client, proto := from.String(), "http"
		if req.Peer.TLS {
			proto = "https"
		}
		if d.trusts(from) {
			client, proto = chain(req.HTTP, client, proto)
		}
		out = out.Add(forwardedFor, client).Add(forwardedProto, proto)
	}
	return ApplyRules(out.Add(hopsField, strconv.Itoa(req.Hops+1)), d.Rules)
}

// chain puts what a trusted proxy says of its client before what is known of
// the proxy.
func chain(fields binding.HTTPFields, client, proto string) (chained, first string) {
	var told []string
	for _, f := range fields {
		if strings.EqualFold(f.Name, forwardedFor) && f.Value != "" {
			told = append(told, f.Value)
		}
	}
	if p := strings.ToLower(fields.Get(forwardedProto)); p == "http" || p == "https" {
		proto = p
	}
	return strings.Join(append(told, client), ", "), proto
}

func (d *Destination) passes(name string) bool {
	return slices.ContainsFunc(d.Pass, func(p string) bool { return strings.EqualFold(p, name) })
}

func managed(name string) bool {
	return strings.EqualFold(name, forwardedFor) || strings.EqualFold(name, forwardedProto) || strings.EqualFold(name, hopsField)
}

func (d *Destination) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(d.Trusted, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}
