package configs

import "slices"

// Parts that binding kinds share.

var timeouts = []attribute{
	{name: "closeTimeout", typ: tTimeSpan, def: "00:01:00"},
	{name: "openTimeout", typ: tTimeSpan, def: "00:01:00"},
	{name: "sendTimeout", typ: tTimeSpan, def: "00:01:00"},
	{name: "receiveTimeout", typ: tTimeSpan, def: "00:10:00"},
}

// httpCommon stands on every HTTP binding and on the HTTP transport elements.
var httpCommon = []attribute{
	{name: "allowCookies", typ: tBool, def: "false", served: []string{"false"}, when: clientSide},
	{name: "bypassProxyOnLocal", typ: tBool, def: "false", when: clientSide},
	{name: "hostNameComparisonMode", typ: tEnum, def: "StrongWildcard", enum: hostNameComparison, when: serviceSide},
	{
		name: "maxBufferPoolSize", typ: tInt, def: "524288", max: maxLong, verdict: VerdictNoEffect,
		note: "Viaduct pools memory by itself; limits.messageMemory bounds it",
	},
	{name: "maxReceivedMessageSize", typ: tInt, def: "65536", min: 1, max: maxLong},
	{name: "proxyAddress", typ: tURI, when: clientSide},
	{name: "useDefaultWebProxy", typ: tBool, def: "true", when: clientSide},
}

var httpBuffered = []attribute{
	{name: "maxBufferSize", typ: tInt, def: "65536", min: 1, max: maxInt},
	{name: "transferMode", typ: tEnum, def: "Buffered", enum: transferModes},
}

var textOnHTTP = []attribute{
	{name: "textEncoding", typ: tEncoding, def: "utf-8", served: []string{"utf-8"}},
	{
		name: "messageEncoding", typ: tEnum, def: "Text", enum: []string{"Text", "Mtom"}, served: []string{"Text"},
		note: "MTOM is not served yet",
	},
}

var readerQuotas = element{
	name: "readerQuotas", implied: true, sec: "4.2",
	attrs: []attribute{
		{name: "maxDepth", typ: tInt, def: "0", max: maxInt},
		{name: "maxStringContentLength", typ: tInt, def: "0", max: maxInt, verdict: VerdictNoEffect, note: noteTyped},
		{name: "maxArrayLength", typ: tInt, def: "0", max: maxInt, verdict: VerdictNoEffect, note: noteTyped},
		{name: "maxBytesPerRead", typ: tInt, def: "0", max: maxInt},
		{name: "maxNameTableCharCount", typ: tInt, def: "0", max: maxInt},
	},
}

const noteTyped = "it bounds the reading of typed values, and a router reads none"

var (
	hostNameComparison = []string{"StrongWildcard", "Exact", "WeakWildcard"}
	transferModes      = []string{"Buffered", "Streamed", "StreamedRequest", "StreamedResponse"}
	httpCredentials    = []string{"None", "Basic", "Digest", "Ntlm", "Windows", "Certificate", "InheritedFromHost"}
	proxyCredentials   = []string{"None", "Basic", "Digest", "Ntlm", "Windows"}
	messageCredentials = []string{"None", "Windows", "UserName", "Certificate", "IssuedToken"}
	securityModes      = []string{"None", "Transport", "Message", "TransportWithMessageCredential"}
)

const noteMode = "only None and Transport without client credentials are served yet; " +
	"keep TLS with mode Transport, and let the service behind check the credentials"

// transportSecurity is security/transport; credential is the default of its
// clientCredentialType.
func transportSecurity(credential string) *element {
	return &element{
		name: "transport", implied: true, sec: "4.3",
		attrs: []attribute{
			{
				name: "clientCredentialType", typ: tEnum, def: credential, enum: httpCredentials, served: []string{"None"},
				when: modeIs("Transport", "TransportCredentialOnly"), note: noteMode,
			},
			{
				name: "proxyCredentialType", typ: tEnum, def: "None", enum: proxyCredentials, served: []string{"None"},
				when: clientSide, note: "proxies that ask for credentials are not served yet",
			},
			{name: "realm", typ: tString, verdict: VerdictNoEffect, note: "no credential type that is served has a realm"},
		},
		children: []*element{&extendedProtection},
	}
}

var extendedProtection = element{
	name: "extendedProtectionPolicy", implied: true, sec: "4.3",
	attrs: []attribute{
		{
			name: "policyEnforcement", typ: tEnum, def: "Never", enum: []string{"Never", "WhenSupported", "Always"},
			verdict: VerdictNotYet, when: modeIs("Transport", "TransportWithMessageCredential"),
			note: "channel binding is not served; set Never",
		},
		{
			name: "protectionScenario", typ: tEnum, def: "TransportSelected", enum: []string{"TransportSelected", "TrustedProxy"},
			verdict: VerdictNoEffect, note: noteChannel,
		},
	},
	children: []*element{{name: "customServiceNames", opaque: true, verdict: VerdictNoEffect, note: noteChannel, sec: "4.3"}},
}

const noteChannel = "it matters only with a policyEnforcement other than Never"

func messageSecurity(name, credential string, credentials []string, more ...attribute) *element {
	return &element{
		name: name, implied: true, sec: "4.3",
		attrs: join([]attribute{
			{
				name: "clientCredentialType", typ: tEnum, def: credential, enum: credentials, verdict: VerdictNotYet,
				when: modeIs("Message", "TransportWithMessageCredential"), note: noteMode,
			},
			{
				name: "algorithmSuite", typ: tEnum, def: "Default", enum: algorithmSuites, code: "ConfigInvalidClassFactoryValue",
				verdict: VerdictNotYet, when: modeIs("Message", "TransportWithMessageCredential"), note: noteMode,
			},
		}, more),
	}
}

var algorithmSuites = []string{
	"Default", "Basic256", "Basic192", "Basic128", "TripleDes",
	"Basic256Rsa15", "Basic192Rsa15", "Basic128Rsa15", "TripleDesRsa15",
	"Basic256Sha256", "Basic192Sha256", "Basic128Sha256", "TripleDesSha256",
	"Basic256Sha256Rsa15", "Basic192Sha256Rsa15", "Basic128Sha256Rsa15", "TripleDesSha256Rsa15",
}

func security(mode string, modes []string, children ...*element) *element {
	served := slices.DeleteFunc(slices.Clone(modes), func(m string) bool { return m != "None" && m != "Transport" })
	return &element{
		name: "security", implied: true, sec: "4.3",
		attrs: []attribute{{
			name: "mode", typ: tEnum, def: mode, enum: modes, served: served, note: noteMode,
		}},
		children: children,
	}
}

// wsSession are the message attributes that only the WS bindings have.
var wsSession = []attribute{
	{
		name: "negotiateServiceCredential", typ: tBool, def: "true", verdict: VerdictNotYet,
		when: modeIs("Message", "TransportWithMessageCredential"), note: noteMode,
	},
	{
		name: "establishSecurityContext", typ: tBool, def: "true", verdict: VerdictNotYet,
		when: modeIs("Message", "TransportWithMessageCredential"), note: noteMode,
	},
}

var optionalSession = element{
	name: "reliableSession", sec: "4.4",
	attrs: []attribute{
		{name: "enabled", typ: tBool, def: "false", served: []string{"false"}, note: "WS-ReliableMessaging is not spoken; set it to false on both sides"},
		{name: "ordered", typ: tBool, def: "true", verdict: VerdictNoEffect, note: "reliable sessions are off"},
		{name: "inactivityTimeout", typ: tTimeSpan, def: "00:10:00", verdict: VerdictNoEffect, note: "reliable sessions are off"},
	},
}

// kind is one binding kind: its element under bindings.
func kind(name, sec string, attrs []attribute, children ...*element) *element {
	return &element{
		name: name, arc: true, sec: sec,
		children: []*element{{
			name: "binding", many: true, owns: true, keys: []string{"name"}, sec: sec, code: "ConfigDuplicateKeyAtSameScope",
			attrs:    join([]attribute{{name: "name", typ: tString}}, timeouts, attrs),
			children: children,
		}},
	}
}

var basicModes = []string{"None", "Transport", "Message", "TransportWithMessageCredential", "TransportCredentialOnly"}

var wsAttrs = join(httpCommon, textOnHTTP, []attribute{{
	name: "transactionFlow", typ: tBool, def: "false", served: []string{"false"}, note: "transactions do not pass through; set it to false",
}})

var wsSecurity = security("Message", securityModes, transportSecurity("Windows"),
	messageSecurity("message", "Windows", messageCredentials, wsSession...))

// otherBindings are known by name and not read.
var otherBindings = []string{
	"netHttpBinding", "netHttpsBinding", "netTcpBinding", "netNamedPipeBinding", "netMsmqBinding", "msmqIntegrationBinding",
	"netPeerTcpBinding", "udpBinding", "webHttpBinding", "wsDualHttpBinding", "wsFederationHttpBinding",
	"ws2007FederationHttpBinding", "basicHttpContextBinding", "wsHttpContextBinding", "netTcpContextBinding",
	"mexHttpBinding", "mexHttpsBinding", "mexTcpBinding", "mexNamedPipeBinding",
	"basicHttpRelayBinding", "ws2007HttpRelayBinding", "webHttpRelayBinding", "netTcpRelayBinding",
	"netOnewayRelayBinding", "netEventRelayBinding",
}

var schemaBindings = &element{
	name: "bindings", section: true, sec: "4", code: "ConfigBindingExtensionNotFound",
	children: join([]*element{
		kind("basicHttpBinding", "4.3", join(httpCommon, httpBuffered, textOnHTTP), &readerQuotas,
			security("None", basicModes, transportSecurity("None"),
				messageSecurity("message", "UserName", []string{"UserName", "Certificate"}))),
		kind("basicHttpsBinding", "4.3", join(httpCommon, httpBuffered, textOnHTTP), &readerQuotas,
			security("Transport", []string{"Transport", "TransportWithMessageCredential"}, transportSecurity("None"),
				messageSecurity("message", "UserName", []string{"UserName", "Certificate"}))),
		kind("wsHttpBinding", "4.4", wsAttrs, &readerQuotas, &optionalSession, wsSecurity),
		kind("ws2007HttpBinding", "4.4", wsAttrs, &readerQuotas, &optionalSession, wsSecurity),
		kindCustom,
	}, named(otherBindings, element{
		opaque: true, sec: "4.4", verdict: VerdictNoEffect,
		note: "this binding kind is not served yet; an endpoint that uses it is refused",
	})),
}
