package configs

import (
	"math"
	"slices"
)

// encoders and transports of customBinding, all kinds.
var encoders = map[string]bool{
	"textMessageEncoding": true, "mtomMessageEncoding": true, "binaryMessageEncoding": true,
	"webMessageEncoding": true, "byteStreamMessageEncoding": true,
}

var transports = map[string]string{
	"httpTransport": "http", "httpsTransport": "https", "tcpTransport": "net.tcp", "namedPipeTransport": "net.pipe",
	"udpTransport": "soap.udp", "msmqTransport": "net.msmq", "msmqIntegration": "msmq.formatname", "peerTransport": "net.p2p",
}

// stack reads the elements of a customBinding (spec wcf-config 4.7).
func (m *modeler) stack(b *Binding) {
	var encoder, upgrade, transport *BindingElement
	for _, e := range b.children {
		if !e.written {
			continue
		}
		x := &BindingElement{
			Element: e, Kind: e.name, MessageVersion: value[string](e, "messageVersion"), WriteEncoding: value[string](e, "writeEncoding"),
			MaxSessionSize: value[int64](e, "maxSessionSize"), Compression: value[string](e, "compressionFormat"),
			SSLProtocols: value[[]string](e, "sslProtocols"), ProtectionLevel: value[string](e, "protectionLevel"),
			Transport: transportOf(e), ReaderQuotas: quotasOf(e.child("readerQuotas")),
		}
		b.Elements = append(b.Elements, x)
		if encoders[e.name] {
			if encoder != nil {
				m.b.fail(e.pos, e.Path(), "ConfigMessageEncodingAlreadyInBinding",
					"%s: a second message encoding, the first is %s at %v; keep one", b.label(), encoder.Kind, encoder.pos)
			}
			encoder = x
		}
		if e.name == "sslStreamSecurity" || e.name == "windowsStreamSecurity" {
			if upgrade != nil {
				m.b.fail(e.pos, e.Path(), "ConfigStreamUpgradeElementAlreadyInBinding",
					"%s: a second stream upgrade, the first is %s at %v; keep one", b.label(), upgrade.Kind, upgrade.pos)
			}
			upgrade = x
		}
		if transport != nil && transports[e.name] == "" {
			m.b.fail(e.pos, e.Path(), "element-behind-transport", "%s: %s stands behind the transport %s; the transport comes last", b.label(), e.name, transport.Kind)
		}
		if transports[e.name] != "" {
			if transport != nil {
				m.b.fail(e.pos, e.Path(), "ConfigTransportAlreadyInBinding",
					"%s: a second transport, the first is %s at %v; keep one", b.label(), transport.Kind, transport.pos)
			}
			transport = x
		}
	}
	m.checkStack(b)
	if transport == nil {
		// Not an error by itself: nobody may use the binding (checked in resolve).
		return
	}
	b.Transport = transport.Transport
	if encoder == nil {
		// Over HTTP the default is text with SOAP 1.2 and WS-Addressing 1.0.
		row := &textEncoding
		if s := transports[transport.Kind]; s != "http" && s != "https" {
			row = binaryEncoding
		}
		e := m.b.implied(row, b.pos)
		e.parent = b.Element
		encoder = &BindingElement{
			Element: e, Kind: e.name, MessageVersion: value[string](e, "messageVersion"), WriteEncoding: value[string](e, "writeEncoding"),
			ReaderQuotas: quotasOf(e.child("readerQuotas")),
		}
		b.children = append(b.children, e)
		b.Elements = append([]*BindingElement{encoder}, b.Elements...)
	}
	b.TextEncoding = encoder.WriteEncoding
	b.ReaderQuotas = encoder.ReaderQuotas
}

// Served reports whether the binding is of a kind, and over a transport, that
// is served. One that is not has zero Values; File.Err reports it where it is
// used. A nil Binding is not served.
func (b *Binding) Served() bool {
	if b == nil {
		return false
	}
	if b.Kind == "customBinding" {
		s := b.scheme()
		return s == "http" || s == "https"
	}
	return b.base() != ""
}

// base is the kind whose wire format the binding has, of those that are served:
// contexts change nothing in it (spec wcf-config 4.4).
func (b *Binding) base() string {
	switch b.Kind {
	case "basicHttpBinding", "basicHttpsBinding", "wsHttpBinding", "ws2007HttpBinding":
		return b.Kind
	case "basicHttpContextBinding":
		return "basicHttpBinding"
	case "wsHttpContextBinding":
		return "wsHttpBinding"
	}
	return ""
}

// kindVerdict says what becomes of an endpoint by the kind of its binding, and
// has its behaviour know it. The loader calls it once the binding is
// found.
func (m *modeler) kindVerdict(ep *Endpoint) {
	b := ep.Binding
	if ep.Service == nil {
		ep.demands = append(ep.demands, ep)
	}
	if ep.Behavior != nil {
		owner := ep.Behavior.Element
		if ep.Service != nil {
			owner = ep.Service.Behavior.Element
		}
		owner.demands = append(owner.demands, ep)
	}
	row := schemaBindings.lookup(b.Kind).children[0]
	f := Finding{Pos: ep.BindingKind.Pos(), Path: ep.BindingKind.Path(), gate: ep.Element}
	switch {
	case ep.LeftOut():
		return
	case row.effective() == VerdictNoEffect || row.effective() == VerdictHonour && row.attribute("contextProtectionLevel") == nil:
		return
	case row.effective() == VerdictHonour:
		f.Effect, f.Text = NoEffect, ep.label()+": "+b.Kind+": "+noteContext
	default:
		f.Effect, f.Scope, f.Text = Refused, ScopeEndpoint, ep.label()+": "+row.note
	}
	m.b.findings = append(m.b.findings, f)
}

// Encoder is the encoder element of a customBinding, or nil.
func (b *Binding) Encoder() *BindingElement {
	for _, x := range b.Elements {
		if encoders[x.Kind] {
			return x
		}
	}
	return nil
}

// MessageVersion is the WCF name of the binding's message version, such as
// Soap12WSAddressing10 (spec wcf-config 11). It consumes messageVersion and
// messageEncoding. It gives "" for a binding that is not served.
func (b *Binding) MessageVersion() string {
	switch b.base() {
	case "basicHttpBinding", "basicHttpsBinding":
		b.MessageEncoding.Get()
		return "Soap11"
	case "wsHttpBinding", "ws2007HttpBinding":
		b.MessageEncoding.Get()
		return "Soap12WSAddressing10"
	}
	if e := b.Encoder(); e != nil && b.Kind == "customBinding" {
		return e.MessageVersion.Get()
	}
	return ""
}

// Scheme is the URI scheme that addresses of the binding have, "" when it has
// no transport. It consumes the security mode.
func (b *Binding) Scheme() string {
	if b.Security != nil {
		b.Security.Mode.Get()
	}
	return b.scheme()
}

func (b *Binding) scheme() string {
	switch b.Kind {
	case "customBinding":
		for _, x := range b.Elements {
			if s := transports[x.Kind]; s != "" {
				return s
			}
		}
		return ""
	}
	if scheme, fixed := schemes[b.Kind]; fixed {
		return scheme
	}
	secure := b.Security != nil && slices.Contains([]string{"Transport", "TransportWithMessageCredential"}, b.Security.Mode.Peek())
	if secure {
		return "https"
	}
	return "http"
}

// schemes are those of kinds where the kind alone decides. All others are http
// or https by their security mode.
var schemes = map[string]string{
	"netTcpBinding": "net.tcp", "netTcpContextBinding": "net.tcp", "mexTcpBinding": "net.tcp",
	"netNamedPipeBinding": "net.pipe", "mexNamedPipeBinding": "net.pipe",
	"netMsmqBinding": "net.msmq", "msmqIntegrationBinding": "msmq.formatname", "netPeerTcpBinding": "net.p2p", "udpBinding": "soap.udp",
	"mexHttpBinding": "http", "mexHttpsBinding": "https", "wsDualHttpBinding": "http",
	"netTcpRelayBinding": "sb", "netOnewayRelayBinding": "sb", "netEventRelayBinding": "sb", "netMessagingBinding": "sb",
}

// Streamed reports whether requests (out false) or replies (out true) of a
// listener travel streamed. It consumes transferMode.
func (t *Transport) Streamed(reply bool) bool {
	switch t.TransferMode.Get() {
	case "Streamed":
		return true
	case "StreamedRequest":
		return !reply
	case "StreamedResponse":
		return reply
	}
	return false
}

// BufferSize is the effective maxBufferSize in octets: as written; else, when
// buffered, maxReceivedMessageSize; else 65536. It consumes maxBufferSize.
func (t *Transport) BufferSize() int64 {
	size := t.MaxBufferSize.Get()
	if t.MaxBufferSize.Written() || t.TransferMode.Peek() != "Buffered" {
		return size
	}
	return min(t.MaxReceivedMessageSize.Peek(), math.MaxInt32)
}

// checkSizes applies the buffer rule of spec wcf-config 4.3.
func (m *modeler) checkSizes(b *Binding) {
	size, buffer := b.MaxReceivedMessageSize, b.MaxBufferSize
	if size.a == nil || size.a.bad {
		return
	}
	buffered := b.TransferMode.Peek() == "Buffered"
	switch {
	case buffered && size.Peek() > math.MaxInt32:
		m.b.fail(size.Pos(), size.Path(), "MaxReceivedMessageSizeMustBeInIntegerRange",
			"%s: maxReceivedMessageSize is %d, and at most %d with transferMode Buffered; lower it or use Streamed", b.label(), size.Peek(), math.MaxInt32)
	case buffer.a == nil || buffer.a.bad || !buffer.Written():
	case buffered && buffer.Peek() != size.Peek():
		m.b.fail(buffer.Pos(), buffer.Path(), "MaxBufferSizeMustMatchMaxReceivedMessageSize",
			"%s: maxBufferSize is %d and maxReceivedMessageSize %d, and with transferMode Buffered both are one; "+
				"write maxReceivedMessageSize only", b.label(), buffer.Peek(), size.Peek())
	case !buffered && buffer.Peek() > size.Peek():
		m.b.fail(buffer.Pos(), buffer.Path(), "MaxBufferSizeMustNotExceedMaxReceivedMessageSize",
			"%s: maxBufferSize is %d, more than maxReceivedMessageSize %d; lower it", b.label(), buffer.Peek(), size.Peek())
	}
}
