package upstream_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/upstream"
)

// group returns a group of back ends called m0, m1 ...
func group(tb testing.TB, p upstream.Policy, members ...upstream.Options) (*upstream.Group, *events) {
	tb.Helper()
	e := &events{}
	u := upstream.NewRegistry(start, e.add).Update()
	var list []*upstream.Backend
	for i, o := range members {
		list = append(list, u.Ensure(fmt.Sprintf("m%d", i), o))
	}
	u.Commit()
	g, err := upstream.NewGroup("orders", p, list...)
	require.NoError(tb, err)
	return g, e
}

func weights(list ...int) []upstream.Options {
	var o []upstream.Options
	for _, w := range list {
		o = append(o, upstream.Options{Weight: w})
	}
	return o
}

// first is the member that the next message goes to, -1 for none.
func first(g *upstream.Group, now time.Time) int {
	p := g.Pick()
	i, ok := p.Next(now)
	if !ok {
		return -1
	}
	return i
}

// all are the members that a message may try, in order.
func all(p upstream.Pick, now time.Time) []int {
	var list []int
	for {
		i, ok := p.Next(now)
		if !ok {
			return list
		}
		list = append(list, i)
	}
}

// each runs a property on 100 sources of random numbers, the same every time.
func each(t *testing.T, property func(r *rand.Rand)) {
	t.Helper()
	for seed := range uint64(100) {
		property(rand.New(rand.NewPCG(seed, 0)))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// some returns n numbers from low to high.
func some(r *rand.Rand, n, low, high int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = low + r.IntN(high-low+1)
	}
	return list
}

func TestGroup_sequences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		policy upstream.Policy
		o      []upstream.Options
		want   []int
	}{
		{"round robin", upstream.RoundRobin, weights(5, 1, 1), []int{0, 1, 2, 0, 1, 2}},
		{"weighted, evenly mixed", upstream.Weighted, weights(5, 1, 1), []int{0, 0, 1, 0, 2, 0, 0}},
		{"weighted, equal", upstream.Weighted, weights(2, 2), []int{0, 1, 0, 1}},
		{"hash without a key", upstream.Hash, weights(1, 1), []int{0, 1, 0}},
		{"one member", upstream.LeastRequests, weights(1), []int{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g, _ := group(t, c.policy, c.o...)
			var got []int
			for range c.want {
				got = append(got, first(g, start))
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.policy, g.Policy())
			assert.Len(t, all(g.Pick(), start), len(c.o), "the others follow")
		})
	}
}

// TestGroup_weightedIsExact: over as many messages as all weights together each
// member gets its weight, wherever the cycle begins.
func TestGroup_weightedIsExact(t *testing.T) {
	t.Parallel()
	each(t, func(r *rand.Rand) {
		list := some(r, 1+r.IntN(8), 1, 20)
		cycle := 0
		u := upstream.NewRegistry(start, nil).Update()
		var members []*upstream.Backend
		for i, w := range list {
			cycle += w
			members = append(members, u.Ensure(fmt.Sprint(i), upstream.Options{Weight: w}))
		}
		g, err := upstream.NewGroup("g", upstream.Weighted, members...)
		require.NoError(t, err)
		for range r.IntN(4) * cycle {
			first(g, start)
		}
		got := make([]int, len(list))
		for range cycle {
			got[first(g, start)]++
		}
		assert.Equal(t, list, got)
	})
}

func TestGroup_leastRequests(t *testing.T) {
	t.Parallel()
	g, _ := group(t, upstream.LeastRequests, weights(1, 1, 2)...)
	m := g.Members()
	held := []upstream.Ticket{acquire(t, m[0], start), acquire(t, m[1], start), acquire(t, m[2], start)}
	assert.Equal(t, 2, first(g, start), "one of weight two is half as busy")
	held[1].Done(upstream.Answered, start)
	held = append(held, acquire(t, m[2], start), acquire(t, m[2], start))
	assert.Equal(t, 1, first(g, start))
	for i := range held {
		if i != 1 {
			held[i].Done(upstream.Answered, start)
		}
	}
	seen := map[int]int{}
	equal, _ := group(t, upstream.LeastRequests, weights(1, 1, 1)...)
	for range 30 {
		seen[first(equal, start)]++
	}
	assert.Equal(t, map[int]int{0: 10, 1: 10, 2: 10}, seen, "equals take turns")
}

// TestGroup_hashIsStable: a key keeps its member, and when one member goes only
// its keys move.
func TestGroup_hashIsStable(t *testing.T) {
	t.Parallel()
	each(t, func(r *rand.Rand) {
		n := 2 + r.IntN(11)
		gone := r.IntN(n)
		u := upstream.NewRegistry(start, nil).Update()
		var members, rest []*upstream.Backend
		for i := range n {
			b := u.Ensure(fmt.Sprintf("backend-%d", i), upstream.Options{})
			members = append(members, b)
			if i != gone {
				rest = append(rest, b)
			}
		}
		whole, err := upstream.NewGroup("g", upstream.Hash, members...)
		require.NoError(t, err)
		smaller, err := upstream.NewGroup("g", upstream.Hash, rest...)
		require.NoError(t, err)
		for _, k := range some(r, 50, 0, 1<<30) {
			key := fmt.Sprint(k)
			before := named(whole, key)
			require.Equal(t, before[0], named(whole, key)[0])
			after := named(smaller, key)
			if before[0] != members[gone].Name() {
				require.Equal(t, before[0], after[0], key)
			} else {
				require.Equal(t, before[1], after[0], "a key goes where it would have been tried next")
			}
		}
	})
}

// named are the members for a key, by name.
func named(g *upstream.Group, key string) []string {
	var list []string
	for _, i := range all(g.PickBy(key), start) {
		list = append(list, g.Members()[i].Name())
	}
	return list
}

func TestGroup_hashIsFair(t *testing.T) {
	t.Parallel()
	g, _ := group(t, upstream.Hash, weights(1, 1, 2)...)
	const keys = 40000
	got := make([]float64, 3)
	for i := range keys {
		p := g.PickBy(fmt.Sprintf("customer-%d", i))
		m, _ := p.Next(start)
		got[m]++
	}
	for i, share := range []float64{.25, .25, .5} {
		assert.Less(t, math.Abs(got[i]/keys-share), .02, "member %d got %v", i, got[i]/keys)
	}
}

func TestGroup_outOfService(t *testing.T) {
	t.Parallel()
	g, _ := group(t, upstream.RoundRobin, weights(1, 1, 1, 1)...)
	m := g.Members()
	m[0].SetState(upstream.Draining)
	m[1].SetState(upstream.Disabled)
	m[3].SetWeight(0)
	assert.Equal(t, []int{2, 3}, all(g.Pick(), start), "weight 0 is for messages that nobody else took")
	m[2].SetState(upstream.Disabled)
	assert.Equal(t, 3, first(g, start))
	m[3].SetState(upstream.Disabled)
	assert.Equal(t, -1, first(g, start))
	p := g.Pick()
	assert.False(t, p.Left(start))
	assert.False(t, (&upstream.Pick{}).Left(start))
	assert.Equal(t, time.Second, g.Unavailable(start).RetryAfter())
	m[2].SetState(upstream.Enabled)
	assert.True(t, p.Left(start))
	assert.Same(t, g, p.Group())
}

func TestGroup_breaker(t *testing.T) {
	t.Parallel()
	o := upstream.Options{Breaker: upstream.Breaker{Failures: 1, Open: 5 * time.Second}}
	g, _ := group(t, upstream.RoundRobin, o, o)
	for _, b := range g.Members() {
		acquire(t, b, start).Done(upstream.Failed, start)
	}
	assert.Equal(t, -1, first(g, start.Add(time.Second)))
	assert.Equal(t, 4*time.Second, g.Unavailable(start.Add(time.Second)).RetryAfter())
	later := start.Add(5 * time.Second)
	assert.Equal(t, []int{0, 1}, all(g.Pick(), later), "half-open: one message each")
	probe := acquire(t, g.Members()[0], later)
	assert.Equal(t, []int{1}, all(g.Pick(), later))
	probe.Done(upstream.Answered, later)
	assert.Len(t, all(g.Pick(), later), 2)
}

func TestGroup_ejection(t *testing.T) {
	t.Parallel()
	o := upstream.Options{Eject: upstream.Eject{Failures: 2, For: 10 * time.Second, Most: 50}}
	g, e := group(t, upstream.RoundRobin, o, o, o, o)
	m := g.Members()
	fail := func(i int, g *upstream.Group) {
		ticket := acquire(t, m[i], start)
		ticket.Group = g
		ticket.Done(upstream.Failed, start)
	}
	fail(0, g)
	acquire(t, m[0], start).Done(upstream.Answered, start)
	fail(0, g)
	assert.Len(t, all(g.Pick(), start), 4, "failures in a row")
	fail(0, g)
	assert.NotContains(t, all(g.Pick(), start)[:3], 0)
	assert.Equal(t, 0, all(g.Pick(), start)[3], "it is still tried last")
	assert.Equal(t, 10*time.Second, m[0].Status(start).Ejected)

	fail(1, nil)
	fail(1, nil)
	assert.Zero(t, m[1].Status(start).Ejected, "outside of a group there is nobody else")
	fail(1, g)
	fail(2, g)
	fail(2, g)
	assert.Zero(t, m[2].Status(start).Ejected, "half of the group is out")
	assert.Equal(t, "m0 ejected, m1 ejected", e.words())
	later := start.Add(10 * time.Second)
	assert.Len(t, all(g.Pick(), later), 4)
	assert.Zero(t, m[0].Status(later).Ejected)
}

// TestGroup_mostEjected: however members fail, never more than the share is out.
func TestGroup_mostEjected(t *testing.T) {
	t.Parallel()
	each(t, func(r *rand.Rand) {
		n := 1 + r.IntN(10)
		most := 1 + r.IntN(100)
		u := upstream.NewRegistry(start, nil).Update()
		var members []*upstream.Backend
		for i := range n {
			members = append(members, u.Ensure(fmt.Sprint(i), upstream.Options{Eject: upstream.Eject{Failures: 1, For: time.Minute, Most: most}}))
		}
		g, err := upstream.NewGroup("g", upstream.RoundRobin, members...)
		require.NoError(t, err)
		now := start
		for _, i := range some(r, 40, 0, n-1) {
			now = now.Add(7 * time.Second)
			ticket := acquire(t, members[i], now)
			ticket.Group = g
			ticket.Done(upstream.Failed, now)
			gone := 0
			for _, b := range members {
				if b.Status(now).Ejected > 0 {
					gone++
				}
			}
			require.LessOrEqual(t, gone*100, most*n)
		}
	})
}

func TestNewGroup_size(t *testing.T) {
	t.Parallel()
	_, err := upstream.NewGroup("orders", upstream.Hash)
	assert.EqualError(t, err, `group "orders" has 0 members; 1 to 256 can share messages`)
	g, _ := group(t, upstream.RoundRobin, make([]upstream.Options, 256)...)
	assert.Len(t, all(g.Pick(), start), 256)
}

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"round-robin", "least-requests", "weighted", "hash"} {
		p, ok := upstream.ParsePolicy(word)
		assert.True(t, ok)
		assert.Equal(t, word, p.String())
	}
	_, ok := upstream.ParsePolicy("random")
	assert.False(t, ok)
}

func TestGroup_unhealthy(t *testing.T) {
	t.Parallel()
	g, _ := group(t, upstream.RoundRobin, upstream.Options{Health: upstream.Health{Unhealthy: 1, Healthy: 1}}, upstream.Options{})
	g.Members()[0].Checked(errors.New("no"))
	assert.Equal(t, []int{1}, all(g.Pick(), start))
	g.Members()[0].Checked(nil)
	assert.Len(t, all(g.Pick(), start), 2)
}
