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
// # Differences from WCF
//
// WCF puts the expected content type into the reason phrase of a 415; the
// net/http server has no way to set one, the text is in the log. An expectation
// other than 100-continue is refused with 417.
package httpchan
