// Package egress decides where Viaduct may connect to when the address was not
// written by the operator but came out of a message, a metadata document or a
// registry (design D10; threats T-SFP-04, T-WSA-01, T-WSA-02, T-WSA-04).
//
// Two walls stand one behind the other. Targets holds the URL prefixes of
// wsa.replyTargets and wsa.dialTo: an address out of a message is used only when
// one of them covers it. Policy looks at the IP address that is about to be
// connected to, after the name was resolved, so that a name that changes its
// address between question and use gains nothing: special ranges and Viaduct's
// own sockets are closed unless egress.allow or egress.allowSelf opens them.
//
// Addresses in the operator's own files are dialled as written and do not pass
// here. The package resolves nothing itself, knows no proxy and reads no
// environment variable.
package egress
