// Package wssec says which octets of a message its WS-Security signatures
// cover, so that no edit breaks one (WS-Security 1.1, 8; XML Signature 1.1, 4.4).
//
// It only reads. Nothing here verifies a signature, looks at a key or decides
// whom to trust: coverage is what the ds:Reference elements claim, whether the
// digests hold or not. Coverage answers for one envelope, Check for one draft.
//
// When a claim cannot be followed, the answer is the careful one: an unknown
// transform, an XPointer over the whole document, more references than the
// limit and an encrypted element inside Security (WCF hides its signature in
// one) cover the whole message. An id that no element of the head bears is
// taken to lie in the body, which is not read.
//
// An edit of a start tag of Envelope or Header counts as an edit of all that is
// signed below it, since every canonical form depends on the namespace
// declarations in force there (Exclusive XML Canonicalization 1.0, 2; Canonical
// XML 1.0, 2.4). Drafts of the same envelope version never make such an edit.
//
// Bridging writes Envelope, Header and Body anew. It keeps every declaration in
// force and adds one. So a signature over Body, over all, or by a canonical form
// that lists the declarations in force, breaks, and such a message is not
// bridged. Signed headers that leave octet for octet, by exclusive
// canonicalisation alone, survive.
//
// Differences from WCF: its routing service verifies or drops what it touches,
// or sends a message whose signature no longer holds. Viaduct refuses the edit.
package wssec
