package assemble

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/upstream"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/wsdl"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// Options are what a program gets from its caller.
type Options struct {
	Log *slog.Logger // nil: none
	// AccessLog takes the lines of the access log, each in one Write; nil for none.
	AccessLog io.Writer
	// NoAdmin leaves the admin address out, for programs inside of others.
	NoAdmin bool
	// Observe is told of each exchange, beside metrics and access log; may be nil.
	Observe func(*binding.Exchange)
	// Load reads the files of the configuration again, for a reload that the
	// admin address is asked for; nil: none can be asked for.
	Load func() (*configs.File, *settings.Settings, error)
	// AllowUnbound leaves services out for which nothing stands (wcf-config 2.1).
	AllowUnbound bool
	// LenientEndpoints leaves endpoints out that cannot be served, where an error
	// concerns nothing else (wcf-config 12.4).
	LenientEndpoints bool
	// Listen opens sockets; nil: net.ListenConfig.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
	// Trial takes each request to a destination instead of the network; nil:
	// requests are sent. See http1.Options.
	Trial func(address string, request []byte)
	// Explain has every Decision tell of all candidates.
	Explain bool
	// Version is what the admin page calls the program.
	Version string
	// LogDropped returns how many log lines were dropped; may be nil.
	LogDropped func() int64
}

// Notice is something that an operator should know and that stops nothing.
type Notice struct {
	Pos  source.Pos
	Text string
}

// builder holds what is built once and referred to from several places.
type builder struct {
	file     *configs.File
	settings *settings.Settings
	options  Options
	prior    *Program // whose resources are used on; nil for a new program
	metrics  *admin.Metrics
	access   *admin.AccessLog
	decided  *admin.Decisions // the last ones, for the admin page; may be nil
	budget   *buf.Budget
	host     *hosting.Host
	snapshot *hosting.Snapshot

	bindings     map[bindingKey]*binding.Binding
	defaults     map[defaultKey]*binding.Binding // of kinds, where the file has no such binding
	pools        map[poolKey]*http1.Pool
	throttles    map[string]*hosting.Throttle
	windows      map[string]*addressing.Window
	uniques      map[string]string                  // of endpoints with an address of their own, see unique
	chosen       map[*configs.Endpoint]uritable.URI // their addresses
	operated                                        // back ends, groups, mirrors
	keys         keyring
	digests      map[string]string            // of certificate files
	clients      map[string]*configs.Endpoint // client endpoints by name, see clientNamed
	contracts    map[contractKey]*endpoint.Contract
	documents    map[string]*wsdl.Document // by file
	destinations map[destinationKey]*routing.Destination
	site         *iisSite // that the settings describe, once it was asked for
	listeners    map[string]*group
	order        []*group // listeners in the order of the file
	sockets      []*socket
	openTimeout  time.Duration // longest of the services; 0 = none
	closeTimeout time.Duration // likewise
	notices      []Notice
	insecure     []string                      // settings that relax a rule
	known        addressing.KnownOptions       // what messages may say in the words of the file
	ends         map[string]*settings.Endpoint // settings of endpoints by name
	problems     []problem
	skip         map[source.Pos]string // endpoints that are left out, and why
	relaxations  []Notice
	verdicts     []configs.Finding           // on the whole file
	as           map[*configs.Service]string // what stands for a service
	unused       map[*configs.Service]bool
	kept         map[*configs.Endpoint]bool // whose message security cannot pass through, which was said
}

// Build makes a program of a configuration. The error names everything that is
// wrong at once, with positions.
func Build(f *configs.File, s *settings.Settings, o Options) (*Program, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b, err := build(f, s, o, nil)
	if err != nil {
		return nil, err
	}
	b.metrics.Relax(b.insecure)
	return b.program(), nil
}

// build builds a configuration. Where endpoints may be left out it reads the
// files again without those that cannot be served: what they consumed must not
// count.
func build(f *configs.File, s *settings.Settings, o Options, prior *Program) (*builder, error) {
	left := map[source.Pos]string{}
	for {
		b := newBuilder(f, s, o, prior)
		b.skip = left
		for _, at := range slices.SortedFunc(maps.Keys(left), source.Pos.Compare) {
			b.notice(at, leftOut+left[at])
		}
		err := b.build()
		if err == nil || !o.LenientEndpoints || o.Load == nil || !b.skippable() {
			return b, err
		}
		if f, s, err = o.Load(); err != nil {
			return b, err
		}
	}
}

// leftOut begins what is told of an endpoint that is left out for an error.
const leftOut = "the endpoint is left out: "

// skippable adds the endpoints that cannot be served to those that are left out.
// It reports whether leaving them out is worth another try.
func (b *builder) skippable() bool {
	more := false
	for _, p := range b.problems {
		if p.endpoint != nil && b.skip[p.endpoint.Pos()] == "" {
			b.skip[p.endpoint.Pos()] = p.err.Error()
			more = true
		}
	}
	return more
}

// left reports whether an endpoint of a service is not opened: by its kind, by
// the settings, or because it cannot be served and may be left out.
func (b *builder) left(e *configs.Endpoint) bool {
	return e.LeftOut() || b.skip[e.Pos()] != "" || b.endpointSettings(e.EffectiveName()).Unused.Get()
}

// newBuilder prepares to build. prior is the program that shall run the
// configuration, nil for a new one.
func newBuilder(f *configs.File, s *settings.Settings, o Options, prior *Program) *builder {
	b := &builder{
		file: f, settings: s, options: o, prior: prior,
		snapshot:     hosting.NewSnapshot(),
		bindings:     map[bindingKey]*binding.Binding{},
		defaults:     map[defaultKey]*binding.Binding{},
		pools:        map[poolKey]*http1.Pool{},
		throttles:    map[string]*hosting.Throttle{},
		windows:      map[string]*addressing.Window{},
		uniques:      map[string]string{},
		chosen:       map[*configs.Endpoint]uritable.URI{},
		digests:      map[string]string{},
		contracts:    map[contractKey]*endpoint.Contract{},
		documents:    map[string]*wsdl.Document{},
		destinations: map[destinationKey]*routing.Destination{},
		listeners:    map[string]*group{},
		as:           map[*configs.Service]string{},
		unused:       map[*configs.Service]bool{},
		kept:         map[*configs.Endpoint]bool{},
	}
	if prior != nil {
		b.metrics, b.budget, b.host = prior.metrics, prior.budget, prior.host
		b.operated = newOperated(prior.registry, prior.callbacks)
		b.decided = prior.decided
	} else {
		b.metrics, b.budget, b.host = admin.NewMetrics(), newBudget(s), hosting.NewHost(b.snapshot)
		b.operated = newOperated(upstream.NewRegistry(time.Now(), upstream.Log(o.Log)), &callbacks{})
		b.decided = admin.NewDecisions(int(s.Admin.Decisions.Get()))
	}
	if s.Log.Access.Get() && o.AccessLog != nil {
		b.access = admin.NewAccessLog(o.AccessLog, admin.AccessLogOptions{JSON: s.Log.Format.Get() == "json", Level: s.LogLevel()})
	}
	return b
}

func (b *builder) build() error {
	b.checkSettings()
	b.checkFilters()
	b.checkContracts()
	b.loadCertificates()
	b.overrideSecurity()
	for _, a := range b.settings.Acknowledge {
		b.file.Acknowledge(a.Get())
	}
	for _, svc := range b.file.Services {
		b.service(svc)
	}
	b.listen()
	b.idleCertificates()
	if len(b.order) == 0 && len(b.problems) == 0 {
		b.fail(&configs.Error{
			Pos: source.Pos{File: b.file.Name, Line: 1, Column: 1}, Code: CodeNoEndpoint,
			Text: "no endpoint to serve; declare one in system.serviceModel/services",
		})
	}
	b.findings()
	b.relaxed()
	errs := make([]error, 0, len(b.problems))
	for _, p := range b.problems {
		errs = append(errs, p.err)
	}
	return Join(errs...)
}

// fail notes an error of the whole configuration; nil is none.
func (b *builder) fail(err error) { b.failFor(nil, nil, err) }

// failFor notes an error that keeps a service, or one of its endpoints, from
// running.
func (b *builder) failFor(c *configs.Service, e *configs.Endpoint, err error) {
	for _, one := range flatten(nil, err) {
		p := problem{err: one, service: c, endpoint: e}
		if x, ok := errors.AsType[subjectError](one); ok {
			p.err, p.subject = x.error, x.subject
		}
		b.problems = append(b.problems, p)
	}
}

// findings refuses what the file says and nobody honours, and turns what it says
// without effect into notices. Everything has to be built before.
func (b *builder) findings() {
	list := b.file.Findings()
	for _, svc := range b.file.Services {
		for _, e := range svc.Endpoints {
			if _, own := b.chosen[e]; own {
				list = append(list, b.chosenFinding(e))
			}
		}
	}
	b.verdicts = slices.Grow(b.verdicts, len(list))
	for i := range list {
		switch f := &list[i]; {
		case !f.Stops() || f.Effect == configs.Unconsumed:
		case b.told(*f):
			f.Remedy = "" // the endpoint's own error has the lines that help
		default:
			b.refuse(*f)
		}
	}
	for _, f := range list {
		if f.Effect == configs.Unconsumed && b.broken(f) {
			continue // whatever would have used it was not built
		}
		b.verdicts = append(b.verdicts, f)
		if f.Code == "insecure-setting" && f.Effect != configs.Refused {
			b.insecure = append(b.insecure, f.Path) // threats T-CFG-04
		}
		switch {
		case f.Effect == configs.Unconsumed:
			b.refuse(f)
		case f.Stops():
		case f.Effect != configs.Honoured && f.Effect != configs.Default:
			b.notice(f.Pos, f.Text)
		}
	}
}

// broken reports whether something that a finding concerns could not be built.
func (b *builder) broken(f configs.Finding) bool {
	services, endpoints := b.file.Affected(f)
	return slices.ContainsFunc(b.problems, func(p problem) bool {
		return len(services)+len(endpoints) == 0 ||
			p.service != nil && slices.Contains(services, p.service) || p.endpoint != nil && slices.Contains(endpoints, p.endpoint) ||
			p.service != nil && p.endpoint == nil && slices.ContainsFunc(endpoints, func(e *configs.Endpoint) bool { return e.Service == p.service })
	})
}

// refuse notes a finding that stops the start, once for each service or endpoint
// that it concerns.
func (b *builder) refuse(f configs.Finding) {
	subject := ""
	if f.Code == "third-party-extension" {
		subject = f.Path[strings.LastIndexByte(f.Path, '/')+1:]
	}
	services, endpoints := b.file.Affected(f)
	if f.Scope == configs.ScopeFile || len(services)+len(endpoints) == 0 {
		b.problems = append(b.problems, problem{err: f.Err(), subject: subject})
		return
	}
	for _, s := range services {
		b.problems = append(b.problems, problem{err: f.Err(), service: s, subject: subject})
	}
	for _, e := range endpoints {
		if !slices.Contains(services, e.Service) {
			b.problems = append(b.problems, problem{err: f.Err(), service: e.Service, endpoint: e, subject: subject})
		}
	}
}

// newBudget bounds the octets that messages hold (threats 3.1): a quarter of
// GOMEMLIMIT, else 512 MiB, unless the settings say otherwise.
func newBudget(s *settings.Settings) *buf.Budget {
	memory := s.Limits.MessageMemory.Get()
	if memory == 0 {
		memory = 512 << 20
		if limit := debug.SetMemoryLimit(-1); limit < 1<<60 {
			memory = limit / 4
		}
	}
	return buf.NewBudget(memory, s.Limits.Spool.Get(), s.Limits.SpoolDir.Get())
}

// lower applies the settings to limits of the file: they may lower a limit, and
// raise one only with limits.allowRaise.
func (b *builder) lower(l *soap.Limits) {
	l.Spool = b.settings.Limits.Spool.Get()
	l.Blocks = int(b.settings.SOAP.Headers.Get())
	raise := b.settings.Limits.AllowRaise.Get()
	if h := b.settings.XML.HeaderBytes; h.Written() {
		if n := int(h.Get()); n < l.Header || raise {
			l.Header = n
		}
	}
}

// calls is the number of concurrent calls of a service: 16 for each processor
// (wcf-config 5.1).
func calls(t *configs.Throttling) int {
	if n := t.MaxConcurrentCalls.Get(); n > 0 {
		return int(n)
	}
	return 16 * runtime.NumCPU()
}

// connections is the bound of each socket: 80 % of the file descriptors less 64
// for destinations and the admin address, shared by the sockets.
func (b *builder) connections() int {
	if n := b.settings.Limits.Connections.Get(); n > 0 {
		return int(n)
	}
	n := descriptors()
	if n == 0 {
		return 0
	}
	return max((n*8/10-64)/len(b.sockets), 16)
}

// sendTimeout is how long a call may wait for its turn: the longest sendTimeout
// of the service's bindings.
func (b *builder) sendTimeout(c *configs.Service) time.Duration {
	longest := time.Duration(0)
	for _, e := range c.Endpoints {
		if !b.left(e) && e.Binding.Served() {
			longest = max(longest, e.Binding.SendTimeout.Get())
		}
	}
	return longest
}
