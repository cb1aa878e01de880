package assemble

import (
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
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
	metrics  *admin.Metrics
	access   *admin.AccessLog
	budget   *buf.Budget
	host     *hosting.Host
	snapshot *hosting.Snapshot

	bindings     map[bindingKey]*binding.Binding
	defaults     map[defaultKey]*binding.Binding // of kinds, where the file has no such binding
	pools        map[poolKey]*http1.Pool
	destinations map[*configs.Endpoint]*routing.Destination
	listeners    map[string]*group
	order        []*group // listeners in the order of the file
	sockets      []*socket
	openTimeout  time.Duration // longest of the services; 0 = none
	closeTimeout time.Duration // likewise
	notices      []Notice
	known        addressing.KnownOptions // what messages may say in the words of the file
	errs         []error
}

// Build makes a program of a configuration. The error names everything that is
// wrong at once, with positions.
func Build(f *configs.File, s *settings.Settings, o Options) (*Program, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &builder{
		file: f, settings: s, options: o,
		metrics:      admin.NewMetrics(),
		budget:       newBudget(s),
		snapshot:     hosting.NewSnapshot(),
		bindings:     map[bindingKey]*binding.Binding{},
		defaults:     map[defaultKey]*binding.Binding{},
		pools:        map[poolKey]*http1.Pool{},
		destinations: map[*configs.Endpoint]*routing.Destination{},
		listeners:    map[string]*group{},
	}
	b.host = hosting.NewHost(b.snapshot)
	if s.Log.Access.Get() && o.AccessLog != nil {
		b.access = admin.NewAccessLog(o.AccessLog, admin.AccessLogOptions{JSON: s.Log.Format.Get() == "json", Level: s.LogLevel()})
	}
	b.checkSettings()
	for _, a := range s.Acknowledge {
		f.Acknowledge(a.Get())
	}
	for _, svc := range f.Services {
		b.service(svc)
	}
	b.listen()
	if len(b.order) == 0 && len(b.errs) == 0 {
		b.fail(fmt.Errorf("%s: no endpoint to serve; declare one in system.serviceModel/services", f.Name))
	}
	b.findings()
	if err := Join(b.errs...); err != nil {
		return nil, err
	}
	b.relaxed()
	return b.program()
}

// fail notes an error; nil is none.
func (b *builder) fail(err error) {
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// findings refuses what the file says and nobody honours, and turns what it says
// without effect into notices. Everything has to be built before.
func (b *builder) findings() {
	for _, f := range b.file.Findings() {
		switch {
		case f.Stops():
			b.fail(f.Err())
		case f.Effect != configs.Honoured && f.Effect != configs.Default:
			b.notices = append(b.notices, Notice{Pos: f.Pos, Text: f.Text})
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
func sendTimeout(c *configs.Service) time.Duration {
	longest := time.Duration(0)
	for _, e := range c.Endpoints {
		if !e.LeftOut() && e.Binding.Served() {
			longest = max(longest, e.Binding.SendTimeout.Get())
		}
	}
	return longest
}
