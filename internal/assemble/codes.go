package assemble

import "github.com/viaduct-soap/viaduct/configs"

// Codes of findings that only the assembly can make.
const (
	CodeUnbound       = "service-unbound"
	CodeNoCertificate = "no-certificate"
	CodeSettings      = "settings"
	CodeRelaxed       = "relaxed-rule"
	CodeNoEndpoint    = "no-endpoint"
	CodeAssembly      = "assembly"
	CodeUnique        = "address-not-published"
)

// Codes explains them.
func Codes() []configs.CodeInfo {
	return []configs.CodeInfo{
		{
			Code: CodeUnbound, Title: "Nothing stands for a service",
			Explanation: "A service element names a .NET class. Viaduct has the routing service built in; for every other name the settings say what answers in its place.",
			Remedy:      "Name the service under services in the settings: forward to a client endpoint of the file or a URL, builtin, or unused. --allow-unbound leaves such services out.",
		},
		{
			Code: CodeNoCertificate, Title: "An https endpoint has no certificate",
			Explanation: "The file leaves certificates to IIS or the Windows store, so the settings name the PEM files.",
			Remedy:      "Add a socket with scheme https and tls under sockets in the settings.",
		},
		{
			Code: CodeSettings, Title: "The settings file has an error",
			Explanation: "A setting is unknown, has a value that it cannot have, or names something that the WCF file does not have.",
			Remedy:      "See docs/settings.md for every setting.",
		},
		{
			Code: CodeRelaxed, Title: "A setting relaxes a rule",
			Explanation: "The setting lowers one of the promises of SECURITY.md. It is in force, and the metric viaduct_insecure_setting shows it.",
			Remedy:      "Remove the setting unless you need it.",
		},
		{
			Code: CodeNoEndpoint, Title: "There is nothing to serve",
			Explanation: "No service of the file has an endpoint that is served. Files of IIS applications often declare none: the endpoints come from .svc files.",
			Remedy:      "Declare endpoints in system.serviceModel/services, or describe the site under hosting in the settings.",
		},
		{
			Code: CodeUnique, Title: "An endpoint has an address that no client can learn",
			Explanation: "listenUriMode Unique puts a fresh identifier behind the listen URI. WCF tells clients the result in metadata, and Viaduct publishes none; the log, the admin page and check show it.",
			Remedy:      "Use listenUriMode Explicit, or tell clients the address at each start.",
		},
		{
			Code: CodeAssembly, Title: "The parts do not fit together",
			Explanation: "Each setting is legal by itself, and what they make together cannot run: for instance two endpoints with different bindings at one address.",
			Remedy:      "The text names both places and what to change.",
		},
	}
}
