// Package routing is the routing service: a handler that chooses destinations
// by a filter table and sends the message on (dispatch 8.4 to 8.8).
//
// The decision is a pure function: [Judge] says what follows a failed attempt.
// [Service] is the loop around it, and the only place in Viaduct where a message
// is ever sent again.
//
// A destination may be a group of back ends that share messages, may have limits
// and a breaker, and may have copies of its messages sent to a second one
// ([Mirror]). What is known of back ends between messages is kept by
// internal/upstream; each attempt, also one that a limit spared, is in the
// Decision.
//
// What leaves is the message that arrived with a few header blocks replaced
// (Mode Routing, WCF's SoapProcessing) or with none (Mode ForwardSigned). An
// edit that would touch a signed part is refused.
//
// Where the destination speaks another message version than the listener, the
// message is bridged, and so is the answer on its way back: envelope, addressing
// headers, faults and the action of the transport (dispatch 8.7, steps A to E).
// [Destination.Bridges] tells at the start which pairs cannot be. What is in Body
// is never looked at, so that it may be of any length and still be arriving.
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
//
// Bridging keeps what WCF loses: the meaning of mustUnderstand, role, relay and
// encodingStyle; headers that share a name or are for another role; attributes of
// Body; QNames in content; all texts, codes and the detail of a fault. A message
// whose signature cannot survive is refused, where WCF sends it broken.
package routing
