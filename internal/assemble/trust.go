package assemble

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/certs"
	"github.com/viaduct-soap/viaduct/internal/settings"
	"github.com/viaduct-soap/viaduct/internal/source"
)

// trust is how Viaduct and a destination prove themselves to each other in TLS.
type trust struct {
	roots     settings.Value[string] // file; "" for the system's
	dns       string                 // the name to prove, "" for the host that is dialled
	own       *certs.Certificate     // what Viaduct shows; nil for none
	pin       *certs.Pin             // what the destination must present beside; nil for nothing
	unchecked bool                   // whatever else the destination presents is good
}

// tls gives the configuration of connections.
func (x trust) tls() (*tls.Config, error) {
	var roots *x509.CertPool
	if file := x.roots.Get(); file != "" {
		var err error
		if roots, err = certs.LoadPool(file); err != nil {
			return nil, &settings.Error{Pos: x.roots.Pos, Path: "tls.roots", Text: err.Error()}
		}
	}
	c, err := certs.Client(x.dns, roots, x.own)
	if err != nil {
		return nil, err
	}
	if x.own != nil {
		// Whatever authorities the destination names: it may know issuers that
		// our chain leaves out.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &x.own.TLS, nil }
	}
	c.InsecureSkipVerify = x.unchecked
	if x.pin != nil {
		c.VerifyConnection = x.pin.Verify
	}
	return c, nil
}

// mark completes the key of connections with what tells this trust from others.
func (x trust) mark(b *builder, k *poolKey) {
	k.name, k.roots, k.pin, k.unchecked = x.dns, b.digest(x.roots.Get()), x.pin.String(), x.unchecked
	if x.own != nil {
		h := sha256.New()
		for _, der := range x.own.TLS.Certificate {
			h.Write(der)
		}
		k.certificate = string(h.Sum(nil))
	}
}

// trust is what the settings alone say.
func (b *builder) trust(c settings.ClientTLS) (trust, error) {
	own, err := b.pair(c)
	return trust{roots: c.Roots, own: own}, err
}

// secure settles how a destination and Viaduct prove themselves: by the settings
// where they say so, else by the identity and the behaviour of the client
// endpoint. e is nil for a destination that no endpoint describes; c is the
// binding of the file.
func (b *builder) secure(t *target, c *configs.Binding, e *configs.Endpoint) error {
	dns := ""
	if e != nil && e.Identity != nil {
		dns = e.Identity.DNS.Get()
	}
	demanded := c.ClientCertificate()
	if t.via.Scheme() != "https" {
		t.trust.dns = dns
		return nil
	}
	var err error
	set := b.clientTLS(&t.set)
	if t.trust, err = b.trust(set); err != nil {
		return err
	}
	t.trust.dns = dns
	var credentials *configs.ClientCredentials
	if e != nil && e.Behavior != nil {
		credentials = e.Behavior.Credentials
	}
	if demanded {
		if err := b.show(t, c, set, credentials); err != nil {
			return err
		}
	}
	if credentials != nil && credentials.TLS != nil {
		b.validate(t, credentials.TLS)
	}
	if e == nil || e.Identity == nil {
		return nil
	}
	return b.identify(t, e.Identity)
}

// show finds the certificate that Viaduct shows to a destination.
func (b *builder) show(t *target, c *configs.Binding, set settings.ClientTLS, credentials *configs.ClientCredentials) error {
	var ref *configs.CertificateReference
	if credentials != nil {
		ref = credentials.Client
	}
	what := fmt.Sprintf("client endpoint %q: %s demands a client certificate", t.name, bindingName(c))
	switch {
	case t.trust.own != nil:
		ref.Settle(set.Certificate.Pos)
	case ref != nil && ref.FindValue.Peek() != "":
		own, err := b.stored(ref, what)
		if err != nil {
			return err
		}
		t.trust.own = own
	default:
		err := t.fail(codeCredentials, what+", and nothing names one")
		err.Remedy = "endpoints:\n  - name: " + scalar(t.name) + "\n    tls: {certificate: FILE.pem, key: FILE.pem}\n"
		if strings.Contains(t.name, "://") { // no endpoint of the file
			err.Remedy = "clients:\n  tls: {certificate: FILE.pem, key: FILE.pem}\n"
		}
		return err
	}
	if !t.trust.own.HasKey() {
		return t.fail(codeCredentials, what+", and the one that the settings name has no private key; name its key beside it")
	}
	return nil
}

// validate honours sslCertificateAuthentication. Findings refuse the modes that
// cannot be.
func (b *builder) validate(t *target, v *configs.PeerValidation) {
	roots := t.set.TLS != nil && t.set.TLS.Roots.Written()
	switch mode := v.Mode.Get(); {
	case mode == "None" && roots:
		v.Mode.Settle(t.trust.roots.Pos) // the operator trusts these for this endpoint, and no others
	case mode == "None":
		t.trust.unchecked = true
		b.relaxOnce(v.Mode.Pos(), "certificateValidationMode", fmt.Sprintf(
			"whoever answers at %s is taken for client endpoint %q, whatever its certificate; name who signs it in endpoints[].tls.roots", t.via, t.name))
	}
	if v.Revocation.Peek() == "NoCheck" {
		v.Revocation.Get()
	} else if !t.trust.unchecked {
		b.relaxOnce(v.Revocation.Pos(), "revocationMode", "nobody is asked whether a destination's certificate was revoked; write revocationMode=\"NoCheck\"")
	}
}

// identify has a destination present the certificate or the key of its identity
// (wcf-config 3.3).
func (b *builder) identify(t *target, i *configs.Identity) error {
	if i.UPN.Written() || i.SPN.Written() || i.DNS.Written() {
		return nil // the first one counts
	}
	var err error
	var at source.Pos
	switch {
	case i.RSA.Written():
		at = i.RSA.Pos()
		if t.trust.pin, err = certs.ParseKey(i.RSA.Get()); err != nil {
			return i.RSA.Error("UnableToLoadCertificateIdentity", fmt.Sprintf("client endpoint %q: identity: rsa: %v; correct it", t.name, err))
		}
	case i.Certificate.Written():
		at = i.Certificate.Pos()
		c, err := certs.ParseCertificate(i.Certificate.Get())
		if err != nil {
			return i.Certificate.Error("UnableToLoadCertificateIdentity", fmt.Sprintf("client endpoint %q: identity: certificate: %v; correct it", t.name, err))
		}
		t.trust.pin = certs.PinTo(c)
	case i.Reference != nil:
		at = i.Reference.Pos()
		c, err := b.stored(i.Reference, fmt.Sprintf("client endpoint %q: its identity is a certificate", t.name))
		if err != nil {
			return err
		}
		t.trust.pin = certs.PinTo(c.Leaf)
	}
	if t.trust.pin != nil && t.binding.ManualAddressing {
		return &configs.Error{Pos: at, Path: i.Path(), Text: fmt.Sprintf(
			"client endpoint %q: with manualAddressing messages go to other addresses than its own, which cannot all have one identity; remove one of them", t.name)}
	}
	return nil
}
