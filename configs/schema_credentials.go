package configs

const (
	noteAuthorization = "access control of .NET code cannot be run, and dropping it would open the service; " +
		"let the service behind decide, and remove it here"
	noteStore    = "there is one map of certificates, whatever the location (certificates in the settings)"
	noteServer   = "the TLS certificate of a socket stands in the settings (sockets), and secured messages pass through as they come"
	noteMessages = "it concerns certificates inside messages, which pass through as they come; the two ends check them"
	noteTrusted  = "the authorities to trust stand in the settings (clients.tls.roots, sockets[].tls.clientAuthorities)"
	noteRevoked  = "nobody is asked for revoked certificates; write NoCheck to say so"
	noteModes    = "keep ChainTrust, and name the certificates to trust in the settings (clients.tls.roots, sockets[].tls.clientAuthorities)"
	noteLogin    = "user names and tokens are not checked yet; let the service behind do so"
	noteLevel    = "Windows authentication is not spoken"
)

var serviceAuthorization = &element{
	name: "serviceAuthorization", sec: "5.1", verdict: VerdictNoEffect, note: "its defaults concern .NET code only", code: "ConfigDuplicateItem",
	attrs: []attribute{
		choice("principalPermissionMode", "UseWindowsGroups", []string{"None", "UseWindowsGroups", "UseAspNetRoles", "Custom", "Always"}).
			none(noteAuthorization).only("None", "UseWindowsGroups", "Always"),
		text("roleProviderName").refuse(noteAuthorization),
		yes("impersonateCallerForAllOperations", "false").refuse(noteAuthorization),
		yes("impersonateOnSerializingReply", "false").refuse(noteAuthorization),
		text("serviceAuthorizationManagerType").refuse(noteAuthorization),
	},
	children: []*element{{
		name: "authorizationPolicies", sec: "5.1",
		children: []*element{{
			name: "add", many: true, keys: []string{"policyType"}, sec: "5.1", code: "ConfigDuplicateKeyAtSameScope",
			attrs: []attribute{text("policyType").must().refuse(noteAuthorization)},
		}},
	}},
}

var serviceAuthentication = &element{
	name: "serviceAuthenticationManager", sec: "5.1", verdict: VerdictNoEffect, note: "its defaults concern .NET code only", code: "ConfigDuplicateItem",
	attrs: []attribute{
		text("serviceAuthenticationManagerType").refuse(noteAuthorization),
		flags("authenticationSchemes", "None", authSchemes).none(noteAuth).only("None", "Anonymous"),
	},
}

var (
	locations = []string{"CurrentUser", "LocalMachine"}
	stores    = []string{
		"AddressBook", "AuthRoot", "CertificateAuthority", "Disallowed", "My", "Root", "TrustedPeople", "TrustedPublisher",
	}
	findTypes = []string{
		"FindByThumbprint", "FindBySubjectName", "FindBySubjectDistinguishedName", "FindByIssuerName", "FindByIssuerDistinguishedName",
		"FindBySerialNumber", "FindByTimeValid", "FindByTimeNotYetValid", "FindByTimeExpired", "FindByTemplateName",
		"FindByApplicationPolicy", "FindByCertificatePolicy", "FindByExtension", "FindByKeyUsage", "FindBySubjectKeyIdentifier",
	}
	validations = []string{"None", "PeerTrust", "ChainTrust", "PeerOrChainTrust", "Custom"}
	revocations = []string{"NoCheck", "Online", "Offline"}
)

// storedAt are the attributes that find a certificate in a store.
func storedAt(location string) []attribute {
	return []attribute{
		text("findValue"), choice("storeLocation", location, locations), choice("storeName", "My", stores),
		choice("x509FindType", "FindBySubjectDistinguishedName", findTypes),
	}
}

// stored is storedAt for a certificate that the map of the settings finds.
func stored(location string, as func(attribute) attribute) []attribute {
	out := storedAt(location)
	for i := range out {
		if out[i].name == "storeLocation" {
			out[i] = out[i].none(noteStore)
		} else {
			out[i] = as(out[i])
		}
	}
	return out
}

func shown(a attribute) attribute {
	return a.given(showsCertificate).proven("TestHonour_clientCertificate")
}

// validation says how a certificate in a message is checked.
func validation(v Verdict, note, location string) []attribute {
	rows := all(v, note, choice("certificateValidationMode", "ChainTrust", validations), choice("revocationMode", "Online", revocations),
		choice("trustedStoreLocation", location, locations))
	for i := range rows {
		rows[i].when = login
	}
	return join(rows, unwanted(text("customCertificateValidatorType")))
}

// handshake says how a certificate in TLS is checked.
func handshake(location string, when func(*Element) (bool, string)) []attribute {
	return []attribute{
		choice("certificateValidationMode", "ChainTrust", validations).only("ChainTrust", "None").given(when).because(noteModes).
			proven("TestHonour_certificateValidation"),
		choice("revocationMode", "Online", revocations).without(noteRevoked).given(when),
		choice("trustedStoreLocation", location, locations).none(noteTrusted),
		text("customCertificateValidatorType").refuse("it is .NET code, which cannot be run; let the service behind check").given(when),
	}
}

// wanted are rows that are not served yet, and matter where an endpoint has
// security that needs them.
func wanted(note string, rows ...attribute) []attribute {
	out := all(VerdictNotYet, note, rows...)
	for i := range out {
		out[i].when = demanded
	}
	return out
}

// logins are such rows that no certificate of a connection needs.
func logins(note string, rows ...attribute) []attribute {
	out := wanted(note, rows...)
	for i := range out {
		out[i].when = login
	}
	return out
}

// unwanted are such rows that will not be served: they name .NET code.
func unwanted(rows ...attribute) []attribute {
	out := wanted("it is .NET code, which cannot be run; let the service behind check", rows...)
	for i := range out {
		out[i].verdict = VerdictRefuse
	}
	return out
}

// groups are the groups of Windows, which Viaduct does not ask for.
var groups = yes("includeWindowsGroups", "true").none(noteLevel)

// part is an element of credentials.
func part(name string, attrs []attribute, children ...*element) *element {
	return &element{name: name, sec: "5.1", attrs: attrs, children: children}
}

// each is an item of a collection of certificates or addresses.
func each(key string, attrs []attribute) *element {
	e := &element{name: "add", many: true, sec: "5.1", attrs: attrs}
	if key != "" {
		e.keys, e.code = []string{key}, "ConfigDuplicateKeyAtSameScope"
	}
	return e
}

var serviceCredentials = &element{
	name: "serviceCredentials", sec: "5.1", code: "ConfigDuplicateItem",
	attrs: unwanted(text("type"), yes("useIdentityConfiguration", "false"), text("identityConfiguration")),
	children: []*element{
		part("serviceCertificate", all(VerdictNoEffect, noteServer, storedAt("LocalMachine")...)),
		part("clientCertificate", nil,
			part("certificate", all(VerdictNoEffect, noteMessages, storedAt("LocalMachine")...)),
			part("authentication", join(handshake("LocalMachine", asksCertificates), unwanted(yes("mapClientCertificateToWindowsAccount", "false")),
				[]attribute{groups}))),
		part("userNameAuthentication", join(logins(noteLogin,
			choice("userNamePasswordValidationMode", "Windows", []string{"Windows", "MembershipProvider", "Custom"}), text("membershipProviderName"),
			yes("cacheLogonTokens", "false"), number("maxCachedLogonTokens", "128", 1, maxInt), span("cachedLogonTokenLifetime", "00:15:00").positive()),
			unwanted(text("customUserNamePasswordValidatorType")), []attribute{groups})),
		part("windowsAuthentication", join(logins(noteLevel, yes("allowAnonymousLogons", "false")), []attribute{groups})),
		{name: "peer", sec: "5.1", opaque: true, verdict: VerdictNoEffect, note: notePeer},
		part("issuedTokenAuthentication", join(validation(VerdictNotYet, noteLogin, "LocalMachine"),
			logins(noteLogin, choice("audienceUriMode", "Always", []string{"Never", "Always", "BearerKeyOnly"})),
			unwanted(text("samlSerializerType"), yes("allowUntrustedRsaIssuers", "false"))),
			part("allowedAudienceUris", nil, each("allowedAudienceUri", logins(noteLogin, text("allowedAudienceUri")))),
			part("knownCertificates", nil, each("", all(VerdictNoEffect, noteMessages, storedAt("LocalMachine")...)))),
		part("secureConversationAuthentication", unwanted(text("securityStateEncoderType"))),
	},
}

const noteIssued = "tokens of an issuer are not asked for; let the clients send their own"

var clientCredentials = &element{
	name: "clientCredentials", sec: "5.2", code: "ConfigDuplicateItem",
	attrs: join(unwanted(text("type"), yes("useIdentityConfiguration", "false")),
		[]attribute{yes("supportInteractive", "true").none("nobody sits before a router")}),
	children: []*element{
		part("clientCertificate", stored("CurrentUser", shown)),
		part("serviceCertificate", nil,
			part("defaultCertificate", all(VerdictNoEffect, noteMessages, storedAt("CurrentUser")...)),
			part("scopedCertificates", nil,
				each("targetUri", all(VerdictNoEffect, noteMessages, join(storedAt("CurrentUser"), []attribute{link("targetUri").must()})...))),
			part("authentication", validation(VerdictNoEffect, noteMessages, "CurrentUser")),
			part("sslCertificateAuthentication", handshake("CurrentUser", checksServer))),
		part("windows", all(VerdictNoEffect, noteLevel, yes("allowNtlm", "true"), choice("allowedImpersonationLevel", "Identification", impersonations))),
		part("httpDigest", all(VerdictNoEffect, "digest authentication is not spoken", choice("impersonationLevel", "Identification", impersonations))),
		part("issuedToken", all(VerdictRefuse, noteIssued,
			yes("cacheIssuedTokens", "true"), span("maxIssuedTokenCachingTime", "Infinite"), number("issuedTokenRenewalThresholdPercentage", "60", 0, 100),
			choice("defaultKeyEntropyMode", "CombinedEntropy", []string{"ClientEntropy", "ServerEntropy", "CombinedEntropy"})),
			&element{name: "localIssuer", sec: "5.2", opaque: true, verdict: VerdictRefuse, scope: ScopeEndpoint, note: noteIssued},
			&element{name: "issuerChannelBehaviors", sec: "5.2", opaque: true, verdict: VerdictRefuse, scope: ScopeEndpoint, note: noteIssued}),
		{name: "peer", sec: "5.2", opaque: true, verdict: VerdictNoEffect, note: notePeer},
	},
}

var impersonations = []string{"None", "Anonymous", "Identification", "Impersonation", "Delegation"}

var tokenScope = choice("tokenScope", "Entity", []string{"Entity", "Namespace"}).later(noteRelay)

const (
	noteACS     = "the Access Control Service is gone; use sharedAccessSignature"
	noteWindows = "Service Bus for Windows Server is not spoken; use sharedAccessSignature"
)

var relayBehavior = &element{
	name: "transportClientEndpointBehavior", sec: "4.9", verdict: VerdictNotYet, scope: ScopeEndpoint, note: noteRelay, code: "ConfigDuplicateItem",
	attrs: []attribute{text("credentialType").refuse(noteACS)},
	children: []*element{
		{
			name: "tokenProvider", sec: "4.9",
			children: []*element{
				{
					name: "sharedAccessSignature", sec: "4.9",
					attrs: []attribute{
						text("keyName").must().longest(256).later(noteRelay), text("key").must().longest(256).hidden().later(noteRelay), tokenScope,
					},
				},
				{name: "sharedSecret", sec: "4.9", attrs: join(sharedSecret, []attribute{tokenScope})},
				{name: "windowsAuthentication", sec: "4.9", opaque: true, verdict: VerdictRefuse, scope: ScopeEndpoint, note: noteWindows},
			},
		},
		{
			name: "clientCredentials", sec: "4.9",
			children: []*element{{name: "sharedSecret", sec: "4.9", attrs: sharedSecret}},
		},
	},
}

var sharedSecret = []attribute{
	text("issuerName").must().longest(128).refuse(noteACS), text("issuerSecret").must().longest(128).hidden().refuse(noteACS),
}
