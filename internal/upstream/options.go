package upstream

import "time"

// Options say what a back end may be asked to do. The zero value limits nothing.
type Options struct {
	// Concurrent is how many messages may be in progress at once; 0: no limit.
	Concurrent int
	// Queue is how many more may wait for a place; 0: none waits.
	Queue int
	// Wait is how long one of them waits at most; 0: as long as its attempt lasts.
	Wait time.Duration
	// Weight is the share of a group's messages against other members; default 1.
	Weight  int
	Breaker Breaker
	Eject   Eject
	Health  Health
}

// Breaker refuses messages to a back end that failed Failures times Within a
// time, for Open. Then one message is let through as a probe: when it gets an
// answer all may pass again, when it fails the breaker stays open for another
// Open.
type Breaker struct {
	Failures int           // 0: no breaker
	Within   time.Duration // default 30 s
	Open     time.Duration // default 15 s
}

// Eject takes a member that failed Failures times in a row out of its group for
// a time. At most the share Most of a group is out at once; a member that is out
// is still tried when no other took the message.
type Eject struct {
	Failures int           // 0: none is taken out
	For      time.Duration // default 30 s
	Most     int           // per cent of the group, rounded down; default 50
}

// Health says how a back end is asked whether it is well. What asks is a [Check].
type Health struct {
	// On says that there are checks at all. Without, what earlier ones have found
	// is forgotten.
	On        bool
	Interval  time.Duration // from one check to the next, give or take a tenth; default 10 s
	Timeout   time.Duration // of one check; default 2 s
	Healthy   int           // good checks in a row after which it takes messages again; default 2
	Unhealthy int           // bad checks in a row after which it takes none; default 3
}

const (
	defaultWithin = 30 * time.Second
	defaultOpen   = 15 * time.Second
	defaultEject  = 30 * time.Second
	defaultMost   = 50
)

// withDefaults returns o with the defaults that the comments name.
func (o Options) withDefaults() Options {
	orInt := func(p *int, d int) {
		if *p <= 0 {
			*p = d
		}
	}
	orTime := func(p *time.Duration, d time.Duration) {
		if *p <= 0 {
			*p = d
		}
	}
	orInt(&o.Weight, 1)
	orTime(&o.Breaker.Within, defaultWithin)
	orTime(&o.Breaker.Open, defaultOpen)
	orTime(&o.Eject.For, defaultEject)
	orInt(&o.Eject.Most, defaultMost)
	o.Eject.Most = min(o.Eject.Most, 100)
	orTime(&o.Health.Interval, 10*time.Second)
	orTime(&o.Health.Timeout, 2*time.Second)
	orInt(&o.Health.Healthy, 2)
	orInt(&o.Health.Unhealthy, 3)
	return o
}
