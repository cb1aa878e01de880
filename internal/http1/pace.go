package http1

import "time"

// unlimited stands for "no limit" where a deadline is computed.
const unlimited = 365 * 24 * time.Hour

// pace is the least rate at which a peer must take or give octets, on average
// and after a grace (threats T-HTTP-10). Only time spent waiting for the peer
// counts.
type pace struct {
	rate   int64 // octets per second; <= 0: none
	grace  time.Duration
	octets int64
	waited time.Duration
}

// add counts n octets for which the peer was waited for since from; it returns
// the present.
func (p *pace) add(n int64, from time.Time) time.Time {
	now := time.Now()
	p.octets += n
	p.waited += now.Sub(from)
	return now
}

// left is how much longer the peer may be waited for.
func (p *pace) left() time.Duration {
	if p.rate <= 0 {
		return unlimited
	}
	secs := min(p.octets/p.rate, int64(unlimited/time.Second))
	return p.grace + time.Duration(secs)*time.Second - p.waited
}

// earlier returns the earlier of an optional deadline (zero: none) and t.
func earlier(deadline, t time.Time) time.Time {
	if !deadline.IsZero() && deadline.Before(t) {
		return deadline
	}
	return t
}

// past says whether an optional deadline has come.
func past(deadline, now time.Time) bool {
	return !deadline.IsZero() && !now.Before(deadline)
}
