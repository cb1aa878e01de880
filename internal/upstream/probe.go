package upstream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Check asks a back end once whether it is well. It returns within ctx.
type Check func(ctx context.Context) error

// CheckTCP makes a check of a function that connects: a back end that takes
// connections is well.
func CheckTCP(dial func(ctx context.Context) (net.Conn, error)) Check {
	return func(ctx context.Context) error {
		c, err := dial(ctx)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// CheckHTTP makes a check of a function that asks for the health page and returns
// its status: 200 to 399 is well.
func CheckHTTP(get func(ctx context.Context) (status int, err error)) Check {
	return func(ctx context.Context) error {
		status, err := get(ctx)
		if err != nil {
			return err
		}
		if status < 200 || status > 399 {
			return fmt.Errorf("status %d", status)
		}
		return nil
	}
}

// Prober asks one back end again and again whether it is well.
type Prober struct {
	Backend *Backend
	Check   Check
	// Jitter returns a number from 0 to 1 that spreads checks in time; default:
	// at random.
	Jitter func() float64
}

// Run asks until ctx ends, by the options of the back end. What it has found out
// by then stays: a reload ends one prober and starts the next.
func (p *Prober) Run(ctx context.Context) {
	jitter := p.Jitter
	if jitter == nil {
		jitter = rand.Float64
	}
	// The first checks of many back ends shall not come all at once.
	timer := time.NewTimer(time.Duration(float64(p.Backend.health().Interval) * jitter() / 10))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		o := p.Backend.health()
		if !p.Backend.disabled() {
			if err, whole := p.ask(ctx, o.Timeout); whole {
				p.Backend.Checked(err)
			}
		}
		timer.Reset(time.Duration(float64(o.Interval) * (0.9 + jitter()/5)))
	}
}

// ask checks once. It is not whole when the prober is stopped meanwhile.
func (p *Prober) ask(ctx context.Context, timeout time.Duration) (err error, whole bool) {
	asking, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = p.Check(asking)
	return err, ctx.Err() == nil
}

// Run runs probers until ctx ends, and returns when all have stopped.
func Run(ctx context.Context, probers []*Prober) {
	var wg sync.WaitGroup
	for _, p := range probers {
		wg.Go(func() { p.Run(ctx) })
	}
	wg.Wait()
}

func (b *Backend) health() Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.o.Health
}

func (b *Backend) disabled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state == Disabled
}
