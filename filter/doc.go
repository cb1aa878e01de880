// Package filter holds message filters and the table that chooses by them, as
// WCF's routing service and dispatcher do (MessageFilter, MessageFilterTable).
//
// A [Filter] is a pure test of a received message's head; it says for itself
// why it does not match, by character. A [Table] evaluates priorities from the
// highest down and stops after the first level with a match. Address, action
// and name filters are found by look-up, not one by one, without allocation.
//
// Filters select, they do not authenticate: an address filter compares no host
// and a prefix filter no port unless told to, and any client may send any
// header.
//
// # Differences from WCF
//
//   - A prefix table registers each prefix under its own key; WCF puts a longer
//     prefix that is added later into the set of the shorter one.
//   - And may be asked outside a table; WCF's StrictAnd throws there.
//   - CDATA in headers compares as text.
//   - An address filter may have aliases.
//   - A round-robin member inside And takes its turn only for messages that the
//     other filters match.
package filter
