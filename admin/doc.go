// Package admin is what an operator sees of a running Viaduct: health, metrics
// and the access log.
//
// A [Server] answers on the admin address: /healthz says that the process
// lives, /readyz that it takes messages, /metrics speaks the Prometheus text
// format. It refuses requests whose Host field names another machine, so that a
// web page cannot reach it through a name that resolves to loopback.
//
// [Metrics] and [AccessLog] are told of each finished exchange. Labels come
// from the configuration and from closed lists, never from messages. The
// package opens no socket of its own and knows nothing of routes.
package admin
