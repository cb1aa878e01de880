package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"
)

// Bounds of the API.
const (
	mostListed = 200      // decisions of one page or answer
	longestAsk = 16 << 10 // octets of a request's body
)

// ErrorAnswer is the body of an API answer that is not 2xx.
type ErrorAnswer struct {
	Errors []string `json:"errors"` // one line each; configuration errors as file:line:column: text
}

// DecisionsAnswer is the body of GET /decisions.json.
type DecisionsAnswer struct {
	Decisions []Decided `json:"decisions"` // oldest first
	Next      uint64    `json:"next"`      // value of after for what comes then
	Missed    uint64    `json:"missed"`    // came after "after" and are forgotten
}

// api adds the routes of the API.
func (c *console) api(r *mux.Router) {
	get := func(path string, read func() any) {
		r.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, read()) }).Methods(http.MethodGet, http.MethodHead)
	}
	get("/api/status", func() any { return c.status() })
	get("/api/backends", func() any { return some(c.about.Backends()) })
	get("/api/differences", func() any { return some(c.about.Differences()) })
	r.HandleFunc("/api/backends/{name}", c.setBackend).Methods(http.MethodPost)
	r.HandleFunc("/api/reload", c.reload).Methods(http.MethodPost)
}

// some has an empty list written as [], not null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (c *console) status() Status {
	s := c.about.Status()
	s.State = "ready"
	if c.ready != nil {
		if err := c.ready(); err != nil {
			s.State = err.Error()
		}
	}
	s.Sockets, s.Endpoints = some(s.Sockets), some(s.Endpoints)
	return s
}

// decisionsJSON answers GET /decisions.json?after=SEQ.
func (c *console) decisionsJSON(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		answerError(w, http.StatusBadRequest, err)
		return
	}
	list, next, missed := c.decisions.since(q, mostListed)
	answer(w, http.StatusOK, DecisionsAnswer{Decisions: some(list), Next: next, Missed: missed})
}

func (c *console) setBackend(w http.ResponseWriter, r *http.Request) {
	if err := c.gate.pass(r, bearer(r)); err != nil {
		answerError(w, status(err), err)
		return
	}
	var change BackendChange
	if err := readJSON(w, r, &change); err != nil {
		answerError(w, http.StatusBadRequest, err)
		return
	}
	code, err := c.change(backendName(r), change)
	if err != nil {
		answerError(w, code, err)
		return
	}
	answer(w, http.StatusOK, some(c.about.Backends()))
}

// change changes a back end; with an error comes its status.
func (c *console) change(name string, change BackendChange) (int, error) {
	if err := change.check(); err != nil {
		return http.StatusUnprocessableEntity, err
	}
	err := c.about.SetBackend(name, change)
	switch {
	case err == nil:
		return http.StatusOK, nil
	case errors.Is(err, ErrNoBackend):
		return http.StatusNotFound, fmt.Errorf("%w: %q", err, name)
	default:
		return http.StatusUnprocessableEntity, err
	}
}

func (c *console) reload(w http.ResponseWriter, r *http.Request) {
	if err := c.gate.pass(r, bearer(r)); err != nil {
		answerError(w, status(err), err)
		return
	}
	changes, err := c.about.Reload(context.WithoutCancel(r.Context())) // once begun it ends, whoever waits for it
	if err != nil {
		answerError(w, http.StatusUnprocessableEntity, err)
		return
	}
	answer(w, http.StatusOK, changes)
}

// backendName returns the name in a path, which may hold any character.
func backendName(r *http.Request) string {
	name, err := url.PathUnescape(mux.Vars(r)["name"])
	if err != nil {
		return "" // no back end has it
	}
	return name
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestAsk))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read the request: something stands after the object")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}

func answerError(w http.ResponseWriter, status int, err error) {
	challenge(w, status)
	answer(w, status, ErrorAnswer{Errors: Lines(err)})
}

// challenge adds the fields that a status asks for.
func challenge(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "60")
	}
}

// Lines returns the texts of the errors that were joined into err, in their
// order; nil when err is nil.
func Lines(err error) []string {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	var out []string
	for _, e := range many.Unwrap() {
		out = append(out, Lines(e)...)
	}
	return out
}
