package soap

import (
	"errors"
	"fmt"
	"strings"
)

// EnvelopeVersion is a version of SOAP, or none at all.
type EnvelopeVersion uint8

// Versions of the envelope. The zero value is SOAP 1.2, as in WCF.
const (
	SOAP12       EnvelopeVersion = iota
	SOAP11                       // SOAP 1.1
	EnvelopeNone                 // plain XML (POX): no head, the document is the body
)

// AddressingVersion is a version of WS-Addressing, or none.
type AddressingVersion uint8

// Versions of addressing. The zero value is WS-Addressing 1.0, as in WCF.
const (
	Addressing10     AddressingVersion = iota
	Addressing200408                   // the submission of August 2004
	AddressingNone                     // no addressing headers
)

// Namespaces of the envelope and of addressing.
const (
	Namespace11               = "http://schemas.xmlsoap.org/soap/envelope/"
	Namespace12               = "http://www.w3.org/2003/05/soap-envelope"
	NamespaceAddressing10     = "http://www.w3.org/2005/08/addressing"
	NamespaceAddressing200408 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	NamespaceAddressingNone   = "http://schemas.microsoft.com/ws/2005/05/addressing/none"
)

// Version is the pair that WCF calls MessageVersion: the version of the
// envelope and the version of addressing. A listener has exactly one. The zero
// value is Soap12WSAddressing10, WCF's default.
type Version struct {
	Envelope   EnvelopeVersion
	Addressing AddressingVersion
}

// The versions that WCF names.
var (
	Soap12WSAddressing10         = Version{SOAP12, Addressing10}
	Soap12WSAddressingAugust2004 = Version{SOAP12, Addressing200408}
	Soap12                       = Version{SOAP12, AddressingNone}
	Soap11WSAddressing10         = Version{SOAP11, Addressing10}
	Soap11WSAddressingAugust2004 = Version{SOAP11, Addressing200408}
	Soap11                       = Version{SOAP11, AddressingNone}
	None                         = Version{EnvelopeNone, AddressingNone}
)

// names are WCF's names in the order in which errors list them.
var names = []struct {
	name    string
	version Version
}{
	{"Soap11", Soap11},
	{"Soap12", Soap12},
	{"Soap11WSAddressing10", Soap11WSAddressing10},
	{"Soap12WSAddressing10", Soap12WSAddressing10},
	{"Soap11WSAddressingAugust2004", Soap11WSAddressingAugust2004},
	{"Soap12WSAddressingAugust2004", Soap12WSAddressingAugust2004},
	{"None", None},
}

// ErrUnknownVersion is returned by Parse; the error around it lists the names.
var ErrUnknownVersion = errors.New("soap: unknown message version")

// Parse returns the version that WCF calls name (attribute messageVersion), as
// in Soap11WSAddressing10. "Default" is Soap12WSAddressing10.
func Parse(name string) (Version, error) {
	if name == "Default" {
		return Soap12WSAddressing10, nil
	}
	known := make([]string, 0, len(names))
	for _, n := range names {
		if n.name == name {
			return n.version, nil
		}
		known = append(known, n.name)
	}
	return Version{}, fmt.Errorf("%w %q; use one of Default, %s", ErrUnknownVersion, name, strings.Join(known, ", "))
}

// String returns WCF's name of the version.
func (v Version) String() string {
	for _, n := range names {
		if n.version == v {
			return n.name
		}
	}
	return fmt.Sprintf("Version(%d,%d)", v.Envelope, v.Addressing)
}

// Namespace returns the namespace of the envelope, empty for EnvelopeNone.
func (v EnvelopeVersion) Namespace() string {
	switch v {
	case SOAP11:
		return Namespace11
	case SOAP12:
		return Namespace12
	default:
		return ""
	}
}

// NextRole returns the URI of the role that every node plays (SOAP 1.1, 4.2.2;
// SOAP 1.2 Part 1, 2.2).
func (v EnvelopeVersion) NextRole() string {
	switch v {
	case SOAP11:
		return nextActor11
	case SOAP12:
		return nextRole12
	default:
		return ""
	}
}

// Namespace returns the namespace of the addressing headers. For AddressingNone
// it is the one in which WCF puts fault codes then.
func (v AddressingVersion) Namespace() string {
	switch v {
	case Addressing10:
		return NamespaceAddressing10
	case Addressing200408:
		return NamespaceAddressing200408
	default:
		return NamespaceAddressingNone
	}
}

// URIs of roles, and the names of the header attributes.
const (
	nextActor11    = "http://schemas.xmlsoap.org/soap/actor/next"
	nextRole12     = Namespace12 + "/role/next"
	noneRole12     = Namespace12 + "/role/none"
	ultimateRole12 = Namespace12 + "/role/ultimateReceiver"

	attrMustUnderstand = "mustUnderstand"
	attrRelay          = "relay"
	attrRole12         = "role"
	attrActor11        = "actor"
	attrEncoding       = "encodingStyle"

	// noEncoding12 says what an empty list says in SOAP 1.1: no claim of how
	// values are encoded (SOAP 1.1, 4.1.1; SOAP 1.2 Part 1, 5.1.1).
	noEncoding12 = Namespace12 + "/encoding/none"
)

// roleAttr returns the local name of the attribute that names the role.
func (v EnvelopeVersion) roleAttr() string {
	if v == SOAP11 {
		return attrActor11
	}
	return attrRole12
}

// RoleKind says at whom a header is aimed (SOAP 1.2 Part 1, 2.2).
type RoleKind uint8

// Kinds of roles.
const (
	RoleUltimate RoleKind = iota // absent, empty or ultimateReceiver: the final receiver
	RoleNext                     // every node
	RoleNone                     // nobody (SOAP 1.2)
	RoleOther                    // a node that plays the role which the attribute names
)

// roleKind classifies the decoded value of the role attribute.
func (v EnvelopeVersion) roleKind(role []byte) RoleKind {
	switch {
	case len(role) == 0:
		return RoleUltimate
	case string(role) == v.NextRole():
		return RoleNext
	case v == SOAP12 && string(role) == ultimateRole12:
		return RoleUltimate
	case v == SOAP12 && string(role) == noneRole12:
		return RoleNone
	default:
		return RoleOther
	}
}
