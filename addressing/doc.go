// Package addressing reads and writes WS-Addressing 1.0 (Core and SOAP Binding)
// and the submission of August 2004: endpoint addresses and references, the
// addressing properties of a message, the headers of requests and replies, and
// the faults that belong to them.
//
// [Extract] reads the properties of a received message once. Its errors refuse
// the message (HTTP 400); a property that occurs twice is no error until
// somebody reads it, as in WCF, and then gives a fault. Without addressing
// headers (basicHttpBinding) the transport supplies To and Action
// ([Properties.Adopt]). [ParseAction], [FormatAction] and [MatchAction] settle
// what the action of the transport means.
//
// The package opens no connection and resolves no address: an address that came
// in a message is a value, never a destination. It knows nothing of HTTP beyond
// the text of a SOAPAction field.
//
// # Differences from WCF
//
//   - A comment inside an addressing value is refused (xml.split_value) unless
//     KnownOptions.JoinSplitValues is set; WCF joins the text around it.
//   - RelationshipType of RelatesTo is honoured: other relationships than reply
//     are ordinary headers. WCF counts each of them as a reply.
//   - A control character other than tab, line feed and carriage return in an
//     addressing value is refused (xml.char).
//   - Reference parameters in messages are limited (16, 8 KiB), and elements of
//     the SOAP, WS-Addressing and WS-Security namespaces are refused there.
//   - A header in WCF's internal namespace for "no addressing" is refused as
//     soap.structure; like WCF's HTTP 400.
//   - Between versions ([Bridge], [Outbound.Apply], [AddressReply]) the codes of
//     addressing faults are those of the target, detail about headers moves
//     between Detail and the header FaultDetail, and headers that would be the
//     target's addressing properties, which nobody has read, stay behind. WCF
//     copies all of that as it is. RelatesTo of another relationship than reply
//     has no translation and is dropped there.
//   - [Window], [ReplyTargets] and [Properties.AdoptTo] do what WCF never does;
//     nothing uses them unless the settings ask for it.
//   - FormatAction escapes '%' and '+', so that a peer which decodes once reads
//     what Viaduct read. WCF leaves both alone.
package addressing
