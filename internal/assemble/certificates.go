package assemble

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/certs"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// codeCredentials is the code of configs for security that lacks a certificate.
const codeCredentials = "credentials-missing"

// keyring holds the certificates of the settings. It is read anew with each
// configuration.
type keyring struct {
	stored *certs.Map // certificates[]; nil where one of them cannot be read
	broken bool       // one of them cannot be read, which is reported
	pairs  map[pair]*certs.Certificate
	used   map[source.Pos]bool // entries that stand for something of the file
}

// pair names the files of a certificate.
type pair struct{ certificate, key string }

// loadCertificates reads certificates[] of the settings.
func (b *builder) loadCertificates() {
	b.file.Web.SSLFlags.Get() // endpoints ask for it, where there are any
	b.keys = keyring{pairs: map[pair]*certs.Certificate{}, used: map[source.Pos]bool{}}
	entries := make([]certs.Entry, 0, len(b.settings.Certificates))
	for _, c := range b.settings.Certificates {
		entries = append(entries, certs.Entry{
			Pos: c.Pos, Find: c.Find.Get(), Store: c.Store.Get(), Certificate: c.Certificate.Get(), Key: c.Key.Get(),
		})
	}
	m, errs := certs.LoadMap(entries)
	for _, err := range errs {
		if e, ok := errors.AsType[*certs.EntryError](err); ok {
			b.wrong(e.Pos, "certificates[]", e.Err.Error())
		}
	}
	b.keys.stored, b.keys.broken = m, len(errs) > 0
	for e, c := range m.All() {
		for _, w := range c.Warnings(time.Now()) {
			b.notice(e.Pos, "certificates: "+w)
		}
	}
}

// idleCertificates tells of entries that nothing asked for.
func (b *builder) idleCertificates() {
	for e := range b.keys.stored.All() {
		if !b.keys.used[e.Pos] {
			b.notice(e.Pos, fmt.Sprintf("certificates: nothing that is served in %s needs %q; remove it, or correct find and store", b.file.Name, e.Find))
		}
	}
}

// stored finds what certificates[] of the settings has for a reference. what
// begins the error.
func (b *builder) stored(r *configs.CertificateReference, what string) (*certs.Certificate, error) {
	ref := certs.Reference{Store: r.StoreName.Get(), Type: certs.FindType(r.FindType.Get()), Value: r.FindValue.Get()}
	if b.keys.broken {
		return nil, r.Error(codeCredentials, what+", and the certificates of the settings cannot be read; correct them")
	}
	c, err := b.keys.stored.Find(ref)
	if _, missing := errors.AsType[*certs.NotFoundError](err); missing {
		wrong := r.Error(codeCredentials, fmt.Sprintf("%s: the settings have no certificate for %s", what, ref))
		wrong.Remedy = "certificates:\n  - find: " + strconv.Quote(ref.Value) + "\n"
		if r.StoreName.Written() {
			wrong.Remedy += "    store: " + ref.Store + "\n"
		}
		wrong.Remedy += "    certificate: FILE.pem   # the chain, the certificate itself first\n    key: FILE.pem\n"
		return nil, wrong
	}
	if err != nil {
		return nil, r.Error(codeCredentials, what+": "+err.Error())
	}
	for e, x := range b.keys.stored.All() {
		if x == c {
			b.keys.used[e.Pos] = true
			r.Settle(e.Pos)
			break
		}
	}
	return c, nil
}

// pair loads the client certificate of tls settings; nil where they have none.
func (b *builder) pair(c settings.ClientTLS) (*certs.Certificate, error) {
	files := pair{c.Certificate.Get(), c.Key.Get()}
	if files.certificate == "" {
		return nil, nil //nolint:nilnil // documented
	}
	if own, ok := b.keys.pairs[files]; ok {
		return own, nil
	}
	own, err := certs.Load(files.certificate, files.key)
	if err != nil {
		return nil, &settings.Error{Pos: c.Certificate.Pos, Path: "tls.certificate", Text: err.Error()}
	}
	for _, w := range own.Warnings(time.Now()) {
		b.notice(c.Certificate.Pos, "client certificate: "+w)
	}
	b.keys.pairs[files] = own
	return own, nil
}

// demand says what has an endpoint ask its clients for certificates; "" for
// nothing.
func (b *builder) demand(e *configs.Endpoint) string {
	flags := b.file.Web.SSLFlags
	switch {
	case e.Binding.ClientCertificate():
		return bindingName(e.Binding)
	case slices.Contains(flags.Get(), "SslRequireCert"):
		return "sslFlags (" + flags.Pos().String() + ")"
	}
	return ""
}

// overTLS refuses an endpoint without TLS where the web server would refuse its
// clients (system.webServer/security/access).
func (b *builder) overTLS(e *configs.Endpoint, scheme string) error {
	flags := b.file.Web.SSLFlags
	demands := slices.ContainsFunc(flags.Get(), func(f string) bool { return f == "Ssl" || f == "Ssl128" || f == "SslRequireCert" })
	if !demands || scheme == "https" {
		return nil
	}
	return e.Error("", fmt.Sprintf("endpoint %q: sslFlags %q (%s) lets clients in over TLS only, and %s has none; write security mode Transport, or remove sslFlags",
		e.EffectiveName(), strings.Join(flags.Get(), ", "), flags.Pos(), bindingName(e.Binding)))
}

// certified sees to it that a socket asks for the certificates that an endpoint
// demands of clients, and says how they are checked.
func (b *builder) certified(g *group, s *settings.Socket) error {
	authorities := s.TLS.ClientAuthorities
	if authorities.Get() == "" {
		err := g.first.Error(codeCredentials, fmt.Sprintf("endpoint %q: %s demands a certificate of each client, and the socket %s (%s) asks for none",
			g.first.EffectiveName(), g.demand, s.Address.Get(), s.Pos))
		err.Remedy = fmt.Sprintf("sockets:\n  - address: %q\n    scheme: https\n    tls:\n      certificate: %q\n      key: %q\n      clientAuthorities: FILE.pem   # who signs the certificates of clients\n",
			s.Address.Get(), s.TLS.Certificate.Get(), s.TLS.Key.Get())
		return err
	}
	at, v := g.first.Pos(), (*configs.PeerValidation)(nil)
	if c := g.owner.Behavior.Credentials; c != nil {
		v = c.ClientValidation
	}
	if v != nil {
		if v.Mode.Get() == "None" {
			v.Mode.Settle(authorities.Pos) // stricter than the file, which takes every certificate
		}
		if v.Revocation.Peek() == "NoCheck" {
			v.Revocation.Get()
			return nil
		}
		at = v.Revocation.Pos()
	}
	b.relaxOnce(at, "revocationMode", fmt.Sprintf("nobody is asked whether a client's certificate was revoked; "+
		"renew the file of clientAuthorities (%s) instead, and write revocationMode=\"NoCheck\" in clientCertificate/authentication of serviceCredentials", authorities.Pos))
	return nil
}

// certifiedOnly refuses clients that have proved no certificate. The handshake has
// refused them already, but for connections that are older than the
// configuration which demands it.
func certifiedOnly(h binding.Handler) binding.Handler {
	return binding.HandlerFunc(func(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
		if !req.Peer.Certified {
			req.Release()
			return nil, refusal.New(refusal.Draining, -1, "the connection is older than the demand for a certificate; open another")
		}
		return h.Handle(ctx, req)
	})
}

// relaxOnce is relax for what several endpoints may say at one place.
func (b *builder) relaxOnce(at source.Pos, setting, means string) {
	text := setting + " relaxes a rule: " + means
	if !slices.Contains(b.relaxations, Notice{Pos: at, Text: text}) {
		b.relax(at, setting, means)
	}
}
