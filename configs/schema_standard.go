package configs

const noteStandard = "an endpoint of a standard kind has its own verdict"

// standardKind is one kind of standardEndpoints. Nothing in it has an effect:
// the endpoint that refers to it has its own verdict.
func standardKind(name, note string, attrs []attribute, children ...*element) *element {
	e := withheld(VerdictNoEffect, note, &element{
		name: "standardEndpoint", many: true, keys: []string{"name"}, sec: "2.5", code: "ConfigDuplicateKeyAtSameScope",
		attrs: join([]attribute{keyName}, attrs), children: children,
	})
	return &element{name: name, arc: true, sec: "2.5", children: []*element{e}}
}

// ignored is an element without effect whose content is not read.
func ignored(name, sec, note string) *element {
	return &element{name: name, opaque: true, sec: sec, verdict: VerdictNoEffect, note: note}
}

const (
	noteFound     = "nothing is announced or found by discovery"
	noteOpensREST = "an endpoint of this kind is REST, and refused where it stands"
)

var restEndpoint = []attribute{
	hostMode, buffer, poolSize, largest, transfer, coding("writeEncoding"), text("contentTypeMapper"), yes("crossDomainScriptAccessEnabled", "false"),
}

var restSecurity = security("None", []string{"None", "Transport", "TransportCredentialOnly"}, transportSecurity("None"))

var schemaStandard = &element{
	name: "standardEndpoints", section: true, sec: "2.5", code: "ConfigEndpointExtensionNotFound",
	children: []*element{
		standardKind("mexEndpoint", noteStandard, nil),
		standardKind("webHttpEndpoint", noteOpensREST, join(restEndpoint, []attribute{
			yes("helpEnabled", "false"), choice("defaultOutgoingResponseFormat", "Xml", []string{"Xml", "Json"}),
			yes("automaticFormatSelectionEnabled", "false"), yes("faultExceptionEnabled", "false"),
		}), &readerQuotas, restSecurity),
		standardKind("webScriptEndpoint", noteOpensREST, restEndpoint, &readerQuotas, restSecurity),
		standardKind("dynamicEndpoint", "an endpoint of this kind is found by discovery, and refused where it stands", nil,
			ignored("discoveryClientSettings", "2.5", noteFound)),
		standardKind("discoveryEndpoint", noteFound, []attribute{
			choice("discoveryMode", "Managed", []string{"Managed", "Adhoc"}), text("discoveryVersion").fallback("WSDiscovery11"),
			span("maxResponseDelay", "00:00:00"),
		}),
		standardKind("udpDiscoveryEndpoint", noteFound, []attribute{
			choice("discoveryMode", "Adhoc", []string{"Managed", "Adhoc"}), text("discoveryVersion").fallback("WSDiscovery11"),
			span("maxResponseDelay", "00:00:00.500"), link("multicastAddress").fallback("soap.udp://239.255.255.250:3702"),
		}, ignored("transportSettings", "2.5", noteFound)),
		standardKind("announcementEndpoint", noteFound, []attribute{
			text("discoveryVersion").fallback("WSDiscovery11"), span("maxAnnouncementDelay", "00:00:00"),
		}),
		standardKind("udpAnnouncementEndpoint", noteFound, []attribute{
			text("discoveryVersion").fallback("WSDiscovery11"), span("maxAnnouncementDelay", "00:00:00.500"),
			link("multicastAddress").fallback("soap.udp://239.255.255.250:3702"),
		}, ignored("transportSettings", "2.5", noteFound)),
		standardKind("workflowControlEndpoint", noteWorkflow, []attribute{link("address"), text("binding"), text("bindingConfiguration")}),
	},
}
