//go:build unix

package buf

import "os"

// unlink takes the name away: the file lives as long as it is open.
func unlink(f *os.File) error {
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return err
	}
	return nil
}

func closeSpool(f *os.File) error { return f.Close() }
