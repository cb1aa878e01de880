package assemble

import (
	"cmp"
	"errors"
	"slices"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// Outcome is what becomes of a service or an endpoint.
type Outcome string

// Outcomes, from good to bad.
const (
	Runs   Outcome = "runs"
	Unused Outcome = "not served"       // the settings, or its kind, say so
	Decide Outcome = "needs a decision" // lines in viaduct.yaml make it run
	Cannot Outcome = "cannot run"       // the file asks for what Viaduct does not do
)

// rank orders outcomes: the worst of several holds.
func (o Outcome) rank() int { return slices.Index([]Outcome{"", Runs, Unused, Decide, Cannot}, o) }

func worse(a, b Outcome) Outcome {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// Report is what Viaduct makes of a configuration: [Build] without the sockets,
// told whole.
type Report struct {
	File     string // the WCF file
	Settings string // "" where there is none
	Services []ServiceReport
	Findings []Finding // sorted by position
}

// ServiceReport is what becomes of a service.
type ServiceReport struct {
	Name      string
	Pos       source.Pos
	As        string // what stands for it: routing service, builtin echo, forward to NAME; "" when nothing does
	Outcome   Outcome
	Endpoints []EndpointReport
}

// EndpointReport is what becomes of an endpoint of a service.
type EndpointReport struct {
	Name     string
	Pos      source.Pos
	Address  string // absolute, as clients see it; as written where that cannot be said
	Binding  string // kind, or kind/configuration
	Contract string
	Outcome  Outcome
}

// Finding is one line of a report: the verdict on a setting, or an error.
type Finding struct {
	Pos    source.Pos
	Path   string
	Effect configs.Effect // Refused for every error
	Scope  configs.Scope  // of Refused
	Code   string         // stable; "" where there is none
	Text   string
	Remedy string // lines for viaduct.yaml, "" where only the file can be changed
	Stops  bool   // serve does not start with it

	Service, Endpoint string // whom it concerns; "" for more than one
	Subject           string // what a setting would name: a third-party element, a port
}

// problem is an error and whom it keeps from running.
type problem struct {
	err      error
	service  *configs.Service  // nil: all
	endpoint *configs.Endpoint // nil: all of the service
	subject  string            // see Finding.Subject
}

// Strict makes of what has no effect an error (wcf-config 12.4).
func (r *Report) Strict() {
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Effect == configs.NoEffect || f.Effect == configs.Warning || f.Effect == configs.Refused {
			f.Stops = true
		}
	}
}

// OK reports whether serve would start.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Stops })
}

// Check tells what Build would do. f may be what could be read of a file with
// errors, and nil; s may be nil too: wrong holds the errors of reading.
func Check(f *configs.File, s *settings.Settings, wrong error, o Options) *Report {
	r := &Report{}
	if f == nil {
		for _, err := range flatten(nil, wrong) {
			r.add(problem{err: err})
		}
		r.sort()
		return r
	}
	r.File = f.Name
	unread := s == nil
	if unread {
		s, _ = settings.Parse("", nil, settings.Overrides{}) // defaults, which have no error
	} else {
		r.Settings = s.Name
	}
	b, _ := build(f, s, o, nil) // its errors are the problems
	f = b.file
	b.concern(wrong)
	for _, p := range b.problems {
		if e, ok := errors.AsType[*configs.Error](p.err); ok && wrong != nil && (e.Code == CodeNoEndpoint || e.Code == CodeUnbound && unread) {
			continue // nobody knows: what would say so could not be read whole
		}
		r.add(p)
	}
	for _, x := range b.verdicts {
		r.Findings = append(r.Findings, Finding{
			Pos: x.Pos, Path: x.Path, Effect: x.Effect, Scope: x.Scope, Code: x.Code, Text: x.Text, Remedy: x.Remedy, Stops: x.Stops(),
		})
	}
	for at, text := range b.skip {
		r.Findings = append(r.Findings, Finding{Pos: at, Effect: configs.Refused, Scope: configs.ScopeEndpoint, Code: CodeAssembly, Text: text})
	}
	for _, n := range b.relaxations {
		r.Findings = append(r.Findings, Finding{Pos: n.Pos, Effect: configs.Warning, Code: CodeRelaxed, Text: n.Text})
	}
	for _, c := range f.Services {
		r.Services = append(r.Services, b.report(c))
	}
	r.sort()
	return r
}

// concern adds the errors of reading to the problems, each for those whom it
// keeps from running.
func (b *builder) concern(wrong error) {
	for _, err := range flatten(nil, wrong) {
		p := problem{err: err}
		e, ok := errors.AsType[*configs.Error](err)
		if !ok {
			b.problems = append(b.problems, p)
			continue
		}
		services, endpoints := b.file.Concerned(e)
		if len(services)+len(endpoints) == 0 {
			b.problems = append(b.problems, p)
		}
		for _, s := range services {
			b.problems = append(b.problems, problem{err: err, service: s})
		}
		for _, x := range endpoints {
			if !slices.Contains(services, x.Service) {
				b.problems = append(b.problems, problem{err: err, service: x.Service, endpoint: x})
			}
		}
	}
}

func (r *Report) add(p problem) {
	f := Finding{Pos: place(p.err), Effect: configs.Refused, Scope: p.scope(), Code: CodeAssembly, Text: p.err.Error(), Stops: true}
	if e, ok := errors.AsType[*configs.Error](p.err); ok {
		f.Path, f.Code, f.Text, f.Remedy = e.Path, cmp.Or(e.Code, CodeAssembly), e.Text, e.Remedy
	} else if e, ok := errors.AsType[*settings.Error](p.err); ok {
		f.Path, f.Code, f.Text = e.Path, CodeSettings, e.Text
	}
	if p.service != nil {
		f.Service = p.service.Name.Peek()
	}
	if p.endpoint != nil {
		f.Endpoint = p.endpoint.EffectiveName()
	}
	f.Subject = p.subject
	r.Findings = append(r.Findings, f)
}

func (p problem) scope() configs.Scope {
	switch {
	case p.endpoint != nil:
		return configs.ScopeEndpoint
	case p.service != nil:
		return configs.ScopeService
	default:
		return configs.ScopeFile
	}
}

// sort orders findings by position, and drops repeats.
func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Path, b.Path))
	})
	r.Findings = slices.CompactFunc(r.Findings, func(a, b Finding) bool {
		return a.Pos == b.Pos && a.Path == b.Path && a.Text == b.Text
	})
}

// report tells what becomes of a service and its endpoints.
func (b *builder) report(c *configs.Service) ServiceReport {
	r := ServiceReport{Name: c.Name.Peek(), Pos: c.Pos(), As: b.as[c], Outcome: Runs}
	if b.unused[c] {
		r.Outcome = Unused
	}
	for _, p := range b.problems {
		if p.service == c && p.endpoint == nil {
			r.Outcome = worse(r.Outcome, p.outcome())
		}
	}
	served := Outcome("")
	for _, e := range c.Endpoints {
		x := b.reportEndpoint(e)
		x.Outcome = worse(x.Outcome, r.Outcome)
		if served == "" || x.Outcome.rank() < served.rank() {
			served = x.Outcome
		}
		r.Endpoints = append(r.Endpoints, x)
	}
	r.Outcome = worse(r.Outcome, served) // a service runs as well as its best endpoint
	return r
}

func (b *builder) reportEndpoint(e *configs.Endpoint) EndpointReport {
	r := EndpointReport{
		Name: e.EffectiveName(), Pos: e.Pos(), Address: e.Address.Peek(), Binding: e.BindingKind.Peek(), Contract: e.Contract.Peek(), Outcome: Runs,
	}
	if e.Binding != nil && e.Binding.Name.Peek() != "" {
		r.Binding += "/" + e.Binding.Name.Peek()
	}
	if a, err := e.AbsoluteAddress(); err == nil {
		r.Address = a
	}
	if u, own := b.chosen[e]; own {
		r.Address = u.String()
	}
	if b.left(e) {
		r.Outcome = Unused
	}
	for _, p := range b.problems {
		if p.endpoint == e {
			r.Outcome = worse(r.Outcome, p.outcome())
		}
	}
	return r
}

// outcome is what a problem makes of what it concerns.
func (p problem) outcome() Outcome {
	if e, ok := errors.AsType[*configs.Error](p.err); ok && e.Remedy == "" {
		return Cannot
	}
	return Decide // in the settings, by their own error or by lines to add
}
