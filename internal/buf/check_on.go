//go:build leasecheck

package buf

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Checked says whether the program was built with the tag leasecheck.
const Checked = true

// poisonOctet is no character in UTF-8, so that a stale view is seen.
const poisonOctet = 0xDB

// owners keeps where a lease was made, retained and released.
type owners struct {
	mu     sync.Mutex
	stacks []string
}

// live holds every lease with a reference. It is the one piece of global state
// of the package and exists in checked builds only.
var live struct {
	mu     sync.Mutex
	leases map[*Lease]struct{}
}

func (o *owners) created(l *Lease) {
	o.mu.Lock()
	o.stacks = append(o.stacks[:0], stack("made"))
	o.mu.Unlock()
	live.mu.Lock()
	defer live.mu.Unlock()
	if live.leases == nil {
		live.leases = make(map[*Lease]struct{})
	}
	live.leases[l] = struct{}{}
}

func (o *owners) retained(*Lease) { o.add("retained") }

func (o *owners) released(l *Lease, last bool) {
	o.add("released")
	if !last {
		return
	}
	live.mu.Lock()
	defer live.mu.Unlock()
	delete(live.leases, l)
}

func (o *owners) add(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stacks = append(o.stacks, stack(what))
}

func (o *owners) history() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return ":\n" + strings.Join(o.stacks, "")
}

// stack describes the callers outside this package.
func stack(what string) string {
	var pc [24]uintptr
	frames := runtime.CallersFrames(pc[:runtime.Callers(4, pc[:])])
	var b strings.Builder
	b.WriteString("  " + what + " by\n")
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "    %s\n      %s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return b.String()
		}
	}
}

// poison overwrites released memory and says that it must not be used again, so
// that a stale view never shows another message.
func poison(p []byte) bool {
	for i := range p {
		p[i] = poisonOctet
	}
	return true
}

// Leaks returns a description of each lease that is alive: the stacks of those
// who made, retained and released it.
func Leaks() []string {
	live.mu.Lock()
	leases := slices.Collect(maps.Keys(live.leases))
	live.mu.Unlock()
	out := make([]string, 0, len(leases))
	for _, l := range leases {
		out = append(out, "lease"+l.owners.history())
	}
	return out
}

// CheckLeaks makes a test fail that leaves leases behind. A test that calls it
// must not run in parallel with others; for those, see Main.
func CheckLeaks(t TB) {
	t.Helper()
	live.mu.Lock()
	before := maps.Clone(live.leases)
	live.mu.Unlock()
	t.Cleanup(func() {
		live.mu.Lock()
		after := slices.Collect(maps.Keys(live.leases))
		live.mu.Unlock()
		for _, l := range after {
			if _, old := before[l]; !old {
				t.Errorf("leaked lease%s", l.owners.history())
			}
		}
	})
}
