package textxml

import (
	"io"

	"github.com/viaduct-soap/viaduct/binding"
)

// UTF16Writer is what a message passes on its way to UTF-16.
type UTF16Writer interface {
	io.Writer
	Flush() error
}

// NewUTF16Writer returns the writer for tests.
func NewUTF16Writer(w io.Writer, c binding.CharacterEncoding) UTF16Writer {
	return newUTF16Writer(w, c)
}
