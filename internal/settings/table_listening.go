package settings

// listening is where messages come in, and with which certificates.
var listening = []Row{
	{Name: "sockets", Type: "list", Meaning: "Addresses to listen on. An endpoint uses every socket with the scheme and port of its own address; without one it opens what its address says."},
	{Name: "sockets[].address", Type: "address", Required: true, Meaning: "host:port, or :port for every interface."},
	{Name: "sockets[].scheme", Type: "enum", Default: "http", Values: []string{"http", "https"}, Meaning: "What is spoken. https needs tls, and tls means https."},
	{Name: "sockets[].tls", Type: "group", Meaning: "The certificate of the socket."},
	{Name: "sockets[].tls.certificate", Type: "file", Required: true, Meaning: "PEM file with the certificate chain, the server's own first."},
	{Name: "sockets[].tls.key", Type: "file", Required: true, Meaning: "PEM file with the private key."},
	{Name: "sockets[].tls.profile", Type: "enum", Default: "modern", Values: []string{"modern", "legacy"}, Meaning: "modern: TLS 1.2 and 1.3 with the cipher suites of today; legacy: TLS 1.0 and 1.1 and the CBC and RSA suites besides, for clients that know nothing else."},
	{Name: "sockets[].tls.clientAuthorities", Type: "file", Meaning: "PEM file with authorities; clients must show a certificate that one of them has signed."},

	{Name: "certificates", Type: "list", Meaning: "PEM files for the certificates that the WCF file finds in a Windows store."},
	{Name: "certificates[].find", Type: "string", Required: true, Meaning: "findValue of the WCF file."},
	{Name: "certificates[].store", Type: "string", Meaning: "storeName of the WCF file, where one findValue means several certificates."},
	{Name: "certificates[].certificate", Type: "file", Required: true, Meaning: "PEM file with the chain, the certificate itself first."},
	{Name: "certificates[].key", Type: "file", Auto: "the key in the certificate's file, if one is there", Meaning: "PEM file with the private key."},

	{Name: "hosting", Type: "group", Meaning: "What IIS knows of an application: needed where the WCF file belongs to .svc files or serviceActivations."},
	{Name: "hosting.bindings", Type: "list of sites", Meaning: "Site bindings as IIS writes them: protocol, then IP:port:host."},
	{Name: "hosting.applicationHost", Type: "file", Meaning: "applicationHost.config of IIS or IIS Express, which has the bindings; instead of hosting.bindings."},
	{Name: "hosting.site", Type: "string", Meaning: "Name of the site in it."},
	{Name: "hosting.application", Type: "path", Default: "/", Meaning: "Path of the application below the site."},
	{Name: "hosting.machine", Type: "name", Auto: "the host name", Meaning: "Name of the machine, which stands for a site binding without a host."},
}
