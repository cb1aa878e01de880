package configs

// schemaServiceModel is the root of the tables.
var schemaServiceModel = &element{
	name: "system.serviceModel", sec: "1.1",
	children: []*element{
		schemaBehaviors,
		schemaBindings,
		schemaClient,
		schemaServices,
		schemaRouting,
		schemaExtensions,
		schemaHosting,
		schemaDiagnostics,
		{
			name: "protocolMapping", section: true, opaque: true, sec: "2.6", verdict: VerdictNoEffect,
			note: "only default endpoints read it, and a service without endpoints is refused yet",
		},
		{
			name: "standardEndpoints", section: true, opaque: true, sec: "2.5", verdict: VerdictNoEffect,
			note: "an endpoint of a standard kind has its own verdict",
		},
		{
			name: "commonBehaviors", section: true, opaque: true, sec: "1.1", verdict: VerdictNotYet,
			note: "it changes every service; write its elements into the behaviors that you use",
		},
		{name: "comContracts", section: true, opaque: true, sec: "1.1", verdict: VerdictNoEffect, note: "COM+ is not hosted"},
		{name: "machineSettings", section: true, opaque: true, sec: "1.1", verdict: VerdictNoEffect, note: "it concerns .NET tracing"},
		{name: "tracking", section: true, opaque: true, sec: "1.1", verdict: VerdictNoEffect, note: "workflows are not hosted"},
	},
}

var schemaServices = &element{
	name: "services", section: true, arc: true, sec: "2",
	children: []*element{{
		name: "service", many: true, owns: true, arc: true, keys: []string{"name"}, sec: "2.1", code: "ConfigDuplicateKeyAtSameScope",
		attrs: []attribute{
			{name: "name", typ: tString, required: true},
			{name: "behaviorConfiguration", typ: tString},
		},
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
				attrs: []attribute{{name: "baseAddress", typ: tString, required: true}},
			}},
		},
		{
			name: "timeouts", implied: true, sec: "2.2",
			attrs: []attribute{
				{name: "openTimeout", typ: tTimeSpan, def: "00:01:00"},
				{name: "closeTimeout", typ: tTimeSpan, def: "00:00:10"},
			},
		},
	},
}

// endpointAttrs stand on both kinds of endpoint.
var endpointAttrs = []attribute{
	{name: "address", typ: tURI},
	{name: "binding", typ: tString},
	{name: "bindingConfiguration", typ: tString},
	{name: "behaviorConfiguration", typ: tString},
	{name: "contract", typ: tString},
	{name: "name", typ: tString},
	{name: "kind", typ: tString},
	{name: "endpointConfiguration", typ: tString},
}

var schemaEndpoint = &element{
	name: "endpoint", many: true, owns: true, sec: "2.3", code: "ConfigDuplicateKeyAtSameScope",
	keys: []string{
		"address", "bindingConfiguration", "bindingName", "bindingNamespace", "binding", "contract", "kind", "endpointConfiguration",
	},
	fold: "address",
	attrs: join(endpointAttrs, []attribute{
		{name: "bindingName", typ: tString, verdict: VerdictNotYetSetting, note: noteWSDL},
		{name: "bindingNamespace", typ: tString, verdict: VerdictNotYetSetting, note: noteWSDL},
		{name: "listenUri", typ: tURI},
		{name: "listenUriMode", typ: tEnum, def: "Explicit", enum: []string{"Explicit", "Unique"}},
		{name: "isSystemEndpoint", typ: tBool, def: "false", verdict: VerdictNoEffect, note: "Viaduct makes no difference between user and system endpoints"},
	}),
	children: []*element{schemaHeaders, schemaIdentity(ScopeSetting)},
}

const noteWSDL = "it is seen in WSDL only, and WSDL is not published yet"

var schemaHeaders = &element{name: "headers", opaque: true, sec: "3.4"}

func identityValue(name string, v Verdict, scope Scope, note string) *element {
	return &element{
		name: name, sec: "3.3",
		attrs: []attribute{{name: "value", typ: tString, verdict: v, note: note}},
		scope: scope,
	}
}

// schemaIdentity is endpoint/identity. On a service endpoint it is only
// published; on a client endpoint it says which peer is expected.
func schemaIdentity(side Scope) *element {
	published := VerdictNotYetSetting
	note := "it is published in WSDL and endpoint references only, which is not done yet"
	if side == ScopeEndpoint {
		published, note = VerdictHonour, ""
	}
	certificate := VerdictNotYetSetting
	if side == ScopeEndpoint {
		certificate = VerdictNotYet
	}
	return &element{
		name: "identity", sec: "3.3",
		children: []*element{
			identityValue("userPrincipalName", VerdictNoEffect, "", "Kerberos is not spoken"),
			identityValue("servicePrincipalName", VerdictNoEffect, "", "Kerberos is not spoken"),
			identityValue("dns", published, "", note),
			identityValue("rsa", certificate, side, "a key of a peer is not compared yet"),
			{
				name: "certificate", sec: "3.3",
				attrs: []attribute{{name: "encodedValue", typ: tString, verdict: certificate, note: "a certificate of a peer is not compared yet"}},
			},
			{
				name: "certificateReference", sec: "3.3", opaque: true, verdict: certificate, scope: ScopeEndpoint,
				note: "certificate stores cannot be opened here; name the TLS roots in the settings",
			},
		},
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
		{name: "metadata", opaque: true, sec: "3.2", verdict: VerdictNoEffect, note: "it concerns tools that import WSDL"},
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
			note: noteDeclares,
			attrs: []attribute{
				{name: "name", typ: tString, required: true, verdict: VerdictNoEffect, note: noteDeclares},
				{name: "type", typ: tString, required: true, verdict: VerdictNoEffect, note: noteDeclares},
			},
		}},
	}
}
