package xmltext

import (
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// transcodeChunk is the number of octets of UTF-16 that are converted at once.
const transcodeChunk = 4 << 10

// Transcode returns a reader of r's document in UTF-8. For UTF8 it is r itself.
// From UTF-16 one byte order mark of the right kind is dropped; a second one
// stays, as U+FEFF, and Scanner refuses it. An XML declaration stays as it is,
// see Scanner.SetEncoding. An unpaired surrogate is xml.char; an end within a
// character is xml.malformed. Offsets of these errors count octets of r.
func Transcode(r io.Reader, enc Encoding) io.Reader {
	if enc == UTF8 {
		return r
	}
	t := &transcoder{r: r}
	if enc == UTF16LE {
		t.high = 1
	}
	return t
}

type transcoder struct {
	r      io.Reader
	high   int   // index of the high octet of a unit
	offset int64 // of in[0]
	n      int   // octets of in that are filled
	in     [transcodeChunk]byte
	out    []byte // not yet read
	buf    []byte // memory of out
	err    error  // after out
}

// Read returns at most 6 KiB.
func (t *transcoder) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for idle := 0; len(t.out) == 0; idle++ {
		if t.err != nil {
			return 0, t.err
		}
		if idle == 100 {
			return 0, io.ErrNoProgress
		}
		t.fill()
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	return n, nil
}

// fill converts what one Read of the source gives.
func (t *transcoder) fill() {
	n, err := t.r.Read(t.in[t.n:])
	t.n += n
	t.buf = t.buf[:0]
	used := t.convert(t.in[:t.n])
	t.out = t.buf
	t.n = copy(t.in[:], t.in[used:t.n])
	t.offset += int64(used)
	if t.err == nil && err != nil {
		t.err = err
		if errors.Is(err, io.EOF) && t.n > 0 {
			t.err = refusal.New(refusal.XMLMalformed, t.offset, "UTF-16 ends within a character")
		}
	}
}

// convert appends the whole characters of b to buf and returns how many octets
// they take.
func (t *transcoder) convert(b []byte) int {
	i := 0
	for i+2 <= len(b) {
		r := t.unit(b[i:])
		size := 2
		switch {
		case r < utf8.RuneSelf:
			t.buf = utf8.AppendRune(t.buf, r)
			i += 2
			continue
		case r == 0xFEFF && t.offset == 0 && i == 0:
			i += 2
			continue
		case utf16.IsSurrogate(r):
			if i+4 > len(b) && r < 0xDC00 {
				return i
			}
			low := rune(0)
			if i+4 <= len(b) {
				low = t.unit(b[i+2:])
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				t.err = refusal.New(refusal.XMLChar, t.offset+int64(i), "unpaired surrogate")
				return i
			}
			size = 4
		}
		t.buf = utf8.AppendRune(t.buf, r)
		i += size
	}
	return i
}

func (t *transcoder) unit(b []byte) rune {
	return rune(b[t.high])<<8 | rune(b[1-t.high])
}
