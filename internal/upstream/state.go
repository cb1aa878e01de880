package upstream

import "time"

// State is what an operator wants of a back end. It is set by hand, and stays
// until it is set again or the process ends.
type State uint8

// States.
const (
	Enabled  State = iota // takes messages
	Draining              // takes no more; those in progress and those that wait go on
	Disabled              // takes no more, those that wait are refused, and health is not checked
)

var states = [...]string{"enabled", "draining", "disabled"}

func (s State) String() string { return states[s] }

// MarshalText gives the state as its word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseState returns the state that a word names.
func ParseState(word string) (State, bool) {
	for i, s := range states {
		if s == word {
			return State(i), true
		}
	}
	return Enabled, false
}

// Circuit is the state of a breaker.
type Circuit uint8

// Circuits.
const (
	Closed   Circuit = iota // messages pass
	Open                    // none passes
	HalfOpen                // one passes, as a probe
)

func (c Circuit) String() string { return [...]string{"closed", "open", "half-open"}[c] }

// MarshalText gives the circuit as its word.
func (c Circuit) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Status is what is known of a back end at one moment, for pages and metrics.
type Status struct {
	Name     string        `json:"name"`
	State    State         `json:"state"`
	Takes    bool          `json:"takes"`            // messages, now
	Weight   int           `json:"weight"`           // in force
	Manual   bool          `json:"manual,omitempty"` // the weight was set by hand
	Progress int           `json:"in_progress"`      // messages
	Waiting  int           `json:"waiting"`          // for a place
	Limit    int           `json:"limit,omitempty"`  // places; 0: no limit
	Circuit  Circuit       `json:"circuit"`
	Opened   time.Duration `json:"opened,omitempty"`  // how long the breaker stays open
	Ejected  time.Duration `json:"ejected,omitempty"` // how long it stays out of its groups
	Healthy  bool          `json:"healthy"`           // by the health checks; true where there are none
	Problem  string        `json:"problem,omitempty"` // of the last health check
	Counts   Counts        `json:"counts"`
}

// Counts only grow.
type Counts struct {
	Answered  uint64 `json:"answered"`  // attempts that got an answer
	Failed    uint64 `json:"failed"`    // attempts that failed by the back end's fault
	Refused   uint64 `json:"refused"`   // attempts that it was spared
	Ejections uint64 `json:"ejections"` // times that it was taken out of a group
	Openings  uint64 `json:"openings"`  // times that its breaker opened
}

// Event is a change of a back end's state, for the log.
type Event struct {
	Backend string
	What    What
	Text    string // why, for the log; may quote an error of a health check
}

// What says what has changed.
type What string

// Changes.
const (
	Ejection  What = "ejected"   // taken out of its groups for a time
	Opening   What = "opened"    // the breaker opened
	Closing   What = "closed"    // the breaker closed
	Sickening What = "unhealthy" // the health checks fail
	Recovery  What = "healthy"   // the health checks succeed again
	Manual    What = "manual"    // an operator set state or weight
)
