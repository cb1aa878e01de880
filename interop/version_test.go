//go:build interop

package interop

// version is a message version, named as the endpoints of services and routers
// that speak it.
type version struct {
	name       string
	soap       string // 1.1 or 1.2
	addressing string // "", 1.0 or 2004
}

var (
	basic   = version{"basic", "1.1", ""}
	plain12 = version{"soap12", "1.2", ""}
	addr11  = version{"addr11", "1.1", "1.0"}
	ws      = version{"ws", "1.2", "1.0"}
	aug11   = version{"aug11", "1.1", "2004"}
	aug12   = version{"aug12", "1.2", "2004"}

	versions = []version{basic, plain12, addr11, ws, aug11, aug12}
)

var (
	services = []string{"mono", "gsoap", "php", "node-soap"}
	clients  = []string{"zeep", "mono", "gsoap", "php", "node-soap", "soap-lite", "suds"}
)

// clientLacks says why a client cannot send a version. Empty: it can.
func clientLacks(client string, v version) string {
	if reason := missing(client); reason != "" {
		return reason
	}
	switch {
	case client == "mono" && v.soap == "1.1" && v.addressing != "":
		return "Mono's client writes no Action header in SOAP 1.1, only SOAPAction"
	case client == "suds" && v.soap == "1.2":
		return "suds knows SOAP 1.1 only"
	case v.addressing == "":
		return ""
	case client == "php":
		return "PHP's SoapClient writes no WS-Addressing headers"
	case client == "node-soap":
		return "node-soap writes no WS-Addressing headers of its own"
	case client == "soap-lite":
		return "SOAP::Lite writes no WS-Addressing headers"
	case client == "suds":
		return "suds writes no WS-Addressing headers"
	}
	return ""
}

// serviceLacks says why a service cannot take a version. Empty: it can.
func serviceLacks(service string, v version) string {
	if reason := missing(service); reason != "" {
		return reason
	}
	switch {
	case v.addressing == "":
		return ""
	case service == "php":
		return "PHP's SoapServer answers without WS-Addressing headers, which a WCF client endpoint with addressing needs"
	case service == "node-soap":
		return "node-soap answers without WS-Addressing headers, which a WCF client endpoint with addressing needs"
	}
	return ""
}

// speaking returns the services that take a version.
func speaking(v version) []string {
	var all []string
	for _, name := range services {
		if serviceLacks(name, v) == "" {
			all = append(all, name)
		}
	}
	return all
}

// pairLacks says why a client and a service that speak these versions cannot meet
// through Viaduct.
func pairLacks(client string, front version, service string, back version) string {
	if reason := clientLacks(client, front); reason != "" {
		return reason
	}
	if reason := serviceLacks(service, back); reason != "" {
		return reason
	}
	actionless := front == plain12 && (client == "mono" || client == "soap-lite")
	if actionless && (service == "mono" || back.addressing != "") {
		return client + " names the action of SOAP 1.2 in SOAPAction, not in the media type, where WCF looks for it; a service that needs one does not get it"
	}
	return ""
}

// brokenFault says why the fault of a service is not looked at: Viaduct passes it
// on as it is, and the client cannot read it.
func brokenFault(client string, front version, service string, back version) string {
	switch {
	case front == back && client == "gsoap" && service == "mono" && back.addressing == "":
		return "Mono's faults without addressing have a header Action that must be understood; gSOAP does not understand it"
	case front.soap == back.soap && client == "mono" && back == plain12 && (service == "php" || service == "node-soap"):
		return "Mono reads no SOAP 1.2 fault whose reason has no xml:lang"
	}
	return ""
}

// straightFault says why a client cannot read the fault of a service without
// Viaduct, which it reads with it.
func straightFault(client string, v version, service string) string {
	if client == "mono" && service == "gsoap" && v.soap == "1.2" {
		return "gSOAP sends the sender's faults of SOAP 1.2 with status 400, as Part 2, 7.5.2.2 has it; Mono expects 500, as Viaduct and WCF send it"
	}
	return brokenFault(client, v, service, v)
}
