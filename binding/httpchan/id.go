package httpchan

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"sync/atomic"
)

// errorField names the field that carries reason and id of a refusal.
const errorField = "X-Viaduct-Error"

// idSource makes correlation ids: unique per process, and between processes
// with the likelihood of a random prefix.
type idSource struct {
	prefix string
	n      atomic.Uint64
}

func newIDSource() *idSource {
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail: it ends the process instead
	return &idSource{prefix: hex.EncodeToString(b[:]) + "-"}
}

func (s *idSource) next() string {
	return s.prefix + strconv.FormatUint(s.n.Add(1), 36)
}
