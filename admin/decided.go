package admin

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/viaduct-soap/viaduct/binding"
)

// Decided is one message as pages and API show it. Names are those of the access
// log. Texts from messages are cut, and characters that do not print are shown
// as \u00XX.
type Decided struct {
	Seq      uint64        `json:"seq"` // grows by one with each message
	Time     time.Time     `json:"time"`
	Outcome  Outcome       `json:"outcome"`
	ID       string        `json:"id,omitempty"` // also in X-Viaduct-Error and in the log
	Listener string        `json:"listener,omitempty"`
	Endpoint string        `json:"endpoint,omitempty"`
	Action   string        `json:"action,omitempty"`
	Via      string        `json:"via"`
	Peer     string        `json:"peer,omitempty"`
	Status   int           `json:"status,omitempty"` // HTTP; 0 of deliveries
	Reason   string        `json:"reason,omitempty"`
	Error    string        `json:"error,omitempty"`
	Route    string        `json:"route,omitempty"`
	To       string        `json:"to,omitempty"` // the last destination tried
	Attempts int           `json:"attempts,omitempty"`
	Took     time.Duration `json:"took"` // nanoseconds
	In       int64         `json:"in"`   // octets
	Out      int64         `json:"out"`
	Decision string        `json:"decision,omitempty"` // as viaduct explain prints it

	decision *binding.Decision
	left     int
}

// decided renders s, which is a copy.
func (s *slot) decided() Decided {
	part := func(i int) string {
		from := 0
		if i > 0 {
			from = s.ends[i-1]
		}
		return shown(string(s.text[from:s.ends[i]]))
	}
	d := &s.decision
	out := Decided{
		Seq: s.seq, Time: s.at, Outcome: s.outcome, ID: part(2), Listener: s.listener, Endpoint: s.endpoint,
		Action: part(1), Via: part(0), Status: s.status, Reason: string(s.reason), Error: part(3),
		Route: d.Route.Name, Attempts: len(d.Attempts), Took: s.took, In: s.in, Out: s.out,
		Decision: lines(d.String()), decision: d, left: s.left,
	}
	if s.peer.Address.IsValid() {
		out.Peer = s.peer.Address.String()
	}
	if n := len(d.Attempts); n > 0 {
		out.To = d.Attempts[n-1].Endpoint
	}
	if s.left > 0 {
		out.Decision += fmt.Sprintf("  and %d candidates that are not kept\n", s.left)
	}
	return out
}

// shown makes characters visible that would hide, or turn the text around.
func shown(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04X`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

// lines is shown, line by line.
func lines(s string) string {
	var b strings.Builder
	for l := range strings.Lines(s) {
		b.WriteString(shown(strings.TrimSuffix(l, "\n")))
		b.WriteByte('\n')
	}
	return b.String()
}

// query says which messages somebody wants to see.
type query struct {
	Endpoint string  // of the service, or a destination that was tried
	Outcome  Outcome // "" for all
	Text     string  // in any text of the message, letter case aside
	After    uint64
	Before   uint64
}

const longestQuery = 256

// parseQuery reads a request's query; the error says what is wrong with it.
func parseQuery(v url.Values) (query, error) {
	q := query{Endpoint: v.Get("endpoint"), Outcome: Outcome(v.Get("outcome")), Text: strings.TrimSpace(v.Get("text"))}
	if len(q.Endpoint) > longestQuery || len(q.Text) > longestQuery {
		return q, fmt.Errorf("endpoint and text may have %d octets", longestQuery)
	}
	known := q.Outcome == ""
	for _, o := range outcomes {
		known = known || o == q.Outcome
	}
	if !known {
		return q, fmt.Errorf("unknown outcome; use one of %v", outcomes)
	}
	for name, at := range map[string]*uint64{"after": &q.After, "before": &q.Before} {
		if text := v.Get(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return q, fmt.Errorf("%s is the seq of a decision: a number", name)
			}
			*at = n
		}
	}
	return q, nil
}

// values gives the query back without positions.
func (q query) values() url.Values {
	v := url.Values{}
	for name, text := range map[string]string{"endpoint": q.Endpoint, "outcome": string(q.Outcome), "text": q.Text} {
		if text != "" {
			v.Set(name, text)
		}
	}
	return v
}

// wants reports whether a message is asked for.
func (q query) wants(d *Decided) bool {
	if q.Outcome != "" && q.Outcome != d.Outcome || q.Endpoint != "" && !q.concerns(d) {
		return false
	}
	if q.Text == "" {
		return true
	}
	text := strings.ToLower(q.Text)
	for _, s := range []string{d.Action, d.Via, d.ID, d.Reason, d.Error, d.Peer, d.Listener, d.Decision} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

func (q query) concerns(d *Decided) bool {
	if strings.EqualFold(q.Endpoint, d.Endpoint) {
		return true
	}
	for i := range d.decision.Attempts {
		if strings.EqualFold(q.Endpoint, d.decision.Attempts[i].Endpoint) {
			return true
		}
	}
	return false
}

// latest returns up to n messages that q wants, the newest first, and the number
// from which older ones follow, 0 when there are none.
func (d *Decisions) latest(q query, n int) (list []Decided, older uint64) {
	if d == nil {
		return nil, 0
	}
	at := q.Before
	for {
		some := d.before(at)
		if len(some) == 0 {
			return list, 0
		}
		for i := range some {
			at = some[i].seq
			x := some[i].decided()
			if !q.wants(&x) {
				continue
			}
			if len(list) == n {
				return list, list[n-1].Seq
			}
			list = append(list, x)
		}
		if at == 1 {
			return list, 0
		}
	}
}

// since returns up to n messages that q wants and that came after q.After, in
// their order, the number to go on from, and how many were forgotten before they
// could be shown.
func (d *Decisions) since(q query, n int) (list []Decided, next, missed uint64) {
	next = q.After
	if d == nil {
		return nil, next, 0
	}
	if next > d.newest() {
		next = 0 // of a process before this one
	}
	for {
		some := d.after(next, chunk)
		if len(some) == 0 {
			return list, next, missed
		}
		if next > 0 {
			missed += some[0].seq - next - 1
		}
		for i := range some {
			x := some[i].decided()
			if q.wants(&x) {
				if len(list) == n {
					return list, next, missed
				}
				list = append(list, x)
			}
			next = x.Seq
		}
	}
}

// find returns the message of that number, while it is kept.
func (d *Decisions) find(seq uint64) (Decided, bool) {
	if d == nil || seq == 0 {
		return Decided{}, false
	}
	if some := d.after(seq-1, 1); len(some) == 1 && some[0].seq == seq {
		return some[0].decided(), true
	}
	return Decided{}, false
}
