package assemble

import (
	"errors"
	"fmt"
	"time"

	"github.com/viaduct-soap/viaduct/internal/upstream"
)

// ErrNoBackend says that no client endpoint of the configuration in force that
// is sent to has that name.
var ErrNoBackend = errors.New("no back end of that name")

// Backends returns what is known of each destination now, in the order of names.
func (p *Program) Backends() []upstream.Status {
	now := time.Now()
	list := p.registry.Backends()
	out := make([]upstream.Status, 0, len(list))
	for _, b := range list {
		out = append(out, b.Status(now))
	}
	return out
}

// BackendAddress returns where the messages of a back end go; "" for a name that
// there is not.
func (p *Program) BackendAddress(name string) string { return p.current.Load().vias[name] }

// SetBackend changes a back end by hand, until it is changed again or the process
// ends. state is enabled, draining or disabled, "" to leave it; weight is 0 to
// 1000, less than 0 for that of the settings, nil to leave it. The error is
// [ErrNoBackend], or says what is wrong with state or weight.
func (p *Program) SetBackend(name, state string, weight *int) error {
	b, ok := p.registry.Find(name)
	if !ok {
		return ErrNoBackend
	}
	if state != "" {
		s, ok := upstream.ParseState(state)
		if !ok {
			return fmt.Errorf("state %q: use enabled, draining or disabled", state)
		}
		defer b.SetState(s)
	}
	if weight != nil {
		if *weight > 1000 {
			return fmt.Errorf("weight %d: 1000 is the most", *weight)
		}
		b.SetWeight(*weight)
	}
	return nil
}

// operating registers what back ends and mirrors count (docs/operating.md).
func (p *Program) operating() {
	m := p.metrics
	gauge := func(name, help string, read func(s *upstream.Status) float64) {
		m.Gauges(name, help, "endpoint", func(each func(string, float64)) {
			for _, s := range p.Backends() {
				each(s.Name, read(&s))
			}
		})
	}
	gauge("viaduct_backend_takes", "1 while a back end takes messages.", func(s *upstream.Status) float64 {
		if s.Takes {
			return 1
		}
		return 0
	})
	gauge("viaduct_backend_in_progress", "Messages in progress at a back end.", func(s *upstream.Status) float64 { return float64(s.Progress) })
	gauge("viaduct_backend_waiting", "Messages that wait for a place at a back end.", func(s *upstream.Status) float64 { return float64(s.Waiting) })
	gauge("viaduct_backend_weight", "Weight of a back end in force.", func(s *upstream.Status) float64 { return float64(s.Weight) })
	m.Counters("viaduct_backend_attempts_total", "Attempts at a back end, as breaker and ejection count them.", []string{"endpoint", "outcome"},
		func(each func(float64, ...string)) {
			for _, s := range p.Backends() {
				each(float64(s.Counts.Answered), s.Name, "answered")
				each(float64(s.Counts.Failed), s.Name, "failed")
				each(float64(s.Counts.Refused), s.Name, "refused")
			}
		})
	m.Counters("viaduct_backend_openings_total", "Times that the breaker of a back end opened.", []string{"endpoint"}, func(each func(float64, ...string)) {
		for _, s := range p.Backends() {
			each(float64(s.Counts.Openings), s.Name)
		}
	})
	m.Counters("viaduct_backend_ejections_total", "Times that a back end was taken out of a group.", []string{"endpoint"}, func(each func(float64, ...string)) {
		for _, s := range p.Backends() {
			each(float64(s.Counts.Ejections), s.Name)
		}
	})
	p.mirroring()
	m.Counters("viaduct_answers_delivered_total", "Answers for addresses of wsa.replyTargets.", []string{"outcome"}, func(each func(float64, ...string)) {
		each(float64(p.callbacks.delivered.Load()), "delivered")
		each(float64(p.callbacks.failed.Load()), "failed")
		each(float64(p.callbacks.denied.Load()), "denied")
	})
}

func (p *Program) mirroring() {
	p.metrics.Gauges("viaduct_mirror_in_progress", "Copies of messages in progress.", "endpoint", func(each func(string, float64)) {
		for _, s := range p.Mirrors() {
			each(s.Endpoint, float64(s.InProgress))
		}
	})
	p.metrics.Counters("viaduct_mirror_copies_total", "Copies of messages, and what came of comparing.", []string{"endpoint", "outcome"},
		func(each func(float64, ...string)) {
			for _, s := range p.Mirrors() {
				for _, c := range []struct {
					outcome string
					n       uint64
				}{
					{"copied", s.Copied},
					{"failed", s.Failed},
					{"same", s.Same},
					{"different", s.Different},
					{"uncompared", s.Uncompared},
					{"dropped", s.Dropped},
					{"lost", s.Lost},
				} {
					each(float64(c.n), s.Endpoint, c.outcome)
				}
			}
		})
}
