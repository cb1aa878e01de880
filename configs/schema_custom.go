package configs

import "math"

const maxLong = math.MaxInt64

const (
	notePools     = "Viaduct pools readers and writers by itself"
	noteMTOM      = "MTOM is not served yet"
	noteBinary    = "the .NET binary encoding is not served yet"
	noteTCP       = "net.tcp is not served yet"
	noteWebSocket = "no WebSocket is opened yet"
	noteAuth      = "HTTP authentication is not served yet"
)

var pools = []attribute{
	number("maxReadPoolSize", "64", 1, maxInt).none(notePools), number("maxWritePoolSize", "16", 1, maxInt).none(notePools),
}

var textEncoding = element{
	name: "textMessageEncoding", sec: "4.7", code: "ConfigDuplicateItem",
	attrs: join(pools, []attribute{
		{
			name: "messageVersion", typ: tMessageVersion, def: "Soap12WSAddressing10", code: "ConfigInvalidClassFactoryValue",
			enum: messageVersions,
			served: []string{
				"Soap11", "Soap12", "Soap11WSAddressing10", "Soap12WSAddressing10",
				"Soap11WSAddressingAugust2004", "Soap12WSAddressingAugust2004",
			},
			note: "plain XML without an envelope cannot be routed", proof: "TestHonour_customBinding",
		},
		coding("writeEncoding").only("utf-8"),
	}),
	children: []*element{&readerQuotas},
}

var binaryEncoding = stackElement("binaryMessageEncoding", VerdictNotYet, noteBinary, join(pools, []attribute{
	number("maxSessionSize", "2048", 0, maxInt), choice("compressionFormat", "None", []string{"None", "GZip", "Deflate"}),
}), &readerQuotas)

var authSchemes = []string{"None", "Digest", "Negotiate", "Ntlm", "IntegratedWindowsAuthentication", "Basic", "Anonymous"}

// stackElement is an element of a customBinding that is not served: what is
// honoured elsewhere has its verdict.
func stackElement(name string, v Verdict, note string, attrs []attribute, children ...*element) *element {
	e := withheld(v, note, &element{name: name, sec: "4.7", code: "ConfigDuplicateItem", attrs: attrs, children: children})
	e.verdict, e.note, e.scope = v, note, ScopeEndpoint
	return e
}

var httpTransportAttrs = join([]attribute{
	yes("manualAddressing", "false").proven("TestReplies_dialTo"),
	span("requestInitializationTimeout", "00:00:00").given(serviceSide).proven("TestHonour_requestInitializationTimeout"),
	flags("authenticationScheme", "Anonymous", authSchemes).only("Anonymous").because(noteAuth),
	yes("decompressionEnabled", "true").given(clientSide).proven("TestHonour_decompressionEnabled"),
	yes("keepAliveEnabled", "true").proven("TestHonour_customBinding"),
	number("maxPendingAccepts", "0", 0, 100000).none("limits.connections bounds what waits"),
	flags("proxyAuthenticationScheme", "Anonymous", authSchemes).only("Anonymous").given(clientSide).because(noteWebProxy),
	text("realm").none("no authentication scheme that is served has a realm"),
	yes("unsafeConnectionNtlmAuthentication", "false").none("NTLM is not served"),
}, httpPooled, httpBuffered)

// httpPooled is httpCommon with the smallest pool of a transport element.
var httpPooled = func() []attribute {
	out := join(httpCommon)
	for i := range out {
		if out[i].name == "maxBufferPoolSize" {
			out[i].min = 1
		}
	}
	return out
}()

func httpTransport(name string, more ...attribute) *element {
	sockets := withheld(VerdictNotYet, noteWebSocket, webSocket("Never", ""))
	sockets.sec = "4.7"
	for i := range sockets.attrs {
		sockets.attrs[i].when = opensWebSocket
	}
	usage := sockets.attribute("transportUsage")
	usage.when = nil
	usage.verdict, usage.served, usage.note = VerdictNoEffect, []string{"Never", "WhenDuplex"}, "no duplex contract is served yet, so no WebSocket is opened; Always is refused"
	return &element{
		name: name, sec: "4.7", code: "ConfigDuplicateItem", attrs: join(httpTransportAttrs, more),
		children: []*element{
			extendedProtection("4.7", nil),
			sockets,
			{
				name: "messageHandlerFactory", sec: "4.7", verdict: VerdictRefuse, scope: ScopeEndpoint, note: noteHandler,
				attrs: []attribute{text("type").refuse(noteHandler)},
				children: []*element{{
					name: "handlers", sec: "4.7",
					children: []*element{{
						name: "handler", many: true, sec: "4.7", attrs: []attribute{text("type").must().refuse(noteHandler)},
					}},
				}},
			},
		},
	}
}

const noteHandler = "it runs .NET code on every message; remove it, or do the same with http rules in the settings"

// sockets are the attributes of connection-oriented transports.
var socketAttrs = join([]attribute{
	yes("manualAddressing", "false"), number("maxBufferPoolSize", "524288", 1, maxLong).none(poolSize.note),
	largest, number("connectionBufferSize", "8192", 1, maxInt), hostMode,
	span("channelInitializationTimeout", "00:00:30").positive(), number("maxPendingConnections", "0", 0, maxInt),
	span("maxOutputDelay", "00:00:00.2"), number("maxPendingAccepts", "0", 0, maxInt),
}, httpBuffered)

func connectionPool(more ...attribute) *element {
	return &element{
		name: "connectionPoolSettings", implied: true, sec: "4.7",
		attrs: join([]attribute{
			text("groupName").fallback("default"), span("idleTimeout", "00:02:00"),
			number("maxOutboundConnectionsPerEndpoint", "10", 0, maxInt),
		}, more),
	}
}

// opaqueElement is an element of a customBinding whose content is not read.
func opaqueElement(name string, v Verdict, note string) *element {
	return &element{name: name, sec: "4.7", opaque: true, verdict: v, scope: ScopeEndpoint, code: "ConfigDuplicateItem", note: note}
}

const noteNothing = "it changes nothing that a router does"

// plainElement is an element of a customBinding without effect.
func plainElement(name, note string, attrs []attribute, children ...*element) *element {
	return &element{
		name: name, sec: "4.7", code: "ConfigDuplicateItem", verdict: VerdictNoEffect, note: note,
		attrs: all(VerdictNoEffect, note, attrs...), children: children,
	}
}

var kindCustom = &element{
	name: "customBinding", arc: true, sec: "4.7",
	children: []*element{{
		name: "binding", many: true, owns: true, mixed: true, keys: []string{"name"}, sec: "4.7",
		code:     "ConfigInvalidExtensionElementName",
		attrs:    join([]attribute{keyName}, timeouts),
		children: join(customEncoders, customTransports, customProtocols),
	}},
}

const noteNoSOAP = "messages without an envelope cannot be routed; serve this endpoint elsewhere"

var customEncoders = []*element{
	&textEncoding,
	stackElement("mtomMessageEncoding", VerdictNotYet, noteMTOM, join(textEncoding.attrs, []attribute{buffer}), &readerQuotas),
	binaryEncoding,
	stackElement("webMessageEncoding", VerdictRefuse, noteNoSOAP,
		join(pools, []attribute{text("webContentTypeMapperType"), coding("writeEncoding")}), &readerQuotas),
	stackElement("byteStreamMessageEncoding", VerdictRefuse, noteNoSOAP, nil, &readerQuotas),
}

var customTransports = []*element{
	httpTransport("httpTransport"),
	httpTransport("httpsTransport", yes("requireClientCertificate", "false").proven("TestHonour_clientCertificate")),
	stackElement("tcpTransport", VerdictNotYet, noteTCP, join(socketAttrs, []attribute{
		number("listenBacklog", "0", 0, maxInt), yes("portSharingEnabled", "false").none("no other process shares a port with Viaduct"),
		yes("teredoEnabled", "false").none("Teredo is a matter of the operating system"),
	}), connectionPool(span("leaseTimeout", "00:05:00"))),
	stackElement("namedPipeTransport", VerdictRefuse, "pipes exist on Windows only; use httpTransport", socketAttrs, connectionPool(), &element{
		name: "pipeSettings", sec: "4.7",
		children: []*element{{
			name: "applicationContainerSettings", sec: "4.7",
			attrs: []attribute{text("packageFullName"), text("sessionId").fallback("CurrentSession")},
		}},
	}),
	stackElement("udpTransport", VerdictRefuse, noteUDP, []attribute{
		yes("manualAddressing", "false"), number("maxBufferPoolSize", "524288", 1, maxLong).none(poolSize.note), largest,
		number("duplicateMessageHistoryLength", "0", 0, maxInt), number("maxPendingMessagesTotalSize", "0", 0, maxLong),
		text("multicastInterfaceId"), number("socketReceiveBufferSize", "65536", 1, maxInt), number("timeToLive", "1", 0, 255),
	}, &element{
		name: "retransmissionSettings", sec: "4.7",
		attrs: []attribute{
			span("delayLowerBound", "00:00:00.050"), span("delayUpperBound", "00:00:00.250"), span("maxDelayPerRetransmission", "00:00:00.500"),
			number("maxMulticastRetransmitCount", "0", 0, maxInt), number("maxUnicastRetransmitCount", "0", 0, maxInt),
		},
	}),
	opaqueElement("msmqTransport", VerdictRefuse, noteQueue), opaqueElement("msmqIntegration", VerdictRefuse, noteQueue),
	opaqueElement("peerTransport", VerdictRefuse, notePeer), opaqueElement("pnrpPeerResolver", VerdictRefuse, notePeer),
	opaqueElement("tcpRelayTransport", VerdictNotYet, noteRelay), opaqueElement("httpRelayTransport", VerdictNotYet, noteRelay),
	opaqueElement("httpsRelayTransport", VerdictNotYet, noteRelay), opaqueElement("onewayRelayTransport", VerdictNotYet, noteRelay),
	opaqueElement("netMessagingTransport", VerdictRefuse, "brokered queues are not served; remove this here"),
}

var customProtocols = []*element{
	stackElement("sslStreamSecurity", VerdictNotYet, noteTCP, []attribute{yes("requireClientCertificate", "false"), sslVersions}),
	stackElement("windowsStreamSecurity", VerdictRefuse, "Windows authentication is not spoken; use sslStreamSecurity", []attribute{protection}),
	stackElement("reliableSession", VerdictRefuse, "WS-ReliableMessaging is not spoken; remove it on both sides", []attribute{
		span("acknowledgementInterval", "00:00:00.2").positive(), yes("flowControlEnabled", "true"),
		span("inactivityTimeout", "00:10:00").positive(), number("maxPendingChannels", "4", 1, 16384), number("maxRetryCount", "8", 1, maxInt),
		number("maxTransferWindowSize", "8", 1, 4096), yes("ordered", "true"), reliableVersion,
	}),
	plainElement("oneWay", noteNothing, []attribute{
		number("maxAcceptedChannels", "10", 1, maxInt), yes("packetRoutable", "false"),
	}, &element{
		name: "channelPoolSettings", sec: "4.7",
		attrs: all(VerdictNoEffect, noteNothing, span("idleTimeout", "00:02:00"), span("leaseTimeout", "00:10:00"),
			number("maxOutboundChannelsPerEndpoint", "10", 1, maxInt)),
	}),
	stackElement("compositeDuplex", VerdictRefuse, "connections back to clients are not served; use one connection for both directions",
		[]attribute{link("clientBaseAddress")}),
	plainElement("transactionFlow", "transaction headers pass through; a service that demands a transaction refuses what lacks one",
		[]attribute{transactionKind, yes("allowWildcardAction", "false")}),
	plainElement("context", noteContext, []attribute{
		choice("protectionLevel", "Sign", protectionLevels),
		choice("contextExchangeMechanism", "ContextSoapHeader", []string{"ContextSoapHeader", "HttpCookie"}),
		link("clientCallbackAddress"), yes("contextManagementEnabled", "true"),
	}),
	plainElement("privacyNoticeAt", noteNothing, []attribute{link("url"), number("version", "0", 0, maxInt)}),
	plainElement("useManagedPresentation", noteNothing, nil),
	opaqueElement("unrecognizedPolicyAssertions", VerdictNoEffect, noteNothing),
	opaqueElement("discoveryClient", VerdictRefuse, "addresses are not found by discovery; write the address, and remove it here"),
	schemaSecurity,
}

var reliableVersion = func() attribute {
	a := choice("reliableMessagingVersion", "WSReliableMessagingFebruary2005",
		[]string{"Default", "WSReliableMessagingFebruary2005", "WSReliableMessaging11"}).ident("ConfigInvalidReliableMessagingVersionValue")
	a.means = map[string]string{"Default": "WSReliableMessagingFebruary2005"}
	return a
}()

var authenticationModes = []string{
	"AnonymousForCertificate", "AnonymousForSslNegotiated", "CertificateOverTransport", "IssuedToken", "IssuedTokenForCertificate",
	"IssuedTokenForSslNegotiated", "IssuedTokenOverTransport", "Kerberos", "KerberosOverTransport", "MutualCertificate",
	"MutualCertificateDuplex", "MutualSslNegotiated", "SecureConversation", "SspiNegotiated", "UserNameForCertificate",
	"UserNameForSslNegotiated", "UserNameOverTransport", "SspiNegotiatedOverTransport",
}

const (
	oldSecurity = "WSSecurity11WSTrustFebruary2005WSSecureConversationFebruary2005WSSecurityPolicy11"
	newSecurity = "WSSecurity11WSTrust13WSSecureConversation13WSSecurityPolicy12"
	profile     = "BasicSecurityProfile10"
)

var securityVersions = []string{
	"Default", oldSecurity, oldSecurity + profile,
	"WSSecurity10WSTrustFebruary2005WSSecureConversationFebruary2005WSSecurityPolicy11" + profile,
	"WSSecurity10WSTrust13WSSecureConversation13WSSecurityPolicy12" + profile,
	newSecurity, newSecurity + profile,
}

// customSecurity are the attributes of security and secureConversationBootstrap.
var customSecurity = func() []attribute {
	version := choice("messageSecurityVersion", "Default", securityVersions).ident("ConfigInvalidClassFactoryValue")
	version.means = map[string]string{"Default": oldSecurity}
	return all(VerdictPass, noteMessage,
		choice("authenticationMode", "SspiNegotiated", authenticationModes), suite("defaultAlgorithmSuite"),
		yes("allowSerializedSigningTokenOnReply", "false"), yes("enableUnsecuredResponse", "false"), yes("requireDerivedKeys", "true"),
		choice("securityHeaderLayout", "Strict", []string{"Strict", "Lax", "LaxTimestampFirst", "LaxTimestampLast"}),
		yes("includeTimestamp", "true"), yes("allowInsecureTransport", "false"),
		choice("keyEntropyMode", "CombinedEntropy", []string{"ClientEntropy", "ServerEntropy", "CombinedEntropy"}),
		choice("messageProtectionOrder", "SignBeforeEncryptAndEncryptSignature",
			[]string{"SignBeforeEncrypt", "SignBeforeEncryptAndEncryptSignature", "EncryptBeforeSign"}),
		yes("protectTokens", "false"), version, yes("requireSecurityContextCancellation", "true"), yes("requireSignatureConfirmation", "false"),
		yes("canRenewSecurityContextToken", "true"))
}()

func localSettings(name string, attrs ...attribute) *element {
	return &element{name: name, sec: "4.7", attrs: all(VerdictPass, noteMessage, attrs...)}
}

var localServiceSettings = localSettings("localServiceSettings",
	yes("detectReplays", "true"), number("replayCacheSize", "900000", 1, maxInt), span("maxClockSkew", "00:05:00"), span("replayWindow", "00:05:00").positive(),
	span("timestampValidityDuration", "00:05:00").positive(), span("issuedCookieLifetime", "10:00:00").positive(),
	number("maxStatefulNegotiations", "128", 0, maxInt), span("negotiationTimeout", "00:01:00").positive(),
	span("inactivityTimeout", "00:02:00").positive(), span("sessionKeyRenewalInterval", "15:00:00").positive(),
	span("sessionKeyRolloverInterval", "00:05:00").positive(), yes("reconnectTransportOnFailure", "true"),
	number("maxPendingSessions", "128", 1, maxInt), number("maxCachedCookies", "1000", 0, maxInt))

var localClientSettings = localSettings("localClientSettings",
	yes("cacheCookies", "true"), yes("detectReplays", "true"), number("replayCacheSize", "900000", 1, maxInt), span("maxClockSkew", "00:05:00"),
	span("maxCookieCachingTime", "Infinite"), span("replayWindow", "00:05:00").positive(),
	span("sessionKeyRenewalInterval", "10:00:00").positive(), span("sessionKeyRolloverInterval", "00:05:00").positive(),
	yes("reconnectTransportOnFailure", "true"), span("timestampValidityDuration", "00:05:00").positive(),
	number("cookieRenewalThresholdPercentage", "60", 0, 100))

var issuedToken = element{
	name: "issuedTokenParameters", sec: "4.7", opaque: true, verdict: VerdictPass, scope: ScopeEndpoint, note: noteMessage,
}

// schemaSecurity is security of a customBinding.
var schemaSecurity = &element{
	name: "security", sec: "4.7", code: "ConfigDuplicateItem", verdict: VerdictPass, scope: ScopeEndpoint, note: noteMessage,
	attrs: customSecurity,
	children: []*element{
		&issuedToken, localClientSettings, localServiceSettings,
		{
			name: "secureConversationBootstrap", sec: "4.7", attrs: customSecurity,
			children: []*element{&issuedToken, localClientSettings, localServiceSettings},
		},
	},
}
