package http1

import "bytes"

// Bounds of the chunked coding (threats T-HTTP-02).
const (
	maxSizeDigits = 16
	maxExtension  = 64
	maxChunkLine  = maxSizeDigits + maxExtension + 2
	// maxOverhead bounds octets that are neither data nor the 16 per chunk and two
	// per octet of data that an honest sender of tiny chunks needs.
	maxOverhead = 16 << 10
)

// chunkScan reads the lines between the data of a chunked body (RFC 9112, 7.1).
// It sees octets only; the body reader owns the data between the lines.
type chunkScan struct {
	left     int64 // octets of data left in the current chunk
	overhead int64
	started  bool     // a chunk was begun: its data is followed by CRLF
	last     bool     // the last chunk was seen: trailers follow
	trailer  headScan // limits and place within the trailers
}

// next looks at data, which follows the data of a chunk (or begins the body). It
// returns how many octets of it are used up; 0 means that octets are missing.
// Afterwards left > 0, or last is true and trailers have to be read.
func (s *chunkScan) next(data []byte) (int, error) {
	used := 0
	if s.started {
		if len(data) >= 1 && data[0] != '\r' || len(data) >= 2 && data[1] != '\n' {
			return 0, framing(-1, "chunk data is not followed by CRLF")
		}
		used = 2
	}
	if len(data) <= used {
		return 0, nil
	}
	line := data[used:]
	end := bytes.IndexByte(line, '\n')
	if end < 0 {
		if len(line) >= maxChunkLine {
			return 0, framing(-1, "chunk line is too long")
		}
		return 0, nil
	}
	if end == 0 || line[end-1] != '\r' {
		return 0, framing(-1, "chunk line ends without CR")
	}
	n, err := chunkSize(line[:end-1])
	if err != nil {
		return 0, err
	}
	s.overhead = max(0, s.overhead+int64(end)+3-16-2*min(n, maxOverhead))
	if s.overhead > maxOverhead {
		return 0, framing(-1, "chunked coding with more wrapping than data")
	}
	s.started, s.left, s.last = true, n, n == 0
	return used + end + 1, nil
}

// chunkSize reads "1*16HEXDIG [extension]". Extensions are bounded and dropped.
func chunkSize(line []byte) (int64, error) {
	var n uint64
	i := 0
	for ; i < len(line); i++ {
		d, ok := hexDigit(line[i])
		if !ok {
			break
		}
		if i == maxSizeDigits {
			return 0, framing(-1, "chunk size has too many digits")
		}
		n = n<<4 | uint64(d)
	}
	if i == 0 || n > 1<<62 {
		return 0, framing(-1, "chunk size is no number")
	}
	ext := line[i:]
	if len(ext) == 0 {
		return int64(n), nil
	}
	if len(ext) > maxExtension {
		return 0, framing(-1, "chunk extension is too long")
	}
	// White space may stand before ";" only; old servers pad the size with it.
	if rest := trimSpace(ext); len(rest) > 0 && rest[0] != ';' || !isValue(ext) {
		return 0, framing(-1, "malformed chunk extension")
	}
	return int64(n), nil
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// trailers looks at data, which follows the last chunk: the same octets at each
// call, plus more. It returns the length of the trailer section with its empty
// line, or 0 when octets are missing. Trailers are checked and dropped (T-HTTP-08).
func (s *chunkScan) trailers(data []byte) (int, error) {
	for {
		line, start, err := s.trailer.next(data)
		if err != nil || line == nil {
			return 0, err
		}
		if len(line) == 0 {
			return s.trailer.pos, nil
		}
		if _, _, err := splitField(line, start); err != nil {
			return 0, err
		}
	}
}
