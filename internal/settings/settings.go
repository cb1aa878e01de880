package settings

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Settings is viaduct.yaml, with defaults where nothing is written. Reference
// tells what each field means; a field that says "0 = automatic" has a default
// which its consumer computes.
type Settings struct {
	Name string // the file as it was named; "" when there is none

	Sockets     []Socket
	Services    []Service
	Endpoints   []Endpoint
	Clients     Clients
	Acknowledge []Value[string] // third-party elements of the WCF file that may be left out

	TrustedProxies []Value[netip.Prefix]

	Limits Limits
	HTTP   HTTP
	SOAP   SOAP
	XML    XML
	WSA    WSA
	Errors Disclosure
	Admin  Admin
	Log    Log
}

// Socket is one address that Viaduct listens on. An endpoint of the WCF file
// uses the socket whose scheme and port are its own; an endpoint that finds
// none opens what its URI says.
type Socket struct {
	Pos     source.Pos
	Address Value[string] // host:port or :port; the host may be empty
	Scheme  Value[string] // http or https; https needs TLS
	TLS     *SocketTLS    // nil when there is none
}

// SocketTLS is the certificate of a socket.
type SocketTLS struct {
	Pos         source.Pos
	Certificate Value[string] // PEM file: the chain
	Key         Value[string] // PEM file: the private key
	Profile     Value[string] // modern
}

// Service says what stands for a service of the WCF file. Exactly one of
// Builtin, Forward and Unused is written.
type Service struct {
	Pos     source.Pos
	Name    Value[string]
	Builtin Value[string] // echo, calculator, sink
	Forward Value[string] // the name of a client endpoint, or an absolute URL
	Unused  Value[bool]
}

// Endpoint changes how one endpoint of the WCF file works.
type Endpoint struct {
	Pos        source.Pos
	Name       Value[string]   // of a service or client endpoint
	Mode       Value[string]   // routing or forward-signed; "" = the default of the endpoint
	Pass       []Value[string] // http.pass: fields that travel on besides the safe list
	Repeatable []Value[string] // actions that may be sent again when delivery is unknown
	Accept     Value[string]   // one-way: held or after-delivery
	TLS        *ClientTLS      // of a client endpoint; nil = Clients.TLS
	Proxy      Value[string]   // of a client endpoint
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
	MinRate      Value[int64] // octets per second; 0 = off
	MinRateAfter Value[time.Duration]
}

// SOAP bounds an envelope.
type SOAP struct {
	Headers Value[int64]
}

// XML says how much of a message is checked.
type XML struct {
	Check       Value[string] // auto, head, structure, full
	HeaderBytes Value[int64]
	SplitValue  Value[string] // refuse, join
}

// WSA bounds addressing.
type WSA struct {
	MaxHops Value[int64]
}

// Disclosure is what a refused client learns.
type Disclosure struct {
	Disclose Value[string] // reason, none
}

// Admin is the address of health, metrics and the API.
type Admin struct {
	Address Value[string] // host:port; "" = none
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
