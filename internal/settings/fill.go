package settings

import (
	"net"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/internal/egress"
)

// settings fills the structure from the root group, and checks what needs more
// than one value.
func (r *reader) settings(s *Settings, root group) {
	for _, g := range r.items(root, "sockets") {
		s.Sockets = append(s.Sockets, r.socket(g))
	}
	for _, g := range r.items(root, "certificates") {
		s.Certificates = append(s.Certificates, Certificate{
			Pos: r.at(g.node), Find: r.text(g, "find"), Store: r.text(g, "store"), Certificate: r.text(g, "certificate"), Key: r.text(g, "key"),
		})
	}
	if root.has("hosting") {
		g := r.sub(root, "hosting")
		s.Hosting = &Hosting{
			Pos: r.at(g.node), Bindings: list(r, g, "bindings", parseSite), Host: r.text(g, "applicationHost"), Site: r.text(g, "site"), Application: r.text(g, "application"), Machine: r.text(g, "machine"),
		}
	}
	for _, g := range r.items(root, "services") {
		s.Services = append(s.Services, r.service(g))
	}
	for _, g := range r.items(root, "contracts") {
		s.Contracts = append(s.Contracts, r.contract(g))
	}
	for _, g := range r.items(root, "bindings") {
		s.Bindings = append(s.Bindings, Binding{Pos: r.at(g.node), Name: r.text(g, "name"), Security: r.text(g, "security")})
	}
	for _, g := range r.items(root, "filters") {
		s.Filters = append(s.Filters, Filter{Pos: r.at(g.node), Type: r.text(g, "type"), Is: r.text(g, "is")})
	}
	for _, g := range r.items(root, "endpoints") {
		s.Endpoints = append(s.Endpoints, r.endpoint(g))
	}
	clients := r.sub(root, "clients")
	s.Clients = Clients{TLS: r.clientTLS(r.sub(clients, "tls")), Proxy: r.text(clients, "proxy")}
	out := r.sub(root, "egress")
	s.Egress = Egress{Allow: list(r, out, "allow", parseTarget), AllowSelf: r.flag(out, "allowSelf")}
	s.Acknowledge = list(r, root, "acknowledge", parseText)
	s.TrustedProxies = list(r, root, "trustedProxies", parsePrefix)
	r.process(s, root)
	r.unique(s)
	s.unbuilt = r.unbuilt.sorted()
}

// process reads what concerns the process as a whole.
func (r *reader) process(s *Settings, root group) {
	limits := r.sub(root, "limits")
	s.Limits = Limits{
		MessageMemory: r.number(limits, "messageMemory"), Spool: r.number(limits, "spool"), SpoolDir: r.text(limits, "spoolDir"),
		Connections: r.number(limits, "connections"), ConnectionsPerAddress: r.number(limits, "connectionsPerAddress"),
		AllowRaise: r.flag(limits, "allowRaise"),
	}
	http := r.sub(root, "http")
	s.HTTP = HTTP{
		MinRate: r.number(http, "minRate"), MinRateAfter: r.duration(http, "minRateAfter"),
		CloseAfterChunked: r.text(http, "closeAfterChunked"),
	}
	soap := r.sub(root, "soap")
	s.SOAP = SOAP{Headers: r.number(soap, "headers"), VersionMismatch: r.flag(soap, "versionMismatch")}
	xml := r.sub(root, "xml")
	s.XML = XML{Check: r.text(xml, "check"), HeaderBytes: r.number(xml, "headerBytes"), SplitValue: r.text(xml, "splitValue")}
	filter := r.sub(root, "filter")
	s.Filter = FilterBudget{Visits: r.number(filter, "visits"), Time: r.duration(filter, "time")}
	r.positive(filter, "time", s.Filter.Time)
	wsa := r.sub(root, "wsa")
	s.WSA = WSA{
		MaxHops:      r.number(wsa, "maxHops"),
		ReplyTargets: list(r, wsa, "replyTargets", parseURLPrefix), DialTo: list(r, wsa, "dialTo", parseURLPrefix),
		MissingTo: r.text(wsa, "missingTo"), DuplicateMessageID: r.text(wsa, "duplicateMessageID"), OtherVersion: r.text(wsa, "otherVersion"),
	}
	errs := r.sub(root, "errors")
	s.Errors = Disclosure{Disclose: r.text(errs, "disclose"), ExplainTo: list(r, errs, "explainTo", parsePrefix)}
	admin := r.sub(root, "admin")
	s.Admin = Admin{
		Address: r.text(admin, "address"), Decisions: r.number(admin, "decisions"), Token: scalar(r, admin, "token", parseSecret),
	}
	log := r.sub(root, "log")
	s.Log = Log{Level: r.text(log, "level"), Format: r.text(log, "format"), Access: r.flag(log, "access")}
}

func (r *reader) socket(g group) Socket {
	s := Socket{Pos: r.at(g.node), Address: r.text(g, "address"), Scheme: r.text(g, "scheme")}
	if g.has("tls") {
		t := r.sub(g, "tls")
		s.TLS = &SocketTLS{
			Pos: r.at(t.node), Certificate: r.text(t, "certificate"), Key: r.text(t, "key"), Profile: r.text(t, "profile"),
			ClientAuthorities: r.text(t, "clientAuthorities"),
		}
	}
	switch {
	case s.Scheme.Get() == "https" && s.TLS == nil:
		r.fail(g.node, "sockets[].tls", "a socket with scheme https needs tls: {certificate: FILE, key: FILE}")
	case s.Scheme.Get() == "http" && s.TLS != nil && s.Scheme.Written():
		r.fail(g.keys["tls"], "sockets[].tls", "a socket with scheme http has no tls; write scheme: https, or remove it")
	case s.TLS != nil && !s.Scheme.Written():
		s.Scheme.v = "https" // a certificate says what is meant
	}
	return s
}

func (r *reader) service(g group) Service {
	s := Service{
		Pos: r.at(g.node), Name: r.text(g, "name"), Builtin: r.text(g, "builtin"), Forward: r.text(g, "forward"),
		Unused: r.flag(g, "unused"), AddressFilterMode: r.text(g, "addressFilterMode"),
	}
	r.onlyTrue(g, "unused", s.Unused)
	if f := s.Forward.Get(); strings.Contains(f, "://") {
		if err := checkURL(f); err != nil {
			r.fail(g.keys["forward"], g.join("forward"), "services[].forward: %v", err)
		}
	}
	return s
}

func (r *reader) contract(g group) Contract {
	c := Contract{Pos: r.at(g.node), Name: r.text(g, "name"), WSDL: r.text(g, "wsdl"), PortType: r.text(g, "portType")}
	for _, o := range r.items(g, "operations") {
		op := Operation{
			Pos: r.at(o.node), Name: r.text(o, "name"), Action: r.text(o, "action"),
			ReplyAction: r.text(o, "replyAction"), OneWay: r.flag(o, "oneWay"),
		}
		if op.OneWay.Get() && op.ReplyAction.Written() {
			r.fail(o.keys["replyAction"], o.join("replyAction"), "operation %s is one-way and has no answer; remove replyAction, or oneWay", quoteKey(op.Name.Get()))
		}
		c.Operations = append(c.Operations, op)
	}
	if g.has("operations") && len(c.Operations) == 0 {
		r.fail(g.keys["operations"], g.join("operations"), "contracts[].operations is empty; write one at least, or remove the contract to take every message")
	}
	if c.PortType.Written() && !c.WSDL.Written() {
		r.fail(g.keys["portType"], g.join("portType"), "contracts[].portType belongs to a wsdl file; write wsdl, or remove it")
	}
	r.distinct(g.join("operations"), "operation", len(c.Operations), func(i int) Value[string] { return c.Operations[i].Name })
	r.distinct(g.join("operations"), "action", len(c.Operations), func(i int) Value[string] { return c.Operations[i].Action })
	return c
}

func (r *reader) clientTLS(g group) ClientTLS {
	t := ClientTLS{Pos: r.at(g.node), Roots: r.text(g, "roots"), Certificate: r.text(g, "certificate"), Key: r.text(g, "key")}
	if t.Certificate.Written() != t.Key.Written() {
		r.fail(g.node, g.path, "%s: certificate and key go together; write both", g.path)
	}
	return t
}

// distinct refuses entries with the same value.
func (r *reader) distinct(path, kind string, n int, value func(int) Value[string]) {
	seen := map[string]string{}
	for i := range n {
		v := value(i)
		if !v.Written() {
			continue
		}
		if first, ok := seen[v.Get()]; ok {
			r.errs = append(r.errs, &Error{Pos: v.Pos, Path: path, Text: kind + " " + quoteKey(v.Get()) + " stands at " + first + " already; keep one"})
			continue
		}
		seen[v.Get()] = v.Pos.String()
	}
}

// unique refuses entries that speak of the same thing.
func (r *reader) unique(s *Settings) {
	r.distinct("services[].name", "service", len(s.Services), func(i int) Value[string] { return s.Services[i].Name })
	r.distinct("endpoints[].name", "endpoint", len(s.Endpoints), func(i int) Value[string] { return s.Endpoints[i].Name })
	r.distinct("contracts[].name", "contract", len(s.Contracts), func(i int) Value[string] { return s.Contracts[i].Name })
	r.distinct("bindings[].name", "binding", len(s.Bindings), func(i int) Value[string] { return s.Bindings[i].Name })
	r.distinct("filters[].type", "filter", len(s.Filters), func(i int) Value[string] { return s.Filters[i].Type })
	r.distinct("certificates[].find", "certificate", len(s.Certificates), func(i int) Value[string] {
		v := s.Certificates[i].Find
		if store := s.Certificates[i].Store.Get(); store != "" {
			v.v += " in store " + store
		}
		return v
	})
	for i := range s.Sockets {
		for j := range i {
			r.together(&s.Sockets[j], &s.Sockets[i])
		}
	}
}

// together refuses two sockets of which only one can be open: the same address,
// or one port on every interface and on a single one.
func (r *reader) together(a, b *Socket) {
	if !a.Address.Written() || !b.Address.Written() {
		return
	}
	// The address holds a colon, which quoteKey hides; it is no secret.
	one, two := a.Address.Get(), b.Address.Get()
	hostOne, portOne, _ := net.SplitHostPort(one) // was checked when it was read
	hostTwo, portTwo, _ := net.SplitHostPort(two)
	var text string
	switch {
	case one == two:
		text = "socket " + two + " stands at " + a.Address.Pos.String() + " already; keep one"
	case portOne == portTwo && portOne != "0" && (everywhere(hostOne) || everywhere(hostTwo)):
		text = "socket " + two + " and socket " + one + " at " + a.Address.Pos.String() +
			" cannot be open together: one of them takes the port on every interface; name an interface in both"
	default:
		return
	}
	r.errs = append(r.errs, &Error{Pos: b.Address.Pos, Path: "sockets[].address", Text: text})
}

func everywhere(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }

func (r *reader) duration(g group, key string) Value[time.Duration] {
	return scalar(r, g, key, parseDuration)
}

func parseTarget(_ *Row, s string) (egress.Rule, error) { return egress.ParseRule(s) }

func parseURLPrefix(_ *Row, s string) (egress.Prefix, error) { return egress.ParsePrefix(s) }
