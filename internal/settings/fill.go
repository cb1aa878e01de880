package settings

import "strings"

// settings fills the structure from the root group, and checks what needs more
// than one value.
func (r *reader) settings(s *Settings, root group) {
	for _, g := range r.items(root, "sockets") {
		s.Sockets = append(s.Sockets, r.socket(g))
	}
	for _, g := range r.items(root, "services") {
		s.Services = append(s.Services, r.service(g))
	}
	for _, g := range r.items(root, "endpoints") {
		s.Endpoints = append(s.Endpoints, r.endpoint(g))
	}
	clients := r.sub(root, "clients")
	s.Clients = Clients{TLS: r.clientTLS(r.sub(clients, "tls")), Proxy: r.text(clients, "proxy")}
	s.Acknowledge = list(r, root, "acknowledge", parseText)
	s.TrustedProxies = list(r, root, "trustedProxies", parsePrefix)
	r.process(s, root)
	r.unique(s)
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
	s.HTTP = HTTP{MinRate: r.number(http, "minRate"), MinRateAfter: scalar(r, http, "minRateAfter", parseDuration)}
	s.SOAP = SOAP{Headers: r.number(r.sub(root, "soap"), "headers")}
	xml := r.sub(root, "xml")
	s.XML = XML{Check: r.text(xml, "check"), HeaderBytes: r.number(xml, "headerBytes"), SplitValue: r.text(xml, "splitValue")}
	s.WSA = WSA{MaxHops: r.number(r.sub(root, "wsa"), "maxHops")}
	s.Errors = Disclosure{Disclose: r.text(r.sub(root, "errors"), "disclose")}
	s.Admin = Admin{Address: r.text(r.sub(root, "admin"), "address")}
	log := r.sub(root, "log")
	s.Log = Log{Level: r.text(log, "level"), Format: r.text(log, "format"), Access: r.flag(log, "access")}
}

// need reports a missing value.
func (r *reader) need(g group, key string) {
	if _, ok := g.keys[key]; !ok && g.keys != nil {
		r.fail(g.node, g.join(key), "%s is missing and required", g.join(key))
	}
}

func (r *reader) socket(g group) Socket {
	r.need(g, "address")
	s := Socket{Pos: r.at(g.node), Address: r.text(g, "address"), Scheme: r.text(g, "scheme")}
	if _, ok := g.keys["tls"]; ok {
		t := r.sub(g, "tls")
		r.need(t, "certificate")
		r.need(t, "key")
		s.TLS = &SocketTLS{Pos: r.at(t.node), Certificate: r.text(t, "certificate"), Key: r.text(t, "key"), Profile: r.text(t, "profile")}
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
	r.need(g, "name")
	s := Service{
		Pos: r.at(g.node), Name: r.text(g, "name"), Builtin: r.text(g, "builtin"), Forward: r.text(g, "forward"), Unused: r.flag(g, "unused"),
	}
	n := 0
	for _, is := range []bool{s.Builtin.Written(), s.Forward.Written(), s.Unused.Written()} {
		if is {
			n++
		}
	}
	if n != 1 && g.keys != nil && !r.failed(g) {
		r.fail(g.node, g.path, "service %s: write exactly one of builtin, forward and unused", quoteKey(s.Name.Get()))
	}
	if s.Unused.Written() && !s.Unused.Get() {
		r.fail(g.keys["unused"], g.join("unused"), "services[].unused: use true, or remove it")
	}
	if f := s.Forward.Get(); strings.Contains(f, "://") {
		if err := checkURL(f); err != nil {
			r.fail(g.keys["forward"], g.join("forward"), "services[].forward: %v", err)
		}
	}
	return s
}

// failed reports whether an error was found inside of a group already.
func (r *reader) failed(g group) bool {
	for _, e := range r.errs {
		if strings.HasPrefix(e.Path, g.path) && e.Pos.Line >= g.node.Line {
			return true
		}
	}
	return false
}

func (r *reader) endpoint(g group) Endpoint {
	r.need(g, "name")
	e := Endpoint{
		Pos: r.at(g.node), Name: r.text(g, "name"), Mode: r.text(g, "mode"), Pass: list(r, r.sub(g, "http"), "pass", parseText),
		Repeatable: list(r, g, "repeatable", parseText), Accept: r.text(g, "accept"), Proxy: r.text(g, "proxy"),
	}
	if _, ok := g.keys["tls"]; ok {
		t := r.clientTLS(r.sub(g, "tls"))
		e.TLS = &t
	}
	return e
}

func (r *reader) clientTLS(g group) ClientTLS {
	t := ClientTLS{Pos: r.at(g.node), Roots: r.text(g, "roots"), Certificate: r.text(g, "certificate"), Key: r.text(g, "key")}
	if t.Certificate.Written() != t.Key.Written() {
		r.fail(g.node, g.path, "%s: certificate and key go together; write both", g.path)
	}
	return t
}

// unique refuses entries that speak of the same thing.
func (r *reader) unique(s *Settings) {
	seen := map[string]string{}
	check := func(kind string, v Value[string]) {
		if !v.Written() {
			return
		}
		id := kind + " " + v.Get()
		if first, ok := seen[id]; ok {
			r.errs = append(r.errs, &Error{Pos: v.Pos, Path: kind, Text: kind + " " + quoteKey(v.Get()) + " stands at " + first + " already; keep one"})
			return
		}
		seen[id] = v.Pos.String()
	}
	for i := range s.Services {
		check("service", s.Services[i].Name)
	}
	for i := range s.Endpoints {
		check("endpoint", s.Endpoints[i].Name)
	}
	for i := range s.Sockets {
		if s.Sockets[i].Address.Written() {
			// The address holds a colon, which quoteKey hides; it is no secret.
			id := "socket " + s.Sockets[i].Address.Get()
			if first, ok := seen[id]; ok {
				r.errs = append(r.errs, &Error{
					Pos: s.Sockets[i].Address.Pos, Path: "sockets[].address",
					Text: id + " stands at " + first + " already; keep one",
				})
			}
			seen[id] = s.Sockets[i].Address.Pos.String()
		}
	}
}
