package settings

import (
	"strings"
	"unicode"
)

// Row is one setting of the reference.
type Row struct {
	Name    string   // dotted; [] marks a list: sockets[].address
	Type    string   // string, name, bool, int, size, duration, enum, file, address, url, cidr, list, group
	Default string   // as it would be written; "" = none or automatic
	Auto    string   // how an automatic default is found
	Values  []string // of an enum
	Min     int64    // of int and size
	Meaning string
	Process bool // a flag or a variable may override it
}

// Env is the variable that overrides a setting: VIADUCT_LOG_LEVEL. It is ""
// where none does.
func (r Row) Env() string {
	if !r.Process {
		return ""
	}
	return "VIADUCT_" + strings.ToUpper(strings.ReplaceAll(r.Flag(), "-", "_"))
}

// Flag is the switch that overrides a setting, without its dashes: log-level.
// It is "" where none does.
func (r Row) Flag() string {
	if !r.Process {
		return ""
	}
	var b strings.Builder
	for _, c := range r.Name {
		switch {
		case c == '.':
			b.WriteByte('-')
		case unicode.IsUpper(c):
			b.WriteByte('-')
			b.WriteRune(unicode.ToLower(c))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Reference gives every setting, groups before what stands in them.
func Reference() []Row { return append([]Row(nil), table...) }

var table = []Row{
	{Name: "sockets", Type: "list", Meaning: "Addresses to listen on. An endpoint uses the socket with the scheme and port of its own address; without one it opens what its address says."},
	{Name: "sockets[].address", Type: "address", Meaning: "host:port, or :port for every interface."},
	{Name: "sockets[].scheme", Type: "enum", Default: "http", Values: []string{"http", "https"}, Meaning: "What is spoken. https needs tls."},
	{Name: "sockets[].tls", Type: "group", Meaning: "The certificate of the socket."},
	{Name: "sockets[].tls.certificate", Type: "file", Meaning: "PEM file with the certificate chain, the server's own first."},
	{Name: "sockets[].tls.key", Type: "file", Meaning: "PEM file with the private key."},
	{Name: "sockets[].tls.profile", Type: "enum", Default: "modern", Values: []string{"modern"}, Meaning: "TLS 1.2 and 1.3 with the cipher suites of today."},

	{Name: "services", Type: "list", Meaning: "What stands for a .NET service of the WCF file. The routing service is built in and needs no entry."},
	{Name: "services[].name", Type: "name", Meaning: "The service's name in the WCF file."},
	{Name: "services[].builtin", Type: "enum", Values: []string{"echo", "calculator", "sink"}, Meaning: "A service that Viaduct has built in."},
	{Name: "services[].forward", Type: "string", Meaning: "Every message goes to this client endpoint of the WCF file, or to this URL."},
	{Name: "services[].unused", Type: "bool", Default: "false", Meaning: "The service is not served."},

	{Name: "endpoints", Type: "list", Meaning: "How single endpoints work."},
	{Name: "endpoints[].name", Type: "name", Meaning: "Name of a service or client endpoint of the WCF file."},
	{Name: "endpoints[].mode", Type: "enum", Values: []string{"routing", "forward-signed"}, Auto: "routing; where message security passes through, forward-signed", Meaning: "routing rewrites To as WCF does; forward-signed changes only where the message is sent."},
	{Name: "endpoints[].http", Type: "group", Meaning: "HTTP fields of a forwarding endpoint."},
	{Name: "endpoints[].http.pass", Type: "list of names", Meaning: "Request fields that travel on, besides the safe list."},
	{Name: "endpoints[].repeatable", Type: "list of strings", Meaning: "Actions that may be sent again when it is not known whether they arrived."},
	{Name: "endpoints[].accept", Type: "enum", Default: "held", Values: []string{"held", "after-delivery"}, Meaning: "When a one-way message is answered with 202: once its body is held, or once it was delivered."},
	{Name: "endpoints[].tls", Type: "group", Meaning: "TLS towards this destination, instead of clients.tls."},
	{Name: "endpoints[].tls.roots", Type: "file", Meaning: "PEM file with the authorities to trust."},
	{Name: "endpoints[].tls.certificate", Type: "file", Meaning: "PEM file with a client certificate; needs key."},
	{Name: "endpoints[].tls.key", Type: "file", Meaning: "PEM file with its private key."},
	{Name: "endpoints[].proxy", Type: "url", Meaning: "HTTP proxy towards this destination."},

	{Name: "clients", Type: "group", Meaning: "How Viaduct connects to destinations."},
	{Name: "clients.tls", Type: "group", Meaning: "TLS towards destinations."},
	{Name: "clients.tls.roots", Type: "file", Auto: "the system's", Meaning: "PEM file with the authorities to trust."},
	{Name: "clients.tls.certificate", Type: "file", Meaning: "PEM file with a client certificate; needs key."},
	{Name: "clients.tls.key", Type: "file", Meaning: "PEM file with its private key."},
	{Name: "clients.proxy", Type: "url", Auto: "as the binding says", Meaning: "HTTP proxy towards destinations."},

	{Name: "acknowledge", Type: "list of names", Meaning: "Third-party elements of the WCF file that may be left out."},
	{Name: "trustedProxies", Type: "list of cidr", Meaning: "Networks whose forwarding fields are believed. Where there are any, a chunked HTTP/1.1 request ends its connection, which such a hop may share."},

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

	{Name: "soap", Type: "group", Meaning: "Limits of an envelope."},
	{Name: "soap.headers", Type: "int", Default: "256", Min: 1, Meaning: "Header blocks of one message.", Process: true},

	{Name: "xml", Type: "group", Meaning: "How much of a message is checked."},
	{Name: "xml.check", Type: "enum", Default: "auto", Values: []string{"auto", "head", "structure", "full"}, Meaning: "auto: the structure wherever Viaduct decides by the body, else the head only.", Process: true},
	{Name: "xml.headerBytes", Type: "size", Default: "64KiB", Min: 1024, Meaning: "Octets before the Body.", Process: true},
	{Name: "xml.splitValue", Type: "enum", Default: "refuse", Values: []string{"refuse", "join"}, Meaning: "An addressing value with a comment inside.", Process: true},

	{Name: "wsa", Type: "group", Meaning: "WS-Addressing."},
	{Name: "wsa.maxHops", Type: "int", Default: "8", Min: 1, Meaning: "Viaducts that a message may pass.", Process: true},

	{Name: "errors", Type: "group", Meaning: "What refused clients learn."},
	{Name: "errors.disclose", Type: "enum", Default: "reason", Values: []string{"reason", "none"}, Meaning: "reason: the reason and the log's id; none: the id only.", Process: true},

	{Name: "admin", Type: "group", Meaning: "Health, metrics and the API."},
	{Name: "admin.address", Type: "address", Default: "127.0.0.1:9090", Meaning: "host:port to listen on; empty for none.", Process: true},

	{Name: "log", Type: "group", Meaning: "What is logged."},
	{Name: "log.level", Type: "enum", Default: "info", Values: []string{"debug", "info", "warn", "error"}, Meaning: "The least that is logged.", Process: true},
	{Name: "log.format", Type: "enum", Default: "text", Values: []string{"text", "json"}, Meaning: "How it is written.", Process: true},
	{Name: "log.access", Type: "bool", Default: "true", Meaning: "One line for each message.", Process: true},
}

// later are settings that the design names and that nothing reads yet.
var later = []string{
	"egress",
	"access", "allowedOrigins", "assumeScheme", "compat", "contracts", "filter", "http.closeAfterChunked", "limits.expansion",
	"metadata", "notFound", "onExhaustion", "protocols", "relay", "wsa.dialTo", "wsa.replyTargets", "wsa.duplicateMessageID",
	"wsa.otherVersion",
}
