package textxml

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/binding"
)

// declarations as WCF writes them in front of UTF-16 (wire formats 6.3).
const (
	declarationLE = `<?xml version="1.0" encoding="utf-16LE"?>`
	declarationBE = `<?xml version="1.0" encoding="utf-16BE"?>`
)

// longestDeclaration bounds what is held back to find the end of an XML
// declaration; the scanner has accepted it, so that it is short.
const longestDeclaration = 1024

var errTruncatedUTF8 = errors.New("textxml: text ends inside a character")

// utf16Writer turns UTF-8 text into UTF-16 with byte order mark and
// declaration. A declaration that the text brings along is dropped.
type utf16Writer struct {
	w       io.Writer
	order   binary.AppendByteOrder
	decl    string
	started bool
	held    []byte // start of the text, or the first octets of a character
	out     []byte
	n       int64 // octets written
}

func newUTF16Writer(w io.Writer, c binding.CharacterEncoding) *utf16Writer {
	if c == binding.UTF16BE {
		return &utf16Writer{w: w, order: binary.BigEndian, decl: declarationBE}
	}
	return &utf16Writer{w: w, order: binary.LittleEndian, decl: declarationLE}
}

func (u *utf16Writer) Write(p []byte) (int, error) {
	u.held = append(u.held, p...)
	if !u.started && !u.start(false) {
		return len(p), nil
	}
	return len(p), u.emit(false)
}

// Flush writes what was held back.
func (u *utf16Writer) Flush() error {
	if !u.started {
		u.start(true)
	}
	return u.emit(true)
}

// start drops byte order mark and declaration. It returns false while more of
// the text is needed to find them.
func (u *utf16Writer) start(end bool) bool {
	if len(u.held) < 8 && !end {
		return false
	}
	text := bytes.TrimPrefix(u.held, []byte("\ufeff"))
	if bytes.HasPrefix(text, []byte("<?xml")) {
		i := bytes.Index(text, []byte("?>"))
		if i < 0 && len(text) < longestDeclaration && !end {
			return false
		}
		text = text[i+2:]
	}
	u.held = append(u.held[:0], text...)
	u.started = true
	u.out = u.order.AppendUint16(u.out, 0xFEFF)
	for _, c := range []byte(u.decl) {
		u.out = u.order.AppendUint16(u.out, uint16(c))
	}
	return true
}

// emit converts all whole characters.
func (u *utf16Writer) emit(end bool) error {
	text := u.held
	for len(text) > 0 && (end || utf8.FullRune(text)) {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			return errTruncatedUTF8
		}
		text = text[size:]
		if r < 0x10000 {
			u.out = u.order.AppendUint16(u.out, uint16(r)) //nolint:gosec // r < 0x10000
			continue
		}
		hi, lo := utf16.EncodeRune(r)
		u.out = u.order.AppendUint16(u.out, uint16(hi)) //nolint:gosec // surrogates are 16 bits
		u.out = u.order.AppendUint16(u.out, uint16(lo)) //nolint:gosec // surrogates are 16 bits
	}
	u.held = append(u.held[:0], text...)
	n, err := u.w.Write(u.out)
	u.n += int64(n)
	u.out = u.out[:0]
	return err
}
