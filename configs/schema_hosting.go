package configs

const (
	noteProcess = "it concerns the IIS worker process"
	noteSites   = "the settings name no site of IIS (hosting), so baseAddresses and sockets decide where a service listens"
)

var schemaHosting = &element{
	name: "serviceHostingEnvironment", section: true, implied: true, arc: true, sec: "6",
	attrs: []attribute{
		yes("aspNetCompatibilityEnabled", "false").none(noteProcess),
		number("minFreeMemoryPercentageToActivateService", "5", 0, 99).none(noteProcess),
		yes("closeIdleServicesAtLowMemory", "false").none(noteProcess),
		yes("multipleSiteBindingsEnabled", "false").without(noteSites),
	},
	children: []*element{
		{
			name: "baseAddressPrefixFilters", arc: true, sec: "6",
			children: []*element{{
				name: "add", many: true, keys: []string{"prefix"}, sec: "6", code: "ConfigDuplicateKeyAtSameScope",
				attrs: []attribute{link("prefix").must().proven(layered)},
			}},
		},
		{
			name: "serviceActivations", arc: true, sec: "6",
			children: []*element{{
				name: "add", many: true, keys: []string{"relativeAddress"}, sec: "6", code: "ConfigDuplicateKeyAtSameScope",
				attrs: []attribute{
					text("relativeAddress").must().shortest(3).ident("Hosting_RelativeAddressFormatError").proven(layered),
					text("service").proven(layered), text("factory").proven(layered),
				},
			}},
		},
		{name: "transportConfigurationTypes", arc: true, sec: "6", verdict: VerdictNoEffect, note: noteProcess, children: []*element{transportType}},
		transportType,
	},
}

// transportType is an item that WCF reads directly below the section, and its
// documentation puts into transportConfigurationTypes.
var transportType = &element{
	name: "add", many: true, keys: []string{"name"}, sec: "6", code: "ConfigDuplicateKeyAtSameScope", verdict: VerdictNoEffect, note: noteProcess,
	attrs: []attribute{text("name").must().none(noteProcess), text("transportConfigurationType").must().none(noteProcess)},
}

// What protects a service outside system.serviceModel (spec wcf-config 1).

const noteWeb = "IIS would refuse clients by it, and Viaduct does not do so yet; " +
	"protect the address in front of or behind Viaduct, and remove it here"

var sslFlags = []string{"None", "Ssl", "SslNegotiateCert", "SslRequireCert", "SslMapCert", "Ssl128"}

var schemaWeb = &element{
	name: "system.web", sec: "1",
	children: []*element{
		{name: "httpRuntime", sec: "1", implied: true, attrs: []attribute{number("maxRequestLength", "", 0, maxInt).proven(limitTest)}},
		{
			name: "authentication", sec: "1", verdict: VerdictNoEffect, note: "it denies nobody by itself",
			attrs: []attribute{
				choice("mode", "Windows", []string{"None", "Windows", "Forms", "Passport"}).only("None", "Windows").none(noteWeb),
			},
		},
		{name: "authorization", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: deniesUsers, note: noteWeb},
	},
}

var schemaWebServer = &element{
	name: "system.webServer", sec: "1",
	children: []*element{
		{
			name: "security", sec: "1",
			children: []*element{
				{
					name: "access", sec: "1",
					attrs: []attribute{
						flags("sslFlags", "None", sslFlags).only("None", "Ssl", "SslNegotiateCert", "SslRequireCert", "Ssl128").
							because("accounts of Windows are not asked for; remove SslMapCert").proven("TestHonour_sslFlags"),
					},
				},
				{name: "authentication", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: demandsLogin, note: noteWeb},
				{name: "authorization", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: deniesUsers, note: noteWeb},
				{name: "ipSecurity", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: filtersAddresses, note: noteWeb},
				schemaFiltering,
			},
		},
		{name: "modules", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: namesThirdParty, note: noteModule},
		{name: "handlers", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: namesThirdParty, note: noteModule},
	},
}

// schemaFiltering is what IIS looks for in requests. The lists are refused when
// they hold anything.
var schemaFiltering = &element{
	name: "requestFiltering", sec: "1",
	children: []*element{
		{
			name: "requestLimits", sec: "1", implied: true,
			attrs: []attribute{
				number("maxAllowedContentLength", "", 0, 1<<32-1).proven(limitTest),
				number("maxUrl", "", 0, 1<<32-1).later(noteWeb), number("maxQueryString", "", 0, 1<<32-1).later(noteWeb),
			},
			children: []*element{filterList("headerLimits")},
		},
		filterList("denyUrlSequences"), filterList("denyQueryStringSequences"), filterList("filteringRules"), filterList("verbs"),
		filterList("hiddenSegments"), filterList("fileExtensions"),
	},
}

func filterList(name string) *element {
	return &element{name: name, sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: filtersRequests, note: noteWeb}
}

const noteModule = "it runs code of a third party on requests, which may be a check; do the same elsewhere, and remove it here"
