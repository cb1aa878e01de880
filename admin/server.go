package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// Options shape the admin server.
type Options struct {
	// Ready returns why the process takes no messages, nil when it does.
	Ready   func() error
	Metrics *Metrics
	// Hosts are names, beside loopback addresses, that the Host field may have.
	Hosts []string
}

// Server answers on the admin address.
type Server struct{ http http.Server }

// New returns a server. It opens nothing.
func New(o Options) *Server {
	r := mux.NewRouter()
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok") }).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := o.Ready(); err != nil {
			text(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		text(w, http.StatusOK, "ready")
	}).Methods(http.MethodGet, http.MethodHead)
	r.Handle("/metrics", o.Metrics.Handler()).Methods(http.MethodGet)
	return &Server{http: http.Server{
		Handler:           guard(o.Hosts, r),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}}
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
func guard(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowedHost(r.Host, hosts) {
			text(w, http.StatusMisdirectedRequest, "this name is not served here")
			return
		}
		if o := r.Header.Get("Origin"); o != "" && o != "http://"+r.Host && o != "https://"+r.Host {
			text(w, http.StatusForbidden, "requests of other origins are refused")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func allowedHost(host string, hosts []string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if a, err := netip.ParseAddr(name); err == nil && a.IsLoopback() {
		return true
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	for _, h := range hosts {
		if strings.EqualFold(name, h) {
			return true
		}
	}
	return false
}

// Serve answers on l until Shutdown; then it returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown lets requests in progress end.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }
