//go:build !leasecheck

package buf

// Checked says whether the program was built with the tag leasecheck.
const Checked = false

// owners is empty without the tag leasecheck.
type owners struct{}

func (owners) created(*Lease)        {}
func (owners) retained(*Lease)       {}
func (owners) released(*Lease, bool) {}
func (owners) history() string       { return "" }

// poison says whether the memory must not be used again.
func poison([]byte) bool { return false }

// Leaks returns a description of each lease that is alive. Without the tag
// leasecheck it knows of none.
func Leaks() []string { return nil }

// CheckLeaks makes a test fail that leaves leases behind. It does nothing
// without the tag leasecheck.
func CheckLeaks(TB) {}
