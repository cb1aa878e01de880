package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// Bounds of a question to the admin address.
const (
	askTimeout    = 10 * time.Second
	reloadTimeout = 5 * time.Minute // a reload may open sockets, and read much
	longestAnswer = 16 << 20        // octets
)

// remote is the admin address of a running program.
type remote struct {
	address string // as the settings say it
	token   settings.SecretRef
	format  string
	client  *http.Client
}

func newStatus(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "status [FILE.config]",
		Short: "Say what a running viaduct serves",
		Long: `Status asks the admin address of a running viaduct what it serves: configuration,
sockets, endpoints, notices, the last refused reload, and the state of its back
ends. It finds that address as serve does: from the settings beside FILE.config
or those of --settings, from VIADUCT_ADMIN_ADDRESS, or from --admin-address.

The exit code is 1 when no viaduct answers there, or when it is not ready.`,
		Example: `  viaduct status
  viaduct status web.config --format json
  viaduct status --admin-address 127.0.0.1:9191`,
		Args: atMostOne,
	}
	remoteFlags(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := newRemote(c.Flags(), args)
		if err != nil {
			return err
		}
		return r.status(c.Context(), s)
	}
	return c
}

func newReload(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "reload [FILE.config]",
		Short: "Have a running viaduct read its configuration again",
		Long: `Reload has a running viaduct read its files again and put them in force, as
SIGHUP does, without closing a connection. It prints what has changed. A set with
an error changes nothing; the errors are printed as check prints them, and the exit
code is 1.

The admin address is found as status finds it. The token is that of admin.token,
which both sides read from the same settings.`,
		Example: `  viaduct reload web.config
  VIADUCT_ADMIN_TOKEN=file:/run/secrets/viaduct viaduct reload`,
		Args: atMostOne,
	}
	remoteFlags(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := newRemote(c.Flags(), args)
		if err != nil {
			return err
		}
		return r.reload(c.Context(), s)
	}
	return c
}

func atMostOne(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s takes at most one configuration file; see \"viaduct help %s\"", c.Name(), c.Name())}
	}
	return nil
}

// remoteFlags adds the flags that say whom to ask.
func remoteFlags(f *pflag.FlagSet) {
	f.String("settings", "", "settings file; default: viaduct.yaml beside FILE.config, or here (VIADUCT_SETTINGS)")
	for _, r := range settings.Reference() {
		if r.Name == "admin.address" || r.Name == "admin.token" {
			f.String(r.Flag(), "", flagText(r))
		}
	}
	f.String("format", "text", "text, or json as the API answers it")
}

func newRemote(flags *pflag.FlagSet, args []string) (*remote, error) {
	format, _ := flags.GetString("format") // it is a flag of this command
	if format != "text" && format != "json" {
		return nil, usageError{fmt.Errorf("--format %q: use text or json", format)}
	}
	overrides, err := settings.NewOverrides(flags)
	if err != nil {
		return nil, err
	}
	file := ""
	if len(args) > 0 {
		file = args[0]
	}
	name, err := settings.Find(overrides, file)
	if err != nil {
		return nil, err
	}
	set, err := settings.Load(name, overrides)
	if err != nil {
		return nil, err
	}
	address, err := dialable(set.Admin.Address.Get())
	if err != nil {
		return nil, err
	}
	// No proxy of the environment: the token is for this address only.
	return &remote{
		address: address, token: set.Admin.Token.Get(), format: format,
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// dialable returns where to reach what listens on address.
func dialable(address string) (string, error) {
	if address == "" {
		return "", errors.New("admin.address is empty: that viaduct has no admin address. Give one in viaduct.yaml, VIADUCT_ADMIN_ADDRESS or --admin-address")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if port == "0" {
		return "", fmt.Errorf("admin.address %s: port 0 is whatever was free; name the port with --admin-address", address)
	}
	a, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && a == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && a == netip.IPv6Unspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// ask sends a request and returns the body of its answer, which is 200 unless
// the error says otherwise.
func (r *remote) ask(ctx context.Context, method, path, token string, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.address+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, r.unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s: read the answer: %w", r.address, err)
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	return nil, &remoteError{address: r.address, status: resp.StatusCode, body: body}
}

// unreached says why nobody answered, and how to ask elsewhere.
func (r *remote) unreached(err error) error {
	const elsewhere = "ask another address with --admin-address, VIADUCT_ADMIN_ADDRESS or admin.address in viaduct.yaml"
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no viaduct answers on %s (connection refused): start one with \"viaduct serve\", or %s", r.address, elsewhere)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer from %s in time; %s", r.address, elsewhere)
	}
	return fmt.Errorf("cannot ask %s: %w; %s", r.address, errors.Unwrap(err), elsewhere)
}

// remoteError is an answer that is not 200.
type remoteError struct {
	address string
	status  int
	body    []byte
}

// lines are the errors that the answer tells, nil when it is not of viaduct.
func (e *remoteError) lines() []string {
	var a admin.ErrorAnswer
	if json.Unmarshal(e.body, &a) != nil {
		return nil
	}
	return a.Errors
}

func (e *remoteError) Error() string {
	if l := e.lines(); len(l) > 0 {
		return e.address + ": " + l[0]
	}
	if e.status == http.StatusNotFound {
		return e.address + " answers HTTP 404: that is another program, or a viaduct without this command's API"
	}
	return fmt.Sprintf("%s answers HTTP %d: %q", e.address, e.status, bytes.TrimSpace(e.body[:min(len(e.body), 200)]))
}

// status prints what runs.
func (r *remote) status(ctx context.Context, s streams) error {
	body, err := r.ask(ctx, http.MethodGet, "/api/status", "", askTimeout)
	if err != nil {
		return err
	}
	list, err := r.ask(ctx, http.MethodGet, "/api/backends", "", askTimeout)
	if err != nil {
		return err
	}
	var now struct {
		admin.Status
		Backends []admin.Backend `json:"backends"`
	}
	if err := errors.Join(json.Unmarshal(body, &now.Status), json.Unmarshal(list, &now.Backends)); err != nil {
		return fmt.Errorf("%s: this is no answer of viaduct: %w", r.address, err)
	}
	if r.format == "json" {
		err = writeJSON(s.out, now)
	} else {
		err = printStatus(s.out, &now.Status, now.Backends)
	}
	if err == nil && now.State != "ready" {
		return errFindings
	}
	return err
}

// reload has the program reload and prints what that did.
func (r *remote) reload(ctx context.Context, s streams) error {
	if r.token.IsZero() {
		return errors.New("admin.token is not set, and a reload needs it: set it to file:PATH or env:NAME in viaduct.yaml, for serve too, or send SIGHUP to the process")
	}
	secret, err := r.token.Load()
	if err != nil {
		return fmt.Errorf("admin.token: %w", err)
	}
	body, err := r.ask(ctx, http.MethodPost, "/api/reload", string(secret.Reveal()), reloadTimeout)
	if refused, ok := errors.AsType[*remoteError](err); ok && refused.status == http.StatusUnprocessableEntity {
		for _, l := range refused.lines() {
			fmt.Fprintln(s.err, l)
		}
		fmt.Fprintln(s.err, "viaduct: reload refused; nothing has changed")
		return errFindings
	}
	if err != nil {
		return err
	}
	var done admin.Changes
	if err := json.Unmarshal(body, &done); err != nil {
		return fmt.Errorf("%s: this is no answer of viaduct: %w", r.address, err)
	}
	if r.format == "json" {
		return writeJSON(s.out, done)
	}
	return printChanges(s.out, &done)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printChanges writes a line for each thing that a reload did.
func printChanges(out io.Writer, c *admin.Changes) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "configuration\t%d is in force\n", c.Configuration)
	printList(w, "opened", c.Opened)
	printList(w, "closed", c.Closed)
	printNotices(w, c.Notices)
	printList(w, "after a restart", c.Restart)
	return w.Flush()
}

func printList(w io.Writer, what string, list []string) {
	for _, text := range list {
		fmt.Fprintf(w, "%s\t%s\n", what, text)
	}
}

func printNotices(w io.Writer, list []admin.Notice) {
	for _, n := range list {
		text := n.Text
		if n.At != "" {
			text = n.At + ": " + text
		}
		fmt.Fprintf(w, "notice\t%s\n", text)
	}
}

// printStatus writes what runs: facts, then a table for each kind of thing.
func printStatus(out io.Writer, s *admin.Status, backends []admin.Backend) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "state\t%s\n", s.State)
	fmt.Fprintf(w, "configuration\t%d, %s\n", s.Configuration, s.File)
	fmt.Fprintf(w, "settings\t%s\n", cmp.Or(s.Settings, "none"))
	fmt.Fprintf(w, "version\t%s, since %s\n", s.Version, s.Started.Local().Format("2006-01-02 15:04:05"))
	for _, k := range s.Sockets {
		fmt.Fprintf(w, "socket\t%s, %d connections\n", k.Address, k.Connections)
	}
	printNotices(w, s.Notices)
	if s.Reloads.Refused > 0 {
		fmt.Fprintf(w, "reloads refused\t%d\n", s.Reloads.Refused)
	}
	if last := s.Reloads.Last; last != nil {
		fmt.Fprintf(w, "last reload\trefused %s\n", last.Time.Local().Format("2006-01-02 15:04:05"))
		printList(w, "", last.Errors)
	}
	if len(s.Endpoints) > 0 {
		fmt.Fprint(w, "\nENDPOINT\tSERVED BY\tBINDING\tDECLARED AT\n")
		for _, e := range s.Endpoints {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Address, e.As, e.Binding, e.At)
		}
	}
	if len(backends) > 0 {
		fmt.Fprint(w, "\nBACK END\tSTATE\tWEIGHT\tIN PROGRESS\tBREAKER\tHEALTH\tANSWERED\tFAILED\n")
		for _, b := range backends {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%d\t%d\n", b.Name, backendState(&b), b.Weight, b.Progress, b.Circuit, health(&b), b.Answered, b.Failed)
		}
	}
	if i := slices.IndexFunc(s.Mirrors, func(m admin.Mirror) bool { return m.Copied+m.Dropped > 0 }); i >= 0 {
		fmt.Fprint(w, "\nMIRROR\tCOPIES TO\tCOPIED\tSAME\tDIFFERENT\tFAILED\tNOT COPIED\n")
		for _, m := range s.Mirrors {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", m.Endpoint, m.To, m.Copied, m.Same, m.Different, m.Failed, m.Dropped)
		}
	}
	return w.Flush()
}

func backendState(b *admin.Backend) string {
	if b.Ejected > 0 {
		return b.State + ", ejected"
	}
	return b.State
}

func health(b *admin.Backend) string {
	if b.Healthy {
		return "healthy"
	}
	return "unhealthy"
}
