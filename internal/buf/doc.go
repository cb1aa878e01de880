// Package buf owns the octets of messages in flight.
//
// A Lease is pooled memory behind one reference count: whoever needs a message
// retains it, the last one to release it returns the memory. A Budget bounds
// what all leases together may hold, in memory first and in spool files above
// it; a reservation fails at once and never waits. A Spool is a temporary file
// that has no name and disappears with the process.
//
// The rules are those of the message model of this project (docs/architecture.md,
// "Ownership"). Built with the tag leasecheck, released memory is overwritten
// and never used again, the stacks of owners are kept, and a leak or a second
// release ends a test (see CheckLeaks and Main).
//
// The package knows nothing of messages, encodings or sockets.
package buf
