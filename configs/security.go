package configs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// Security is the security element of a standard binding, or of a customBinding
// (spec wcf-config 4.3 to 4.7). What a kind does not have is a zero Value.
//
// Only mode None and Transport with clientCredentialType None or Certificate are
// served yet.
// File.Err reports any other effective mode, written or default, unless
// PassThrough says that messages pass through unchanged.
type Security struct {
	*Element

	Mode             Value[string]   // standard bindings
	ClientCredential Value[string]   // transport/@clientCredentialType
	ProxyCredential  Value[string]   // transport/@proxyCredentialType
	Realm            Value[string]   // transport/@realm
	ProtectionLevel  Value[string]   // transport/@protectionLevel of netTcp, pipes, relays; EncryptAndSign
	SSLProtocols     Value[[]string] // transport/@sslProtocols of netTcp; Tls, Tls11, Tls12
	Extended         *ExtendedProtection
	Message          *MessageSecurity // nil = the kind has none
	RelayCredential  Value[string]    // relayClientAuthenticationType of relay bindings

	AuthenticationMode Value[string] // customBinding; SspiNegotiated
	Version            Value[string] // customBinding: messageSecurityVersion, in full
	InsecureTransport  Value[bool]   // customBinding: allowInsecureTransport
	Suite              Value[string] // customBinding: defaultAlgorithmSuite
}

// MessageSecurity is security/message.
type MessageSecurity struct {
	*Element

	ClientCredential  Value[string]
	AlgorithmSuite    Value[string] // Basic256, also where the file says Default
	NegotiateService  Value[bool]   // negotiateServiceCredential; true
	EstablishSecurity Value[bool]   // establishSecurityContext; true
}

// ExtendedProtection is extendedProtectionPolicy.
type ExtendedProtection struct {
	*Element

	Enforcement Value[string] // Never, WhenSupported, Always
	Scenario    Value[string] // TransportSelected, TrustedProxy
}

// Protection is what a binding protects messages with.
type Protection string

// Protections. The names are those of WCF's SecurityMode.
const (
	ProtectNone      Protection = "None"
	ProtectTransport Protection = "Transport"
	// ProtectMessage signs or encrypts the message, or negotiates about it: the
	// body can be read by its receiver only.
	ProtectMessage Protection = "Message"
	// ProtectWithCredential is TransportWithMessageCredential: TLS, and a token
	// in a header of the message.
	ProtectWithCredential Protection = "TransportWithMessageCredential"
)

// Protection tells what the binding protects messages with. It consumes
// nothing. A customBinding is judged by its elements: security over transport,
// then security, then https or a stream upgrade.
func (b *Binding) Protection() Protection {
	if b == nil {
		return ProtectNone
	}
	if b.Kind == "customBinding" {
		switch s := b.Security; {
		case s != nil && strings.HasSuffix(s.AuthenticationMode.Peek(), "OverTransport"):
			return ProtectWithCredential
		case s != nil:
			return ProtectMessage
		case b.scheme() == "https" || b.Element.child("sslStreamSecurity") != nil || b.Element.child("windowsStreamSecurity") != nil:
			return ProtectTransport
		}
		return ProtectNone
	}
	if b.Security == nil {
		if b.Kind == "mexHttpsBinding" {
			return ProtectTransport
		}
		return ProtectNone
	}
	switch m := b.Security.Mode.Peek(); m {
	case "Transport", "TransportCredentialOnly":
		return ProtectTransport
	case "Message", "Both":
		return ProtectMessage
	case "TransportWithMessageCredential":
		return ProtectWithCredential
	}
	return ProtectNone
}

// ClientCertificate reports whether TLS demands a certificate of the client:
// mode Transport with clientCredentialType Certificate, or
// requireClientCertificate. It consumes both.
func (b *Binding) ClientCertificate() bool {
	if b == nil {
		return false
	}
	b.RequireClientCert.Get()
	if b.Security != nil {
		b.Security.ClientCredential.Get()
	}
	return b.asksCertificate()
}

// asksCertificate is ClientCertificate without consuming.
func (b *Binding) asksCertificate() bool {
	if b == nil || b.scheme() != "https" {
		return false
	}
	if b.Kind == "customBinding" {
		return b.RequireClientCert.Peek()
	}
	return b.Security != nil && b.Security.Mode.Peek() == "Transport" && b.Security.ClientCredential.Peek() == "Certificate"
}

// MessageSecurity gives the whole message security of the binding as one text,
// "" where it has none: two bindings with the same text ask the same of a
// message, so that it may pass from one to the other unchanged. The text names
// the kind's protocol versions, then each setting with its effective value,
// defaults in full.
func (b *Binding) MessageSecurity() string {
	if p := b.Protection(); p == ProtectNone || p == ProtectTransport {
		return ""
	}
	var out strings.Builder
	out.WriteString(string(b.Protection()))
	out.WriteString(" " + policyVersions(b.Kind))
	root := b.Security.Element
	if b.Kind != "customBinding" {
		root = root.child("message")
	}
	if root != nil {
		canonical(&out, root, "")
	}
	return out.String()
}

// policyVersions are the WS-* versions that a standard binding implies: the
// older ones, or those of 2007. A customBinding writes its own.
func policyVersions(kind string) string {
	switch {
	case kind == "customBinding":
		return "as written"
	case strings.HasPrefix(kind, "ws2007"):
		return "2007"
	case strings.HasPrefix(kind, "basic"):
		return "1.0"
	}
	return "2005"
}

// canonical writes attributes and children in the order of the schema. What
// concerns one end only is left out: localClientSettings, localServiceSettings.
func canonical(out *strings.Builder, e *Element, path string) {
	for i := range e.row.attrs {
		a := e.attr(e.row.attrs[i].name)
		if a == nil {
			continue
		}
		out.WriteString("; " + path + a.row.name + "=" + a.canonical())
	}
	for _, c := range e.children {
		if !strings.HasPrefix(c.name, "local") {
			if c.row.opaque || c.row.many {
				out.WriteString("; " + path + c.name + "=" + c.xml())
				continue
			}
			canonical(out, c, path+c.name+"/")
		}
	}
}

// PassThrough says that every endpoint with this security only hands messages
// on, unchanged, to a destination with the same MessageSecurity. The assembler
// calls it once it has seen to that: findings then say "passed through" instead
// of "refused" (spec wcf-config 4.3).
func (s *Security) PassThrough() {
	if s == nil {
		return
	}
	if a := s.securityMode(); a != nil {
		a.passed.Store(true)
	}
	s.Use()
}

// Passable reports whether PassThrough would make an end of the refusal: the
// security is of a kind that a router may hand on.
func (s *Security) Passable() bool {
	if s == nil {
		return false
	}
	a := s.securityMode()
	return a != nil && (a.passable() || a.row.effective() == VerdictPass)
}

// Override puts the operator's security in the place of the file's: None, or
// Transport with clientCredentialType None where the file has one that is not
// served. at is where the operator says so. The
// findings name what no longer counts as mapped. The error says that the kind of
// binding has no such mode.
func (s *Security) Override(mode string, at source.Pos) error {
	a := s.Element.attr("mode")
	if a == nil || !slices.Contains(a.row.enum, mode) {
		return fmt.Errorf("%s has no security mode %s", s.owner().label(), mode)
	}
	a.put(mode, at)
	s.Mode.v = mode
	if c := s.ClientCredential.a; c != nil && c.refused() {
		c.put("None", at)
		s.ClientCredential.v = "None"
	}
	return nil
}

func (m *modeler) security(b *Binding, e *Element) *Security {
	s := &Security{
		Element: e, Mode: value[string](e, "mode"), RelayCredential: value[string](e, "relayClientAuthenticationType"),
		AuthenticationMode: value[string](e, "authenticationMode"), Version: value[string](e, "messageSecurityVersion"),
		InsecureTransport: value[bool](e, "allowInsecureTransport"), Suite: value[string](e, "defaultAlgorithmSuite"),
	}
	if t := e.child("transport"); t != nil {
		s.ClientCredential = value[string](t, "clientCredentialType")
		s.ProxyCredential = value[string](t, "proxyCredentialType")
		s.Realm = value[string](t, "realm")
		s.ProtectionLevel = value[string](t, "protectionLevel")
		s.SSLProtocols = value[[]string](t, "sslProtocols")
		s.Extended = extendedOf(t.child("extendedProtectionPolicy"))
	}
	if x := e.child("message"); x != nil {
		s.Message = &MessageSecurity{
			Element: x, ClientCredential: value[string](x, "clientCredentialType"), AlgorithmSuite: value[string](x, "algorithmSuite"),
			NegotiateService:  value[bool](x, "negotiateServiceCredential"),
			EstablishSecurity: value[bool](x, "establishSecurityContext"),
		}
	}
	m.checkSecurity(b, s)
	return s
}

func extendedOf(e *Element) *ExtendedProtection {
	if e == nil {
		return nil
	}
	return &ExtendedProtection{
		Element: e, Enforcement: value[string](e, "policyEnforcement"), Scenario: value[string](e, "protectionScenario"),
	}
}

// checkSecurity finds security that contradicts itself or its binding.
func (m *modeler) checkSecurity(b *Binding, s *Security) {
	mode := s.Mode.Peek()
	if slices.Contains(basicKinds, b.Kind) && mode == "Message" && s.Message.ClientCredential.Peek() == "UserName" {
		refuseUsed(m, b, s.Message.ClientCredential, "BasicHttpMessageSecurityRequiresCertificate",
			`security mode Message needs clientCredentialType="Certificate" in security/message`)
	}
	rs := b.ReliableSession
	if rs != nil && rs.Enabled.Peek() && mode == "Transport" && strings.HasPrefix(b.Kind, "ws") {
		refuseUsed(m, b, rs.Enabled, "WSHttpDoesNotSupportRMWithHttps",
			`a reliable session cannot have security mode Transport; set enabled="false", or another mode`)
	}
}

// refuseUsed refuses a value where its binding is in use: WCF finds such an
// error when it builds the binding, and an unused one is never built.
func refuseUsed[T any](m *modeler, b *Binding, v Value[T], code, text string) {
	m.b.findings = append(m.b.findings, Finding{
		Pos: v.Pos(), Path: v.Path(), Effect: Refused, Scope: ScopeEndpoint, Code: code, Text: b.label() + ": " + text, gate: b.Element,
	})
}

var basicKinds = []string{"basicHttpBinding", "basicHttpContextBinding", "netHttpBinding"}
