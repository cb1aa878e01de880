package buf

import (
	"fmt"
	"io"
	"os"
)

// A Spool holds octets in a temporary file. It is written by one goroutine;
// once written it may be read by many in parallel.
type Spool struct {
	budget *Budget
	file   *os.File
	size   int64
}

// NewSpool creates the file in the directory of b. On systems that allow it the
// file loses its name at once, so that nothing is left behind by a crash and
// nobody can open it by name.
func NewSpool(b *Budget) (*Spool, error) {
	dir := ""
	if b != nil {
		dir = b.dir
	}
	f, err := os.CreateTemp(dir, "viaduct-spool-*")
	if err != nil {
		return nil, fmt.Errorf("create spool file: %w", err)
	}
	if err := unlink(f); err != nil {
		return nil, fmt.Errorf("unlink spool file: %w", err)
	}
	return &Spool{budget: b, file: f}, nil
}

// Write appends p. The octets are counted before they are written; the error is
// ErrSpool when the budget has no room for them.
func (s *Spool) Write(p []byte) (int, error) {
	if err := s.budget.reserveSpool(int64(len(p))); err != nil {
		return 0, err
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	s.budget.releaseSpool(int64(len(p) - n))
	if err != nil {
		return n, fmt.Errorf("write spool file: %w", err)
	}
	return n, nil
}

// Size returns the octets written.
func (s *Spool) Size() int64 { return s.size }

// Section returns a reader of n octets from off on, with a position of its own.
func (s *Spool) Section(off, n int64) *io.SectionReader {
	return io.NewSectionReader(s.file, off, n)
}

// Close removes the file and gives its octets back to the budget.
func (s *Spool) Close() error {
	s.budget.releaseSpool(s.size)
	s.size = 0
	if err := closeSpool(s.file); err != nil {
		return fmt.Errorf("close spool file: %w", err)
	}
	return nil
}
