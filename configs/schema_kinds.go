package configs

// Binding kinds that are not served, or not yet (spec wcf-config 4.3 to 4.6).

func notYet(what string) string {
	return what + " is not served yet; serve this endpoint elsewhere and remove it here"
}

var (
	binaryToo      = []string{"Binary", "Text", "Mtom"}
	tcpCredentials = []string{"None", "Windows", "Certificate"}
	sslProtocols   = []string{"None", "Ssl2", "Ssl3", "Default", "Tls", "Tls11", "Tls12", "Tls13"}
)

func webSocket(usage, protocol string) *element {
	return &element{
		name: "webSocketSettings", implied: true, sec: "4.3",
		attrs: []attribute{
			choice("transportUsage", usage, []string{"WhenDuplex", "Always", "Never"}),
			yes("createNotificationOnConnection", "false"),
			span("keepAliveInterval", "00:00:00").shortest(-10000),
			text("subProtocol").fallback(protocol),
			yes("disablePayloadMasking", "false"),
			number("maxPendingConnections", "0", 0, maxInt),
		},
	}
}

var netHTTPAttrs = join(httpCommon, httpBuffered, []attribute{
	coding("textEncoding"), choice("messageEncoding", "Binary", binaryToo),
})

var (
	transactionFlow = yes("transactionFlow", "false")
	transactionKind = choice("transactionProtocol", "OleTransactions",
		[]string{"OleTransactions", "WSAtomicTransactionOctober2004", "WSAtomicTransaction11"}).ident("ConfigInvalidTransactionFlowProtocolValue")
	connections = number("maxConnections", "0", 0, maxInt)
	protection  = choice("protectionLevel", "EncryptAndSign", protectionLevels)
	sslVersions = flags("sslProtocols", "Tls,Tls11,Tls12", sslProtocols)
)

var tcpAttrs = []attribute{
	transactionFlow, transfer, transactionKind, hostMode, number("listenBacklog", "0", 0, maxInt), poolSize, buffer, connections, largest,
	yes("portSharingEnabled", "false").none("no other process shares a port with Viaduct"),
}

var tcpSecurity = security("Transport", securityModes, &element{
	name: "transport", implied: true, sec: "4.5",
	attrs:    []attribute{choice("clientCredentialType", "Windows", tcpCredentials), protection, sslVersions},
	children: []*element{extendedProtection("4.5", nil)},
}, messageSecurity("Windows", messageCredentials))

var netKinds = []*element{
	kindWithout(VerdictNotYet, notYet("netHttpBinding"), kind("netHttpBinding", "4.3", netHTTPAttrs, &readerQuotas, &optionalSession,
		basicSecurity, webSocket("WhenDuplex", "soap"))),
	kindWithout(VerdictNotYet, notYet("netHttpsBinding"), kind("netHttpsBinding", "4.3", netHTTPAttrs, &readerQuotas, &optionalSession,
		security("Transport", basicsModes, transportSecurity("None"), messageSecurity("UserName", basicCredentials)),
		webSocket("WhenDuplex", "soap"))),
	kindWithout(VerdictNotYet, notYet("netTcpBinding"), kind("netTcpBinding", "4.5", tcpAttrs, &readerQuotas, &optionalSession, tcpSecurity)),
	kindWithout(VerdictNotYet, notYet("netTcpContextBinding"),
		kind("netTcpContextBinding", "4.4", join(tcpAttrs, contexts), &readerQuotas, &optionalSession, tcpSecurity)),
	kindWithout(VerdictRefuse, "netNamedPipeBinding: pipes exist on Windows only; offer the service by another binding, and remove this here",
		kind("netNamedPipeBinding", "4.5", []attribute{
			transactionFlow, transfer, transactionKind, hostMode, poolSize, buffer, connections, largest,
		}, &readerQuotas, security("Transport", []string{"None", "Transport"}, &element{
			name: "transport", implied: true, sec: "4.5", attrs: []attribute{protection},
		}))),
}

const noteREST = "webHttpBinding is REST, not SOAP; serve it with an HTTP proxy and remove it here"

const noteDual = "wsDualHttpBinding opens connections back to clients, which is not served; use netTcpBinding or netHttpBinding at both ends"

const noteFederation = "tokens of an issuer are not asked for or checked; let the service behind do so, and remove this here"

var webKinds = []*element{
	kindWithout(VerdictRefuse, noteREST, kind("webHttpBinding", "4.6", join(httpCommon, httpBuffered, []attribute{
		coding("writeEncoding"), text("contentTypeMapper"), yes("crossDomainScriptAccessEnabled", "false"),
	}), &readerQuotas, security("None", []string{"None", "Transport", "TransportCredentialOnly"}, transportSecurity("None")))),
	kindWithout(VerdictRefuse, noteDual, kind("wsDualHttpBinding", "4.4", []attribute{
		yes("bypassProxyOnLocal", "false"), transactionFlow, hostMode, poolSize, largest, choice("messageEncoding", "Text", messageEncodings),
		link("proxyAddress"), coding("textEncoding"), yes("useDefaultWebProxy", "true"), link("clientBaseAddress"),
	}, &readerQuotas, &element{
		name: "reliableSession", implied: true, sec: "4.4",
		attrs: []attribute{yes("ordered", "true"), span("inactivityTimeout", "00:10:00").positive()},
	}, security("Message", []string{"None", "Message"}, messageSecurity("Windows", messageCredentials, negotiates)))),
	kindWithout(VerdictRefuse, noteFederation, federation("wsFederationHttpBinding")),
	kindWithout(VerdictRefuse, noteFederation, federation("ws2007FederationHttpBinding")),
}

func federation(name string) *element {
	return kind(name, "4.4", join(wsAttrs, []attribute{
		link("privacyNoticeAt"), number("privacyNoticeVersion", "0", 0, maxInt),
	}), &readerQuotas, &optionalSession, security("Message", []string{"None", "Message", "TransportWithMessageCredential"}, &element{
		name: "message", implied: true, sec: "4.4",
		attrs: []attribute{
			suite("algorithmSuite"), yes("establishSecurityContext", "true"),
			choice("issuedKeyType", "SymmetricKey", []string{"SymmetricKey", "AsymmetricKey", "BearerKey"}),
			text("issuedTokenType"), yes("negotiateServiceCredential", "true"),
		},
		children: []*element{
			{
				name: "claimTypeRequirements", sec: "4.4",
				children: []*element{{
					name: "add", many: true, keys: []string{"claimType"}, sec: "4.4", code: "ConfigDuplicateKeyAtSameScope",
					attrs: []attribute{text("claimType").must(), yes("isOptional", "false")},
				}},
			},
			{
				name: "issuer", sec: "4.4",
				attrs:    []attribute{link("address"), text("binding"), text("bindingConfiguration")},
				children: []*element{schemaHeaders, schemaIdentity(ScopeEndpoint)},
			},
			{
				name: "issuerMetadata", sec: "4.4", attrs: []attribute{link("address")},
				children: []*element{schemaHeaders, schemaIdentity(ScopeEndpoint)},
			},
			{name: "tokenRequestParameters", sec: "4.4", opaque: true, verdict: VerdictRefuse, scope: ScopeEndpoint, note: noteFederation},
		},
	}))
}

const (
	noteQueue = "message queues are not served; offer the service by an HTTP binding, and remove this here"
	notePeer  = "peer networks are not served; remove this here"
	noteUDP   = "UDP is not served; remove this here"
)

// queueSecurity is security/transport and security/message of the MSMQ kinds.
func queueSecurity(modes []string) *element {
	return security("Transport", modes, &element{
		name: "transport", implied: true, opaque: true, sec: "4.5",
	}, &element{name: "message", opaque: true, sec: "4.5"})
}

var queueAttrs = []attribute{
	link("customDeadLetterQueue"), choice("deadLetterQueue", "System", []string{"None", "System", "Custom"}),
	yes("durable", "true"), yes("exactlyOnce", "true"), largest, number("maxRetryCycles", "2", 0, maxInt), yes("receiveContextEnabled", "true"),
	choice("receiveErrorHandling", "Fault", []string{"Fault", "Drop", "Reject", "Move"}), number("receiveRetryCount", "5", 0, maxInt),
	span("retryCycleDelay", "00:30:00"), span("timeToLive", "1.00:00:00"), yes("useSourceJournal", "false"),
	yes("useMsmqTracing", "false"), span("validityDuration", "00:05:00"),
}

var queueKinds = []*element{
	kindWithout(VerdictRefuse, noteQueue, kind("netMsmqBinding", "4.5", join(queueAttrs, []attribute{
		choice("queueTransferProtocol", "Native", []string{"Native", "Srmp", "SrmpSecure"}), poolSize, yes("useActiveDirectory", "false"),
	}), &readerQuotas, queueSecurity([]string{"None", "Transport", "Message", "Both"}))),
	kindWithout(VerdictRefuse, noteQueue, kind("msmqIntegrationBinding", "4.5", join(queueAttrs, []attribute{
		choice("serializationFormat", "Xml", []string{"Xml", "Binary", "ActiveX", "ByteArray", "Stream"}),
	}), queueSecurity([]string{"None", "Transport"}))),
	kindWithout(VerdictRefuse, notePeer, kind("netPeerTcpBinding", "4.5", []attribute{
		text("listenIPAddress"), poolSize, number("maxReceivedMessageSize", "65536", 16384, maxLong), number("port", "0", 0, 65535),
	}, &readerQuotas, &element{name: "resolver", opaque: true, sec: "4.5"}, security("Transport", securityModes, &element{
		name: "transport", opaque: true, sec: "4.5",
	}))),
	kindWithout(VerdictRefuse, noteUDP, kind("udpBinding", "4.5", []attribute{
		number("duplicateMessageHistoryLength", "0", 0, maxInt), number("maxRetransmitCount", "0", 0, maxInt),
		number("maxPendingMessagesTotalSize", "0", 0, maxLong), text("multicastInterfaceId"), number("timeToLive", "1", 0, 255),
		coding("textEncoding"), poolSize, largest,
	}, &readerQuotas)),
}

// metadataKinds have the timeouts only.
var metadataKinds = []*element{
	kindWithout(VerdictNotYetSetting, noteMetadata, kind("mexHttpBinding", "4.4", nil)),
	kindWithout(VerdictNotYetSetting, noteMetadata, kind("mexHttpsBinding", "4.4", nil)),
	kindWithout(VerdictNotYetSetting, noteMetadata, kind("mexTcpBinding", "4.4", nil)),
	kindWithout(VerdictNotYetSetting, noteMetadata, kind("mexNamedPipeBinding", "4.4", nil)),
}

var (
	relayAccess = choice("relayClientAuthenticationType", "RelayAccessToken", []string{"RelayAccessToken", "None"})
	dynamic     = yes("isDynamic", "true")
	relayWeb    = []attribute{yes("allowCookies", "false"), dynamic, poolSize, largest, link("proxyAddress"), yes("useDefaultWebProxy", "true")}
	relayTCP    = []attribute{
		dynamic, number("listenBacklog", "10", 1, maxInt), poolSize, buffer, number("maxConnections", "10", 1, maxInt), largest,
	}
)

// relaySecurity is security of a relay binding.
func relaySecurity(modes []string, transport []attribute) *element {
	s := security("Transport", modes, &element{name: "transport", implied: true, sec: "4.9", attrs: transport})
	s.attrs = append(s.attrs, relayAccess)
	if len(modes) > 2 {
		s.children = append(s.children, messageSecurity("UserName", messageCredentials, negotiates))
	}
	return s
}

func relayKind(name string, attrs []attribute, children ...*element) *element {
	return kindWithout(VerdictNotYet, notYet(name), kind(name, "4.9", attrs, children...))
}

var (
	relayWebSecurity = relaySecurity(securityModes, []attribute{choice("proxyCredentialType", "None", proxyCredentials)})
	relayTCPSecurity = relaySecurity(securityModes, []attribute{protection})
	encoded          = []attribute{choice("messageEncoding", "Text", messageEncodings), coding("textEncoding")}
)

var relayKinds = []*element{
	relayKind("basicHttpRelayBinding", join(relayWeb, encoded, []attribute{buffer, transfer}), &readerQuotas, relayWebSecurity),
	relayKind("ws2007HttpRelayBinding", join(relayWeb, encoded), &readerQuotas, &optionalSession, relayWebSecurity),
	relayKind("wsHttpRelayBinding", join(relayWeb, encoded), &readerQuotas, &optionalSession, relayWebSecurity),
	kindWithout(VerdictRefuse, "webHttpRelayBinding is REST, not SOAP; serve it with an HTTP proxy and remove it here", kind("webHttpRelayBinding", "4.9", []attribute{
		yes("allowCookies", "false"), dynamic, poolSize, largest, buffer, transfer, text("contentTypeMapper"), coding("writeEncoding"),
	},
		&readerQuotas, relaySecurity([]string{"None", "Transport"}, []attribute{choice("proxyCredentialType", "None", proxyCredentials)}))),
	relayKind("netTcpRelayBinding", join(relayTCP, []attribute{
		choice("connectionMode", "Relayed", []string{"Relayed", "Hybrid"}), transfer,
	}), &readerQuotas, &optionalSession, relayTCPSecurity),
	relayKind("netOnewayRelayBinding", relayTCP, &readerQuotas, relayTCPSecurity),
	relayKind("netEventRelayBinding", relayTCP, &readerQuotas, relayTCPSecurity),
	{
		name: "netMessagingBinding", opaque: true, sec: "4.9", verdict: VerdictNoEffect,
		note: "brokered queues are not served; an endpoint that uses it is refused",
	},
}
