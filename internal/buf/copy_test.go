package buf_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

// plain hides WriteTo and ReadFrom.
type plain struct {
	io.Reader
	io.Writer
}

func TestCopy(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	text := strings.Repeat("viaduct ", 20<<10)
	tests := []struct {
		name string
		src  io.Reader
		full bool
		want int
		err  error
		read bool // the error is the source's
	}{
		{name: "whole", src: strings.NewReader(text), want: len(text)},
		{name: "octet by octet", src: iotest.OneByteReader(strings.NewReader(text[:300])), want: 300},
		{name: "data and EOF at once", src: iotest.DataErrReader(strings.NewReader(text)), want: len(text)},
		{name: "empty", src: strings.NewReader("")},
		{name: "source breaks", src: io.MultiReader(strings.NewReader("via"), iotest.ErrReader(broken)), want: 3, err: broken, read: true},
		{name: "source ends early", src: iotest.ErrReader(io.ErrUnexpectedEOF), err: io.ErrUnexpectedEOF, read: true},
		{name: "target is full", src: strings.NewReader(text), want: 10, err: io.ErrShortWrite, full: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			var dst io.Writer = plain{Writer: &out}
			if tt.full {
				dst = short{w: &out, n: 10}
			}
			n, err := buf.Copy(dst, plain{Reader: tt.src})
			assert.EqualValues(t, tt.want, n)
			assert.Equal(t, text[:tt.want], out.String())
			require.ErrorIs(t, err, tt.err)
			_, read := errors.AsType[*buf.ReadError](err)
			assert.Equal(t, tt.read, read)
		})
	}
}

// short takes n octets and says nothing.
type short struct {
	w io.Writer
	n int
}

func (s short) Write(p []byte) (int, error) { return s.w.Write(p[:min(len(p), s.n)]) }

func BenchmarkCopy(b *testing.B) {
	src := bytes.NewReader(make([]byte, 1<<20))
	b.ReportAllocs()
	b.SetBytes(src.Size())
	for b.Loop() {
		_, _ = src.Seek(0, io.SeekStart)
		if _, err := buf.Copy(io.Discard, src); err != nil {
			b.Fatal(err)
		}
	}
}
