// Package uritable holds the one reading of addresses that Viaduct has: [Parse]
// normalises a URI, [Comparison] compares two as WCF's address filters do, and
// [Table] finds the longest registered prefix of one. Listeners, filters, relay
// entities and endpoint selection share it, so that no two of them can disagree
// about what an address means.
//
// The syntax is RFC 3986 with the defaults of .NET's Uri class (WCF compares Uri
// objects, not strings). What two serious readers take apart differently is
// refused, not interpreted: a backslash or a second '@' in the authority, text
// after an IPv6 address, an encoded dot segment, a number that is only sometimes
// an IPv4 address. FuzzParseURI holds the parser against net/url.
//
// The package knows nothing of messages, and it resolves no names.
//
// # Differences from WCF
//
//   - A malformed percent code, an encoded dot segment, a host with other
//     characters than letters, digits, '-', '.', '_' and '~', an IPv6 zone and a
//     missing "//" are errors; .NET repairs them.
//   - Case is folded for ASCII only. Non-ASCII characters of a path are
//     percent-encoded before they are compared, those of a host are compared as
//     they stand.
//   - A table registers under its own key only. WCF's prefix table puts a longer
//     prefix that is added later into the set of the shorter one.
package uritable
