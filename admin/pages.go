package admin

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

//go:embed pages assets
var files embed.FS

// policy is what a page may do: load and ask this server only, run no script
// that stands in it, and stand in no frame (threats T-ADM-02).
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// console serves pages and API.
type console struct {
	about     Console
	decisions *Decisions
	ready     func() error
	gate      gate
	stop      chan struct{} // closed when the server shuts down
	pages     map[string]*template.Template
}

// page is what every template gets.
type page struct {
	Title string
	Nav   string // path of the entry that is open
	Error []string
	Done  string
	Body  any
}

// functions of the templates.
var functions = template.FuncMap{
	"took":  took,
	"clock": func(t time.Time) string { return t.Format("15:04:05.000") },
	"date":  func(t time.Time) string { return t.Format("2006-01-02 15:04:05 -07:00") },
	"stamp": func(t time.Time) string { return t.Format("2006-01-02 15:04:05.000 -07:00") },
	"iso":   func(t time.Time) string { return t.Format(time.RFC3339Nano) },
	"since": func(t time.Time) string { return time.Since(t).Round(time.Second).String() },
	"path":  url.PathEscape,
	"mark":  mark,
}

// took rounds a duration to what a person reads.
func took(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}

// mark says how a candidate fared, as viaduct explain does.
func mark(matched bool) string {
	if matched {
		return "+"
	}
	return "-"
}

// parsePages reads the templates. They are part of the program: one that is
// wrong is found by every test.
func parsePages() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(files, "pages/layout.html"))
	names, _ := fs.Glob(files, "pages/*.html") // the pattern is well-formed
	out := map[string]*template.Template{}
	for _, name := range names {
		if base := strings.TrimPrefix(name, "pages/"); base != "layout.html" {
			out[base] = template.Must(template.Must(layout.Clone()).ParseFS(files, name))
		}
	}
	return out
}

// routes adds pages and API.
func (c *console) routes(r *mux.Router) {
	assets, _ := fs.Sub(files, "assets") // the name is well-formed
	r.Handle("/assets/{name}", http.StripPrefix("/assets", http.FileServerFS(assets))).Methods(http.MethodGet, http.MethodHead)
	for path, show := range map[string]http.HandlerFunc{
		"/": c.overview, "/decisions": c.listDecisions, "/decisions.json": c.decisionsJSON, "/decisions/{seq:[0-9]+}": c.decision,
		"/backends": c.listBackends, "/backends/{name}": c.backend, "/differences": c.differences,
	} {
		r.HandleFunc(path, show).Methods(http.MethodGet, http.MethodHead)
	}
	r.HandleFunc("/decisions/events", c.events).Methods(http.MethodGet)
	r.HandleFunc("/backends/{name}", c.changeBackend).Methods(http.MethodPost)
	r.HandleFunc("/reload", c.reloadPage).Methods(http.MethodPost)
	c.api(r)
}

// protect adds the fields that every answer bears.
func protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin") // no-referrer would take Origin from forms
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// show renders a page. Templates escape markup; characters that hide or turn the
// text around are made visible in all of it, names of the configuration too.
func (c *console) show(w http.ResponseWriter, status int, name string, p page) {
	var b bytes.Buffer
	if err := c.pages[name].Execute(&b, p); err != nil {
		text(w, http.StatusInternalServerError, "the page cannot be made: "+err.Error())
		return
	}
	challenge(w, status)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, lines(b.String())) // whoever asked may be gone
}

// overviewBody is what the overview shows.
type overviewBody struct {
	Status
	Backends int
	Resting  int      // of them take no messages
	Ejected  int      // of the others are out of their groups
	Changes  *Changes // of the reload that was just taken
	Token    bool     // there is one, so that a reload is possible
}

func (c *console) overviewBody() overviewBody {
	all := c.about.Backends()
	o := overviewBody{Status: c.status(), Backends: len(all), Token: c.gate.token != nil}
	for i := range all {
		switch {
		case !all[i].Takes:
			o.Resting++
		case all[i].Ejected > 0:
			o.Ejected++
		}
	}
	return o
}

func (c *console) overview(w http.ResponseWriter, _ *http.Request) {
	c.show(w, http.StatusOK, "overview.html", page{Title: "Overview", Nav: "/", Body: c.overviewBody()})
}

// reloadPage answers the form of the overview.
func (c *console) reloadPage(w http.ResponseWriter, r *http.Request) {
	p, code := page{Title: "Overview", Nav: "/"}, http.StatusOK
	var changes Changes
	_, err := c.form(w, r)
	if err != nil {
		code = status(err)
	} else if changes, err = c.about.Reload(context.WithoutCancel(r.Context())); err != nil {
		code = http.StatusUnprocessableEntity
	}
	o := c.overviewBody()
	if err != nil {
		p.Error = append([]string{"The reload was refused; nothing has changed."}, Lines(err)...)
	} else {
		o.Changes, p.Done = &changes, "Configuration "+strconv.Itoa(changes.Configuration)+" is in force."
	}
	p.Body = o
	c.show(w, code, "overview.html", p)
}

// form reads a form and checks its token, which is used once and forgotten.
func (c *console) form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, longestAsk)
	if err := r.ParseForm(); err != nil {
		return nil, &writeError{http.StatusBadRequest, "read the form: " + err.Error()}
	}
	token := r.PostForm.Get("token")
	if token == "" {
		token = bearer(r)
	}
	return r.PostForm, c.gate.pass(r, token)
}

// decisionsBody is what the list of decisions shows.
type decisionsBody struct {
	On       bool
	Query    query
	Outcomes []Outcome
	List     []Decided
	Older    string // path of the page with older ones
	Newest   uint64
	Events   string // path of the live view, "" where a page of older ones is shown
}

func (c *console) listDecisions(w http.ResponseWriter, r *http.Request) {
	p, code := page{Title: "Decisions", Nav: "/decisions"}, http.StatusOK
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		code, p.Error, q = http.StatusBadRequest, Lines(err), query{}
	}
	b := decisionsBody{On: c.decisions != nil, Query: q, Outcomes: outcomes, Newest: c.decisions.newest()}
	var older uint64
	b.List, older = c.decisions.latest(q, mostListed)
	if older > 0 {
		v := q.values()
		v.Set("before", strconv.FormatUint(older, 10))
		b.Older = "/decisions?" + v.Encode()
	}
	if b.On && q.Before == 0 {
		v := q.values()
		v.Set("after", strconv.FormatUint(b.Newest, 10))
		b.Events = "/decisions/events?" + v.Encode()
	}
	p.Body = b
	c.show(w, code, "decisions.html", p)
}

func (c *console) decision(w http.ResponseWriter, r *http.Request) {
	seq, _ := strconv.ParseUint(mux.Vars(r)["seq"], 10, 64) // 0 is none
	d, ok := c.decisions.find(seq)
	if !ok {
		c.show(w, http.StatusNotFound, "message.html", page{
			Title: "Decision " + mux.Vars(r)["seq"], Nav: "/decisions",
			Error: []string{"This decision is not kept, or not any more. The setting admin.decisions says how many are."},
		})
		return
	}
	c.show(w, http.StatusOK, "decision.html", page{Title: "Decision " + strconv.FormatUint(seq, 10), Nav: "/decisions", Body: d.body()})
}

func (c *console) listBackends(w http.ResponseWriter, _ *http.Request) {
	c.show(w, http.StatusOK, "backends.html", page{Title: "Back ends", Nav: "/backends", Body: c.about.Backends()})
}

// backendBody is one back end and the form to change it.
type backendBody struct {
	Backend
	States []string
	Most   int
	Token  bool // there is one, so that changes are possible
}

func (c *console) backend(w http.ResponseWriter, r *http.Request) {
	p := page{}
	if r.URL.Query().Has("changed") {
		p.Done = "Changed."
	}
	c.showBackend(w, http.StatusOK, backendName(r), p)
}

func (c *console) showBackend(w http.ResponseWriter, code int, name string, p page) {
	p.Title, p.Nav = name, "/backends"
	all := c.about.Backends()
	i := slices.IndexFunc(all, func(b Backend) bool { return b.Name == name })
	if i < 0 {
		p.Error = []string{ErrNoBackend.Error() + ": " + bounded(name)}
		p.Title = "Back end"
		c.show(w, http.StatusNotFound, "message.html", p)
		return
	}
	p.Body = backendBody{Backend: all[i], States: []string{StateEnabled, StateDraining, StateDisabled}, Most: MostWeight, Token: c.gate.token != nil}
	c.show(w, code, "backend.html", p)
}

// changeBackend answers the form of a back end.
func (c *console) changeBackend(w http.ResponseWriter, r *http.Request) {
	name := backendName(r)
	refuse := func(code int, err error) { c.showBackend(w, code, name, page{Error: Lines(err)}) }
	form, err := c.form(w, r)
	if err != nil {
		refuse(status(err), err)
		return
	}
	change, err := formChange(form)
	if err != nil {
		refuse(http.StatusUnprocessableEntity, err)
		return
	}
	if code, err := c.change(name, change); err != nil {
		refuse(code, err)
		return
	}
	http.Redirect(w, r, "/backends/"+url.PathEscape(name)+"?changed", http.StatusSeeOther)
}

func formChange(form url.Values) (BackendChange, error) {
	change := BackendChange{State: form.Get("state")}
	weight := strings.TrimSpace(form.Get("weight"))
	switch {
	case form.Has("settings"):
		own := -1
		change.Weight = &own
	case weight != "":
		n, err := strconv.Atoi(weight)
		if err != nil || n < 0 {
			return change, errors.New("weight is a number from 0 to 1000")
		}
		change.Weight = &n
	}
	return change, nil
}

// differencesBody is what the page of differences shows.
type differencesBody struct {
	Mirrors []Mirror
	List    []Difference
}

func (c *console) differences(w http.ResponseWriter, _ *http.Request) {
	c.show(w, http.StatusOK, "differences.html", page{
		Title: "Differences", Nav: "/differences", Body: differencesBody{c.about.Status().Mirrors, c.about.Differences()},
	})
}
