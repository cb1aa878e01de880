package upstream

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Registry keeps the back ends of a process by name, from one configuration to
// the next.
type Registry struct {
	epoch   time.Time // times are kept as distances from it
	changed func(Event)

	mu       sync.Mutex // guards backends
	backends map[string]*Backend
}

// NewRegistry returns an empty registry. changed is told of each change of a
// back end's state, from the goroutine that caused it; nil when nobody listens.
func NewRegistry(now time.Time, changed func(Event)) *Registry {
	if changed == nil {
		changed = func(Event) {}
	}
	return &Registry{epoch: now, changed: changed, backends: map[string]*Backend{}}
}

// Find returns the back end of that name.
func (r *Registry) Find(name string) (*Backend, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.backends[name]
	return b, ok
}

// Backends returns all back ends in the order of their names.
func (r *Registry) Backends() []*Backend {
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.backends))
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b *Backend) int { return strings.Compare(a.name, b.name) })
	return all
}

// Update begins a change of configuration. Nothing that is in force changes
// before Commit, so that a configuration that turns out to be wrong leaves no
// trace.
func (r *Registry) Update() *Update {
	return &Update{registry: r, options: map[*Backend]Options{}, backends: map[string]*Backend{}}
}

// Update is a change of configuration in the making. It belongs to one
// goroutine.
type Update struct {
	registry *Registry
	options  map[*Backend]Options
	backends map[string]*Backend
}

// Ensure returns the back end of that name: the one that is there, which gets
// the options with Commit and keeps its manual state, its counts, breaker and
// health; or a new one.
func (u *Update) Ensure(name string, o Options) *Backend {
	b, ok := u.backends[name]
	if !ok {
		if b, ok = u.registry.Find(name); !ok {
			b = newBackend(name, u.registry.epoch, u.registry.changed)
			b.configure(o)
		}
		u.backends[name] = b
	}
	u.options[b] = o
	return b
}

// Commit puts the options in force. Back ends that the update did not name are
// forgotten; messages on their way to one are not disturbed.
func (u *Update) Commit() {
	for b, o := range u.options {
		b.configure(o)
	}
	u.registry.mu.Lock()
	defer u.registry.mu.Unlock()
	u.registry.backends = maps.Clone(u.backends)
}
