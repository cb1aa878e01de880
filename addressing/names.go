package addressing

import (
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// Action says what a message asks for: the value of the Action header, or of
// SOAPAction where there is none. It compares by octets; absent is "".
type Action string

// AnyAction is the action of an operation that takes every message.
const AnyAction Action = "*"

// MessageID identifies a message. It is opaque (dispatch 2.1).
type MessageID string

// URIs that stand for no real address (dispatch 1.2).
const (
	// Anonymous and None are version-neutral. They are never written.
	Anonymous = "http://schemas.microsoft.com/2005/12/ServiceModel/Addressing/Anonymous"
	None      = "http://schemas.microsoft.com/2005/12/ServiceModel/Addressing/None"

	anonymous10     = soap.NamespaceAddressing10 + "/anonymous"
	none10          = soap.NamespaceAddressing10 + "/none"
	anonymous200408 = soap.NamespaceAddressing200408 + "/role/anonymous"

	replyRelationship = soap.NamespaceAddressing10 + "/reply"
)

// Actions of faults (dispatch 5.4).
const (
	fault10     Action = soap.NamespaceAddressing10 + "/fault"
	soapFault10 Action = soap.NamespaceAddressing10 + "/soap/fault"
	fault200408 Action = soap.NamespaceAddressing200408 + "/fault"

	// DispatcherFault is the action of faults that the dispatcher gives.
	DispatcherFault Action = soap.ActionDispatcherFault
)

// Other namespaces.
const (
	wsa10NS    = soap.NamespaceAddressing10
	wsa2004NS  = soap.NamespaceAddressing200408
	identityNS = "http://schemas.xmlsoap.org/ws/2006/02/addressingidentity"
	policyNS   = "http://schemas.xmlsoap.org/ws/2004/09/policy"
	mexNS      = "http://schemas.xmlsoap.org/ws/2004/09/mex"
	dsigNS     = "http://www.w3.org/2000/09/xmldsig#"
	wsuNS      = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	wsseNS     = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsse11NS   = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
	xsiNS      = "http://www.w3.org/2001/XMLSchema-instance"
	serNS      = "http://schemas.microsoft.com/2003/10/Serialization/"
)

// Names of elements and attributes.
const (
	isReferenceParameter = "IsReferenceParameter"
	relationshipType     = "RelationshipType"
)

// FaultAction is the action of addressing faults, F of dispatch 5.4; "" without
// addressing.
func FaultAction(v soap.AddressingVersion) Action {
	switch v {
	case soap.Addressing10:
		return fault10
	case soap.Addressing200408:
		return fault200408
	default:
		return ""
	}
}

// DefaultFaultAction is the action of faults that name none, D of dispatch 5.4;
// "" without addressing.
func DefaultFaultAction(v soap.AddressingVersion) Action {
	if v == soap.Addressing10 {
		return soapFault10
	}
	return FaultAction(v)
}

// anonymousText returns what stands for anonymous on the wire, "" without
// addressing.
func anonymousText(v soap.AddressingVersion) string {
	switch v {
	case soap.Addressing10:
		return anonymous10
	case soap.Addressing200408:
		return anonymous200408
	default:
		return ""
	}
}

var (
	anonymousURI = constant(Anonymous)
	noneURI      = constant(None)

	// trivial is what every bare anonymous reference is read as.
	trivial = &EndpointAddress{URI: anonymousURI}
)

// constant is for URIs of this file, which are correct.
func constant(s string) uritable.URI {
	u, err := uritable.Parse(s)
	if err != nil {
		panic("addressing: " + s + ": " + err.Error())
	}
	return u
}
