// Package soap is what a SOAP message is inside Viaduct.
//
// An Envelope is a message as it was received: a head, which is everything up
// to the end of the start tag of Body, scanned once and described by spans, and
// a Body, which is a source of octets with a State that says whether it can be
// read again. Neither is ever changed. What is sent is a Draft: edits over a
// head, and a view of a body. A Fault is an error that can be sent.
//
// It implements SOAP 1.1 (W3C Note, 8 May 2000) and SOAP 1.2 Part 1 (second
// edition), as far as a node that forwards messages needs them. It knows
// nothing of transports, media types or WS-Addressing headers, interprets no
// body, holds no tree and prints nothing back from one.
//
// # Ownership
//
// Decode returns an Envelope with one reference. A Draft and a reader of a Body
// hold one each until they are closed; the last one returns the memory. Spans,
// names and slices of an Envelope die with its last reference.
//
// # Differences from WCF
//
//   - mustUnderstand is checked only for the roles that Viaduct plays; WCF looks
//     at every header, whatever its role (see NotUnderstood).
//   - Bridge translates the attributes role, mustUnderstand, relay and
//     encodingStyle and copies headers by position; WCF leaves the attributes in
//     the old namespace, where they lose their meaning, and finds headers by name,
//     which fails where a name occurs twice.
//   - A bridged fault keeps all its texts, its Node and Role, its subcodes as far
//     as the version has room, and its detail octet for octet with what was
//     declared around it. WCF writes the fault anew from what its objects hold.
//   - In SOAP 1.1 a subcode stands for the codes Client and Server only, never for
//     MustUnderstand or VersionMismatch.
//   - NotUnderstood headers of a bridged fault stay behind where SOAP 1.1 has none.
//   - VersionMismatchFault exists; WCF answers 400 or 415.
package soap
