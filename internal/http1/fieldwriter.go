package http1

import (
	"strconv"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// maxReason bounds a reason phrase in octets (threats T-HTTP-05).
const maxReason = 512

// AppendField appends "name: value CRLF". It is the one writer of fields: every
// field that leaves Viaduct over HTTP/1.1 passes it, whichever side it serves.
// White space around the value is not written. An invalid name or value is an
// *refusal.Error with reason http.header, and dst is returned as it was.
func AppendField(dst []byte, name, value string) ([]byte, error) {
	value = trimSpace(value)
	if !ValidField(name, value) {
		return dst, refusal.Newf(refusal.HTTPHeader, -1, "field %.64q: name or value may not be written", name)
	}
	return appendField(dst, name, value), nil
}

// appendField writes what is known to be valid.
func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// AppendRequestLine appends a request line (RFC 9112, 3). The method must be a
// token (reason http.header otherwise), the target visible ASCII without "#"
// (http.target).
func AppendRequestLine(dst []byte, method, target string) ([]byte, error) {
	if !ValidToken(method) {
		return dst, refusal.Newf(refusal.HTTPHeader, -1, "method %.64q is no token", method)
	}
	if !validTarget(target) {
		return dst, refusal.Newf(refusal.HTTPTarget, -1, "request target %.256q may not be written", target)
	}
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, target...)
	return append(dst, " HTTP/1.1\r\n"...), nil
}

// AppendStatusLine appends a status line (RFC 9112, 4). Status must have three
// digits, reason must pass ValidReason; else the error has reason http.header.
func AppendStatusLine(dst []byte, status int, reason string) ([]byte, error) {
	if status < 100 || status > 999 || !ValidReason(reason) {
		return dst, refusal.Newf(refusal.HTTPHeader, -1, "status line %d %.64q may not be written", status, reason)
	}
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason...)
	return append(dst, "\r\n"...), nil
}

// ValidToken says whether s is a token (RFC 9110, 5.6.2).
func ValidToken(s string) bool { return isToken(s) }

// ValidField says whether name is a token and value holds only blanks, tabs,
// visible ASCII and octets from 0x80 on (RFC 9110, 5.5): no CR, LF or NUL.
func ValidField(name, value string) bool { return isToken(name) && isValue(value) }

// ValidReason says whether s may stand as reason phrase: at most 512 octets of
// printable ASCII.
func ValidReason(s string) bool {
	if len(s) > maxReason {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// tchar has a bit for each octet of a token: low for 0-63, high for 64-127.
const (
	tcharLow  = (1<<10-1)<<'0' | 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' | 1<<'-' | 1<<'.'
	tcharHigh = (1<<26-1)<<('A'-64) | (1<<26-1)<<('a'-64) | 1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | 1<<('|'-64) | 1<<('~'-64)
)

func isToken[A octets](s A) bool {
	for i := range len(s) {
		// A shift by 64 or more gives 0, so each octet finds at most one bit.
		if c := s[i]; uint64(tcharLow)>>c&1|uint64(tcharHigh)>>(c-64)&1 == 0 {
			return false
		}
	}
	return len(s) > 0
}

func isValue[A octets](s A) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func validTarget(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= 0x20 || c >= 0x7f || c == '#' {
			return false
		}
	}
	return len(s) > 0
}

// validHost accepts what can be a host with an optional port (RFC 9110, 7.2):
// no user, path, query or blank.
func validHost(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= 0x20 || c >= 0x7f:
			return false
		case c == '/' || c == '@' || c == '?' || c == '#' || c == '\\' || c == '"' || c == '<' || c == '>':
			return false
		}
	}
	return len(s) > 0
}
