package addressing

import (
	"errors"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// ReplyTargets are the addresses to which answers may be delivered
// (wsa.replyTargets; threats T-WSA-01). A nil *ReplyTargets allows none: WCF
// never opens a connection to an address that came in a message.
type ReplyTargets struct{ prefixes []uritable.URI }

// ErrReplyTarget is returned for a prefix that says too little: name scheme and
// host, as in https://callbacks.example/wcf/.
var ErrReplyTarget = errors.New("addressing: a reply target is an http or https URL without user, query or fragment")

// NewReplyTargets returns the list. A prefix allows its scheme, host and port,
// and each path that begins with the segments of its own.
func NewReplyTargets(prefixes []uritable.URI) (*ReplyTargets, error) {
	for _, u := range prefixes {
		if !isWeb(u) || u.UserInfo() != "" || u.Query() != "" || u.Fragment() != "" {
			return nil, ErrReplyTarget
		}
	}
	return &ReplyTargets{prefixes: prefixes}, nil
}

func isWeb(u uritable.URI) bool {
	return !u.IsZero() && (u.Scheme() == "http" || u.Scheme() == "https") && u.Host() != ""
}

// Allow reports whether an answer may be delivered to u. The path counts with
// its case; one that hides a separator or a dot segment behind percent codes is
// never allowed, since the receiver may read it as another.
func (t *ReplyTargets) Allow(u uritable.URI) bool {
	if t == nil || !isWeb(u) || u.UserInfo() != "" || hidden(u.Path()) {
		return false
	}
	for _, p := range t.prefixes {
		if p.Scheme() == u.Scheme() && p.Host() == u.Host() && p.Port() == u.Port() && under(p.Path(), u.Path()) {
			return true
		}
	}
	return false
}

// under reports whether path begins with the segments of prefix.
func under(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

func hidden(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "%2f") || strings.Contains(path, "%5c") || strings.Contains(path, "%2e") || strings.Contains(path, "%25")
}

// ReplyTarget returns the address to which the answer to a request has to be
// delivered as a message of its own: FaultTo or ReplyTo (dispatch 7.3), where it
// is a real address and allowed. Nil means the answer goes back on the request's
// channel, as ever. What it returns goes into [Reply.To].
func ReplyTarget(request *Properties, fault bool, allowed *ReplyTargets) *EndpointAddress {
	if allowed == nil || request.version == soap.AddressingNone {
		return nil
	}
	a, err := request.destination(fault)
	if err != nil || a == nil || a.IsAnonymous() || a.IsNone() || !allowed.Allow(a.URI) {
		return nil
	}
	return a
}

// ReplyAddressError says that a client on a two-way channel wants its answer at
// another address than its own. It gives WCF's fault for an internal error.
type ReplyAddressError struct {
	Kind    Kind
	Address string
}

func (e *ReplyAddressError) Error() string {
	return e.Kind.String() + " " + soap.Echo(e.Address) + " is not the address of this channel's peer"
}

// Fault returns [InternalServiceFault].
func (e *ReplyAddressError) Fault(soap.Version) *soap.Fault { return InternalServiceFault() }

// Unwrap returns the refusal that counters and logs see.
func (e *ReplyAddressError) Unwrap() error { return refusal.New(refusal.WSAUnreachable, -1, "") }

// CheckReplyAddresses checks where the sender of a two-way message wants its
// answer (dispatch 7.4). remote is the address of the peer on a channel that has
// two directions, zero where the answer goes back on the request's exchange.
//
// There, ReplyTo none is a *refusal.Error with wsa.none. On the former ReplyTo,
// FaultTo and, in 2004/08, From have to be absent, anonymous or exactly remote,
// else the error is a *[ReplyAddressError]. A doubled header is a
// *[CardinalityError].
func (p *Properties) CheckReplyAddresses(remote uritable.URI) error {
	if remote.IsZero() {
		a, err := p.ReplyTo()
		if err == nil && a.IsNone() {
			err = refusal.New(refusal.WSANone, -1, "ReplyTo is none, and the operation has an answer")
		}
		return err
	}
	for _, k := range []Kind{KindReplyTo, KindFaultTo, KindFrom} {
		if k == KindFrom && p.version != soap.Addressing200408 {
			continue
		}
		a, err := p.reference(k)
		switch {
		case err != nil:
			return err
		case a != nil && !a.IsAnonymous() && a.URI.String() != remote.String():
			return &ReplyAddressError{Kind: k, Address: a.URI.String()}
		}
	}
	return nil
}
