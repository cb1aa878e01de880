package upstream

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
)

// Policy says which member of a group is next.
type Policy uint8

// Policies. All but RoundRobin look at the weights.
const (
	RoundRobin    Policy = iota // in turn
	LeastRequests               // the one with the fewest messages in progress for its weight
	Weighted                    // in turn, as often as the weights say, evenly mixed
	Hash                        // by a key of the message: equal keys go to one member
)

var policies = [...]string{"round-robin", "least-requests", "weighted", "hash"}

func (p Policy) String() string { return policies[p] }

// ParsePolicy returns the policy that a word of the settings names.
func ParsePolicy(word string) (Policy, bool) {
	for i, s := range policies {
		if s == word {
			return Policy(i), true
		}
	}
	return RoundRobin, false
}

// maxMembers bounds a group, so that who was tried is known without memory.
const maxMembers = 256

// Group is back ends that share messages.
type Group struct {
	name    string
	policy  Policy
	members []*Backend
	seeds   []uint64      // hashes of the members' names
	turn    atomic.Uint64 // where ties begin

	mu   sync.Mutex // guards the rest
	owed []int64    // to each member, in weights (smooth weighted round robin)
}

// NewGroup returns a group of members, 256 at most. Hashing rests on their
// names: a group that gains or loses a member keeps all keys of the others.
func NewGroup(name string, p Policy, members ...*Backend) (*Group, error) {
	if n := len(members); n == 0 || n > maxMembers {
		return nil, fmt.Errorf("group %q has %d members; 1 to %d can share messages", name, n, maxMembers)
	}
	g := &Group{name: name, policy: p, members: members, owed: make([]int64, len(members))}
	for _, b := range members {
		g.seeds = append(g.seeds, hash(b.name))
	}
	return g, nil
}

// Policy returns the policy of the group.
func (g *Group) Policy() Policy { return g.policy }

// Members returns the members in their order. They must not be changed.
func (g *Group) Members() []*Backend { return g.members }

// Pick is the choice of members for one message. The zero value has none.
type Pick struct {
	g     *Group
	key   uint64
	keyed bool
	tried [maxMembers / 64]uint64
}

// Pick begins the choice for a message that has no key, or when the policy is
// another than Hash: with Hash it goes round.
func (g *Group) Pick() Pick { return Pick{g: g} }

// PickBy begins the choice for a message with a key.
func (g *Group) PickBy(key string) Pick { return Pick{g: g, key: hash(key), keyed: true} }

// Group returns the group that is chosen from.
func (p *Pick) Group() *Group { return p.g }

// Next chooses a member that was not chosen before: one that takes messages now,
// by the policy; then those that are ejected or have weight 0. Members out of
// service (by hand, by their breaker, by their health) are left out. It returns
// the member's place in the group, false when none is left.
func (p *Pick) Next(now time.Time) (int, bool) {
	i := p.g.next(p, now)
	if i < 0 {
		return 0, false
	}
	p.tried[i/64] |= 1 << (i % 64)
	return i, true
}

// Left reports whether Next would find a member now.
func (p *Pick) Left(now time.Time) bool {
	if p.g == nil {
		return false
	}
	for i, b := range p.g.members {
		if !p.was(i) && b.closed.Load() <= b.since(now) {
			return true
		}
	}
	return false
}

func (p *Pick) was(i int) bool { return p.tried[i/64]>>(i%64)&1 != 0 }

// standing says whether a member may be chosen.
type standing uint8

const (
	out    standing = iota // takes no messages, or was tried
	spare                  // only when there is no other
	active                 // takes messages
)

func (p *Pick) standing(i int, now int64) standing {
	b := p.g.members[i]
	switch {
	case p.was(i) || b.closed.Load() > now:
		return out
	case b.ejected.Load() > now || b.weight.Load() == 0:
		return spare
	default:
		return active
	}
}

func (g *Group) next(p *Pick, now time.Time) int {
	at := g.members[0].since(now) // members of one registry have one epoch
	best := out
	for i := range g.members {
		best = max(best, p.standing(i, at))
	}
	if best == out {
		return -1
	}
	switch {
	case g.policy == Hash && p.keyed:
		return g.nearest(p, best, at)
	case g.policy == LeastRequests:
		return g.least(p, best, at)
	default:
		return g.round(p, best, at)
	}
}

// round is smooth weighted round robin: each member earns its weight, the one
// that is owed most is chosen and pays what all have earned. Over as many
// messages as all weights together each member gets exactly its weight.
func (g *Group) round(p *Pick, want standing, now int64) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	chosen, total := -1, int64(0)
	for i, b := range g.members {
		if p.standing(i, now) != want {
			continue
		}
		w := int64(1)
		if g.policy != RoundRobin {
			w = max(b.weight.Load(), 1)
		}
		g.owed[i] += w
		total += w
		if chosen < 0 || g.owed[i] > g.owed[chosen] {
			chosen = i
		}
	}
	if chosen >= 0 {
		g.owed[chosen] -= total
	}
	return chosen
}

// least compares messages in progress for the weight; of equals each has its
// turn.
func (g *Group) least(p *Pick, want standing, now int64) int {
	n := len(g.members)
	first := int(g.turn.Add(1) % uint64(n))
	chosen, busy, weight := -1, int64(0), int64(1)
	for k := range n {
		i := (first + k) % n
		if p.standing(i, now) != want {
			continue
		}
		b := g.members[i]
		w, m := max(b.weight.Load(), 1), b.progress.Load()+1
		if chosen < 0 || m*weight < busy*w {
			chosen, busy, weight = i, m, w
		}
	}
	return chosen
}

// nearest is weighted rendezvous hashing: each member draws a number from its
// name and the key, and the highest wins. A member that goes takes only its own
// keys along, and they go to all others.
func (g *Group) nearest(p *Pick, want standing, now int64) int {
	chosen, high := -1, math.Inf(-1)
	for i, b := range g.members {
		if p.standing(i, now) != want {
			continue
		}
		// A uniform number in (0,1]; -w/ln(x) is highest in the share w of cases.
		x := (float64(mix(g.seeds[i]^p.key)>>11) + 1) / (1 << 53)
		score := math.Inf(1)
		if l := math.Log(x); l < 0 {
			score = -float64(max(b.weight.Load(), 1)) / l
		}
		if chosen < 0 || score > high {
			chosen, high = i, score
		}
	}
	return chosen
}

// hash is FNV-1a with a final mix: equal in every process, so that several
// routers send one key to one member.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix is the finaliser of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// eject takes a member out for a time unless too many are out already.
func (g *Group) eject(b *Backend, now int64, rule Eject) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	gone := 1
	for _, m := range g.members {
		if m.ejected.Load() <= now {
			continue
		}
		if m == b {
			return false // out already
		}
		gone++
	}
	if gone*100 > rule.Most*len(g.members) {
		return false
	}
	b.ejected.Store(now + int64(rule.For))
	return true
}

// Unavailable is the error of a message that no member takes. After is when the
// first of them may.
func (g *Group) Unavailable(now time.Time) *RefusedError {
	first := int64(forever)
	for _, b := range g.members {
		first = min(first, b.closed.Load())
	}
	after := time.Second
	if first != forever {
		after = time.Duration(first - g.members[0].since(now))
	}
	return refused(g.name, refusal.UpstreamFailed, after, "no member takes messages now: each is drained, disabled, unhealthy, or its breaker is open")
}
