package upstream_test

import (
	"context"
	"fmt"
	"time"

	"github.com/viaduct-soap/viaduct/internal/upstream"
)

// Two back ends share messages three to one. One is drained by hand, and a
// reload keeps it so.
func ExampleGroup() {
	now := time.Now()
	registry := upstream.NewRegistry(now, nil)
	load := func() *upstream.Group {
		u := registry.Update()
		big, small := u.Ensure("big", upstream.Options{Weight: 3}), u.Ensure("small", upstream.Options{})
		u.Commit()
		g, _ := upstream.NewGroup("orders", upstream.Weighted, big, small)
		return g
	}
	show := func(g *upstream.Group) {
		var names []string
		for range 4 {
			p := g.Pick()
			i, _ := p.Next(now)
			names = append(names, g.Members()[i].Name())
		}
		fmt.Println(names)
	}
	show(load())
	big, _ := registry.Find("big")
	big.SetState(upstream.Draining)
	show(load())
	// Output:
	// [big big small big]
	// [small small small small]
}

// A place is taken before a message is sent, and given back with what the
// attempt says of the back end.
func ExampleBackend_Acquire() {
	now := time.Now()
	u := upstream.NewRegistry(now, func(e upstream.Event) { fmt.Println(e.Backend, e.What+":", e.Text) }).Update()
	b := u.Ensure("orders", upstream.Options{Breaker: upstream.Breaker{Failures: 1, Within: time.Minute, Open: 30 * time.Second}})
	u.Commit()
	ticket, _ := b.Acquire(context.Background(), now, now.Add(time.Minute))
	ticket.Done(upstream.Failed, now)
	_, err := b.Acquire(context.Background(), now, now.Add(time.Minute))
	fmt.Println(err)
	// Output:
	// orders opened: 1 failures within 1m0s; open for 30s
	// orders: its breaker is open
}
