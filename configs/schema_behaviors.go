package configs

var schemaBehaviors = &element{
	name: "behaviors", section: true, sec: "5",
	children: []*element{
		{name: "serviceBehaviors", arc: true, sec: "5.1", children: []*element{serviceBehavior}},
		{name: "endpointBehaviors", arc: true, sec: "5.2", children: []*element{endpointBehavior}},
	},
}

const noteMetadata = "metadata is not published yet; clients need a WSDL file"

// page are the attributes of a page that a service shows on GET.
func page(name string, more ...attribute) []attribute {
	return join(more, []attribute{
		{name: "http" + name + "Url", typ: tURI, verdict: VerdictNotYetSetting, note: noteMetadata},
		{name: "https" + name + "Url", typ: tURI, verdict: VerdictNotYetSetting, note: noteMetadata},
		{name: "http" + name + "Binding", typ: tString, verdict: VerdictNoEffect, note: noteMetadata},
		{name: "http" + name + "BindingConfiguration", typ: tString, verdict: VerdictNoEffect, note: noteMetadata},
		{name: "https" + name + "Binding", typ: tString, verdict: VerdictNoEffect, note: noteMetadata},
		{name: "https" + name + "BindingConfiguration", typ: tString, verdict: VerdictNoEffect, note: noteMetadata},
	})
}

var serializer = element{
	name: "dataContractSerializer", sec: "5.1", code: "ConfigDuplicateItem",
	attrs: []attribute{
		{name: "ignoreExtensionDataObject", typ: tBool, def: "false", verdict: VerdictNoEffect, note: noteSerializer},
		{name: "maxItemsInObjectGraph", typ: tInt, def: "2147483647", max: maxInt, verdict: VerdictNoEffect, note: noteSerializer},
	},
	verdict: VerdictNoEffect, note: noteSerializer,
}

const noteSerializer = "a router does not turn messages into objects"

var serviceBehavior = &element{
	name: "behavior", many: true, owns: true, mixed: true, keys: []string{"name"}, sec: "5.1", code: "ConfigInvalidExtensionElementName",
	attrs: []attribute{{name: "name", typ: tString}},
	children: join([]*element{
		{
			name: "serviceMetadata", sec: "5.1", verdict: VerdictNotYetSetting, note: noteMetadata, code: "ConfigDuplicateItem",
			attrs: page("Get",
				attribute{name: "externalMetadataLocation", typ: tURI, verdict: VerdictNotYetSetting, note: noteMetadata},
				attribute{name: "httpGetEnabled", typ: tBool, def: "false", verdict: VerdictNotYetSetting, note: noteMetadata},
				attribute{name: "httpsGetEnabled", typ: tBool, def: "false", verdict: VerdictNotYetSetting, note: noteMetadata},
				attribute{
					name: "policyVersion", typ: tEnum, def: "Default", enum: []string{"Default", "Policy12", "Policy15"},
					verdict: VerdictNotYetSetting, note: noteMetadata,
				}),
		},
		{
			name: "serviceDebug", sec: "5.1", implied: true, code: "ConfigDuplicateItem",
			attrs: page("HelpPage",
				attribute{name: "httpHelpPageEnabled", typ: tBool, def: "true", verdict: VerdictNotYetSetting, note: "no help page is shown yet"},
				attribute{name: "httpsHelpPageEnabled", typ: tBool, def: "true", verdict: VerdictNotYetSetting, note: "no help page is shown yet"},
				attribute{
					name: "includeExceptionDetailInFaults", typ: tBool, def: "false", verdict: VerdictNotYetSetting,
					note: "faults that Viaduct makes carry a reason and an id; the detail stands in the log",
				}),
		},
		{
			name: "serviceThrottling", sec: "5.1", implied: true, code: "ConfigDuplicateItem",
			attrs: []attribute{
				{name: "maxConcurrentCalls", typ: tInt, min: 1, max: maxInt, code: "SFxThrottleLimitMustBeGreaterThanZero0"},
				{
					name: "maxConcurrentSessions", typ: tInt, min: 1, max: maxInt, code: "SFxThrottleLimitMustBeGreaterThanZero0",
					verdict: VerdictNoEffect, note: "the bindings that are served have no sessions",
				},
				{
					name: "maxConcurrentInstances", typ: tInt, min: 1, max: maxInt, code: "SFxThrottleLimitMustBeGreaterThanZero0",
					verdict: VerdictNoEffect, note: "a router has no instances",
				},
			},
		},
		{
			name: "routing", sec: "7", code: "ConfigDuplicateItem",
			attrs: []attribute{
				{name: "filterTableName", typ: tString},
				{name: "routeOnHeadersOnly", typ: tBool, def: "true"},
				{name: "soapProcessingEnabled", typ: tBool, def: "true"},
				{
					name: "ensureOrderedDispatch", typ: tBool, def: "false", verdict: VerdictNoEffect,
					note: "it orders the messages of a session, and the bindings that are served have none",
				},
			},
		},
		{
			name: "useRequestHeadersForMetadataAddress", sec: "5.1", opaque: true, verdict: VerdictNotYetSetting, note: noteMetadata,
			code: "ConfigDuplicateItem",
		},
		{
			name: "serviceTimeouts", sec: "5.1", verdict: VerdictNoEffect, note: "it concerns transactions", code: "ConfigDuplicateItem",
			attrs: []attribute{{
				name: "transactionTimeout", typ: tTimeSpan, def: "00:00:00", verdict: VerdictNoEffect, note: "it concerns transactions",
			}},
		},
		serviceAuthorization,
		serviceAuthentication,
		{
			name: "serviceCredentials", sec: "5.1", opaque: true, verdict: VerdictNoEffect, code: "ConfigDuplicateItem",
			note: "no security mode that is served needs it; the TLS certificate of a socket stands in the settings",
		},
		&serializer,
	}, named([]string{
		"serviceSecurityAudit", "serviceDiscovery", "workflowIdle", "workflowUnhandledException",
		"workflowInstanceManagement", "sqlWorkflowInstanceStore", "etwTracking", "bufferedReceive", "sendMessageChannelCache",
		"workflowRuntime", "persistenceProvider", "serviceHealth",
	}, element{
		opaque: true, sec: "5.1", verdict: VerdictNoEffect, code: "ConfigDuplicateItem", note: "it changes nothing that a router does",
	})),
}

const noteAuthorization = "access control of .NET code cannot be run, and dropping it would open the service; " +
	"let the service behind decide, and remove it here"

var serviceAuthorization = &element{
	name: "serviceAuthorization", sec: "5.1", verdict: VerdictNoEffect, note: "its defaults concern .NET code only", code: "ConfigDuplicateItem",
	attrs: []attribute{
		{
			name: "principalPermissionMode", typ: tEnum, def: "UseWindowsGroups",
			enum:   []string{"None", "UseWindowsGroups", "UseAspNetRoles", "Custom", "Always"},
			served: []string{"None", "UseWindowsGroups", "Always"}, verdict: VerdictNoEffect, note: noteAuthorization,
		},
		{name: "roleProviderName", typ: tString, verdict: VerdictRefuse, note: noteAuthorization},
		{name: "impersonateCallerForAllOperations", typ: tBool, def: "false", verdict: VerdictRefuse, note: noteAuthorization},
		{name: "impersonateOnSerializingReply", typ: tBool, def: "false", verdict: VerdictRefuse, note: noteAuthorization},
		{name: "serviceAuthorizationManagerType", typ: tString, verdict: VerdictRefuse, note: noteAuthorization},
	},
	children: []*element{{
		name: "authorizationPolicies", opaque: true, verdict: VerdictRefuse, scope: ScopeService, sec: "5.1", note: noteAuthorization,
	}},
}

var serviceAuthentication = &element{
	name: "serviceAuthenticationManager", sec: "5.1", verdict: VerdictNoEffect, note: "its defaults concern .NET code only", code: "ConfigDuplicateItem",
	attrs: []attribute{
		{name: "serviceAuthenticationManagerType", typ: tString, verdict: VerdictRefuse, note: noteAuthorization},
		{
			name: "authenticationSchemes", typ: tFlags, def: "None", enum: authSchemes, served: []string{"None", "Anonymous"},
			verdict: VerdictNoEffect, note: "HTTP authentication is not served yet",
		},
	},
}

var endpointBehavior = &element{
	name: "behavior", many: true, owns: true, mixed: true, keys: []string{"name"}, sec: "5.2", code: "ConfigInvalidExtensionElementName",
	attrs: []attribute{{name: "name", typ: tString}},
	children: join([]*element{
		{
			name: "clientVia", sec: "5.2", code: "ConfigDuplicateItem",
			attrs: []attribute{{name: "viaUri", typ: tURI, required: true, when: clientSide}},
		},
		{
			name: "soapProcessing", sec: "5.2", implied: true, code: "ConfigDuplicateItem",
			attrs: []attribute{{name: "processMessages", typ: tBool, def: "true", when: clientSide}},
		},
		{
			name: "clientCredentials", sec: "5.2", opaque: true, verdict: VerdictNotYet, scope: ScopeEndpoint, when: clientSide,
			code: "ConfigDuplicateItem", note: "credentials and certificate checks towards a destination stand in the settings (clients)",
		},
		{
			name: "transportClientEndpointBehavior", sec: "4.9", opaque: true, verdict: VerdictNotYet, scope: ScopeEndpoint,
			code: "ConfigDuplicateItem", note: "relays are not served yet",
		},
		&serializer,
	}, named([]string{"webHttp", "enableWebScript"}, element{
		opaque: true, sec: "5.2", verdict: VerdictRefuse, scope: ScopeEndpoint, code: "ConfigDuplicateItem",
		note: "REST is not SOAP; serve it with an HTTP proxy",
	}), named([]string{
		"endpointDiscovery", "synchronousReceive", "dispatcherSynchronization", "transactedBatching", "callbackDebug",
		"callbackTimeouts", "serviceRegistrySettings", "connectionStatusBehavior",
	}, element{
		opaque: true, sec: "5.2", verdict: VerdictNoEffect, code: "ConfigDuplicateItem", note: "it changes nothing that a router does",
	})),
}
