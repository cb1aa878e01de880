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
