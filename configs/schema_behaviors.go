package configs

import "slices"

var schemaBehaviors = &element{
	name: "behaviors", section: true, sec: "5",
	children: []*element{
		{name: "serviceBehaviors", arc: true, sec: "5.1", children: []*element{serviceBehavior}},
		{name: "endpointBehaviors", arc: true, sec: "5.2", children: []*element{endpointBehavior}},
	},
}

// schemaCommon is commonBehaviors: the same elements without names.
var schemaCommon = &element{
	name: "commonBehaviors", section: true, sec: "1.1",
	children: []*element{
		{name: "endpointBehaviors", sec: "5.2", mixed: true, code: "ConfigInvalidExtensionElementName", children: withoutImplied(endpointBehavior.children)},
		{name: "serviceBehaviors", sec: "5.1", mixed: true, code: "ConfigInvalidExtensionElementName", children: withoutImplied(serviceBehavior.children)},
	},
}

// withoutImplied copies rows that here have no effect unless they are written.
func withoutImplied(rows []*element) []*element {
	out := slices.Clone(rows)
	for i, r := range rows {
		if r.implied {
			c := *r
			c.implied = false
			out[i] = &c
		}
	}
	return out
}

const (
	noteMetadata   = "metadata is not published yet; clients need a WSDL file"
	noteHelp       = "no help page is shown yet"
	noteSerializer = "a router does not turn messages into objects"
	noteDisclose   = "faults that Viaduct makes carry a reason and an id; the detail stands in the log"
	noteWorkflow   = "it is a workflow setting, and workflows are not hosted"
	noteCode       = "it concerns .NET code only"
)

// behavior is a behaviour with the verdict v for what is not said otherwise.
func behavior(name, sec string, attrs []attribute, children ...*element) *element {
	return &element{name: name, sec: sec, code: "ConfigDuplicateItem", attrs: attrs, children: children}
}

// idle is a behaviour without effect.
func idle(name, sec, note string, attrs ...attribute) *element {
	e := behavior(name, sec, all(VerdictNoEffect, note, attrs...))
	e.verdict, e.note = VerdictNoEffect, note
	return e
}

// closed is a behaviour without effect whose content is not read.
func closed(name, note string) *element {
	return &element{name: name, sec: "5.1", code: "ConfigDuplicateItem", opaque: true, verdict: VerdictNoEffect, note: note}
}

// page are the attributes of a page that a service shows on GET.
func page(name, note string, more ...attribute) []attribute {
	return join(more, []attribute{
		link("http" + name + "Url").without(note), link("https" + name + "Url").without(note),
		text("http" + name + "Binding").none(note), text("http" + name + "BindingConfiguration").none(note),
		text("https" + name + "Binding").none(note), text("https" + name + "BindingConfiguration").none(note),
	})
}

var policyVersion = func() attribute {
	a := choice("policyVersion", "Default", []string{"Default", "Policy12", "Policy15"}).without(noteMetadata)
	a.means = map[string]string{"Default": "Policy12"}
	return a
}()

var serializer = idle("dataContractSerializer", "5.1", noteSerializer,
	yes("ignoreExtensionDataObject", "false"), number("maxItemsInObjectGraph", "2147483647", 0, maxInt))

func throttle(name string) attribute {
	return number(name, "", 1, maxInt).ident("SFxThrottleLimitMustBeGreaterThanZero0")
}

var schemaMetadata = &element{
	name: "serviceMetadata", sec: "5.1", verdict: VerdictNotYetSetting, note: noteMetadata, code: "ConfigDuplicateItem",
	attrs: page("Get", noteMetadata,
		link("externalMetadataLocation").without(noteMetadata), yes("httpGetEnabled", "false").without(noteMetadata),
		yes("httpsGetEnabled", "false").without(noteMetadata), policyVersion),
}

var schemaDebug = &element{
	name: "serviceDebug", sec: "5.1", implied: true, code: "ConfigDuplicateItem",
	attrs: page("HelpPage", noteHelp,
		yes("httpHelpPageEnabled", "true").without(noteHelp), yes("httpsHelpPageEnabled", "true").without(noteHelp),
		yes("includeExceptionDetailInFaults", "false").without(noteDisclose)),
}

var schemaThrottling = &element{
	name: "serviceThrottling", sec: "5.1", implied: true, code: "ConfigDuplicateItem",
	attrs: []attribute{
		throttle("maxConcurrentCalls").proven("TestHonour_throttling"),
		throttle("maxConcurrentSessions").none("the bindings that are served have no sessions"),
		throttle("maxConcurrentInstances").none("a router has no instances"),
	},
}

var schemaRoutingBehavior = &element{
	name: "routing", sec: "7", code: "ConfigDuplicateItem",
	attrs: []attribute{
		text("filterTableName").proven(golden), yes("routeOnHeadersOnly", "true").proven("TestHonour_routeOnHeadersOnly"),
		yes("soapProcessingEnabled", "true").proven("TestHonour_soapProcessing"),
		yes("ensureOrderedDispatch", "false").none("it orders the messages of a session, and the bindings that are served have none"),
	},
}

var schemaRequestHeaders = &element{
	name: "useRequestHeadersForMetadataAddress", sec: "5.1", verdict: VerdictNotYetSetting, note: noteMetadata, code: "ConfigDuplicateItem",
	children: []*element{{
		name: "defaultPorts", arc: true, sec: "5.1",
		children: []*element{{
			name: "add", many: true, keys: []string{"scheme"}, sec: "5.1", code: "ConfigDuplicateKeyAtSameScope",
			attrs: []attribute{text("scheme").must().without(noteMetadata), number("port", "", 0, 65535).must().without(noteMetadata)},
		}},
	}},
}

var serviceBehavior = &element{
	name: "behavior", many: true, owns: true, mixed: true, keys: []string{"name"}, sec: "5.1", code: "ConfigInvalidExtensionElementName",
	attrs: []attribute{keyName},
	children: []*element{
		schemaMetadata, schemaDebug, schemaThrottling, schemaRoutingBehavior, schemaRequestHeaders,
		idle("serviceTimeouts", "5.1", "it concerns transactions", span("transactionTimeout", "00:00:00")),
		serviceAuthorization, serviceAuthentication, serviceCredentials, serializer,
		idle("serviceSecurityAudit", "5.1", "audit events are written by .NET only; the access log names each message",
			choice("auditLogLocation", "Default", []string{"Default", "Application", "Security"}), yes("suppressAuditFailure", "true"),
			choice("serviceAuthorizationAuditLevel", "None", auditLevels), choice("messageAuthenticationAuditLevel", "None", auditLevels)),
		{
			name: "serviceHealth", sec: "5.1", verdict: VerdictNoEffect, note: noteHealth, code: "ConfigDuplicateItem",
			attrs: all(VerdictNoEffect, noteHealth, page("Get", noteHealth, yes("healthDetailsEnabled", "true"), yes("httpGetEnabled", "true"),
				yes("httpsGetEnabled", "true"))...),
		},
		closed("serviceDiscovery", "services are not announced"),
		idle("workflowIdle", "5.1", noteWorkflow, span("timeToPersist", "Infinite"), span("timeToUnload", "00:01:00")),
		idle("workflowUnhandledException", "5.1", noteWorkflow,
			choice("action", "AbandonAndSuspend", []string{"Abandon", "AbandonAndSuspend", "Cancel", "Terminate"})),
		idle("workflowInstanceManagement", "5.1", noteWorkflow, text("authorizedWindowsGroup")),
		closed("sqlWorkflowInstanceStore", noteWorkflow),
		idle("etwTracking", "5.1", noteWorkflow, text("profileName")),
		idle("bufferedReceive", "5.1", noteWorkflow, number("maxPendingMessagesPerChannel", "512", 1, maxInt)),
		{
			name: "sendMessageChannelCache", sec: "5.1", verdict: VerdictNoEffect, note: noteWorkflow, code: "ConfigDuplicateItem",
			attrs: all(VerdictNoEffect, noteWorkflow, yes("allowUnsafeCaching", "false")),
			children: []*element{
				{name: "factorySettings", opaque: true, sec: "5.1", verdict: VerdictNoEffect, note: noteWorkflow},
				{name: "channelSettings", opaque: true, sec: "5.1", verdict: VerdictNoEffect, note: noteWorkflow},
			},
		},
		closed("workflowRuntime", noteWorkflow),
		closed("persistenceProvider", noteWorkflow),
	},
}

const noteHealth = "no health page of a service is shown; the admin address has /healthz"

var auditLevels = []string{"None", "Success", "Failure", "SuccessOrFailure"}

const noteBatch = "transactions are not taken part in"

var restAttrs = []attribute{
	yes("helpEnabled", "false"), choice("defaultBodyStyle", "Bare", []string{"Bare", "Wrapped", "WrappedRequest", "WrappedResponse"}),
	choice("defaultOutgoingResponseFormat", "Xml", []string{"Xml", "Json"}), yes("automaticFormatSelectionEnabled", "false"),
	yes("faultExceptionEnabled", "false"),
}

// rest is a behaviour that makes an endpoint one of REST.
func rest(name string) *element {
	const note = "REST is not SOAP; serve it with an HTTP proxy"
	e := behavior(name, "5.2", all(VerdictRefuse, note, restAttrs...))
	e.verdict, e.note, e.scope = VerdictRefuse, note, ScopeEndpoint
	return e
}

var endpointBehavior = &element{
	name: "behavior", many: true, owns: true, mixed: true, keys: []string{"name"}, sec: "5.2", code: "ConfigInvalidExtensionElementName",
	attrs: []attribute{keyName},
	children: []*element{
		behavior("clientVia", "5.2", []attribute{link("viaUri").must().given(clientSide).proven("TestHonour_clientEndpoint")}),
		{
			name: "soapProcessing", sec: "5.2", implied: true, code: "ConfigDuplicateItem",
			attrs: []attribute{yes("processMessages", "true").given(clientSide).proven("TestHonour_soapProcessing")},
		},
		clientCredentials, relayBehavior,
		idle("serviceRegistrySettings", "4.9", noteRelay, choice("discoveryMode", "Private", []string{"Private", "Public"}), text("displayName")),
		idle("connectionStatusBehavior", "4.9", noteRelay),
		serializer, rest("webHttp"), rest("enableWebScript"),
		{
			name: "endpointDiscovery", sec: "5.2", verdict: VerdictNoEffect, note: "endpoints are not announced", code: "ConfigDuplicateItem",
			attrs: all(VerdictNoEffect, "endpoints are not announced", yes("enabled", "true")),
			children: []*element{
				items("types", text("name").must(), text("namespace")), items("scopes", link("scope").must()),
				{name: "extensions", opaque: true, sec: "5.2", verdict: VerdictNoEffect, note: "endpoints are not announced"},
			},
		},
		idle("synchronousReceive", "5.2", noteNothing),
		idle("dispatcherSynchronization", "5.2", noteNothing, yes("asynchronousSendEnabled", "false"), number("maxPendingReceives", "1", 1, maxInt)),
		idle("transactedBatching", "5.2", noteBatch, number("maxBatchSize", "0", 0, maxInt)),
		idle("callbackDebug", "5.2", "no duplex callbacks are served", yes("includeExceptionDetailInFaults", "false")),
		idle("callbackTimeouts", "5.2", "it concerns transactions", span("transactionTimeout", "00:00:00")),
	},
}

// items is a collection of endpointDiscovery.
func items(name string, attrs ...attribute) *element {
	return &element{
		name: name, sec: "5.2",
		children: []*element{{
			name: "add", many: true, sec: "5.2", attrs: all(VerdictNoEffect, "endpoints are not announced", attrs...),
		}},
	}
}
