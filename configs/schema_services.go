package configs

// schemaServiceModel is the root of the tables.
var schemaServiceModel = &element{
	name: "system.serviceModel", sec: "1.1",
	children: []*element{
		schemaBehaviors, schemaBindings, schemaClient, schemaServices, schemaRouting, schemaExtensions, schemaHosting, schemaDiagnostics,
		schemaMapping, schemaStandard, schemaCommon, schemaCOM,
		{
			name: "machineSettings", section: true, sec: "1.1", verdict: VerdictNoEffect, note: noteTraces,
			attrs: []attribute{yes("enableLoggingKnownPii", "false").none(noteTraces)},
		},
		{name: "tracking", section: true, opaque: true, sec: "1.1", verdict: VerdictNoEffect, note: "workflows are not hosted"},
	},
}

const noteTraces = "it concerns .NET tracing"

var schemaServices = &element{
	name: "services", section: true, arc: true, sec: "2",
	children: []*element{{
		name: "service", many: true, owns: true, arc: true, keys: []string{"name"}, sec: "2.1", code: "ConfigDuplicateKeyAtSameScope",
		attrs:    []attribute{keyName.must(), text("behaviorConfiguration").proven(golden)},
		children: []*element{schemaHost, schemaEndpoint},
	}},
}

var schemaHost = &element{
	name: "host", sec: "2.2",
	children: []*element{
		{
			name: "baseAddresses", sec: "2.2",
			children: []*element{{
				name: "add", many: true, keys: []string{"baseAddress"}, sec: "2.2", code: "ConfigDuplicateKeyAtSameScope",
				attrs: []attribute{text("baseAddress").must().given(baseOfSome).proven("TestHonour_addresses")},
			}},
		},
		{
			name: "timeouts", implied: true, sec: "2.2",
			attrs: []attribute{span("openTimeout", "00:01:00").proven("TestHonour_hostOpenTimeout"), span("closeTimeout", "00:00:10").proven("TestProgram_giveUp")},
		},
	},
}

// endpointAttrs stand on both kinds of endpoint.
var endpointAttrs = []attribute{
	link("address").proven("TestHonour_addresses"),
	text("binding").proven(golden), text("bindingConfiguration").proven(golden), text("behaviorConfiguration").proven(golden),
	text("contract").proven(golden), text("name").proven(golden), text("kind").proven(golden), text("endpointConfiguration").proven(golden),
}

var schemaEndpoint = &element{
	name: "endpoint", many: true, owns: true, sec: "2.3", code: "ConfigDuplicateKeyAtSameScope",
	keys: []string{
		"address", "bindingConfiguration", "bindingName", "bindingNamespace", "binding", "contract", "kind", "endpointConfiguration",
	},
	fold: "address",
	attrs: join(endpointAttrs, []attribute{
		text("bindingName").without(noteWSDL), text("bindingNamespace").without(noteWSDL),
		link("listenUri").proven("TestHonour_addresses"),
		choice("listenUriMode", "Explicit", []string{"Explicit", "Unique"}).proven("TestHonour_listenUriMode"),
		yes("isSystemEndpoint", "false").none("Viaduct makes no difference between user and system endpoints"),
	}),
	children: []*element{schemaHeaders, schemaIdentity(ScopeSetting)},
}

const noteWSDL = "it is seen in WSDL only, and WSDL is not published yet"

var schemaHeaders = &element{name: "headers", opaque: true, sec: "3.4"}

// schemaIdentity is endpoint/identity. On a service endpoint it is only
// published; on a client endpoint it says which peer is expected.
func schemaIdentity(side Scope) *element {
	one := func(name string, a attribute) *element {
		return &element{name: name, sec: "3.3", attrs: []attribute{a}}
	}
	const kerberos = "Kerberos is not spoken"
	const published = "it is published in WSDL and endpoint references only, which is not done yet"
	pinned := func(a attribute) attribute { return a.given(provesIdentity).proven("TestHonour_identity") }
	dns, rsa, certificate := text("value").proven("TestHonour_tls"), pinned(text("value")), pinned(text("encodedValue"))
	reference := &element{
		name: "certificateReference", sec: "3.3",
		attrs: join(stored("LocalMachine", pinned), []attribute{yes("isChainIncluded", "false").none("the certificate itself is compared")}),
	}
	if side == ScopeSetting {
		dns, rsa, certificate = text("value").without(published), text("value").without(published), text("encodedValue").without(published)
		reference = &element{
			name: "certificateReference", sec: "3.3", verdict: VerdictNotYetSetting, note: published, scope: ScopeEndpoint,
			attrs: all(VerdictNotYetSetting, published, join(storedAt("LocalMachine"), []attribute{yes("isChainIncluded", "false")})...),
		}
	}
	return &element{
		name: "identity", sec: "3.3",
		children: []*element{
			one("userPrincipalName", text("value").none(kerberos)),
			one("servicePrincipalName", text("value").none(kerberos)),
			one("dns", dns),
			one("rsa", rsa),
			one("certificate", certificate),
			reference,
		},
	}
}

const noteImport = "it concerns tools that import WSDL"

func importers(name string) *element {
	return &element{
		name: name, arc: true, sec: "3.2",
		children: []*element{{
			name: "extension", many: true, keys: []string{"type"}, sec: "3.2", code: "ConfigDuplicateKeyAtSameScope",
			attrs: []attribute{text("type").must().none(noteImport)},
		}},
	}
}

var schemaClient = &element{
	name: "client", section: true, arc: true, sec: "3",
	children: []*element{
		{
			name: "endpoint", many: true, owns: true, sec: "3.1", code: "ConfigDuplicateKeyAtSameScope",
			keys: []string{"contract", "name"}, attrs: endpointAttrs,
			children: []*element{schemaHeaders, schemaIdentity(ScopeEndpoint)},
		},
		{
			name: "metadata", sec: "3.2", verdict: VerdictNoEffect, note: noteImport,
			children: []*element{importers("policyImporters"), importers("wsdlImporters")},
		},
	},
}

var schemaExtensions = &element{
	name: "extensions", section: true, sec: "1.5",
	children: []*element{
		extensionList("behaviorExtensions"), extensionList("bindingElementExtensions"),
		extensionList("bindingExtensions"), extensionList("endpointExtensions"),
	},
}

const noteDeclares = "it declares a name; where the name is used it has a verdict of its own"

func extensionList(name string) *element {
	return &element{
		name: name, sec: "1.5",
		children: []*element{{
			name: "add", many: true, keys: []string{"name"}, sec: "1.5", code: "ConfigDuplicateExtensionName", verdict: VerdictNoEffect,
			note:  noteDeclares,
			attrs: []attribute{text("name").must().none(noteDeclares), text("type").must().none(noteDeclares)},
		}},
	}
}

var schemaMapping = &element{
	name: "protocolMapping", section: true, arc: true, sec: "2.6",
	children: []*element{{
		name: "add", many: true, keys: []string{"scheme"}, sec: "2.6", code: "ConfigDuplicateKeyAtSameScope",
		attrs: []attribute{text("scheme").must().proven(layered), text("binding").must().proven(layered), text("bindingConfiguration").proven(layered)},
	}},
}

const noteCOM = "COM+ is not hosted"

var schemaCOM = &element{
	name: "comContracts", section: true, sec: "1.1", verdict: VerdictNoEffect, note: noteCOM,
	children: []*element{{
		name: "comContract", many: true, keys: []string{"contract"}, sec: "1.1", code: "ConfigDuplicateKeyAtSameScope",
		attrs: all(VerdictNoEffect, noteCOM, text("contract").must(), text("name"), text("namespace"), yes("requiresSession", "true")),
		children: []*element{
			comList("exposedMethods", "exposedMethod", text("exposedMethod").must()),
			comList("userDefinedTypes", "userDefinedType", text("name"), text("typeDefID").must(), text("typeLibID").must(), text("typeLibVersion").must()),
			comList("persistableTypes", "type", text("ID").must(), text("name")),
		},
	}},
}

func comList(name, item string, attrs ...attribute) *element {
	return &element{
		name: name, sec: "1.1",
		children: []*element{{name: item, many: true, sec: "1.1", attrs: all(VerdictNoEffect, noteCOM, attrs...)}},
	}
}
