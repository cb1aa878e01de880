package uritable

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// MaxLength is the longest text that is read as a URI, in octets; .NET's Uri
// class has the same limit.
const MaxLength = 65519

// Error says why a text is no URI. It does not quote the text, which may hold
// user information.
type Error struct {
	Offset  int // octets from the start of the trimmed text
	Problem string
}

func (e *Error) Error() string { return fmt.Sprintf("octet %d: %s", e.Offset, e.Problem) }

// Parse reads an absolute URI. XML blanks around it are dropped. It does not
// allocate when s is in normal form already. Every error is an *[Error].
func Parse(s string) (URI, error) {
	if len(s) > MaxLength {
		return URI{}, &Error{Offset: MaxLength, Problem: "too long"}
	}
	var in, out [256]byte
	u, norm, err := normalise(out[:0], append(in[:0], s...))
	if err != nil {
		return URI{}, err
	}
	if string(norm) == s {
		return URI{s, u}, nil
	}
	return URI{string(norm), u}, nil
}

// ParseBytes is [Parse] for octets, which it does not keep. It allocates the
// normal form.
func ParseBytes(b []byte) (URI, error) {
	if len(b) > MaxLength {
		return URI{}, &Error{Offset: MaxLength, Problem: "too long"}
	}
	var out [256]byte
	u, norm, err := normalise(out[:0], b)
	if err != nil {
		return URI{}, err
	}
	return URI{string(norm), u}, nil
}

// FromRequest returns the URI of an HTTP request: its scheme, its Host field and
// its target in origin form.
func FromRequest(scheme, host, target string) (URI, error) {
	if n := len(scheme) + len(host) + len(target); n > MaxLength-3 {
		return URI{}, &Error{Offset: n, Problem: "too long"}
	}
	for i := range len(host) {
		if c := host[i]; c == '/' || c == '?' || c == '#' || c == '@' || c <= ' ' {
			return URI{}, &Error{Offset: i, Problem: "not a host and port"}
		}
	}
	if target == "" || target[0] != '/' {
		return URI{}, &Error{Offset: 0, Problem: "target does not start with '/'"}
	}
	var in, out [256]byte
	text := append(in[:0], scheme...)
	text = append(text, "://"...)
	text = append(text, host...)
	text = append(text, target...)
	u, norm, err := normalise(out[:0], text)
	if err != nil {
		return URI{}, err
	}
	return URI{string(norm), u}, nil
}

// parser walks the input once. What it writes goes from step to step as a
// result: kept in the parser it would escape to the heap.
type parser struct {
	in []byte
	i  int
	u  parts
}

// normalise appends the normal form to out.
func normalise(out, text []byte) (parts, []byte, error) {
	p := parser{in: trimBlanks(text)}
	out, err := p.scheme(out)
	if err == nil {
		out, err = p.authority(out)
	}
	if err == nil {
		out, err = p.path(out)
	}
	p.u.queryEnd = int32(len(out))
	if err == nil && p.i < len(p.in) && p.in[p.i] == '?' {
		out, err = p.rest(out, '#', false)
		p.u.queryEnd = int32(len(out))
	}
	if err == nil && p.i < len(p.in) {
		out, err = p.rest(out, 0, true)
	}
	if err != nil {
		return parts{}, nil, err
	}
	return p.u, out, nil
}

func (p *parser) fail(at int, problem string) error { return &Error{Offset: at, Problem: problem} }

// scheme reads up to the first colon (RFC 3986, 3.1).
func (p *parser) scheme(out []byte) ([]byte, error) {
	for i, c := range p.in {
		letter := lower(c) >= 'a' && lower(c) <= 'z'
		switch {
		case letter, i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
			out = append(out, lower(c))
		case c == ':' && i > 1:
			out = append(out, ':')
			p.i = i + 1
			p.u.scheme = int32(i)
			return out, nil
		case c == ':' && i == 1:
			return nil, p.fail(i, "a drive letter is no scheme")
		default:
			return nil, p.fail(i, "not absolute: no scheme")
		}
	}
	return nil, p.fail(len(p.in), "not absolute: no scheme")
}

// defaultPort returns the port of a scheme, -1 for none, and whether its URIs
// must have an authority (dispatch 0.1).
func defaultPort(scheme []byte) (port int32, needsHost bool) {
	switch string(scheme) {
	case "http", "ws":
		return 80, true
	case "https", "wss":
		return 443, true
	case "net.tcp":
		return 808, true
	case "ftp":
		return 21, true
	case "net.pipe", "net.msmq", "sb", "soap.udp":
		return -1, true
	default:
		return -1, false
	}
}

// path writes the path, escaped and without dot segments.
func (p *parser) path(out []byte) ([]byte, error) {
	start := len(out)
	p.u.path = int32(start)
	if !p.u.authority {
		out, err := p.opaque(out)
		p.u.pathEnd = int32(len(out))
		return out, err
	}
	for {
		if p.i < len(p.in) && p.in[p.i] != '?' && p.in[p.i] != '#' {
			p.i++ // the slash before the segment
		}
		out = append(out, '/')
		seg := len(out)
		from := p.i
		for p.i < len(p.in) && !isPathEnd(p.in[p.i]) {
			var err error
			if out, err = p.escape(out, isPathChar); err != nil {
				return nil, err
			}
		}
		last := p.i == len(p.in) || p.in[p.i] == '?' || p.in[p.i] == '#'
		switch dots(out[seg:]) {
		case encodedDots:
			return nil, p.fail(from, "encoded dot segment")
		case oneDot:
			out = out[:seg-1]
		case twoDots:
			out = out[:max(start, bytes.LastIndexByte(out[:seg-1], '/'))]
		default:
			if !last {
				continue
			}
			p.u.pathEnd = int32(len(out))
			return out, nil
		}
		if last {
			out = append(out, '/')
			p.u.pathEnd = int32(len(out))
			return out, nil
		}
	}
}

func isPathEnd(c byte) bool { return c == '/' || c == '\\' || c == '?' || c == '#' }

// opaque writes what follows the scheme where there is no authority.
func (p *parser) opaque(out []byte) ([]byte, error) {
	if p.i == len(p.in) || p.in[p.i] == '?' || p.in[p.i] == '#' {
		return nil, p.fail(p.i, "nothing after the scheme")
	}
	for p.i < len(p.in) && p.in[p.i] != '?' && p.in[p.i] != '#' {
		var err error
		if out, err = p.escape(out, isPathChar); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type dotKind uint8

const (
	noDots dotKind = iota
	oneDot
	twoDots
	encodedDots
)

// dots classifies a segment. WHATWG URL and .NET take %2e for a dot here, RFC
// 3986 readers do not: such a segment has no single meaning.
func dots(seg []byte) dotKind {
	n, encoded := 0, false
	for i := 0; i < len(seg); n++ {
		switch {
		case seg[i] == '.':
			i++
		case seg[i] == '%' && seg[i+1] == '2' && lower(seg[i+2]) == 'e':
			encoded = true
			i += 3
		default:
			return noDots
		}
		if n == 2 {
			return noDots
		}
	}
	switch {
	case n == 0:
		return noDots
	case encoded:
		return encodedDots
	case n == 1:
		return oneDot
	default:
		return twoDots
	}
}

// rest writes query or fragment with the mark before it.
func (p *parser) rest(out []byte, until byte, strict bool) ([]byte, error) {
	out = append(out, p.in[p.i])
	p.i++
	for p.i < len(p.in) && (until == 0 || p.in[p.i] != until) {
		if !strict && p.in[p.i] == '%' { // queries of the wild hold lone percent signs
			out = append(out, '%')
			p.i++
			continue
		}
		var err error
		if out, err = p.escape(out, isQueryChar); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// escape writes one character, percent-encoded unless ok allows it as it is.
func (p *parser) escape(out []byte, ok func(byte) bool) ([]byte, error) {
	c := p.in[p.i]
	switch {
	case c == '%':
		if !p.percent(len(p.in)) {
			return nil, p.fail(p.i, "malformed percent code")
		}
		out = append(out, p.in[p.i:p.i+3]...)
		p.i += 3
	case ok(c):
		out = append(out, c)
		p.i++
	case c < ' ' || c == 0x7f:
		return nil, p.fail(p.i, "control character")
	case c < utf8.RuneSelf:
		out = appendPercent(out, c)
		p.i++
	default:
		r, n := utf8.DecodeRune(p.in[p.i:])
		if r == utf8.RuneError || !unicode.IsPrint(r) { // NBSP, zero width, line separators ...
			return nil, p.fail(p.i, "character not allowed in a URI")
		}
		for range n {
			out = appendPercent(out, p.in[p.i])
			p.i++
		}
	}
	return out, nil
}

func appendPercent(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

func trimBlanks(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

func isUnreserved(c byte) bool {
	l := lower(c)
	return l >= 'a' && l <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isSubDelim(c byte) bool {
	switch c {
	case '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=':
		return true
	}
	return false
}

// isPathChar also allows brackets, which .NET leaves as they are.
func isPathChar(c byte) bool {
	return isUnreserved(c) || isSubDelim(c) || c == ':' || c == '@' || c == '/' || c == '[' || c == ']'
}

func isQueryChar(c byte) bool { return isPathChar(c) || c == '?' }
