package configs

import "time"

// Transport is what the transports have in common, and what each has of its
// own (spec wcf-config 4.3 to 4.7). What a kind does not have is a zero Value.
type Transport struct {
	MaxReceivedMessageSize Value[int64]         // octets, after decompression; 65536
	MaxBufferSize          Value[int64]         // octets; see Binding.BufferSize
	MaxBufferPoolSize      Value[int64]         // no effect
	TransferMode           Value[string]        // Buffered, Streamed, StreamedRequest, StreamedResponse
	HostNameComparisonMode Value[string]        // StrongWildcard, Exact, WeakWildcard; listening side
	AllowCookies           Value[bool]          // false; true is not served yet
	BypassProxyOnLocal     Value[bool]          // false; sending side
	ProxyAddress           Value[string]        // "" = none; sending side
	UseDefaultWebProxy     Value[bool]          // true; sending side
	AuthenticationScheme   Value[[]string]      // httpTransport; Anonymous
	ProxyAuthentication    Value[[]string]      // httpTransport proxyAuthenticationScheme; Anonymous
	TransportRealm         Value[string]        // httpTransport realm; ""
	KeepAliveEnabled       Value[bool]          // httpTransport; true
	DecompressionEnabled   Value[bool]          // httpTransport; true
	ManualAddressing       Value[bool]          // httpTransport, tcpTransport; false
	RequestInitTimeout     Value[time.Duration] // httpTransport requestInitializationTimeout; 0 = none
	RequireClientCert      Value[bool]          // httpsTransport; false

	// Of connections: netTcpBinding, tcpTransport.
	ListenBacklog         Value[int64]         // 0 = 12 x CPUs
	MaxConnections        Value[int64]         // netTcpBinding; 0 = 12 x CPUs
	MaxPendingConnections Value[int64]         // tcpTransport; 0 = 12 x CPUs
	MaxPendingAccepts     Value[int64]         // httpTransport: 0 = 10; tcpTransport: 0 = 2 x CPUs
	PortSharingEnabled    Value[bool]          // false; no effect
	TeredoEnabled         Value[bool]          // false; no effect
	ConnectionBufferSize  Value[int64]         // octets; 8192
	ChannelInitTimeout    Value[time.Duration] // channelInitializationTimeout; 00:00:30
	MaxOutputDelay        Value[time.Duration] // 00:00:00.2
	ConnectionPool        *ConnectionPool      // tcpTransport, namedPipeTransport; nil = not one of them

	WebSocket *WebSocketSettings  // nil = the kind has none
	Extended  *ExtendedProtection // of a transport element; see Security for the standard bindings
}

// ConnectionPool is connectionPoolSettings.
type ConnectionPool struct {
	*Element

	GroupName    Value[string]        // default
	LeaseTimeout Value[time.Duration] // tcpTransport; 00:05:00
	IdleTimeout  Value[time.Duration] // 00:02:00
	MaxOutbound  Value[int64]         // maxOutboundConnectionsPerEndpoint; 10
}

// WebSocketSettings is webSocketSettings of netHttpBinding, netHttpsBinding and
// the HTTP transports.
type WebSocketSettings struct {
	*Element

	Usage                 Value[string]        // WhenDuplex, Always, Never
	NotifyOnConnection    Value[bool]          // createNotificationOnConnection; false
	KeepAliveInterval     Value[time.Duration] // 0 = the platform's; -1 ms = none
	SubProtocol           Value[string]        // soap; "" on a transport element
	DisablePayloadMasking Value[bool]          // false
	MaxPendingConnections Value[int64]         // 0 = 100 x CPUs
}

// ReliableSession is reliableSession of a standard binding or a customBinding.
// What only one of them has is a zero Value on the other.
type ReliableSession struct {
	*Element

	Enabled           Value[bool]          // standard bindings but wsDualHttpBinding; false
	Ordered           Value[bool]          // true
	InactivityTimeout Value[time.Duration] // 00:10:00
	Version           Value[string]        // customBinding; WSReliableMessagingFebruary2005
}

func transportOf(e *Element) Transport {
	t := Transport{
		MaxReceivedMessageSize: value[int64](e, "maxReceivedMessageSize"),
		MaxBufferSize:          value[int64](e, "maxBufferSize"),
		MaxBufferPoolSize:      value[int64](e, "maxBufferPoolSize"),
		TransferMode:           value[string](e, "transferMode"),
		HostNameComparisonMode: value[string](e, "hostNameComparisonMode"),
		AllowCookies:           value[bool](e, "allowCookies"),
		BypassProxyOnLocal:     value[bool](e, "bypassProxyOnLocal"),
		ProxyAddress:           value[string](e, "proxyAddress"),
		UseDefaultWebProxy:     value[bool](e, "useDefaultWebProxy"),
		AuthenticationScheme:   value[[]string](e, "authenticationScheme"),
		ProxyAuthentication:    value[[]string](e, "proxyAuthenticationScheme"),
		TransportRealm:         value[string](e, "realm"),
		KeepAliveEnabled:       value[bool](e, "keepAliveEnabled"),
		DecompressionEnabled:   value[bool](e, "decompressionEnabled"),
		ManualAddressing:       value[bool](e, "manualAddressing"),
		RequestInitTimeout:     value[time.Duration](e, "requestInitializationTimeout"),
		RequireClientCert:      value[bool](e, "requireClientCertificate"),
		ListenBacklog:          value[int64](e, "listenBacklog"),
		MaxConnections:         value[int64](e, "maxConnections"),
		MaxPendingConnections:  value[int64](e, "maxPendingConnections"),
		MaxPendingAccepts:      value[int64](e, "maxPendingAccepts"),
		PortSharingEnabled:     value[bool](e, "portSharingEnabled"),
		TeredoEnabled:          value[bool](e, "teredoEnabled"),
		ConnectionBufferSize:   value[int64](e, "connectionBufferSize"),
		ChannelInitTimeout:     value[time.Duration](e, "channelInitializationTimeout"),
		MaxOutputDelay:         value[time.Duration](e, "maxOutputDelay"),
		WebSocket:              webSocketOf(e.child("webSocketSettings")),
		Extended:               extendedOf(e.child("extendedProtectionPolicy")),
	}
	if p := e.child("connectionPoolSettings"); p != nil {
		t.ConnectionPool = &ConnectionPool{
			Element: p, GroupName: value[string](p, "groupName"), LeaseTimeout: value[time.Duration](p, "leaseTimeout"),
			IdleTimeout: value[time.Duration](p, "idleTimeout"), MaxOutbound: value[int64](p, "maxOutboundConnectionsPerEndpoint"),
		}
	}
	return t
}

func webSocketOf(e *Element) *WebSocketSettings {
	if e == nil {
		return nil
	}
	return &WebSocketSettings{
		Element: e, Usage: value[string](e, "transportUsage"), NotifyOnConnection: value[bool](e, "createNotificationOnConnection"),
		KeepAliveInterval: value[time.Duration](e, "keepAliveInterval"), SubProtocol: value[string](e, "subProtocol"),
		DisablePayloadMasking: value[bool](e, "disablePayloadMasking"), MaxPendingConnections: value[int64](e, "maxPendingConnections"),
	}
}

func sessionOf(e *Element) *ReliableSession {
	if e == nil {
		return nil
	}
	return &ReliableSession{
		Element: e, Enabled: value[bool](e, "enabled"), Ordered: value[bool](e, "ordered"),
		InactivityTimeout: value[time.Duration](e, "inactivityTimeout"), Version: value[string](e, "reliableMessagingVersion"),
	}
}
