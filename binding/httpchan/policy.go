package httpchan

import (
	"net/http"

	"github.com/viaduct-soap/viaduct/binding"
)

// pass copies the fields that handlers want to see. It is a list of what may
// pass, so that no spelling of another name slips through (threats T-HTTP-08).
// Trailers never pass.
func pass(h http.Header, names []string) binding.HTTPFields {
	var out binding.HTTPFields
	for _, name := range names {
		for _, v := range h[name] {
			out = out.Add(name, v)
		}
	}
	return out
}

// framing reports whether a field frames a message or governs a connection: the
// transport writes it, whatever a reply says.
func framing(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Upgrade", "Keep-Alive", "Proxy-Connection", "Content-Type", "Content-Encoding":
		return true
	default:
		return false
	}
}
