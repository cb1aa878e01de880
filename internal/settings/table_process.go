package settings

// outgoing is how Viaduct connects.
var outgoing = []Row{
	{Name: "clients", Type: "group", Meaning: "How Viaduct connects to destinations."},
	{Name: "clients.tls", Type: "group", Meaning: "TLS towards destinations."},
	{Name: "clients.tls.roots", Type: "file", Auto: "the system's", Meaning: "PEM file with the authorities to trust."},
	{Name: "clients.tls.certificate", Type: "file", Meaning: "PEM file with a client certificate; needs key."},
	{Name: "clients.tls.key", Type: "file", Meaning: "PEM file with its private key."},
	{Name: "clients.proxy", Type: "url", Auto: "as the binding says", Meaning: "HTTP proxy towards destinations."},

	{Name: "egress", Type: "group", Meaning: "Where addresses that come out of messages, metadata and registries may lead."},
	{Name: "egress.allow", Type: "list of targets", Meaning: "Networks, addresses and host names that are open although they lie in a special range. A host name opens no link-local address and no metadata service."},
	{Name: "egress.allowSelf", Type: "bool", Default: "false", Meaning: "Lets such an address lead to a socket of this process."},
}

// process is what concerns the process as a whole.
var process = []Row{
	{Name: "acknowledge", Type: "list of names", Meaning: "Third-party elements of the WCF file that may be left out."},
	{Name: "trustedProxies", Type: "list of networks", Meaning: "Networks whose forwarding fields are believed. Where there are any, a chunked HTTP/1.1 request ends its connection, which such a hop may share."},

	{Name: "limits", Type: "group", Meaning: "What the process holds at most."},
	{Name: "limits.messageMemory", Type: "size", Auto: "25 % of GOMEMLIMIT, else 512MiB", Min: 1 << 20, Meaning: "Octets of messages held in memory.", Process: true},
	{Name: "limits.spool", Type: "size", Default: "1GiB", Meaning: "Octets of messages held on disk, beyond limits.messageMemory; 0 turns it off.", Process: true},
	{Name: "limits.spoolDir", Type: "file", Auto: "the directory for temporary files", Meaning: "Directory of the spool.", Process: true},
	{Name: "limits.connections", Type: "int", Auto: "80 % of the limit of open files, less 64", Min: 1, Meaning: "Open client connections.", Process: true},
	{Name: "limits.connectionsPerAddress", Type: "int", Default: "1024", Min: 1, Meaning: "Open connections of one client address.", Process: true},
	{Name: "limits.allowRaise", Type: "bool", Default: "false", Meaning: "Lets a setting be higher than the limit that the WCF file gives."},

	{Name: "http", Type: "group", Meaning: "HTTP on the listening side."},
	{Name: "http.minRate", Type: "size", Default: "240", Meaning: "Octets per second that a client must send; slower ones are cut. 0 turns it off.", Process: true},
	{Name: "http.minRateAfter", Type: "duration", Default: "5s", Meaning: "How long a client may be slower.", Process: true},
	{Name: "http.closeAfterChunked", Type: "enum", Default: "auto", Values: []string{"auto", "always", "never"}, Meaning: "Whether a chunked HTTP/1.1 request ends its connection. auto: where trustedProxies names a hop that may share it.", Process: true},

	{Name: "soap", Type: "group", Meaning: "Envelopes."},
	{Name: "soap.headers", Type: "int", Default: "256", Min: 1, Meaning: "Header blocks of one message.", Process: true},
	{Name: "soap.versionMismatch", Type: "bool", Default: "false", Meaning: "Answers an envelope of another version with a VersionMismatch fault and its Upgrade header, instead of status 400 or 415 as WCF does."},

	{Name: "xml", Type: "group", Meaning: "How much of a message is checked."},
	{Name: "xml.check", Type: "enum", Default: "auto", Values: []string{"auto", "head", "structure", "full"}, Meaning: "auto: the structure wherever Viaduct decides by the body, else the head only.", Process: true},
	{Name: "xml.headerBytes", Type: "size", Default: "64KiB", Min: 1024, Meaning: "Octets before the Body.", Process: true},
	{Name: "xml.splitValue", Type: "enum", Default: "refuse", Values: []string{"refuse", "join"}, Meaning: "An addressing value with a comment inside.", Process: true},

	{Name: "filter", Type: "group", Meaning: "What the XPath filters of a table may cost for one message."},
	{Name: "filter.visits", Type: "int", Default: "1000000", Min: 1, Meaning: "Nodes visited.", Process: true},
	{Name: "filter.time", Type: "duration", Default: "50ms", Meaning: "Time.", Process: true},

	{Name: "wsa", Type: "group", Meaning: "WS-Addressing."},
	{Name: "wsa.maxHops", Type: "int", Default: "8", Min: 1, Meaning: "Viaducts that a message may pass.", Process: true},
	{Name: "wsa.replyTargets", Type: "list of prefixes", Meaning: "URL prefixes that ReplyTo and FaultTo may name. Without one that covers it an answer goes back on the request's connection."},
	{Name: "wsa.dialTo", Type: "list of prefixes", Meaning: "URL prefixes that To may lead to where the binding takes the address out of the message (manualAddressing)."},
	{Name: "wsa.missingTo", Type: "enum", Default: "refuse", Values: []string{"refuse", "via"}, Meaning: "A message without To, or to the anonymous address. refuse: as WCF; via: it counts as sent to the request's URL."},
	{Name: "wsa.duplicateMessageID", Type: "enum", Default: "off", Values: []string{"off", "refuse"}, Meaning: "A MessageID that was seen in the last 10 minutes. It protects against accidents, not against attackers."},
	{Name: "wsa.otherVersion", Type: "enum", Default: "warn", Values: []string{"warn", "refuse"}, Meaning: "Headers of the other WS-Addressing version beside those of the binding."},

	{Name: "errors", Type: "group", Meaning: "What refused clients learn."},
	{Name: "errors.disclose", Type: "enum", Default: "reason", Values: []string{"reason", "none"}, Meaning: "reason: the reason and the log's id; none: the id only.", Process: true},
	{Name: "errors.explainTo", Type: "list of networks", Meaning: "Clients whose faults say why no endpoint or filter took the message; the address counts that the connection comes from."},

	{Name: "admin", Type: "group", Meaning: "Health, metrics, the page and the API."},
	{Name: "admin.address", Type: "address", Default: "127.0.0.1:9090", Meaning: "host:port to listen on; empty for none.", Process: true},
	{Name: "admin.decisions", Type: "int", Default: "200", Max: 100_000, Meaning: "Decisions that the page lists; 0 turns it off.", Process: true},
	{Name: "admin.token", Type: "secret", Auto: "none: nothing can be changed", Meaning: "What a request that changes something must show.", Process: true},

	{Name: "log", Type: "group", Meaning: "What is logged."},
	{Name: "log.level", Type: "enum", Default: "info", Values: []string{"debug", "info", "warn", "error"}, Meaning: "The least that is logged.", Process: true},
	{Name: "log.format", Type: "enum", Default: "text", Values: []string{"text", "json"}, Meaning: "How it is written.", Process: true},
	{Name: "log.access", Type: "bool", Default: "true", Meaning: "One line for each message.", Process: true},
}

// pending are settings that are read and that nothing consumes yet. Load refuses
// them: what is written must not pass silently (T-CFG-03). A name stands for
// everything below it, name=value for one value.
var pending []string
