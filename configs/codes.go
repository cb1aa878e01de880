package configs

import (
	"slices"
	"strings"
)

// CodeInfo explains a code of an Error or a Finding.
type CodeInfo struct {
	Code        string
	Title       string // one line
	Explanation string // what the rule is, and where it comes from
	Remedy      string // what to do
}

// Codes explains every code that this package gives, sorted. A code stays the
// same over releases; its text may change.
func Codes() []CodeInfo {
	out := slices.Concat(ownCodes, fileCodes, wcfCodes, hostingCodes)
	slices.SortFunc(out, func(a, b CodeInfo) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// Explain finds the explanation of a code, in whatever letter case.
func Explain(code string) (CodeInfo, bool) {
	for _, c := range Codes() {
		if strings.EqualFold(c.Code, code) {
			return c, true
		}
	}
	return CodeInfo{}, false
}

// ownCodes are verdicts and rules that only Viaduct has.
var ownCodes = []CodeInfo{
	{"honoured", "The setting has its effect", "Something that serves messages has read it.", "Nothing."},
	{"default-value", "The setting equals the default", "It could be left out without any difference.", "Nothing; remove it, if you like short files."},
	{"no-effect", "The setting has no effect here", "Viaduct knows it, and it means nothing to a router, or nothing in this place.", "Nothing; remove it, if you like short files."},
	{"passed-through", "Security of messages passes through", "Messages travel octet for octet, and the two ends check them. Each client keeps one destination.", "Nothing; write security: None or Transport under bindings in the settings, to serve it otherwise."},
	{"mapped", "The setting counts in another way", "Viaduct does the same by another element, or by the settings.", "Nothing."},
	{"unused", "Nothing that is served refers to it", "Bindings, behaviours, endpoints, filters and lists count only when something that is served uses them.", "Remove it, or refer to it."},
	{"warning", "Legal, and probably not meant", "The text says what looks wrong.", "Check it."},
	{"unconsumed", "Nobody read the setting", "It is known, but nothing in the program used it. That is a defect of Viaduct, and it does not start, because the setting might protect something.", "Report it; remove the setting to start."},
	{"not-served", "The setting cannot be served", "Its silent loss would change security, limits, the format of messages, or who gets them.", "The text says what to do instead."},
	{"not-yet", "The setting is not served yet", "The machinery is not built. Its silent loss would change what the file promises.", "Do it in another program for now, and remove it here."},
	{"value-not-served", "This value cannot be served", "Other values of the setting can.", "Choose one of the values that the text names."},
	{"default-not-served", "The default cannot be served", "The file does not write the setting, and what it means then is not served.", "Write one of the values that the text names."},
	{"security-not-served", "The security mode cannot be served", "A binding without security element has the default of its kind, which is Windows security of messages for wsHttpBinding and others.", "Write mode None or Transport in the file, or override it under bindings in the settings."},
	{"binding-not-served", "The binding of an endpoint cannot be served", "The kind of binding, or its transport, is not built, or is not SOAP.", "Serve the endpoint elsewhere, and remove it here."},
	{"credentials-missing", "Credentials or certificates are missing", "The security of a served endpoint needs them.", "Name files under certificates in the settings."},
	{"insecure-setting", "The setting weakens security", "It is honoured, and it lets through what the default would refuse.", "Remove it, unless you need it."},
	{"third-party-extension", "Code of a third party", "A type that the file registers runs in WCF and cannot run here. It may be a check.", "List its name under acknowledge in the settings, if it can be left out."},
	{"sessions-not-served", "The contract needs sessions", "Simplex session and duplex session contracts need a transport with sessions.", "Use IRequestReplyRouter or ISimplexDatagramRouter."},
	{"metadata-exchange", "The metadata exchange endpoint is left out", "Viaduct does not answer WS-MetadataExchange here.", "Give clients a WSDL file."},
	{"no-messages", "The endpoint carries no messages of a service", "Discovery, announcement and workflow control endpoints are left out.", "Nothing; remove it."},
	{"standard-endpoint-not-served", "The standard endpoint cannot be served", "Its kind is REST, or needs discovery.", "Remove it here."},
	{"default-endpoints", "The service has default endpoints", "A service without endpoints gets one at each base address, with the binding that protocolMapping has for its scheme.", "Write the endpoints, to be sure of binding and contract."},
	{"no-endpoints", "The service has no endpoint", "It has none of its own, and no base address for default ones.", "Write endpoints; under IIS, name the site (hosting in the settings)."},
	{"router-without-endpoints", "The routing service has no endpoint", "Default endpoints would be of all four router contracts at one address.", "Write its endpoints."},
	{"placeholder-host", "The host looks like a placeholder", "Samples and templates have such hosts.", "Write the real host."},
	{"unused-filter", "Nothing refers to the filter", "No table and no And filter names it.", "Remove it, or use it."},
	{"unused-table", "Nothing refers to the table", "No routing behaviour that is in use names it.", "Remove it, or use it."},
	{"unused-backup-list", "Nothing refers to the backup list", "No entry of a table names it.", "Remove it, or use it."},
	{"filter-circle", "And filters need each other", "Each waits for the other; WCF overflows its stack.", "Break the circle."},
	{"destination-not-absolute", "The address of a destination is not absolute", "A destination has no base address.", "Write scheme, host and path."},
	{"address-not-absolute", "The address must be absolute", "There is no base address that it could be relative to.", "Write scheme, host and path."},
	{"address-invalid", "The address is no URI", "It holds characters that a URI does not have, or readers would not agree about it.", "Write it as RFC 3986 says."},
	{"header-unwritable", "An address header cannot be written again", "Its XML does not stand alone.", "Declare its prefixes on the header itself."},
	{"custom-binding-order", "Elements of a custom binding stand in another order", "The order of the elements is the order of the layers, the transport last.", "Put them in the order that the text names."},
	{"element-behind-transport", "An element stands behind the transport", "The transport is the last element of a custom binding.", "Move it before the transport."},
	{"token-provider", "The token provider is not one", "transportClientEndpointBehavior needs exactly one provider.", "Keep one, such as sharedAccessSignature."},
}

// fileCodes are about files, and what stands around them.
var fileCodes = []CodeInfo{
	{"cannot-read", "The file cannot be read", "It is missing, no regular file, or not readable.", "Check name and rights."},
	{"file-too-large", "The file is too large", "Viaduct reads at most 16 MiB.", "Split it with configSource."},
	{"unreadable-encoding", "The encoding cannot be read", "UTF-8 and UTF-16 with a byte order mark are read, and ISO-8859-1 where it is declared.", "Save the file as UTF-8."},
	{"malformed-xml", "The file is no well-formed XML", "Reading stops here, so there may be more errors behind.", "Correct it."},
	{"document-type", "A document type declaration", "Viaduct reads no entities and no DTD.", "Remove it, and write the values in full."},
	{"duplicate-attribute", "An attribute stands twice", "XML allows it once.", "Keep one."},
	{"transform-file", "A transform file", "Web.Release.config and the like change another file when a site is published.", "Apply it to its web.config first, and load the result."},
	{"not-a-service-configuration", "The configuration of something else", "The file belongs to NuGet, IIS or another program.", "Name the web.config or app.config of the service."},
	{"not-a-host-configuration", "No sites of IIS", "The file has no system.applicationHost/sites.", "Name the applicationHost.config of IIS or IIS Express."},
	{"no-service-model", "No system.serviceModel", "The file says nothing about services.", "Name the file that holds them."},
	{"unsupported-encrypted-section", "An encrypted section", "It can be read on the machine only that encrypted it.", "Decrypt it there (aspnet_regiis -pd), then start again."},
	{"unsupported-config-builders", "A section that is filled in at run time", "configBuilders run code of .NET.", "Write the values in full."},
	{"config-source-unavailable", "Other files are not read here", "The configuration was not loaded from a file.", "Put the section into this file."},
	{"config-source-too-many", "Too many files", "A configuration may be spread over 64 files.", "Put sections into one file."},
	{"root-not-above", "The file is not below its root", "Parents are looked for between the root and the file.", "Name a directory above the file."},
	{"location-not-chosen", "Settings of another directory", "A location with a path is about that directory and those below.", "Choose the directory (--location), or leave it."},
	{"location-not-inherited", "Settings that stay behind", "inheritInChildApplications is false, and the chosen directory is a child application.", "Nothing."},
	{"location-override-twice", "allowOverride and overrideMode", "Both say the same.", "Keep one."},
	{"hosting-below-application", "serviceHostingEnvironment below an application", "It is legal in the file of an application and above.", "Move it, or say that the directory is an application."},
	{"overridden-by-inner-file", "An inner file says it anew", "Items of collections are replaced as a whole, other attributes one by one.", "Nothing."},
	{"removed-item", "clear or remove takes it away", "It stands before that element, or in a parent file.", "Nothing; remove both, if you like short files."},
	{"remove-without-effect", "remove finds nothing", "There is no item of that key in this file or in the parents that were given.", "Name the parent files, or remove it."},
	{"lock-attribute", "A lock", "Inner files are not held to it.", "Nothing."},
	{"hosting-unknown", "The site is unknown", "The file belongs to an application of IIS, whose addresses stand elsewhere.", "Name the site bindings and the application under hosting in the settings."},
	{"service-path-unknown", "The path of the service is unknown", "Under IIS a service file (.svc) or an item of serviceActivations gives it.", "Add one."},
	{"factory-only", "Only a factory", "Which service a factory makes, its code decides.", "Name the service too."},
}
