// Package testbed holds what tests of several packages need around them: a
// recording HTTP back end over raw TCP, a raw client, a relay that cuts
// connections at a chosen octet, builders of SOAP messages, an in-memory
// listener, a runner for golden files and a starter of the built program.
//
// Everything here is on purpose independent of the code under test: it knows
// HTTP/1.1 framing (RFC 9112, 6 and 7.1) and the outline of a SOAP envelope by
// itself, and records octets rather than meanings.
//
// It is imported by tests and by the program internal/bench only, and it
// imports nothing but the standard library and testify.
//
// A package that starts the program calls Main from its TestMain:
//
//	func TestMain(m *testing.M) { testbed.Main(m) }
package testbed
