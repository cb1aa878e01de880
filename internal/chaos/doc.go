// Package chaos holds tests that cut connections around a running Viaduct at
// every octet, slow its peers down and kill it in the middle of messages.
//
// The oracle is what principle 5 of the design promises: every client gets
// exactly one answer, or none when its own connection was cut; a message
// reaches the back end at most once, unless a backup list allows more; an
// accepted one-way message is delivered at most once. Deliveries are counted by
// the back end, by message id.
//
// A plain "go test" runs a sample of the cut points; with the build tag chaos
// (make chaos) it runs all of them, but for TLS handshakes, of which it cuts at
// every seventh octet.
package chaos
