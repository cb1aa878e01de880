package binding

import (
	"time"

	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// TransferMode says which directions of a transport may be streamed: longer
// than what is held, of a length that nobody announced.
type TransferMode uint8

// Transfer modes as WCF names them.
const (
	Buffered TransferMode = iota
	Streamed
	StreamedRequest
	StreamedResponse
)

// Requests reports whether requests may be streamed.
func (m TransferMode) Requests() bool { return m == Streamed || m == StreamedRequest }

// Responses reports whether responses may be streamed.
func (m TransferMode) Responses() bool { return m == Streamed || m == StreamedResponse }

// Encoding is the wire format of a binding.
type Encoding uint8

// Text is the only encoding of this version.
const Text Encoding = 0

// CharacterEncoding is what a text encoder writes.
type CharacterEncoding uint8

// Character encodings of WCF's text encoder.
const (
	UTF8 CharacterEncoding = iota
	UTF16LE
	UTF16BE
)

// Timeouts bound the steps of one exchange. Zero means no limit.
type Timeouts struct {
	Open    time.Duration // connecting, TLS included; WCF's default is one minute
	Close   time.Duration // how long messages in progress may keep a connection that shall close, 0 = not at all; one minute
	Send    time.Duration // writing a request and waiting for its answer; one minute
	Receive time.Duration // idle time of an inbound session; ten minutes
}

// Binding is how an endpoint speaks: transport, encoding, version and limits as
// one value. Endpoints that name the same binding and the same configuration
// share one *Binding, as WCF shares the instance.
type Binding struct {
	Kind          string // name of the element that declares it: basicHttpBinding, customBinding ...
	Configuration string // name of the binding configuration, empty for the default
	Pos           source.Pos

	Scheme    string // http or https: the scheme of base addresses that fit
	Version   soap.Version
	Encoding  Encoding
	Charset   CharacterEncoding // written; all three are read
	Transfer  TransferMode
	Timeouts  Timeouts
	Limits    soap.Limits
	HostMode  uritable.Mode // hostNameComparisonMode
	KeepAlive bool          // false: each answer ends its connection
	// RequestHead is how long a client may take for a request head, 0 for the
	// front's own limit (requestInitializationTimeout).
	RequestHead time.Duration
	// NoDecompression leaves compressed answers as they are, which is: refuses
	// them (decompressionEnabled=false).
	NoDecompression bool

	// ManualAddressing leaves To, MessageID and ReplyTo alone.
	ManualAddressing bool
	// BypassProxyOnLocal reaches names without a dot, and loopback, directly.
	BypassProxyOnLocal bool
	// Proxy is the address of the proxy that a client endpoint uses, or empty.
	Proxy string
}

// Name returns kind and configuration as an operator knows them.
func (b *Binding) Name() string {
	if b.Configuration == "" {
		return b.Kind
	}
	return b.Kind + "/" + b.Configuration
}
