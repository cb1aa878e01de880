package configs

import (
	"time"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// File is one configuration with every reference resolved. It is not changed
// after loading but for the marks that Value.Get and Element.Use set, which are
// safe for concurrent use.
type File struct {
	Name string // as given to Load

	Services          []*Service
	Client            []*Endpoint // client/endpoint: the destinations
	Bindings          []*Binding  // as written; endpoints point to theirs
	ServiceBehaviors  []*ServiceBehavior
	EndpointBehaviors []*EndpointBehavior
	Filters           []*Filter
	FilterTables      []*FilterTable
	BackupLists       []*BackupList
	Namespaces        []*Namespace // routing/namespaceTable
	Hosting           *Hosting
	Web               *Web
	ProtocolMapping   []*ProtocolMapping  // as written; WCF's own map stands behind it
	StandardEndpoints []*StandardEndpoint // as written
	CommonService     *ServiceBehavior    // commonBehaviors/serviceBehaviors; nil = none
	CommonEndpoint    *EndpointBehavior   // commonBehaviors/endpointBehaviors; nil = none
	Diagnostics       *Diagnostics
	Tracing           *Tracing
	ServiceBus        Value[string] // appSettings Microsoft.ServiceBus.ConnectionString; a secret; "" = none

	Comments []Comment // outside of any value; kept for tools that write files

	roots     []*Element  // every bound tree, for Findings
	elsewhere []elsewhere // locations that are not chosen
	docs      []*document
	implied   []*Element // bindings and behaviours that no element of the file spells out
	findings  []Finding  // found while loading: warnings, third-party elements
}

// Comment is an XML comment.
type Comment struct {
	Pos  source.Pos
	Text string
}

// Service is services/service (spec wcf-config 2.1).
type Service struct {
	*Element

	Name          Value[string]    // resolved by the settings; consumed by the loader
	Behavior      *ServiceBehavior // never nil: the named one, the unnamed one, or the defaults
	BaseAddresses []*BaseAddress
	OpenTimeout   Value[time.Duration] // host/timeouts; 00:01:00; 0 = not set
	CloseTimeout  Value[time.Duration] // host/timeouts; 00:00:10; 0 = not set
	Endpoints     []*Endpoint

	VirtualPath string // under IIS: of the service file from the root of the site, e.g. /shop/orders.svc; "" = self-hosted
	AnyPort     bool   // multipleSiteBindingsEnabled: any port of the site is meant, and addresses in WSDL follow the request
}

// RoutingService is the name of the service that Viaduct has built in.
const RoutingService = "System.ServiceModel.Routing.RoutingService"

// BaseAddress is host/baseAddresses/add: an absolute URI.
type BaseAddress struct {
	*Element

	Address Value[string] // as written; absolute, scheme unique in the service
}

// Endpoint is services/service/endpoint or client/endpoint (spec wcf-config 2.3
// and 3.1). What only a service endpoint has is the zero Value on a client's.
type Endpoint struct {
	*Element

	Service *Service // nil for a client endpoint

	Name          Value[string] // "" = see EffectiveName
	Address       Value[string] // relative or absolute; "" = the base address
	BindingKind   Value[string] // attribute binding: basicHttpBinding, ...; consumed by the loader
	Binding       *Binding      // nil when the binding kind is unknown or not given
	Behavior      *EndpointBehavior
	Contract      Value[string]
	ListenURI     Value[string] // service only; "" = listen at the address
	ListenURIMode Value[string] // service only; Explicit (default) or Unique
	BindingName   Value[string] // service only; for WSDL
	BindingNS     Value[string] // service only; for WSDL
	Kind          Value[string] // standard endpoint, e.g. mexEndpoint
	Standard      *StandardEndpoint
	Default       bool // made by protocolMapping: the service has no endpoints; Contract is ""
	Identity      *Identity

	headers   []Header
	headersEl *Element
}

// Headers gives the address headers in order, and marks them as consumed.
func (e *Endpoint) Headers() []Header {
	e.headersEl.Use()
	return e.headers
}

// Header is one address header: an element of endpoint/headers.
type Header struct {
	Pos   source.Pos
	Space string // namespace of the element
	Local string
	XML   []byte // the element, self-contained: every namespace that it needs is declared on it
}

// Identity is endpoint/identity: who answers at the address. The first one in
// the order of spec wcf-config 3.3 wins.
type Identity struct {
	*Element

	UPN, SPN    Value[string] // no effect
	DNS         Value[string] // the TLS name that a destination must have
	RSA         Value[string]
	Certificate Value[string]         // certificate/@encodedValue
	Reference   *CertificateReference // certificateReference; nil = none
}

// Binding is one binding element of any kind, or the defaults of a kind where
// no such element applies (Written is false, Pos is the endpoint's attribute).
// Attributes that a kind does not have are zero Values.
type Binding struct {
	*Element

	Kind string        // basicHttpBinding, wsHttpBinding, customBinding, ...
	Name Value[string] // "" = the default of its kind

	OpenTimeout    Value[time.Duration] // connect; 00:01:00
	CloseTimeout   Value[time.Duration] // graceful close; 00:01:00
	SendTimeout    Value[time.Duration] // whole write and wait for the reply; 00:01:00
	ReceiveTimeout Value[time.Duration] // idle time of an inbound connection; 00:10:00

	MessageEncoding Value[string] // Text, Mtom, or Binary; Binary is the default of the netHttp kinds
	TextEncoding    Value[string] // utf-8; of webHttpBinding writeEncoding
	Transport                     // of customBinding: of its transport element
	TransactionFlow Value[bool]   // WS bindings, netTcpBinding; false
	Transactions    Value[string] // netTcpBinding transactionProtocol; OleTransactions

	ReaderQuotas    *ReaderQuotas
	Security        *Security // of customBinding: nil unless it has the element
	ReliableSession *ReliableSession
	Relay           Relay // relay bindings

	Elements []*BindingElement // customBinding: the stack in order, transport last
}

// BindingElement is one element of a customBinding's stack.
type BindingElement struct {
	*Element

	Kind            string          // textMessageEncoding, httpTransport, ...
	MessageVersion  Value[string]   // text, MTOM; Soap12WSAddressing10
	WriteEncoding   Value[string]   // text, MTOM; utf-8
	MaxSessionSize  Value[int64]    // binary: octets of the dictionary of a session; 2048
	Compression     Value[string]   // binary compressionFormat; None
	SSLProtocols    Value[[]string] // sslStreamSecurity; Tls, Tls11, Tls12
	ProtectionLevel Value[string]   // windowsStreamSecurity; EncryptAndSign
	ReaderQuotas    *ReaderQuotas   // encoders
	Transport                       // transports; RequireClientCert also of sslStreamSecurity
}

// Relay is what only relay bindings have (spec wcf-config 4.9).
type Relay struct {
	IsDynamic      Value[bool]   // true: the relay entity appears while a listener is connected
	ConnectionMode Value[string] // netTcpRelayBinding; Relayed or Hybrid
}

// ReaderQuotas are the reading limits of a binding or encoder; 0 = not set
// (spec wcf-config 4.2).
type ReaderQuotas struct {
	*Element

	MaxDepth               Value[int64] // elements; not set: 128 buffered, 32 streamed
	MaxBytesPerRead        Value[int64] // octets of a start tag
	MaxNameTableCharCount  Value[int64] // characters of distinct names
	MaxStringContentLength Value[int64] // typed reads only: no effect
	MaxArrayLength         Value[int64] // typed reads only: no effect
}

// ServiceBehavior is a behavior of serviceBehaviors. Pointers are nil where the
// behaviour has no such element, but for Debug and Throttling, whose absence
// means their defaults.
type ServiceBehavior struct {
	*Element

	Name              Value[string] // zero in commonBehaviors
	Debug             *ServiceDebug
	Metadata          *ServiceMetadata
	Throttling        *Throttling
	Routing           *Routing
	Credentials       *ServiceCredentials
	Authorization     *ServiceAuthorization
	Authentication    *ServiceAuthentication
	Health            *ServiceHealth
	UseRequestHeaders *RequestHeaders // useRequestHeadersForMetadataAddress
}

// RequestHeaders is useRequestHeadersForMetadataAddress: addresses in WSDL follow
// the request's Host field (spec wcf-config 5.1).
type RequestHeaders struct {
	*Element

	DefaultPorts []DefaultPort
}

// DefaultPort is defaultPorts/add: the port of addresses of another scheme than
// the request's.
type DefaultPort struct {
	Scheme Value[string]
	Port   Value[int64]
}

// Page is where and how a page of a service is found: the description, the help
// page, the health page.
type Page struct {
	HTTPURL, HTTPSURL                     Value[string] // relative to the base address; "" = at it
	HTTPBinding, HTTPSBinding             Value[string] // "" = WCF's own
	HTTPConfiguration, HTTPSConfiguration Value[string]
}

// ServiceHealth is the behaviour serviceHealth.
type ServiceHealth struct {
	*Element

	Details, HTTPGetEnabled, HTTPSGetEnabled Value[bool] // true
	Page
}

// ServiceDebug is the behaviour serviceDebug.
type ServiceDebug struct {
	*Element

	IncludeExceptionDetailInFaults Value[bool] // false
	HTTPHelpPageEnabled            Value[bool] // true
	HTTPSHelpPageEnabled           Value[bool] // true
	Page
}

// ServiceMetadata is the behaviour serviceMetadata.
type ServiceMetadata struct {
	*Element

	HTTPGetEnabled           Value[bool]   // false
	HTTPSGetEnabled          Value[bool]   // false
	ExternalMetadataLocation Value[string] // "" = described here
	PolicyVersion            Value[string] // Policy12, also where the file says Default
	Page
}

// Throttling is the behaviour serviceThrottling. 0 = not set: calls 16 x CPUs,
// sessions 100 x CPUs (spec wcf-config 5.1).
type Throttling struct {
	*Element

	MaxConcurrentCalls     Value[int64]
	MaxConcurrentSessions  Value[int64]
	MaxConcurrentInstances Value[int64]
}

// Routing is the service behaviour routing (spec wcf-config 7).
type Routing struct {
	*Element

	FilterTableName       Value[string] // consumed by the loader
	Table                 *FilterTable  // nil when not named: refused
	RouteOnHeadersOnly    Value[bool]   // true
	SoapProcessingEnabled Value[bool]   // true
	EnsureOrderedDispatch Value[bool]   // false
}

// EndpointBehavior is a behavior of endpointBehaviors.
type EndpointBehavior struct {
	*Element

	Name            Value[string]
	ClientVia       Value[string] // clientVia/@viaUri; not written = no clientVia
	ProcessMessages Value[bool]   // soapProcessing/@processMessages; true, also without the element
	Credentials     *ClientCredentials
	Relay           *RelayToken // transportClientEndpointBehavior
	Registry        *Registry
}

// Registry is the endpoint behaviour serviceRegistrySettings.
type Registry struct {
	*Element

	DiscoveryMode Value[string] // Private, Public
	DisplayName   Value[string]
}

// Filter is routing/filters/filter.
type Filter struct {
	*Element

	Name       Value[string]
	Type       Value[string] // Action, EndpointAddress, PrefixEndpointAddress, And, Custom, EndpointName, MatchAll, XPath
	Data       Value[string]
	CustomType Value[string]
	And        [2]*Filter // of type And: both, never nil in a file without errors, no cycles
}

// FilterTable is routing/filterTables/filterTable.
type FilterTable struct {
	*Element

	Name    Value[string]
	Entries []*TableEntry // in order
}

// TableEntry is filterTable/add. Filter and Endpoint are never nil in a file
// without errors; Backup is nil when there is none.
type TableEntry struct {
	*Element

	Filter   *Filter
	Endpoint *Endpoint
	Backup   *BackupList
	Priority Value[int64] // 0; the highest is asked first
}

// BackupList is routing/backupLists/backupList.
type BackupList struct {
	*Element

	Name    Value[string]
	Entries []*BackupEntry // in order; repeats are kept
}

// BackupEntry is backupList/add.
type BackupEntry struct {
	*Element

	Endpoint *Endpoint
}

// Namespace is routing/namespaceTable/add.
type Namespace struct {
	*Element

	Prefix    Value[string]
	Namespace Value[string]
}

// Web is what protects a service outside system.serviceModel (spec
// wcf-config 1). Elements that Viaduct cannot honour are findings.
type Web struct {
	MaxRequestLength        Value[int64] // system.web/httpRuntime, KiB; not written = no limit here
	MaxAllowedContentLength Value[int64] // system.webServer/.../requestLimits, octets; not written = no limit here

	// SSLFlags is system.webServer/security/access/@sslFlags: Ssl demands TLS,
	// SslRequireCert a certificate of the client; None.
	SSLFlags Value[[]string]
}
