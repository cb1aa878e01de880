// Package admin is what an operator sees of a running Viaduct: health, metrics,
// the access log, and the console.
//
// A [Server] answers on the admin address: /healthz says that the process
// lives, /readyz that it takes messages, /metrics speaks the Prometheus text
// format. The console is pages for people and JSON for programs: what runs, the
// last decisions as they are made ([Decisions]), back ends and their state, and
// differences between answers and those to mirrored messages. It reads without
// a token; whatever changes something needs one.
//
// The server refuses requests whose Host field names another machine, so that a
// web page cannot reach it through a name that resolves to loopback. Pages run
// no script but their own, and show all that comes from messages as text.
//
// [Metrics] and [AccessLog] are told of each finished exchange. Labels come
// from the configuration and from closed lists, never from messages. The
// package opens no socket of its own, and what it shows of routes and back ends
// comes through [Console].
package admin
