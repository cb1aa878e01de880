// Package xpath compiles and evaluates XPath 1.0 expressions on SOAP messages: the
// filters of routing tables, and whatever else is chosen by the content of a
// message.
//
// It is the whole of the recommendation "XML Path Language (XPath) Version 1.0":
// the grammar, the 13 axes and the core function library, and beside it WCF's
// prefixes and functions (sm:header(), sm:action() and so on). [Compile] decides
// all that does not depend on a message, also whether an expression can read the
// body at all. A [Set] is evaluated in one pass: the message is scanned once,
// elements that no expression asks for are passed over, and those that matter
// become nodes of a compact index over the octets. There is no tree and nothing
// is decoded before it is compared.
//
// Expressions come from configuration, never from messages. What a message can
// cost is bounded by [Budget]. The package holds no goroutines and no clock;
// package filter makes a [Message] of an envelope.
//
// What is passed over is checked by the rules of the structure walk of package
// xmltext, what is read by those of its scanner.
//
// # Differences from WCF
//
//   - Strings count characters, not UTF-16 units.
//   - sm:date-time() and sm:duration() give NaN for what they cannot read; WCF
//     throws.
//   - sm:is-actor-ultimate-receiver() is true for a SOAP 1.2 header without a role,
//     as SOAP 1.2 says; WCF compares the attribute.
//   - sm:to(), sm:action() and sm:messageId() give the first header of two; that
//     such a message is refused is decided elsewhere.
//
// There is no document type declaration in SOAP, so id() gives no nodes and
// processing-instruction() selects none.
package xpath
