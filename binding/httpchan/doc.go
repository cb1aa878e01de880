// Package httpchan carries messages over HTTP.
//
// A [Front] owns one socket and serves it with net/http; it turns each POST
// into a [binding.Request] and each reply into a response. A [Channel] sends
// messages to one endpoint through the project's own HTTP/1.1 client. Neither
// knows of filters or routes, and neither repeats anything.
//
// What a response says about a message is in package binding; what HTTP itself
// demands (RFC 9110, RFC 9112) is obeyed here: one framing per message, written
// by Viaduct and never copied; hop-by-hop fields dropped before anything is
// added; one field writer for every line that leaves.
//
// Time limits count only what is waited for: a sweeper looks at each connection,
// and at each stream of HTTP/2, every half second, and ends those whose peer was
// too slow while Viaduct waited for it. A handler's context does not end with the
// client's connection; that of an HTTP/2 stream ends with its reset.
//
// A failure after the head of an answer has left cuts the connection, or resets
// the stream: a message is never completed short. A connection that is closed
// behind a refusal is read for a moment more, so that the peer gets to see why.
//
// # Differences from WCF
//
// WCF puts the expected content type into the reason phrase of a 415; the
// net/http server has no way to set one, the text is in the log. An expectation
// other than 100-continue is refused with 417. A message over HTTP/1.0 ends its
// connection. The refusals of net/http over TLS carry neither reason nor id.
package httpchan
