package http1

import (
	"bytes"
	"strconv"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// headScan reads one head of an answer (RFC 9112, 4 and 5) from the octets
// received so far. It keeps its place, so that a head that comes octet by octet
// costs no more than one that comes at once (as T-XML-08 asks of XML).
//
// All offsets are relative to the first octet of the head.
type headScan struct {
	octets, lines int // still allowed; shared by the interim and final heads of one answer
	pos           int // start of the current line
	seen          int // octets already searched for a line end

	status int
	http10 bool
	reason [2]uint32
	list   []fieldSpan

	length   int64 // Content-Length, -1: none
	chunked  bool
	close    bool // Connection: close
	connAuth bool // an NTLM or Negotiate challenge
}

// reset prepares for the next head of the same answer.
func (h *headScan) reset() {
	*h = headScan{octets: h.octets, lines: h.lines, list: h.list[:0], length: -1}
}

// scan looks at data, which holds the head from its first octet on: the same
// octets at each call, plus more. It returns the length of the head, or 0 when
// octets are missing. Its errors are *refusal.Error with upstream.framing.
func (h *headScan) scan(data []byte) (int, error) {
	for {
		line, start, err := h.next(data)
		if err != nil || line == nil {
			return 0, err
		}
		if len(line) == 0 {
			if h.status == 0 {
				return 0, framing(start, "empty line in place of a status line")
			}
			h.octets -= h.pos
			return h.pos, nil
		}
		if err := h.line(line, start); err != nil {
			return 0, err
		}
	}
}

// next returns the next whole line of data without its CRLF, nil when there is
// none yet, and counts it against the limits.
func (h *headScan) next(data []byte) (line []byte, start int, err error) {
	i := bytes.IndexByte(data[h.seen:], '\n')
	end := h.seen + i
	if i < 0 {
		h.seen = len(data)
		end = len(data)
	}
	switch {
	case end >= h.octets:
		return nil, 0, framing(end, "head or trailers are too long")
	case i < 0:
		return nil, 0, nil
	case end == h.pos || data[end-1] != '\r':
		return nil, 0, framing(end, "line ends without CR")
	}
	start = h.pos
	h.pos, h.seen = end+1, end+1
	if line = data[start : end-1]; len(line) > 0 {
		if h.lines--; h.lines < 0 {
			return nil, 0, framing(start, "too many lines")
		}
	}
	return line, start, nil
}

func (h *headScan) line(line []byte, start int) error {
	if h.status == 0 {
		return h.statusLine(line, start)
	}
	colon, value, err := splitField(line, start)
	if err != nil {
		return err
	}
	v := line[value[0]:value[1]]
	n := uint32(start)
	h.list = append(h.list, fieldSpan{n, n + uint32(colon), n + uint32(value[0]), n + uint32(value[1])})
	return h.field(line[:colon], v, start)
}

// statusLine reads "HTTP/1.x SP 3DIGIT [SP reason]". The blank that must stand
// before an empty reason is not insisted on: nothing can be misread without it.
func (h *headScan) statusLine(line []byte, start int) error {
	const prefix = "HTTP/1."
	if len(line) < len(prefix)+5 || string(line[:len(prefix)]) != prefix {
		return framing(start, "no status line of HTTP/1.1")
	}
	switch line[7] {
	case '0':
		h.http10 = true
	case '1':
	default:
		return framing(start, "no status line of HTTP/1.1")
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return framing(start, "status is no three digits")
		}
		h.status = h.status*10 + int(c-'0')
	}
	if line[8] != ' ' || h.status < 100 || len(line) > 12 && line[12] != ' ' || !isValue(line[12:]) {
		return framing(start, "malformed status line")
	}
	from := min(13, len(line))
	h.reason = [2]uint32{uint32(start + from), uint32(start + len(line))}
	return nil
}

// field takes from a field what frames the answer or governs the connection.
func (h *headScan) field(name, value []byte, start int) error {
	switch len(name) {
	case len("Connection"):
		if equalFold(name, "connection") {
			h.close = h.close || listHas(value, "close")
		}
	case len("Content-Length"):
		if equalFold(name, "content-length") {
			return h.contentLength(value, start)
		}
	case len("WWW-Authenticate"):
		if equalFold(name, "www-authenticate") {
			h.connAuth = h.connAuth || connectionScheme(value)
		}
	case len("Transfer-Encoding"):
		if equalFold(name, "transfer-encoding") {
			if h.chunked || !equalFold(value, "chunked") {
				return framing(start, "transfer coding other than chunked, once")
			}
			h.chunked = true
		}
	case len("Proxy-Authenticate"):
		if equalFold(name, "proxy-authenticate") {
			h.connAuth = h.connAuth || connectionScheme(value)
		}
	}
	return nil
}

// contentLength takes digits only: no sign, no list (RFC 9112, 6.3 allows to
// refuse "1, 1"). The same line twice means the same thing.
func (h *headScan) contentLength(value []byte, start int) error {
	n, ok := digits(value)
	if !ok {
		return framing(start, "Content-Length is no number")
	}
	if h.length >= 0 && h.length != n {
		return framing(start, "two different Content-Length")
	}
	h.length = n
	return nil
}

func digits(value []byte) (int64, bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}

// framed checks a whole head against what its status allows and gives the size
// of the body that follows: 0, a length, or -1 for chunked and for "to the end".
func (h *headScan) framed(method string) (int64, error) {
	if h.chunked && h.length >= 0 {
		return 0, framing(0, "both Content-Length and Transfer-Encoding")
	}
	if h.chunked && h.http10 {
		return 0, framing(0, "Transfer-Encoding in HTTP/1.0")
	}
	switch {
	case h.status < 200 || h.status == 204:
		// RFC 9110, 8.6 and RFC 9112, 6.1: neither field may stand here. A length
		// of nothing does no harm, and IIS sends it.
		if h.chunked || h.length > 0 {
			return 0, framing(0, "a body announced for a status that has none")
		}
		return 0, nil
	case method == "HEAD" || h.status == 304:
		h.chunked = false
		return 0, nil
	case h.length >= 0:
		return h.length, nil
	}
	return -1, nil
}

// splitField splits a field line at its colon and trims the value (RFC 9112, 5).
func splitField(line []byte, start int) (colon int, value [2]int, err error) {
	if line[0] == ' ' || line[0] == '\t' {
		return 0, value, framing(start, "folded field line")
	}
	colon = bytes.IndexByte(line, ':')
	if colon < 0 || !isToken(line[:colon]) {
		return 0, value, framing(start, "field line without a name")
	}
	v := line[colon+1:]
	if !isValue(v) {
		return 0, value, framing(start, "control character in a field value")
	}
	from, to := colon+1, len(line)
	for from < to && (line[from] == ' ' || line[from] == '\t') {
		from++
	}
	for to > from && (line[to-1] == ' ' || line[to-1] == '\t') {
		to--
	}
	return colon, [2]int{from, to}, nil
}

// connectionScheme says whether a challenge or credential list begins with, or
// has after a comma, a scheme that authenticates the connection (threats
// T-HTTP-14). A false alarm costs a connection, a miss an identity.
func connectionScheme[A octets](v A) bool {
	for start, i := 0, 0; i <= len(v); i++ {
		if i < len(v) && v[i] != ',' {
			continue
		}
		e := trimSpace(v[start:i])
		for _, scheme := range [...]string{"ntlm", "negotiate"} {
			if len(e) >= len(scheme) && equalFold(e[:len(scheme)], scheme) &&
				(len(e) == len(scheme) || e[len(scheme)] == ' ') {
				return true
			}
		}
		start = i + 1
	}
	return false
}

// interim refuses an answer of class 1xx that may not be skipped.
func (h *headScan) interim(left int) error {
	if h.status == 101 {
		return refusal.New(refusal.Upstream1xx, -1, "101 was not asked for")
	}
	if left < 0 {
		return refusal.New(refusal.Upstream1xx, -1, "too many interim answers")
	}
	return nil
}
