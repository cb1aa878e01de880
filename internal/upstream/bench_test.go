package upstream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/viaduct-soap/viaduct/internal/upstream"
)

func BenchmarkBackend_Acquire(b *testing.B) {
	for name, o := range map[string]upstream.Options{
		"none": {},
		"all": {
			Concurrent: 100, Queue: 10, Breaker: upstream.Breaker{Failures: 5}, Eject: upstream.Eject{Failures: 5},
		},
	} {
		b.Run("limits="+name, func(b *testing.B) {
			e, _ := backend(o)
			b.ReportAllocs()
			for b.Loop() {
				t, err := e.Acquire(context.Background(), start, time.Time{})
				if err != nil {
					b.Fatal(err)
				}
				t.Done(upstream.Answered, start)
			}
		})
	}
}

func BenchmarkGroup_Pick(b *testing.B) {
	for _, p := range []upstream.Policy{upstream.RoundRobin, upstream.LeastRequests, upstream.Weighted, upstream.Hash} {
		for _, n := range []int{2, 8} {
			b.Run(fmt.Sprintf("policy=%s/members=%d", p, n), func(b *testing.B) {
				g, _ := group(b, p, make([]upstream.Options, n)...)
				b.ReportAllocs()
				for b.Loop() {
					pick := g.Pick()
					if p == upstream.Hash {
						pick = g.PickBy("customer-4711")
					}
					if _, ok := pick.Next(start); !ok {
						b.Fatal("no member")
					}
				}
			})
		}
	}
}
