package assemble

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// unique is where an endpoint with listenUriMode Unique listens: below its listen
// URI, by an identifier of its own (dispatch 5.2). A program that reloads keeps
// it. WCF tells clients the result in metadata, and Viaduct has none, so that the
// log, the admin page and check tell it.
func (b *builder) unique(e *configs.Endpoint, at uritable.URI) (uritable.URI, error) {
	key := strings.Join([]string{e.Service.Name.Peek(), e.EffectiveName(), at.String()}, "\x00")
	for {
		if _, taken := b.uniques[key]; !taken {
			break
		}
		key += "\x00" // another endpoint that nothing tells from this one
	}
	id := ""
	if b.prior != nil {
		id = b.prior.current.Load().uniques[key]
	}
	if id == "" {
		id = newID()
	}
	b.uniques[key] = id
	base, query, asks := strings.Cut(at.String(), "?")
	text := strings.TrimSuffix(base, "/") + "/" + id
	if asks {
		text += "?" + query
	}
	u, err := uritable.Parse(text)
	if err != nil {
		return at, e.ListenURIMode.Error("", fmt.Sprintf("endpoint %q: %v", e.EffectiveName(), err))
	}
	b.chosen[e] = u
	return u, nil
}

// newID returns a random UUID (RFC 9562, 5.4).
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	h := hex.EncodeToString(id[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// chosenFinding warns of an address that nobody but the operator tells clients.
func (b *builder) chosenFinding(e *configs.Endpoint) configs.Finding {
	return configs.Finding{
		Pos: e.ListenURIMode.Pos(), Path: e.ListenURIMode.Path(), Effect: configs.Warning, Code: CodeUnique,
		Text: fmt.Sprintf("endpoint %q listens at %s, which is another at each start; Viaduct publishes no metadata that tells clients: tell them, or use listenUriMode Explicit",
			e.EffectiveName(), b.chosen[e]),
	}
}
