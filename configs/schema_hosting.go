package configs

const noteProcess = "it concerns the IIS worker process"

var schemaHosting = &element{
	name: "serviceHostingEnvironment", section: true, implied: true, sec: "6",
	attrs: []attribute{
		{name: "aspNetCompatibilityEnabled", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteProcess},
		{name: "minFreeMemoryPercentageToActivateService", typ: tInt, def: "5", max: 99, verdict: VerdictNoEffect, note: noteProcess},
		{name: "closeIdleServicesAtLowMemory", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteProcess},
		{
			name: "multipleSiteBindingsEnabled", typ: tBool, def: "false", verdict: VerdictNotYetSetting,
			note: "sites of IIS are not modelled yet; the sockets of the settings decide where a service listens",
		},
	},
	children: []*element{
		{
			name: "baseAddressPrefixFilters", opaque: true, sec: "6", verdict: VerdictNotYet, scope: ScopeFile,
			note: "it chooses among the addresses of an IIS site, which are not modelled yet; write baseAddresses and sockets, and remove it",
		},
		{
			name: "serviceActivations", opaque: true, sec: "6", verdict: VerdictNotYet, scope: ScopeFile,
			note: "it gives services their path below an IIS site, which is not modelled yet; write host/baseAddresses, and remove it",
		},
		{name: "transportConfigurationTypes", opaque: true, sec: "6", verdict: VerdictNoEffect, note: noteProcess},
		{name: "add", many: true, opaque: true, sec: "6", verdict: VerdictNoEffect, note: noteProcess},
		{name: "remove", many: true, opaque: true, sec: "6", verdict: VerdictNoEffect, note: noteProcess},
		{name: "clear", many: true, opaque: true, sec: "6", verdict: VerdictNoEffect, note: noteProcess},
	},
}

const noteCounters = "Viaduct has metrics of its own (admin address, /metrics)"

var schemaDiagnostics = &element{
	name: "diagnostics", section: true, sec: "8",
	attrs: []attribute{
		{name: "wmiProviderEnabled", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteCounters},
		{
			name: "performanceCounters", typ: tEnum, def: "Default", enum: []string{"Off", "ServiceOnly", "All", "Default"},
			verdict: VerdictNoEffect, note: noteCounters,
		},
		{name: "performanceCounterEnabled", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteCounters},
		{name: "etwProviderId", typ: tString, def: "{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}", verdict: VerdictNoEffect, note: noteCounters},
	},
	children: []*element{
		{
			name: "messageLogging", opaque: true, sec: "8", verdict: VerdictNotYetSetting,
			note: "messages are not logged yet; the access log names each of them",
		},
		{
			name: "endToEndTracing", opaque: true, sec: "8", verdict: VerdictNotYetSetting,
			note: "activities are not traced yet; their header passes through",
		},
	},
}

// What protects a service outside system.serviceModel (spec wcf-config 1).

const noteWeb = "IIS would refuse clients by it, and Viaduct does not do so yet; " +
	"protect the address in front of or behind Viaduct, and remove it here"

var schemaWeb = &element{
	name: "system.web", sec: "1",
	children: []*element{
		{
			name: "httpRuntime", sec: "1", implied: true,
			attrs: []attribute{{name: "maxRequestLength", typ: tInt, max: maxInt}},
		},
		{
			name: "authentication", sec: "1", verdict: VerdictNoEffect, note: "it denies nobody by itself",
			attrs: []attribute{{
				name: "mode", typ: tEnum, def: "Windows", enum: []string{"None", "Windows", "Forms", "Passport"},
				served: []string{"None", "Windows"}, verdict: VerdictNoEffect, note: noteWeb,
			}},
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
					name: "access", sec: "1", verdict: VerdictNoEffect, note: "it demands nothing",
					attrs: []attribute{{name: "sslFlags", typ: tString, def: "None", served: []string{"None"}, note: noteWeb}},
				},
				{name: "authentication", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: demandsLogin, note: noteWeb},
				{name: "authorization", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: deniesUsers, note: noteWeb},
				{name: "ipSecurity", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: filtersAddresses, note: noteWeb},
				{
					name: "requestFiltering", sec: "1",
					children: []*element{{
						name: "requestLimits", sec: "1", implied: true,
						attrs: []attribute{{name: "maxAllowedContentLength", typ: tInt, max: 1<<32 - 1}},
					}},
				},
			},
		},
		{name: "modules", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: namesThirdParty, note: noteModule},
		{name: "handlers", sec: "1", opaque: true, verdict: VerdictRefuse, scope: ScopeFile, when: namesThirdParty, note: noteModule},
	},
}

const noteModule = "it runs code of a third party on requests, which may be a check; do the same elsewhere, and remove it here"
