// Package hosting runs endpoints: it finds the listener of a message, selects
// the endpoint, checks what has to be checked before a handler sees the message,
// and turns every error into the one answer that the client gets.
//
// What a message meets is a [Snapshot]: an immutable value, taken once per
// message. A [Host] holds the snapshot in force and the messages that were
// accepted and are still on their way. Sockets belong to the transports; hosting
// knows none of them by name.
//
// Order and outcome follow WCF's dispatcher (dispatch 5.1 to 5.4): properties are
// read, the action of the transport is held against Action, the endpoint is
// selected, then its operation; a one-way message is accepted now, of a two-way
// one the reply address is checked; then headers that must be understood, and at
// last the service is asked.
//
// A [Dispatch] can say why nothing matched: to the log always, to clients only
// whose connection comes from a listed network. Answers go back on the request's
// connection, unless a [Deliverer] and a list of targets are given.
//
// # Sessions
//
// Over HTTP every message stands for itself: there is nothing that
// ensureOrderedDispatch could order, and it is accepted in either value.
// Transports with sessions choose the endpoint by the first message, and hand
// the messages of a session to its service one after the other where
// ensureOrderedDispatch is true, as they come otherwise.
//
// # Differences from WCF
//
// Headers that must be understood count only when they are aimed at a role that
// Viaduct plays (SOAP 1.2 Part 1, 2.4); WCF ignores the role. A one-way message
// is accepted only when its body is held. Weak, exact and strong host names are
// asked per listener, not per queue of the operating system.
package hosting
