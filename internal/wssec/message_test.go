package wssec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/soap"
)

const (
	exc    = "http://www.w3.org/2001/10/xml-exc-c14n#"
	inc    = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	inc11  = "http://www.w3.org/2006/12/xml-c14n11"
	env    = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
	str    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform"
	xpath  = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	sha256 = "http://www.w3.org/2001/04/xmlenc#sha256"
)

// prolog opens a SOAP 1.2 message as WCF writes it; marks are replaced by signed.
const prolog = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"` +
	` xmlns:a="http://www.w3.org/2005/08/addressing"` +
	` xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">` +
	`<s:Header>` +
	`<a:Action s:mustUnderstand="1" u:Id="_2">urn:orders/Place</a:Action>` +
	`<a:MessageID>urn:uuid:6f1d0f0e-62bb-4b4c-9d2a-5d8f0a3b1c01</a:MessageID>` +
	`<a:ReplyTo u:Id="_3"><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>` +
	`<a:To u:Id="_1">http://orders.example/svc</a:To>` +
	`<t:Tenant xmlns:t="urn:tenants" Id="tenant">7</t:Tenant>`

const epilog = `</s:Header><s:Body u:Id="_body"><o:Place xmlns:o="urn:orders"><o:Item Id="item">4711</o:Item></o:Place></s:Body></s:Envelope>`

// security is the Security header around inner.
func security(inner string) string {
	return `<o:Security s:mustUnderstand="1"` +
		` xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">` +
		`<u:Timestamp u:Id="_0"><u:Created>2026-01-02T03:04:05Z</u:Created><u:Expires>2026-01-02T03:09:05Z</u:Expires></u:Timestamp>` +
		`<o:BinarySecurityToken u:Id="tok">MIIB</o:BinarySecurityToken>` +
		inner + `</o:Security>`
}

// signature is a Signature with the references given.
func signature(c14n string, references ...string) string {
	return `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="sig"><SignedInfo>` +
		`<CanonicalizationMethod Algorithm="` + c14n + `"/>` +
		`<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>` +
		strings.Join(references, "") + `</SignedInfo><SignatureValue>AAAA</SignatureValue>` +
		`<KeyInfo><o:SecurityTokenReference u:Id="keyref"><o:Reference URI="#tok"/></o:SecurityTokenReference></KeyInfo></Signature>`
}

// reference is a Reference with the transforms given.
func reference(uri string, transforms ...string) string {
	var b strings.Builder
	b.WriteString(`<Reference URI="` + uri + `">`)
	if len(transforms) > 0 {
		b.WriteString(`<Transforms>`)
		for _, t := range transforms {
			b.WriteString(`<Transform Algorithm="` + t + `"/>`)
		}
		b.WriteString(`</Transforms>`)
	}
	b.WriteString(`<DigestMethod Algorithm="` + sha256 + `"/><DigestValue>AAAA</DigestValue></Reference>`)
	return b.String()
}

// signed is a message with the references given in one Signature.
func signed(references ...string) string {
	return prolog + security(signature(exc, references...)) + epilog
}

func decode(tb testing.TB, message string) *soap.Envelope {
	tb.Helper()
	v := soap.Soap12WSAddressing10
	if strings.Contains(message, "http://schemas.xmlsoap.org/soap/envelope/") {
		v = soap.Soap11WSAddressing10
	}
	e, err := soap.Decode(tb.Context(), strings.NewReader(message), soap.DecodeOptions{
		Version: v, Size: int64(len(message)), Limits: soap.Limits{Message: 1 << 20},
	})
	require.NoError(tb, err)
	tb.Cleanup(e.Release)
	return e
}

// block returns the index of the header block with the local name.
func block(tb testing.TB, e *soap.Envelope, local string) int {
	tb.Helper()
	for i, b := range e.Blocks() {
		if string(b.Name.Local) == local {
			return i
		}
	}
	require.Fail(tb, "no header "+local)
	return -1
}
