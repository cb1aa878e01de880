package addressing

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// What a window holds where nothing else is said (threats T-WSA-05).
const (
	DefaultWindow    = 10 * time.Minute
	DefaultWindowIDs = 100_000
)

// Window remembers the identifiers of the messages that an endpoint took
// (wsa.duplicateMessageID=refuse). WCF keeps no such list. It is no protection
// against replay: who sends a message again may write another identifier, where
// no signature covers it; and it must not stand before reliable messaging, which
// sends again on purpose. It may be used from many goroutines, and knows the
// time only from its caller.
type Window struct {
	age  time.Duration
	most int

	mu   sync.Mutex // guards the fields below
	seen map[digest]struct{}
	ring []sighting // oldest first, from head on
	head int
}

// digest stands for an identifier, so that long ones take no room.
type digest [16]byte

type sighting struct {
	id digest
	at time.Time
}

// NewWindow returns a window that remembers most identifiers for age, and
// forgets the oldest when it is full. Zeros are the defaults above.
func NewWindow(age time.Duration, most int) *Window {
	if age <= 0 {
		age = DefaultWindow
	}
	if most <= 0 {
		most = DefaultWindowIDs
	}
	return &Window{age: age, most: most, seen: map[digest]struct{}{}}
}

// DuplicateIDError says that a MessageID was seen before. It gives the fault
// InvalidAddressingHeader/DuplicateMessageID.
type DuplicateIDError struct{ ID MessageID }

func (e *DuplicateIDError) Error() string {
	return fmt.Sprintf("MessageID %q was seen before", soap.Echo(string(e.ID)))
}

// Fault returns [InvalidHeader] with [ProblemDuplicateID].
func (e *DuplicateIDError) Fault(v soap.Version) *soap.Fault {
	return InvalidHeader(v, KindMessageID, ProblemDuplicateID)
}

// Unwrap returns the refusal that counters and logs see.
func (e *DuplicateIDError) Unwrap() error { return refusal.New(refusal.WSADuplicateID, -1, "") }

// Check remembers the identifier of a message that arrived now. The error is a
// *[DuplicateIDError] for one that it remembers already; urn:uuid forms compare
// as UUIDs (dispatch 2.1). A message without an identifier passes.
func (w *Window) Check(now time.Time, id MessageID) error {
	if id == "" {
		return nil
	}
	d := digestOf(id)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget(now)
	if _, again := w.seen[d]; again {
		return &DuplicateIDError{ID: id}
	}
	if len(w.seen) == w.most {
		w.drop()
	}
	w.seen[d] = struct{}{}
	w.ring = append(w.ring, sighting{d, now})
	return nil
}

// forget drops what is older than the window.
func (w *Window) forget(now time.Time) {
	for w.head < len(w.ring) && now.Sub(w.ring[w.head].at) >= w.age {
		w.drop()
	}
}

// drop forgets the oldest. The list moves to the front when half of it is free.
func (w *Window) drop() {
	delete(w.seen, w.ring[w.head].id)
	if w.head++; 2*w.head >= len(w.ring) {
		w.ring = w.ring[:copy(w.ring, w.ring[w.head:])]
		w.head = 0
	}
}

func digestOf(id MessageID) digest {
	text := string(id)
	const prefix = "urn:uuid:"
	if len(text) == len(prefix)+36 && strings.EqualFold(text[:len(prefix)], prefix) {
		text = strings.ToLower(text)
	}
	sum := sha256.Sum256([]byte(text))
	return digest(sum[:16])
}
