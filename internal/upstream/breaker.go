package upstream

import "time"

// breaker counts failures in a window of time. Its owner's lock guards it; times
// are distances from the owner's epoch.
type breaker struct {
	o       Breaker
	failed  []int64 // times of the last failures, a ring
	next    int
	open    bool
	probing bool  // one message is under way while it is half-open
	reopens int64 // when the next probe may pass
}

// configure takes new options; what was counted stays while the number is the
// same, an open breaker stays open as long as there is one at all.
func (k *breaker) configure(o Breaker) {
	if o.Failures != k.o.Failures {
		k.failed, k.next = make([]int64, o.Failures), 0
		for i := range k.failed {
			k.failed[i] = never
		}
	}
	if o.Failures == 0 {
		k.open, k.probing = false, false
	}
	k.o = o
}

// until returns when messages may pass, as far as it is known now.
func (k *breaker) until() int64 {
	switch {
	case !k.open:
		return never
	case k.probing:
		return forever
	default:
		return k.reopens
	}
}

// left returns how long no message may pass; else whether the next one is a
// probe.
func (k *breaker) left(now int64) (left time.Duration, probe bool) {
	switch {
	case !k.open:
		return 0, false
	case k.probing:
		return time.Second, false // it ends when it ends
	case now < k.reopens:
		return time.Duration(k.reopens - now), false
	default:
		return 0, true
	}
}

func (k *breaker) circuit(now int64) Circuit {
	switch {
	case !k.open:
		return Closed
	case k.probing || now >= k.reopens:
		return HalfOpen
	default:
		return Open
	}
}

// probe notes that the probe is under way.
func (k *breaker) probe() { k.probing = true }

// failure counts a failure and reports whether it opened the breaker.
func (k *breaker) failure(now int64, probe bool) bool {
	switch {
	case probe:
		k.probing = false
		k.reopens = now + int64(k.o.Open)
		return k.open
	case k.o.Failures == 0 || k.open:
		return false // it was under way when the breaker opened
	}
	k.failed[k.next] = now
	k.next = (k.next + 1) % len(k.failed)
	first := k.failed[k.next] // the oldest that counts
	if first == never || now-first > int64(k.o.Within) {
		return false
	}
	k.open, k.reopens = true, now+int64(k.o.Open)
	for i := range k.failed {
		k.failed[i] = never
	}
	return true
}

// answered notes an answer and reports whether it closed the breaker.
func (k *breaker) answered(probe bool) bool {
	if !probe || !k.open {
		return false
	}
	k.open, k.probing = false, false
	return true
}

// unjudged notes the end of a probe that says nothing of the back end.
func (k *breaker) unjudged(probe bool) {
	if probe {
		k.probing = false
	}
}
