package configs

import (
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// didYouMean is " (did you mean X?)", or the list of what is known when it is
// short, or nothing.
func didYouMean(s string, names []string) string {
	if n := source.Nearest(s, names); n != "" {
		if strings.EqualFold(n, s) {
			return "; did you mean " + n + "? Names are case-sensitive"
		}
		return "; did you mean " + n + "?"
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) <= 14:
		return "; use one of " + strings.Join(names, ", ")
	}
	return ""
}
