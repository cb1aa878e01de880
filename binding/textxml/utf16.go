package textxml

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// declarations as WCF writes them in front of UTF-16 (wire formats 6.3).
const (
	declarationLE = `<?xml version="1.0" encoding="utf-16LE"?>`
	declarationBE = `<?xml version="1.0" encoding="utf-16BE"?>`
)

// startOctets is how much of a text shows whether it begins with a declaration:
// the mark, "<?xml" and the blank behind it.
const startOctets = 9

// longestDeclaration bounds what is held back to find the end of a declaration.
// The scanner refuses longer ones; a message without an envelope, which it does
// not see, goes out as it is.
const longestDeclaration = 1024

// utf16Writer turns UTF-8 text into UTF-16 with byte order mark and
// declaration. A mark and a declaration that the text brings along are dropped.
type utf16Writer struct {
	w       io.Writer
	order   binary.AppendByteOrder
	decl    string
	started bool   // the start of the text has been seen
	held    []byte // that start until then; later the first octets of a character
	out     []byte // converted, not written
	at      int64  // octets of text converted
	n       int64  // octets written
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
	if err := u.emit(false); err != nil {
		return 0, err
	}
	return len(p), nil
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
	if len(u.held) < startOctets && !end {
		return false
	}
	text := bytes.TrimPrefix(u.held, []byte("\ufeff"))
	if isDeclaration(text) {
		_, behind, found := bytes.Cut(text, []byte("?>"))
		switch {
		case found:
			text = behind
		case !end && len(text) < longestDeclaration:
			return false
		}
	}
	u.at = int64(len(u.held) - len(text))
	u.held = append(u.held[:0], text...)
	u.started = true
	u.out = u.order.AppendUint16(u.out, 0xFEFF)
	for _, c := range []byte(u.decl) {
		u.out = u.order.AppendUint16(u.out, uint16(c))
	}
	return true
}

// isDeclaration tells an XML declaration from a processing instruction whose
// name only begins like one (XML 1.0, 2.8).
func isDeclaration(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("<?xml"))
	return ok && len(rest) > 0 && bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0
}

// emit converts all whole characters. Octets that are no UTF-8 are refused:
// behind the head nothing may have looked at them (threats 3.2). That is an
// error of the message, hence the *buf.ReadError.
func (u *utf16Writer) emit(end bool) error {
	text := u.held
	for len(text) > 0 && (end || utf8.FullRune(text)) {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			return &buf.ReadError{Err: refusal.New(refusal.XMLUTF8, u.at, "not UTF-8, so it cannot be written as UTF-16")}
		}
		text = text[size:]
		u.at += int64(size)
		if r < 0x10000 {
			u.out = u.order.AppendUint16(u.out, uint16(r))
			continue
		}
		hi, lo := utf16.EncodeRune(r)
		u.out = u.order.AppendUint16(u.out, uint16(hi))
		u.out = u.order.AppendUint16(u.out, uint16(lo))
	}
	u.held = append(u.held[:0], text...)
	if len(u.out) == 0 {
		return nil
	}
	n, err := u.w.Write(u.out)
	u.n += int64(n)
	u.out = u.out[:0]
	return err
}
