//go:build !unix

package buf

import (
	"errors"
	"os"
)

// unlink does nothing: elsewhere an open file keeps its name.
func unlink(*os.File) error { return nil }

// closeSpool removes the file once it is closed.
func closeSpool(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
