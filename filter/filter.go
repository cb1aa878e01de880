package filter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xpath"
	"github.com/viaduct-soap/viaduct/soap"
)

// Input is what filters see of a message. The zero value of a field means that
// the message has no such thing. An Input belongs to one goroutine, and to one
// message until Reset.
type Input struct {
	Envelope     *soap.Envelope
	Properties   *addressing.Properties
	EndpointName string // of the endpoint that received the message

	forms []string // comparable forms of header blocks, made when asked for

	// The key of To that was asked for last: levels of a table ask again.
	keyOf  uritable.Comparison
	keyLen int
	keyBuf [192]byte

	table *shared // of the table that is asked; nil where its filters need nothing
	asked *asked  // what it found out so far; made with the first table that needs it
}

// asked is what was found out of a message for filters that know of each other:
// levels of a table read what others had evaluated.
type asked struct {
	turns    []turn
	turnBuf  [2]turn
	results  [passKinds]results
	hitBuf   [passKinds][4]int
	document xpath.Message // what expressions see
}

func (a *asked) reset() {
	a.turns = a.turnBuf[:0]
	for i := range a.results {
		r := &a.results[i]
		if r.hits == nil {
			r.hits = a.hitBuf[i][:0]
		}
		r.hits, r.err, r.done = r.hits[:0], nil, false
	}
}

// Reset makes in the input of another message, so that its memory can be kept:
// an Input escapes to the heap where it is made.
func (in *Input) Reset(env *soap.Envelope, p *addressing.Properties, endpointName string) {
	in.Envelope, in.Properties, in.EndpointName = env, p, endpointName
	in.forms, in.keyLen, in.table = nil, 0, nil
	if in.asked != nil {
		in.asked.document = xpath.Message{}
	}
}

// key returns the key of To, a view that the next call may overwrite.
func (in *Input) key(c uritable.Comparison, to uritable.URI) []byte {
	if in.keyLen > 0 && in.keyOf == c {
		return in.keyBuf[:in.keyLen]
	}
	k := c.AppendKey(in.keyBuf[:0], to)
	if len(k) <= len(in.keyBuf) {
		in.keyOf, in.keyLen = c, len(k)
	}
	return k
}

// Filter is a test of one message. Implementations are immutable.
type Filter interface {
	// Match tests the message. An error is one of the message, for instance a
	// doubled header that the filter reads, not a failed match.
	Match(in *Input) (bool, error)
	// Explain says in one line why the message does not match: where it first
	// differs and what would match; "match" when it does.
	Explain(in *Input) string
	// String describes the filter for people.
	String() string
}

const matched = "match"

// MatchAll matches every message.
type MatchAll struct{}

// Match returns true.
func (MatchAll) Match(*Input) (bool, error) { return true, nil }

// Explain returns "match".
func (MatchAll) Explain(*Input) string { return matched }

func (MatchAll) String() string { return "MatchAll" }

// MatchNone matches no message.
type MatchNone struct{}

// Match returns false.
func (MatchNone) Match(*Input) (bool, error) { return false, nil }

// Explain says that nothing matches.
func (MatchNone) Explain(*Input) string { return "matches no message" }

func (MatchNone) String() string { return "MatchNone" }

// Action matches messages with one of some actions, by octets; "*" is an
// ordinary text here. A message without action has the action "".
type Action struct{ actions []addressing.Action }

// ErrNoAction is returned for an Action filter without actions: name at least
// one.
var ErrNoAction = errors.New("filter: an Action filter needs an action")

// NewAction returns the filter; duplicates are dropped. The only error is
// [ErrNoAction].
func NewAction(actions ...addressing.Action) (*Action, error) {
	if len(actions) == 0 {
		return nil, ErrNoAction
	}
	f := &Action{}
	for _, a := range actions {
		if !slices.Contains(f.actions, a) {
			f.actions = append(f.actions, a)
		}
	}
	return f, nil
}

// Actions returns the actions of the filter.
func (f *Action) Actions() []addressing.Action { return slices.Clone(f.actions) }

// Match compares the action of the message.
func (f *Action) Match(in *Input) (bool, error) {
	a, err := in.Properties.Action()
	if err != nil {
		return false, err
	}
	return slices.Contains(f.actions, a), nil
}

// Explain compares with the action that agrees longest.
func (f *Action) Explain(in *Input) string {
	have, err := in.Properties.Action()
	if err != nil {
		return err.Error()
	}
	best, agreed := f.actions[0], -1
	for _, a := range f.actions {
		if a == have {
			return matched
		}
		if n := agreement(string(a), string(have)); n > agreed {
			best, agreed = a, n
		}
	}
	if have == "" {
		return fmt.Sprintf("the message has no action; %q would match", best)
	}
	return "action " + difference(string(best), soap.Echo(string(have)))
}

func (f *Action) String() string {
	quoted := make([]string, len(f.actions))
	for i, a := range f.actions {
		quoted[i] = strconv.Quote(string(a))
	}
	return "Action " + strings.Join(quoted, ", ")
}

// agreement returns the number of leading characters that are equal.
func agreement(a, b string) int {
	n := 0
	for a != "" && b != "" {
		x, i := utf8.DecodeRuneInString(a)
		y, j := utf8.DecodeRuneInString(b)
		if x != y || i != j {
			break
		}
		a, b = a[i:], b[j:]
		n++
	}
	return n
}

// difference tells where have first differs from want, by character.
func difference(want, have string) string {
	if strings.EqualFold(want, have) {
		return fmt.Sprintf("%q differs only in the case of character %d; %q would match", have, agreement(want, have)+1, want)
	}
	return fmt.Sprintf("%q differs at character %d; %q would match", have, agreement(want, have)+1, want)
}

// EndpointName matches messages that came in through the service endpoint of
// that name.
type EndpointName struct{ name string }

// NewEndpointName returns the filter.
func NewEndpointName(name string) *EndpointName { return &EndpointName{name: name} }

// Name returns the name that matches.
func (f *EndpointName) Name() string { return f.name }

// Match compares the name; a message without one does not match.
func (f *EndpointName) Match(in *Input) (bool, error) {
	return in.EndpointName != "" && in.EndpointName == f.name, nil
}

// Explain compares the names.
func (f *EndpointName) Explain(in *Input) string {
	switch in.EndpointName {
	case "":
		return fmt.Sprintf("the receiving endpoint has no name; %q would match", f.name)
	case f.name:
		return matched
	default:
		return "receiving endpoint " + difference(f.name, in.EndpointName)
	}
}

func (f *EndpointName) String() string { return "EndpointName " + strconv.Quote(f.name) }

// And matches when both of two filters do: filterType And of the routing
// service. The first is asked first.
type And struct {
	names   [2]string
	filters [2]Filter
}

// NewAnd returns the filter. The names are those of the configuration, "" where
// there is none; the caller has resolved them.
func NewAnd(name1 string, f1 Filter, name2 string, f2 Filter) *And {
	return &And{names: [2]string{name1, name2}, filters: [2]Filter{f1, f2}}
}

// Match asks the second filter only when the first matches.
func (f *And) Match(in *Input) (bool, error) {
	if ok, err := f.filters[0].Match(in); !ok || err != nil {
		return false, err
	}
	return f.filters[1].Match(in)
}

// Explain explains the first of the two that does not match.
func (f *And) Explain(in *Input) string {
	for i, sub := range f.filters {
		ok, err := sub.Match(in)
		if err != nil {
			return err.Error()
		}
		if ok {
			continue
		}
		if f.names[i] == "" {
			return sub.Explain(in)
		}
		return fmt.Sprintf("filter %q: %s", f.names[i], sub.Explain(in))
	}
	return matched
}

func (f *And) String() string {
	parts := [2]string{}
	for i, sub := range f.filters {
		if parts[i] = strconv.Quote(f.names[i]); f.names[i] == "" {
			parts[i] = sub.String()
		}
	}
	return "And(" + parts[0] + ", " + parts[1] + ")"
}
