package buf

import (
	"fmt"
	"os"
)

// TB is the part of testing.TB that CheckLeaks needs; the package does not
// import testing, since it is part of the program.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Main runs the tests of a package and returns the exit code for os.Exit. With
// the tag leasecheck, leases that are alive at the end are printed and make the
// run fail.
//
//	func TestMain(m *testing.M) { os.Exit(buf.Main(m)) }
func Main(m interface{ Run() int }) int {
	code := m.Run()
	for _, l := range Leaks() {
		fmt.Fprintln(os.Stderr, "leaked", l)
		code = max(code, 1)
	}
	return code
}
