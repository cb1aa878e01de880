package configs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Effect is what becomes of a setting.
type Effect string

// Effects (spec wcf-config, verdict letters).
const (
	Honoured      Effect = "honoured"       // a constructor consumed it
	Default       Effect = "default"        // written, but equal to the default
	NoEffect      Effect = "no effect"      // known, and without meaning here
	Refused       Effect = "refused"        // not served; see Scope
	PassedThrough Effect = "passed through" // message security that the two ends check; see Security.PassThrough
	Mapped        Effect = "mapped"         // Viaduct does the same in another way: by another element, or by the settings
	Unconsumed    Effect = "unconsumed"     // nobody used it and no row explains it: a defect of Viaduct
	Unused        Effect = "unused"         // nothing that is served refers to its owner
	Warning       Effect = "warning"        // legal, and probably not meant
)

// Scope is how much a refusal takes with it.
type Scope string

// Scopes. A refusal of scope Setting does not stop the start: what is lost is
// no security, no limit and no part of the wire format, and it is printed.
const (
	ScopeFile     Scope = "file"
	ScopeService  Scope = "service"
	ScopeEndpoint Scope = "endpoint"
	ScopeSetting  Scope = "setting"
)

// Finding is the verdict on one written attribute or element, or on a default
// that cannot be served.
type Finding struct {
	Pos    source.Pos
	Path   string
	Effect Effect
	Scope  Scope  // of Refused; "" otherwise
	Code   string // stable: the identifier of WCF's message, or one of Viaduct's own; see Codes
	Text   string // why, and for Refused what to do; "" for Honoured and Default

	// Remedy is what to add to viaduct.yaml, in its syntax and ready to paste; ""
	// where only the file itself can be changed.
	Remedy string

	gate  *Element   // the finding counts only when this one is used
	about []*Element // what it is about; several where one text stands for all
}

// Stops reports whether serve must not start with this finding.
func (f Finding) Stops() bool {
	return f.Effect == Unconsumed || f.Effect == Refused && f.Scope != ScopeSetting
}

// Err gives the finding as the error that stops a start.
func (f Finding) Err() *Error {
	return &Error{Pos: f.Pos, Path: f.Path, Code: f.Code, Text: f.Text, Remedy: f.Remedy}
}

// Findings gives the verdict on everything that the file says, sorted by
// position. Call it after the assembler has built what it serves: until then
// everything is unused.
func (f *File) Findings() []Finding {
	r := reporter{}
	for _, x := range f.findings {
		if x.gate == nil || live(x.gate) {
			r.add(x)
		}
	}
	for _, e := range f.roots {
		r.element(e)
	}
	for _, e := range f.implied {
		r.element(e)
	}
	slices.SortStableFunc(r.out, func(a, b Finding) int { return a.Pos.Compare(b.Pos) })
	return distinct(r.out)
}

// distinct drops repetitions from sorted findings: one element may be part of
// several things that are served.
func distinct(list []Finding) []Finding {
	out := list[:0]
	run := 0 // where the findings at the last position begin
	for _, x := range list {
		if x.gate != nil {
			x.about, x.gate = append(x.about, x.gate), nil
		}
		if len(out) == 0 || out[len(out)-1].Pos != x.Pos {
			run = len(out)
		}
		if i := slices.IndexFunc(out[run:], x.same); i >= 0 {
			out[run+i].about = append(out[run+i].about, x.about...)
		} else {
			out = append(out, x)
		}
	}
	return out
}

// same reports whether two findings say the same.
func (f Finding) same(x Finding) bool {
	return f.Pos == x.Pos && f.Path == x.Path && f.Effect == x.Effect && f.Scope == x.Scope && f.Code == x.Code && f.Text == x.Text
}

// Affected gives the endpoints of services that a finding concerns, and the
// services that it concerns as a whole. Nothing means: the file.
func (f *File) Affected(x Finding) (services []*Service, endpoints []*Endpoint) {
	seen := map[*Element]bool{}
	for _, e := range x.about {
		e.owner().reach(seen)
	}
	for _, s := range f.Services {
		if seen[s.Element] {
			services = append(services, s)
		}
		for _, ep := range s.Endpoints {
			if seen[ep.Element] {
				endpoints = append(endpoints, ep)
			}
		}
	}
	return services, endpoints
}

// reach marks e and everything that refers to it, directly or not.
func (e *Element) reach(seen map[*Element]bool) {
	if seen[e] {
		return
	}
	seen[e] = true
	for _, u := range e.users {
		u.owner().reach(seen)
	}
}

// Unconsumed gives what was written, matters, and was consumed by nobody. The
// assembler refuses to start on it.
func (f *File) Unconsumed() []Finding {
	return slices.DeleteFunc(f.Findings(), func(x Finding) bool { return x.Effect != Unconsumed })
}

// Err gives everything that must stop a start as Errors, or nil: refusals that
// go beyond a single setting, and what nobody consumed. Call it after
// assembling, and before opening a socket.
func (f *File) Err() error {
	var errs []error
	for _, x := range f.Findings() {
		if x.Stops() {
			errs = append(errs, x.Err())
		}
	}
	return Join(errs...)
}

// live reports whether what an owner says matters: it was used, or something
// live refers to it.
func live(e *Element) bool {
	o := e.owner()
	if o.parent == nil && !o.row.owns {
		return true // a setting of the whole file
	}
	if o.used.Load() {
		return true
	}
	return slices.ContainsFunc(o.users, live)
}

type reporter struct{ out []Finding }

func (r *reporter) about(e *Element, f Finding) {
	f.about = []*Element{e}
	r.add(f)
}

func (r *reporter) add(f Finding) {
	if f.Code == "" {
		f.Code = effectCodes[f.Effect]
	}
	r.out = append(r.out, f)
}

// effectCodes are the codes of verdicts that no rule of their own has made.
var effectCodes = map[Effect]string{
	Honoured: "honoured", Default: "default-value", NoEffect: "no-effect", Refused: "not-served", PassedThrough: "passed-through",
	Mapped: "mapped", Unconsumed: "unconsumed", Unused: "unused", Warning: "warning",
}

func (r *reporter) element(e *Element) {
	if e.void != "" {
		r.void(e)
		return
	}
	if e.row.owns && !live(e) {
		if e.written && !e.told {
			r.about(e, Finding{
				Pos: e.pos, Path: e.Path(), Effect: Unused,
				Text: e.label() + ": nothing that is served refers to it, so nothing in it has an effect",
			})
		}
		return
	}
	r.presence(e)
	for _, a := range e.attrs {
		r.attribute(a)
	}
	for _, c := range e.children {
		r.element(c)
	}
}

// void: something else than the element counts.
func (r *reporter) void(e *Element) {
	effect := NoEffect
	if e.mapped {
		effect = Mapped
	}
	if e.written && (!e.told || e.mapped) {
		r.about(e, Finding{Pos: e.pos, Path: e.Path(), Effect: effect, Text: e.label() + ": " + e.void})
	}
}

// presence is the verdict on an element as such. Attributes and children speak
// for one that is honoured.
func (r *reporter) presence(e *Element) {
	v := e.row.effective()
	if !e.written || v == VerdictHonour && !e.row.opaque {
		return
	}
	f := Finding{Pos: e.pos, Path: e.Path(), Text: e.label() + ": " + e.row.note}
	relevant, why := true, ""
	if e.row.when != nil {
		relevant, why = e.row.when(e)
	}
	switch {
	case !relevant:
		f.Effect, f.Text = NoEffect, e.label()+": "+why
	case e.third && e.consumed.Load():
		f.Effect, f.Text = NoEffect, e.label()+": left out, as the settings acknowledge"
	case e.consumed.Load() && (v == VerdictHonour || v == VerdictNotYetSetting || v == VerdictNotYet):
		f.Effect, f.Text = Honoured, ""
	case v == VerdictHonour:
		f.Effect, f.Text = Unconsumed, e.label()+unconsumedText
	case v == VerdictNoEffect:
		f.Effect = NoEffect
	case v == VerdictPass && e.passes():
		f.Effect, f.Text = PassedThrough, e.label()+textPassed
	case v == VerdictNotYetSetting:
		f.Effect, f.Scope = Refused, ScopeSetting
	default:
		f.Effect, f.Scope = Refused, e.row.scope
		if f.Scope == "" {
			f.Scope = ScopeFile
		}
	}
	if f.Effect == Refused {
		f.Code, f.Remedy = refusedCode(e.row.effective(), e, nil), remedy(e, nil)
	}
	r.about(e, f)
}

const unconsumedText = " is known, but nothing in this program used it; report this as a defect of Viaduct, and remove it to start"

// attribute is the verdict on one attribute with its effective value.
func (r *reporter) attribute(a *attr) {
	if !a.written && len(a.row.served) == 0 {
		return
	}
	relevant, why := true, ""
	if a.row.when != nil {
		relevant, why = a.row.when(a.el)
	}
	effect, scope, text := a.verdict(relevant, why)
	if effect == "" {
		return
	}
	if text != "" {
		text = a.el.label() + ": " + a.row.name + text
	}
	f := Finding{Pos: a.pos(), Path: a.path(), Effect: effect, Scope: scope, Text: text}
	if effect == Refused {
		f.Code, f.Remedy = refusedCode(a.row.effective(), a.el, a), remedy(a.el, a)
	}
	r.about(a.el, f)
}

// refusedCode is the code of a row that is refused.
func refusedCode(v Verdict, e *Element, a *attr) string {
	switch {
	case e.third:
		return "third-party-extension"
	case a != nil && e.name == "security" && (a.row.name == "mode" || a.row.name == "authenticationMode"):
		return "security-not-served"
	case v == VerdictNotYet || v == VerdictNotYetSetting:
		return "not-yet"
	case a != nil && len(a.row.served) > 0 && !a.written:
		return "default-not-served"
	case a != nil && len(a.row.served) > 0:
		return "value-not-served"
	}
	return "not-served"
}

// verdict gives no effect where nothing is to be said; the text goes on from
// the attribute's name.
func (a *attr) verdict(relevant bool, why string) (Effect, Scope, string) {
	v := a.row.effective()
	switch {
	case !a.over.IsZero():
		return Mapped, "", " " + quote(a.was) + " does not count: the settings say " + quote(a.text) + " (" + a.over.String() + ")"
	case relevant && a.passedThrough():
		return PassedThrough, "", textPassed
	case relevant && a.refused():
		return Refused, a.scope(), a.refusedText()
	case !a.written:
		return "", "", ""
	case !a.settled.IsZero():
		return Mapped, "", " " + a.quoted() + ": the settings stand for it (" + a.settled.String() + ")"
	case relevant && a.consumed.Load():
		return Honoured, "", ""
	case a.isDefault():
		return Default, "", ""
	case !relevant:
		return NoEffect, "", ": " + why
	case v == a.el.row.effective() && a.row.note == a.el.row.note && v != VerdictHonour:
		return "", "", "" // the element says it
	case v == VerdictNoEffect:
		return NoEffect, "", ": " + a.row.note
	case v == VerdictNotYetSetting:
		return Refused, ScopeSetting, ": " + a.row.note
	case v == VerdictHonour:
		return Unconsumed, "", unconsumedText
	}
	return Refused, a.scope(), a.refusedText()
}

func (a *attr) refusedText() string {
	text := " " + a.quoted() + " is not served"
	if !a.written {
		text = " is " + a.quoted() + " by default, which is not served"
	}
	if len(a.row.served) > 0 && len(a.row.served) < 4 {
		text += " (" + strings.Join(a.row.served, ", ") + " is)"
	}
	if a.row.note != "" {
		text += "; " + a.row.note
	}
	return text
}

// refused reports whether the effective value is none that is served.
func (a *attr) refused() bool {
	if len(a.row.served) == 0 || a.bad {
		return false
	}
	switch v := a.val.(type) {
	case bool:
		return !slices.Contains(a.row.served, strconv.FormatBool(v))
	case string:
		return !slices.Contains(a.row.served, v)
	case []string:
		return slices.ContainsFunc(v, func(s string) bool { return !slices.Contains(a.row.served, s) })
	}
	return false
}

// scope is what a refused attribute takes with it.
func (a *attr) scope() Scope {
	for x := a.el; x != nil; x = x.parent {
		switch x.name {
		case "service", "serviceBehaviors", "filter":
			return ScopeService
		case "endpoint", "bindings", "endpointBehaviors", "client":
			return ScopeEndpoint
		case "binding", "behavior":
			if x.parent == nil {
				return ScopeEndpoint
			}
		}
	}
	return ScopeFile
}
