package settings

import (
	"log/slog"
	"net/netip"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/viaduct-soap/viaduct/internal/egress"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// Settings is viaduct.yaml, with defaults where nothing is written. Reference
// tells what each field means; a field that says "0 = automatic" has a default
// which its consumer computes.
type Settings struct {
	Name string // the file as it was named; "" when there is none

	Sockets      []Socket
	Certificates []Certificate
	Hosting      *Hosting // nil when there is none

	Services    []Service
	Contracts   []Contract
	Bindings    []Binding
	Filters     []Filter
	Endpoints   []Endpoint
	Clients     Clients
	Egress      Egress
	Acknowledge []Value[string] // third-party elements of the WCF file that may be left out

	TrustedProxies []Value[netip.Prefix]

	Limits Limits
	HTTP   HTTP
	SOAP   SOAP
	XML    XML
	Filter FilterBudget
	WSA    WSA
	Errors Disclosure
	Admin  Admin
	Log    Log

	unbuilt   Errors
	root      *yaml.Node // of the file, nil where there is none
	overrides Overrides
}

// Unbuilt returns the settings that are written and that this version reads but
// does not serve, as the errors to refuse a start with; nil when there are none.
func (s *Settings) Unbuilt() Errors { return s.unbuilt }

// Socket is one address that Viaduct listens on. An endpoint of the WCF file
// uses the sockets whose scheme and port are its own; an endpoint that finds
// none opens what its URI says.
type Socket struct {
	Pos     source.Pos
	Address Value[string] // host:port or :port; the host may be empty
	Scheme  Value[string] // http or https; https needs TLS
	TLS     *SocketTLS    // nil when there is none
}

// SocketTLS is the certificate of a socket.
type SocketTLS struct {
	Pos               source.Pos
	Certificate       Value[string] // PEM file: the chain
	Key               Value[string] // PEM file: the private key
	Profile           Value[string] // modern, legacy
	ClientAuthorities Value[string] // PEM file; "" = clients show no certificate
}

// Certificate says which PEM files stand for a certificate of a Windows store.
type Certificate struct {
	Pos         source.Pos
	Find        Value[string]
	Store       Value[string] // "" = any
	Certificate Value[string] // PEM file: the chain
	Key         Value[string] // PEM file; "" = in the same file, or none
}

// Hosting is what IIS knows of an application (wcf-config, 8).
type Hosting struct {
	Pos         source.Pos
	Bindings    []Value[Site]
	Host        Value[string] // applicationHost.config, instead of Bindings; "" = none
	Site        Value[string] // in Host
	Application Value[string] // begins with a slash and ends without one, except "/"
	Machine     Value[string] // "" = the host name
}

// Service says what stands for a service of the WCF file. Exactly one of
// Builtin, Forward and Unused is written.
type Service struct {
	Pos               source.Pos
	Name              Value[string]
	Builtin           Value[string] // echo, calculator, rounding-calculator, sink
	Forward           Value[string] // the name of a client endpoint, or an absolute URL
	Unused            Value[bool]
	AddressFilterMode Value[string] // Exact, Prefix, Any; "" = the default of the service
}

// Contract says which messages a contract of the WCF file takes. Exactly one of
// WSDL and Operations is written.
type Contract struct {
	Pos        source.Pos
	Name       Value[string]
	WSDL       Value[string] // file
	PortType   Value[string] // "" = the only one
	Operations []Operation
}

// Operation is one exchange of a contract.
type Operation struct {
	Pos         source.Pos
	Name        Value[string]
	Action      Value[string] // "*" = every action
	ReplyAction Value[string] // "" = any
	OneWay      Value[bool]
}

// Binding overrides what the WCF file says of one binding configuration.
type Binding struct {
	Pos      source.Pos
	Name     Value[string] // "wsHttpBinding/plain", or "wsHttpBinding" for the default configuration
	Security Value[string] // None, Transport, pass
}

// Filter says what stands for a custom filter.
type Filter struct {
	Pos  source.Pos
	Type Value[string] // the full .NET name
	Is   Value[string] // round-robin, match-all, match-none
}

// Clients is how Viaduct connects to destinations.
type Clients struct {
	TLS   ClientTLS
	Proxy Value[string] // URL without credentials; "" = as the binding says
}

// ClientTLS is the sending side of TLS.
type ClientTLS struct {
	Pos         source.Pos
	Roots       Value[string] // PEM file; "" = the system's
	Certificate Value[string] // PEM file: client certificate; needs Key
	Key         Value[string] // PEM file
}

// Egress opens addresses that messages, metadata and registries name.
type Egress struct {
	Allow     []Value[egress.Rule]
	AllowSelf Value[bool]
}

// Limits bounds what the process holds. Sizes are in octets.
type Limits struct {
	MessageMemory         Value[int64] // 0 = automatic
	Spool                 Value[int64] // 0 = no spooling
	SpoolDir              Value[string]
	Connections           Value[int64] // 0 = automatic
	ConnectionsPerAddress Value[int64]
	AllowRaise            Value[bool]
}

// HTTP bounds slow clients.
type HTTP struct {
	MinRate           Value[int64] // octets per second; 0 = off
	MinRateAfter      Value[time.Duration]
	CloseAfterChunked Value[string] // auto, always, never
}

// SOAP bounds an envelope.
type SOAP struct {
	Headers         Value[int64]
	VersionMismatch Value[bool] // answer with the fault and Upgrade
}

// XML says how much of a message is checked.
type XML struct {
	Check       Value[string] // auto, head, structure, full
	HeaderBytes Value[int64]
	SplitValue  Value[string] // refuse, join
}

// FilterBudget bounds what XPath filters cost for one message.
type FilterBudget struct {
	Visits Value[int64]
	Time   Value[time.Duration]
}

// WSA is what the process does about addressing.
type WSA struct {
	MaxHops            Value[int64]
	ReplyTargets       []Value[egress.Prefix]
	DialTo             []Value[egress.Prefix]
	MissingTo          Value[string] // refuse, via
	DuplicateMessageID Value[string] // off, refuse
	OtherVersion       Value[string] // warn, refuse
}

// Disclosure is what a refused client learns.
type Disclosure struct {
	Disclose  Value[string] // reason, none
	ExplainTo []Value[netip.Prefix]
}

// Admin is the address of health, metrics and the API.
type Admin struct {
	Address   Value[string]    // host:port; "" = none
	Decisions Value[int64]     // how many are kept; 0 = off
	Token     Value[SecretRef] // zero = none
}

// Log is what is written about messages.
type Log struct {
	Level  Value[string] // debug, info, warn, error
	Format Value[string] // text, json
	Access Value[bool]
}

// LogLevel is log.level as slog has it.
func (s *Settings) LogLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(s.Log.Level.Get())) != nil {
		return slog.LevelInfo // not reached: the reader has checked the word
	}
	return level
}
