package proposal

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// Options say what the operator knows already.
type Options struct {
	// Forward is the URL that services go to for which the file has no client
	// endpoint; "" for the built-in echo.
	Forward string
	// Certificate and Key name PEM files for https sockets, from the working
	// directory of serve, as settings do.
	Certificate, Key string
	// Prepare is called once, before the first https socket is proposed: it makes
	// the files of Certificate for some hosts. nil: they are there.
	Prepare func(hosts []string) error
	// Load says which part of the file is meant.
	Load configs.LoadOptions
	// Build are the switches of the assembly.
	Build assemble.Options
}

// Proposal is a settings file.
type Proposal struct {
	YAML []byte
	// Empty: there is nothing to decide, and the file holds comments only.
	Empty bool
	// Open are the findings that no setting resolves; serve refuses to start with
	// them.
	Open []assemble.Finding
	// Report is what check says with the proposal.
	Report *assemble.Report
}

// rounds bounds the asking: each round answers a finding that was not there
// before, and files are finite.
const rounds = 1000

// Make proposes settings for the WCF file of that name. The file is read anew for
// each round, because building marks it.
func Make(file string, o Options) (*Proposal, error) {
	d := decisions{file: file}
	for range rounds {
		text := d.yaml(&o)
		set, err := settings.Parse(settings.FileName, text, settings.Overrides{})
		if err != nil {
			return nil, fmt.Errorf("the proposal is no settings file, which is a defect of Viaduct: %w", err)
		}
		l, err := assemble.LoadOptions(set, o.Load)
		if err != nil {
			return nil, err
		}
		f, wrong := configs.LoadFileWith(file, l)
		r := assemble.Check(f, set, wrong, o.Build)
		if f != nil && d.answer(f, r, &o) {
			if len(d.sockets) > 0 && o.Prepare != nil {
				if err := o.Prepare(hosts(r)); err != nil {
					return nil, err
				}
				o.Prepare = nil
			}
			continue
		}
		p := &Proposal{YAML: text, Empty: d.empty(), Report: r}
		for _, x := range r.Findings {
			if x.Stops {
				p.Open = append(p.Open, x)
			}
		}
		return p, nil
	}
	return nil, fmt.Errorf("no proposal after %d rounds, which is a defect of Viaduct", rounds)
}

// hosts are the names in the addresses of https endpoints.
func hosts(r *assemble.Report) []string {
	var out []string
	for _, s := range r.Services {
		for _, e := range s.Endpoints {
			u, err := url.Parse(e.Address)
			if err == nil && u.Scheme == "https" && !slices.Contains(out, u.Hostname()) {
				out = append(out, u.Hostname())
			}
		}
	}
	return out
}

// decision is one entry of a list, with what made it necessary.
type decision struct {
	name, how string
	why       []string
}

// decisions are the lists of the file.
type decisions struct {
	file        string
	hosting     []decision // one at most; how are the site bindings
	services    []decision
	endpoints   []decision
	acknowledge []decision
	sockets     []decision // name is the port
}

func (d *decisions) empty() bool {
	return len(d.hosting)+len(d.services)+len(d.endpoints)+len(d.acknowledge)+len(d.sockets) == 0
}

// put adds a decision, or a reason to one that is there. It reports whether
// anything is new.
func put(list *[]decision, name, how, why string) bool {
	i := slices.IndexFunc(*list, func(d decision) bool { return d.name == name })
	if i < 0 {
		*list = append(*list, decision{name, how, []string{why}})
		return true
	}
	d := &(*list)[i]
	if d.how != how && how == unused {
		d.how, d.why = how, []string{why}
		return true
	}
	if d.how == how && !slices.Contains(d.why, why) && len(d.why) < 5 {
		d.why = append(d.why, why)
	}
	return false
}

// unused is how a service or an endpoint is left out.
const unused = "unused: true"

// answer finds a setting for each finding that stops the start: first what makes
// something run, then what leaves an endpoint out, and a service last. It reports
// whether there is anything new.
func (d *decisions) answer(f *configs.File, r *assemble.Report, o *Options) bool {
	for _, step := range []func(*assemble.Finding, string) bool{
		func(x *assemble.Finding, why string) bool { return d.run(f, x, o, why) },
		func(x *assemble.Finding, why string) bool {
			return x.Endpoint != "" && put(&d.endpoints, x.Endpoint, unused, why)
		},
		func(x *assemble.Finding, why string) bool {
			return x.Endpoint == "" && x.Service != "" && put(&d.services, x.Service, unused, why)
		},
	} {
		progress := false
		for _, x := range r.Findings {
			if x.Stops && step(&x, d.reason(&x)) {
				progress = true
			}
		}
		if progress {
			return true
		}
	}
	return false
}

// run answers what a setting makes run.
func (d *decisions) run(f *configs.File, x *assemble.Finding, o *Options, why string) bool {
	switch {
	case x.Code == assemble.CodeUnbound:
		return put(&d.services, x.Service, d.bind(f, x.Service, o), why)
	case x.Code == assemble.CodeNoCertificate:
		return put(&d.sockets, x.Subject, "", why)
	case x.Code == "third-party-extension":
		return put(&d.acknowledge, x.Subject, "", why)
	case strings.HasPrefix(x.Remedy, "hosting:"):
		return put(&d.hosting, "site", `bindings: ["http *:80:"]`, why)
	case x.Code == "SFxEndpointNoMatchingScheme" && len(d.hosting) > 0 && strings.Contains(x.Text, "scheme https"):
		site := &d.hosting[0]
		const both = `bindings: ["http *:80:", "https *:443:"]`
		progress := site.how != both
		site.how = both
		return progress
	default:
		return false
	}
}

// reason is a finding as a comment: the settings stand beside the file, so that
// its directory says nothing.
func (d *decisions) reason(x *assemble.Finding) string {
	at := x.Pos
	at.File = filepath.Base(at.File)
	return at.String() + ": " + x.Text
}

// bind says what a service is to be: the client endpoint with its contract, the
// URL that was given, or the echo.
func (d *decisions) bind(f *configs.File, service string, o *Options) string {
	for _, s := range f.Services {
		if s.Name.Peek() != service {
			continue
		}
		for _, e := range s.Endpoints {
			for _, c := range f.Client {
				if c.Name.Peek() != "" && c.Contract.Peek() == e.Contract.Peek() && e.Contract.Peek() != "" {
					return "forward: " + quote(c.Name.Peek())
				}
			}
		}
	}
	if o.Forward != "" {
		return "forward: " + quote(o.Forward)
	}
	return "builtin: echo"
}

// quote writes a YAML scalar that is nothing but its text. Go's escapes are
// YAML's (YAML 1.2, 5.7); they cover the line ends that YAML would fold.
func quote(s string) string { return strconv.Quote(s) }
