package uritable

import (
	"bytes"
	"net/netip"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// authority reads [//[user@]host[:port]].
func (p *parser) authority(out []byte) ([]byte, error) {
	port, needsHost := defaultPort(out[:p.u.scheme])
	p.u.port = port
	if !bytes.HasPrefix(p.in[p.i:], []byte("//")) {
		if needsHost {
			return nil, p.fail(p.i, "'//' expected")
		}
		return out, nil
	}
	p.u.authority = true
	out = append(out, "//"...)
	p.i += 2
	end := p.i
	for end < len(p.in) && p.in[end] != '/' && p.in[end] != '?' && p.in[end] != '#' {
		end++
	}
	if at := bytes.IndexByte(p.in[p.i:end], '@'); at >= 0 {
		var err error
		if out, err = p.userInfo(out, p.i+at); err != nil {
			return nil, err
		}
	}
	hostEnd, err := p.splitPort(end)
	if err != nil {
		return nil, err
	}
	p.u.host = int32(len(out))
	if hostEnd == p.i && needsHost {
		return nil, p.fail(p.i, "no host")
	}
	if out, err = p.host(out, p.in[p.i:hostEnd]); err != nil {
		return nil, err
	}
	p.u.hostEnd = int32(len(out))
	if p.u.port != port {
		out = append(out, ':')
		out = strconv.AppendInt(out, int64(p.u.port), 10)
	}
	p.i = end
	return out, nil
}

func (p *parser) userInfo(out []byte, end int) ([]byte, error) {
	for ; p.i < end; p.i++ {
		c := p.in[p.i]
		if !isUnreserved(c) && !isSubDelim(c) && c != ':' && !p.percent(end) {
			return nil, p.fail(p.i, "character not allowed in user information")
		}
		out = append(out, c)
	}
	out = append(out, '@')
	p.i++
	return out, nil
}

// percent reports whether a whole percent code starts at the position.
func (p *parser) percent(end int) bool {
	return p.in[p.i] == '%' && p.i+2 < end && isHex(p.in[p.i+1]) && isHex(p.in[p.i+2])
}

// splitPort finds the end of the host and reads the port behind it.
func (p *parser) splitPort(end int) (int, error) {
	hostEnd := p.i
	if p.i < end && p.in[p.i] == '[' {
		n := bytes.IndexByte(p.in[p.i:end], ']')
		if n < 0 {
			return 0, p.fail(p.i, "'[' without ']'")
		}
		hostEnd = p.i + n + 1
	} else {
		for hostEnd < end && p.in[hostEnd] != ':' {
			hostEnd++
		}
	}
	if hostEnd == end {
		return hostEnd, nil
	}
	if p.in[hostEnd] != ':' {
		return 0, p.fail(hostEnd, "text after the address")
	}
	digits := p.in[hostEnd+1 : end]
	if len(digits) == 0 { // RFC 3986, 3.2.3: an empty port is the default
		return hostEnd, nil
	}
	n := 0
	for i, c := range digits {
		if c < '0' || c > '9' || i > 4 {
			return 0, p.fail(hostEnd+1+i, "not a port")
		}
		n = n*10 + int(c-'0')
	}
	if n > 65535 {
		return 0, p.fail(hostEnd+1, "port above 65535")
	}
	p.u.port = int32(n)
	return hostEnd, nil
}

// host writes a host in lower case.
func (p *parser) host(out, h []byte) ([]byte, error) {
	if len(h) > 0 && h[0] == '[' {
		a, err := netip.ParseAddr(string(h[1 : len(h)-1]))
		if err != nil || !a.Is6() || a.Zone() != "" {
			return nil, p.fail(p.i, "not an IPv6 address")
		}
		out = append(out, '[')
		out = a.AppendTo(out)
		out = append(out, ']')
		return out, nil
	}
	if len(h) > 255 {
		return nil, p.fail(p.i, "host too long")
	}
	label := 0 // start of the current label
	for i := 0; i < len(h); {
		c := h[i]
		switch {
		case c == '.' && i == label:
			return nil, p.fail(p.i+i, "empty label in host")
		case c == '.' && i+1 < len(h):
			label = i + 1
		case isUnreserved(c):
		case c < utf8.RuneSelf:
			return nil, p.fail(p.i+i, "character not allowed in host")
		default:
			r, n := utf8.DecodeRune(h[i:])
			if r == utf8.RuneError || !unicode.In(r, unicode.Letter, unicode.Digit, unicode.Mark) {
				return nil, p.fail(p.i+i, "character not allowed in host")
			}
			out = append(out, h[i:i+n]...)
			i += n
			continue
		}
		out = append(out, lower(c))
		i++
	}
	if isNumber(bytes.TrimSuffix(h[label:], []byte("."))) {
		if a, err := netip.ParseAddr(string(h)); err != nil || !a.Is4() {
			return nil, p.fail(p.i, "neither a name nor an IPv4 address")
		}
	}
	return out, nil
}

// isNumber reports whether some reader takes a last label for part of an IPv4
// address (WHATWG URL, 3.5: 0x7f.1 is 127.0.0.1).
func isNumber(label []byte) bool {
	hex := len(label) > 1 && label[0] == '0' && lower(label[1]) == 'x'
	if hex {
		label = label[2:]
	}
	for _, c := range label {
		if hex && !isHex(c) || !hex && (c < '0' || c > '9') {
			return false
		}
	}
	return hex || len(label) > 0
}
