// Package binding holds the seams of Viaduct: the types through which a message
// passes from a transport to a handler and from a handler to a back end.
//
// A transport turns octets into a [Request] and a [Reply] into octets; a
// [Handler] turns a Request into a Reply; a [RequestChannel] sends one
// [Outgoing] and returns the [Incoming] that answers it. An [Encoder] stands
// between a wire format and [soap.Envelope]. None of them holds a type of
// net/http, so that a server or a client can be exchanged without touching a
// handler.
//
// A failed attempt says how far it came ([Delivery]). Channels never repeat by
// themselves: the one loop that may is the routing service.
//
// SOAP over HTTP stands here as pure mappings (content type, action, status),
// after SOAP 1.1 section 6, SOAP 1.2 Part 2 section 7 and what WCF does where
// these differ.
//
// # Differences from WCF
//
// A binding is one value, not a stack of factories. A reply-side channel is
// pushed ([Handler]), not pulled. A SOAPAction that occurs twice is refused. So
// is a content type with broken parameters, where WCF looks no further than its
// own type at the front.
package binding
