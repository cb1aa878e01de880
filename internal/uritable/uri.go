package uritable

import "strings"

// URI is an absolute URI in normal form (dispatch 0.1). It is immutable and
// comparable with ==, which compares the normal forms; use [Comparison] for the
// equality of addresses. The zero URI is no URI.
type URI struct {
	text string // scheme:[//[user@]host[:port]]path[?query][#fragment]
	parts
}

// parts are the places in the text.
type parts struct {
	scheme    int32 // end of the scheme
	host      int32 // start of the host, 0 without an authority
	hostEnd   int32
	path      int32 // start of the path
	pathEnd   int32
	queryEnd  int32 // end of the query, equal to pathEnd without one
	port      int32 // effective port, -1 when the scheme has none
	authority bool
}

// IsZero reports whether u is the zero URI.
func (u URI) IsZero() bool { return u.text == "" }

// Scheme returns the scheme in lower case.
func (u URI) Scheme() string { return u.text[:u.scheme] }

// Hierarchical reports whether the URI has an authority, as http://h/ has and
// urn:uuid:1 has not.
func (u URI) Hierarchical() bool { return u.authority }

// UserInfo returns what stands before '@' in the authority. It is a credential:
// do not log or forward it.
func (u URI) UserInfo() string {
	if start := u.scheme + 3; u.authority && u.host > start {
		return u.text[start : u.host-1]
	}
	return ""
}

// Host returns the host in lower case, an IPv6 address in its brackets.
func (u URI) Host() string { return u.text[u.host:u.hostEnd] }

// Hostname returns the host without brackets.
func (u URI) Hostname() string {
	return strings.TrimSuffix(strings.TrimPrefix(u.Host(), "["), "]")
}

// Port returns the explicit or default port, -1 when there is neither.
func (u URI) Port() int { return int(u.port) }

// Authority returns host and port as a Host field shows them: without user
// information, and without a default port.
func (u URI) Authority() string {
	if !u.authority {
		return ""
	}
	return u.text[u.host:u.path]
}

// Path returns the escaped path. With an authority it is never empty.
func (u URI) Path() string { return u.text[u.path:u.pathEnd] }

// AppendUnescapedPath appends the path with every percent code decoded.
func (u URI) AppendUnescapedPath(dst []byte) []byte { return appendUnescaped(dst, u.Path()) }

// Query returns the escaped query without its '?'.
func (u URI) Query() string {
	if u.queryEnd == u.pathEnd {
		return ""
	}
	return u.text[u.pathEnd+1 : u.queryEnd]
}

// RequestTarget returns path and query, as an HTTP request line carries them.
func (u URI) RequestTarget() string { return u.text[u.path:u.queryEnd] }

// Fragment returns the escaped fragment without its '#'.
func (u URI) Fragment() string {
	if int(u.queryEnd) == len(u.text) {
		return ""
	}
	return u.text[u.queryEnd+1:]
}

// String returns the normal form without user information (threats T-WSA-09: it
// is neither logged nor sent on).
func (u URI) String() string {
	if start := u.scheme + 3; u.authority && u.host > start {
		return u.text[:start] + u.text[u.host:]
	}
	return u.text
}

// WithoutUserInfo returns u without user information.
func (u URI) WithoutUserInfo() URI {
	start := u.scheme + 3
	if !u.authority || u.host == start {
		return u
	}
	v, cut := u, u.host-start
	v.text = u.String()
	v.host -= cut
	v.hostEnd -= cut
	v.path -= cut
	v.pathEnd -= cut
	v.queryEnd -= cut
	return v
}

func appendUnescaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			dst = append(dst, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

// lower folds one ASCII letter.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
