package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// sample is one run of the load through one proxy.
type sample struct {
	rate         float64       // messages per second
	cpu          time.Duration // of the proxy, per message
	p50, p99     time.Duration
	instructions float64 // per message; 0 = not counted
}

// row is the median of all samples of one proxy.
type row struct {
	proxy   *proxy
	samples []sample
	failed  string // the first wrong answer, if there was one
}

// comparison is the table of one scenario.
type comparison struct {
	title string
	size  int
	rows  []*row
}

func (r *row) median(of func(sample) float64) float64 {
	if len(r.samples) == 0 {
		return 0
	}
	v := make([]float64, len(r.samples))
	for i, s := range r.samples {
		v[i] = of(s)
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

func rateOf(s sample) float64         { return s.rate }
func cpuOf(s sample) float64          { return float64(s.cpu) }
func p50Of(s sample) float64          { return float64(s.p50) }
func p99Of(s sample) float64          { return float64(s.p99) }
func instructionsOf(s sample) float64 { return s.instructions }

// find returns the row of a proxy, or nil.
func (c *comparison) find(name string) *row {
	for _, r := range c.rows {
		if r.proxy.name == name && len(r.samples) > 0 {
			return r
		}
	}
	return nil
}

// compare runs all rounds of one message size; rate 0 is a closed loop.
func (b *bench) compare(ctx context.Context, title string, size int, rate float64) *comparison {
	c := &comparison{title: title, size: size}
	for _, x := range b.running {
		c.rows = append(c.rows, &row{proxy: x})
	}
	for round := range b.rounds {
		for _, r := range c.rows {
			if ctx.Err() != nil {
				return c
			}
			b.progress("%s, round %d of %d: %s", title, round+1, b.rounds, r.proxy.name)
			s, err := b.measure(ctx, r.proxy, size, rate)
			if err != nil {
				if r.failed == "" && ctx.Err() == nil {
					r.failed = err.Error()
				}
				continue
			}
			r.samples = append(r.samples, s)
		}
	}
	return c
}

// measure runs the load once.
func (b *bench) measure(ctx context.Context, x *proxy, size int, rate float64) (sample, error) {
	var s sample
	var result loadResult
	var cpu time.Duration
	var count func() (int64, bool)
	line := func(text string) {
		if x.proc == nil {
			return
		}
		switch text {
		case "start":
			cpu = -x.proc.cpu()
			if b.counting {
				count, _ = x.proc.countInstructions(ctx)
			}
		case "stop":
			cpu += x.proc.cpu()
			if count != nil {
				if n, ok := count(); ok {
					s.instructions = float64(n)
				}
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, b.warm+b.run+time.Minute)
	defer cancel()
	err := b.runRole(ctx, &result, line, "-role=load", "-addr="+x.addr, "-path="+x.path,
		"-conns="+strconv.Itoa(b.conns), "-size="+strconv.Itoa(size), "-warm="+b.warm.String(), "-run="+b.run.String(),
		"-rate="+strconv.FormatFloat(rate, 'f', -1, 64))
	if err != nil {
		return s, err
	}
	if result.Wrong > 0 {
		return s, fmt.Errorf("%d of %d connections failed; the first: %s", result.Wrong, b.conns, result.Error)
	}
	if result.Messages == 0 {
		return s, fmt.Errorf("no message in %v", result.Elapsed)
	}
	n := float64(result.Messages)
	s.rate = n / result.Elapsed.Seconds()
	s.cpu = time.Duration(float64(cpu) / n)
	s.p50, s.p99 = result.P50, result.P99
	s.instructions /= n
	return s, nil
}
