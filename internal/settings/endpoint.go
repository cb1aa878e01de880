package settings

import (
	"time"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Endpoint changes how one endpoint of the WCF file works.
type Endpoint struct {
	Pos  source.Pos
	Name Value[string] // of a service or client endpoint

	// Of a service endpoint.
	Unused  Value[bool]     // not opened
	Aliases []Value[string] // absolute URIs
	Accept  Value[string]   // one-way: held or after-delivery

	// Of a client endpoint.
	Mode       Value[string]   // routing or forward-signed; "" = the default of the endpoint
	Pass       []Value[string] // http.pass: fields that travel on besides the safe list
	Rules      []FieldRule     // http.rules, in order
	Repeatable []Value[string] // actions that may be sent again when delivery is unknown
	TLS        *ClientTLS      // nil = Clients.TLS
	Proxy      Value[string]

	// Of a client endpoint that is one of several, or stands for several.
	Deadline Value[time.Duration] // over all attempts; 0 = none
	Limits   EndpointLimits
	Breaker  *Breaker  // nil = off
	Eject    *Ejection // nil = off
	Health   *Health   // nil = off
	Weight   Value[int64]
	Members  []Value[string] // names of client endpoints; none = the endpoint itself
	Balance  Value[string]   // round-robin, least-requests, weighted, hash
	Hash     *Hash           // not nil when Balance is hash
	Mirror   *Mirror         // nil = none
}

// FieldRule changes one field of the HTTP request that is sent.
type FieldRule struct {
	Pos   source.Pos
	Do    Value[string] // add, drop, set
	Field Value[string]
	Value Value[string] // "" for drop
}

// EndpointLimits bounds what one destination gets at once.
type EndpointLimits struct {
	Concurrent Value[int64]         // 0 = no limit
	Queue      Value[int64]         // 0 = nobody waits
	Wait       Value[time.Duration] // 0 = the sendTimeout
}

// Breaker stops sending after failures.
type Breaker struct {
	Pos      source.Pos
	Failures Value[int64]
	Within   Value[time.Duration]
	Open     Value[time.Duration]
}

// Ejection takes a member out of its group after failures in a row.
type Ejection struct {
	Pos      source.Pos
	Failures Value[int64]
	For      Value[time.Duration]
	Most     Value[int64] // percent of the group
}

// Health asks a destination now and then. Exactly one of URL and TCP is written.
type Health struct {
	Pos       source.Pos
	URL       Value[string]
	TCP       Value[bool]
	Interval  Value[time.Duration]
	Timeout   Value[time.Duration]
	Healthy   Value[int64]
	Unhealthy Value[int64]
}

// Hash is what balance: hash looks at. Exactly one of the two is written.
type Hash struct {
	Pos   source.Pos
	Field Value[string]
	XPath Value[string]
}

// Mirror sends copies of messages to a second destination.
type Mirror struct {
	Pos     source.Pos
	To      Value[string] // name of a client endpoint
	Compare Value[bool]
	Ignore  []Value[string]
	File    Value[string] // "" = none
	Most    Value[int64]
}

// endpoint reads one entry of endpoints.
func (r *reader) endpoint(g group) Endpoint {
	http := r.sub(g, "http")
	e := Endpoint{
		Pos: r.at(g.node), Name: r.text(g, "name"), Aliases: list(r, g, "aliases", parseText), Mode: r.text(g, "mode"),
		Pass: list(r, http, "pass", parseText), Repeatable: list(r, g, "repeatable", parseText), Accept: r.text(g, "accept"), Unused: r.flag(g, "unused"),
		Proxy: r.text(g, "proxy"), Deadline: r.duration(g, "deadline"),
	}
	for _, rule := range r.items(http, "rules") {
		e.Rules = append(e.Rules, r.fieldRule(rule))
	}
	if g.has("tls") {
		t := r.clientTLS(r.sub(g, "tls"))
		e.TLS = &t
	}
	limits := r.sub(g, "limits")
	e.Limits = EndpointLimits{
		Concurrent: r.number(limits, "concurrent"), Queue: r.number(limits, "queue"), Wait: r.duration(limits, "wait"),
	}
	if !e.Limits.Concurrent.Written() && (e.Limits.Queue.Written() || e.Limits.Wait.Written()) {
		r.fail(limits.node, limits.path, "%s: queue and wait need concurrent; write how many messages are in progress at most", limits.path)
	}
	r.endpointHealth(&e, g)
	r.endpointGroup(&e, g)
	return e
}

func (r *reader) endpointHealth(e *Endpoint, g group) {
	if g.has("breaker") {
		b := r.sub(g, "breaker")
		e.Breaker = &Breaker{
			Pos: r.at(b.node), Failures: r.number(b, "failures"), Within: r.duration(b, "within"), Open: r.duration(b, "open"),
		}
		r.positive(b, "within", e.Breaker.Within)
		r.positive(b, "open", e.Breaker.Open)
	}
	if g.has("eject") {
		x := r.sub(g, "eject")
		e.Eject = &Ejection{
			Pos: r.at(x.node), Failures: r.number(x, "failures"), For: r.duration(x, "for"), Most: r.number(x, "most"),
		}
		r.positive(x, "for", e.Eject.For)
	}
	if g.has("health") {
		h := r.sub(g, "health")
		e.Health = &Health{
			Pos: r.at(h.node), URL: r.text(h, "url"), TCP: r.flag(h, "tcp"),
			Interval: r.duration(h, "interval"), Timeout: r.duration(h, "timeout"),
			Healthy: r.number(h, "healthy"), Unhealthy: r.number(h, "unhealthy"),
		}
		r.positive(h, "interval", e.Health.Interval)
		r.positive(h, "timeout", e.Health.Timeout)
		r.onlyTrue(h, "tcp", e.Health.TCP)
	}
}

func (r *reader) endpointGroup(e *Endpoint, g group) {
	e.Weight, e.Members, e.Balance = r.number(g, "weight"), list(r, g, "members", parseText), r.text(g, "balance")
	seen := map[string]bool{}
	for _, m := range e.Members {
		if m.Written() && seen[m.Get()] {
			r.errs = append(r.errs, &Error{Pos: m.Pos, Path: g.join("members"), Text: "member " + quoteKey(m.Get()) + " stands twice; use weight to give it more"})
		}
		seen[m.Get()] = true
	}
	if e.Balance.Written() && len(e.Members) == 0 {
		r.fail(g.keys["balance"], g.join("balance"), "endpoints[].balance chooses between members; write members, or remove it")
	}
	byHash := e.Balance.Get() == "hash"
	switch {
	case g.has("hash") && !byHash:
		r.fail(g.keys["hash"], g.join("hash"), "endpoints[].hash belongs to balance: hash; write that, or remove it")
	case byHash && !g.has("hash"):
		r.fail(g.keys["balance"], g.join("balance"), "endpoints[].balance: hash needs hash: {field: NAME} or hash: {xpath: EXPRESSION}")
	}
	if g.has("hash") {
		h := r.sub(g, "hash")
		e.Hash = &Hash{Pos: r.at(h.node), Field: r.text(h, "field"), XPath: r.text(h, "xpath")}
	}
	if !g.has("mirror") {
		return
	}
	m := r.sub(g, "mirror")
	e.Mirror = &Mirror{
		Pos: r.at(m.node), To: r.text(m, "to"), Compare: r.flag(m, "compare"), Ignore: list(r, m, "ignore", parseText),
		File: r.text(m, "file"), Most: r.number(m, "most"),
	}
	for _, key := range []string{"ignore", "file"} {
		if m.has(key) && !e.Mirror.Compare.Get() {
			r.fail(m.keys[key], m.join(key), "%s needs compare: true", m.join(key))
		}
	}
	if e.Mirror.To.Written() && e.Mirror.To.Get() == e.Name.Get() {
		r.fail(m.keys["to"], m.join("to"), "endpoint %s: a mirror of itself; name another client endpoint", quoteKey(e.Name.Get()))
	}
}

func (r *reader) fieldRule(g group) FieldRule {
	rule := FieldRule{Pos: r.at(g.node), Do: r.text(g, "do"), Field: r.text(g, "field"), Value: r.text(g, "value")}
	switch drop := rule.Do.Get() == "drop"; {
	case !rule.Do.Written():
	case drop && g.has("value"):
		r.fail(g.keys["value"], g.join("value"), "%s: drop takes no value; remove it", g.path)
	case !drop && !g.has("value") && g.keys != nil:
		r.fail(g.node, g.join("value"), "%s: %s needs a value", g.path, rule.Do.Get())
	}
	return rule
}

// positive refuses a written zero where it would mean nothing.
func (r *reader) positive(g group, key string, v Value[time.Duration]) {
	if v.Written() && v.Get() == 0 {
		r.fail(g.keys[key], g.join(key), "%s: use a time above zero", g.join(key))
	}
}

// onlyTrue refuses a written false of a switch that is off when it is absent.
func (r *reader) onlyTrue(g group, key string, v Value[bool]) {
	if v.Written() && !v.Get() {
		r.fail(g.keys[key], g.join(key), "%s: use true, or remove it", g.join(key))
	}
}
