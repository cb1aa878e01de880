package settings

// services is what .NET code is in a WCF installation.
var services = []Row{
	{Name: "services", Type: "list", Meaning: "What stands for a .NET service of the WCF file. The routing service is built in and needs no entry."},
	{Name: "services[].name", Type: "name", Required: true, Meaning: "The service's name in the WCF file."},
	{Name: "services[].builtin", Type: "enum", OneOf: true, Values: []string{"echo", "calculator", "rounding-calculator", "sink"}, Meaning: "A service that Viaduct has built in."},
	{Name: "services[].forward", Type: "string", OneOf: true, Meaning: "Every message goes to this client endpoint of the WCF file, or to this URL."},
	{Name: "services[].unused", Type: "bool", OneOf: true, Default: "false", Meaning: "The service is not served."},
	{Name: "services[].addressFilterMode", Type: "enum", Auto: "Exact; for the routing service Any", Values: []string{"Exact", "Prefix", "Any"}, Meaning: "How To is compared with the endpoint addresses, as the ServiceBehavior attribute of the .NET class said."},

	{Name: "contracts", Type: "list", Meaning: "Which messages an endpoint takes. Without an entry a contract takes every message."},
	{Name: "contracts[].name", Type: "name", Required: true, Meaning: "The contract's name in the WCF file."},
	{Name: "contracts[].wsdl", Type: "file", OneOf: true, Meaning: "Local WSDL 1.1 file to read the operations from."},
	{Name: "contracts[].portType", Type: "name", Auto: "the only one of the file", Meaning: "Port type of the WSDL file."},
	{Name: "contracts[].operations", Type: "list", OneOf: true, Meaning: "The operations themselves."},
	{Name: "contracts[].operations[].name", Type: "name", Required: true, Meaning: "Name of the operation, for logs."},
	{Name: "contracts[].operations[].action", Type: "string", Required: true, Meaning: "Action of the request; * takes every action."},
	{Name: "contracts[].operations[].replyAction", Type: "string", Auto: "any", Meaning: "Action of the answer."},
	{Name: "contracts[].operations[].oneWay", Type: "bool", Default: "false", Meaning: "The operation has no answer."},

	{Name: "bindings", Type: "list", Meaning: "What differs from the WCF file in a binding."},
	{Name: "bindings[].name", Type: "name", Required: true, Meaning: "The binding and its configuration: wsHttpBinding/plain; the binding alone means its default configuration."},
	{Name: "bindings[].security", Type: "enum", Required: true, Values: []string{"None", "Transport", "pass"}, Meaning: "Security mode instead of the file's. pass: message security passes through to the destination, which checks it."},

	{Name: "filters", Type: "list", Meaning: "What stands for a custom filter of the WCF file."},
	{Name: "filters[].type", Type: "string", Required: true, Meaning: "customType of the WCF file: the full name, up to the comma."},
	{Name: "filters[].is", Type: "enum", Required: true, Values: []string{"round-robin", "match-all", "match-none"}, Meaning: "round-robin: of the filters of one type and one filterData each takes its turn."},
}
