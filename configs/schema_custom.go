package configs

import "math"

const maxLong = math.MaxInt64

var textEncoding = element{
	name: "textMessageEncoding", sec: "4.7", code: "ConfigDuplicateItem",
	attrs: []attribute{
		{name: "maxReadPoolSize", typ: tInt, def: "64", min: 1, max: maxInt, verdict: VerdictNoEffect, note: notePools},
		{name: "maxWritePoolSize", typ: tInt, def: "16", min: 1, max: maxInt, verdict: VerdictNoEffect, note: notePools},
		{
			name: "messageVersion", typ: tMessageVersion, def: "Soap12WSAddressing10", code: "ConfigInvalidClassFactoryValue",
			enum: messageVersions,
			served: []string{
				"Soap11", "Soap12", "Soap11WSAddressing10", "Soap12WSAddressing10",
				"Soap11WSAddressingAugust2004", "Soap12WSAddressingAugust2004",
			},
			note: "plain XML without an envelope cannot be routed",
		},
		{name: "writeEncoding", typ: tEncoding, def: "utf-8", served: []string{"utf-8"}},
	},
	children: []*element{&readerQuotas},
}

const notePools = "Viaduct pools readers and writers by itself"

var authSchemes = []string{"None", "Digest", "Negotiate", "Ntlm", "IntegratedWindowsAuthentication", "Basic", "Anonymous"}

var httpTransportAttrs = join([]attribute{
	{name: "manualAddressing", typ: tBool, def: "false", served: []string{"false"}},
	{name: "requestInitializationTimeout", typ: tTimeSpan, def: "00:00:00", when: serviceSide},
	{
		name: "authenticationScheme", typ: tFlags, def: "Anonymous", enum: authSchemes, served: []string{"Anonymous"},
		note: "HTTP authentication is not served yet",
	},
	{name: "decompressionEnabled", typ: tBool, def: "true", when: clientSide},
	{name: "keepAliveEnabled", typ: tBool, def: "true"},
	{
		name: "maxPendingAccepts", typ: tInt, def: "0", max: 100000, verdict: VerdictNoEffect,
		note: "limits.connections bounds what waits",
	},
	{
		name: "proxyAuthenticationScheme", typ: tEnum, def: "Anonymous", enum: authSchemes, served: []string{"Anonymous"},
		when: clientSide, note: "proxies that ask for credentials are not served yet",
	},
	{name: "realm", typ: tString, verdict: VerdictNoEffect, note: "no authentication scheme that is served has a realm"},
	{
		name: "unsafeConnectionNtlmAuthentication", typ: tBool, def: "false", verdict: VerdictNoEffect,
		note: "NTLM is not served",
	},
}, httpCommon, httpBuffered)

func httpTransport(name string, more ...attribute) *element {
	return &element{
		name: name, sec: "4.7", code: "ConfigDuplicateItem", attrs: join(httpTransportAttrs, more),
		children: []*element{
			{
				name: "extendedProtectionPolicy", implied: true, sec: "4.7",
				attrs: []attribute{
					{
						name: "policyEnforcement", typ: tEnum, def: "Never", enum: []string{"Never", "WhenSupported", "Always"},
						served: []string{"Never"}, verdict: VerdictNotYet, note: "channel binding is not served; set Never",
					},
					{
						name: "protectionScenario", typ: tEnum, def: "TransportSelected",
						enum: []string{"TransportSelected", "TrustedProxy"}, verdict: VerdictNoEffect, note: noteChannel,
					},
				},
				children: []*element{{name: "customServiceNames", opaque: true, verdict: VerdictNoEffect, note: noteChannel, sec: "4.7"}},
			},
			{
				name: "webSocketSettings", sec: "4.7",
				attrs: []attribute{
					{
						name: "transportUsage", typ: tEnum, def: "Never", enum: []string{"WhenDuplex", "Always", "Never"},
						served: []string{"Never", "WhenDuplex"}, verdict: VerdictNoEffect,
						note: "no duplex contract is served yet, so no WebSocket is opened; Always is refused",
					},
					{name: "createNotificationOnConnection", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteWebSocket},
					{name: "keepAliveInterval", typ: tTimeSpan, def: "00:00:00", verdict: VerdictNoEffect, note: noteWebSocket},
					{name: "subProtocol", typ: tString, verdict: VerdictNoEffect, note: noteWebSocket},
					{name: "disablePayloadMasking", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteWebSocket},
					{name: "maxPendingConnections", typ: tInt, def: "0", max: maxInt, verdict: VerdictNoEffect, note: noteWebSocket},
				},
			},
			{
				name: "messageHandlerFactory", opaque: true, sec: "4.7", verdict: VerdictRefuse, scope: ScopeEndpoint,
				note: "it runs .NET code on every message; remove it, or do the same with http rules in the settings",
			},
		},
	}
}

const noteWebSocket = "no WebSocket is opened"

// customRefused change the wire format or the security of a binding.
var customRefused = []string{
	"mtomMessageEncoding", "binaryMessageEncoding", "webMessageEncoding", "byteStreamMessageEncoding",
	"tcpTransport", "namedPipeTransport", "udpTransport", "msmqTransport", "msmqIntegration", "peerTransport", "pnrpPeerResolver",
	"sslStreamSecurity", "windowsStreamSecurity", "reliableSession", "compositeDuplex", "transactionFlow", "security", "discoveryClient",
}

// customNoEffect change nothing that a router does.
var customNoEffect = []string{"oneWay", "context", "privacyNoticeAt", "useManagedPresentation", "unrecognizedPolicyAssertions"}

var kindCustom = &element{
	name: "customBinding", arc: true, sec: "4.7",
	children: []*element{{
		name: "binding", many: true, owns: true, mixed: true, keys: []string{"name"}, sec: "4.7",
		code:  "ConfigInvalidExtensionElementName",
		attrs: join([]attribute{{name: "name", typ: tString}}, timeouts),
		children: join([]*element{
			&textEncoding,
			httpTransport("httpTransport"),
			httpTransport("httpsTransport", attribute{
				name: "requireClientCertificate", typ: tBool, def: "false", served: []string{"false"},
				note: "client certificates are not served yet",
			}),
		}, named(customRefused, element{
			opaque: true, sec: "4.7", verdict: VerdictNotYet, scope: ScopeEndpoint, code: "ConfigDuplicateItem",
			note: "this binding element is not served yet",
		}), named(customNoEffect, element{
			opaque: true, sec: "4.7", verdict: VerdictNoEffect, code: "ConfigDuplicateItem",
			note: "it changes nothing that a router does",
		})),
	}},
}
