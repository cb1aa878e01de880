package xmltext

import (
	"bytes"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Encoding is an encoding that a text message may have (wire-formats 6.3).
type Encoding uint8

// The three encodings that .NET reads.
const (
	UTF8 Encoding = iota
	UTF16LE
	UTF16BE
)

// String returns the encoding as the charset parameter of .NET's content types.
func (e Encoding) String() string {
	return [...]string{"utf-8", "utf-16LE", "utf-16BE"}[min(e, UTF16BE)]
}

// mark returns the byte order mark.
func (e Encoding) mark() []byte {
	return [...][]byte{{0xEF, 0xBB, 0xBF}, {0xFF, 0xFE}, {0xFE, 0xFF}}[e]
}

// declared returns "<?xml" in UTF-16.
func (e Encoding) declared() []byte {
	if e == UTF16LE {
		return []byte("<\x00?\x00x\x00m\x00l\x00")
	}
	return []byte("\x00<\x00?\x00x\x00m\x00l")
}

// foreign are the first octets of encodings that no message may have: UTF-32 with
// and without a mark, EBCDIC (XML 1.0, appendix F).
var foreign = [...]string{
	"\xFF\xFE\x00\x00", "\x00\x00\xFE\xFF", "<\x00\x00\x00", "\x00\x00\x00<", "\x4C\x6F\xA7\x94",
}

// Detect finds the encoding of a document from its first octets and the charset
// parameter of its content type, "" when there was none; bom is the number of
// octets of its byte order mark. Without ok and err it needs more octets, at most
// 12; eof says that there are none. Charset, mark and octets must agree, else the
// error is xml.encoding; two marks are xml.malformed. The charset utf-16 stands
// for either order. UTF-16 without a charset needs an XML declaration. That the
// declaration agrees is for Scanner to see, after SetEncoding.
func Detect(prefix []byte, charset string, eof bool) (enc Encoding, bom int, ok bool, err error) {
	if len(prefix) < 4 && !eof {
		return UTF8, 0, false, nil
	}
	for _, f := range foreign {
		if bytes.HasPrefix(prefix, []byte(f)) {
			return UTF8, 0, false, encodingError("neither UTF-8 nor UTF-16")
		}
	}
	enc, bom, known := sniff(prefix)
	if enc, err = announced(enc, known, charset, prefix); err != nil {
		return enc, 0, false, err
	}
	rest, mark := prefix[bom:], enc.mark()
	if bom > 0 && bytes.HasPrefix(rest, mark) {
		return enc, 0, false, refusal.New(refusal.XMLMalformed, int64(bom), "byte order mark twice")
	}
	if bom > 0 && !eof && bytes.HasPrefix(mark, rest) {
		return enc, 0, false, nil
	}
	if enc != UTF8 && charset == "" {
		d := enc.declared()
		switch {
		case len(rest) < len(d) && !eof && bytes.HasPrefix(d, rest):
			return enc, 0, false, nil
		case !bytes.HasPrefix(rest, d):
			return enc, 0, false, encodingError("UTF-16 with neither charset nor declaration")
		}
	}
	return enc, bom, true, nil
}

// sniff reads the encoding off the first octets; known is false where it only
// falls back to UTF-8.
func sniff(b []byte) (enc Encoding, bom int, known bool) {
	for _, e := range []Encoding{UTF8, UTF16LE, UTF16BE} {
		if m := e.mark(); bytes.HasPrefix(b, m) {
			return e, len(m), true
		}
	}
	switch {
	case len(b) < 2:
		return UTF8, 0, false
	case b[0] == '<' && b[1] == 0:
		return UTF16LE, 0, true
	case b[0] == 0 && b[1] == '<':
		return UTF16BE, 0, true
	}
	return UTF8, 0, b[0] == '<'
}

// announced compares what the octets say with the charset.
func announced(enc Encoding, known bool, charset string, prefix []byte) (Encoding, error) {
	if charset == "" {
		return enc, nil
	}
	if strings.EqualFold(charset, "utf-16") {
		if enc == UTF8 && len(prefix) > 0 {
			return enc, encodingError("charset utf-16, octets of another encoding")
		}
		return enc, nil
	}
	for _, e := range []Encoding{UTF8, UTF16LE, UTF16BE} {
		if !strings.EqualFold(charset, e.String()) {
			continue
		}
		if known && enc != e {
			return enc, encodingError("charset " + e.String() + ", octets of " + enc.String())
		}
		return e, nil
	}
	return enc, encodingError("charset " + charset)
}

func encodingError(detail string) error { return refusal.New(refusal.XMLEncoding, 0, detail) }
