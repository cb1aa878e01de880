// Package xmltext reads and writes the octets of XML messages: a scanner with
// namespaces, two walks that check what the scanner did not read, detection and
// transcoding of UTF-16, and the escaping of values.
//
// It obeys XML 1.0 (fifth edition) and Namespaces in XML 1.0 (third edition),
// less what SOAP forbids: a document type declaration and processing
// instructions are refused wherever they stand, so there are no entities but
// the five predefined ones and nothing is ever fetched. XML 1.1 is refused.
// Input is never repaired and nothing is replaced: an octet is either accepted
// as it is, or the document is refused with a *refusal.Error that carries a
// reason and an offset.
//
// There is no tree and no printer. Scanner returns tokens as spans of the
// caller's buffer and Walk returns only a verdict; what is forwarded is the
// input, with splices made by the caller.
//
// The package holds no goroutines, clocks, logs or global state. A Scanner, a
// Walk and a reader of Transcode belong to one goroutine at a time.
//
// # Differences from WCF
//
//   - A charset of utf-16 with a body in UTF-8 is refused; WCF detects.
//   - Text and CDATA between the end of Body and the end of Envelope are refused
//     as soap.structure by both walks; WCF reports malformed XML.
//   - Names follow the fifth edition of XML 1.0; .NET follows the fourth, which
//     knows fewer letters outside ASCII.
package xmltext
