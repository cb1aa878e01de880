package chaos

import (
	"errors"
	"time"
)

// await polls a condition that nothing announces.
func await(ok func() bool) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if ok() {
			return nil
		}
		<-tick.C
	}
	return errors.New("not after 5 s")
}

// rest waits until a count is above zero and has not changed for 50 ms.
func rest(count func() int) error {
	last, same := 0, 0
	return await(func() bool {
		n := count()
		if n != last {
			last, same = n, 0
		}
		same++
		return n > 0 && same > 50
	})
}
