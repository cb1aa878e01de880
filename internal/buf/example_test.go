package buf_test

import (
	"errors"
	"fmt"

	"github.com/viaduct-soap/viaduct/internal/buf"
)

// A lease is charged to a budget until its last owner is gone.
func ExampleLease() {
	budget := buf.NewBudget(8<<10, 0, "")
	l := buf.NewLease(budget)
	head, _ := l.Head(100, 0)
	n := copy(head, "<Envelope/>")
	fmt.Println(string(head[:n]), budget.Held())

	_, err := l.Segment(8 << 10)
	fmt.Println(errors.Is(err, buf.ErrMemory))

	l.Retain()
	fmt.Println(l.Release(), l.Release(), budget.Held())
	// Output:
	// <Envelope/> 4096
	// true
	// false true 0
}
