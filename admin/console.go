package admin

import (
	"context"
	"errors"
	"time"
)

// Console is what the pages and the API show and change. Its methods may be
// called from many goroutines.
type Console interface {
	// Status tells what runs.
	Status() Status
	// Backends tells what is known of each back end, in the order of names.
	Backends() []Backend
	// SetBackend changes a back end by hand. The change outlives reloads. The
	// error is ErrNoBackend, or says what is wrong with the change.
	SetBackend(name string, change BackendChange) error
	// Reload reads the configuration again and puts it in force. An error, which
	// may hold many (Unwrap() []error), changes nothing.
	Reload(ctx context.Context) (Changes, error)
	// Differences returns the last differences between answers and those to
	// copies, the newest first.
	Differences() []Difference
}

// ErrNoBackend says that no back end has that name. Names are those of client
// endpoints that messages go to.
var ErrNoBackend = errors.New("no back end of that name")

// Status is what runs.
type Status struct {
	Version       string     `json:"version"`
	State         string     `json:"state"`         // "ready", or why not; the server fills it
	Configuration int        `json:"configuration"` // counts the reloads that were taken, from 1
	File          string     `json:"file"`          // the WCF file
	Settings      string     `json:"settings,omitempty"`
	Started       time.Time  `json:"started"`
	Sockets       []Socket   `json:"sockets"`
	Endpoints     []Endpoint `json:"endpoints"`
	Notices       []Notice   `json:"notices,omitempty"`
	Reloads       Reloads    `json:"reloads"`
	Mirrors       []Mirror   `json:"mirrors,omitempty"`
}

// Socket is where messages arrive.
type Socket struct {
	Address     string `json:"address"` // with scheme
	Connections int    `json:"connections"`
}

// Endpoint is an endpoint of a service and what stands for it.
type Endpoint struct {
	Service  string `json:"service"`
	Name     string `json:"name"`
	Address  string `json:"address"`
	Binding  string `json:"binding"` // kind, or kind/configuration
	Contract string `json:"contract,omitempty"`
	As       string `json:"as"` // routing service, builtin echo, forward to NAME
	At       string `json:"at"` // file:line:column
}

// Notice is what the operator should know.
type Notice struct {
	At   string `json:"at,omitempty"` // file:line:column
	Text string `json:"text"`
}

// Reloads counts the reloads that were refused.
type Reloads struct {
	Refused int           `json:"refused"`
	Last    *ReloadFailed `json:"last,omitempty"` // nil when there was none, or one was taken since
}

// ReloadFailed is a reload that was refused.
type ReloadFailed struct {
	Time   time.Time `json:"time"`
	Errors []string  `json:"errors"` // one per line, as file:line:column: text where there is a place
}

// Mirror counts what came of the copies of one endpoint's messages.
type Mirror struct {
	Endpoint   string `json:"endpoint"` // that answers clients
	To         string `json:"to"`       // that gets the copies
	InProgress int64  `json:"in_progress"`
	Copied     uint64 `json:"copied"`
	Failed     uint64 `json:"failed"`
	Same       uint64 `json:"same"`
	Different  uint64 `json:"different"`
	Uncompared uint64 `json:"uncompared"` // too long, or streamed
	Dropped    uint64 `json:"dropped"`    // not copied: too many in progress, or streamed
	Lost       uint64 `json:"lost"`       // differences that the file did not take
}

// Backend is what is known of a back end.
type Backend struct {
	Name      string        `json:"name"` // of the client endpoint
	Address   string        `json:"address,omitempty"`
	State     string        `json:"state"`             // by hand: enabled, draining, disabled
	Takes     bool          `json:"takes"`             // messages, now
	Weight    int           `json:"weight"`            // in force
	Manual    bool          `json:"manual,omitempty"`  // the weight was set by hand
	Progress  int           `json:"in_progress"`       // messages
	Waiting   int           `json:"waiting"`           // for a place
	Limit     int           `json:"limit,omitempty"`   // places; 0: no limit
	Circuit   string        `json:"circuit"`           // of the breaker: closed, open, half-open
	Opened    time.Duration `json:"opened,omitempty"`  // nanoseconds that the breaker stays open
	Ejected   time.Duration `json:"ejected,omitempty"` // nanoseconds that it stays out of its groups
	Healthy   bool          `json:"healthy"`           // by the health checks; true where there are none
	Problem   string        `json:"problem,omitempty"` // of the last health check
	Answered  uint64        `json:"answered"`          // attempts that got an answer
	Failed    uint64        `json:"failed"`            // attempts that failed by its fault
	Refused   uint64        `json:"refused"`           // attempts that it was spared
	Ejections uint64        `json:"ejections"`
	Openings  uint64        `json:"openings"`
}

// States of a back end that an operator may set.
const (
	StateEnabled  = "enabled"  // takes messages
	StateDraining = "draining" // takes no more; those in progress and those that wait go on
	StateDisabled = "disabled" // takes no more, and those that wait are refused
)

// MostWeight is the greatest weight of a back end.
const MostWeight = 1000

// BackendChange says what to change of a back end.
type BackendChange struct {
	State string `json:"state,omitempty"` // "": as it is
	// Weight is 0 to MostWeight; less than 0 goes back to the settings' weight.
	// nil: as it is.
	Weight *int `json:"weight,omitempty"`
}

// check returns what is wrong with a change.
func (c BackendChange) check() error {
	switch c.State {
	case "", StateEnabled, StateDraining, StateDisabled:
	default:
		return errors.New("unknown state; use enabled, draining or disabled")
	}
	if c.Weight != nil && *c.Weight > MostWeight {
		return errors.New("weight: at most 1000; less than 0 goes back to the settings")
	}
	if c.State == "" && c.Weight == nil {
		return errors.New("nothing to change; give state or weight")
	}
	return nil
}

// Changes is what a reload did.
type Changes struct {
	Configuration int      `json:"configuration"` // now in force
	Opened        []string `json:"opened,omitempty"`
	Closed        []string `json:"closed,omitempty"`
	Notices       []Notice `json:"notices,omitempty"`
	Restart       []string `json:"restart,omitempty"` // settings that changed and that only a restart puts in force
}

// Difference is a pair of answers that are not the same.
type Difference struct {
	Time      time.Time `json:"time"`
	Endpoint  string    `json:"endpoint"` // that answered the client
	Mirror    string    `json:"mirror"`   // that got the copy
	Action    string    `json:"action,omitempty"`
	MessageID string    `json:"message_id,omitempty"`
	First     string    `json:"first"`  // of endpoint: reply, fault or accepted
	Second    string    `json:"second"` // of mirror: likewise, or failed and why
	Places    []Place   `json:"places,omitempty"`
	Problem   string    `json:"problem,omitempty"` // why two answers of one kind were not compared
}

// Place is where two answers differ.
type Place struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"`
	First  string `json:"first,omitempty"`
	Second string `json:"second,omitempty"`
}
