// Package hostile runs the hostile inputs of the threat catalogue against the
// built program: rows H-001 to H-082 and H-147 to H-170, and T-DOS-01 to
// T-DOS-03, each by its id. It holds tests only; nothing imports it.
//
// A row says how its octets differ from a good message, or how a hostile back
// end answers, and what must come of it: the status and the reason that the
// client sees, the fault, and what the back end saw. Messages go through a real
// process over real sockets, so a row also shows that the process lives on. At
// the end of a run the number of goroutines must be back where it was, and the
// heap may have grown by a bounded amount.
//
// H-081 waits for access rules; the test prints so. A row id that no table lists
// fails the test.
package hostile
