package egress

import (
	"errors"

	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Prefix is one entry of wsa.replyTargets or wsa.dialTo: an absolute http or
// https URL that covers itself and everything below it, by whole path segments.
type Prefix struct{ uri uritable.URI }

// ParsePrefix reads a prefix. User information, a query and a fragment are
// refused: they would not be compared.
func ParsePrefix(s string) (Prefix, error) {
	u, err := uritable.Parse(s)
	switch {
	case err != nil:
		return Prefix{}, errors.New("use an absolute http or https URL, such as https://callback.example/replies/")
	case u.Scheme() != "http" && u.Scheme() != "https" || u.Host() == "":
		return Prefix{}, errors.New("use an http or https URL, such as https://callback.example/replies/")
	case u.UserInfo() != "":
		return Prefix{}, errors.New("a URL with a user name or password is refused; secrets do not stand in the settings")
	case u.Query() != "" || u.Fragment() != "":
		return Prefix{}, errors.New("a prefix has no query and no fragment; end it with the path")
	}
	return Prefix{uri: u}, nil
}

// String gives the prefix in normal form.
func (p Prefix) String() string { return p.uri.String() }

// Targets is a set of prefixes. A nil *Targets and an empty one cover nothing.
type Targets struct{ table *uritable.Table[struct{}] }

// NewTargets makes a set; the same prefix may stand twice.
func NewTargets(list ...Prefix) *Targets {
	t := &Targets{table: uritable.NewTable[struct{}](uritable.Options{Port: true, Case: true})}
	for _, p := range list {
		// The only error says that the prefix is there already.
		_ = t.table.Add(p.uri, uritable.Exact, struct{}{}, "")
	}
	return t
}

// Match reports whether a prefix covers the address: the same scheme, host and
// port, and the prefix's path segments first, compared with case. An address
// with user information is never covered.
func (t *Targets) Match(u uritable.URI) bool {
	if t == nil || u.IsZero() || u.UserInfo() != "" {
		return false
	}
	return t.table.Lookup(u, uritable.Exact) != nil
}
