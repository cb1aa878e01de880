package configs

// serviceBusKey is the key of appSettings that holds the credentials of a relay.
const serviceBusKey = "Microsoft.ServiceBus.ConnectionString"

const (
	noteRelay    = "relays are not served yet"
	noteCounters = "Viaduct has metrics of its own (admin address, /metrics)"
	noteLogging  = "messages are not logged yet; the access log names each of them"
	noteActivity = "activities are not traced yet; their header passes through"
	noteListener = "trace files are not written yet; the access log names each message"
)

var schemaDiagnostics = &element{
	name: "diagnostics", section: true, sec: "8",
	attrs: []attribute{
		yes("wmiProviderEnabled", "false").none(noteCounters),
		choice("performanceCounters", "Default", []string{"Off", "ServiceOnly", "All", "Default"}).none(noteCounters),
		yes("performanceCounterEnabled", "false").none(noteCounters),
		text("etwProviderId").fallback("{c651f5f6-1c0d-492e-8ae1-b4efd7c9d503}").shortest(32).none(noteCounters),
	},
	children: []*element{
		{
			name: "messageLogging", sec: "8", verdict: VerdictNotYetSetting, note: noteLogging,
			attrs: all(VerdictNotYetSetting, noteLogging,
				yes("logEntireMessage", "false"), yes("logKnownPii", "false"), yes("logMalformedMessages", "false"),
				yes("logMessagesAtServiceLevel", "false"), yes("logMessagesAtTransportLevel", "false"),
				number("maxMessagesToLog", "10000", -1, maxInt), number("maxSizeOfMessageToLog", "262144", -1, maxInt)),
			children: []*element{{
				name: "filters", arc: true, sec: "8",
				children: []*element{{
					name: "add", many: true, text: true, sec: "8",
					attrs: []attribute{number("nodeQuota", "", 0, maxInt).without(noteLogging)},
				}},
			}},
		},
		{
			name: "endToEndTracing", sec: "8", verdict: VerdictNotYetSetting, note: noteActivity,
			attrs: all(VerdictNotYetSetting, noteActivity,
				yes("propagateActivity", "false"), yes("activityTracing", "false"), yes("messageFlowTracing", "false")),
		},
	},
}

var switchLevels = func() attribute {
	a := flags("switchValue", "", []string{"Off", "Critical", "Error", "Warning", "Information", "Verbose", "ActivityTracing", "All"})
	a.anyCase = true
	return a.without(noteListener).given(tracesWCF)
}()

var schemaListener = &element{
	name: "add", many: true, sec: "8",
	attrs: []attribute{
		text("name").none(noteListener), text("type").without(noteListener).given(tracesWCF),
		text("initializeData").without(noteListener).given(tracesWCF), text("traceOutputOptions").none(noteListener),
	},
}

// schemaTracing is system.diagnostics, as far as it concerns sources of WCF.
var schemaTracing = &element{
	name: "system.diagnostics", sec: "8",
	children: []*element{
		{
			name: "sources", sec: "8",
			children: []*element{{
				name: "source", many: true, sec: "8",
				attrs: []attribute{
					text("name").none(noteListener), switchLevels, yes("propagateActivity", "false").without(noteActivity).given(tracesWCF),
				},
				children: []*element{{name: "listeners", sec: "8", children: []*element{schemaListener}}},
			}},
		},
		{name: "sharedListeners", sec: "8", children: []*element{schemaListener}},
		{name: "trace", sec: "8", attrs: []attribute{yes("autoflush", "false").none("what is written is written at once")}},
	},
}

var schemaAppSettings = &element{
	name: "appSettings", sec: "4.9",
	children: []*element{{
		name: "add", many: true, sec: "4.9",
		attrs: []attribute{text("key").none(noteRelay), text("value").hidden().without(noteRelay)},
	}},
}
