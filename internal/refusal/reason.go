package refusal

// Reason says in one word why a message was refused. The set is closed, so it
// may label a metric.
type Reason string

// Reasons that the XML scanner gives.
const (
	XMLDTD        Reason = "xml.dtd"         // a document type declaration
	XMLMalformed  Reason = "xml.malformed"   // not well-formed in some other way
	XMLChar       Reason = "xml.char"        // a character that XML 1.0 forbids, raw or by reference
	XMLUTF8       Reason = "xml.utf8"        // octets that are not UTF-8
	XMLEncoding   Reason = "xml.encoding"    // charset, byte order mark and declaration disagree
	XMLDepth      Reason = "xml.depth"       // elements nested too deep
	XMLAttributes Reason = "xml.attributes"  // too many attributes on one tag
	XMLNamespaces Reason = "xml.namespaces"  // too many namespace declarations
	XMLStartTag   Reason = "xml.starttag"    // a start tag that is too long
	XMLName       Reason = "xml.name"        // a name that is too long, or too many distinct names
	XMLDupAttr    Reason = "xml.dupattr"     // the same attribute twice
	XMLPrefix     Reason = "xml.prefix"      // a prefix that is not bound, or bound against the rules
	XMLPI         Reason = "xml.pi"          // a processing instruction
	XMLSplitValue Reason = "xml.split_value" // a comment inside an addressing value
	XMLHeaderSize Reason = "xml.header_size" // a header block section that is too long
)

// Reasons of the SOAP layer.
const (
	SOAPEmpty          Reason = "soap.empty"           // no envelope at all
	SOAPVersion        Reason = "soap.version"         // envelope of another version, or of none
	SOAPStructure      Reason = "soap.structure"       // Header and Body not where they belong
	SOAPHeaders        Reason = "soap.headers"         // too many header blocks
	SOAPBool           Reason = "soap.bool"            // mustUnderstand or relay that is no boolean
	SOAPActionMismatch Reason = "soap.action_mismatch" // action of the transport against wsa:Action
	SOAPMustUnderstand Reason = "soap.must_understand" // a header that had to be understood
)

// Reasons of WS-Addressing.
const (
	WSAInvalidAddress Reason = "wsa.invalid_address" // an address that is no absolute URI
	WSAEPR            Reason = "wsa.epr"             // a broken endpoint reference
	WSACardinality    Reason = "wsa.cardinality"     // a header too often or not at all
	WSALoop           Reason = "wsa.loop"            // too many hops
	WSAMixed          Reason = "wsa.mixed"           // headers of both addressing versions
	WSANone           Reason = "wsa.none"            // an answer that nobody wants
	WSADuplicateID    Reason = "wsa.duplicate_id"    // a MessageID seen before
	WSAUnreachable    Reason = "wsa.unreachable"     // no endpoint for this address
	WSAAction         Reason = "wsa.action"          // no operation for this action
)

// WSSWouldBreak is given when an edit would touch what a signature covers.
const WSSWouldBreak Reason = "wss.would_break"

// Reasons of the HTTP transport.
const (
	HTTPDuplicate   Reason = "http.duplicate"    // a field twice that may stand once
	HTTPHeader      Reason = "http.header"       // a field or value that may not travel
	HTTPTarget      Reason = "http.target"       // a request target that is no path
	HTTPVersion     Reason = "http.version"      // a protocol version that is not spoken
	HTTPPath        Reason = "http.path"         // no listener at this path
	HTTPSlow        Reason = "http.slow"         // slower than the minimum rate
	HTTPSmuggle     Reason = "http.smuggle"      // framing that can be read in two ways
	HTTPContentType Reason = "http.content_type" // a media type that the binding does not speak
	HTTPMethod      Reason = "http.method"       // a method that is not served here
	HTTPExpect      Reason = "http.expect"       // an expectation that cannot be met
)

// Reasons of limits.
const (
	SizeMessage      Reason = "size.message"      // longer than maxReceivedMessageSize
	SizeExpansion    Reason = "size.expansion"    // grows too much when converted
	LimitConnections Reason = "limit.connections" // too many connections
	LimitCalls       Reason = "limit.calls"       // too many calls in progress
	LimitMemory      Reason = "limit.memory"      // no room in the budget of held octets
)

// Reasons that lie behind Viaduct.
const (
	UpstreamFraming   Reason = "upstream.framing"   // an answer whose end is not certain
	Upstream1xx       Reason = "upstream.1xx"       // too many interim answers, or an unasked 101
	UpstreamTooBig    Reason = "upstream.too_big"   // an answer over the client endpoint's limit
	UpstreamPoisoned  Reason = "upstream.poisoned"  // octets behind an answer
	UpstreamMalformed Reason = "upstream.malformed" // an answer that is no message of the binding
	UpstreamFailed    Reason = "upstream.failed"    // no answer: refused, cut or too late
	DialDenied        Reason = "dial.denied"        // an address that messages or registries may not name
)

// Reasons of routing and of the process itself.
const (
	FilterBudget   Reason = "filter.budget"   // an expression that costs too much
	FilterNoMatch  Reason = "filter.no_match" // no filter of the table matches
	FilterMultiple Reason = "filter.multiple" // more than one match where one is allowed
	ClientGone     Reason = "client.gone"     // the client went away before the answer
	Draining       Reason = "draining"        // the process is shutting down
	Internal       Reason = "internal"        // a defect of Viaduct
)
