package routing

import "github.com/viaduct-soap/viaduct/binding"

// Step is what follows an attempt.
type Step uint8

// Steps.
const (
	Fail  Step = iota // the message fails with this error
	Again             // the same destination once more
	Next              // the next destination of the route
)

func (s Step) String() string { return [...]string{"fail", "again", "next"}[s] }

// Outcome is what is known after a failed attempt.
type Outcome struct {
	Err        *binding.SendError
	OneWay     bool
	Backups    bool // the route has a backup list
	Left       int  // destinations of the route that were not tried yet
	Members    bool // another member of the destination's group takes messages
	Repeatable bool // the action is declared repeatable
	Replayable bool // the body can be read once more
	Repeated   bool // "again" was used up; it is one per message
	Late       bool // the deadline of all attempts has passed
}

// Judge says what follows a failed attempt (dispatch 8.8). A SOAP fault is an
// answer, never a failure.
func Judge(o Outcome) Step {
	step := judgeKind(o)
	if step == Fail || !o.Replayable || o.Late {
		return Fail
	}
	// Design, principle 5: what may have been delivered is sent again only where
	// the configuration says so.
	if o.Err.Delivery != binding.NotDelivered && !o.Backups && !o.Repeatable {
		return Fail
	}
	if step == Again && o.Repeated {
		step = Next
	}
	if step == Next && o.Left == 0 && !o.Members {
		return Fail
	}
	return step
}

func judgeKind(o Outcome) Step {
	switch o.Err.Kind {
	case binding.Aborted:
		return Again
	case binding.Security:
		switch {
		case o.Backups:
			return Again
		case o.Members && o.Err.Delivery == binding.NotDelivered:
			return Next // WCF knows no groups: another member may be well
		}
		return Fail
	case binding.Protocol:
		if o.OneWay {
			return Next
		}
		return Again
	case binding.NotFound, binding.Busy, binding.Timeout, binding.Communication:
		return Next
	default:
		return Fail
	}
}
