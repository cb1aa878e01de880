package configs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// toUTF8 removes a byte order mark and decodes UTF-16. The charset is "" where
// no mark decided it; a mark wins over a declaration (spec wcf-config 12.3).
func toUTF8(b []byte) (text []byte, charset string, err error) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:], "utf-8", nil
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		text, err = fromUTF16(b[2:], binary.LittleEndian)
		return text, "utf-16", err
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		text, err = fromUTF16(b[2:], binary.BigEndian)
		return text, "utf-16", err
	case len(b) >= 2 && (b[0] == 0 || b[1] == 0):
		return nil, "", errors.New("this looks like UTF-16 without a byte order mark; save the file as UTF-8")
	}
	return b, "", nil
}

func fromUTF16(b []byte, order binary.ByteOrder) ([]byte, error) {
	if len(b)%2 != 0 {
		return nil, errors.New("the UTF-16 text ends in the middle of a character")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 == len(units) {
				return nil, errSurrogate
			}
			i++
			if r = utf16.DecodeRune(r, rune(units[i])); r == utf8.RuneError {
				return nil, errSurrogate
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

var errSurrogate = errors.New("the UTF-16 text holds half a character; save the file as UTF-8")

var declaration = regexp.MustCompile(`^<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']`)

// declaredUTF8 reports whether the text can be read as it is.
func declaredUTF8(b []byte, charset string) bool {
	if charset != "" {
		return true
	}
	m := declaration.FindSubmatch(b[:min(len(b), 256)])
	if m == nil {
		return true
	}
	switch strings.ToLower(string(m[1])) {
	case "iso-8859-1", "latin1", "windows-1252":
		return false
	}
	return true
}

// latin1 decodes ISO-8859-1, and windows-1252 as far as they agree.
func latin1(b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		if c >= 0x80 && c < 0xa0 {
			return nil, errors.New("a character of code page windows-1252; save the file as UTF-8")
		}
		out = utf8.AppendRune(out, rune(c))
	}
	return out, nil
}

// decodeDeclared lets pass what toUTF8 has decoded already.
func decodeDeclared(label, charset string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii":
		return r, nil
	}
	if charset != "" {
		return r, nil
	}
	return nil, errors.New("unknown encoding")
}
