// Package routing is the routing service: a handler that chooses destinations
// by a filter table and sends the message on (dispatch 8.4 to 8.8).
//
// The decision is a pure function: [Judge] says what follows a failed attempt.
// [Service] is the loop around it, and the only place in Viaduct where a message
// is ever sent again.
//
// What leaves is the message that arrived with a few header blocks replaced
// (Mode Routing, WCF's SoapProcessing) or with none (Mode ForwardSigned). An
// edit that would touch a signed part is refused.
//
// # Differences from WCF
//
// An attempt that may have been delivered is repeated only when the route has a
// backup list or the action is declared repeatable; WCF repeats some of them
// once in any case. Headers are removed and copied by position, not by name, so
// that two of one name, or one for another role, do no harm. Address headers and
// reply parameters that the message's signature covers stay as they are. Without
// soapProcessing MessageID and ReplyTo of a request are left as the client wrote
// them, or did not.
package routing
