// Command bench compares Viaduct with other proxies, all in one run on one
// machine, and measures its streams and its idle connections.
//
//	go run ./internal/bench                      everything, about nine minutes
//	go run ./internal/bench -quick               the same, shortened to a minute or so
//	go run ./internal/bench -only streams        one part: proxies, latency, streams, idle
//	go run ./internal/bench -o docs/performance.md
//
// Every proxy, the back end and the load generator are processes of their own
// and all of them talk over loopback. Rounds are interleaved (A B C, A B C, ...)
// and the median of the rounds counts, so that what else the machine does falls
// on all of them alike. The processor time is that of the proxy's whole process
// tree, from /proc; that column is steadier than the rate, since all processes
// share the cores.
//
// The load generator compares every answer octet by octet, and the back end's
// answer holds a checksum of the body that arrived there: a proxy that is fast
// because it loses something fails.
//
// It does not measure over a network, and it does not find the greatest rate of
// a machine: for that the load would have to come from elsewhere.
package main
