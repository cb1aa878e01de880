package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Wrong tokens that one address may show in a minute, and addresses that may
// show one.
const (
	mostGuesses   = 10
	mostAddresses = 1000
	guessWindow   = time.Minute
)

// gate lets those through who show the token (threats T-ADM-01, T-ADM-03).
type gate struct {
	token func() ([]byte, error) // nil: nobody passes

	mu    sync.Mutex // guards the rest
	since time.Time
	wrong map[netip.Prefix]int
}

// writeError is why a change was refused, and its status.
type writeError struct {
	status int
	text   string
}

func (e *writeError) Error() string { return e.text }

// status returns the HTTP status of an error.
func status(err error) int {
	if r, ok := errors.AsType[*writeError](err); ok {
		return r.status
	}
	return http.StatusInternalServerError
}

// bearer returns the token of a request's field, "" when there is none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// pass returns nil when shown is the token, else a *writeError. While an
// address guesses too much, the right token does not help it either: else
// guessing would.
func (g *gate) pass(r *http.Request, shown string) error {
	if g.token == nil {
		return &writeError{http.StatusForbidden, "nothing can be changed here: admin.token is not set. Set it to file:PATH or env:NAME in viaduct.yaml, and start viaduct again"}
	}
	if shown == "" {
		return &writeError{http.StatusUnauthorized, "a change needs the token of admin.token: Authorization: Bearer TOKEN"}
	}
	from := origin(r.RemoteAddr)
	if !g.guess(from) {
		return &writeError{http.StatusTooManyRequests, "too many wrong tokens from this address; try again in a minute"}
	}
	want, err := g.token()
	if err != nil || len(want) == 0 {
		text := "it is empty"
		if err != nil {
			text = err.Error()
		}
		return &writeError{http.StatusServiceUnavailable, "admin.token cannot be read: " + text}
	}
	a, b := sha256.Sum256([]byte(shown)), sha256.Sum256(want) // of one length, whatever was shown
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return &writeError{http.StatusUnauthorized, "this is not the token of admin.token"}
	}
	g.right(from)
	return nil
}

// origin is whom guesses are counted for: an address, of IPv6 its network.
func origin(remote string) netip.Prefix {
	a, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	ip := a.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() && !ip.IsLoopback() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // bits fit the address
	return p
}

// guess counts a token of from as wrong, and reports whether it is looked at.
func (g *gate) guess(from netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.since) >= guessWindow {
		g.since, g.wrong = now, map[netip.Prefix]int{}
	}
	n, known := g.wrong[from]
	if n >= mostGuesses || !known && len(g.wrong) >= mostAddresses {
		return false
	}
	g.wrong[from]++
	return true
}

// right takes back what guess counted.
func (g *gate) right(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong[from] > 0 {
		g.wrong[from]--
	}
}
