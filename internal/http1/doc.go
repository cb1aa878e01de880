// Package http1 is Viaduct's own HTTP/1.1 client (RFC 9110, RFC 9112): one Pool
// of connections per Target, one exchange at a time on each connection.
//
// It exists because the cost of a hop through net/http is mostly its client, and
// because a router owes its callers more than a client does: how many octets of
// a failed request were taken (Error.Sent), a request that is cut and never
// completed when its source breaks off, and a reader that refuses every answer
// whose end can be read in two ways.
//
// A body whose octets are all at hand (SegmentedBody) is written by the caller of
// Pool.Do; every other body, and the rest of one that the socket does not take
// at once, is written by a goroutine of the exchange while the answer is read.
// That goroutine has ended when Do returns an error or Response.Body is closed.
//
// A connection is used again only when the request was written whole before the
// answer began, the answer was read to its own end, neither side asked to close,
// both spoke HTTP/1.1, and nothing follows the answer. Before re-use the
// connection is read without waiting: octets found there belong to nobody, so it
// is discarded and counted in Stats.Poisoned. What no client can detect is an
// answer too many that arrives between this check and the first octet of the
// true answer: HTTP/1.1 does not number its answers.
//
// Stricter than net/http's client (threats T-HTTP-02, -06, -13): line ends are
// CRLF only, folded lines, Content-Length together with Transfer-Encoding, list
// values of Content-Length, chunk extensions beyond 64 octets and heads beyond
// 64 KiB or 100 lines are refused, trailers are read and dropped.
//
// It does not follow redirects, keep cookies, decode Content-Encoding, speak
// HTTP/2, send Expect, upgrade (a 101 is always refused) or repeat a request.
// It knows nothing of SOAP. Only transports import it.
package http1
