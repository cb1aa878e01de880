package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
)

// Options shape the admin server.
type Options struct {
	// Ready returns why the process takes no messages, nil when it does. A nil
	// Ready is always ready.
	Ready   func() error
	Metrics *Metrics
	// Hosts are names, beside loopback ones, that the Host field may have.
	Hosts []string
	// AnyAddress also allows every IP address in the Host field: for servers that
	// others than this machine reach. A name that was made to resolve to the
	// server is still refused, an address cannot be.
	AnyAddress bool

	// Console adds the pages and the API; nil leaves them out.
	Console Console
	// Decisions are listed by the console; nil: none are kept.
	Decisions *Decisions
	// Token returns what a request that changes something must show. It is asked
	// anew each time, so that the token may be replaced. nil refuses changes.
	Token func() ([]byte, error)
}

// Server answers on the admin address.
type Server struct{ http *http.Server }

// New returns a server. It opens nothing.
func New(o Options) *Server {
	r := mux.NewRouter().UseEncodedPath() // names of back ends may hold a slash
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") }).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if o.Ready != nil {
			if err := o.Ready(); err != nil {
				text(w, http.StatusServiceUnavailable, err.Error())
				return
			}
		}
		text(w, http.StatusOK, "ready")
	}).Methods(http.MethodGet, http.MethodHead)
	r.Handle("/metrics", o.Metrics.Handler()).Methods(http.MethodGet, http.MethodHead)
	stop := make(chan struct{})
	if o.Console != nil {
		c := &console{
			about: o.Console, decisions: o.Decisions, ready: o.Ready, gate: gate{token: o.Token}, stop: stop, pages: parsePages(),
		}
		c.routes(r)
	}
	s := &Server{http: &http.Server{
		Handler:           guard(o, protect(r)),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}}
	s.http.RegisterOnShutdown(sync.OnceFunc(func() { close(stop) })) // Shutdown waits for watchers: they end themselves
	return s
}

func text(w http.ResponseWriter, status int, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, s+"\n") // whoever asked may be gone
}

// guard refuses requests that a browser was led to: the Host field must be a
// loopback address or a listed name, and a page of another origin may not ask
// (threats T-ADM-01).
func guard(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.allowsHost(r.Host) {
			text(w, http.StatusMisdirectedRequest, "this name is not served here; use an address of this machine")
			return
		}
		if foreign(r) {
			text(w, http.StatusForbidden, "requests of other origins are refused")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreign reports whether a browser says that a page of another origin asks.
func foreign(r *http.Request) bool {
	if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host && o != "https://"+r.Host {
		return true
	}
	return r.Header.Get("Sec-Fetch-Site") == "cross-site"
}

func (o *Options) allowsHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if a, err := netip.ParseAddr(name); err == nil && (o.AnyAddress || a.IsLoopback()) {
		return true
	}
	return strings.EqualFold(name, "localhost") ||
		slices.ContainsFunc(o.Hosts, func(h string) bool { return strings.EqualFold(name, h) })
}

// Handler answers requests, for programs that have a server of their own.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Serve answers on l until Shutdown; then it returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown lets requests in progress end. When ctx ends first they are cut, and
// its error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
