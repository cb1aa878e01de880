package configs

import "slices"

// Parts that binding kinds share.

const (
	golden    = "TestLoad_golden"
	layered   = "TestLoadWith_golden"
	limitTest = "TestHonour_limits"
	proxyTest = "TestHonour_proxy"
)

// keyName is the key of a configuration, and what references name.
var keyName = text("name").proven(golden)

var timeouts = []attribute{
	span("closeTimeout", "00:01:00").proven("TestHonour_closeTimeout"),
	span("openTimeout", "00:01:00").proven("TestHonour_openTimeout"),
	span("sendTimeout", "00:01:00").proven("TestHonour_sendTimeout"),
	span("receiveTimeout", "00:10:00").proven("TestHonour_receiveTimeout"),
}

const noteWebProxy = "proxies that ask for credentials are not served yet"

// hostMode, poolSize and largest stand on nearly every transport.
var (
	hostMode = choice("hostNameComparisonMode", "StrongWildcard", hostNameComparison).given(serviceSide).proven("TestHonour_hostNameComparisonMode")
	poolSize = number("maxBufferPoolSize", "524288", 0, maxLong).none("Viaduct pools memory by itself; limits.messageMemory bounds it")
	largest  = number("maxReceivedMessageSize", "65536", 1, maxLong).proven(limitTest)
	buffer   = number("maxBufferSize", "65536", 1, maxInt).proven("TestHonour_maxBufferSize")
	transfer = choice("transferMode", "Buffered", transferModes).proven("TestHonour_transferMode")
)

// httpCommon stands on every HTTP binding and on the HTTP transport elements.
var httpCommon = []attribute{
	yes("allowCookies", "false").only("false").given(clientSide),
	yes("bypassProxyOnLocal", "false").given(clientSide).proven(proxyTest),
	hostMode, poolSize, largest,
	link("proxyAddress").given(clientSide).proven(proxyTest),
	yes("useDefaultWebProxy", "true").given(clientSide).proven(proxyTest),
}

var httpBuffered = []attribute{buffer, transfer}

var textOnHTTP = []attribute{
	coding("textEncoding").only("utf-8"),
	choice("messageEncoding", "Text", messageEncodings).only("Text").because("MTOM is not served yet"),
}

var readerQuotas = element{
	name: "readerQuotas", implied: true, sec: "4.2",
	attrs: []attribute{
		number("maxDepth", "0", 0, maxInt).proven(limitTest),
		number("maxStringContentLength", "0", 0, maxInt).none(noteTyped),
		number("maxArrayLength", "0", 0, maxInt).none(noteTyped),
		number("maxBytesPerRead", "0", 0, maxInt).proven(limitTest),
		number("maxNameTableCharCount", "0", 0, maxInt).proven(limitTest),
	},
}

const noteTyped = "it bounds the reading of typed values, and a router reads none"

var (
	hostNameComparison = []string{"StrongWildcard", "Exact", "WeakWildcard"}
	transferModes      = []string{"Buffered", "Streamed", "StreamedRequest", "StreamedResponse"}
	messageEncodings   = []string{"Text", "Mtom"}
	httpCredentials    = []string{"None", "Basic", "Digest", "Ntlm", "Windows", "Certificate", "InheritedFromHost"}
	proxyCredentials   = []string{"None", "Basic", "Digest", "Ntlm", "Windows"}
	messageCredentials = []string{"None", "Windows", "UserName", "Certificate", "IssuedToken"}
	basicCredentials   = []string{"UserName", "Certificate"}
	securityModes      = []string{"None", "Transport", "Message", "TransportWithMessageCredential"}
	basicModes         = []string{"None", "Transport", "Message", "TransportWithMessageCredential", "TransportCredentialOnly"}
	basicsModes        = []string{"Transport", "TransportWithMessageCredential"}
	protectionLevels   = []string{"None", "Sign", "EncryptAndSign"}
)

const noteMode = "only None and Transport, with certificates of clients or none, are served yet; " +
	"keep TLS with mode Transport, and let the service behind check the credentials"

// noteMessage is for what belongs to message security. Where an endpoint only
// forwards, the assembler makes it "passed through".
const noteMessage = "a router cannot check it; it may pass through to a destination with the same security, else use Transport"

var inMessage = modeIs("Message", "TransportWithMessageCredential")

// transportSecurity is security/transport; credential is the default of its
// clientCredentialType.
func transportSecurity(credential string) *element {
	return &element{
		name: "transport", implied: true, sec: "4.3",
		attrs: []attribute{
			choice("clientCredentialType", credential, httpCredentials).only("None", "Certificate").
				given(modeIs("Transport", "TransportCredentialOnly")).because(noteMode).proven("TestHonour_clientCertificate"),
			choice("proxyCredentialType", "None", proxyCredentials).only("None").given(clientSide).because(noteWebProxy),
			text("realm").none("no credential type that is served has a realm"),
		},
		children: []*element{extendedProtection("4.3", modeIs("Transport", "TransportWithMessageCredential"))},
	}
}

// extendedProtection is channel binding, where TLS or Windows security is in use.
func extendedProtection(sec string, when func(*Element) (bool, string)) *element {
	return &element{
		name: "extendedProtectionPolicy", implied: true, sec: sec,
		attrs: []attribute{
			choice("policyEnforcement", "Never", []string{"Never", "WhenSupported", "Always"}).
				later("channel binding is not served; set Never").given(when),
			choice("protectionScenario", "TransportSelected", []string{"TransportSelected", "TrustedProxy"}).none(noteChannel),
		},
		children: []*element{{name: "customServiceNames", opaque: true, verdict: VerdictNoEffect, note: noteChannel, sec: sec}},
	}
}

const noteChannel = "it matters only with a policyEnforcement other than Never"

func messageSecurity(credential string, credentials []string, more ...attribute) *element {
	return &element{
		name: "message", implied: true, sec: "4.3",
		attrs: join([]attribute{
			choice("clientCredentialType", credential, credentials).pass().given(inMessage),
			suite("algorithmSuite").pass().given(inMessage),
		}, more),
	}
}

// suite is an AlgorithmSuite (spec wcf-config 0).
func suite(name string) attribute {
	a := choice(name, "Default", algorithmSuites).ident("ConfigInvalidClassFactoryValue")
	a.means = map[string]string{"Default": "Basic256"}
	return a
}

var algorithmSuites = []string{
	"Default", "Basic256", "Basic192", "Basic128", "TripleDes",
	"Basic256Rsa15", "Basic192Rsa15", "Basic128Rsa15", "TripleDesRsa15",
	"Basic256Sha256", "Basic192Sha256", "Basic128Sha256", "TripleDesSha256",
	"Basic256Sha256Rsa15", "Basic192Sha256Rsa15", "Basic128Sha256Rsa15", "TripleDesSha256Rsa15",
}

func security(mode string, modes []string, children ...*element) *element {
	served := slices.DeleteFunc(slices.Clone(modes), func(m string) bool { return m != "None" && m != "Transport" })
	pass := slices.DeleteFunc(slices.Clone(modes), func(m string) bool { return m != "Message" && m != "TransportWithMessageCredential" })
	return &element{
		name: "security", implied: true, sec: "4.3",
		attrs:    []attribute{choice("mode", mode, modes).only(served...).passing(pass...).because(noteMode).proven("TestHonour_tls")},
		children: children,
	}
}

var (
	negotiates  = yes("negotiateServiceCredential", "true").pass().given(inMessage)
	establishes = yes("establishSecurityContext", "true").pass().given(inMessage)
)

const noteReliable = "WS-ReliableMessaging is not spoken; set it to false on both sides"

// optionalSession is reliableSession where it can be switched off.
var optionalSession = element{
	name: "reliableSession", sec: "4.4",
	attrs: []attribute{
		yes("enabled", "false").only("false").because(noteReliable),
		yes("ordered", "true").none("reliable sessions are off"),
		span("inactivityTimeout", "00:10:00").positive().none("reliable sessions are off"),
	},
}

// kind is one binding kind: its element under bindings.
func kind(name, sec string, attrs []attribute, children ...*element) *element {
	return &element{
		name: name, arc: true, sec: sec,
		children: []*element{{
			name: "binding", many: true, owns: true, keys: []string{"name"}, sec: sec, code: "ConfigDuplicateKeyAtSameScope",
			attrs:    join([]attribute{keyName}, timeouts, attrs),
			children: children,
		}},
	}
}

// kindWithout is a kind that is not served, for the reason that its binding row
// gives.
func kindWithout(v Verdict, note string, k *element) *element {
	k = withheld(v, note, k)
	b := k.children[0]
	b.verdict, b.note, b.scope = v, note, ScopeEndpoint
	return k
}

var transactions = yes("transactionFlow", "false").only("false").because("transactions do not pass through; set it to false")

var wsAttrs = join(httpCommon, textOnHTTP, []attribute{transactions})

var wsSecurity = security("Message", securityModes, transportSecurity("Windows"),
	messageSecurity("Windows", messageCredentials, negotiates, establishes))

var basicSecurity = security("None", basicModes, transportSecurity("None"), messageSecurity("UserName", basicCredentials))

var basicAttrs = join(httpCommon, httpBuffered, textOnHTTP)

var schemaBindings = &element{
	name: "bindings", section: true, sec: "4", code: "ConfigBindingExtensionNotFound",
	children: join([]*element{
		kind("basicHttpBinding", "4.3", basicAttrs, &readerQuotas, basicSecurity),
		kind("basicHttpsBinding", "4.3", basicAttrs, &readerQuotas,
			security("Transport", basicsModes, transportSecurity("None"), messageSecurity("UserName", basicCredentials))),
		kind("wsHttpBinding", "4.4", wsAttrs, &readerQuotas, &optionalSession, wsSecurity),
		kind("ws2007HttpBinding", "4.4", wsAttrs, &readerQuotas, &optionalSession, wsSecurity),
		kind("basicHttpContextBinding", "4.4", join(basicAttrs, contexts), &readerQuotas, basicSecurity),
		kind("wsHttpContextBinding", "4.4", join(wsAttrs, contexts), &readerQuotas, &optionalSession, wsSecurity),
		kindCustom,
	}, netKinds, webKinds, queueKinds, metadataKinds, relayKinds),
}

const noteContext = "Viaduct manages no contexts; their headers and cookies pass through"

var contexts = []attribute{
	yes("contextManagementEnabled", "true").none(noteContext),
	link("clientCallbackAddress").none(noteContext),
	choice("contextProtectionLevel", "Sign", protectionLevels).none(noteContext),
}
