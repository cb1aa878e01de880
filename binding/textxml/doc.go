// Package textxml is the text encoder: SOAP envelopes as XML text in UTF-8 or
// UTF-16, under the media types of SOAP 1.1 and SOAP 1.2.
//
// It reads what WCF's text encoder reads (wire formats 6.2 and 6.3) and writes
// what arrived: UTF-8 octets are never printed again. Only a binding with
// another textEncoding has the message re-coded.
//
// # Differences from WCF
//
// A byte order mark or a declaration that arrived in UTF-8 is kept, where WCF
// writes neither.
package textxml
