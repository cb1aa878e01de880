// Package refusal names why Viaduct refuses a message.
//
// A refusal ends one message, never a session or the process. Its Reason comes
// from a closed list: the same word is the label of the metric
// viaduct_refused_total, the log attribute "reason" and the first part of the
// field X-Viaduct-Error, so that an operator who sees one of them finds the
// others. What a refusal looks like on the wire (status or fault) is decided by
// package binding; nothing here knows of HTTP.
//
// The Detail of an Error is for the log. It never reaches a client.
package refusal
